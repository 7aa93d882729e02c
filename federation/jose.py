"""Signatures: strict JWS (RFC 7515) with Ed25519 (RFC 8037, named as in RFC 9864); keys as JWK.

The wire version fixes the algorithm; none is taken from a message. Strict means that one
signed document has one spelling: each base64url segment must re-encode to itself and the
header has an exact set of members. What is signed is what is kept: a document's digest is
the SHA-256 of its signing input `protected.payload`, never of the JWS.
"""

import binascii
import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation.errors import MalformedError, TrustError
from federation.limits import JWS_MAX_BYTES
from federation.strict import dump, parse_object, sha256_hex

ALG: Final = "Ed25519"
WIRE_VERSION: Final = 1
SIGNATURE_BYTES: Final = 64
_KEY_BYTES: Final = 32
_SEGMENTS: Final = 3

Typ = Literal[
    "maillage-publication+jws",
    "maillage-identity+jws",
    "maillage-charter+jws",
    "maillage-charter-end+jws",
    "maillage-receipt+jws",
    "maillage-descriptor+jws",
    "maillage-checkpoint+jws",
]

_P: Final = 2**255 - 19
# The y coordinates of the points of order 1, 2, 4 and 8 (RFC 7748 section 6.1 warns of them): under
# such a "key" one signature fits many texts, so its owner could deny or swap what was signed.
_Y8: Final = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})


_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    text = binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL)
    return text.decode("ascii")


