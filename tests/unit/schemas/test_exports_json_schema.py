"""JSON Schema of a row: valid itself, takes each example, refuses what the node refuses."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from jsonschema import Draft202012Validator
from schema_documents import register

from schemas.catalogue import bundled
from schemas.exports.ecma import ecma
from schemas.exports.json_schema import row_schema
from schemas.exports.values import example_of
from schemas.model import Schema
from schemas.patterns import whole
from schemas.reading import read

NAMES = bundled().names()
ASKED_MAX = 8
"""Of the broken rows of a schema, which the node is asked about too: it takes some ms each."""


def latest(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def validator(schema: Schema) -> Draft202012Validator:
    found = row_schema(schema, "fr")
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found, format_checker=Draft202012Validator.FORMAT_CHECKER)


def full(schema: Schema) -> dict[str, Any]:
    return {field.name: example_of(field) for field in schema.fields}


def node_takes(schema: Schema, row: dict[str, Any]) -> bool:
    text = json.dumps([row], ensure_ascii=False).encode()
    return read(text, filename="row.json", schema=schema).report.valid


@pytest.mark.parametrize("name", NAMES)
def test_the_row_of_examples_is_taken_by_both(name: str) -> None:
    schema = latest(name)
    checker, row = validator(schema), full(schema)
    assert [one.message for one in checker.iter_errors(row)] == []
    assert node_takes(schema, row)
    shown = row_schema(schema)["examples"][0]
    assert checker.is_valid(shown)
    assert not schema.personal & shown.keys()


def broken(schema: Schema) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows with one thing wrong, and what it is."""
    row = full(schema)
    yield "another column", row | {"zz_inconnue": "x"}
    for field in schema.wire_fields:
        name, asked = field.name, field.constraints
        if asked.required:
            yield f"{name} missing", {key: value for key, value in row.items() if key != name}
            yield f"{name} null", row | {name: None}
        if asked.enum is not None or asked.pattern is not None:
            yield f"{name} not allowed", row | {name: "¤¤¤"}
        if asked.minimum is not None and field.type in ("integer", "number"):
            yield f"{name} below", row | {name: float(asked.minimum) - 1}
        if asked.maximum is not None and field.type in ("integer", "number"):
            yield f"{name} above", row | {name: float(asked.maximum) + 1}
        if asked.max_length is not None and field.type == "string":
            yield f"{name} too long", row | {name: "x" * (asked.max_length + 1)}
        wrong = {"string": ["x"], "array": [1], "object": [], "geojson": {"type": "Point"}}
        yield f"{name} of another type", row | {name: wrong.get(field.type, "¤")}


