"""Workbooks of Excel since 2007 (ISO/IEC 29500, SpreadsheetML): sheets as rows of cells.

Cached results of formulas are taken, never calculated. Numbers whose format is one of dates
become instants, those with a percent format percentages. Both flavours of the standard are read,
by local names.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from schemas.reading.archive import Archive, broken
from schemas.reading.limits import (
    CELL_MAX_CHARS,
    COLUMNS_MAX,
    MERGED_MAX,
    SHEET_COLUMNS_MAX,
    SHEET_ROWS_MAX,
)
from schemas.reading.markup import Markup
from schemas.reading.sheets import (
    DIGITS,
    Cell,
    Count,
    Range,
    Row,
    Sheet,
    Special,
    filled,
    letters,
    moment_text,
    number_text,
    percent_text,
    position,
    too_long,
    too_wide,
)
from schemas.reading.xlsx_parts import (
    TRUE,
    Look,
    WorkbookPart,
    beside,
    looks_of,
    relations,
    shared_texts,
    unescaped,
)

_ROOT: Final = "_rels/.rels"
_WORKBOOK: Final = "xl/workbook.xml"
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - workbooks have no time zones
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001
_LEAP_BUG: Final = 60
"""Serial of 29 February 1900, which never was; the days before it are one late."""
_DAY_MS: Final = 86_400_000
_SERIAL_MAX: Final = 2_958_466
"""The day after 31 December 9999."""


class Xlsx:
    """A workbook.

    Attributes:
        sheets: Its work sheets, in their order; charts and macros are no sheets here.
    """

    def __init__(self, archive: Archive) -> None:
        """Read everything but the sheets.

        Args:
            archive: Its parts.

        Raises:
            Unreadable: A part is damaged.
        """
        self._archive: Final = archive
        root = relations(archive, _ROOT) if _ROOT in archive else {}
        main = next((to for kind, to in root.values() if kind == "officeDocument"), _WORKBOOK)
        related = relations(archive, beside(main))
        book = WorkbookPart()
        book.read(archive.stream(main))
        paths = {one: to for one, (kind, to) in related.items() if kind == "worksheet"}
        found = [(sheet, paths[one]) for sheet, one in book.found if one in paths]
        self.sheets: Final = tuple(sheet for sheet, _ in found)
        self._paths: Final = tuple(path for _, path in found)
        kinds = dict(related.values())
        self._facts: Final = _Facts(
            texts=shared_texts(archive, kinds.get("sharedStrings")),
            looks=looks_of(archive, kinds.get("styles")),
            epoch_1904=book.epoch_1904,
            stale=book.stale,
        )

    def heads(self, most: int) -> list[list[Row]]:
        """The first rows with content of each sheet; none of those that are hidden.

        Args:
            most: Rows per sheet.
        """
        return [
            []
            if sheet.hidden
            else list(islice(filter(filled, self.open(number, _nobody).rows), most))
            for number, sheet in enumerate(self.sheets)
        ]

    def open(self, number: int, progress: Callable[[int, int], None]) -> Sheet:
        """Begin a pass over a sheet.

        Args:
            number: Place in `sheets`.
            progress: Told of bytes read, and of all there are.
        """
        path = self._paths[number]
        total = self._archive.size_bytes(path)
        merged: list[Range] = []
        reader = _Rows(self._facts, merged)

        def rows() -> Iterator[Row]:
            start = self._archive.taken
            for _ in reader.feed(self._archive.stream(path)):
                yield from reader.drain()
                progress(self._archive.taken - start, total)

        return Sheet(rows(), merged)


def _nobody(_done: int, _all: int) -> None:
    """Is told of the progress of looking for a header."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the cells of all sheets refer to."""

    texts: tuple[str, ...]
    looks: tuple[Look | None, ...]
    epoch_1904: bool
    stale: bool


_NAMES_MAX: Final = 1_000
"""Different names of elements in a sheet; the standard has about 150."""
_OUTSIDE, _ROW, _CELL, _VALUE = range(4)
_VALUES: Final = ("v", "t")
_NAMES: Final = tuple(letters(column) for column in range(COLUMNS_MAX + 1))


