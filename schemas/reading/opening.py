"""Which reader a file gets: by its first bytes, its name, and its first character."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Final

from schemas.model import Schema
from schemas.progress import Progress, silent
from schemas.reading.cells import Cells
from schemas.reading.delimited import read_delimited
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.forms import NAMES, archive_of, expected, form_of
from schemas.reading.json_rows import read_json
from schemas.reading.limits import FILE_MAX_BYTES
from schemas.reading.mapping import ColumnMapping
from schemas.reading.notes import Note
from schemas.reading.ods import Ods
from schemas.reading.text import to_text
from schemas.reading.workbook import read_book
from schemas.reading.xlsx import Xlsx
from schemas.report import ReportBuilder

_JSON_SUFFIXES: Final = frozenset({".json", ".jsonl", ".ndjson", ".geojson", ".geojsonl"})
_DELIMITED_SUFFIXES: Final = frozenset({".csv", ".tsv", ".tab", ".txt"})
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
    archive = archive_of(data)
    if archive is None:
        return _read_text(data, filename, schema, builder, note, mapping=mapping, progress=progress)
    form = form_of(archive)
    if expected(filename) != form:
        note(Note("suffix", value=NAMES[form]))
    book = Xlsx(archive) if form == "xlsx" else Ods(archive)
    return read_book(book, schema, builder, note, progress, mapping=mapping)


def _read_text(
    data: bytes,
    filename: str,
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    *,
    mapping: ColumnMapping | None,
    progress: Progress,
) -> Cells:
    text = to_text(data)
    if not text.utf8.strip(_SPACES):
        raise Unreadable(ReadingFault.of("source-error"))
    as_json = is_json(text.utf8.lstrip(_SPACES)[:1], filename)
    if as_json and text.encoding == "Windows-1252":
        raise Unreadable(ReadingFault.of("encoding-error", case="json"))
    if text.encoding != "UTF-8":
        note(Note("encoding", value=text.encoding))
    reader = read_json if as_json else read_delimited
    return reader(text.utf8, schema, builder, note, progress, mapping=mapping)


def is_json(opening: bytes, filename: str) -> bool:
    """Whether a text is JSON, by its name, or else by its first character.

    Args:
        opening: Its first characters, without spaces before them.
        filename: Its name.
    """
    suffix = PurePath(filename).suffix.lower()
    if suffix in _JSON_SUFFIXES or suffix in _DELIMITED_SUFFIXES:
        return suffix in _JSON_SUFFIXES
    return opening.startswith((b"[", b"{"))
