"""What is wrong before the signature holds, or in how it was carried (steps 1 to 5, 9, 11)."""

from collections.abc import Iterator

from federation.jose import b64url, protected, thumbprint
from federation.limits import PART_MAX_BYTES
from federation.manifest import TYP
from federation.message import PART_HEADER
from federation.strict import dump, parse_object
from tests.cases.good import first_counts, long_counts
from tests.cases.kit import (
    KNOWN,
    Case,
    headed,
    header_of,
    message,
    messages,
    other_spelling,
    sealed,
    signature_of,
    subject_of,
    with_signature,
)
from tests.world import ARVIEU, AYEN, LUZY, SEGUR, SMALL_ORDER_KEY, Made, signer


def wire_cases() -> Iterator[Case]:
    """All of them."""
    yield from _sizes()
    yield from _form()
    yield from _header()
    yield from _keys()
    yield from _subjects()
    yield from _bodies()


def _sizes() -> Iterator[Case]:
    one = first_counts()
    yield Case(
        "no-manifest",
        "No manifest travels with the body.",
        (message(None, subject=subject_of(one), body=one.blob),),
        "manifest-missing",
    )
    yield Case(
        "jws-too-long",
        "A JWS of more than 32 KiB.",
        (message(one, jws=one.jws() + "A" * 32_768),),
        "size",
    )
    yield Case(
        "body-too-long",
        "A body of more than 512 KiB.",
        (message(one, body=bytes(PART_MAX_BYTES + 1)),),
        "size",
    )
    for name, text in (
        ("zero", "0/1"),
        ("beyond", "2/1"),
        ("zeros", "01/2"),
        ("words", "one/two"),
        ("many", "1/9999"),
        ("digits", "١/١"),
        ("signed", "+1/1"),
        ("empty", ""),
    ):
        yield Case(
            f"part-{name}",
            f"The part header is {text!r}.",
            (message(one, headers={PART_HEADER: text}),),
            "part",
        )


def _form() -> Iterator[Case]:
    one = first_counts()
    jws = one.jws()
    header, payload, signature = jws.split(".")
    yield Case(
        "jws-two-segments",
        "A JWS without a signature segment.",
        (message(one, jws=f"{header}.{payload}"),),
        "jws-form",
    )
    yield Case(
        "jws-four-segments",
        "A JWS with a fourth segment.",
        (message(one, jws=f"{jws}."),),
        "jws-form",
    )
    yield Case("jws-empty", "An empty header.", (message(one, jws=""),), "jws-form")
    yield Case(
        "jws-not-ascii",
        "A letter that only looks like an ASCII one.",
        (message(one, jws=jws.replace("A", "А", 1)),),
        "jws-form",
    )
    yield Case(
        "signature-short",
        "A signature of 63 bytes.",
        (message(one, jws=with_signature(jws, signature_of(jws)[:-1])),),
        "jws-form",
    )
    yield Case(
        "signature-empty",
        "No signature at all.",
        (message(one, jws=f"{header}.{payload}."),),
        "jws-form",
    )
    yield Case(
        "base64url-padded",
        "base64url with padding.",
        (message(one, jws=f"{header}.{payload}.{signature}=="),),
        "base64url",
    )
    yield Case(
        "base64url-second-spelling",
        "The signature in a second spelling: the last character's unused bits are not zero.",
        (message(one, jws=f"{header}.{payload}.{other_spelling(signature)}"),),
        "base64url",
    )
    yield Case(
        "base64url-alphabet",
        "The alphabet of plain base64.",
        (message(one, jws=f"{header}.{payload}.{signature[:-3]}+/A"),),
        "base64url",
    )
    yield Case(
        "base64url-newline",
        "A line feed within a segment.",
        (message(one, jws=f"{header}.{payload}\n.{signature}"),),
        "base64url",
    )
    yield Case(
        "base64url-length",
        "A segment of a length that base64url can't have.",
        (message(one, jws=f"{header}.{payload}.{signature[:-1]}"),),
        "base64url",
    )