class _Rows(Markup):
    """The rows of a sheet, as they come.

    Most events are those of cells and their values: they are taken without going through `Markup`.
    `v` and `t` can't hold elements, and `c` holds no other `c`, so that their depth is bounded.
    """

    def __init__(self, facts: _Facts, merged: list[Range]) -> None:
        super().__init__()
        self._facts: Final = facts
        self._merged: Final = merged
        self._ready: list[Row] = []
        self._count: Final = Count()
        self._row, self._row_text, self._column = 0, "", -1
        self._hidden = False
        self._cells: dict[int, Cell] = {}
        self._state = _OUTSIDE
        self._formula = self._phonetic = False
        self._text: str | None = None
        self._kind = self._style = ""
        self._far = 0
        self._parts: Final[list[str]] = []
        self._local: Final[dict[str, str]] = {}
        self.parser.StartElementHandler = self._opened
        self.parser.EndElementHandler = self._closed
        self.parser.CharacterDataHandler = self._parts.append

    def drain(self) -> list[Row]:
        """Rows that are complete, once."""
        ready, self._ready = self._ready, []
        return ready

    def _opened(self, name: str, attributes: Mapping[str, str]) -> None:
        self.alive = True
        # what was heard between tags is nobody's
        self._parts.clear()
        local = self._local.get(name) or self._shortened(name)
        if local in _VALUES and self._state == _CELL:
            self._state = _VALUE
        elif local == "c" and self._state == _ROW:
            self._state = _CELL
            self._begin(attributes)
        elif self._state == _VALUE or local == "c":
            raise broken()
        else:
            self.open_element(name, attributes)

    def _closed(self, name: str) -> None:
        self.alive = True
        local = self._local[name]
        if self._state == _VALUE:
            self._state = _CELL
            if local == "v":
                self._text = "".join(self._parts)
            elif not self._phonetic:
                self._text = f"{self._text or ''}{''.join(self._parts)}"
        elif local == "c":
            self._state = _ROW
            self._take()
        else:
            self.close_element(name)

    def _shortened(self, name: str) -> str:
        if len(self._local) == _NAMES_MAX:
            raise broken()
        return self._local.setdefault(name, name.rpartition(" ")[2])

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._state == _CELL:
            if name == "f":
                self._formula = True
            elif name == "rPh":
                self._phonetic = True
        elif name == "row":
            self._begin_row(attributes)
        elif name == "mergeCell" and len(self._merged) < MERGED_MAX:
            self._merged.append(_range(attributes.get("ref", "")))

    def end(self, name: str) -> None:
        if name == "rPh":
            self._phonetic = False
        elif name == "row" and self._state == _ROW:
            self._state = _OUTSIDE
            if self._cells:
                self._ready.append(Row(self._row, self._cells, self._hidden))

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r")
        row = self._row + 1 if number is None else _whole(number)
        if self._state != _OUTSIDE or not self._row < row <= SHEET_ROWS_MAX:
            raise broken()
        self._row, self._row_text, self._column, self._cells = row, str(row), -1, {}
        self._state = _ROW
        self._hidden = attributes.get("hidden") in TRUE

    def _begin(self, attributes: Mapping[str, str]) -> None:
        place = attributes.get("r")
        column = self._column + 1
        # most cells stand right of the one before
        if place is not None and place != f"{_NAMES[column]}{self._row_text}":
            found = position(place)
            if found is None or found[0] != self._row:
                raise broken()
            column = found[1]
        if column >= COLUMNS_MAX:
            column = self._beyond(column)
        if column in self._cells:
            raise broken()
        self._column = column
        self._formula, self._text = False, None
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "0")

    def _beyond(self, column: int) -> int:
        """Columns far right may be formatted, not filled; they share one place."""
        if column >= SHEET_COLUMNS_MAX:
            raise broken()
        self._far = column
        return COLUMNS_MAX

    def _take(self) -> None:
        cell = self._cell(self._text)
        if cell is None:
            return
        if self._column == COLUMNS_MAX:
            raise too_wide(self._row, self._far)
        self._count.add(1)
        if self._formula:
            cell = self._made(cell)
        if len(cell if isinstance(cell, str) else cell.text) > CELL_MAX_CHARS:
            raise too_long(self._row, self._column)
        self._cells[self._column] = cell

    def _made(self, cell: Cell) -> Special:
        """A cell that a formula made."""
        plain = Special(cell) if isinstance(cell, str) else cell
        stale = self._facts.stale and plain.what != "uncached"
        return Special(plain.text, "stale" if stale else plain.what, formula=True)

    def _cell(self, text: str | None) -> Cell | None:
        kind = self._kind
        if kind in _TEXTS:
            if not text:
                # a formula may well give an empty text
                return None
            return self._shared(text) if kind == "s" else unescaped(text)
        if not text:
            return Special("", "uncached", formula=True) if self._formula else None
        if kind == "n":
            return self._number(text)
        reader = _KINDS.get(kind)
        if reader is None:
            raise broken()
        return reader(text)

    def _shared(self, text: str) -> str | None:
        number = _whole(text.strip())
        if number >= len(self._facts.texts):
            raise broken()
        return self._facts.texts[number] or None

    def _number(self, written: str) -> Cell:
        style = _whole(self._style)
        looks = self._facts.looks
        kind = looks[style] if style < len(looks) else None
        if kind is None:
            if len(written) <= DIGITS and written.isdigit() and written.isascii():
                return written
            text = number_text(written.strip())
        elif kind == "percent":
            text = percent_text(written.strip())
        else:
            return self._moment(written.strip(), kind)
        return written if text is None else text

    def _moment(self, written: str, kind: Look) -> Cell:
        plain = number_text(written)
        if plain is None:
            return written
        days = float(written)
        if kind == "duration" or 0 <= days < 1:
            return clock_text(days) if 0 <= days < _SERIAL_MAX else plain
        found = instant(days, epoch_1904=self._facts.epoch_1904)
        return plain if found is None else Special(moment_text(found), "moment")


