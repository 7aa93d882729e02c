"""Parquet: the values that a CSV export has, bounds before reading, and any damage a report."""

import datetime as dt
import io
import random
import tracemalloc
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_world import ALL, guesses, of, one, told, values

from schemas.reading import ColumnMapping, Reading, parquet, read


def written(table: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def column(kind: Any, *items: Any) -> Any:
    keys = pa.array([f"k{number}" for number in range(len(items))])
    return pa.table({"id": keys, "x": pa.array(items, kind)})


def taken(table: Any, schema: Any, filename: str = "f.parquet") -> Reading:
    data = table if isinstance(table, bytes) else written(table)
    return read(data, filename=filename, schema=schema)


UTC, PARIS = dt.UTC, "Europe/Paris"
NOON = dt.datetime(2026, 3, 31, 12, 0, 0, 500000)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("kind", "item", "type_", "value"),
    [
        (pa.int8(), -7, "integer", -7),
        (pa.uint64(), 12, "integer", 12),
        (pa.int32(), 2026, "year", 2026),
        (pa.float64(), 0.1 + 0.2, "number", Decimal("0.3")),
        (pa.float64(), 3.0, "integer", 3),
        (pa.float32(), 0.1, "number", Decimal("0.1")),
        (pa.float64(), 1e-3, "number", Decimal("0.001")),
        (pa.decimal128(10, 2), Decimal("12.50"), "number", Decimal("12.5")),
        (pa.decimal256(40, 3), Decimal("-0.125"), "number", Decimal("-0.125")),
        (pa.bool_(), True, "boolean", True),
        (pa.string(), "é", "string", "é"),
        (pa.large_string(), "12,5", "string", "12,5"),
        (pa.dictionary(pa.int8(), pa.string()), "a", "string", "a"),
        (pa.dictionary(pa.int8(), pa.int64()), 4, "integer", 4),
        (pa.date32(), dt.date(2026, 3, 31), "date", dt.date(2026, 3, 31)),
        (pa.date64(), dt.date(2026, 3, 31), "date", dt.date(2026, 3, 31)),
        (pa.timestamp("us", "UTC"), NOON, "datetime", NOON.replace(tzinfo=UTC)),
        (pa.timestamp("ns", PARIS), NOON, "datetime", NOON.replace(tzinfo=UTC)),
        (pa.timestamp("ms"), NOON, "datetime", NOON.replace(hour=10, tzinfo=UTC)),
        (pa.timestamp("s"), dt.datetime(2026, 3, 31), "date", dt.date(2026, 3, 31)),  # noqa: DTZ001
        (pa.timestamp("s"), dt.datetime(2026, 3, 31), "string", "2026-03-31"),  # noqa: DTZ001
        (pa.time64("us"), dt.time(8, 30), "string", "08:30:00"),
        (pa.list_(pa.string()), ["a", "é"], "array", '["a","é"]'),
        (pa.string(), '["a"]', "array", '["a"]'),
        (pa.string(), "2026-03-31", "date", dt.date(2026, 3, 31)),
    ],
)
def test_what_a_value_becomes(kind: Any, item: Any, type_: str, value: Any) -> None:
    found = taken(column(kind, item, None), one(type_))
    assert values(found, "x") == [value, None]


def test_a_column_of_nothing() -> None:
    assert values(taken(column(pa.null(), None), one("integer")), "x") == [None]


def test_a_date_in_a_column_of_instants_is_its_midnight() -> None:
    found = taken(column(pa.date32(), dt.date(2026, 3, 31)), one("datetime"))
    assert values(found, "x") == [dt.datetime(2026, 3, 30, 22, tzinfo=UTC)]
    assert ("local-time", "x", PARIS) in guesses(found)
    french = one("date", format="%d/%m/%Y")
    for kind in (pa.date32(), pa.timestamp("s")):
        found = taken(column(kind, dt.datetime(2026, 3, 31)), french)  # noqa: DTZ001
        assert values(found, "x") == [dt.date(2026, 3, 31)]


@pytest.mark.parametrize(
    ("kind", "item", "rule"),
    [
        (pa.binary(), b"\0\1", "type-error"),
        (pa.struct([("a", pa.int64())]), {"a": 1}, "type-error"),
        (pa.list_(pa.int64()), [1], "type-error"),
        (pa.map_(pa.string(), pa.string()), [("a", "b")], "type-error"),
        (pa.duration("s"), dt.timedelta(1), "type-error"),
    ],
)
def test_columns_of_which_no_plain_value_can_be_made(kind: Any, item: Any, rule: str) -> None:
    found = taken(column(kind, item), one("string"))
    assert told(found) == [(rule, None, "x")]
    assert found.report.faults[0].case == "column"
    assert "{" not in found.report.text()


