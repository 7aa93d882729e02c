"""Reading of files: from the bytes that a commune has to rows that can be published.

CSV with comma, semicolon or tab, JSON, and workbooks (XLSX, ODS). What is wrong becomes a report,
what was guessed a note; no measure is rounded, nothing is left out in silence.
"""

import polars as pl

from schemas.model import Schema
from schemas.progress import Progress, silent
from schemas.reading.casting import cast_cells
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.mapping import (
    ColumnMapping,
    MappingFault,
    apply_mapping,
    check_mapping,
    parse_mapping,
)
from schemas.reading.notes import Note
from schemas.reading.opening import read_cells
from schemas.reading.reading import Reading
from schemas.reading.rows import publishable
from schemas.report import ReportBuilder

__all__ = ["ColumnMapping", "MappingFault", "Note", "Reading", "parse_mapping", "read"]


def read(
    data: bytes,
    *,
    filename: str,
    schema: Schema,
    mapping: ColumnMapping | None = None,
    progress: Progress = silent,
) -> Reading:
    """Read a file under a schema.

    Never raises for what a file may hold.

    Args:
        data: The file.
        filename: Its name; the first bytes tell a workbook, the ending JSON from delimited text,
            else the first character.
        schema: What its rows should be.
        mapping: Which label is which column, and what else is known of the file.
        progress: Told of the steps `lines` or `text`, `columns`, `checks`.

    Raises:
        MappingFault: The mapping doesn't fit the schema.
    """
    if mapping is not None:
        check_mapping(mapping, schema)
    builder = ReportBuilder()
    notes: list[Note] = []
    rows: pl.DataFrame | None = None
    count = 0
    try:
        count, rows = _read(
            data, filename, schema, builder, notes, mapping=mapping, progress=progress
        )
    except Unreadable as stop:
        builder.add(stop.fault)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        # a panic is no Exception; whatever bytes make polars give up, the node goes on
        builder.add(ReadingFault.of("source-error", case="unreadable"))
    report = builder.build(count)
    guessed = tuple(dict.fromkeys(notes))
    return Reading(rows if report.valid else None, report, guessed, builder.labels)


def _read(
    data: bytes,
    filename: str,
    schema: Schema,
    builder: ReportBuilder,
    notes: list[Note],
    *,
    mapping: ColumnMapping | None,
    progress: Progress,
) -> tuple[int, pl.DataFrame | None]:
    cells = read_cells(
        data, filename, schema, builder, notes.append, mapping=mapping, progress=progress
    )
    if mapping is not None:
        cells = apply_mapping(cells, mapping, schema)
    count = cells.lines.len() + cells.dropped
    if count == 0:
        raise Unreadable(ReadingFault.of("source-error", case="rows"))
    typed = cast_cells(cells, schema, builder, notes.append, progress)
    needed = (field.name for field in schema.wire_fields if field.constraints.required)
    if not all(name in cells.frame.columns for name in needed):
        # a missing column is one fault, not one per row
        return count, None
    progress("checks", 0, count)
    rows = publishable(typed, cells, schema, builder)
    progress("checks", count, count)
    return count, rows