def _boolean(text: str) -> Cell:
    return "true" if text.strip() in TRUE else "false"


def _error(text: str) -> Cell:
    return Special(text, "error")


def _iso(text: str) -> Cell:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return text if found.tzinfo else Special(moment_text(found), "moment")


_TEXTS: Final = frozenset({"s", "str", "inlineStr"})
_KINDS: Final[Mapping[str, Callable[[str], Cell]]] = {"b": _boolean, "e": _error, "d": _iso}
"""How the other types of cells are read (ISO/IEC 29500-1, 18.18.11)."""


def instant(days: float, *, epoch_1904: bool) -> datetime | None:
    """The instant of a serial number, to the millisecond.

    Args:
        days: Since the workbook's epoch.
        epoch_1904: Whether day 0 is 1 January 1904.

    Returns:
        None outside the calendar of spreadsheets.
    """
    if not 0 <= days < _SERIAL_MAX:
        return None
    if not epoch_1904 and days < _LEAP_BUG:
        days += 1
    try:
        return (_EPOCH_1904 if epoch_1904 else _EPOCH) + timedelta(
            milliseconds=round(days * _DAY_MS)
        )
    except OverflowError:
        return None


def clock_text(days: float) -> str:
    """A time of day or a duration as `HH:MM:SS`; hours may pass 24.

    Args:
        days: Parts of a day.
    """
    seconds, milliseconds = divmod(round(days * _DAY_MS), 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    fraction = f".{milliseconds:03}".rstrip("0") if milliseconds else ""
    return f"{hours:02}:{minute:02}:{second:02}{fraction}"


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - no such number is larger
        raise broken()
    return int(text)


def _range(reference: str) -> Range:
    first, _, last = reference.partition(":")
    start, end = position(first), position(last or first)
    if start is None or end is None:
        raise broken()
    return *start, *end
