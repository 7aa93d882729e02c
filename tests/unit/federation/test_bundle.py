"""Bundles: what they carry, and every way in which one is refused."""

import dataclasses
import json
import zipfile
from io import BytesIO
from typing import Any

import pytest
from actors import ARVIEU, LEVEZOU, LUZY, digest, known, signer

from federation import bundle as bundles
from federation.archive import pack
from federation.bundle import Bundle, read, signed_digest, write
from federation.charter import Charter, issue_charter
from federation.errors import LimitError, MalformedError
from federation.jose import Typ, parse_compact, sign_compact
from federation.limits import BUNDLE_PUBLICATIONS_MAX, JWS_MAX_BYTES, SCHEMA_MAX_BYTES
from federation.strict import dump, sha256_hex

PUB: Typ = "maillage-publication+jws"


def publication(number: int) -> str:
    return sign_compact(signer(ARVIEU), PUB, dump({"n": number}))


def by_digest(*contents: bytes) -> dict[str, bytes]:
    return {sha256_hex(one): one for one in contents}


def a_charter() -> tuple[str, bytes]:
    member = {
        "participant": LUZY,
        "identity": known(LUZY).digest,
        "custodian": LEVEZOU,
        "roles": ["publisher"],
    }
    found = Charter.of(
        {
            "charter": "twins",
            "title": "Jumelage",
            "version": 1,
            "members": [member],
            "threshold": 1,
            "issued": "2026-11-23T09:00:00Z",
        }
    )
    return sha256_hex(found.write()), issue_charter(found, (signer(LUZY),))


ARVIEU_OWN, LUZY_OWN = known(ARVIEU), known(LUZY)
FULL = Bundle(
    publications=(publication(1), publication(2), publication(3)),
    contents=by_digest(b"rows of 1", b"rows of 2", b""),
    schemas=by_digest(b'{"fields":[]}'),
    identities={one.digest: one.document for one in (ARVIEU_OWN, LUZY_OWN)},
    charters=dict([a_charter()]),
    receipts=(sign_compact(signer(LEVEZOU), "maillage-receipt+jws", b"{}"),),
)
GOOD = write(FULL)


@pytest.mark.parametrize("bundle", [FULL, Bundle(), Bundle(publications=(publication(1),))])
def test_written_and_read(bundle: Bundle) -> None:
    data = write(bundle)
    found = read(data)
    assert found == bundle
    assert write(found) == data


def test_the_same_bytes_whatever_the_order_of_the_mappings() -> None:
    turned: dict[str, Any] = {
        name: dict(reversed(getattr(FULL, name).items()))
        for name in ("contents", "schemas", "identities", "charters")
    }
    assert write(dataclasses.replace(FULL, **turned)) == GOOD


def test_any_zip_program_opens_it() -> None:
    with zipfile.ZipFile(BytesIO(GOOD)) as other:
        assert other.testzip() is None
        names = other.namelist()
        index = json.loads(other.read("bundle.json"))
        assert other.read("publications/2.jws").decode() == publication(2)
    assert names[:4] == [
        "bundle.json",
        "publications/1.jws",
        "publications/2.jws",
        "publications/3.jws",
    ]
    assert names[-1] == "receipts/1.jws"
    assert index["wire"] == 1
    assert index["publications"] == [
        parse_compact(publication(number), PUB).digest for number in (1, 2, 3)
    ]
    assert f"identities/{ARVIEU_OWN.digest}.json" in names


def test_a_bundle_says_nothing_about_what_it_carries() -> None:
    # a forged, an unreadable and an empty one: the numbered steps say so, not the reader
    texts = (publication(1)[:-86] + "A" * 86, "no.jws", "")
    assert read(write(Bundle(publications=texts))).publications == texts


def members(data: bytes = GOOD) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as other:
        return {name: other.read(name) for name in other.namelist()}


def index(**changed: Any) -> bytes:
    found = json.loads(members()["bundle.json"]) | changed
    return dump({name: one for name, one in found.items() if one is not ...})


def repacked(*, without: str) -> bytes:
    return pack((name, one) for name, one in members().items() if name != without)


def swapped(one: str, two: str) -> bytes:
    """Two members, each in the other's place."""
    names = {one: two, two: one}
    found = members()
    return pack((names.get(name, name), found[names.get(name, name)]) for name in found)


CONTENT = f"contents/{sha256_hex(b'rows of 1')}"
SCHEMA = f"schemas/{next(iter(FULL.schemas))}.json"
IDENTITY = f"identities/{ARVIEU_OWN.digest}.json"
CHARTER = f"charters/{next(iter(FULL.charters))}.json"
DIGESTS = json.loads(members()["bundle.json"])


