"""Checking of a file of any size in bounded memory: part by part, with the rules of `read`.

Each part goes through the same header, types and checks as a whole file does; only what stands
twice is looked for at the end, in drawers that hold one share of all keys each. The report is the
one that `read` makes; a property test holds the two to it. There are no rows: they would be the
whole file.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import polars as pl

from schemas.model import Schema
from schemas.progress import Progress, silent
from schemas.reading.casting import cast_cells
from schemas.reading.cells import Cells
from schemas.reading.delimited import delimited_parts
from schemas.reading.encoding import BOMS, UTF_8, UTF_16, Pieces, first_bytes, utf8_pieces
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.forms import expected, is_json
from schemas.reading.limits import FILE_MAX_BYTES, PART_BYTES, ROWS_MAX
from schemas.reading.mapping import ColumnMapping, apply_mapping, check_mapping
from schemas.reading.notes import Note
from schemas.reading.reading import Reading
from schemas.reading.repeats import Drawers, Repeats
from schemas.reading.rows import check_part
from schemas.reading.text import text_encoding, text_opening
from schemas.report import ReportBuilder

_WHOLE: Final = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"PAR1")
"""What a form begins with that is read as a whole."""
_START_BYTES: Final = 8


def has_parts(pieces: Pieces, filename: str) -> bool:
    """Whether a file is of a form that can be checked part by part: delimited text.

    Args:
        pieces: The file.
        filename: Its name.
    """
    # a text that is called a workbook is read as a whole, which says so
    misnamed = expected(filename) not in ("delimited", None)
    start = first_bytes(pieces, _START_BYTES)
    if misnamed or start.startswith(_WHOLE):
        return False
    try:
        # in Windows-1252 the first characters of JSON are the same
        opening = text_opening(pieces, UTF_16 if start.startswith(BOMS) else UTF_8)
    except UnicodeDecodeError:
        return True  # which is told while it is checked
    return not (opening.startswith(b"<") or is_json(opening, filename))


def check_parts(
    pieces: Pieces,
    *,
    schema: Schema,
    mapping: ColumnMapping | None = None,
    drawers: Drawers | None = None,
    drawer_count: int = 1,
    seed: int = 0,
    part_bytes: int = PART_BYTES,
    progress: Progress = silent,
) -> Reading:
    """Check a file part by part, of which `has_parts` is so.

    Never raises for what a file may hold.

    Args:
        pieces: The file.
        schema: What its rows should be.
        mapping: Which label is which column, and what else is known of the file.
        drawers: Keep the keys until the end; None: in memory.
        drawer_count: Among how many drawers keys are shared out; each is held once.
        seed: Of the hashes that share them out.
        part_bytes: About how much of the text makes a part.
        progress: Told of the steps `parts` and `repeats`.

    Returns:
        The reading, without rows.

    Raises:
        MappingFault: The mapping doesn't fit the schema.
        OSError: From `pieces` or `drawers`.
    """
    if mapping is not None:
        check_mapping(mapping, schema)
    repeats = Repeats(schema, drawers, count=drawer_count, seed=seed)
    run = _Run(schema, mapping, repeats)
    count = 0
    try:
        count = run.read(pieces, part_bytes, progress)
    except Unreadable as stop:
        run.stopped(stop)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, UnicodeDecodeError):
        # the last one: the file was changed while it was read
        run.stopped(Unreadable(ReadingFault.of("source-error", case="unreadable")))
    return Reading(None, run.report.build(count), run.notes(), run.report.labels)


class _Run:
    """One pass over a file. What each step finds is kept apart, and told step by step."""

    def __init__(self, schema: Schema, mapping: ColumnMapping | None, repeats: Repeats) -> None:
        self._schema: Final = schema
        self._mapping: Final = mapping
        self._repeats: Final = repeats
        self._notes: Final[list[Note]] = []
        self._guesses: Final[set[Note]] = set()
        self._order: Final = {field.name: at for at, field in enumerate(schema.fields)}
        self._required: Final = [
            field.name for field in schema.wire_fields if field.constraints.required
        ]
        self._types: Final = ReportBuilder()
        self._checks: Final = ReportBuilder()
        self._bytes = 0
        self.report: Final = ReportBuilder()

    def read(self, pieces: Pieces, part_bytes: int, progress: Progress) -> int:
        """Read and check a file; returns its rows.

        Raises:
            Unreadable: It can't be read to its end.
        """
        encoding = text_encoding(pieces)
        if not text_opening(pieces, encoding):
            raise Unreadable(ReadingFault.of("source-error"))
        if encoding != UTF_8:
            self._notes.append(Note("encoding", value=encoding))
        text = utf8_pieces(lambda: self._counted(pieces()), encoding)
        rows, whole = 0, False
        parts = delimited_parts(
            text,
            self._schema,
            self.report,
            self._notes.append,
            self._mapping,
            part_bytes=part_bytes,
        )
        for cells in _one_ahead(parts):
            part = cells
            if self._mapping is not None:
                part = apply_mapping(cells, self._mapping, self._schema)
            rows += part.lines.len() + part.dropped
            whole = all(name in part.frame.columns for name in self._required)
            self._check(part, whole=whole)
            progress("parts", self._bytes, None)
        if rows == 0:
            raise Unreadable(ReadingFault.of("source-error", case="rows"))
        self.report.absorb(self._types)
        if whole:
            # a missing column is one fault, not one per row
            self.report.absorb(self._checks)
            self._repeats.tell(self.report, progress)
        if rows > ROWS_MAX or self._bytes > FILE_MAX_BYTES:
            self._notes.append(Note("too-large", value=f"{FILE_MAX_BYTES // 2**20} MiB"))
        return rows

    def stopped(self, stop: Unreadable) -> None:
        """The rest can't be read: what rows have is not told, as nobody knows where they end."""
        self._guesses.clear()
        self.report.add(stop.fault)

    def notes(self) -> tuple[Note, ...]:
        """What was guessed, in the order of the columns."""
        guesses = sorted(self._guesses, key=lambda one: (self._order[one.column or ""], one.code))
        return tuple(dict.fromkeys((*self._notes, *guesses)))

    def _check(self, part: Cells, *, whole: bool) -> None:
        if not part.lines.len():
            return
        typed = cast_cells(part, self._schema, self._types, self._guesses.add)
        if whole:
            check_part(typed, part, self._schema, self._checks, self._repeats)

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._bytes += len(piece)
            yield piece


def _one_ahead(parts: Iterator[Cells]) -> Iterator[Cells]:
    """The parts, of which the next is taken apart while one is checked; on two cores."""
    with ThreadPoolExecutor(1, thread_name_prefix="parts") as worker:
        coming = worker.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = worker.submit(next, parts, None)
            yield part
