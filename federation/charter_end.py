"""The end of a charter: at its date, or on a member's word (docs/wire.md, section 8.6).

What is issued under a charter at or after its end is refused, whoever looks: the end's instant
and the publication's time of issue are both signed, so that no receiver's clock decides. The
earliest end of a member counts; a later word can bring it forward and never put it off, and in
which order the documents came makes no difference.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field, model_validator

from federation.charter import KnownCharter
from federation.errors import TrustError
from federation.identity import KnownIdentity
from federation.jose import PublicKey, Signer, parse_general, require, sign_general, verify
from federation.limits import CHARTER_END_HEADS_MAX, DOCUMENT_MAX_BYTES
from federation.model import (
    DatasetText,
    Digest,
    Instant,
    ParticipantText,
    Position,
    Text,
    WireModel,
    instant_text,
    instant_us,
)

TYP: Final = "maillage-charter-end+jws"

PAIR: Final = 2
"""Members of a twinning: there the word of one ends it for both."""


class LastHead(WireModel):
    """The last publication of one dataset that the leaver shared under the charter."""

    dataset: DatasetText
    head: Position


class CharterEnd(WireModel):
    """Payload of a charter's end on one member's word.

    Attributes:
        charter: Digest of the charter.
        member: Who leaves, and signs.
        ends: From here on; never before `issued`, so that nobody rewrites what was.
        heads: How far the leaver's own datasets under the charter have come: a statement, shown
            to who receives them and never compared.
        reason: In the leaver's words.
        issued: When it was signed.
    """

    charter: Digest
    member: ParticipantText
    ends: Instant
    heads: Annotated[
        tuple[LastHead, ...], Field(strict=False, max_length=CHARTER_END_HEADS_MAX)
    ] = ()
    reason: Text | None = None
    issued: Instant

    @model_validator(mode="after")
    def _agrees(self) -> "CharterEnd":
        if instant_us(self.ends) < instant_us(self.issued):
            raise ValueError("ends: not before issued")
        datasets = [one.dataset for one in self.heads]
        if datasets != sorted(set(datasets)):
            raise ValueError("heads: sorted by dataset, each once")
        if any(one.partition("/")[0] != self.member for one in datasets):
            raise ValueError("heads: the member's own datasets only")
        return self


@dataclass(frozen=True)
class KnownEnd:
    """An end whose signature holds. Only `read_end` makes one."""

    end: CharterEnd
    digest: str
    document: bytes

    @cached_property
    def ends_us(self) -> int:
        """Microseconds since 1970."""
        return instant_us(self.end.ends)


def issue_end(end: CharterEnd, signer: Signer) -> bytes:
    """Sign an end with the member's key."""
    return sign_general((signer,), TYP, end.write())


def peek(document: bytes) -> tuple[CharterEnd, str]:
    """What a document says and its digest; nothing of it is believed yet.

    Raises:
        MalformedError: It isn't an end.
    """
    jws = parse_general(document, TYP, max_bytes=DOCUMENT_MAX_BYTES)
    return CharterEnd.read(jws.payload), jws.digest


def read_end(document: bytes, charter: KnownCharter, identity: KnownIdentity | None) -> KnownEnd:
    """Verify an end: one signature, by a key of the identity that the charter pins for its member.

    Args:
        document: General JWS.
        charter: The charter that it names.
        identity: The first identity that the charter pins for the member; None if not at hand.

    Raises:
        MalformedError: It isn't an end.
        TrustError: `charter-end` (another charter, or no member of it), `charter-end-signature`.
    """
    jws = parse_general(document, TYP, max_bytes=DOCUMENT_MAX_BYTES)
    end = CharterEnd.read(jws.payload)
    member = charter.members.get(end.member)
    if end.charter != charter.digest or member is None:
        raise TrustError(
            f"{end.member} isn't a member of the charter that it wants to end", code="charter-end"
        )
    keys: Mapping[str, PublicKey] = {}
    if identity is not None and identity.digest == member.identity:
        keys = identity.public_keys
    only = jws.signatures[0]
    key = keys.get(only.kid)
    require(
        len(jws.signatures) == 1 and key is not None and verify(only, key),
        f"{end.member} did not sign the end of the charter with its own key",
        code="charter-end-signature",
    )
    return KnownEnd(end, jws.digest, document)


@dataclass(frozen=True, slots=True)
class Ending:
    """From when on a charter shares nothing more between some of its members.

    Attributes:
        at_us: Microseconds since 1970.
        by: Member whose word it is; None for the date in the charter itself.
        digest: Of the member's document.
        reason: In the member's words.
    """

    at_us: int
    by: str | None = None
    digest: str = ""
    reason: str = ""

    def text(self) -> str:
        """In English, for findings and logs."""
        at = instant_text(self.at_us)
        if self.by is None:
            return f"the charter ended at its date, {at}"
        return f"the charter ended on the word of {self.by}, {at}"


def words(ends: Iterable[KnownEnd]) -> dict[str, Ending]:
    """The end that counts of each member: its earliest; of two at one instant the lower digest."""
    found: dict[str, Ending] = {}
    for one in sorted(ends, key=lambda one: (one.ends_us, one.digest)):
        word = Ending(one.ends_us, one.end.member, one.digest, one.end.reason or "")
        found.setdefault(one.end.member, word)
    return found


def ending_of(
    charter: KnownCharter, ends: Iterable[KnownEnd], publisher: str, receivers: Iterable[str]
) -> Ending | None:
    """When a charter ends between a publisher and receivers; None while it has no end.

    1. At its date, for all.
    2. Of two members, on the word of either, for both.
    3. Of more, on a member's word from and towards that member: what it publishes, and what
       others publish where every receiver has left.

    Args:
        charter: Of which both are members.
        ends: Of this charter.
        publisher: Whose publication.
        receivers: Members at the receiving side; where one is still in, it may receive.

    Returns:
        The earliest; the same for everybody who has the same documents.
    """
    left = words(ends)
    found = [] if charter.ends_us is None else [Ending(charter.ends_us)]
    if len(charter.members) <= PAIR:
        found += left.values()
    else:
        found += [left[publisher]] if publisher in left else []
        gone = [left.get(one) for one in receivers]
        last = [one for one in gone if one is not None]
        if last and len(last) == len(gone):
            found.append(max(last, key=lambda one: (one.at_us, one.digest)))
    return min(found, key=lambda one: (one.at_us, one.digest), default=None)
