"""From the bytes of a file to UTF-8 text: what it is not, and which encoding it has."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

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
# a letter of French in UTF-8, read as Windows-1252, is two signs that no French text has in a row
_UTF8_LETTER: Final = re.compile(rb"[\xc3][\x80-\xbf]|\xe2\x80[\x90-\xa6]|\xc5[\x92\x93]")


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

    UTF-8 with or without byte order mark, UTF-16 with one, else Windows-1252. A file that is
    mostly UTF-8 with a broken place is not taken for Windows-1252, which would garble it.

    Args:
        data: The file.

    Raises:
        Unreadable: No text: a workbook, an archive, NUL bytes, unknown bytes.
    """
    for magic, kind in _MAGIC:
        # BZh, PAR1 and a gzip mark alone could be somebody's text; no archive is free of NUL
        if data.startswith(magic) and (b"\0" in data or magic == b"%PDF-"):
            raise Unreadable(ReadingFault.of("format-error", case="workbook", kind=kind))
    text = _decoded(data)
    if b"\0" in text.utf8:
        raise Unreadable(ReadingFault.of("format-error", case="binary"))
    if _MARKUP.match(text.utf8):
        raise Unreadable(ReadingFault.of("format-error", case="markup"))
    return text


def _decoded(data: bytes) -> Text:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return Text(data.decode("utf-16").encode(), "UTF-16")
        except UnicodeDecodeError as error:
            raise Unreadable(ReadingFault.of("encoding-error")) from error
    plain = data.removeprefix(codecs.BOM_UTF8)
    if plain.isascii():
        return Text(plain, "UTF-8")
    try:
        plain.decode()
    except UnicodeDecodeError as error:
        return _windows(plain, error.start)
    return Text(plain, "UTF-8")


def _windows(data: bytes, broken: int) -> Text:
    if b"\0" in data:
        raise Unreadable(ReadingFault.of("format-error", case="binary"))
    row = data.count(b"\n", 0, broken) + 1
    if _UTF8_LETTER.search(data):
        raise Unreadable(ReadingFault.of("encoding-error", row=row))
    try:
        return Text(data.decode("cp1252").encode(), "Windows-1252")
    except UnicodeDecodeError as error:
        raise Unreadable(ReadingFault.of("encoding-error", row=row)) from error
