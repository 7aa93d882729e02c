"""OpenDocument spreadsheets (ISO/IEC 26300, LibreOffice's own): sheets as rows of cells.

One file holds all sheets. Rows and cells that repeat are counted before they are made: a few
bytes may stand for millions.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from schemas.reading.archive import Archive, broken
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.limits import (
    CELL_MAX_CHARS,
    COLUMNS_MAX,
    HEADER_SEARCH_ROWS,
    MARKUP_DEPTH_MAX,
    MERGED_MAX,
    PART_MAX_BYTES,
    SHEET_ROWS_MAX,
    SHEETS_MAX,
)
from schemas.reading.markup import Markup
from schemas.reading.sheets import (
    Cell,
    Count,
    Range,
    Row,
    Sheet,
    SheetName,
    Special,
    filled,
    moment_text,
    number_text,
    percent_text,
    too_long,
    too_wide,
)

MIMETYPES: Final = (
    b"application/vnd.oasis.opendocument.spreadsheet",
    b"application/vnd.oasis.opendocument.spreadsheet-template",
)
_CONTENT: Final = "content.xml"
_MANIFEST: Final = "meta-inf/manifest.xml"
_OFFICE: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TEXT: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_STYLE: Final = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
_CALC: Final = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_COLUMNS_REPEATED: Final = f"{_TABLE}number-columns-repeated"
_ROWS_REPEATED: Final = f"{_TABLE}number-rows-repeated"
_COLUMNS_SPANNED: Final = f"{_TABLE}number-columns-spanned"
_ROWS_SPANNED: Final = f"{_TABLE}number-rows-spanned"
_FORMULA: Final = f"{_TABLE}formula"
_KIND: Final = f"{_OFFICE}value-type"
_VALUE: Final = f"{_OFFICE}value"
_STRING: Final = f"{_OFFICE}string-value"
_CALC_KIND: Final = f"{_CALC}value-type"
_DURATION: Final = re.compile(
    r"PT(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})(?:[.,]([0-9]{1,9}))?S)?"
)
_ERROR: Final = re.compile(r"#(?:[A-Z/0?]+[!?]?|N/A)|Err:[0-9]{3}")
_ASIDE: Final = frozenset({f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}ruby-text"})
"""Elements whose text isn't the cell's."""
_PARAGRAPH: Final = f"{_TEXT}p"
_SPACE: Final = f"{_TEXT}s"
_SPACE_COUNT: Final = f"{_TEXT}c"
_SPACES: Final[Mapping[str, str]] = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_ROW: Final = f"{_TABLE}table-row"
_VISIBILITY: Final = f"{_TABLE}visibility"
_CELLS: Final = frozenset({f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"})
_AROUND: Final = frozenset({f"{_TABLE}table", f"{_STYLE}style", f"{_STYLE}table-properties"})
"""What is looked at wherever it stands."""


class Ods:
    """A workbook.

    Attributes:
        sheets: Its sheets, in their order.
    """

    def __init__(self, archive: Archive) -> None:
        """Read the names of the sheets.

        Args:
            archive: Its parts.

        Raises:
            Unreadable: Damaged, or encrypted.
        """
        self._archive: Final = archive
        if _MANIFEST in archive:
            manifest = _Manifest()
            manifest.read([archive.read(_MANIFEST, PART_MAX_BYTES)])
            if manifest.encrypted:
                raise Unreadable(ReadingFault.of("format-error", case="encrypted"))
        heads = _Heads()
        heads.read(archive.stream(_CONTENT))
        self.sheets: Final = tuple(heads.names)
        self._heads: Final = heads.rows

    def heads(self, most: int) -> list[list[Row]]:
        """The first rows with content of each sheet; none of those that are hidden.

        Args:
            most: Rows per sheet.
        """
        return [
            [] if sheet.hidden else rows[:most]
            for sheet, rows in zip(self.sheets, self._heads, strict=True)
        ]

    def open(self, number: int, progress: Callable[[int, int], None]) -> Sheet:
        """Begin a pass over a sheet.

        Args:
            number: Place in `sheets`.
            progress: Told of bytes read, and of all there are.
        """
        total = self._archive.size_bytes(_CONTENT)
        merged: list[Range] = []
        reader = _Rows(number, merged)

        def rows() -> Iterator[Row]:
            start = self._archive.taken
            for _ in reader.feed(self._archive.stream(_CONTENT)):
                for row, repeats in reader.drain():
                    for more in range(repeats):
                        yield Row(row.number + more, row.cells, row.hidden) if more else row
                progress(self._archive.taken - start, total)
                if reader.done:
                    return

        return Sheet(rows(), merged)


class _Manifest(Markup):
    """Whether anything is encrypted."""

    def __init__(self) -> None:
        super().__init__()
        self.encrypted = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002
        if name == "encryption-data":
            self.encrypted = True


class _Rows(Markup):
    """The rows of one sheet, each with how often it stands.

    Most events are those of cells and paragraphs: they are taken without going through `Markup`,
    and what isn't in a sheet that is wanted is passed over at once. The depth is counted all the
    same.
    """

    def __init__(self, number: int, merged: list[Range]) -> None:
        super().__init__()
        self.done = False
        self._number = number
        self._merged: Final = merged
        self._ready: list[tuple[Row, int]] = []
        self._count = Count()
        self._table = -1
        self._inside = 0
        self._taking = False
        self._row = self._column = 0
        self._repeats = 1
        self._hidden = self._in_row = False
        self._cells: dict[int, Cell] = {}
        self._cell: Mapping[str, str] | None = None
        self._parts: list[str] = []
        self._length = 0
        self._aside = 0
        self._paragraphs = 0
        self._in_paragraph = False
        self.parser.StartElementHandler = self._opened
        self.parser.EndElementHandler = self._closed

    def begin(self, number: int) -> None:
        """Take another sheet from here on.

        Args:
            number: Place of the sheet; -1: none.
        """
        self._number, self._row, self._count = number, 0, Count()
        self._taking = self._inside == 1 and self._table == number

    def drain(self) -> list[tuple[Row, int]]:
        """Rows that are complete, once."""
        ready, self._ready = self._ready, []
        return ready

    def _opened(self, name: str, attributes: Mapping[str, str]) -> None:
        self.alive = True
        self._depth += 1
        if self._depth > MARKUP_DEPTH_MAX:
            raise broken()
        if name in _AROUND:
            self.start(name.rpartition(" ")[2], attributes)
        elif not self._taking:
            return
        elif self._cell is not None:
            self._within(name, attributes)
        elif name in _CELLS:
            if self._in_row:
                self._cell = attributes
                self._parts, self._length, self._paragraphs = [], 0, 0
        elif name == _ROW and not self._in_row:
            self._in_row, self._column, self._cells = True, 0, {}
            self._repeats = _repeats(attributes, _ROWS_REPEATED)
            self._hidden = attributes.get(_VISIBILITY, "visible") != "visible"

    def _closed(self, name: str) -> None:
        self.alive = True
        self._depth -= 1
        if name in _AROUND:
            self.end(name.rpartition(" ")[2])
        elif not self._taking:
            return
        elif self._cell is not None:
            if name == _PARAGRAPH and not self._aside:
                self._in_paragraph = False
                self.listen(None)
            elif name in _CELLS:
                self._take(self._cell)
                self._cell = None
            elif name in _ASIDE:
                self._aside -= 1
                if not self._aside and self._in_paragraph:
                    self.listen(self._hear)
        elif name == _ROW and self._in_row:
            self._end_row()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002
        if name == "table":
            # a sheet may hold others, of its source or in a drawing: they aren't its cells
            self._inside += 1
            self._table += self._inside == 1
            self._taking = self._inside == 1 and self._table == self._number

    def end(self, name: str) -> None:
        if name == "table":
            self._inside -= 1
            self.done = self.done or (self._inside == 0 and self._table == self._number)
            self._taking = self._inside == 1 and self._table == self._number

    def _within(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == _PARAGRAPH and not self._aside:
            if self._paragraphs:
                self._hear("\n")
            self._paragraphs += 1
            self._in_paragraph = True
            self.listen(self._hear)
        elif name in _ASIDE:
            self._aside += 1
            self.listen(None)
        elif self._aside:
            return
        elif name == _SPACE:
            count = _number(attributes.get(_SPACE_COUNT, "1"))
            self._hear(" " * min(count, CELL_MAX_CHARS + 1))
        elif name in _SPACES:
            self._hear(_SPACES[name])

    def _hear(self, text: str) -> None:
        self._length += len(text)
        if self._length <= CELL_MAX_CHARS:
            self._parts.append(text)

    def _take(self, attributes: Mapping[str, str]) -> None:
        repeats = _repeats(attributes, _COLUMNS_REPEATED)
        row, column = self._row + 1, self._column
        self._column += repeats
        if _COLUMNS_SPANNED in attributes or _ROWS_SPANNED in attributes:
            self._take_span(attributes, row, column)
        cell = _value(attributes, "".join(self._parts))
        if cell is None:
            return
        if max(self._length, len(cell if isinstance(cell, str) else cell.text)) > CELL_MAX_CHARS:
            raise too_long(row, column)
        if self._column > COLUMNS_MAX:
            raise too_wide(row, self._column - 1)
        self._count.add(repeats * self._repeats)
        for at in range(column, self._column):
            self._cells[at] = cell

    def _take_span(self, attributes: Mapping[str, str], row: int, column: int) -> None:
        down = _number(attributes.get(_ROWS_SPANNED, "1"))
        right = _number(attributes.get(_COLUMNS_SPANNED, "1"))
        if max(down, right) > 1 and len(self._merged) < MERGED_MAX:
            self._merged.append((row, column, row + down - 1, column + right - 1))

    def _end_row(self) -> None:
        self._in_row = False
        first = self._row + 1
        self._row += self._repeats
        if not self._cells:
            return
        if self._row > SHEET_ROWS_MAX:
            raise broken()
        self._ready.append((Row(first, self._cells, self._hidden), self._repeats))


class _Heads(_Rows):
    """Names of all sheets, which are hidden, and their first rows."""

    def __init__(self) -> None:
        super().__init__(0, [])
        self.names: Final[list[SheetName]] = []
        self.rows: Final[list[list[Row]]] = []
        self._style = ""
        self._hidden_styles: Final[set[str]] = set()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "style":
            self._style = attributes.get(f"{_STYLE}name", "")
        elif name == "table-properties" and attributes.get(f"{_TABLE}display") == "false":
            self._hidden_styles.add(self._style)
        super().start(name, attributes)
        if name == "table" and self._inside == 1:
            if len(self.names) > SHEETS_MAX:
                raise Unreadable(ReadingFault.of("limit-error", case="sheets", limit=SHEETS_MAX))
            hidden = attributes.get(f"{_TABLE}style-name") in self._hidden_styles
            self.names.append(SheetName(attributes.get(f"{_TABLE}name", ""), hidden))
            self.rows.append([])
            self.begin(len(self.names) - 1)

    def _end_row(self) -> None:
        super()._end_row()
        found = self.rows[-1]
        for row, repeats in self.drain():
            if filled(row):
                times = min(repeats, HEADER_SEARCH_ROWS - len(found))
                found += [Row(row.number + more, row.cells, row.hidden) for more in range(times)]
        if len(found) >= HEADER_SEARCH_ROWS:
            # the rest of this sheet is passed over
            self.begin(-1)


def _value(attributes: Mapping[str, str], text: str) -> Cell | None:
    kind = attributes.get(_KIND)
    formula = _FORMULA in attributes
    cell: Cell | None
    if kind is None:
        return Special("", "uncached", formula=True) if formula else text or None
    if attributes.get(_CALC_KIND) == "error" or (formula and _ERROR.fullmatch(text)):
        return Special(text, "error", formula=formula)
    written = attributes.get(_VALUE, "").strip()
    if kind in ("float", "currency"):
        cell = number_text(written) or written
    elif kind == "percentage":
        cell = percent_text(written) or written
    elif kind == "date":
        cell = _date(attributes.get(f"{_OFFICE}date-value", "").strip())
    elif kind == "time":
        cell = _clock(attributes.get(f"{_OFFICE}time-value", "").strip())
    elif kind == "boolean":
        cell = "true" if attributes.get(f"{_OFFICE}boolean-value") == "true" else "false"
    else:
        cell = attributes.get(_STRING, text) or None
    if not formula or cell is None:
        return cell
    if isinstance(cell, str):
        return Special(cell, formula=True)
    return Special(cell.text, cell.what, formula=True)


def _date(written: str) -> Cell:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return written
    return written if found.tzinfo else Special(moment_text(found), "moment")


def _clock(written: str) -> str:
    found = _DURATION.fullmatch(written)
    if found is None:
        return written
    hours, minutes, seconds = (int(found[at] or 0) for at in (1, 2, 3))
    fraction = (found[4] or "").rstrip("0")
    return f"{hours:02}:{minutes:02}:{seconds:02}{'.' if fraction else ''}{fraction}"


def _repeats(attributes: Mapping[str, str], name: str) -> int:
    written = attributes.get(name)
    return 1 if written is None else max(1, _number(written))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - no such number is larger
        raise broken()
    return int(text)
