"""Delimited text: CSV with comma, semicolon or tab (RFC 4180, and what spreadsheets write).

A file is taken apart in parts that end with a record. A part whose lines all have as many cells as
the header, with quotes around whole cells only, is read by polars in one go. Any other goes through
the csv module, which knows the line that each record starts on, so that faults name it also where
a quoted text has line breaks. Both give the same cells; a property test holds them to it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import polars as pl

from schemas.model import Schema
from schemas.progress import Progress, silent
from schemas.reading.cells import Cells, CellsBuilder, joined
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.feed import Feed, line_count, pieces_of
from schemas.reading.labels import Header, known_labels, match_labels
from schemas.reading.limits import CELL_MAX_CHARS, PART_BYTES, ROWS_MAX
from schemas.reading.mapping import ColumnMapping
from schemas.reading.notes import Note
from schemas.report import LIMIT, Fault, ReportBuilder

DELIMITERS: Final = (",", ";", "\t")
_QUOTE: Final = b'"'
_LINE_ENDS: Final = b"\r\n"
_SEP: Final = re.compile(rb'"?sep=([,;\t|])"?(?:\r\n|\n|\r)', re.IGNORECASE)
"""A line that Excel reads and others don't."""
_SNIFFED: Final = (b"x\x01", b"x^", b"x\xda", b"\xef\xbb\xbf")
"""What polars takes for the start of a compressed file, or for a byte order mark, and text can
begin with. Other such marks aren't UTF-8."""
_BLANKS: Final = " \t\xa0"
_NBSP: Final = re.compile(rb"\xc2\xa0")
_CONTROL: Final = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
_C2: Final = b"\xc2"
_C1: Final = re.compile(rb"\xc2[\x80-\x9f]")
"""Control characters, in ASCII and beyond."""


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
    lines = utf8.count(b"\n")
    progress("lines", 0, lines)
    parts: list[Cells] = []
    pieces = pieces_of(utf8, PART_BYTES)
    for cells in delimited_parts(pieces, schema, builder, note, mapping, rows_max=ROWS_MAX):
        parts.append(cells)
        if cells.lines.len():
            progress("lines", min(cells.lines[-1], lines), lines)
    progress("lines", lines, lines)
    return joined(parts)


def delimited_parts(
    pieces: Iterable[bytes],
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    mapping: ColumnMapping | None = None,
    *,
    part_bytes: int = PART_BYTES,
    rows_max: int | None = None,
) -> Iterator[Cells]:
    """Read delimited text of any length, part by part.

    Args:
        pieces: The text, UTF-8 without byte order mark or NUL, cut anywhere.
        schema: Schema of the file.
        builder: Takes faults of header and lines.
        note: Takes what was guessed; of the header before the first part.
        mapping: What is known of the file.
        part_bytes: About how much of the text makes a part.
        rows_max: Rows that the file may have, those with faults included; None: any number.

    Yields:
        As `read_delimited` returns; one part at least.

    Raises:
        Unreadable: No header, or quotes that don't close, or too much of something.
    """
    feed = Feed(pieces, part_bytes)
    opening = feed.opening()
    told = _SEP.match(opening)
    if told is not None:
        note(Note("sep-line", value=told[1].decode()))
        opening = opening[told.end() :]
        next(feed.lines())
        feed.line += 1
    delimiter, labels = _header(opening, schema, mapping, feed.line)
    if delimiter != ",":
        note(Note("delimiter", value=delimiter))
    header = match_labels(labels, schema, builder, mapping, row=feed.line)
    for found in header.notes:
        note(found)
    next(_records(feed, delimiter, feed.lines()))
    body = _Body(feed, delimiter, header, builder, rows_max)
    yield body.take(feed.part())
    while part := feed.part():
        yield body.take(part)


