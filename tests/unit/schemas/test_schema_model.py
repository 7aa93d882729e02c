"""Schema documents: good ones become types, hostile ones a `SchemaFault` and nothing else."""

import hashlib
import json
import random
from collections.abc import Callable
from typing import Any, get_args

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from schema_documents import SERIES, document, register, schema_with

from schemas.document import DOCUMENT_MAX_BYTES, FIELDS_MAX, FieldType
from schemas.model import DELETED, SchemaFault, parse_schema
from schemas.patterns import COST_MAX, check_patterns, estimate, whole

GOOD = json.dumps(SERIES).encode()
SECRECY = {"unit": "household", "field": "site", "k": 11, "dominancePercent": 85}


def refused(*changes: tuple[str, Any]) -> str:
    """What is told of a document with these changes."""
    return refused_bytes(json.dumps(document(*changes)).encode())


def refused_bytes(text: bytes) -> str:
    with pytest.raises(SchemaFault) as caught:
        parse_schema(text)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) <= 300
    return message


# --- good documents ----------------------------------------------------------------------------


def test_a_document_becomes_a_schema() -> None:
    schema = parse_schema(GOOD)
    assert (schema.name, schema.version, schema.kind) == ("essai", "1.2.0", "series")
    assert schema.digest == hashlib.sha256(GOOD).hexdigest()
    assert schema.document == GOOD
    assert schema.primary_key == ("site", "start")
    assert (schema.time, schema.time_end, schema.place) == ("start", "end", None)
    assert (schema.base_window, schema.cadence) == ("hour", "PT15M")
    assert (schema.sharing_default, schema.licence, schema.origin) == ("open", "etalab-2.0", "own")
    assert schema.competence == ("commune",)
    assert schema.personal == {"secret"}
    assert schema.labels == {"fr": "Essai"}
    assert schema.title == "Essai"
    assert schema.missing_values == ("",)
    assert [field.name for field in schema.fields] == ["site", "start", "end", "value", "secret"]
    assert [field.name for field in schema.wire_fields] == ["site", "start", "end", "value"]
    [measure] = schema.measures
    assert (measure.name, measure.field, measure.scale, measure.unit) == (
        "essai.value",
        "value",
        2,
        "m3",
    )
    assert measure.aggregates == ("sum",)


def test_the_wire_types_are_those_of_the_specification() -> None:
    schema = register(*({"name": f"of_{kind}", "type": kind} for kind in get_args(FieldType)))
    text, whole_number, moment = pa.string(), pa.int64(), pa.timestamp("us", "UTC")
    numbers = [whole_number, pa.decimal128(18, 3), pa.bool_()]
    moments = [pa.date32(), moment, whole_number]
    arrow = schema.arrow_schema()
    assert arrow.types == [whole_number, text, *numbers, *moments, text, text, text, text]
    assert all(field.nullable for field in arrow)
    frame = pl.from_arrow(arrow.empty_table())
    assert isinstance(frame, pl.DataFrame)
    assert frame.schema == schema.polars_schema()
    assert schema.delta_arrow_schema().names == [*arrow.names, DELETED]
    assert schema.key_arrow_schema().names == ["id"]


@pytest.mark.parametrize(
    ("resolution", "scale"), [("1", 0), ("0.1", 1), ("0.001", 3), ("0.000000001", 9)]
)
def test_the_resolution_sets_the_scale(resolution: str, scale: int) -> None:
    assert schema_with(("maillage.measures.value.resolution", resolution)).scale("value") == scale


def test_a_number_that_is_no_measure_states_its_own_resolution() -> None:
    more = {"name": "lon", "type": "number"}
    fields = [*document()["fields"], more]
    assert schema_with(("fields", fields)).scale("lon") == 3
    fields[-1] = more | {"maillage:resolution": "0.000001"}
    schema = schema_with(("fields", fields))
    assert schema.scale("lon") == 6
    assert schema.arrow_schema().field("lon").type.scale == 6
    fields[-1] = more | {"maillage:resolution": "0.5"}
    with pytest.raises(SchemaFault, match="a power of ten"):
        schema_with(("fields", fields))