def un_b64url(text: str) -> bytes:
    """Strict base64url: no padding, no foreign characters, no second spelling of the same bytes.

    Raises:
        MalformedError: `base64url`.
    """
    try:
        standard = text.encode("ascii").translate(_FROM_URL)
        data = binascii.a2b_base64(standard + b"=" * (-len(standard) % 4), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("a segment is not base64url", code="base64url") from error
    if b64url(data) != text:
        raise MalformedError("a segment is not in its one spelling", code="base64url")
    return data


def thumbprint(public_bytes: bytes) -> str:
    """JWK thumbprint (RFC 7638) of an Ed25519 public key: 43 characters.

    Args:
        public_bytes: 32 raw bytes.
    """
    jwk = '{"crv":"Ed25519","kty":"OKP","x":"' + b64url(public_bytes) + '"}'
    return b64url(hashlib.sha256(jwk.encode()).digest())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key that may be trusted to bind.

    Attributes:
        kid: Its thumbprint.
        raw: 32 bytes.
    """

    kid: str
    raw: bytes
    _key: Ed25519PublicKey = field(compare=False, repr=False)

    @classmethod
    def from_raw(cls, raw: bytes) -> "PublicKey":
        """Take a key of 32 bytes.

        Raises:
            MalformedError: `key`: wrong length, not a canonical encoding, or of small order.
        """
        y = int.from_bytes(raw, "little") & (2**255 - 1)
        if len(raw) != _KEY_BYTES or y >= _P or y in _SMALL_ORDER_Y:
            raise MalformedError("not a usable Ed25519 public key", code="key")
        return cls(thumbprint(raw), raw, Ed25519PublicKey.from_public_bytes(raw))

    @classmethod
    def from_x(cls, x: str) -> "PublicKey":
        """Take a key from the `x` member of its JWK."""
        return cls.from_raw(un_b64url(x))

    @property
    def x(self) -> str:
        """The JWK's `x`."""
        return b64url(self.raw)

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature is this key's over the data."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key. Its bytes are never printed."""

    public: PublicKey
    _key: Ed25519PrivateKey = field(compare=False, repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> "Signer":
        """Make a signer from 32 secret bytes (RFC 8032, section 5.1.5)."""
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(PublicKey.from_raw(key.public_key().public_bytes_raw()), key)

    def sign(self, data: bytes) -> bytes:
        """64 bytes of signature."""
        return self._key.sign(data)


def protected(typ: Typ, kid: str) -> str:
    """The protected header's one spelling, as a base64url segment."""
    return b64url(dump({"alg": ALG, "kid": kid, "typ": typ, "ver": WIRE_VERSION}))


def sign_compact(signer: Signer, typ: Typ, payload: bytes) -> str:
    """Sign exact bytes as a compact JWS."""
    signing_input = f"{protected(typ, signer.public.kid)}.{b64url(payload)}"
    return f"{signing_input}.{b64url(signer.sign(signing_input.encode('ascii')))}"


@dataclass(frozen=True, slots=True)
class Jws:
    """A compact JWS of strict form whose signature nobody has checked yet.

    Attributes:
        kid: Thumbprint of the key that is said to have signed.
        payload: The bytes signed, not yet parsed.
        signing_input: What the signature covers.
        signature: 64 bytes.
        text: The whole JWS.
    """

    kid: str
    payload: bytes
    signing_input: bytes
    signature: bytes
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the signing input: the document's name everywhere."""
        return sha256_hex(self.signing_input)


@lru_cache(maxsize=65_536)
def _kid_of(header: str, typ: Typ) -> str:
    found = parse_object(un_b64url(header))
    if set(found) != {"alg", "kid", "typ", "ver"}:
        raise MalformedError("the header's members are not alg, kid, typ, ver", code="jws-header")
    if type(found["ver"]) is not int or found["ver"] < 1:
        raise MalformedError("the header's ver is not a whole number from 1", code="jws-header")
    if found["ver"] != WIRE_VERSION:
        raise MalformedError(
            f"wire version {found['ver'] % 10**9} is not spoken here",
            code="wire-version-unsupported",
            remedy="bring this node up to date",
        )
    kid = found["kid"]
    if found["alg"] != ALG or found["typ"] != typ or type(kid) is not str:
        raise MalformedError(f"the header is not that of a {typ}", code="jws-header")
    if len(un_b64url(kid)) != _KEY_BYTES:
        raise MalformedError("kid is not a thumbprint", code="jws-header")
    if header != protected(typ, kid):
        raise MalformedError("the header is not in its one spelling", code="jws-header")
    return kid


def parse_compact(text: str, typ: Typ, *, max_bytes: int = JWS_MAX_BYTES) -> Jws:
    """Take a compact JWS apart, strictly. Verifies nothing, parses no payload.

    Args:
        text: Three base64url segments.
        typ: What the receiver expects; anything else is refused.
        max_bytes: Bound on the whole.

    Raises:
        MalformedError: `size`, `jws-form`, `base64url`, `jws-header`, `wire-version-unsupported`,
            `json…`.
    """
    if len(text) > max_bytes:
        raise MalformedError(f"a JWS of {len(text)} bytes, at most {max_bytes}", code="size")
    segments = text.split(".")
    if len(segments) != _SEGMENTS or not text.isascii():
        raise MalformedError("not three segments of ASCII", code="jws-form")
    kid = _kid_of(segments[0], typ)
    payload, signature = un_b64url(segments[1]), _signature(segments[2])
    return Jws(kid, payload, text[: text.rindex(".")].encode("ascii"), signature, text)


def _signature(segment: str) -> bytes:
    signature = un_b64url(segment)
    if len(signature) != SIGNATURE_BYTES:
        raise MalformedError("the signature is not 64 bytes", code="jws-form")
    return signature


def verify(jws: "Jws | Signature", key: PublicKey) -> bool:
    """Whether the key signed. A key of another thumbprint never did."""
    return key.kid == jws.kid and key.verifies(jws.signature, jws.signing_input)


# Several signatures over one payload: the general JSON serialization (RFC 7515, section 7.2.1).


@dataclass(frozen=True, slots=True)
class Signature:
    """One of the signatures of a general JWS. All of them share one payload in memory.

    Attributes:
        kid: Thumbprint of the key that is said to have signed.
        signature: 64 bytes.
    """

    kid: str
    signature: bytes
    _protected: str
    _payload_segment: bytes

    @property
    def signing_input(self) -> bytes:
        """What the signature covers; put together when asked for, as there may be thousands."""
        return self._protected.encode("ascii") + b"." + self._payload_segment


@dataclass(frozen=True, slots=True)
class GeneralJws:
    """A payload with several signatures, of strict form, none of them checked yet.

    Attributes:
        payload: The bytes signed.
        signatures: In the document's order, each by another key.
    """

    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the payload: signatures may be added, the document stays the same."""
        return sha256_hex(self.payload)


def sign_general(signers: tuple[Signer, ...], typ: Typ, payload: bytes) -> bytes:
    """Sign exact bytes by several keys; signatures in the order of their kids."""
    entries = []
    for signer in sorted(signers, key=lambda one: one.public.kid):
        header, _, signature = sign_compact(signer, typ, payload).split(".")
        entries.append({"protected": header, "signature": signature})
    return dump({"payload": b64url(payload), "signatures": entries})


def parse_general(data: bytes, typ: Typ, *, max_bytes: int) -> GeneralJws:
    """Take a general JSON JWS apart, strictly.

    Raises:
        MalformedError: As for `parse_compact`; `jws-form` when a kid signs twice.
    """
    if len(data) > max_bytes:
        raise MalformedError(f"a document of {len(data)} bytes, at most {max_bytes}", code="size")
    found = parse_object(data)
    entries: Any = found.get("signatures")
    payload: Any = found.get("payload")
    if (
        set(found) != {"payload", "signatures"}
        or type(payload) is not str
        or type(entries) is not list
    ):
        raise MalformedError("not a general JWS: payload and signatures", code="jws-form")
    plain, segment = un_b64url(payload), payload.encode("ascii")
    signatures = tuple(_general_signature(entry, typ, segment) for entry in entries)
    kids = {one.kid for one in signatures}
    if not kids or len(kids) != len(signatures):
        raise MalformedError("no signature, or one key signs twice", code="jws-form")
    return GeneralJws(plain, signatures)


def _general_signature(entry: Any, typ: Typ, payload_segment: bytes) -> Signature:
    members = {"protected": str, "signature": str}
    if type(entry) is not dict or {name: type(value) for name, value in entry.items()} != members:
        raise MalformedError("a signature is not protected and signature", code="jws-form")
    header = entry["protected"]
    return Signature(_kid_of(header, typ), _signature(entry["signature"]), header, payload_segment)


def require(condition: bool, message: str, *, code: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Raise a TrustError unless the condition holds."""
    if not condition:
        raise TrustError(message, code=code)
