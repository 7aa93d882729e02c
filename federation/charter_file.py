"""A charter on its way round: the file that members send each other until all have signed.

It is JSON: the payload as it is signed, the signatures gathered so far, and the identity
documents of all members, so that whoever gets it can check everything without a hub. It says
nothing that isn't signed; whose identity is whose is for people to compare, by its digest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from federation.charter import MAX_BYTES, TYP, Charter, KnownCharter, Member, Role, read_charter
from federation.errors import MalformedError, StateError, TrustError
from federation.identity import KnownIdentity, first_identity
from federation.jose import Signer, b64url, parse_general, sign_general, un_b64url, verify
from federation.model import instant_text
from federation.strict import dump, parse_object, sha256_hex

VERSION: Final = 1
ROLES: Final[tuple[Role, ...]] = ("composer", "publisher")
"""What members of a charter drafted by command may do; in the order in which it is written."""


@dataclass(frozen=True)
class CharterFile:
    """A charter with the signatures that it has so far. Only `draft` and `read` make one.

    Attributes:
        payload: What is signed.
        signatures: Entries of the general JWS, each checked.
        identities: Of all members, by digest.
    """

    payload: bytes
    signatures: tuple[Mapping[str, str], ...]
    identities: Mapping[str, KnownIdentity]

    @cached_property
    def charter(self) -> Charter:
        """What it says."""
        return Charter.read(self.payload)

    @property
    def digest(self) -> str:
        """Stays the same, however many have signed: what people compare."""
        return sha256_hex(self.payload)

    @property
    def document(self) -> bytes:
        """The general JWS as it is now."""
        return dump({"payload": b64url(self.payload), "signatures": list(self.signatures)})

    @cached_property
    def signed(self) -> frozenset[str]:
        """Members that have signed."""
        if not self.signatures:
            return frozenset()
        jws = parse_general(self.document, TYP, max_bytes=MAX_BYTES)
        owner = {
            kid: (name, key)
            for name, known in self._members.items()
            for kid, key in known.public_keys.items()
        }
        found = set()
        for one in jws.signatures:
            name, key = owner.get(one.kid, ("", None))
            if key is None or not verify(one, key):
                raise TrustError(
                    "a signature belongs to no member, or doesn't hold", code="charter-signature"
                )
            found.add(name)
        return frozenset(found)

    @property
    def missing(self) -> tuple[str, ...]:
        """Members that have yet to sign."""
        return tuple(one for one in self._members if one not in self.signed)

    @cached_property
    def _members(self) -> dict[str, KnownIdentity]:
        found = {}
        for member in self.charter.members:
            known = self.identities.get(member.identity)
            if known is None or known.identity.participant != member.participant:
                raise TrustError(
                    f"{member.participant}: the identity that the charter pins isn't in the file",
                    code="charter-identity",
                    remedy="draft it anew with the identity files of all members",
                )
            if known.identity.custodian.key != member.custodian:
                raise TrustError(
                    f"{member.participant}: another custodian than its identity says",
                    code="charter-identity",
                )
            found[member.participant] = known
        return found

    def members(self) -> Mapping[str, KnownIdentity]:
        """Identities by member, in the charter's order."""
        return self._members

    def sign(self, signers: Mapping[str, Signer]) -> "CharterFile":
        """With the signatures of members, each by its own key; those that are there stay.

        Raises:
            StateError: `charter-signer`: somebody who isn't a member, or has another identity now.
        """
        entries = list(self.signatures)
        for name, signer in signers.items():
            known = self._members.get(name)
            if known is None or signer.public.kid not in known.public_keys:
                raise StateError(
                    f"{name} isn't a member, or the charter pins another identity of it",
                    code="charter-signer",
                    remedy="draft it anew with the identity file of this node (maillage identity)",
                )
            if name not in self.signed:
                made = parse_object(sign_general((signer,), TYP, self.payload))
                entries += made["signatures"]
        return replace(self, signatures=tuple(entries))

    def known(self) -> KnownCharter:
        """The charter, once all have signed.

        Raises:
            TrustError: `charter-signature`: who is missing.
        """
        if self.missing:
            raise TrustError(
                f"not yet signed by: {', '.join(self.missing)}",
                code="charter-signature",
                remedy="send them the file: maillage charter sign FILE",
            )
        return read_charter(self.document, self.identities)

    def write(self) -> bytes:
        """The file."""
        found = {
            "charterFile": VERSION,
            "payload": b64url(self.payload),
            "signatures": list(self.signatures),
            "identities": [parse_object(one.document) for one in self.identities.values()],
        }
        return dump(found) + b"\n"


def draft(
    *,
    name: str,
    title: str,
    identities: Sequence[KnownIdentity],
    issued_us: int,
    ends: str | None = None,
    expires: str | None = None,
    decision: str | None = None,
) -> CharterFile:
    """A first charter that nobody has signed yet.

    The next version will take the signatures of more than half of its custodians.

    Raises:
        MalformedError: `document`: a member twice, an end before now, a text that is none.
    """
    members = [
        Member(
            participant=one.identity.participant,
            identity=one.digest,
            custodian=one.identity.custodian.key,
            roles=ROLES,
        ).model_dump(mode="json", by_alias=True)
        for one in sorted(identities, key=lambda one: one.identity.participant)
    ]
    custodians = len({one["custodian"] for one in members})
    found: dict[str, Any] = {
        "charter": name,
        "title": title,
        "version": 1,
        "decision": decision,
        "members": members,
        "threshold": custodians // 2 + 1,
        "expires": expires,
        "ends": ends,
        "issued": instant_text(issued_us),
    }
    charter = Charter.of({key: value for key, value in found.items() if value is not None})
    return CharterFile(charter.write(), (), {one.digest: one for one in identities})


def read(data: bytes) -> CharterFile:
    """Read a file, and check every signature and identity in it.

    Raises:
        MalformedError: `charter-file`, `json…`, `document`.
        TrustError: `charter-identity`, `charter-signature`, `identity-…`.
    """
    if len(data) > MAX_BYTES:
        raise MalformedError(f"a file of {len(data)} bytes, at most {MAX_BYTES}", code="size")
    found = parse_object(data)
    members = {"charterFile": int, "payload": str, "signatures": list, "identities": list}
    if {name: type(value) for name, value in found.items()} != members or (
        found["charterFile"] != VERSION
    ):
        raise MalformedError(
            "not a charter file of this version",
            code="charter-file",
            remedy="take the file as maillage charter draft or sign wrote it",
        )
    entries = found["signatures"]
    if any(
        type(one) is not dict or {name: type(part) for name, part in one.items()} != _ENTRY
        for one in entries
    ):
        raise MalformedError("a signature isn't protected and signature", code="charter-file")
    identities = [first_identity(dump(one)) for one in found["identities"]]
    file = CharterFile(
        un_b64url(found["payload"]), tuple(entries), {one.digest: one for one in identities}
    )
    if file.charter.version != 1 or len(file.identities) != len(file.members()):
        raise MalformedError(
            "not a first version with the identities of its members", code="charter-file"
        )
    assert file.signed is not None  # each signature is checked here
    return file


_ENTRY: Final = {"protected": str, "signature": str}