def _header() -> Iterator[Case]:
    one = first_counts()

    def case(name: str, description: str, header: bytes, reason: str = "jws-header") -> Case:
        return Case(
            name,
            f"{description} The signature itself holds.",
            (message(one, jws=headed(one, header)),),
            reason,
        )

    right = header_of(one)
    yield case("header-alg-eddsa", "`alg` is the older name EdDSA.", header_of(one, alg="EdDSA"))
    yield case("header-alg-none", "`alg` is none.", header_of(one, alg="none"))
    yield case(
        "header-typ", "`typ` is that of a receipt.", header_of(one, typ="maillage-receipt+jws")
    )
    yield case("header-extra", "A member more: `crit`.", header_of(one, crit=["b64"]))
    yield case(
        "header-missing", "No `typ`.", right.replace(b',"typ":"maillage-publication+jws"', b"")
    )
    yield case(
        "header-reordered",
        "The members in another order.",
        dump(dict(reversed(list(parse_object(right).items())))),
    )
    yield case("header-spaces", "A space after a colon.", right.replace(b'":', b'": ', 1))
    yield case(
        "header-escaped",
        "A letter written as an escape.",
        right.replace(b"Ed25519", b"\\u0045d25519"),
    )
    yield case("header-kid-number", "`kid` is a number.", header_of(one, kid=7))
    yield case("header-kid-null", "`kid` is null.", header_of(one, kid=None), "json")
    yield case("header-kid-short", "`kid` is not a thumbprint.", header_of(one, kid="AAAA"))
    yield case(
        "header-kid-spelling",
        "`kid` in a second spelling.",
        header_of(one, kid=other_spelling(signer(ARVIEU).public.kid)),
        "base64url",
    )
    yield case("header-ver-text", "`ver` is a text.", header_of(one, ver="1"))
    yield case(
        "header-ver-true",
        "`ver` is true, which some languages take for 1.",
        header_of(one, ver=True),
    )
    yield case("header-ver-zero", "`ver` is 0.", header_of(one, ver=0))
    yield case(
        "header-ver-2",
        "`ver` is 2: kept until this receiver speaks it.",
        header_of(one, ver=2),
        "wire-version-unsupported",
    )
    yield case(
        "header-duplicate-key",
        "`kid` stands twice.",
        right[:-1] + b',"kid":"x"}',
        "json-duplicate-key",
    )
    yield case(
        "header-float", "`ver` is 1.0.", right.replace(b'"ver":1', b'"ver":1.0'), "json-number"
    )
    yield case(
        "header-nan", "`ver` is NaN.", right.replace(b'"ver":1', b'"ver":NaN'), "json-number"
    )
    yield case("header-not-json", "The header is cut off.", right[:-1], "json")
    yield case("header-array", "The header is an array.", b"[]", "json")
    yield case(
        "header-not-utf8", "The header is not UTF-8.", right.replace(b"Ed", b"\xff\xfe"), "json"
    )
    yield case(
        "header-bom", "A byte order mark before the header.", b"\xef\xbb\xbf" + right, "json"
    )


def _keys() -> Iterator[Case]:
    one = first_counts()
    jws = one.jws()
    stranger = Made(one.payload, one.blob, "nobody")
    yield Case(
        "key-unknown",
        "Signed by a key of no known identity: its document is asked for.",
        (message(stranger, subject=subject_of(one)),),
        "key-unknown",
    )
    yield Case(
        "identity-unknown",
        "The publisher's identity document isn't known here.",
        (message(one),),
        "key-unknown",
        trust=tuple(
            name for name in KNOWN if not name.startswith((f"identity-{ARVIEU}", "charter-"))
        ),
    )
    small = f"identity-{AYEN}-1-small-order.json"
    yield Case(
        "key-small-order",
        "A key of small order fits every text: the document that lists it is refused.",
        (message(_small_order(), jws=_neutral()),),
        "key-unknown",
        trust=(*KNOWN, small),
    )
    alien = f"identity-{SEGUR}-1-unsigned.json"
    by_alien = Made(one.payload, one.blob, SEGUR)
    yield Case(
        "identity-unsigned",
        "The recovery key did not sign the first identity document: its keys aren't known.",
        (message(by_alien, subject=subject_of(one)),),
        "key-unknown",
        trust=(*KNOWN, alien),
    )
    broken = bytearray(signature_of(jws))
    broken[10] ^= 1
    yield Case(
        "signature-flipped",
        "One bit of the signature is flipped.",
        (message(one, jws=with_signature(jws, bytes(broken))),),
        "signature",
    )
    yield Case(
        "signature-zero",
        "The signature is all zeros.",
        (message(one, jws=with_signature(jws, bytes(64))),),
        "signature",
    )
    yield Case(
        "signature-neutral",
        "R is the neutral element and S is 0.",
        (message(one, jws=with_signature(jws, SMALL_ORDER_KEY + bytes(32))),),
        "signature",
    )
    order = 2**252 + 27742317777372353535851937790883648493
    high = int.from_bytes(signature_of(jws)[32:], "little") + order
    yield Case(
        "signature-malleable",
        "S plus the group order: RFC 8032 refuses it, lax libraries take it.",
        (
            message(
                one, jws=with_signature(jws, signature_of(jws)[:32] + high.to_bytes(32, "little"))
            ),
        ),
        "signature",
    )
    forged = one.changed(rows=25)
    swapped = f"{jws.split('.')[0]}.{b64url(dump(forged.payload))}.{jws.split('.')[2]}"
    yield Case(
        "manifest-altered",
        "One number of the manifest is another than was signed.",
        (message(one, jws=swapped),),
        "signature",
    )
    other = sealed(Made(one.payload, one.blob, LUZY), *jws.split(".")[:2])
    yield Case(
        "signature-by-another",
        "The header names one key, another signed.",
        (message(one, jws=other),),
        "signature",
    )


