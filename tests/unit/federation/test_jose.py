"""Signatures of one spelling, and keys that bind."""

import base64
import json
from typing import Any

import pytest
from actors import signer
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import OKPKey

from federation.errors import MalformedError, TrustError
from federation.jose import (
    Jws,
    PublicKey,
    Signer,
    Typ,
    b64url,
    parse_compact,
    parse_general,
    protected,
    require,
    sign_compact,
    sign_general,
    thumbprint,
    un_b64url,
    verify,
)
from federation.strict import dump, sha256_hex

TYP: Typ = "maillage-publication+jws"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
P = 2**255 - 19
# ver is the wire's own header member; that library would else refuse it
JOSERFC = joserfc_jws.JWSRegistry(algorithms=["Ed25519"], strict_check_header=False)

# RFC 8037, appendix A.1 to A.4
RFC_D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
RFC_INPUT = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
RFC_SIGNATURE = (
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


def code_of(caught: pytest.ExceptionInfo[MalformedError]) -> str:
    return caught.value.code


def compact(header: bytes, payload: bytes = b"{}", name: str = "a") -> str:
    """A JWS with any header whatever, well signed."""
    signing_input = f"{b64url(header)}.{b64url(payload)}"
    return f"{signing_input}.{b64url(signer(name).sign(signing_input.encode()))}"


def header(**changed: Any) -> bytes:
    members = {"alg": "Ed25519", "kid": signer("a").public.kid, "typ": TYP, "ver": 1} | changed
    return dump({name: value for name, value in members.items() if value is not ...})


def test_rfc_8037_key_thumbprint_and_signature() -> None:
    key = Signer.from_seed(un_b64url(RFC_D))
    assert (key.public.x, key.public.kid) == (RFC_X, RFC_THUMBPRINT)
    assert thumbprint(key.public.raw) == RFC_THUMBPRINT
    assert b64url(key.sign(RFC_INPUT)) == RFC_SIGNATURE
    assert key.public.verifies(un_b64url(RFC_SIGNATURE), RFC_INPUT)
    assert not key.public.verifies(un_b64url(RFC_SIGNATURE), RFC_INPUT + b"x")
    assert PublicKey.from_x(RFC_X).kid == RFC_THUMBPRINT


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32))
def test_another_library_verifies_what_is_signed_here(payload: bytes, seed: bytes) -> None:
    key = Signer.from_seed(seed)
    text = sign_compact(key, TYP, payload)
    other = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": key.public.x})
    assert other.thumbprint() == key.public.kid
    assert joserfc_jws.deserialize_compact(text, other, registry=JOSERFC).payload == payload
    jws = parse_compact(text, TYP)
    assert (jws.payload, jws.kid, jws.text) == (payload, key.public.kid, text)
    assert verify(jws, key.public)
    assert jws.digest == sha256_hex(text.rpartition(".")[0].encode())


def test_what_another_library_signs_is_taken_when_its_header_has_the_one_spelling() -> None:
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": RFC_X, "d": RFC_D})
    members = {"alg": "Ed25519", "kid": RFC_THUMBPRINT, "typ": TYP, "ver": 1}
    text = joserfc_jws.serialize_compact(members, b'{"a":1}', key, registry=JOSERFC)
    assert verify(parse_compact(text, TYP), PublicKey.from_x(RFC_X))


def test_a_key_of_another_thumbprint_never_signed() -> None:
    jws = parse_compact(sign_compact(signer("a"), TYP, b"{}"), TYP)
    assert verify(jws, signer("a").public)
    assert not verify(jws, signer("b").public)
    forged = Jws(signer("b").public.kid, jws.payload, jws.signing_input, jws.signature, jws.text)
    assert not verify(forged, signer("a").public)


@given(st.binary(max_size=100))
def test_base64url_has_one_spelling(data: bytes) -> None:
    text = b64url(data)
    assert "=" not in text
    assert un_b64url(text) == data
    for other in ALPHABET:
        if text and other != text[-1]:
            try:
                found = un_b64url(text[:-1] + other)
            except MalformedError:
                continue
            assert found != data