def _header(
    utf8: bytes, schema: Schema, mapping: ColumnMapping | None, row: int
) -> tuple[str, list[str]]:
    """The delimiter under which most labels are known, then that which makes most cells."""
    found: list[tuple[tuple[int, int], str, list[str]]] = []
    broken: Unreadable | None = None
    for delimiter in DELIMITERS:
        try:
            lines = io.TextIOWrapper(io.BytesIO(utf8), encoding="utf-8", newline="")
            labels = next(_records(Feed(()), delimiter, lines), _Record(1, [])).cells
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
        raise Unreadable(ReadingFault.of("blank-header", row=row))
    return delimiter, labels


def plain_cells(body: bytes, delimiter: str, header: Header, line: int) -> Cells | None:
    """Cells of lines without faults, whose quotes are where they should be, in one go.

    Args:
        body: Whole lines below the header, without the end of the last one.
        delimiter: One of `DELIMITERS`.
        header: The file's.
        line: Number of the first line.

    Returns:
        None if anything is out of the ordinary, also if there are no rows.
    """
    if not body or header.width == 1 or body.startswith(_SNIFFED):
        return None
    if body.find(b"\r") != -1 and body.count(b"\r") != body.count(b"\r\n"):
        return None
    quoted = _quoted_text(body, delimiter)
    if quoted is None:
        return None
    names = [f"c{position}" for position in range(header.width)]
    try:
        frame = pl.read_csv(
            body,
            has_header=False,
            separator=delimiter,
            quote_char='"' if quoted else None,
            schema=dict.fromkeys(names, pl.String),
            empty_string_is_null=False,
        )
    except (pl.exceptions.PolarsError, OSError):
        return None
    # no line has more separators than the header, or polars had refused; so if there are as many
    # in all as there should be, no line has fewer
    separators = body.count(delimiter.encode()) - quoted.count(delimiter.encode())
    even = separators == frame.height * (header.width - 1)
    if not even or _has_blank(frame, body) or _has_long(frame, body):
        return None
    return Cells(
        frame.select(pl.col(f"c{at}").alias(name) for name, at in header.positions.items()),
        pl.int_range(line, frame.height + line, eager=True),
        decimal_comma=delimiter != ",",
        clean=not any(one in body for one in _CONTROL) and not _has_c2(body, _C1),
    )


class _Body:
    """What stands below the header."""

    def __init__(
        self,
        feed: Feed,
        delimiter: str,
        header: Header,
        builder: ReportBuilder,
        rows_max: int | None,
    ) -> None:
        self._feed: Final = feed
        self._delimiter: Final = delimiter
        self._header: Final = header
        self._builder: Final = builder
        self._blanks: Final = _Blanks()
        self._rows_max: Final = rows_max
        self._rows = 0

    def take(self, part: bytes) -> Cells:
        """Cells of the next part, and of the lines after it that its last record has.

        Raises:
            Unreadable: Quotes that don't close, a cell or a file that is too long.
        """
        end = len(part.rstrip(_LINE_ENDS))
        plain = plain_cells(part[:end], self._delimiter, self._header, self._feed.line)
        if plain is None:
            return self._quoted(part)
        dropped = self._blanks.report(self._builder)
        self._count(plain.lines.len() + dropped)
        self._rows += plain.lines.len() + dropped
        self._feed.line += plain.lines.len()
        for _ in range(line_count(part[end:]) - 1):
            self._blanks.add(self._feed.line)
            self._feed.line += 1
        return replace(plain, dropped=dropped)

    def _quoted(self, part: bytes) -> Cells:
        """Record by record, with the line that each starts on."""
        cells = CellsBuilder(tuple(self._header.positions))
        positions, width = tuple(self._header.positions.values()), self._header.width
        dropped = 0
        text = io.TextIOWrapper(io.BytesIO(part), encoding="utf-8", newline="")
        end = self._feed.line + line_count(part)
        for record in _records(self._feed, self._delimiter, chain(text, self._feed.lines()), end):
            row = record.cells
            if not any(row) or not any(cell.strip(_BLANKS) for cell in row):
                self._blanks.add(record.line)
                self._count(0)
                continue
            dropped += self._blanks.report(self._builder)
            if len(row) == width:
                cells.add(record.line, [row[position] for position in positions])
            else:
                rule = "missing-cell" if len(row) < width else "extra-cell"
                self._builder.add(
                    ReadingFault.of(rule, row=record.line, found=len(row), expected=width)
                )
                dropped += 1
            self._count(cells.height + dropped)
        frame, lines = cells.build()
        self._rows += cells.height + dropped
        return Cells(frame, lines, dropped=dropped, decimal_comma=self._delimiter != ",")

    def _count(self, more: int) -> None:
        if self._rows_max is not None and self._rows + more + len(self._blanks) > self._rows_max:
            raise Unreadable(ReadingFault.of("row-count", limit=self._rows_max))


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

    def __len__(self) -> int:
        return self._count

    def add(self, line: int) -> None:
        """Remember a blank line."""
        self._count += 1
        if len(self._first) < LIMIT:
            self._first.append(line)

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


