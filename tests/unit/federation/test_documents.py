"""How every document signed by one participant is opened."""

import pytest
from actors import ARVIEU, LUZY, keys, signer

from federation.documents import open_document, sign_document
from federation.errors import LimitError, MaillageError
from federation.jose import Typ, sign_compact
from federation.limits import DOCUMENT_MAX_BYTES

TYP: Typ = "maillage-receipt+jws"


def test_signed_and_opened() -> None:
    text = sign_document(signer("a"), TYP, b"{}", remedy="")
    participant, jws = open_document(text, TYP, keys(a=ARVIEU, b=LUZY))
    assert (participant, jws.payload) == (ARVIEU, b"{}")


def test_too_large_to_be_taken_is_too_large_to_be_signed() -> None:
    with pytest.raises(LimitError) as caught:
        sign_document(signer("a"), TYP, b"x" * DOCUMENT_MAX_BYTES, remedy="say less")
    assert (caught.value.code, caught.value.remedy) == ("document-size", "say less")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (sign_compact(signer("c"), TYP, b"{}"), "key-unknown"),
        (sign_compact(signer("a"), "maillage-checkpoint+jws", b"{}"), "jws-header"),
        (sign_compact(signer("a"), TYP, b"x" * DOCUMENT_MAX_BYTES), "size"),
        (sign_compact(signer("a"), TYP, b"{}")[:-86] + "A" * 86, "signature"),
        ("", "jws-form"),
    ],
)
def test_refused(text: str, code: str) -> None:
    with pytest.raises(MaillageError) as caught:
        open_document(text, TYP, keys(a=ARVIEU))
    assert caught.value.code == code
