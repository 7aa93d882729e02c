"""Delimited text: CSV with comma, semicolon or tab (RFC 4180, and what spreadsheets write).

A file without quotes below its header, whose lines all have as many separators as the header,
is read by polars in one go. Any other goes through the csv module, which knows the line that
each record starts on, so that faults name it also where a quoted text has line breaks. Both give
the same cells; a property test holds them to it.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from schemas.model import Schema
from schemas.progress import Progress, silent
from schemas.reading.cells import Cells, CellsBuilder
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.labels import Header, known_labels, match_labels
from schemas.reading.limits import CELL_MAX_CHARS, CHUNK_ROWS, ROWS_MAX
from schemas.reading.mapping import ColumnMapping
from schemas.reading.notes import Note
from schemas.report import LIMIT, Fault, ReportBuilder

DELIMITERS: Final = (",", ";", "\t")
_QUOTE: Final = b'"'
_LINE_ENDS: Final = b"\r\n"
_BLANKS: Final = " \t\xa0"


def read_delimited(
    utf8: bytes,
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    progress: Progress = silent,
    *,
    mapping: ColumnMapping | None = None,
) -> Cells:
    """Read delimited text.

    Args:
        utf8: The text, UTF-8 without byte order mark or NUL.
        schema: Schema of the file.
        builder: Takes faults of header and lines.
        note: Takes what was guessed.
        progress: Told of the step `lines`.
        mapping: What is known of the file.

    Returns:
        Cells of the wire's columns. Lines with too few or too many cells and blank lines are
        dropped with a fault; blank lines at the end aren't rows.

    Raises:
        Unreadable: No header, or quotes that don't close, or too much of something.
    """
    delimiter, labels = _header(utf8, schema, mapping)
    if delimiter != ",":
        note(Note("delimiter", value=delimiter))
    header = match_labels(labels, schema, builder, mapping)
    for found in header.notes:
        note(found)
    lines = utf8.count(b"\n")
    progress("lines", 0, lines)
    plain = plain_cells(utf8, delimiter, header)
    cells = quoted_cells(utf8, delimiter, header, builder, progress) if plain is None else plain
    progress("lines", lines, lines)
    if cells.lines.len() > ROWS_MAX:
        raise Unreadable(ReadingFault.of("row-count", limit=ROWS_MAX))
    return cells


def _header(utf8: bytes, schema: Schema, mapping: ColumnMapping | None) -> tuple[str, list[str]]:
    """The delimiter under which most labels are known, then that which makes most cells."""
    found: list[tuple[tuple[int, int], str, list[str]]] = []
    broken: Unreadable | None = None
    for delimiter in DELIMITERS:
        try:
            labels = next(_records(utf8, delimiter), _Record(1, [])).cells
        except Unreadable as stop:
            # "a","b" is no record under another delimiter
            broken = broken or stop
            continue
        known = known_labels(labels, schema, mapping)
        found.append(((known, len(labels)), delimiter, labels))
    if not found:
        assert broken is not None
        raise broken
    _, delimiter, labels = max(found, key=lambda one: one[0])
    if not any(label.strip() for label in labels):
        raise Unreadable(ReadingFault.of("blank-header", row=1))
    return delimiter, labels


def plain_cells(utf8: bytes, delimiter: str, header: Header) -> Cells | None:
    """Cells of a file without quotes and without faults of its lines, in one go.

    Args:
        utf8: The text.
        delimiter: One of `DELIMITERS`.
        header: Its header.

    Returns:
        None if anything is out of the ordinary, also if there are no rows.
    """
    body = _plain_body(utf8)
    if not body or header.width == 1:
        return None
    names = [f"c{position}" for position in range(header.width)]
    try:
        frame = pl.read_csv(
            body,
            has_header=False,
            separator=delimiter,
            quote_char=None,
            schema=dict.fromkeys(names, pl.String),
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        return None
    # no line has more separators than the header, or polars had refused; so if there are as many
    # in all as there should be, no line has fewer
    even = body.count(delimiter.encode()) == frame.height * (header.width - 1)
    if not even or _has_blank(frame) or _has_long(frame):
        return None
    return Cells(
        frame.select(pl.col(f"c{at}").alias(name) for name, at in header.positions.items()),
        pl.int_range(2, frame.height + 2, eager=True),
        decimal_comma=delimiter != ",",
    )


def _plain_body(utf8: bytes) -> bytes:
    """What is below the header if there are no quotes and no lone carriage returns; else empty."""
    start = utf8.find(b"\n") + 1
    if start == 0 or utf8.count(b"\r") != utf8.count(b"\r\n"):
        return b""
    if utf8.count(_QUOTE, 0, start) % 2 or utf8.find(_QUOTE, start) != -1:
        return b""
    return utf8[start : len(utf8.rstrip(_LINE_ENDS))]


def quoted_cells(
    utf8: bytes,
    delimiter: str,
    header: Header,
    builder: ReportBuilder,
    progress: Progress = silent,
) -> Cells:
    """Cells record by record, with the line that each starts on.

    Args:
        utf8: The text.
        delimiter: One of `DELIMITERS`.
        header: Its header.
        builder: Takes `blank-row`, `missing-cell`, `extra-cell`.
        progress: Told of the step `lines`.

    Raises:
        Unreadable: Quotes that don't close, a cell or a file that is too long.
    """
    cells = CellsBuilder(tuple(header.positions))
    positions = tuple(header.positions.values())
    blank = _Blanks()
    dropped = 0
    records = _records(utf8, delimiter)
    next(records)
    total = utf8.count(b"\n")
    for number, record in enumerate(records, start=1):
        if number % CHUNK_ROWS == 0:
            progress("lines", record.line, total)
        row = record.cells
        if not any(row) or not any(cell.strip(_BLANKS) for cell in row):
            blank.add(record.line)
            continue
        dropped += blank.report(builder)
        if len(row) == header.width:
            cells.add(record.line, [row[position] for position in positions])
        else:
            rule = "missing-cell" if len(row) < header.width else "extra-cell"
            builder.add(
                ReadingFault.of(rule, row=record.line, found=len(row), expected=header.width)
            )
            dropped += 1
        if cells.height + dropped > ROWS_MAX:
            raise Unreadable(ReadingFault.of("row-count", limit=ROWS_MAX))
    frame, lines = cells.build()
    return Cells(frame, lines, dropped=dropped, decimal_comma=delimiter != ",")


@dataclass(frozen=True, slots=True)
class _Record:
    """A record and the line it starts on."""

    line: int
    cells: list[str]


class _Blanks:
    """Blank lines seen since the last row: a fault only if another row follows."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._count = 0

    def add(self, line: int) -> None:
        """Remember a blank line."""
        self._count += 1
        if len(self._first) < LIMIT:
            self._first.append(line)
        if self._count > ROWS_MAX:
            raise Unreadable(ReadingFault.of("row-count", limit=ROWS_MAX))

    def report(self, builder: ReportBuilder) -> int:
        """Report what was remembered, and forget it.

        Returns:
            How many.
        """
        count = self._count
        if count:
            for line in self._first:
                builder.add(ReadingFault.of("blank-row", row=line))
            builder.count("blank-row", count - len(self._first))
            self._first, self._count = [], 0
        return count


def _records(utf8: bytes, delimiter: str) -> Iterator[_Record]:
    lines = io.TextIOWrapper(io.BytesIO(utf8), encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(_csv_fault(error, start)) from error
        yield _Record(start, cells)
        start = reader.line_num + 1


def _csv_fault(error: csv.Error, line: int) -> Fault:
    if "field limit" in str(error):
        return ReadingFault.of("limit-error", row=line, case="text", limit=CELL_MAX_CHARS)
    return ReadingFault.of("format-error", row=line, case="quote")


def _has_blank(frame: pl.DataFrame) -> bool:
    blank = pl.all_horizontal(pl.all().str.strip_chars(_BLANKS) == "")
    first = frame.to_series(0)
    # most files have something in their first column: then the others needn't be looked at
    if not (first.str.strip_chars(_BLANKS) == "").any():
        return False
    return bool(frame.select(blank.any()).item())


def _has_long(frame: pl.DataFrame) -> bool:
    longest = frame.select(pl.max_horizontal(pl.all().str.len_bytes().max())).item()
    return bool(longest > CELL_MAX_CHARS)
