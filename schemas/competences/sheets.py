"""The lines of BANATIC's file, one after the other: CSV, or the workbook that the site gives.

The national workbook has 1.4 GB of XML in one sheet; a reader of whole workbooks would need several
times that in memory. So its XML is read as a stream: one line is held at a time. Only what such an
export has is understood: the first sheet, texts and numbers; everything is bounded.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from typing import IO, Any, Final
from xml.parsers import expat

from schemas.competences.banatic import BanaticFault

SHEET_MAX_BYTES: Final = 4 * 1024**3
"""Of XML; the national export has 1.4 GB."""
STRINGS_MAX_BYTES: Final = 256 * 1024 * 1024
"""Of XML with texts that cells point to; an export repeats few."""
CELLS_MAX: Final = 1_000
"""In a line; the export has about 180."""
TEXT_MAX_CHARS: Final = 10_000
CHUNK_BYTES: Final = 256 * 1024
_SEPARATORS: Final = ";\t,"
_XLSX: Final = b"PK\x03\x04"


def rows_of(stream: IO[bytes]) -> Iterator[list[str]]:
    """The lines of a file, header first.

    Args:
        stream: Of the file; a workbook must be seekable.

    Raises:
        BanaticFault: It is neither, or larger than any export.
    """
    start = stream.read(len(_XLSX))
    stream.seek(0)
    return _workbook(stream) if start == _XLSX else _delimited(stream)


def _delimited(stream: IO[bytes]) -> Iterator[list[str]]:
    head = stream.read(CHUNK_BYTES)
    stream.seek(0)
    try:
        # a letter may be cut in two at the end: not final
        codecs.getincrementaldecoder("utf-8")().decode(head)
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "cp1252"
    text = io.TextIOWrapper(stream, encoding, newline="", errors="strict")
    first = head.split(b"\n", 1)[0].decode(encoding, "replace")
    separator = max(_SEPARATORS, key=first.count)
    try:
        for cells in csv.reader(text, delimiter=separator, strict=True):
            yield _bounded(cells)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BanaticFault(f"not a CSV file: {error}"[:200]) from error


def _bounded(cells: list[str]) -> list[str]:
    if len(cells) > CELLS_MAX:
        raise BanaticFault(f"a line of more than {CELLS_MAX} cells")
    return cells


def _workbook(stream: IO[bytes]) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
            sheets = sorted(one for one in names if one.startswith("xl/worksheets/sheet"))
            if not sheets:
                raise BanaticFault("a workbook without a sheet")
            first = "xl/worksheets/sheet1.xml"
            strings = _strings(archive) if "xl/sharedStrings.xml" in names else []
            sheet = first if first in sheets else sheets[0]
            yield from _lines(_parsed(archive, sheet, SHEET_MAX_BYTES, _Sheet(strings)))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, expat.ExpatError) as error:
        raise BanaticFault(f"not a workbook: {error}"[:200]) from error


def _lines(found: Iterator[Any]) -> Iterator[list[str]]:
    for cells in found:
        yield [cells.get(at, "") for at in range(max(cells, default=-1) + 1)]


def _strings(archive: zipfile.ZipFile) -> list[str]:
    name = "xl/sharedStrings.xml"
    return [str(one) for one in _parsed(archive, name, STRINGS_MAX_BYTES, _Strings())]


def _parsed(
    archive: zipfile.ZipFile, name: str, most: int, reader: "_Strings | _Sheet"
) -> Iterator[Any]:
    """What a reader makes of a member, as it comes."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    size = 0
    with archive.open(name) as member:
        while chunk := member.read(CHUNK_BYTES):
            size += len(chunk)
            if size > most:
                raise BanaticFault(f"{name}: more than {most} bytes")
            parser.Parse(chunk, False)  # noqa: FBT003 - expat's form
            yield from reader.taken()
    parser.Parse(b"", True)  # noqa: FBT003 - likewise
    yield from reader.taken()


def _refuse_doctype(*_parts: object) -> None:
    raise BanaticFault("a workbook with a document type of its own")


class _Strings:
    """Texts that cells point to."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._parts: list[str] = []
        self._inside = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._inside = name == "t"
        if name == "si":
            self._parts = []

    def end(self, name: str) -> None:
        self._inside = False
        if name == "si":
            self._done.append("".join(self._parts)[:TEXT_MAX_CHARS])

    def text(self, data: str) -> None:
        if self._inside:
            self._parts.append(data)

    def taken(self) -> list[str]:
        found, self._done = self._done, []
        return found


class _Sheet:
    """Lines of a sheet: column to text."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._done: list[dict[int, str]] = []
        self._cells: dict[int, str] = {}
        self._at = -1
        self._kind = ""
        self._parts: list[str] = []
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._cells, self._at = {}, -1
        elif name == "c":
            reference = attributes.get("r", "")
            self._at = _column(reference) if reference else self._at + 1
            self._kind, self._parts = attributes.get("t", "n"), []
        self._inside = name in ("v", "t")

    def end(self, name: str) -> None:
        self._inside = False
        if name == "c" and self._parts:
            self._cells[self._at] = self._value("".join(self._parts)[:TEXT_MAX_CHARS])
        elif name == "row":
            self._done.append(self._cells)

    def _value(self, text: str) -> str:
        if self._kind != "s":
            return text
        try:
            return self._strings[int(text)]
        except (ValueError, IndexError):
            raise BanaticFault("a cell points to a text that isn't there") from None

    def text(self, data: str) -> None:
        if self._inside:
            self._parts.append(data)

    def taken(self) -> list[dict[int, str]]:
        found, self._done = self._done, []
        return found


def _column(reference: str) -> int:
    """The number of a cell's column, from 0, by its name (`A1`, `AB7`)."""
    number = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - ord("A") + 1
        if number > CELLS_MAX:
            raise BanaticFault(f"a line of more than {CELLS_MAX} cells")
    if not number:
        raise BanaticFault(f"{reference[:20]!r} is no cell")
    return number - 1
