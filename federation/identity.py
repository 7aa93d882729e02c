"""Identity documents: who a participant is, who keeps its keys, and which they are.

A document is signed by its signing key and by its recovery key (general JWS), so that
whoever issues it held both. Charters pin the digest of a participant's *first* document. A
successor names its predecessor's digest and counts up; the recovery key may change
everything, a signing key alone may add or retire signing keys only (design, section 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field, model_validator

from federation.errors import MalformedError, TrustError
from federation.jose import GeneralJws, PublicKey, Signer, parse_general, require, sign_general, verify
from federation.limits import DOCUMENT_MAX_BYTES
from federation.model import (
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

    dataset: Text
    head: Position


class Revoked(WireModel):
    """A key that signs no more, and how far what it signed stays good.

    Attributes:
        kid: Thumbprint.
        heads: Last good head per dataset; a dataset that isn't listed keeps nothing of this key.
    """

    kid: KeyText
    heads: Annotated[tuple[DatasetHead, ...], Field(strict=False, max_length=HEADS_MAX)] = ()


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
    def revoked(self) -> Mapping[str, Mapping[str, Position]]:
        """Per revoked key, the last good head per dataset."""
        return {
            one.kid: {entry.dataset: entry.head for entry in one.heads}
            for one in self.identity.revoked
        }


def issue_identity(identity: Identity, signers: tuple[Signer, ...]) -> bytes:
    """Sign an identity document. The first needs a signing key and the recovery key."""
    return sign_general(signers, TYP, identity.write())


def read_identity(document: bytes, *, predecessor: KnownIdentity | None = None) -> KnownIdentity:
    """Verify an identity document.

    Args:
        document: General JWS.
        predecessor: The version before, when this isn't the first.

    Raises:
        MalformedError: It isn't an identity document.
        TrustError: `identity-signature`, `identity-predecessor`, `identity-rights`.
    """
    jws = parse_general(document, TYP, max_bytes=DOCUMENT_MAX_BYTES)
    identity = Identity.read(jws.payload)
    known = KnownIdentity(identity, jws.digest, document)
    own = {**known.public_keys, **_recovery(identity)}
    if predecessor is None:
        require(
            identity.version == 1,
            f"{identity.participant}: version {identity.version} needs its predecessor",
            code="identity-predecessor",
        )
        _require_signed(jws, own, by=set(_recovery(identity)))
        require(
            any(one.kid in known.public_keys for one in jws.signatures),
            f"{identity.participant}: no signing key signed",
            code="identity-signature",
        )
        return known
    _check_succession(known, predecessor, jws)
    return known


def _recovery(identity: Identity) -> dict[str, PublicKey]:
    key = PublicKey.from_x(identity.recovery.x)
    return {key.kid: key}


def _require_signed(jws: GeneralJws, keys: Mapping[str, PublicKey], *, by: set[str]) -> None:
    """Every signature must hold by one of the keys, and those of `by` must be among them."""
    for one in jws.signatures:
        key = keys.get(one.kid)
        if key is None or not verify(one, key):
            raise TrustError("a signature of the identity document doesn't hold", code="identity-signature")
    if not by <= {one.kid for one in jws.signatures}:
        raise TrustError("the recovery key did not sign", code="identity-signature")


def _check_succession(known: KnownIdentity, before: KnownIdentity, jws: GeneralJws) -> None:
    new, old = known.identity, before.identity
    fits = (
        new.participant == old.participant
        and new.version == old.version + 1
        and new.previous == before.digest
    )
    require(fits, f"{new.participant}: not the successor of the version known", code="identity-predecessor")
    old_recovery = _recovery(old)
    keys = {**before.public_keys, **old_recovery, **known.public_keys, **_recovery(new)}
    _require_signed(jws, keys, by=set())
    signed_by = {one.kid for one in jws.signatures}
    if signed_by & set(old_recovery):
        return
    require(
        bool(signed_by & set(before.public_keys)),
        f"{new.participant}: signed by no key of the version before",
        code="identity-signature",
    )
    same = new.model_copy(update={"keys": old.keys, "version": old.version, "previous": old.previous,
                                  "issued": old.issued, "revoked": old.revoked})
    gone = set(before.public_keys) - set(known.public_keys)
    retired = {one.kid for one in new.revoked} - {one.kid for one in old.revoked}
    require(
        same == old and retired <= gone,
        f"{new.participant}: a signing key may add or retire signing keys only; the rest takes the recovery key",
        code="identity-rights",
    )


def first_identity(document: bytes) -> KnownIdentity:
    """Read a first identity document, as charters pin it.

    Raises:
        MalformedError: Not an identity document.
        TrustError: It isn't signed as a first one must be.
    """
    known = read_identity(document)
    if known.identity.version != 1:
        raise MalformedError("not a first identity document", code="identity-predecessor")
    return known
