"""Bundles (`.mlg`): publications and all that verifies them, in one file for hand and archive.

A bundle carries; it says nothing about what it carries. Publications and receipts are the exact
texts that were signed, and reading a bundle verifies none of them: that is what the numbered
steps do (docs/wire.md, section 6). Reading makes sure that the file has its one form, that
each member is what its name says, and that nothing is in it that the index doesn't list:

    bundle.json               the index: wire version, and the digests of what follows
    publications/<n>.jws      from 1, in the order of the index
    contents/<digest>         as sent: the name is the SHA-256 of the bytes
    schemas/<digest>.json     likewise
    identities/<digest>.json  general JWS, named by the SHA-256 of the payload
    charters/<digest>.json    likewise
    receipts/<n>.jws          from 1, in the order of the index

Members stand in this order, those named by a digest in the order of their digests. The file is
a ZIP with stored members only, of one spelling (`federation.archive`): the same bundle makes the
same bytes, and a file that is read writes itself again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import Field

from federation import charter, identity
from federation.archive import pack, unpack
from federation.errors import LimitError, MalformedError
from federation.jose import WIRE_VERSION, Typ, parse_general
from federation.limits import (
    BUNDLE_MAX_BYTES,
    BUNDLE_PUBLICATIONS_MAX,
    CONTENT_MAX_BYTES,
    DOCUMENT_MAX_BYTES,
    JWS_MAX_BYTES,
    SCHEMA_MAX_BYTES,
)
from federation.model import Digest, WireModel
from federation.strict import sha256_hex

SUFFIX: Final = ".mlg"
INDEX_NAME: Final = "bundle.json"
INDEX_MAX_BYTES: Final = 8 * 1024 * 1024
"""The index: 50,000 digests of 67 bytes each, and room."""

OTHERS_MAX: Final = 10_000
"""Schemas, identities, charters and receipts of one bundle, each."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle carries. Nothing of it has been verified.

    Attributes:
        publications: Compact JWS in the order in which they are to be taken.
        contents: As sent, by digest. One may be missing: withdrawn content is erased.
        schemas: Documents by digest.
        identities: General JWS by digest, every version that is needed.
        charters: General JWS by digest.
        receipts: Compact JWS.
    """

    publications: tuple[str, ...] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict)
    schemas: Mapping[str, bytes] = field(default_factory=dict)
    identities: Mapping[str, bytes] = field(default_factory=dict)
    charters: Mapping[str, bytes] = field(default_factory=dict)
    receipts: tuple[str, ...] = ()


_Digests = Annotated[tuple[Digest, ...], Field(strict=False, max_length=OTHERS_MAX)]
_Publications = Annotated[
    tuple[Digest, ...], Field(strict=False, max_length=BUNDLE_PUBLICATIONS_MAX)
]


class Index(WireModel):
    """The index, `bundle.json`.

    Attributes:
        wire: Wire version.
        publications: Digests of the publications, in order.
        contents: Digests, sorted; so the others.
        schemas: See contents.
        identities: See contents.
        charters: See contents.
        receipts: Digests of the receipts, in order.
    """

    wire: Literal[1]
    publications: _Publications
    contents: _Publications
    schemas: _Digests
    identities: _Digests
    charters: _Digests
    receipts: _Digests


def signed_digest(text: str) -> str:
    """Digest of a compact JWS: of its signing input, that is of all before the last dot.

    A text that isn't a JWS has one, too: the bundle carries it, verification refuses it.
    """
    return sha256_hex(text.rpartition(".")[0].encode("utf-8"))


def write(bundle: Bundle) -> bytes:
    """Write a bundle.

    Returns:
        The file's bytes, the same for the same bundle.

    Raises:
        LimitError: `bundle-size`, `bundle-count`: too much for one bundle.
        MalformedError: `bundle-digest`: something isn't what its digest says; `bundle-text`: a
            publication or receipt isn't ASCII; `bundle-index`: one comes twice; or what makes an
            identity or charter unreadable.
    """
    counts = (len(bundle.publications), len(bundle.contents), len(bundle.schemas))
    others = (len(bundle.identities), len(bundle.charters), len(bundle.receipts))
    if max(counts[:2]) > BUNDLE_PUBLICATIONS_MAX or max(counts[2], *others) > OTHERS_MAX:
        raise LimitError(
            "too many publications or documents for one bundle",
            code="bundle-count",
            remedy="export a shorter period, or several bundles",
        )
    _check_all(bundle)
    index = _index_of(bundle)
    _check_index(index)
    size = sum(len(data) for _, data in _members(bundle, index))
    data = pack(_members(bundle, index)) if size <= BUNDLE_MAX_BYTES else b""
    if not data or len(data) > BUNDLE_MAX_BYTES:
        raise LimitError(
            f"a bundle of {size} bytes, at most {BUNDLE_MAX_BYTES}",
            code="bundle-size",
            remedy="export a shorter period, or several bundles",
        )
    return data


def read(data: bytes) -> Bundle:
    """Read a bundle that somebody else made.

    Args:
        data: The whole file.

    Raises:
        MalformedError: `size` (the file, or a member); `bundle-zip`, `bundle-name`,
            `bundle-duplicate`, `bundle-compressed`, `bundle-checksum` (see `federation.archive`);
            `bundle-index` (the first member isn't the index, or it isn't in order), `document` or
            `json…` (the index can't be read); `bundle-member` (a member that the index doesn't
            list, is missing, or stands in the wrong place); `bundle-digest` (a member isn't what
            its name or the index says); `bundle-text`; and for an identity or charter what
            `federation.jose.parse_general` raises.
    """
    if len(data) > BUNDLE_MAX_BYTES:
        raise MalformedError(f"{len(data)} bytes, at most {BUNDLE_MAX_BYTES}", code="size")
    members = unpack(data)
    first = next(members, None)
    if first is None or first[0] != INDEX_NAME:
        raise MalformedError(f"the first member is not {INDEX_NAME}", code="bundle-index")
    _bound(*first, INDEX_MAX_BYTES)
    index = Index.read(first[1])
    _check_index(index)
    if first[1] != index.write():
        raise MalformedError("the index is not in its one spelling", code="bundle-index")
    bundle = _collect(index, members)
    _check_all(bundle)
    return bundle


# What each folder holds: name of its members, largest size, and the type of a general JWS.
_SUFFIXES: Final = {"contents": "", "schemas": ".json", "identities": ".json", "charters": ".json"}
_SIZES: Final = {
    "publications": JWS_MAX_BYTES,
    "contents": CONTENT_MAX_BYTES,
    "schemas": SCHEMA_MAX_BYTES,
    "identities": DOCUMENT_MAX_BYTES,
    "charters": charter.MAX_BYTES,
    "receipts": DOCUMENT_MAX_BYTES,
}
_GENERAL: Final[Mapping[str, Typ]] = {"identities": identity.TYP, "charters": charter.TYP}


def _index_of(bundle: Bundle) -> Index:
    return Index(
        wire=WIRE_VERSION,
        publications=tuple(map(signed_digest, bundle.publications)),
        contents=tuple(sorted(bundle.contents)),
        schemas=tuple(sorted(bundle.schemas)),
        identities=tuple(sorted(bundle.identities)),
        charters=tuple(sorted(bundle.charters)),
        receipts=tuple(map(signed_digest, bundle.receipts)),
    )


def _check_index(index: Index) -> None:
    for folder in _SUFFIXES:
        digests = list(getattr(index, folder))
        if digests != sorted(set(digests)):
            raise MalformedError(f"{folder}: digests sorted, each once", code="bundle-index")
    for folder in ("publications", "receipts"):
        digests = list(getattr(index, folder))
        if len(set(digests)) != len(digests):
            raise MalformedError(f"{folder}: each once", code="bundle-index")


def _names(index: Index) -> Iterator[tuple[str, str, str]]:
    """Folder, digest and member name of everything that the index lists, in the file's order."""
    for folder in _SIZES:
        for number, digest in enumerate(getattr(index, folder), 1):
            suffix = _SUFFIXES.get(folder)
            name = f"{number}.jws" if suffix is None else digest + suffix
            yield folder, digest, f"{folder}/{name}"


