"""Charters: the founding document of a federation (convention de partage).

In this first form a charter is a member list, signed by its members in the final envelope:
the general JSON serialization, one signature per member. The threshold counts distinct
custodians: one body that keeps forty keys has one voice (design, section 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from federation.errors import TrustError
from federation.identity import KnownIdentity
from federation.jose import Signer, parse_general, sign_general, verify
from federation.limits import CHARTER_MEMBERS_MAX, DOCUMENT_MAX_BYTES
from federation.model import (
    Digest,
    Instant,
    Name,
    Ordinal,
    ParticipantText,
    Text,
    WireModel,
    instant_us,
)

TYP: Final = "maillage-charter+jws"
MAX_BYTES: Final = 64 * DOCUMENT_MAX_BYTES
"""A charter of all communes: 35,000 members and signatures at some 500 bytes each."""

Role = Literal["publisher", "composer", "releaser", "observer"]


class Member(WireModel):
    """One member.

    Attributes:
        participant: Who.
        identity: Digest of its first identity document: the pin that everything hangs on.
        custodian: As its identity says; repeated so that the charter itself shows the threshold.
        roles: What it may do.
    """

    participant: ParticipantText
    identity: Digest
    custodian: Text
    roles: Annotated[tuple[Role, ...], Field(strict=False, min_length=1)]


class Charter(WireModel):
    """Payload of a charter.

    Attributes:
        charter: Short name, the same in every version.
        title: As people call it.
        version: From 1.
        previous: Digest of the version before; absent in the first.
        decision: Reference of the council's decision or of the convention.
        members: Sorted by participant, each once.
        threshold: How many distinct custodians must sign the next version.
        durable_receivers: One or two receivers that hold back pruning at the hub.
        expires: Warns and stops changes after it; never stops data.
        ends: What is issued from here on isn't shared under it any more; absent: no date.
        issued: When it was made.
    """

    charter: Name
    title: Text
    version: Ordinal
    previous: Digest | None = None
    decision: Text | None = None
    members: Annotated[
        tuple[Member, ...], Field(strict=False, min_length=1, max_length=CHARTER_MEMBERS_MAX)
    ]
    threshold: Ordinal
    durable_receivers: Annotated[
        tuple[ParticipantText, ...], Field(strict=False, max_length=2)
    ] = ()
    expires: Instant | None = None
    ends: Instant | None = None
    issued: Instant

    @model_validator(mode="after")
    def _agrees(self) -> "Charter":
        names = [member.participant for member in self.members]
        if names != sorted(set(names)):
            raise ValueError("members: sorted by participant, each once")
        if (self.version == 1) != (self.previous is None):
            raise ValueError("the first version has no predecessor, every other names one")
        if not set(self.durable_receivers) <= set(names):
            raise ValueError("durableReceivers: members only")
        if self.threshold > len({member.custodian for member in self.members}):
            raise ValueError("threshold: more than there are distinct custodians")
        if self.ends is not None and instant_us(self.ends) <= instant_us(self.issued):
            raise ValueError("ends: after issued")
        return self


@dataclass(frozen=True)
class KnownCharter:
    """A charter whose signatures hold. Only `read_charter` makes one."""

    charter: Charter
    digest: str
    document: bytes

    @cached_property
    def members(self) -> Mapping[str, Member]:
        """Members by participant id."""
        return {member.participant: member for member in self.charter.members}

    def may(self, participant: str, role: Role) -> bool:
        """Whether a member has a role."""
        member = self.members.get(participant)
        return member is not None and role in member.roles

    @property
    def custodians(self) -> int:
        """How many distinct custodians keep the members' keys; 1 is said on screen."""
        return len({member.custodian for member in self.charter.members})

    @property
    def ends_us(self) -> int | None:
        """Microseconds since 1970 from which on it shares nothing more; None without a date."""
        return None if self.charter.ends is None else instant_us(self.charter.ends)


def issue_charter(charter: Charter, signers: tuple[Signer, ...]) -> bytes:
    """Sign a charter."""
    return sign_general(signers, TYP, charter.write())


def read_charter(document: bytes, identities: Mapping[str, KnownIdentity]) -> KnownCharter:
    """Verify a first charter: every member signed with a key of the identity that it pins.

    Args:
        document: General JWS.
        identities: First identities by digest.

    Raises:
        MalformedError: It isn't a charter.
        TrustError: `charter-identity` (a pinned document is missing or is somebody else's),
            `charter-signature`, `charter-version` (later versions are voted on; not taken yet).
    """
    jws = parse_general(document, TYP, max_bytes=MAX_BYTES)
    charter = Charter.read(jws.payload)
    if charter.version != 1:
        raise TrustError(
            "only a first version is taken; votes on changes come later", code="charter-version"
        )
    signatures = {one.kid: one for one in jws.signatures}
    used = set()
    for member in charter.members:
        known = identities.get(member.identity)
        if known is None or known.identity.participant != member.participant:
            raise TrustError(
                f"{member.participant}: the identity that the charter pins is not at hand",
                code="charter-identity",
                remedy="bring the identity documents of all members",
            )
        if known.identity.custodian.key != member.custodian:
            raise TrustError(
                f"{member.participant}: another custodian than its identity says",
                code="charter-identity",
            )
        mine = [kid for kid in known.public_keys if kid in signatures and kid not in used]
        if not mine or not all(verify(signatures[kid], known.public_keys[kid]) for kid in mine):
            raise TrustError(
                f"{member.participant} did not sign the charter with a key of its own",
                code="charter-signature",
            )
        used.update(mine)
    if used != set(signatures):
        raise TrustError("a signature belongs to no member", code="charter-signature")
    return KnownCharter(charter, jws.digest, document)
