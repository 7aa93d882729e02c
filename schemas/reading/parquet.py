"""Parquet: columns of flat values as the texts that a CSV export has.

The footer is checked before anything is read. Columns are read one by one and some thousand rows
at a time, texts as dictionaries, so that a value that stands a million times isn't made a million
times. A row's number is its place in the file, from 1.
"""

import json
from collections.abc import Callable
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.bounds import DATE_MAX, DATE_MIN, DATETIME_MAX, DATETIME_MIN
from schemas.model import Field, Schema
from schemas.progress import Progress, silent
from schemas.reading.archive import broken
from schemas.reading.cells import Cells
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.labels import match_labels
from schemas.reading.limits import CELL_MAX_CHARS, COLUMNS_MAX, PARQUET_MAX_BYTES, ROWS_MAX
from schemas.reading.mapping import ColumnMapping
from schemas.reading.notes import Note
from schemas.reading.sheets import number_text
from schemas.reading.typed import nulls
from schemas.report import Fault, ReportBuilder

MAGIC: Final = b"PAR1"
_BATCH_ROWS: Final = 16_384
_FOOTER_MAX_BYTES: Final = 16 * 1024 * 1024
_ROW: Final = 1
"""Number of the first row: there is no header line."""
_STANDARD: Final = ("default", "any")
_MIDNIGHT: Final = "T00:00:00"
_INSTANT: Final = "%Y-%m-%dT%H:%M:%S%.f"


def read_parquet(
    data: bytes,
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    progress: Progress = silent,
    *,
    mapping: ColumnMapping | None = None,
) -> Cells:
    """Read a Parquet file.

    Args:
        data: The file.
        schema: Schema of the file.
        builder: Takes faults of labels, and of columns of a kind that no text can become.
        note: Takes what was guessed.
        progress: Told of the step `text`.
        mapping: What is known of the file.

    Returns:
        Cells of the wire's columns.

    Raises:
        Unreadable: Damaged, or too much of something.
    """
    try:
        file = _opened(data)
        labels = file.schema_arrow.names
        header = match_labels(labels, schema, builder, mapping, row=_ROW)
        for found in header.notes:
            note(found)
        height = file.metadata.num_rows
        columns: dict[str, pl.Series] = {}
        for number, (name, at) in enumerate(header.positions.items()):
            progress("text", number, len(header.positions))
            field = schema.by_name[name]
            texts = _column(file, labels[at], field, height)
            if texts is None:
                builder.add(_unfit(file.schema_arrow.field(at).type, field))
                texts = pl.repeat(None, height, dtype=pl.String, eager=True)
            columns[name] = texts.alias(name)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise broken() from error
    return Cells(pl.DataFrame(columns), pl.int_range(_ROW, height + _ROW, eager=True))


def _opened(data: bytes) -> Any:
    """A file whose footer holds together and claims no more than may be read."""
    footer = int.from_bytes(data[-8:-4], "little")
    if not data.endswith(MAGIC) or footer > min(len(data), _FOOTER_MAX_BYTES):
        raise broken()
    metadata = pq.read_metadata(pa.BufferReader(data))
    if metadata.num_columns > COLUMNS_MAX:
        raise Unreadable(ReadingFault.of("limit-error", case="columns", limit=COLUMNS_MAX))
    if metadata.num_rows > ROWS_MAX:
        raise Unreadable(ReadingFault.of("row-count", limit=ROWS_MAX))
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    sizes = [group.total_byte_size for group in groups]
    rows = [group.num_rows for group in groups]
    if min([*sizes, *rows], default=0) < 0 or sum(rows) != metadata.num_rows:
        raise broken()
    if sum(sizes) > PARQUET_MAX_BYTES:
        raise Unreadable(
            ReadingFault.of("limit-error", case="archive-bytes", limit=PARQUET_MAX_BYTES)
        )
    described = metadata.schema.to_arrow_schema()
    for at, name in enumerate(described.names):
        if name in described.names[:at]:
            raise Unreadable(ReadingFault.of("duplicate-label", row=_ROW, column=name))
    texts = [one.name for one in described if _is_text(one.type)]
    return pq.ParquetFile(
        pa.BufferReader(data), metadata=metadata, read_dictionary=texts, pre_buffer=False
    )


def _is_text(kind: Any) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _column(file: Any, label: str, field: Field, height: int) -> pl.Series | None:
    """A column as texts; None where it is of a kind that has none."""
    parts: list[pl.Series] = []
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=[label], use_threads=False):
        # texts that aren't UTF-8 would be taken as they are
        batch.validate(full=True)
        texts = _texts(batch.column(0), field)
        if texts is None:
            return None
        parts.append(texts)
    whole = pl.concat(parts) if parts else pl.Series(dtype=pl.String)
    if whole.len() != height:
        raise broken()
    return whole


