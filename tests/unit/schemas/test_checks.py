"""Checks of typed rows: each rule, and both ways of checking against a slow third."""

import datetime as dt
import json
import struct
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from schema_documents import document, register, schema_with

from schemas.catalogue import bundled
from schemas.checks import PART, check_batch, check_rows
from schemas.model import Schema, parse_schema
from schemas.report import LIMIT, Fault
from schemas.rules import TEXT_MAX_CHARS

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def counts() -> Schema:
    found = bundled().latest("comptage-mobilites")
    assert found is not None
    return found


def at(hours: float) -> dt.datetime:
    return BEGIN + dt.timedelta(hours=hours)


def column(field: dict[str, Any], values: Iterable[Any]) -> tuple[Schema, pl.DataFrame]:
    """A register with one column besides its key, and rows with these values in it."""
    schema = register(field)
    rows = list(enumerate(values))
    return schema, pl.DataFrame(rows, schema=schema.polars_schema(), orient="row")


def told(field: dict[str, Any], *values: Any) -> list[tuple[str, str | None, int | None]]:
    """Rule, case and row of each fault."""
    schema, frame = column({"name": "x", **field}, values)
    report = check_rows(schema, frame)
    assert all(fault.column == "x" for fault in report.faults)
    for fault in report.faults:
        assert "?" not in fault.text("fr").replace(" ?", "") + fault.text("en")
    parts = check_batch(schema, frame.with_columns(pl.lit(4, pl.UInt32).alias(PART)))
    assert bool(parts) is not report.valid
    if parts:
        assert parts == {4: min(report.faults, key=lambda fault: fault.row or 0)}
    return [(fault.rule, fault.case, fault.row) for fault in report.faults]