def _records(
    feed: Feed, delimiter: str, lines: Iterable[str], end: int | None = None
) -> Iterator[_Record]:
    """Records that start before a line; the feed goes on with the line after the last one.

    Args:
        feed: Knows which line is next.
        delimiter: One of `DELIMITERS`.
        lines: From that line on, more than the records have.
        end: Number of the first line of which no record is wanted.
    """
    # the module's default, which other libraries raise for the whole process
    csv.field_size_limit(CELL_MAX_CHARS)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    first = feed.line
    while end is None or feed.line < end:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(_csv_fault(error, feed.line)) from error
        record = _Record(feed.line, cells)
        feed.line = first + reader.line_num
        yield record


def _csv_fault(error: csv.Error, line: int) -> Fault:
    if "field limit" in str(error):
        return ReadingFault.of("limit-error", row=line, case="text", limit=CELL_MAX_CHARS)
    return ReadingFault.of("format-error", row=line, case="quote")


def _quoted_text(body: bytes, delimiter: str) -> bytes | None:
    """All that stands in quotes, with what it begins with, or nothing.

    Returns:
        None if a quote is where none should be, or a quoted text has a line break. Else cells
        that have quotes begin and end with one, and those inside are doubled.
    """
    if _QUOTE not in body:
        return b""
    between = body.split(_QUOTE)
    outside, inside = between[::2], between[1::2]
    # nothing between two quotes: one that is doubled, inside
    around = {b"", delimiter.encode(), b"\n"}
    if len(outside) == len(inside) or not around.issuperset({one[-1:] for one in outside[:-1]}):
        return None
    if not (around | {b"\r"}).issuperset({one[:1] for one in outside[1:]}):
        return None
    found = _QUOTE.join(inside)
    return None if b"\n" in found or b"\r" in found else _QUOTE + found


def _has_blank(frame: pl.DataFrame, body: bytes) -> bool:
    first = frame.to_series(0)
    # most files have something in their first column: then the others needn't be looked at
    if str(first.min())[:1] > " " and not _has_c2(body, _NBSP):
        return False
    if not (first.str.strip_chars(_BLANKS) == "").any():
        return False
    blank = pl.all_horizontal(pl.all().str.strip_chars(_BLANKS) == "")
    return bool(frame.select(blank.any()).item())


def _has_c2(body: bytes, what: re.Pattern[bytes]) -> bool:
    """Whether there is a character that begins with the byte C2, as few do."""
    return _C2 in body and what.search(body) is not None


def _has_long(frame: pl.DataFrame, body: bytes) -> bool:
    half = CELL_MAX_CHARS // 2
    # a line end in each half: no line is as long
    if all(body.find(b"\n", at, at + half) != -1 for at in range(0, len(body) - half, half)):
        return False
    longest = frame.select(pl.max_horizontal(pl.all().str.len_bytes().max())).item()
    return bool(longest > CELL_MAX_CHARS)