def test_schemas_are_equal_by_their_bytes() -> None:
    same, other = parse_schema(GOOD), parse_schema(GOOD + b"\n")
    assert parse_schema(GOOD) == same
    assert same != other
    assert len({same, other, parse_schema(GOOD)}) == 2
    assert same != "essai"


def test_members_of_other_tools_change_nothing() -> None:
    schema = schema_with(("homepage", "x"), ("fields.0.rdfType", "x"), ("fields.0.bareNumber", 1))
    assert schema.name == "essai"


# --- hostile documents -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "not a schema document"),
        (b"\xff{}", "utf-8"),
        (b"\xef\xbb\xbf" + GOOD, "not a schema document"),
        (b"null", "valid dictionary"),
        (b"[]", "valid dictionary"),
        (b'{"name":', "not a schema document"),
        (GOOD[:-1] + b',"name":"x"}', "same key twice"),
        (GOOD.replace(b'"own"', b'"own","origin":"own"'), "same key twice"),
        (GOOD.replace(b'"Essai"', b"NaN", 1), "NaN is not JSON"),
        (GOOD.replace(b'"Essai"', b"-Infinity", 1), "Infinity is not JSON"),
        (GOOD.replace(b'"title"', b'"x":1e999,"title"'), "too large a number"),
        (GOOD.replace(b'"title"', b'"x":' + b"9" * 5000 + b',"title"'), "not a schema document"),
        (GOOD.replace(b'"title"', b'"\\ud800":1,"title"'), "surrogates"),
        (GOOD.replace(b'"Essai"', b'"\\udc00"', 1), "surrogates"),
        (GOOD.replace(b'"title"', b'"x":' + b"[" * 60_000 + b"]" * 60_000 + b',"title"'), "recurs"),
        (GOOD.replace(b'"title"', b'"x":' + b'{"a":' * 30_000 + b"1" + b"}" * 30_000), "recurs"),
        (b" " * (DOCUMENT_MAX_BYTES + 1), "at most 262144"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_strict_json_is_refused(text: bytes, told: str) -> None:
    assert told in refused_bytes(text)


def test_the_largest_document_is_read() -> None:
    assert parse_schema(GOOD.ljust(DOCUMENT_MAX_BYTES)).name == "essai"


FIELD = {"name": "more", "type": "string"}


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        # names
        ("name", "Essai", "name:"),
        ("name", "a" * 65, "name:"),
        ("name", "a_b", "name:"),
        ("version", "1.0", "version:"),
        ("version", "01.0.0", "version:"),
        ("version", "1.0.0-rc1", "version:"),
        ("version", 1, "version:"),
        ("fields", [], "fields:"),
        ("fields", [FIELD] * (FIELDS_MAX + 1), "fields:"),
        ("fields.1.name", "site", "stands twice"),
        ("fields.1.name", "SITE", "stands twice"),
        ("fields.1.name", "_part", "is not a column name"),
        ("fields.1.name", "", "is not a column name"),
        ("fields.1.name", "a" * 65, "is not a column name"),
        ("fields.1.name", "début", "is not a column name"),
        ("fields.1.name", "a\n", "is not a column name"),
        ("fields.1.type", "time", "fields.1.type"),
        ("fields.1.type", ["string", "null"], "fields.1.type"),
        # members
        ("maillage", ..., "maillage:"),
        ("maillage.unknown", 1, "maillage.unknown: Extra inputs"),
        ("maillage.base_window", "hour", "Extra inputs"),
        ("maillage.sharing.to", "all", "Extra inputs"),
        ("maillage.kind", "events", "maillage.kind"),
        ("maillage.licence", "all-rights-reserved", "maillage.licence"),
        ("maillage.labels.nl", "Proef", "maillage.labels"),
        ("maillage.competence", ["Commune"], "maillage.competence"),
        ("maillage.themes.commitments", [11], "maillage.themes.commitments"),
        ("maillage.themes.euTheme", "transport", "maillage.themes.euTheme"),
        ("maillage.cadence", "15 min", "cadence:"),
        ("maillage.cadence", "P", "cadence:"),
        ("maillage.cadence", "PT", "cadence:"),
        # roles
        ("primaryKey", ..., "primaryKey"),
        ("primaryKey", [], "primaryKey"),
        ("primaryKey", ["site", "start", "site"], "each once"),
        ("primaryKey", ["site", "start", "none"], "is no field"),
        ("primaryKey", ["site"], "contains its time"),
        ("primaryKey", ["start", "value"], "a key column is required"),
        ("fields.0.type", "array", "not a type for a key"),
        ("fields.0.constraints.required", False, "a key column is required"),
        ("maillage.personal", ["site"], "never leaves the node"),
        ("maillage.personal", ["value"], "never leaves the node"),
        ("maillage.personal", ["end"], "never leaves the node"),
        ("maillage.personal", ["none"], "is no field"),
        ("maillage.language", {"none": "fr"}, "is no field"),
        ("maillage.time", ..., "a series has time"),
        ("maillage.time", "site", "datetimes"),
        ("maillage.time", "none", "is no field"),
        ("maillage.timeEnd", "start", "another column"),
        ("maillage.timeEnd", "value", "of the type of time"),
        ("maillage.secrecy", SECRECY | {"count": "value"}, "whole numbers"),
        ("maillage.secrecy", SECRECY | {"count": "nothing"}, "no field"),
        ("maillage.baseWindow", ..., "a series has time"),
        ("maillage.baseWindow", "week", "maillage.baseWindow"),
        ("maillage.place", "value", "column of texts"),
        ("maillage.place", "secret", "never leaves the node"),
        ("maillage.kind", "register", "a register has neither"),
        ("maillage.secrecy", {"unit": "household", "field": "none", "k": 1}, "maillage.secrecy"),
        (
            "maillage.secrecy",
            {"unit": "household", "field": "none", "k": 11, "dominancePercent": 85},
            "is no field",
        ),
        (
            "maillage.alignsWith",
            [{"standard": "x", "version": "1", "mapping": {"none": "x"}}],
            "is no field",
        ),
        # measures
        ("maillage.measures.none", {"unit": "1", "aggregates": ["count"]}, "is no field"),
        ("maillage.measures.site", {"unit": "1", "aggregates": ["sum"]}, "only numbers add up"),
        ("maillage.measures.value.aggregates", [], "aggregates"),
        ("maillage.measures.value.aggregates", ["median"], "aggregates"),
        ("maillage.measures.value.aggregates", ["weighted_mean"], "needs a weight"),
        ("maillage.measures.value.aggregates", ["ratio"], "needs a numerator"),
        ("maillage.measures.value.weight", "site", "no column of numbers"),
        ("maillage.measures.value.unit", "", "unit"),
        ("maillage.measures.value.resolution", "0.5", "a power of ten"),
        ("maillage.measures.value.resolution", "10", "a power of ten"),
        ("maillage.measures.value.resolution", "0.0000000001", "a power of ten"),
        ("maillage.measures.value.resolution", 1, "resolution"),
        ("fields.3.maillage:resolution", "0.1", "a measure states its own"),
        ("fields.0.maillage:resolution", "0.1", "of a number"),
        ("fields.3.type", "integer", "the column isn't of decimals"),
        # constraints
        ("fields.3.constraints", {"unknown": 1}, "Extra inputs"),
        ("fields.3.constraints", {"minimum": 2, "maximum": 1}, "minimum is above maximum"),
        ("fields.3.constraints", {"minimum": "two"}, "is no number"),
        ("fields.3.constraints", {"minimum": "Infinity"}, "is no number"),
        ("fields.3.constraints", {"minimum": "1e99999999"}, "is no number"),
        ("fields.3.constraints", {"maximum": 10**17}, "too many digits"),
        ("fields.3.constraints", {"enum": ["0.001"]}, "finer than"),
        ("fields.3.constraints", {"enum": ["x"]}, "is no number"),
        ("fields.3.constraints", {"enum": []}, "enum"),
        ("fields.3.constraints", {"enum": [0.5]}, "enum"),
        ("fields.3.constraints", {"pattern": "x"}, "texts only"),
        ("fields.3.constraints", {"minLength": 1}, "texts and arrays only"),
        ("fields.2.constraints", {"minimum": "2026-01-01T00:00:00"}, "is no datetime"),
        ("fields.2.constraints", {"minimum": 1}, "is no datetime"),
        ("fields.4.constraints", {"minimum": "a"}, "not for string"),
        ("fields.4.constraints", {"enum": ["a", 1]}, "has texts"),
        ("fields.4.constraints", {"minLength": -1}, "minLength"),
        ("fields.4.constraints", {"minLength": 3, "maxLength": 2}, "above maxLength"),
        ("fields.4.constraints", {"maxLength": 2**40}, "too large"),
        ("fields.4.constraints", {"maxLength": True}, "maxLength"),
    ],
)
def test_documents_that_do_not_hold_together_are_refused(path: str, value: Any, told: str) -> None:
    assert told in refused((path, value))


