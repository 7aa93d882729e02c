"""Which encoding a text has, found out without holding it."""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import pyarrow as pa

from schemas.reading.faults import ReadingFault, Unreadable

Pieces = Callable[[], Iterable[bytes]]
"""Gives the bytes of a file from the start, cut anywhere; each call begins anew."""

UTF_8: Final = "UTF-8"
UTF_16: Final = "UTF-16"
WINDOWS_1252: Final = "Windows-1252"

BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""Of UTF-16."""
_CODECS: Final = {UTF_16: "utf-16", WINDOWS_1252: "cp1252"}
# a letter of French in UTF-8, read as Windows-1252, is two signs that no French text has in a row
_UTF8_LETTER: Final = re.compile(rb"[\xc3][\x80-\xbf]|\xe2\x80[\x90-\xa6]|\xc5[\x92\x93]")
_LETTER_BYTES: Final = 3
_LETTER_MAX_BYTES: Final = 4
_LEAD: Final = 0xC0
"""The first byte of a letter of several is this or more (RFC 3629)."""
_FOLLOWS: Final = 0x80
"""The others are this or more."""


def encoding_of(pieces: Pieces) -> str:
    """The encoding of a text: `UTF-8`, `UTF-16`, `Windows-1252`.

    UTF-8 with or without byte order mark, UTF-16 with one, else Windows-1252. A file that is
    mostly UTF-8 with a broken place is not taken for Windows-1252, which would garble it.

    Args:
        pieces: The file; read up to three times.

    Raises:
        Unreadable: NUL characters, unknown bytes.
    """
    if first_bytes(pieces, 2) in BOMS:
        _check_utf16(pieces())
        return UTF_16
    broken = _first_break(pieces())
    if broken is None:
        return UTF_8
    _check_windows(pieces(), broken)
    return WINDOWS_1252


def utf8_pieces(pieces: Pieces, encoding: str) -> Iterator[bytes]:
    """A text in UTF-8 without byte order mark.

    Args:
        pieces: The file.
        encoding: What `encoding_of` says of it.

    Raises:
        UnicodeDecodeError: The file isn't any more what it was.
    """
    if encoding == UTF_16:
        yield from (text.encode() for text in _decoded(pieces(), _CODECS[encoding]))
        return
    for number, piece in enumerate(_joined_start(pieces(), len(codecs.BOM_UTF8))):
        bare = piece if number else piece.removeprefix(codecs.BOM_UTF8)
        yield bare if encoding == UTF_8 else bare.decode(_CODECS[encoding]).encode()


def first_bytes(pieces: Pieces, size: int) -> bytes:
    """The first bytes of a file, fewer if it has no more.

    Args:
        pieces: The file.
        size: How many.
    """
    return next(_joined_start(pieces(), size), b"")[:size]


def has_nul(pieces: Pieces) -> bool:
    """Whether a file has a NUL byte.

    Args:
        pieces: The file.
    """
    return any(b"\0" in piece for piece in pieces())


def _joined_start(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The pieces, the first of at least this size."""
    start = b""
    rest = iter(pieces)
    for piece in rest:
        start += piece
        if len(start) >= size:
            break
    yield start
    yield from rest


def _decoded(pieces: Iterable[bytes], codec: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)()
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _check_utf16(pieces: Iterable[bytes]) -> None:
    nul = False
    try:
        for text in _decoded(pieces, _CODECS[UTF_16]):
            nul = nul or "\0" in text
    except UnicodeDecodeError as error:
        raise Unreadable(ReadingFault.of("encoding-error")) from error
    if nul:
        raise Unreadable(ReadingFault.of("format-error", case="binary"))


def _first_break(pieces: Iterable[bytes]) -> int | None:
    """Position of the first byte that isn't UTF-8, if there is one."""
    broken: int | None = None
    start, rest = 0, b""
    for piece in pieces:
        if b"\0" in piece:
            raise Unreadable(ReadingFault.of("format-error", case="binary"))
        # nothing else is as fast, and most files are
        if broken is None and (rest or not piece.isascii()):
            text = rest + piece
            cut = _whole_letters(text)
            if not _is_utf8(text[:cut]):
                broken = start - len(rest) + _break_in(text[:cut])
            rest = text[cut:]
        start += len(piece)
    return start - len(rest) if broken is None and rest else broken


def _whole_letters(text: bytes) -> int:
    """Where the last letter of UTF-8 begins if it isn't whole; else the end."""
    for back in range(1, min(_LETTER_MAX_BYTES, len(text) + 1)):
        lead = text[-back]
        if lead >= _LEAD:
            length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4  # noqa: PLR2004 - RFC 3629
            return len(text) - back if length > back else len(text)
        if lead < _FOLLOWS:
            break
    return len(text)


def _is_utf8(text: bytes) -> bool:
    """As decoding says; several times as fast."""
    length = pa.py_buffer(bytes(4) + len(text).to_bytes(4, "little"))
    one = pa.Array.from_buffers(pa.string(), 1, [None, length, pa.py_buffer(text)])
    try:
        one.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _break_in(text: bytes) -> int:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(text)


def _check_windows(pieces: Iterable[bytes], broken: int) -> None:
    row, at, before = 1, 0, b""
    bad = False
    for piece in pieces:
        row += piece.count(b"\n", 0, max(0, broken - at))
        at += len(piece)
        bad = bad or _UTF8_LETTER.search(before + piece) is not None
        before = (before + piece)[1 - _LETTER_BYTES :]
        try:
            piece.decode(_CODECS[WINDOWS_1252])
        except UnicodeDecodeError:
            bad = True
    if bad:
        raise Unreadable(ReadingFault.of("encoding-error", row=row))
