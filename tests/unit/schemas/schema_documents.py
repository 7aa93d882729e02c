"""Schema documents for tests: whole ones, and changes to them."""

import json
from copy import deepcopy
from typing import Any

from schemas.model import Schema, parse_schema

SERIES: dict[str, Any] = {
    "name": "essai",
    "version": "1.2.0",
    "title": "Essai",
    "fields": [
        {"name": "site", "type": "string", "constraints": {"required": True, "maxLength": 20}},
        {"name": "start", "type": "datetime", "constraints": {"required": True}},
        {"name": "end", "type": "datetime"},
        {"name": "value", "type": "number"},
        {"name": "secret", "type": "string"},
    ],
    "primaryKey": ["site", "start"],
    "maillage": {
        "kind": "series",
        "time": "start",
        "timeEnd": "end",
        "baseWindow": "hour",
        "cadence": "PT15M",
        "measures": {"value": {"unit": "m3", "resolution": "0.01", "aggregates": ["sum"]}},
        "competence": ["commune"],
        "origin": "own",
        "sharing": {"default": "open"},
        "personal": ["secret"],
        "licence": "etalab-2.0",
        "labels": {"fr": "Essai"},
    },
}


def document(*changes: tuple[str, Any], base: dict[str, Any] | None = None) -> dict[str, Any]:
    """A document with members set by path (`maillage.time`, `fields.0.type`); `...` removes."""
    whole = deepcopy(SERIES if base is None else base)
    for path, value in changes:
        *way, last = path.split(".")
        at: Any = whole
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at.setdefault(step, {})
        if isinstance(at, list):
            at[int(last)] = value
        elif value is ...:
            del at[last]
        else:
            at[last] = value
    return whole


def schema_with(*changes: tuple[str, Any]) -> Schema:
    return parse_schema(json.dumps(document(*changes)).encode())


def register(*fields: dict[str, Any], key: str = "id", **block: Any) -> Schema:
    """A register with a key column `id` and these fields."""
    first = {"name": "id", "type": "integer", "constraints": {"required": True}}
    whole = document(("fields", [first, *fields]), ("primaryKey", key))
    kept = {
        name: value
        for name, value in whole["maillage"].items()
        if name not in ("time", "timeEnd", "baseWindow", "personal", "measures")
    }
    whole["maillage"] = kept | {"kind": "register"} | block
    return parse_schema(json.dumps(whole).encode())