def _small_order() -> Made:
    return first_counts().changed(publisher=AYEN, dataset=f"{AYEN}/comptage-mobilites")


def _neutral() -> str:
    header = protected(TYP, thumbprint(SMALL_ORDER_KEY))
    return f"{header}.{b64url(dump(_small_order().payload))}.{b64url(SMALL_ORDER_KEY + bytes(32))}"


def _subjects() -> Iterator[Case]:
    one = first_counts()
    right = subject_of(one)
    malformed = {
        "short": "mlg.1.z.fr-12.fr-com-12011.pub",
        "prefix": right.replace("mlg.1", "mlg.2"),
        "kind": right.replace(".pub.", ".put."),
        "zone": right.replace("fr-12.", "fr-13."),
        "participant": right.replace("fr-com-12011", "FR-COM-12011"),
    }
    for name, subject in malformed.items():
        yield Case(
            f"subject-{name}",
            f"The subject {subject} is none of the wire.",
            (message(one, subject=subject),),
            "subject",
        )
    misfits = {
        "of-another": right.replace("fr-com-12011", "fr-com-12266"),
        "of-another-dataset": right.replace("comptage-mobilites._", "projets._"),
        "of-another-slug": right.replace("comptage-mobilites._", "comptage-mobilites.velo"),
        "of-a-document": right.replace("pub.comptage-mobilites._", "doc.identity"),
        "forwarded-as-another": "mlg.1.z.fr-58.fr-com-58149.fwd.fr-com-12266",
    }
    for name, subject in misfits.items():
        yield Case(
            f"subject-{name}",
            f"Sent under {subject}: the carrier's fault.",
            (message(one, subject=subject),),
            "subject-mismatch",
        )


def _bodies() -> Iterator[Case]:
    one = first_counts()
    assert one.blob is not None
    altered = bytearray(one.blob)
    altered[100] ^= 1
    yield Case(
        "body-altered",
        "One bit of the body is flipped.",
        (message(one, body=bytes(altered)),),
        "content-digest",
    )
    yield Case(
        "body-truncated",
        "The body is cut off.",
        (message(one, body=one.blob[:-1]),),
        "content-digest",
    )
    yield Case(
        "body-longer",
        "A byte follows the body.",
        (message(one, body=one.blob + b"\0"),),
        "content-digest",
    )
    yield Case(
        "body-missing", "No body where one was signed.", (message(one, body=b""),), "content-digest"
    )
    bare = one.changed(mode="withdraw", period=None, content=None, rows=0)
    bare = Made({**bare.payload, "sequence": 2, "previous": one.digest()}, None, one.by)
    yield Case(
        "body-unexpected",
        "A body where none was signed.",
        (message(bare, body=b"rows"),),
        "content-unexpected",
        head=one.position(),
    )
    yield Case(
        "body-unexpected-part",
        "Two parts of nothing.",
        (message(bare, headers={PART_HEADER: "1/2"}),),
        "content-unexpected",
        head=one.position(),
    )
    second = messages(long_counts())[1]
    yield Case(
        "part-wrong-number",
        "The second part says that it is the first.",
        ({**second, "headers": {**second["headers"], PART_HEADER: "1/2"}},),
        "content-digest",
    )
    yield Case(
        "part-wrong-total",
        "The content has two parts, the header says three.",
        ({**second, "headers": {**second["headers"], PART_HEADER: "2/3"}},),
        "content-digest",
    )
    yield Case("part-alone", "The second part came, the first did not.", (second,), "part-missing")