def test_faults_name_the_row_from_one() -> None:
    found = taken(column(pa.float64(), 1.5, float("nan"), 2.5), one("integer"))
    assert told(found) == [("type-error", row, "x") for row in (1, 2, 3)]
    assert [fault.value for fault in found.report.faults] == ["1.5", "NaN", "2.5"]
    found = taken(column(pa.timestamp("ns", "UTC"), 1), one("datetime"))
    assert told(found) == [("type-error", 1, "x")]


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (pa.date32(), "date"),
        (pa.timestamp("us", "UTC"), "datetime"),
        (pa.timestamp("s"), "datetime"),
    ],
)
def test_dates_beyond_the_calendar_are_faults_of_their_rows(kind: Any, type_: str) -> None:
    width = pa.int32() if kind == pa.date32() else pa.int64()
    far = 2**31 - 1 if kind == pa.date32() else 2**62 if kind.unit == "us" else 2**40
    numbers = pa.array([0, far, -far, None], width)
    table = pa.table({"id": list("abcd"), "x": numbers.view(kind)})
    assert told(taken(table, one(type_))) == [("type-error", row, "x") for row in (2, 3)]


def test_labels_and_mappings_are_those_of_other_forms() -> None:
    table = column(pa.string(), "a").rename_columns(["ID", "autre"])
    assert told(taken(table, one("string"))) == [("extra-label", 1, "autre")]
    mapping = ColumnMapping("essai", {"autre": "x"})
    found = read(written(table), filename="f.parquet", schema=one("string"), mapping=mapping)
    assert values(found, "x") == ["a"]
    assert {code for code, _, _ in guesses(found)} == {"label", "mapped"}


def test_personal_columns_are_not_even_read() -> None:
    table = pa.table({"id": [1], "courriel": pa.array([{"a": 1}])})
    found = taken(table, ALL)
    assert found.rows is not None
    assert "courriel" not in found.rows.columns


def test_many_row_groups_are_one_table() -> None:
    count = 3 * parquet._BATCH_ROWS + 5
    table = pa.table(
        {"id": [f"{n:06}" for n in range(count)], "x": pa.array(range(count), pa.int32())}
    )
    found = taken(written(table, row_group_size=10_000), one("integer"))
    assert found.rows is not None
    assert found.rows["x"].to_list() == list(range(count))


def test_bounds_are_checked_before_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    data = written(column(pa.string(), "a", "b"))
    for name, value, rule in (
        ("ROWS_MAX", 1, "row-count"),
        ("COLUMNS_MAX", 1, "limit-error"),
        ("PARQUET_MAX_BYTES", 10, "limit-error"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(parquet, name, value)
            assert told(taken(data, one("string")))[0][0] == rule


def test_a_long_text_that_stands_often_is_made_once() -> None:
    long = "x" * 200_000
    table = pa.table({"id": [str(n) for n in range(400)], "x": [long] * 400})
    data = written(table)
    assert len(data) < 300_000
    del table
    tracemalloc.start()
    try:
        found = taken(data, one("string"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(fault.rule, fault.column) for fault in found.report.faults] == [("limit-error", "x")]
    assert peak < 50_000_000


def test_texts_that_are_no_unicode() -> None:
    table = pa.table({"id": ["a"], "x": pa.array([b"\xff\xfe"], pa.binary())})
    lied = table.set_column(1, "x", table["x"].combine_chunks().view(pa.string()))
    found = taken(written(lied), one("string"))
    assert [fault.case for fault in found.report.faults] == ["archive"]


def test_content_tells_parquet_and_a_wrong_name_is_noted() -> None:
    data = written(column(pa.string(), "a"))
    assert ("suffix", None, "Parquet") in guesses(taken(data, one("string"), "f.csv"))
    assert told(of("id,x\na,b\nPAR1,c,PAR1", one("string"))) == [("extra-cell", 3, None)]


BASE = written(
    pa.table(
        {
            "id": pa.array(range(40)),
            "nom": [f"n{n % 3}" for n in range(40)],
            "montant": pa.array([n / 8 for n in range(40)]),
            "jour": pa.array([dt.date(2026, 1, 1)] * 40),
            "instant": pa.array([NOON] * 40, pa.timestamp("us", "UTC")),
        }
    )
)


@given(st.integers(0, 2**32), st.integers(1, 6))
@settings(deadline=None, max_examples=300)
def test_any_bytes_may_be_wrong(seed: int, changes: int) -> None:
    chance = random.Random(seed)
    data = bytearray(BASE)
    for _ in range(changes):
        data[chance.randrange(4, len(data) - 4)] = chance.randrange(256)
    found = taken(bytes(data), ALL)
    assert (found.rows is None) != found.report.valid
    assert found.report.text()


@pytest.mark.parametrize("size", [0, 1, 4, 8, 100, 700])
def test_files_that_break_off(size: int) -> None:
    data = BASE[:size] + b"PAR1"
    assert taken(data, ALL).rows is None
