"""Workbooks: which sheet and which row is the table, and its cells as text.

The sheet with the most columns of the schema is read, from the row that has them on; what else
there is, is said. A cell without a value to be trusted is a fault at its place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.model import Field, Schema
from schemas.progress import Progress, silent
from schemas.reading.cells import Cells, CellsBuilder
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.labels import match_labels, meanings_of
from schemas.reading.limits import HEADER_SEARCH_ROWS, ROWS_MAX, SHEETS_MAX
from schemas.reading.mapping import ColumnMapping
from schemas.reading.meanings import How, stripped
from schemas.reading.notes import Note
from schemas.reading.sheets import BLANKS, Book, Range, Row, Special, address, filled, letters
from schemas.report import ReportBuilder

_STANDARD: Final = ("default", "any")
_MIDNIGHT: Final = "T00:00:00"
_CASES: Final = {"error": "error-cell", "uncached": "formula", "stale": "stale"}


def read_book(
    book: Book,
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    progress: Progress = silent,
    *,
    mapping: ColumnMapping | None = None,
) -> Cells:
    """Read the sheet of a workbook that has the most columns of a schema.

    Args:
        book: The workbook.
        schema: Schema of the table.
        builder: Takes faults of header, rows and cells; rows are the sheet's.
        note: Takes which sheet was read and from where, and what wasn't.
        progress: Told of the step `text`.
        mapping: What is known of the file; it may name the sheet.

    Returns:
        Cells of the wire's columns; the decimal comma is taken, since cells may be texts.

    Raises:
        Unreadable: No visible sheet has a table, a sheet is damaged, or too much of something.
    """
    head = _choose(book, schema, mapping)
    _tell_sheets(book, head.sheet, note)
    if head.above:
        note(Note("header-row", value=str(head.row.number)))
    return _Table(head, schema, builder, note, mapping).read(book, progress)


@dataclass(frozen=True, slots=True)
class _Head:
    """Where the table begins.

    Attributes:
        sheet: Number of the sheet.
        row: The header.
        above: Rows with content above it.
        known: Labels that the schema has.
    """

    sheet: int
    row: Row
    above: int
    known: int


def _choose(book: Book, schema: Schema, mapping: ColumnMapping | None) -> _Head:
    """The header among the first rows of all visible sheets that has the most known labels."""
    if len(book.sheets) > SHEETS_MAX:
        raise Unreadable(ReadingFault.of("limit-error", case="sheets", limit=SHEETS_MAX))
    asked = None if mapping is None else mapping.sheet
    if asked is not None and asked not in [one.name for one in book.sheets if not one.hidden]:
        raise Unreadable(ReadingFault.of("source-error", case="no-sheet", name=asked))
    meanings = meanings_of(schema, mapping)
    best: _Head | None = None
    for number, rows in enumerate(book.heads(HEADER_SEARCH_ROWS)):
        if asked is not None and book.sheets[number].name != asked:
            continue
        for above, row in enumerate(rows):
            labels = labels_of(row).values()
            known = sum(meanings.of(label).how is not How.UNKNOWN for label in labels)
            if best is None or known > best.known:
                best = _Head(number, row, above, known)
    if best is None:
        raise Unreadable(ReadingFault.of("source-error", case="sheet"))
    return best


def labels_of(row: Row) -> dict[int, str]:
    """Texts of a row that may be a header, by column; blank ones are left out.

    Args:
        row: Any.
    """
    texts = ((at, stripped(_text(cell))) for at, cell in sorted(row.cells.items()))
    return {at: text for at, text in texts if text}


def _text(cell: str | Special) -> str:
    return cell if isinstance(cell, str) else cell.text


def _tell_sheets(book: Book, chosen: int, note: Callable[[Note], None]) -> None:
    note(Note("sheet", value=book.sheets[chosen].name))
    others = [sheet for number, sheet in enumerate(book.sheets) if number != chosen]
    for code, hidden in (("sheets-unread", False), ("sheets-hidden", True)):
        names = [sheet.name for sheet in others if sheet.hidden is hidden]
        if names:
            note(Note(code, value=", ".join(names)))


class _Table:
    """One pass over the table."""

    def __init__(
        self,
        head: _Head,
        schema: Schema,
        builder: ReportBuilder,
        note: Callable[[Note], None],
        mapping: ColumnMapping | None,
    ) -> None:
        self._head: Final = head
        self._builder: Final = builder
        self._note: Final = note
        labels = labels_of(head.row)
        at = tuple(labels)
        header = match_labels(tuple(labels.values()), schema, builder, mapping, row=head.row.number)
        self._unnamed_left_out: Final = meanings_of(schema, mapping).of("").left_out
        for found in header.notes:
            note(found)
        self._columns: Final = tuple(
            (at[place], schema.by_name[name]) for name, place in header.positions.items()
        )
        self._labelled: Final = frozenset(at)
        self._cells: Final = CellsBuilder(tuple(header.positions))
        self._broken: Final[set[int]] = set()
        self._unnamed: Final[dict[int, int]] = {}
        self._dropped = self._formulas = self._hidden = 0
        self._last = head.row.number

    def read(self, book: Book, progress: Progress) -> Cells:
        """Read the rows below the header."""
        sheet = book.open(self._head.sheet, lambda done, all_: progress("text", done, all_))
        for row in sheet.rows:
            if row.number > self._head.row.number and filled(row):
                self._add(row)
                if self._cells.height + self._dropped > ROWS_MAX:
                    raise Unreadable(ReadingFault.of("row-count", limit=ROWS_MAX))
        self._tell_unnamed()
        self._tell_merged(sheet.merged)
        if self._formulas:
            self._note(Note("formulas", value=str(self._formulas)))
        if self._hidden:
            self._note(Note("rows-hidden", value=str(self._hidden)))
        frame, lines = self._cells.build()
        return Cells(frame, lines, frozenset(self._broken), self._dropped, decimal_comma=True)

    def _add(self, row: Row) -> None:
        self._tell_blank(row.number)
        self._hidden += row.hidden
        found: list[str | None] = []
        for column, field in self._columns:
            cell = row.cells.get(column, "")
            found.append(cell if isinstance(cell, str) else self._special(row, column, cell, field))
        if not self._labelled.issuperset(row.cells):
            for column in row.cells.keys() - self._labelled:
                if _text(row.cells[column]).strip(BLANKS):
                    self._unnamed.setdefault(column, row.number)
        self._cells.add(row.number, found)

    def _tell_unnamed(self) -> None:
        if self._unnamed and self._unnamed_left_out:
            self._note(Note("unnamed"))
            return
        for column, first in sorted(self._unnamed.items()):
            self._builder.add(
                ReadingFault.of(
                    "blank-label",
                    row=self._head.row.number,
                    case="sheet",
                    letters=letters(column),
                    cell=address(first, column),
                )
            )

    def _tell_blank(self, number: int) -> None:
        between = number - self._last - 1
        if between:
            shown = min(between, self._builder.room("blank-row"))
            for row in range(self._last + 1, self._last + 1 + shown):
                self._builder.add(ReadingFault.of("blank-row", row=row))
            self._builder.count("blank-row", between - shown)
            self._dropped += between
        self._last = number

    def _special(self, row: Row, column: int, cell: Special, field: Field) -> str | None:
        self._formulas += cell.formula
        case = _CASES.get(cell.what)
        if case is None:
            return _moment(cell.text, field) if cell.what == "moment" else cell.text
        self._builder.add(
            ReadingFault.of(
                "type-error",
                row=row.number,
                column=field.name,
                value=cell.text or None,
                case=case,
                type=field.type,
                cell=address(row.number, column),
            )
        )
        self._broken.add(self._cells.height)
        return None

    def _tell_merged(self, merged: list[Range]) -> None:
        first, last = min(self._labelled, default=0), max(self._labelled, default=-1)
        for top, left, bottom, right in merged:
            inside = bottom >= self._head.row.number and top <= self._last
            inside = inside and left <= last and right >= first
            if inside and any(left <= column <= right for column in self._labelled):
                self._builder.add(
                    ReadingFault.of(
                        "missing-cell",
                        row=max(top, self._head.row.number),
                        case="merged",
                        cell=f"{address(top, left)}:{address(bottom, right)}",
                    )
                )


def _moment(text: str, field: Field) -> str:
    """An instant as its column writes it: a date where the hour says nothing."""
    if field.format not in _STANDARD and field.type in ("date", "datetime"):
        return datetime.fromisoformat(text).strftime(field.format)
    if field.type != "datetime" and text.endswith(_MIDNIGHT):
        return text.removesuffix(_MIDNIGHT)
    return text
