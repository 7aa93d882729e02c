"""Identity documents: who a participant is, who keeps its keys, and which they are.

A document is signed by its signing key and by its recovery key (general JWS), so that
whoever issues it held both. Charters pin the digest of a participant's *first* document. A
successor names its predecessor's digest and counts up; the recovery key may change
everything, a signing key alone may add or retire signing keys only (design, section 5).

A key signs the document with which it enters: nobody can list another's key as its own and
so draw doubt on what that other signs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field, model_validator

from federation.jose import (
    PublicKey,
    Signer,
    parse_general,
    require,
    sign_general,
    verify,
)
from federation.limits import DOCUMENT_MAX_BYTES
from federation.model import (
    DatasetText,
    Digest,
    Instant,
    Ordinal,
    ParticipantText,
    Position,
    Text,
    WireModel,
)

TYP: Final = "maillage-identity+jws"
KEYS_MAX: Final = 16
REVOKED_MAX: Final = 64
HEADS_MAX: Final = 1_000

KeyText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
Siren = Annotated[str, Field(pattern=r"^[0-9]{9}$")]


def luhn(digits: str) -> bool:
    """Whether the check digit of a SIREN holds (ISO/IEC 7812, as INSEE applies it)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - sum of the digits
    return total % 10 == 0


class Custodian(WireModel):
    """Who operates the machine that holds the keys. Shown wherever a signature is shown.

    Attributes:
        participant: Participant id, when the custodian is one; else only the name.
        name: As people call it.
    """

    participant: ParticipantText | None = None
    name: Text

    @property
    def key(self) -> str:
        """What distinct custodians are told apart by."""
        return self.participant or "name:" + " ".join(self.name.casefold().split())


class SigningKey(WireModel):
    """An Ed25519 signing key as the `x` of its JWK."""

    x: KeyText


class DatasetHead(WireModel):
    """The last good position of one dataset under a revoked key."""

    dataset: DatasetText
    head: Position


class Revoked(WireModel):
    """A key that signs no more, and how far what it signed stays good.

    Attributes:
        kid: Thumbprint.
        heads: Last good head per dataset; a dataset that isn't listed keeps nothing of this key.
    """

    kid: KeyText
    heads: Annotated[tuple[DatasetHead, ...], Field(strict=False, max_length=HEADS_MAX)] = ()

    @model_validator(mode="after")
    def _each_once(self) -> "Revoked":
        datasets = [entry.dataset for entry in self.heads]
        if len(set(datasets)) != len(datasets):
            raise ValueError("heads: one per dataset")
        return self


class Identity(WireModel):
    """Payload of an identity document.

    Attributes:
        participant: Who this is.
        name: As the body calls itself.
        siren: SIREN with a valid check digit; abroad absent.
        version: From 1; each successor counts up.
        previous: Digest of the predecessor; absent in the first.
        custodian: Who keeps the keys.
        keys: Signing keys in force.
        recovery: Key kept off the node.
        encryption: X25519 key for what is sent to this participant alone; absent until it is used.
        revoked: Keys out of force.
        valid_from: Since when the body exists in this form.
        issued: When this document was made.
    """

    participant: ParticipantText
    name: Text
    siren: Siren | None = None
    version: Ordinal
    previous: Digest | None = None
    custodian: Custodian
    keys: Annotated[tuple[SigningKey, ...], Field(strict=False, min_length=1, max_length=KEYS_MAX)]
    recovery: SigningKey
    encryption: SigningKey | None = None
    revoked: Annotated[tuple[Revoked, ...], Field(strict=False, max_length=REVOKED_MAX)] = ()
    valid_from: Instant
    issued: Instant

    @model_validator(mode="after")
    def _agrees(self) -> "Identity":
        if (self.version == 1) != (self.previous is None):
            raise ValueError("the first version has no predecessor, every other names one")
        if self.siren is not None and not luhn(self.siren):
            raise ValueError("siren: the check digit doesn't hold")
        xs = [key.x for key in self.keys]
        if len(set(xs)) != len(xs) or self.recovery.x in xs:
            raise ValueError("keys: each once, and the recovery key is none of them")
        kids = [one.kid for one in self.revoked]
        in_force = {PublicKey.from_x(x).kid for x in (*xs, self.recovery.x)}
        if len(set(kids)) != len(kids) or in_force & set(kids):
            raise ValueError("revoked: each key once, and none that is in force")
        return self


