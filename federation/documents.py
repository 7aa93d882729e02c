"""Documents signed by one participant: receipts, descriptors, checkpoints. Opened one way.

A document is a compact JWS of strict form, bounded in size, by a key that the reader knows. Its
digest is that of the signing input, as for publications.
"""

from collections.abc import Mapping

from federation.errors import LimitError, TrustError, UnknownError
from federation.jose import Jws, PublicKey, Signer, Typ, parse_compact, sign_compact, verify
from federation.limits import DOCUMENT_MAX_BYTES

Keys = Mapping[str, tuple[str, PublicKey]]
"""What a reader knows: thumbprint to (participant, key), keys in force only."""


def sign_document(signer: Signer, typ: Typ, payload: bytes, *, remedy: str) -> str:
    """Sign a payload as a document that every reader takes.

    Args:
        signer: The issuer's key.
        typ: Kind of document.
        payload: Exact bytes.
        remedy: What to do when it is too large.

    Raises:
        LimitError: `document-size`.
    """
    text = sign_compact(signer, typ, payload)
    if len(text) > DOCUMENT_MAX_BYTES:
        raise LimitError(
            f"a document of {len(text)} bytes, at most {DOCUMENT_MAX_BYTES}",
            code="document-size",
            remedy=remedy,
        )
    return text


def open_document(text: str, typ: Typ, keys: Keys) -> tuple[str, Jws]:
    """Verify a document's form and signature. Its payload isn't parsed here.

    Args:
        text: Compact JWS.
        typ: Kind of document expected.
        keys: What the reader knows.

    Returns:
        The participant whose key signed, and the signed form.

    Raises:
        MalformedError: `size`, `jws-form`, `base64url`, `jws-header`, `wire-version-unsupported`,
            `json…`: the carrier's fault.
        UnknownError: `key-unknown`: ask for the issuer's identity, then try again.
        TrustError: `signature`: it doesn't hold; the carrier's fault.
    """
    jws = parse_compact(text, typ, max_bytes=DOCUMENT_MAX_BYTES)
    known = keys.get(jws.kid)
    if known is None:
        raise UnknownError(
            f"no known identity has the key {jws.kid}",
            code="key-unknown",
            remedy="ask for the identity document of its issuer",
        )
    participant, key = known
    if not verify(jws, key):
        raise TrustError(f"the signature isn't {participant}'s", code="signature")
    return participant, jws