# --- rules one by one --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values", "bad"),
    [
        (
            {"type": "string", "constraints": {"required": True}},
            ["a", None, ""],
            [("constraint-error", "required", 2)],
        ),
        (
            {"type": "string", "constraints": {"enum": ["a", "b"]}},
            ["a", None, "A"],
            [("constraint-error", "enum", 3)],
        ),
        (
            {"type": "integer", "constraints": {"enum": [1, "2"]}},
            [1, 2, None, 3],
            [("constraint-error", "enum", 4)],
        ),
        (
            {"type": "number", "constraints": {"enum": [1, "0.5"]}},
            [Decimal("0.5"), Decimal(1), Decimal("0.501")],
            [("constraint-error", "enum", 3)],
        ),
        (
            {"type": "date", "constraints": {"enum": ["2026-01-01"]}},
            [dt.date(2026, 1, 1), dt.date(2026, 1, 2)],
            [("constraint-error", "enum", 2)],
        ),
        (
            {"type": "string", "constraints": {"pattern": "[0-9]+"}},
            ["12", None, "1a", ""],
            [("constraint-error", "pattern", 3), ("constraint-error", "pattern", 4)],
        ),
        (
            {"type": "string", "constraints": {"minLength": 2, "maxLength": 3}},
            ["éé", "ééé", None, "é", "éééé"],
            [("constraint-error", "minLength", 4), ("constraint-error", "maxLength", 5)],
        ),
        (
            {"type": "string", "constraints": {"minLength": 1}},
            ["é", ""],
            [("constraint-error", "minLength", 2)],
        ),
        (
            {"type": "string"},
            ["é" * TEXT_MAX_CHARS, "é" * (TEXT_MAX_CHARS + 1)],
            [("limit-error", "text", 2)],
        ),
        (
            {"type": "string", "constraints": {"maxLength": TEXT_MAX_CHARS + 1}},
            ["é" * (TEXT_MAX_CHARS + 1), "é" * (TEXT_MAX_CHARS + 2)],
            [("constraint-error", "maxLength", 2)],
        ),
        (
            {"type": "string"},
            ["a\tb\r\n", "é\u00a0", "\x00", "a\x1b", "\x7f", "\x85"],
            [("text-error", None, row) for row in (3, 4, 5, 6)],
        ),
        (
            {"type": "integer", "constraints": {"minimum": 0.5, "maximum": 3}},
            [1, 3, None, 0, 4],
            [("constraint-error", "minimum", 4), ("constraint-error", "maximum", 5)],
        ),
        (
            {"type": "number", "constraints": {"minimum": 0.0011, "maximum": "1e2"}},
            [Decimal("0.002"), Decimal(100), Decimal("0.001"), Decimal("100.001")],
            [("constraint-error", "minimum", 3), ("constraint-error", "maximum", 4)],
        ),
        (
            {"type": "date", "constraints": {"minimum": "2026-01-01"}},
            [dt.date(2026, 1, 1), dt.date(2025, 12, 31)],
            [("constraint-error", "minimum", 2)],
        ),
        (
            {"type": "datetime", "constraints": {"maximum": "2026-01-01T01:00:00+01:00"}},
            [BEGIN, BEGIN + dt.timedelta(microseconds=1)],
            [("constraint-error", "maximum", 2)],
        ),
        (
            {"type": "year", "constraints": {"minimum": 1900}},
            [1900, 1899],
            [("constraint-error", "minimum", 2)],
        ),
        (
            {"type": "string", "constraints": {"unique": True}},
            ["a", None, "b", None, "a", "a"],
            [("constraint-error", "unique", 5), ("constraint-error", "unique", 6)],
        ),
        (
            {"type": "boolean", "constraints": {"required": True}},
            [True, False, None],
            [("constraint-error", "required", 3)],
        ),
        (
            {"type": "array", "constraints": {"minLength": 1, "maxLength": 2}},
            ['["a"]', '["a\\"","b"]', "[]", '["a","b","c"]'],
            [("constraint-error", "minItems", 3), ("constraint-error", "maxItems", 4)],
        ),
        (
            {"type": "object"},
            ['{"a":[1,{"b":null}]}', "{}", None, "[]", "{", '{"a":1,"a":2}', '{"a":NaN}'],
            [("type-error", "object", row) for row in (4, 5, 6, 7)],
        ),
        (
            {"type": "object"},
            ['{"a":"\\ud800"}', "[" * 5_000, "{}"],
            [("type-error", "object", 1), ("type-error", "object", 2)],
        ),
        (
            {"type": "geopoint"},
            ["2.79,44.19", "-180.0, -90", "0,0", "181,0", "0,90.1", "44", "2.79;44.19"],
            [("type-error", "geopoint", row) for row in (4, 5, 6, 7)],
        ),
        (
            {"type": "string", "format": "uuid"},
            ["01890e30-5a80-7c22-9842-8263d0d0d890", "01890E30-5A80-7C22-9842-8263D0D0D890", "x"],
            [("type-error", "uuid", 3)],
        ),
        (
            {"type": "string", "format": "email"},
            ["mairie@arvieu.fr", "mairie", "a b@c.fr", "a@b"],
            [("type-error", "email", row) for row in (2, 3, 4)],
        ),
        (
            {"type": "string", "format": "uri"},
            ["https://arvieu.fr/a?b#c", "arvieu.fr", "https://a b"],
            [("type-error", "uri", 2), ("type-error", "uri", 3)],
        ),
        ({"type": "string", "format": "unknown"}, ["anything"], []),
    ],
)
def test_a_rule(
    field: dict[str, Any], values: list[Any], bad: list[tuple[str, str | None, int]]
) -> None:
    assert told(field, *values) == bad


def test_a_fault_shows_the_value_as_people_read_it() -> None:
    bound = {"constraints": {"minimum": "2026-06-01"}}
    schema, frame = column({"name": "x", "type": "date", **bound}, [dt.date(2026, 1, 2)])
    [fault] = check_rows(schema, frame).faults
    assert fault.text("en") == (
        "Line 1, column “x”: 2026-01-02 is below the minimum 2026-06-01. "
        "Put at least 2026-06-01. [constraint-error]"
    )
    rows = [("a", "b", at(1), at(0.5), Decimal(1))]
    [fault] = check_rows(
        counts(), pl.DataFrame(rows, counts().polars_schema(), orient="row")
    ).faults
    assert (fault.rule, fault.column) == ("interval-error", "end_datetime")
    assert fault.message("en") == (
        "The end (2026-01-01T00:30:00Z) is not after the start (2026-01-01T01:00:00Z)."
    )