def with_member(name: str, data: bytes) -> bytes:
    return pack((members() | {name: data}).items())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bundle-zip"),
        (pack([]), "bundle-index"),
        (b"not a zip", "bundle-zip"),
        (pack([("publications/1.jws", b"")]), "bundle-index"),
        (pack([*list(members().items())[1:], ("bundle.json", index())]), "bundle-index"),
        (with_member("bundle.json", b"{"), "json"),
        (with_member("bundle.json", b"{}"), "document"),
        (with_member("bundle.json", index(wire=2)), "document"),
        (with_member("bundle.json", index(wire=True)), "bundle-index"),
        (with_member("bundle.json", index(extra=1)), "document"),
        (with_member("bundle.json", index(receipts=...)), "document"),
        (with_member("bundle.json", index(contents=["../../etc/passwd"])), "document"),
        (with_member("bundle.json", index() + b"\n"), "bundle-index"),
        (with_member("bundle.json", json.dumps(json.loads(index())).encode()), "bundle-index"),
        (with_member("bundle.json", index(contents=DIGESTS["contents"][::-1])), "bundle-index"),
        (with_member("bundle.json", index(schemas=DIGESTS["schemas"] * 2)), "bundle-index"),
        (with_member("bundle.json", index(publications=DIGESTS["publications"][:1] * 3)),
         "bundle-index"),
        (with_member("bundle.json", b" " * (bundles.INDEX_MAX_BYTES + 1)), "size"),
        # members that the index doesn't list, or that are missing, or elsewhere
        (with_member("contents/more", b"cargo"), "bundle-member"),
        (with_member("readme.txt", b"cargo"), "bundle-member"),
        (with_member("bundle.json", index(receipts=[])), "bundle-member"),
        (repacked(without="receipts/1.jws"), "bundle-member"),
        (repacked(without="publications/2.jws"), "bundle-member"),
        (repacked(without=CONTENT), "bundle-member"),
        (repacked(without=IDENTITY), "bundle-member"),
        (pack([*list(members().items())[:1], *list(members().items())[:0:-1]]), "bundle-member"),
        # members that aren't what their names say
        (swapped("publications/1.jws", "publications/2.jws"), "bundle-member"),
        (with_member("publications/1.jws", publication(4).encode()), "bundle-digest"),
        (with_member("publications/1.jws", publication(2).encode()), "bundle-digest"),
        (with_member("receipts/1.jws", publication(2).encode()), "bundle-digest"),
        (with_member(CONTENT, b"rows of 4"), "bundle-digest"),
        (with_member(SCHEMA, b"{}"), "bundle-digest"),
        (with_member(IDENTITY, LUZY_OWN.document), "bundle-digest"),
        (with_member(CHARTER, LUZY_OWN.document), "jws-header"),
        (with_member(IDENTITY, b"{}"), "jws-form"),
        (with_member(IDENTITY, b""), "json"),
        (with_member("publications/1.jws", "é".encode()), "bundle-text"),
        (with_member("publications/1.jws", b"\xff"), "bundle-text"),
        # sizes
        (with_member("publications/1.jws", b"x" * (JWS_MAX_BYTES + 1)), "size"),
        (with_member(SCHEMA, b"x" * (SCHEMA_MAX_BYTES + 1)), "size"),
        # the file
        (GOOD + b"x", "bundle-zip"),
        (GOOD[:-1], "bundle-zip"),
        (b"x" + GOOD, "bundle-zip"),
        (GOOD.replace(b"rows of 1", b"rows of 4"), "bundle-checksum"),
    ],
)  # fmt: skip
def test_hostile_files(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read(data)
    assert caught.value.code == code


def test_a_compressed_bundle_is_refused_before_it_grows() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as other:
        other.writestr("bundle.json", b" " * 100_000_000)
    with pytest.raises(MalformedError) as caught:
        read(buffer.getvalue())
    assert caught.value.code == "bundle-compressed"


def test_a_file_larger_than_a_bundle_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "BUNDLE_MAX_BYTES", len(GOOD) - 1)
    with pytest.raises(MalformedError) as caught:
        read(GOOD)
    assert caught.value.code == "size"
    with pytest.raises(LimitError) as limited:
        write(FULL)
    assert limited.value.code == "bundle-size"
    monkeypatch.setattr(bundles, "BUNDLE_MAX_BYTES", len(GOOD))
    assert read(write(FULL)) == FULL


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"contents": {digest("x"): b"rows"}}, "bundle-digest"),
        ({"schemas": {digest("x"): b"{}"}}, "bundle-digest"),
        ({"identities": {digest("x"): ARVIEU_OWN.document}}, "bundle-digest"),
        ({"identities": {digest("x"): b"{}"}}, "jws-form"),
        ({"schemas": by_digest(b"x" * (SCHEMA_MAX_BYTES + 1))}, "size"),
        ({"publications": ("é.",)}, "bundle-text"),
        ({"publications": ("\ud800.",)}, "bundle-text"),
        ({"publications": ("x" * (JWS_MAX_BYTES + 1),)}, "size"),
        ({"publications": (publication(1), publication(1))}, "bundle-index"),
    ],
)
def test_what_is_not_written(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        write(dataclasses.replace(FULL, **changed))
    assert caught.value.code == code


def test_too_many_for_one_bundle() -> None:
    many = tuple(f"{number}." for number in range(BUNDLE_PUBLICATIONS_MAX + 1))
    for bundle in (Bundle(publications=many), Bundle(receipts=many)):
        with pytest.raises(LimitError) as caught:
            write(bundle)
        assert caught.value.code == "bundle-count"
    assert len(read(write(Bundle(publications=many[:-1]))).publications) == len(many) - 1


def test_the_digest_is_that_of_the_signing_input() -> None:
    text = publication(1)
    assert signed_digest(text) == parse_compact(text, PUB).digest
    assert signed_digest("") == sha256_hex(b"")