def _texts(values: Any, field: Field) -> pl.Series | None:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _from_dictionary(values, field)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(values) if field.type == "array" else None
    for fits, convert in _KINDS:
        if fits(kind):
            return convert(values, field)
    return None


def _from_dictionary(values: Any, field: Field) -> pl.Series | None:
    """Each value of the dictionary is converted once."""
    known = _texts(values.dictionary, field)
    if known is None:
        return None
    if (known.str.len_chars() > CELL_MAX_CHARS).any():
        raise Unreadable(
            ReadingFault.of("limit-error", column=field.name, case="text", limit=CELL_MAX_CHARS)
        )
    places = pl.Series(values.indices.cast(pa.int64()))
    return known.gather(places) if known.len() else places.cast(pl.String)


def _lists(values: Any) -> pl.Series | None:
    inner = values.type.value_type
    if pa.types.is_dictionary(inner):
        inner = inner.value_type
    if not _is_text(inner):
        return None
    return pl.Series(
        [
            None if one is None else json.dumps(one, ensure_ascii=False, separators=(",", ":"))
            for one in values.to_pylist()
        ],
        dtype=pl.String,
    )


def _plain(values: Any, _field: Field) -> pl.Series:
    """Texts, whole numbers, booleans: as they are written anywhere."""
    return pl.Series(values.cast(pa.large_string()))


def _decimals(values: Any, _field: Field) -> pl.Series:
    return pl.Series(
        [None if one is None else format(one, "f") for one in values.to_pylist()], dtype=pl.String
    )


def _floats(values: Any, _field: Field) -> pl.Series:
    """At the 15 digits that spreadsheets show; floats of 32 bits at the digits that they have."""
    written = pl.Series(values).cast(pl.String)
    texts: dict[str, str] = {
        text: number_text(text) or text for text in written.drop_nulls().unique().to_list()
    }
    return written.replace(texts) if texts else written


def _days(values: Any, field: Field) -> pl.Series:
    form = field.format if field.format not in _STANDARD else "%Y-%m-%d"
    texts = _written(pl.Series(values), form)
    if field.type == "datetime" and field.format in _STANDARD:
        return texts + _MIDNIGHT
    return texts


def _instants(values: Any, field: Field) -> pl.Series:
    """In UTC where the file says so, else as local time."""
    zone = values.type.tz
    if values.type.unit == "s":
        # polars would multiply without a look at what fits
        values = values.cast(pa.timestamp("ms", zone))
    moments = pl.Series(values)
    if zone is not None:
        moments = moments.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if field.format not in _STANDARD and field.type in ("date", "datetime"):
        return _written(moments, field.format)
    texts = _written(moments, _INSTANT)
    if zone is not None:
        return texts + "Z"
    return texts if field.type == "datetime" else texts.str.strip_suffix(_MIDNIGHT)


def _written(moments: pl.Series, form: str) -> pl.Series:
    """Dates or instants in a form; outside the years 1 to 9999 the number that is stored."""
    numbers = moments.to_physical()
    kind = moments.dtype
    if isinstance(kind, pl.Datetime):
        per_us = {"ms": 1_000, "us": 1}.get(kind.time_unit)
        if per_us is None:
            # nanoseconds reach from 1677 to 2262
            return moments.dt.strftime(form)
        inside = numbers.is_between(DATETIME_MIN // per_us + 1, DATETIME_MAX // per_us)
    else:
        inside = numbers.is_between(DATE_MIN, DATE_MAX)
    inside = inside.fill_null(value=True)
    texts = moments.zip_with(inside, nulls(moments)).dt.strftime(form)
    return texts.zip_with(inside, numbers.cast(pl.String))


def _times(values: Any, _field: Field) -> pl.Series:
    return pl.Series(values).cast(pl.Time).dt.strftime("%H:%M:%S%.f")


def _nothing(values: Any, _field: Field) -> pl.Series:
    return pl.repeat(None, len(values), dtype=pl.String, eager=True)


_KINDS: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any, Field], pl.Series]], ...]] = (
    (_is_text, _plain),
    (pa.types.is_integer, _plain),
    (pa.types.is_boolean, _plain),
    (pa.types.is_decimal, _decimals),
    (pa.types.is_floating, _floats),
    (pa.types.is_date, _days),
    (pa.types.is_timestamp, _instants),
    (pa.types.is_time, _times),
    (pa.types.is_null, _nothing),
)
"""How columns of each kind become texts."""


def _unfit(kind: Any, field: Field) -> Fault:
    return ReadingFault.of(
        "type-error", column=field.name, case="column", kind=str(kind), type=field.type
    )