# --- what the wire's types can hold beyond their meaning ----------------------------------------


def from_arrow(schema: Schema, array: pa.Array) -> pl.DataFrame:
    wire = schema.arrow_schema()
    keys = pa.array(range(len(array)), wire.types[0])
    frame = pl.from_arrow(pa.table([keys, array], schema=wire))
    assert isinstance(frame, pl.DataFrame)
    return frame


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("steps", [10**18, 10**30, 2**126])
def test_decimals_of_more_than_18_digits(steps: int, sign: int) -> None:
    schema = register({"name": "x", "type": "number"})
    good, bad = (number.to_bytes(16, "little", signed=True) for number in (7, sign * steps))
    array = pa.Array.from_buffers(pa.decimal128(18, 3), 2, [None, pa.py_buffer(good + bad)])
    report = check_rows(schema, from_arrow(schema, array))
    assert [(fault.rule, fault.case, fault.row) for fault in report.faults] == [
        ("limit-error", "number", 2)
    ]


@pytest.mark.parametrize(
    ("kind", "layout", "good", "bad"),
    [
        ("datetime", "q", -62_135_596_800_000_000, -62_135_596_800_000_001),
        ("datetime", "q", 253_402_300_799_999_999, 253_402_300_800_000_000),
        ("datetime", "q", 0, 2**63 - 1),
        ("datetime", "q", 0, -(2**63)),
        ("date", "i", -719_162, -719_163),
        ("date", "i", 2_932_896, 2_932_897),
        ("date", "i", 0, 2**31 - 1),
    ],
)
def test_moments_outside_the_calendar(kind: str, layout: str, good: int, bad: int) -> None:
    schema = register({"name": "x", "type": kind})
    buffer = pa.py_buffer(struct.pack(f"<2{layout}", good, bad))
    array = pa.Array.from_buffers(schema.arrow_schema().types[1], 2, [None, buffer])
    report = check_rows(schema, from_arrow(schema, array))
    [fault] = report.faults
    assert (fault.rule, fault.case, fault.row) == ("limit-error", "datetime", 2)
    assert fault.value == str(bad)


# --- arrays: the regular expression and a parser agree -----------------------------------------

CONTROLS = {*map(chr, range(32)), *map(chr, range(127, 160))} - {"\t", "\n", "\r"}


def slow_array(text: str) -> bool:
    """A compact JSON list of sound texts."""
    try:
        found = json.loads(text)
        text.encode()
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        return False
    inside = skip = False
    for letter in text:
        if skip:
            skip = False
        elif letter == "\\":
            skip = True
        elif letter == '"':
            inside = not inside
        elif letter.isspace() and not inside:
            return False
    return not CONTROLS & set("".join(found))


ESCAPES = [r"\n", r"\t", r"\"", r"\\", r"\/", r"\b", r"\f", r"\u0041", r"\u0000", r"\u007F"]
ESCAPES += [r"\ud83d\ude00", r"\ud83d", r"\ude00", r"\u00e9", r"\u12", r"\x", r"\uD7FF", r"\ue000"]
ESCAPES += [r"\u0100", r"\u0001", r"\u0020", r"\u009f", r"\u00A0", r"\uDBFF\uDFFF", r"\u000a"]
scraps = st.lists(st.sampled_from(['"', "[", "]", ",", " ", "1", "é", "\x85", "\t", *ESCAPES]))
lists = st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=5), max_size=4)


@settings(deadline=None, max_examples=200)
@given(
    scraps.map("".join)
    | st.lists(scraps.map("".join), max_size=3).map(
        lambda items: "[" + ",".join(f'"{item}"' for item in items) + "]"
    )
    | st.tuples(lists, st.booleans()).map(
        lambda pair: json.dumps(pair[0], ensure_ascii=pair[1], separators=(",", ":"))
    )
    | lists.map(json.dumps)
)
@example('["a", "b"]')
@example("[]\n")
@example('[""]')
def test_arrays_are_compact_lists_of_texts(text: str) -> None:
    schema, frame = column({"name": "x", "type": "array"}, [text])
    assert check_rows(schema, frame).valid is slow_array(text)


