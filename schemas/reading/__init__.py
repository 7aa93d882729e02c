"""Reading of files: from the bytes that a commune has to rows that can be published.

CSV with comma, semicolon or tab, and JSON. What is wrong becomes a report, what was guessed a
note; nothing is rounded, nothing is left out in silence.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import polars as pl

from schemas.model import Schema
from schemas.progress import Progress, silent
from schemas.reading.casting import cast_cells
from schemas.reading.delimited import read_delimited
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.json_rows import read_json
from schemas.reading.limits import FILE_MAX_BYTES
from schemas.reading.mapping import (
    ColumnMapping,
    MappingFault,
    apply_mapping,
    check_mapping,
    parse_mapping,
)
from schemas.reading.notes import Note
from schemas.reading.rows import publishable
from schemas.reading.text import Text, to_text
from schemas.report import Report, ReportBuilder

__all__ = ["ColumnMapping", "MappingFault", "Note", "Reading", "parse_mapping", "read"]

_JSON_SUFFIXES: Final = frozenset({".json", ".jsonl", ".ndjson"})
_DELIMITED_SUFFIXES: Final = frozenset({".csv", ".tsv", ".tab", ".txt"})
_SPACES: Final = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a file.

    Attributes:
        rows: The wire's columns and types, ascending by primary key; None if there is any fault.
        report: What is wrong; rows are lines of the file, the header being line 1.
        guessed: What the reader took to be so, and personal columns that it left out.
    """

    rows: pl.DataFrame | None
    report: Report
    guessed: tuple[Note, ...] = ()


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
        filename: Its name; the ending tells JSON from delimited text, else the first character.
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
    return Reading(rows if report.valid else None, report, tuple(dict.fromkeys(notes)))


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
    if len(data) > FILE_MAX_BYTES:
        raise Unreadable(ReadingFault.of("byte-count", limit=FILE_MAX_BYTES))
    text = to_text(data)
    if not text.utf8.strip(_SPACES):
        raise Unreadable(ReadingFault.of("source-error"))
    as_json = _is_json(text, filename)
    if as_json and text.encoding == "Windows-1252":
        raise Unreadable(ReadingFault.of("encoding-error", case="json"))
    if text.encoding != "UTF-8":
        notes.append(Note("encoding", value=text.encoding))
    reader = read_json if as_json else read_delimited
    cells = reader(text.utf8, schema, builder, notes.append, progress, mapping=mapping)
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


def _is_json(text: Text, filename: str) -> bool:
    suffix = PurePath(filename).suffix.lower()
    if suffix in _JSON_SUFFIXES or suffix in _DELIMITED_SUFFIXES:
        return suffix in _JSON_SUFFIXES
    return text.utf8.lstrip(_SPACES)[:1] in (b"[", b"{")