@pytest.mark.parametrize("name", NAMES)
def test_what_the_node_refuses_of_a_row_it_refuses_too(name: str) -> None:
    schema = latest(name)
    checker, rows = validator(schema), list(broken(schema))
    for number, (what, row) in enumerate(rows):
        assert not checker.is_valid(row), what
        if number % (len(rows) // ASKED_MAX + 1) == 0:
            assert not node_takes(schema, row), what


@pytest.mark.parametrize("name", NAMES)
def test_what_is_unknown_may_be_null_or_absent(name: str) -> None:
    schema = latest(name)
    checker, row = validator(schema), full(schema)
    needed = {one.name for one in schema.wire_fields if one.constraints.required}
    some = {key: value for key, value in row.items() if key in needed}
    assert checker.is_valid(some)
    assert checker.is_valid(some | {key: None for key in row if key not in needed})


GEOMETRIES = [
    ({"type": "Point", "coordinates": [2.5, 44.2]}, True),
    ({"type": "Point", "coordinates": [2.5, 44.2, 600]}, True),
    ({"type": "Point", "coordinates": [200, 44.2]}, False),
    ({"type": "Point", "coordinates": ["2", 44.2]}, False),
    ({"type": "LineString", "coordinates": [[2, 44], [3, 44]]}, True),
    ({"type": "LineString", "coordinates": []}, False),
    ({"type": "Polygon", "coordinates": [[[2, 44], [3, 44], [2, 45], [2, 44]]]}, True),
    ({"type": "Polygon", "coordinates": [[2, 44], [3, 44]]}, False),
    ({"type": "MultiPolygon", "coordinates": [[[[2, 44], [3, 44], [2, 45], [2, 44]]]]}, True),
    ({"type": "GeometryCollection", "geometries": []}, False),
    ({"type": "Point", "coordinates": [2, 44], "crs": {}}, False),
]


@pytest.mark.parametrize(("geometry", "good"), GEOMETRIES)
def test_geometries_are_the_same_to_both(geometry: dict[str, Any], *, good: bool) -> None:
    schema = register({"name": "trace", "type": "geojson"})
    row = {"id": 1, "trace": geometry}
    assert validator(schema).is_valid(row) is good
    assert node_takes(schema, row) is good


FIELDS: list[tuple[dict[str, Any], Any, bool]] = [
    ({"type": "year"}, 2026, True),
    ({"type": "year"}, 0, False),
    ({"type": "boolean"}, True, True),
    ({"type": "string", "format": "uuid"}, "01890e30-5a80-7c22-9842-8263d0d0d890", True),
    ({"type": "string", "format": "uuid"}, "01890e30", False),
    ({"type": "string", "format": "email"}, "mairie@exemple.fr", True),
    ({"type": "string", "format": "email"}, "mairie", False),
    ({"type": "string", "format": "uri"}, "https://exemple.fr/a", True),
    ({"type": "string", "format": "uri"}, "exemple", False),
    ({"type": "geopoint"}, "2.79,44.19", True),
    ({"type": "geopoint"}, "200,44", False),
    ({"type": "date"}, "2026-03-31", True),
    ({"type": "date"}, "2026-02-30", False),
    ({"type": "date", "format": "%d.%m.%Y"}, "31.03.2026", True),
    ({"type": "date", "format": "%d.%m.%Y"}, "2026-03-31", False),
    ({"type": "datetime"}, "2026-03-31T14:00:00+02:00", True),
    ({"type": "datetime"}, "hier", False),
    ({"type": "array", "constraints": {"minLength": 2}}, ["a"], False),
    ({"type": "array", "constraints": {"maxLength": 1}}, ["a"], True),
    ({"type": "array", "constraints": {"maxLength": 1}}, ["a", "b"], False),
    ({"type": "integer", "constraints": {"enum": [1, 2]}}, 2, True),
    ({"type": "integer", "constraints": {"enum": [1, 2]}}, 3, False),
    ({"type": "string"}, "x" * 10_001, False),
]


@pytest.mark.parametrize(("field", "value", "good"), FIELDS)
def test_types_and_formats_are_the_same_to_both(
    field: dict[str, Any], value: Any, *, good: bool
) -> None:
    schema = register({"name": "x", **field})
    row = {"id": 1, "x": value}
    assert validator(schema).is_valid(row) is good
    assert node_takes(schema, row) is good


def test_what_is_personal_is_said_and_never_demanded() -> None:
    field = {"name": "tel", "type": "string", "constraints": {"required": True}}
    schema = register(field, personal=["tel"])
    found = row_schema(schema)
    assert found["required"] == ["id"]
    assert found["properties"]["tel"]["maillage:personal"] is True


# -- patterns -----------------------------------------------------------------------------------

PATTERNS = [
    (r"\d{2}", ["12", "1", "123", "ab"]),
    (r"a|b", ["a", "b", "ab", "c"]),
    (r"^a|b$", ["a", "b", "ab", "xb"]),
    (r"(?i)ab[c-d]", ["ABC", "abD", "abe"]),
    (r"(?i:a)b", ["Ab", "ab", "AB"]),
    (r"(?P<jour>lundi|mardi)", ["lundi", "mardi", "jeudi"]),
    (r"[^]]x", ["ax", "]x"]),
    (r"[]a]x", ["ax", "]x", "bx"]),
    (r"[a\-z]", ["a", "-", "m"]),
    (r"[a-]", ["a", "-", "b"]),
    (r"\-\_\.", ["-_.", "-_x"]),
    (r"\x41\x{42}\u0043", ["ABC", "AB"]),
    (r"a.c", ["abc", "a\nc", "ac"]),
    (r"\Aab\z", ["ab", "abc"]),
    (r"a{2,3}?", ["aa", "aaaa"]),
    (r"é+", ["é", "éé", "e"]),
    (r"[\d.]+", ["1.2", "a"]),
    (r"\D+", ["ab", "1"]),
    (r"(?:(?:^|\|)(x|y))+$", ["x", "x|y", "x|", "|x"]),
    (r"a\/b", ["a/b"]),
    (r"]", ["]"]),
    (r"\w+", ["été_2", "Straße", "λόγος", "a b", "a-b", "€", "«a»", "a×b"]),
    (r"[\w.-]+@\w+", ["é.a-b@c", "a@", "a b@c"]),
]
SAME = [one.constraints.pattern for schema in bundled() for one in schema.fields]
CATALOGUE = sorted({one for one in SAME if one is not None})


@pytest.mark.parametrize(("pattern", "texts"), PATTERNS)
def test_a_translated_pattern_takes_the_same_texts(pattern: str, texts: list[str]) -> None:
    other = ecma(pattern)
    assert other is not None
    ours = pl.Series(texts).str.contains(whole(pattern)).to_list()
    assert [re.search(other, text) is not None for text in texts] == ours
    assert len(set(ours)) == 2 or len(texts) == 1


@pytest.mark.parametrize(
    "pattern", [r"\bmot\b", r"[a-z&&[^b]]", r"[[:alpha:]]", r"[\D]", "a++", r"\p{L}", r"\W"]
)
def test_what_has_no_sure_translation_has_none(pattern: str) -> None:
    assert ecma(pattern) is None
    schema = register({"name": "x", "type": "string", "constraints": {"pattern": pattern}})
    assert "pattern" not in row_schema(schema)["properties"]["x"]


def test_every_pattern_of_the_catalogue_is_translated() -> None:
    assert [one for one in CATALOGUE if ecma(one) is None] == []


def test_an_ecmascript_engine_takes_every_pattern() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT TESTED: needs node on the path")
    words = [*PATTERNS, *((one, []) for one in CATALOGUE)]
    asked = [[ecma(pattern), texts] for pattern, texts in words]
    script = (
        "const asked = JSON.parse(require('fs').readFileSync(0));"
        "const answers = asked.map(([p, texts]) => texts.map((t) => new RegExp(p, 'u').test(t)));"
        "for (const [p] of asked) new RegExp(p, 'u');"
        "console.log(JSON.stringify(answers));"
    )
    done = subprocess.run(
        [node, "-e", script],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-1_000:]
    for (pattern, texts), answer in zip(words, json.loads(done.stdout), strict=True):
        ours = pl.Series(texts, dtype=pl.String).str.contains(whole(pattern)).to_list()
        assert answer == ours, pattern