# --- order and key -----------------------------------------------------------------------------


def ordered(schema: Schema, *keys: tuple[Any, ...]) -> list[tuple[str, int | None, str | None]]:
    rows = [(*key, None, None) for key in keys]
    frame = pl.DataFrame(rows, schema=schema.polars_schema(), orient="row")
    return [(fault.rule, fault.row, fault.value) for fault in check_rows(schema, frame).faults]


def test_rows_ascend_by_key() -> None:
    schema = schema_with()
    assert ordered(schema, ("a", at(0)), ("a", at(1)), ("b", at(0))) == []
    assert ordered(schema, ("a", at(1)), ("a", at(0))) == [("order", 2, "a, 2026-01-01T00:00:00Z")]
    assert ordered(schema, ("b", at(0)), ("a", at(1))) == [("order", 2, "a, 2026-01-01T01:00:00Z")]
    assert ordered(schema, ("a", at(0)), ("a", at(0))) == [
        ("primary-key", 2, "a, 2026-01-01T00:00:00Z")
    ]


def test_texts_are_ordered_by_their_bytes() -> None:
    names = sorted(["Z", "a", "z", "é", "", "zz", "\uffff", "\U0001f600"], key=str.encode)
    assert ordered(schema_with(), *((name, at(0)) for name in names)) == []
    assert ordered(schema_with(), ("a", at(0)), ("Z", at(0)))[0][:2] == ("order", 2)


def test_publications_are_ordered_apart_and_keyed_apart() -> None:
    unique = {"name": "x", "type": "string", "constraints": {"unique": True}}
    schema = register(unique)
    rows = [(2, 9, "a"), (3, 1, "a"), (3, 2, "b"), (3, 3, "b"), (5, 3, "a"), (5, 2, "c")]
    frame = pl.DataFrame(rows, {PART: pl.UInt32, **schema.polars_schema()}, orient="row")
    faults = check_batch(schema, frame)
    assert {part: (fault.rule, fault.row) for part, fault in faults.items()} == {
        3: ("constraint-error", 3),
        5: ("order", 2),
    }


# --- both ways of checking ----------------------------------------------------------------------

ROWS = st.tuples(
    st.sampled_from(["a", "b", "é", "\x00", "", None, "x" * 201]),
    st.none() | st.text(max_size=3),
    st.none() | st.integers(0, 3).map(at),
    st.none() | st.integers(0, 3).map(at),
    st.none() | st.integers(-1, 10**18 - 1).map(Decimal),
)
GOOD = st.lists(st.tuples(st.sampled_from("abé"), st.integers(0, 3)), max_size=5, unique=True).map(
    lambda keys: [
        (name, None, at(hour), at(hour + 1), Decimal(7))
        for name, hour in sorted(keys, key=lambda key: (key[0].encode(), key[1]))
    ]
)


def slow_check(rows: list[tuple[Any, ...]]) -> list[tuple[int, str, str | None]]:
    """Row, rule and column of each fault under the schema of counts."""
    found: list[tuple[int, str, str | None]] = []
    for number, (channel, counter, start, end, count) in enumerate(rows, 1):
        for name, value, most in (("channel_id", channel, 200), ("counter_id", counter, 200)):
            if value is not None and CONTROLS & set(value):
                found.append((number, "text-error", name))
            if value is not None and len(value) > most:
                found.append((number, "constraint-error", name))
        found += [(number, "constraint-error", "channel_id")] * (channel in (None, ""))
        found += [(number, "constraint-error", "start_datetime")] * (start is None)
        if count is not None and count < 0:
            found.append((number, "constraint-error", "count"))
        if start is not None and end is not None and end <= start:
            found.append((number, "interval-error", "end_datetime"))
        if number > 1:
            found += [
                (number, rule, None) for rule in slow_order(rows[number - 2], rows[number - 1])
            ]
    return found


