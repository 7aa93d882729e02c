"""Which reader a file gets: by its first bytes, then its name, then how its text begins."""

from collections.abc import Callable
from typing import Final

from schemas.model import Schema
from schemas.progress import Progress, silent
from schemas.reading.cells import Cells
from schemas.reading.delimited import read_delimited
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.forms import NAMES, Form, archive_of, expected, form_of, is_json, is_parquet
from schemas.reading.gtfs import read_gtfs
from schemas.reading.json_rows import read_json
from schemas.reading.limits import FILE_MAX_BYTES, OPENING_BYTES
from schemas.reading.mapping import ColumnMapping
from schemas.reading.notes import Note
from schemas.reading.ods import Ods
from schemas.reading.parquet import read_parquet
from schemas.reading.text import to_text
from schemas.reading.workbook import read_book
from schemas.reading.xlsx import Xlsx
from schemas.report import ReportBuilder

_FIRST_CHARS: Final = 64
"""Of a text, enough to know JSON."""
_SPACES: Final = b" \t\r\n"


def read_cells(
    data: bytes,
    filename: str,
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = silent,
) -> Cells:
    """Read a file's cells with the reader that it needs.

    Args:
        data: The file.
        filename: Its name.
        schema: Schema of the file.
        builder: Takes faults of header, lines and cells.
        note: Takes what was guessed.
        mapping: Which label is which column; constants and values aren't put in here.
        progress: Told of the steps `lines` or `text`.

    Raises:
        Unreadable: The file can't be read, or there is too much of something.
    """
    if len(data) > FILE_MAX_BYTES:
        raise Unreadable(ReadingFault.of("byte-count", limit=FILE_MAX_BYTES))
    form: Form
    archive = archive_of(data)
    if archive is not None:
        form = form_of(archive)
        if form == "gtfs":
            cells = read_gtfs(archive, schema, builder, note, progress, mapping=mapping)
        else:
            book = Xlsx(archive) if form == "xlsx" else Ods(archive)
            cells = read_book(book, schema, builder, note, progress, mapping=mapping)
    elif is_parquet(data):
        form = "parquet"
        cells = read_parquet(data, schema, builder, note, progress, mapping=mapping)
    else:
        form, cells = _read_text(
            data, filename, schema, builder, note, mapping=mapping, progress=progress
        )
    if expected(filename) not in (form, None):
        note(Note("suffix", value=NAMES[form]))
    return cells


def _read_text(
    data: bytes,
    filename: str,
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    *,
    mapping: ColumnMapping | None,
    progress: Progress,
) -> tuple[Form, Cells]:
    text = to_text(data)
    opening = text.utf8[:OPENING_BYTES].lstrip(_SPACES)[:_FIRST_CHARS]
    if not opening and not text.utf8.strip(_SPACES):
        raise Unreadable(ReadingFault.of("source-error"))
    as_json = is_json(opening, filename)
    if as_json and text.encoding == "Windows-1252":
        raise Unreadable(ReadingFault.of("encoding-error", case="json"))
    if text.encoding != "UTF-8":
        note(Note("encoding", value=text.encoding))
    reader = read_json if as_json else read_delimited
    cells = reader(text.utf8, schema, builder, note, progress, mapping=mapping)
    return ("json" if as_json else "delimited"), cells