@pytest.mark.parametrize("path", ["time", "timeEnd", "baseWindow"])
def test_a_register_has_no_time(path: str) -> None:
    with pytest.raises(SchemaFault, match="neither time nor baseWindow"):
        register({"name": "start", "type": "datetime"}, **{path: "start" if "t" in path else "day"})


def test_a_place_is_in_the_key_of_a_series() -> None:
    more = {"name": "town", "type": "string"}
    assert "its place" in refused(
        ("fields.4", more), ("maillage.place", "town"), ("maillage.personal", [])
    )


# --- patterns ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(", "isn't closed"),
        (")", "wasn't opened"),
        ("[a", "isn't closed"),
        ("a\\", "backslash"),
        ("*", "pattern"),
        ("a{,2}", "pattern"),
        ("a{2,1}", "pattern"),
        ("a)|(?:b", "wasn't opened"),
        ("(?=a)", "only plain"),
        ("(?!a)b", "only plain"),
        ("(?<=a)b", "only plain"),
        ("(?x) a # b", "only plain"),
        ("(?-u)a", "only plain"),
        (r"(a)\1", "backreferences"),
        (r"\Qa\E", "pattern"),
        ("(a{1000}){1000}", "repeats too much"),
        ("((((a{50}){50}){50}){50}){50}", "repeats too much"),
        (r"\w{1000}", "repeats too much"),
        ("a{99999999999999999999}", "repeats too much"),
        ("(" * 600 + ")" * 600, "pattern"),
        ("a" * 2001, "pattern"),
    ],
)
def test_patterns_that_cost_or_do_not_work_are_refused(pattern: str, told: str) -> None:
    message = refused(("fields.4.constraints", {"pattern": pattern}))
    assert told in message