def _members(bundle: Bundle, index: Index) -> Iterator[tuple[str, bytes]]:
    yield INDEX_NAME, index.write()
    texts = {"publications": iter(bundle.publications), "receipts": iter(bundle.receipts)}
    for folder, digest, name in _names(index):
        if folder in texts:
            yield name, next(texts[folder]).encode("ascii")
        else:
            yield name, getattr(bundle, folder)[digest]


def _collect(index: Index, members: Iterator[tuple[str, bytes]]) -> Bundle:
    """Take the members that the index lists, each in its place, and no other."""
    texts: dict[str, list[str]] = {"publications": [], "receipts": []}
    found: dict[str, dict[str, bytes]] = {folder: {} for folder in _SUFFIXES}
    for folder, digest, wanted in _names(index):
        name, data = next(members, ("the end", b""))
        if name != wanted:
            raise MalformedError(f"{name} in the place of {wanted}", code="bundle-member")
        _bound(name, data, _SIZES[folder])
        if folder in texts:
            text = _ascii(name, data)
            if signed_digest(text) != digest:
                raise MalformedError(f"{name} is another than the index says", code="bundle-digest")
            texts[folder].append(text)
        else:
            found[folder][digest] = data
    extra = next(members, None)
    if extra is not None:
        raise MalformedError(f"the index doesn't list {extra[0]}", code="bundle-member")
    return Bundle(
        publications=tuple(texts["publications"]),
        receipts=tuple(texts["receipts"]),
        contents=found["contents"],
        schemas=found["schemas"],
        identities=found["identities"],
        charters=found["charters"],
    )


def _check_all(bundle: Bundle) -> None:
    """Sizes, and that everything named by a digest has it."""
    for folder, texts in (("publications", bundle.publications), ("receipts", bundle.receipts)):
        for number, text in enumerate(texts, 1):
            name = f"{folder}/{number}.jws"
            _bound(name, text.encode("utf-8", errors="replace"), _SIZES[folder])
            if not text.isascii():
                raise MalformedError(f"{name} is not ASCII", code="bundle-text")
    for folder in _SUFFIXES:
        for digest, data in getattr(bundle, folder).items():
            name = f"{folder}/{digest[:64]}"
            _bound(name, data, _SIZES[folder])
            if _digest(folder, data) != digest:
                raise MalformedError(f"{name} is not what its name says", code="bundle-digest")


def _digest(folder: str, data: bytes) -> str:
    typ = _GENERAL.get(folder)
    if typ is None:
        return sha256_hex(data)
    return parse_general(data, typ, max_bytes=_SIZES[folder]).digest


def _bound(name: str, data: bytes, max_bytes: int) -> None:
    if len(data) > max_bytes:
        raise MalformedError(f"{name}: {len(data)} bytes, at most {max_bytes}", code="size")


def _ascii(name: str, data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedError(f"{name} is not ASCII", code="bundle-text") from error
