"""Rows of the small federation: counts, projects, and a register with a column of every type."""

import datetime as dt
import json
from decimal import Decimal
from functools import cache
from typing import Any, Final

import polars as pl

from federation.model import instant_text
from schemas.catalogue import bundled
from schemas.model import Schema, parse_schema

DAY: Final = dt.datetime(2026, 3, 19, tzinfo=dt.UTC)


def schema(name: str) -> Schema:
    """A bundled schema."""
    found = bundled().get(name, "1.0.0")
    assert found is not None
    return found


@cache
def types_schema() -> Schema:
    """A register with a column of every type, and a place."""
    kinds: dict[str, dict[str, Any]] = {
        "nom": {"type": "string", "constraints": {"required": True}},
        "jour": {"type": "date", "constraints": {"required": True}},
        "commune": {"type": "string", "constraints": {"required": True}},
        "instant": {"type": "datetime"},
        "annee": {"type": "year", "constraints": {"minimum": 1800}},
        "ouvert": {"type": "boolean"},
        "mesure": {"type": "number", "constraints": {"minimum": "-99.5"}},
        "autre": {"type": "number"},
        "rang": {"type": "integer", "constraints": {"enum": [-1, 0, 7]}},
        "liste": {"type": "array"},
        "objet": {"type": "object"},
        "point": {"type": "geopoint"},
    }
    document = {
        "name": "tous-les-types",
        "version": "0.1.0",
        "fields": [{"name": name, **kind} for name, kind in kinds.items()],
        "primaryKey": ["nom", "jour"],
        "maillage": {
            "kind": "register",
            "place": "commune",
            "measures": {"mesure": {"unit": "m", "resolution": "0.01", "aggregates": ["sum"]}},
            "competence": ["epci"],
            "origin": "own",
            "sharing": {"default": "open"},
            "licence": "etalab-2.0",
            "labels": {"fr": "Tous les types", "en": "All types"},
        },
    }
    return parse_schema(json.dumps(document, ensure_ascii=False, indent=1).encode())


@cache
def dwellings_schema() -> Schema:
    """A register whose rows are totals over households, and say over how many."""
    fields = [
        {"name": "quartier", "type": "string", "constraints": {"required": True}},
        {"name": "foyers", "type": "integer", "constraints": {"minimum": 0}},
        {"name": "kwh", "type": "integer", "constraints": {"minimum": 0}},
    ]
    document = {
        "name": "foyers-par-quartier",
        "version": "0.1.0",
        "fields": fields,
        "primaryKey": ["quartier"],
        "maillage": {
            "kind": "register",
            "measures": {"kwh": {"unit": "kW.h", "aggregates": ["sum"]}},
            "secrecy": {
                "unit": "household",
                "field": "quartier",
                "k": 11,
                "dominancePercent": 85,
                "count": "foyers",
            },
            "competence": ["commune"],
            "origin": "own",
            "sharing": {"default": "aggregate-only"},
            "licence": "etalab-2.0",
            "labels": {"fr": "Foyers par quartier", "en": "Dwellings by quarter"},
        },
    }
    return parse_schema(json.dumps(document, ensure_ascii=False, indent=1).encode())


def dwellings(**households: int | None) -> pl.DataFrame:
    """Quarters with so many households each, sorted by key."""
    rows = [(name, count, 1_000) for name, count in sorted(households.items())]
    return pl.DataFrame(rows, schema=dwellings_schema().polars_schema(), orient="row")


def counts(hours: int = 24, *, start: dt.datetime = DAY, channels: int = 1) -> pl.DataFrame:
    """Hourly counts, sorted by key."""
    starts = [start + dt.timedelta(hours=hour) for hour in range(hours)]
    names = [f"C{number:02d}-Pont" for number in range(1, channels + 1)]
    kind = schema("comptage-mobilites").polars_schema()
    return pl.DataFrame(
        {
            "channel_id": [name for name in names for _ in starts],
            "counter_id": [f"{name}-1" for name in names for _ in starts],
            "start_datetime": starts * channels,
            "end_datetime": [one + dt.timedelta(hours=1) for one in starts] * channels,
            "count": [Decimal((7 * at) % 40) for at in range(hours * channels)],
        },
        schema=kind,
    )


def projects(numbers: range = range(1, 5), *, phase: str = "Opération") -> pl.DataFrame:
    """Rows of the register of projects, sorted by key."""
    kind = schema("projets").polars_schema()
    rows = [
        {
            "id": f"6f9619ff-8b86-4d11-b42d-{number:012d}",
            "createdAt": "2025-11-03T08:00:00Z",
            "updatedAt": "2026-02-10T08:00:00Z",
            "nom": f"Rénovation de l'école n° {number}",
            "description": None if number % 2 else "Isolation, chaufferie bois",
            "budgetPrevisionnel": 120_000 + number,
            "phase": phase,
            "competences": '["10.10"]',
            "theme_manifeste": 1 + number % 10,
        }
        for number in numbers
    ]
    whole = pl.DataFrame(rows, schema_overrides=kind)
    missing = [pl.lit(None, kind[name]).alias(name) for name in kind if name not in whole.columns]
    return whole.with_columns(missing).select(kind.names()).cast(kind)


def all_types() -> pl.DataFrame:
    """Values at the edges of every type, sorted by key: texts by their bytes, not as UTF-16."""
    kind = types_schema().polars_schema()
    early, late = (one.replace(tzinfo=dt.UTC) for one in (dt.datetime.min, dt.datetime.max))  # noqa: DTZ901 - it has one here
    old = dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, dt.UTC)
    rows: list[tuple[Any, ...]] = [
        ("", dt.date.min, "12011", early, 1800, True, "-99.50", "0.001", -1, "[]", "{}", "0,0"),
        (
            "a",
            dt.date(1969, 12, 31),
            "12266",
            old,
            1969,
            False,
            "-0.05",
            "-1.000",
            0,
            None,
            None,
            None,
        ),
        (
            "a",
            dt.date(1970, 1, 1),
            "12266",
            late,
            2026,
            None,
            "0.00",
            "0.000",
            7,
            '["é"]',
            None,
            "-1.5, 44.2",
        ),
        ("é", dt.date(2026, 3, 19), "12011", None, None, None, None, None, None, None, None, None),
        ("\uff5e", dt.date.max, "12011", None, None, True, "12.34", None, None, None, None, None),
        (
            "\U0001f6b2",
            dt.date.max,
            "12011",
            None,
            None,
            True,
            "1.00",
            None,
            None,
            None,
            '{"a":1}',
            None,
        ),
    ]
    columns = dict(zip(kind.names(), zip(*rows, strict=True), strict=True))
    decimals = {
        name: [None if one is None else Decimal(one) for one in columns[name]]
        for name in ("mesure", "autre")
    }
    return pl.DataFrame({**columns, **decimals}, schema=kind)


def later(hours: int) -> str:
    """An instant of the wire after the day of the rows began."""
    return instant_text(int((DAY + dt.timedelta(hours=hours)).timestamp()) * 1_000_000)