def test_patterns_are_bounded_together() -> None:
    one = r"\w{20}"
    many = COST_MAX // estimate(one)
    fields = [*SERIES["fields"]]
    fields += [
        {
            "name": f"f{at}",
            "type": "string",
            "constraints": {"pattern": one + "x" * (at % 7) + "y" * (at // 7)},
        }
        for at in range(many + 1)
    ]
    assert f"f{many}: pattern: repeats too much" in refused(("fields", fields))


def test_a_pattern_is_compiled_once_however_often_it_stands() -> None:
    check_patterns((f"f{at}", r"\d{14}") for at in range(10_000))


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("[0-9]{2}", "12", "123"),
        ("^[0-9]{2}$", "12", "12\n"),
        ("a|b", "b", "ab"),
        (r"^[^|]+(\|[^|]+)*$", "a|b", "a|"),
        ("(?i)abc", "ABC", "abcd"),
        ("(?P<x>a)", "a", "b"),
        ("[]a]+", "]a]", "b"),
        ("[^]a]+", "b", "]"),
        (r"[a[b\]]]+", "ab]", "c"),
        (r"\p{Lu}", "É", "é"),
    ],
)
def test_a_pattern_is_for_the_whole_value(pattern: str, good: str, bad: str) -> None:
    check_patterns([("x", pattern)])
    found = pl.Series([good, bad]).str.contains(whole(pattern))
    assert found.to_list() == [True, False]


