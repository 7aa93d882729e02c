"""One table gives the same rows by CSV, XLSX, ODS, JSON lines and Parquet."""

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_world import REQUIRED, schema_of
from workbook_world import ods, xlsx

from schemas.reading import read

SCHEMA = schema_of(
    [
        {"name": "id", "type": "integer", "constraints": REQUIRED},
        {"name": "nom", "type": "string"},
        {"name": "montant", "type": "number"},
        {"name": "ouvert", "type": "boolean"},
        {"name": "jour", "type": "date"},
        {"name": "instant", "type": "datetime"},
        {"name": "annee", "type": "year"},
    ]
)
NAMES = ("id", "nom", "montant", "ouvert", "jour", "instant", "annee")
# what a sheet keeps as it is: no blanks around, no formula, no escape of its own
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs"], exclude_characters="_="),
    min_size=1,
    max_size=20,
)
rows = st.tuples(
    st.none() | texts,
    st.none() | st.integers(-(10**11), 10**11).map(lambda n: Decimal(n).scaleb(-3)),
    st.none() | st.booleans(),
    st.none() | st.dates(date(1900, 3, 2), date(2999, 12, 30)),
    # local time, and no hour that it lacks or has twice
    st.none()
    | st.datetimes(datetime(1950, 1, 1), datetime(2999, 12, 30)).map(  # noqa: DTZ001
        lambda moment: moment.replace(month=1, microsecond=0)
    ),
    st.none() | st.integers(1000, 2999),
)
tables = st.dictionaries(st.integers(-(10**14), 10**14), rows, min_size=1, max_size=5)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _csv(table: list[tuple[Any, ...]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(NAMES)
    writer.writerows([_as_text(value) for value in row] for row in table)
    return out.getvalue().encode()


def _json(table: list[tuple[Any, ...]]) -> bytes:
    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return float(value)
        return _as_text(value) if isinstance(value, datetime | date) else value

    lines = (
        json.dumps({name: plain(value) for name, value in zip(NAMES, row, strict=True)})
        for row in table
    )
    return "\n".join(lines).encode()


def _sheet(table: list[tuple[Any, ...]]) -> list[list[Any]]:
    def plain(value: Any) -> Any:
        return float(value) if isinstance(value, Decimal) else value

    return [list(NAMES), *([plain(value) for value in row] for row in table)]


def _parquet(table: list[tuple[Any, ...]], *, floats: bool) -> bytes:
    kinds = (
        *(pa.int64(), pa.string(), pa.float64() if floats else pa.decimal128(18, 3)),
        *(pa.bool_(), pa.date32(), pa.timestamp("us"), pa.int32()),
    )
    columns = list(zip(*table, strict=True))
    if floats:
        columns[2] = tuple(None if one is None else float(one) for one in columns[2])
    arrays = [pa.array(items, kind) for items, kind in zip(columns, kinds, strict=True)]
    out = io.BytesIO()
    pq.write_table(pa.table(dict(zip(NAMES, arrays, strict=True))), out)
    return out.getvalue()


@given(tables)
@settings(deadline=None, max_examples=20)
def test_a_table_is_the_same_however_it_is_kept(found: dict[int, tuple[Any, ...]]) -> None:
    table = [(key, *row) for key, row in found.items()]
    files = {
        "f.csv": _csv(table),
        "f.xlsx": xlsx(_sheet(table)),
        "f.ods": ods(_sheet(table)),
        "f.jsonl": _json(table),
        "f.parquet": _parquet(table, floats=False),
        "g.parquet": _parquet(table, floats=True),
    }
    first = None
    for name, data in files.items():
        reading = read(data, filename=name, schema=SCHEMA)
        assert reading.report.valid, (name, reading.report.text("en"))
        assert reading.rows is not None
        if first is None:
            first = reading.rows
        assert reading.rows.equals(first), name
