"""From the bytes of a file to UTF-8 text: what it is not, and which encoding it has."""

import re
from dataclasses import dataclass
from typing import Final

from schemas.reading.encoding import Pieces, encoding_of, first_bytes, has_nul, utf8_pieces
from schemas.reading.faults import ReadingFault, Unreadable

_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x1f\x8b", "GZIP"),
    (b"\x28\xb5\x2f\xfd", "ZSTD"),
    (b"BZh", "BZIP2"),
    (b"7z\xbc\xaf\x27\x1c", "7Z"),
    (b"%PDF-", "PDF"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"PAR1", "Parquet"),
    (b"ARROW1\x00", "Arrow"),
)
_MARKUP: Final = re.compile(rb"\s*<[!?A-Za-z]")
_MAGIC_BYTES: Final = max(len(magic) for magic, _ in _MAGIC)
_SPACES: Final = b" \t\r\n"
_OPENING_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Text:
    """A text file.

    Attributes:
        utf8: The text as UTF-8 without byte order mark, no NUL inside.
        encoding: What it was: `UTF-8`, `UTF-16`, `Windows-1252`.
    """

    utf8: bytes
    encoding: str


def to_text(data: bytes) -> Text:
    """The text of a file.

    Args:
        data: The file.

    Raises:
        Unreadable: As `text_encoding`.
    """
    encoding = text_encoding(lambda: (data,))
    return Text(b"".join(utf8_pieces(lambda: (data,), encoding)), encoding)


def text_encoding(pieces: Pieces) -> str:
    """The encoding of a file that is a text, as `encoding_of`.

    Args:
        pieces: The file.

    Raises:
        Unreadable: No text: a workbook, an archive, markup, NUL bytes, unknown bytes.
    """
    start = first_bytes(pieces, _MAGIC_BYTES)
    for magic, kind in _MAGIC:
        # BZh, PAR1 and a gzip mark alone could be somebody's text; no archive is free of NUL
        if start.startswith(magic) and (magic == b"%PDF-" or has_nul(pieces)):
            raise Unreadable(ReadingFault.of("format-error", case="workbook", kind=kind))
    encoding = encoding_of(pieces)
    if _MARKUP.match(text_opening(pieces, encoding)):
        raise Unreadable(ReadingFault.of("format-error", case="markup"))
    return encoding


def text_opening(pieces: Pieces, encoding: str) -> bytes:
    """The first characters of a text that aren't spaces, in UTF-8; empty if there are none.

    Args:
        pieces: The file.
        encoding: Its encoding.
    """
    found = b""
    for piece in utf8_pieces(pieces, encoding):
        found = (found + piece).lstrip(_SPACES)
        if len(found) >= _OPENING_BYTES:
            break
    return found[:_OPENING_BYTES]