def slow_order(before: tuple[Any, ...], row: tuple[Any, ...]) -> list[str]:
    """As SQL has it: what is null is neither equal nor less."""
    if before[0] is None or row[0] is None:
        return []
    one, two = before[0].encode(), row[0].encode()
    if two != one:
        return ["order"] if two < one else []
    if before[2] is None or row[2] is None:
        return []
    if row[2] == before[2]:
        return ["primary-key"]
    return ["order"] if row[2] < before[2] else []


@settings(deadline=None, max_examples=120)
@given(st.lists(GOOD | st.lists(ROWS, max_size=5), max_size=5))
def test_a_batch_and_single_publications_get_the_same_verdict(
    publications: list[list[tuple[Any, ...]]],
) -> None:
    schema = counts()
    types = {PART: pl.UInt32, **schema.polars_schema()}
    rows = [(part, *row) for part, rows in enumerate(publications) for row in rows]
    faults = check_batch(schema, pl.DataFrame(rows, schema=types, orient="row"))
    for part, own in enumerate(publications):
        slow = slow_check(own)
        frame = pl.DataFrame(own, schema=schema.polars_schema(), orient="row")
        report = check_rows(schema, frame)
        told_ = [(fault.row, fault.rule, fault.column) for fault in report.faults]
        assert sorted(told_, key=str) == sorted(slow, key=str)
        assert (part in faults) is bool(slow)
        if slow:
            first = faults[part]
            assert first in report.faults
            assert first.row == min(row for row, _, _ in slow)
    assert list(faults) == sorted(faults)


def test_a_report_keeps_the_first_faults_and_counts_all() -> None:
    schema, frame = column({"name": "x", "type": "string"}, ["\x00"] * 1_000)
    report = check_rows(schema, frame)
    assert [fault.row for fault in report.faults] == list(range(1, LIMIT + 1))
    assert report.counts == {"text-error": 1_000}
    assert report.rows == 1_000


def test_a_thousand_publications_get_a_fault_each() -> None:
    schema = register({"name": "x", "type": "string"})
    rows = [
        (part, row, "\x00" if row == part % 7 else "a") for part in range(1_000) for row in range(7)
    ]
    frame = pl.DataFrame(rows, {PART: pl.UInt32, **schema.polars_schema()}, orient="row")
    faults = check_batch(schema, frame)
    assert faults == {
        part: Fault("text-error", row=part % 7 + 1, column="x", value="\x00")
        for part in range(1_000)
    }


def test_nothing_is_valid() -> None:
    schema = counts()
    empty = pl.DataFrame(schema=schema.polars_schema())
    assert check_rows(schema, empty).valid
    assert check_batch(schema, empty.with_columns(pl.lit(0, pl.UInt32).alias(PART))) == {}


def test_frames_of_another_form_are_refused() -> None:
    schema = register({"name": "x", "type": "number"})
    good = pl.DataFrame(schema=schema.polars_schema())
    with pytest.raises(ValueError, match="x: the schema has Decimal"):
        check_rows(schema, good.with_columns(pl.col("x").cast(pl.Decimal(18, 2))))
    with pytest.raises(ValueError, match="id: the schema has Int64, the frame None"):
        check_rows(schema, good.drop("id"))
    parts = pl.DataFrame(
        [(1, 0, None), (0, 0, None)], {PART: pl.UInt32, **good.schema}, orient="row"
    )
    with pytest.raises(ValueError, match="stand together"):
        check_batch(schema, parts)


def test_personal_columns_are_not_looked_for() -> None:
    whole = document(("fields.4.constraints", {"required": True}))
    schema = parse_schema(json.dumps(whole).encode())
    assert check_rows(schema, pl.DataFrame(schema=schema.polars_schema())).valid


def test_runs_of_parts_need_not_be_dense() -> None:
    schema = counts()
    rows = [(part, "a", None, at(hour), None, None) for part in (3, 7, 900) for hour in (0, 1)]
    frame = pl.DataFrame(rows, {PART: pl.UInt32, **schema.polars_schema()}, orient="row")
    assert [len(list(run)) for _, run in groupby(frame[PART])] == [2, 2, 2]
    assert check_batch(schema, frame) == {}
