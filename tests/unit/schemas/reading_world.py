"""Schemas and files that the tests of reading share."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas.model import Schema, parse_schema
from schemas.reading import Reading, read

REFERENCE = Path(__file__).parents[4] / "shared" / "reference"
REQUIRED = {"required": True}


def reference(name: str) -> Path:
    """A file of the reference data; skips the test where there is none."""
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"reference data is missing: {name}")
    return path


def schema_of(
    fields: Sequence[Mapping[str, Any]],
    key: Sequence[str] = ("id",),
    *,
    missing: Sequence[str] = ("",),
    **block: Any,
) -> Schema:
    """A register, or a series if `block` says so."""
    return parse_schema(
        json.dumps(
            {
                "name": "essai",
                "version": "1.0.0",
                "fields": list(fields),
                "primaryKey": list(key),
                "missingValues": list(missing),
                "maillage": {
                    "kind": "register",
                    "competence": ["commune"],
                    "origin": "own",
                    "sharing": {"default": "open"},
                    "licence": "etalab-2.0",
                    "labels": {"fr": "Essai"},
                }
                | block,
            }
        ).encode()
    )


def one(kind: str, **more: Any) -> Schema:
    """A register with a text key `id` and a column `x` of a type."""
    return schema_of(
        [
            {"name": "id", "type": "string", "constraints": REQUIRED},
            {"name": "x", "type": kind} | more,
        ]
    )


ALL = schema_of(
    [
        {"name": "id", "type": "integer", "constraints": REQUIRED},
        {"name": "nom", "type": "string"},
        {"name": "montant", "type": "number"},
        {"name": "ouvert", "type": "boolean"},
        {"name": "jour", "type": "date"},
        {"name": "instant", "type": "datetime"},
        {"name": "annee", "type": "year"},
        {"name": "themes", "type": "array"},
        {"name": "detail", "type": "object"},
        {"name": "courriel", "type": "string"},
    ],
    personal=["courriel"],
)

MEASURE = schema_of(
    [
        {"name": "channel_id", "type": "string", "constraints": REQUIRED},
        {"name": "counter_id", "type": "string"},
        {"name": "start_datetime", "type": "datetime", "constraints": REQUIRED},
        {"name": "end_datetime", "type": "datetime"},
        {"name": "count", "type": "number"},
    ],
    ("channel_id", "start_datetime"),
    kind="series",
    time="start_datetime",
    timeEnd="end_datetime",
    baseWindow="day",
    measures={"count": {"unit": "1", "resolution": "1", "aggregates": ["sum"]}},
)


def of(text: str | bytes, schema: Schema = ALL, filename: str = "f.csv") -> Reading:
    """A reading of a small file."""
    data = text.encode() if isinstance(text, str) else text
    return read(data, filename=filename, schema=schema)


def told(found: Reading) -> list[tuple[str, int | None, str | None]]:
    """Rule, row and column of each fault."""
    assert found.rows is None, "a reading with faults has no rows"
    return [(fault.rule, fault.row, fault.column) for fault in found.report.faults]


def values(found: Reading, column: str) -> list[Any]:
    """A column of a reading without faults."""
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    return found.rows[column].to_list()


def guesses(found: Reading) -> list[tuple[str, str | None, str | None]]:
    """Code, column and value of each note."""
    return [(note.code, note.column, note.value) for note in found.guessed]