@pytest.mark.parametrize(
    ("pattern", "cost"),
    [("a", 1), ("a{5}", 5), ("(?:ab){5,10}", 30), ("a{3,}", 4), (r"\w", 350), ("a{3}{4}", 12)],
)
def test_the_estimate_follows_groups_and_repetitions(pattern: str, cost: int) -> None:
    assert estimate(pattern) == cost


@given(st.text(alphabet="ab()[]{}?*+|\\^$,.:<>P=!-&~012 dwpx\n", max_size=30))
@example("[[:alpha:]]")
@example("(?<x")
@settings(deadline=None)
def test_any_pattern_is_taken_or_refused(pattern: str) -> None:
    try:
        check_patterns([("x", pattern)])
    except SchemaFault:
        return
    assert pl.Series(["a"]).str.contains(whole(pattern)).len() == 1


# --- any document ------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
PATHS: list[tuple[Any, ...]] = []


def _walk(node: Any, way: tuple[Any, ...]) -> None:
    PATHS.append(way)
    items: Any = ()
    if isinstance(node, dict):
        items = node.items()
    elif isinstance(node, list):
        items = enumerate(node)
    for name, value in items:
        _walk(value, (*way, name))


_walk(SERIES, ())


def put(way: tuple[Any, ...], value: Any) -> Any:
    """The good document with something else at a place in it."""
    if not way:
        return value
    whole_ = document()
    at: Any = whole_
    for step in way[:-1]:
        at = at[step]
    at[way[-1]] = value
    return whole_


@given(st.sampled_from(PATHS), JSON)
@settings(max_examples=300, deadline=None)
def test_any_value_in_any_place_is_taken_or_refused(way: tuple[Any, ...], value: Any) -> None:
    try:
        schema = parse_schema(json.dumps(put(way, value)).encode())
    except SchemaFault:
        return
    assert schema.arrow_schema().names == list(schema.polars_schema())


def _flip(text: bytearray, seed: random.Random) -> None:
    text[seed.randrange(len(text))] = seed.randrange(256)


def _cut(text: bytearray, seed: random.Random) -> None:
    at = seed.randrange(len(text))
    del text[at : at + seed.randrange(1, 20)]


def _double(text: bytearray, seed: random.Random) -> None:
    at = seed.randrange(len(text))
    text[at:at] = text[at : at + seed.randrange(1, 40)]


CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _cut, _double)


@pytest.mark.parametrize("start", range(4))
def test_broken_bytes_are_taken_or_refused(start: int) -> None:
    seed = random.Random(start)
    for _ in range(1_000):
        text = bytearray(GOOD)
        for _ in range(seed.randrange(1, 4)):
            seed.choice(CHANGES)(text, seed)
        try:
            assert parse_schema(bytes(text)).document == text
        except SchemaFault:
            continue


# --- time of days and years --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "window", "taken"),
    [
        ("datetime", "hour", True),
        ("date", "day", True),
        ("date", "year", True),
        ("date", "hour", False),
        ("year", "year", True),
        ("year", "month", False),
        ("string", "year", False),
    ],
)
def test_windows_are_not_finer_than_the_time(kind: str, window: str, *, taken: bool) -> None:
    changes: list[tuple[str, Any]] = [
        ("fields.1.type", kind),
        ("fields.2.type", kind),
        ("maillage.baseWindow", window),
    ]
    if taken:
        assert schema_with(*changes).base_window == window
    else:
        told = refused(*changes)
        assert "finer than" in told or "datetimes, dates or years" in told