@dataclass(frozen=True)
class KnownIdentity:
    """An identity document whose signatures hold.

    Only `read_identity` makes one.
    """

    identity: Identity
    digest: str
    document: bytes

    @cached_property
    def public_keys(self) -> Mapping[str, PublicKey]:
        """Signing keys in force by thumbprint."""
        found = (PublicKey.from_x(key.x) for key in self.identity.keys)
        return {key.kid: key for key in found}

    @cached_property
    def recovery(self) -> PublicKey:
        """The recovery key."""
        return PublicKey.from_x(self.identity.recovery.x)

    @property
    def all_keys(self) -> Mapping[str, PublicKey]:
        """Signing keys in force and the recovery key, by thumbprint."""
        return {**self.public_keys, self.recovery.kid: self.recovery}

    @cached_property
    def revoked(self) -> Mapping[str, Mapping[str, Position]]:
        """Per revoked key, the last good head per dataset."""
        return {
            one.kid: {entry.dataset: entry.head for entry in one.heads}
            for one in self.identity.revoked
        }


def issue_identity(identity: Identity, signers: tuple[Signer, ...]) -> bytes:
    """Sign an identity document.

    Args:
        identity: Payload.
        signers: For the first all its signing keys and its recovery key; for a successor a key
            of the version before (see `read_identity`) and the keys that are new in it.
    """
    return sign_general(signers, TYP, identity.write())


def read_identity(document: bytes, *, predecessor: KnownIdentity | None = None) -> KnownIdentity:
    """Verify an identity document.

    1. The first is version 1; a successor counts up and names its predecessor's digest.
    2. Every signature holds, by a key of this version or of the one before.
    3. Every key that enters has signed: in the first all of them, the recovery key too.
    4. A successor is signed by a key of the version before. If that isn't the recovery key, only
       signing keys may enter or leave, what was revoked stays as it was, and only keys that
       leave are revoked.

    Args:
        document: General JWS.
        predecessor: The version before, when this isn't the first.

    Raises:
        MalformedError: It isn't an identity document.
        TrustError: `identity-predecessor` (1), `identity-signature` (2 to 4) or
            `identity-rights` (4).
    """
    jws = parse_general(document, TYP, max_bytes=DOCUMENT_MAX_BYTES)
    known = KnownIdentity(Identity.read(jws.payload), jws.digest, document)
    before = predecessor.all_keys if predecessor is not None else {}
    # 1. version and predecessor
    _check_version(known, predecessor)
    # 2. every signature
    keys = {**before, **known.all_keys}
    for one in jws.signatures:
        key = keys.get(one.kid)
        holds = key is not None and verify(one, key)
        require(holds, f"the signature by {one.kid} doesn't hold", code="identity-signature")
    # 3. possession of what enters
    signed_by = {one.kid for one in jws.signatures}
    silent = sorted(set(known.all_keys) - set(before) - signed_by)
    require(
        not silent,
        f"new keys that did not sign: {', '.join(silent)}",
        code="identity-signature",
    )
    # 4. rights
    if predecessor is not None:
        _check_rights(known.identity, predecessor, signed_by)
    return known


def _check_version(known: KnownIdentity, predecessor: KnownIdentity | None) -> None:
    new = known.identity
    if predecessor is None:
        require(
            new.version == 1,
            f"{new.participant}: version {new.version} needs its predecessor",
            code="identity-predecessor",
        )
        return
    old = predecessor.identity
    require(
        new.participant == old.participant
        and new.version == old.version + 1
        and new.previous == predecessor.digest,
        f"{new.participant}: not the successor of the version known",
        code="identity-predecessor",
    )


def _check_rights(new: Identity, before: KnownIdentity, signed_by: set[str]) -> None:
    old = before.identity
    if before.recovery.kid in signed_by:
        return
    require(
        bool(signed_by & set(before.public_keys)),
        f"{new.participant}: signed by no key of the version before",
        code="identity-signature",
    )
    free = ("keys", "version", "previous", "issued", "revoked")
    same = new.model_copy(update={name: getattr(old, name) for name in free})
    revoked = set(new.revoked) - set(old.revoked)
    leaving = {PublicKey.from_x(x.x).kid for x in set(old.keys) - set(new.keys)}
    require(
        same == old
        and set(old.revoked) <= set(new.revoked)
        and {one.kid for one in revoked} <= leaving,
        f"{new.participant}: a signing key may add or retire signing keys only; "
        "the rest takes the recovery key",
        code="identity-rights",
    )


def first_identity(document: bytes) -> KnownIdentity:
    """Read a first identity document, as charters pin it.

    Raises:
        MalformedError: Not an identity document.
        TrustError: It isn't a first one, or not signed as a first one must be.
    """
    return read_identity(document)