@pytest.mark.parametrize(
    "text", ["A", "AA=", "AA==", "AB", "AAA=", "AAB", "A+AA", "A/AA", "AA AA", "AAAA\n", "é", "A.A"]
)
def test_not_base64url(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        un_b64url(text)
    assert code_of(caught) == "base64url"


def test_no_character_of_a_signed_text_can_be_another() -> None:
    # one signature would otherwise pass in 16 spellings: its last character carries 2 bits only
    text = sign_compact(signer("a"), TYP, b'{"n":1}')
    for at in (*range(0, len(text), 7), len(text) - 1, text.rindex(".") - 1):
        for other in ALPHABET:
            if other == text[at]:
                continue
            try:
                jws = parse_compact(text[:at] + other + text[at + 1 :], TYP)
            except MalformedError:
                continue
            assert not verify(jws, signer("a").public)


def spelled_otherwise() -> list[tuple[str, str]]:
    good = sign_compact(signer("a"), TYP, b'{"n":1}')
    head, payload, signature = good.split(".")
    plain = json.loads(header())
    kid = signer("a").public.kid
    return [
        ("", "jws-form"),
        ("..", "json"),
        (f"{head}.{payload}", "jws-form"),
        (f"{good}.", "jws-form"),
        (f"{good} ", "base64url"),
        (f"{good}\n", "base64url"),
        (f"{good}=", "base64url"),
        (f"{good}==", "base64url"),
        (f"{head}=.{payload}.{signature}", "base64url"),
        (f"{head}.{payload}=.{signature}", "base64url"),
        (f"é{good}", "jws-form"),
        (f"{head}.{payload}.{b64url(b'x' * 63)}", "jws-form"),
        (f"{head}.{payload}.{b64url(b'x' * 65)}", "jws-form"),
        (f"{head}.{payload}.", "jws-form"),
        (compact(json.dumps(plain).encode()), "jws-header"),
        (compact(header() + b"\n"), "jws-header"),
        (compact(dump(dict(reversed(plain.items())))), "jws-header"),
        (compact(header().replace(b"Ed25519", b"\\u0045d25519")), "jws-header"),
        (compact(header(alg="EdDSA")), "jws-header"),
        (compact(header(alg="none")), "jws-header"),
        (compact(header(alg="HS256")), "jws-header"),
        (compact(header(alg=1)), "jws-header"),
        (compact(header(typ="maillage-identity+jws")), "jws-header"),
        (compact(header(typ=TYP.upper())), "jws-header"),
        (compact(header(crit=["ver"])), "jws-header"),
        (compact(header(jwk={"kty": "OKP"})), "jws-header"),
        (compact(header(b64=False)), "jws-header"),
        (compact(header(ver=...)), "jws-header"),
        (compact(header(kid=...)), "jws-header"),
        (compact(header(ver=True)), "jws-header"),
        (compact(header(ver="1")), "jws-header"),
        (compact(header(ver=0)), "jws-header"),
        (compact(header(ver=-1)), "jws-header"),
        (compact(header(ver=2)), "wire-version-unsupported"),
        (compact(header(ver=10**4000)), "wire-version-unsupported"),
        (compact(header(kid=1)), "jws-header"),
        (compact(header(kid="")), "jws-header"),
        (compact(header(kid=kid[:-1])), "base64url"),
        (compact(header(kid=kid + "=")), "base64url"),
        (compact(header(kid=b64url(b"x" * 31))), "jws-header"),
        (compact(header(kid="é" * 43)), "base64url"),
        (compact(header().replace(kid.encode(), b"\\ud800")), "json"),
        (compact(header()[:-1] + b',"ver":1}'), "json-duplicate-key"),
        (compact(header().replace(b'"ver":1', b'"ver":1.0')), "json-number"),
        (compact(header().replace(b'"ver":1', b'"ver":null')), "json"),
        (compact(b"[]"), "json"),
        (compact(b""), "json"),
        (compact(b"\xff"), "json"),
        (good + "A" * 40_000, "size"),
    ]


@pytest.mark.parametrize(("text", "code"), spelled_otherwise())
def test_another_spelling_is_refused(text: str, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_compact(text, TYP)
    assert code_of(caught) == code


def test_the_payload_is_not_parsed() -> None:
    assert parse_compact(compact(header(), b"\xff not json"), TYP).payload == b"\xff not json"


def small_order_ys() -> list[int]:
    """The y of all points of order 1, 2, 4 and 8 on -x² + y² = 1 + d x² y² over GF(2^255 - 19).

    Order 1 and 2: x = 0, y = ±1. Order 4: y = 0. Order 8: their double has y = 0. Doubling gives
    y' = (y² + x²) / (2 - y² + x²), so x² = -y²; put into the curve: 2 y² = 1 - d y⁴, that is
    d u² + 2 u - 1 = 0 with u = y².
    """
    d = -121665 * pow(121666, -1, P) % P
    root_of_minus_1 = pow(2, (P - 1) // 4, P)

    def roots(square: int) -> list[int]:
        candidate = pow(square, (P + 3) // 8, P)
        tried = (candidate, candidate * root_of_minus_1 % P)
        return [sign * one % P for one in tried if one * one % P == square for sign in (1, -1)]

    ys = [1, P - 1, 0]
    for root in roots((1 + d) % P):
        ys += roots((-1 + root) * pow(d, -1, P) % P)
    return sorted(set(ys))


def test_keys_of_small_order_are_refused() -> None:
    ys = small_order_ys()
    assert len(ys) == 5  # 8 points; those of ±x share their y
    for y in ys:
        for sign in (0, 1):
            with pytest.raises(MalformedError) as caught:
                PublicKey.from_raw((y + sign * 2**255).to_bytes(32, "little"))
            assert code_of(caught) == "key"


@pytest.mark.parametrize(
    "raw", [b"", b"x" * 31, b"x" * 33, *((P + n).to_bytes(32, "little") for n in range(19))]
)
def test_keys_of_another_length_or_spelling_are_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        PublicKey.from_raw(raw)
    assert code_of(caught) == "key"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64), st.binary())
def test_any_other_key_of_32_bytes_verifies_nothing_by_chance(
    raw: bytes, signature: bytes, data: bytes
) -> None:
    try:
        key = PublicKey.from_raw(raw)
    except MalformedError as error:
        assert error.code == "key"  # noqa: PT017 - either way is good
    else:
        assert not key.verifies(signature, data)


def test_a_private_key_is_not_shown() -> None:
    seed = b"\x07" * 32
    shown = repr(Signer.from_seed(seed))
    assert seed.hex() not in shown
    assert b64url(seed) not in shown


ID_TYP: Typ = "maillage-identity+jws"


def general(**changed: Any) -> bytes:
    found = json.loads(sign_general((signer("a"), signer("b")), ID_TYP, b'{"n":1}'))
    return dump({name: value for name, value in (found | changed).items() if value is not ...})


def test_several_signatures_over_one_payload() -> None:
    document = sign_general((signer("b"), signer("a")), ID_TYP, b'{"n":1}')
    assert document == sign_general((signer("a"), signer("b")), ID_TYP, b'{"n":1}')
    jws = parse_general(document, ID_TYP, max_bytes=10_000)
    assert jws.payload == b'{"n":1}'
    assert jws.digest == sha256_hex(b'{"n":1}')
    public = {signer(name).public.kid: signer(name).public for name in "ab"}
    assert [one.kid for one in jws.signatures] == sorted(public)
    for one in jws.signatures:
        assert verify(one, public[one.kid])
        compact_form = f"{one.signing_input.decode()}.{b64url(one.signature)}"
        assert verify(parse_compact(compact_form, ID_TYP), public[one.kid])
    found = joserfc_jws.deserialize_json(
        json.loads(sign_general((signer("a"),), ID_TYP, b'{"n":1}')),
        OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": signer("a").public.x}),
        registry=JOSERFC,
    )
    assert found.payload == b'{"n":1}'


def faulty_documents() -> list[tuple[bytes, str]]:
    signatures = json.loads(general())["signatures"]
    one, two = signatures
    return [
        (b"", "json"),
        (b"{}", "jws-form"),
        (general(payload=...), "jws-form"),
        (general(payload=1), "jws-form"),
        (general(payload="AB"), "base64url"),
        (general(payload="é"), "base64url"),
        (general(signatures=...), "jws-form"),
        (general(signatures={}), "jws-form"),
        (general(signatures=[]), "jws-form"),
        (general(signatures=[one, one]), "jws-form"),
        (general(signatures=[1]), "jws-form"),
        (general(signatures=[one | {"header": {}}]), "jws-form"),
        (general(signatures=[{"protected": one["protected"]}]), "jws-form"),
        (general(signatures=[one | {"signature": 1}]), "jws-form"),
        (general(signatures=[one | {"signature": "AA"}]), "jws-form"),
        (general(signatures=[one | {"signature": one["signature"] + "="}]), "base64url"),
        (general(signatures=[one | {"protected": protected(TYP, "x")}]), "jws-header"),
        (general(signatures=[two, one | {"protected": ""}]), "json"),
        (general(extra=1), "jws-form"),
        (general(header={}), "jws-form"),
        (general()[:-1] + b',"payload":""}', "json-duplicate-key"),
        (general(payload=b64url(b"x" * 10_000)), "size"),
    ]


@pytest.mark.parametrize(("document", "code"), faulty_documents())
def test_faulty_documents_are_refused(document: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_general(document, ID_TYP, max_bytes=10_000)
    assert code_of(caught) == code


def test_many_signatures_share_one_payload_in_memory() -> None:
    # else 512 KiB of document would take a gigabyte before any signature is looked at
    payload = b"x" * 200_000
    jws = parse_general(
        sign_general(tuple(signer(f"n{n}") for n in range(50)), ID_TYP, payload),
        ID_TYP,
        max_bytes=400_000,
    )
    assert len({id(one._payload_segment) for one in jws.signatures}) == 1
    assert (
        base64.urlsafe_b64decode(jws.signatures[0].signing_input.split(b".")[1] + b"==") == payload
    )


def test_require() -> None:
    require(True, "never", code="never")  # noqa: FBT003 - as it is called
    with pytest.raises(TrustError, match="the reason") as caught:
        require(False, "the reason", code="a-code")  # noqa: FBT003 - as it is called
    assert caught.value.code == "a-code"
