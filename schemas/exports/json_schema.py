"""JSON Schema 2020-12 of one row, as JSON files and the node's answers have it.

It refuses what the node refuses of one row by itself: a type, a form, a constraint, a column too
many. Four things it can't say, and `$comment` does: that a value or key stands once in a file, that
an interval ends after it began, how many digits a number may have behind the point, and that dates
lie between two. It is stricter in two: what is unknown is null or absent, never an empty text where
values have a form of their own; and instants have their offset.

`format` is an annotation in 2020-12. Where a validator is to check it, a pattern says it too.
"""

import re
from decimal import Decimal
from typing import Any, Final

from schemas.document import Field, Lang
from schemas.exports.columns import label_of
from schemas.exports.ecma import ecma
from schemas.exports.values import example_of, number, value_of
from schemas.geometry import DEPTHS
from schemas.model import Schema
from schemas.rules import FORMS, TEXT_MAX_CHARS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_DATE: Final = r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$"
_DATETIME: Final = (
    r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6}0*)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)
_ISO: Final = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M:%SZ"}
_STANDARD: Final = ("default", "any")
_DIGITS: Final = {
    "Y": "[0-9]{4}",
    "j": "[0-9]{3}",
    "z": "[+-][0-9]{2}:?[0-9]{2}",
    **dict.fromkeys("mdHMSyIU", "[0-9]{2}"),
}
"""What the commonest of strptime's directives read."""


def row_schema(schema: Schema, lang: Lang = "en") -> dict[str, Any]:
    """The JSON Schema of one row.

    Args:
        schema: Any.
        lang: Of titles; descriptions are in the document's language.
    """
    found: dict[str, Any] = {
        "$schema": DIALECT,
        "$comment": f"Made from {schema.name} {schema.version}, SHA-256 {schema.digest}. "
        f"{_unsaid(schema)}",
        "title": schema.labels.get(lang) or schema.title,
        "description": schema.parsed.description,
        "type": "object",
        "properties": {
            field.name: _property(schema, field, lang) | _annotations(schema, field)
            for field in schema.fields
        },
        "required": [one.name for one in schema.wire_fields if one.constraints.required],
        "additionalProperties": False,
    }
    example = {
        one.name: value for one in schema.wire_fields if (value := example_of(one)) is not None
    }
    return found | {"examples": [example]}


def _unsaid(schema: Schema) -> str:
    told = [f"Of all rows, ({', '.join(schema.primary_key)}) stands once."]
    told += [
        f"Each value of {one.name} stands once."
        for one in schema.wire_fields
        if one.constraints.unique and schema.primary_key != (one.name,)
    ]
    if schema.time_end is not None:
        told.append(f"{schema.time_end} is later than {schema.time}.")
    if schema.personal:
        told.append(f"Never leaves the node: {', '.join(sorted(schema.personal))}.")
    return " ".join(told)


def _annotations(schema: Schema, field: Field) -> dict[str, Any]:
    """What people read, and what JSON Schema has no word for."""
    found: dict[str, Any] = {}
    measure = schema.block.measures.get(field.name)
    if measure is not None:
        found["maillage:unit"] = measure.unit
    if field.type == "number":
        found["maillage:digits"] = schema.scale(field.name)
    if field.name in schema.personal:
        found["maillage:personal"] = True
    example = example_of(field)
    return found if example is None else found | {"examples": [example]}


def _property(schema: Schema, field: Field, lang: Lang) -> dict[str, Any]:
    said: dict[str, Any] = {"title": label_of(field, lang)}
    if field.description:
        said["description"] = field.description
    asked = _asked(schema, field)
    required = field.constraints.required and field.name not in schema.personal
    if required:
        return said | asked
    if "enum" in asked:
        asked["enum"] = [*asked["enum"], None]
    return said | asked | {"type": [asked["type"], "null"]}


def _asked(schema: Schema, field: Field) -> dict[str, Any]:
    """Type and constraints of a value that is there."""
    if field.type in ("integer", "number", "year"):
        return _number(field)
    if field.type in ("boolean", "object"):
        return {"type": field.type}
    if field.type == "array":
        return _array(field)
    if field.type == "geojson":
        return _geometry()
    return _text(schema, field)


def _number(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "number" if field.type == "number" else "integer"}
    low, high = field.constraints.minimum, field.constraints.maximum
    if field.type == "year":
        found |= {"minimum": 1, "maximum": 9999}
    if low is not None:
        found["minimum"] = number(Decimal(str(low)))
    if high is not None:
        found["maximum"] = number(Decimal(str(high)))
    if field.constraints.enum is not None:
        found["enum"] = [value_of(field, str(one)) for one in field.constraints.enum]
    return found


def _array(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
    if field.constraints.min_length is not None:
        found["minItems"] = field.constraints.min_length
    if field.constraints.max_length is not None:
        found["maxItems"] = field.constraints.max_length
    return found


def _geometry() -> dict[str, Any]:
    """A GeoJSON geometry as `schemas.geometry` takes it; positions only in number."""
    position: dict[str, Any] = {
        "type": "array",
        "minItems": 2,
        "maxItems": 3,
        "prefixItems": [
            {"type": "number", "minimum": -180, "maximum": 180},
            {"type": "number", "minimum": -90, "maximum": 90},
            {"type": "number"},
        ],
    }
    nested = [position]
    for _ in range(max(DEPTHS.values())):
        nested.append({"type": "array", "minItems": 1, "items": nested[-1]})
    return {
        "type": "object",
        "properties": {"type": {"enum": list(DEPTHS)}, "coordinates": {"type": "array"}},
        "required": ["type", "coordinates"],
        "additionalProperties": False,
        "allOf": [
            {
                "if": {"properties": {"type": {"const": kind}}},
                "then": {"properties": {"coordinates": nested[depth]}},
            }
            for kind, depth in DEPTHS.items()
        ],
    }


def _text(schema: Schema, field: Field) -> dict[str, Any]:
    asked = field.constraints
    found: dict[str, Any] = {"type": "string"}
    least = asked.min_length or 0
    if asked.required and "" in schema.missing_values:
        least = max(least, 1)
    if least:
        found["minLength"] = least
    if field.type in ("string", "geopoint"):
        found["maxLength"] = TEXT_MAX_CHARS if asked.max_length is None else asked.max_length
    absent = [one for one in schema.missing_values if one]
    if asked.required and absent:
        found["not"] = {"enum": absent}
    if asked.enum is not None:
        found["enum"] = list(asked.enum)
    form, patterns = _form(field)
    if form is not None:
        found["format"] = form
    if asked.pattern is not None:
        patterns.append(ecma(asked.pattern))
    known = [one for one in patterns if one is not None]
    if len(known) == 1:
        found["pattern"] = known[0]
    elif known:
        found["allOf"] = [{"pattern": one} for one in known]
    return found


def _form(field: Field) -> tuple[str | None, list[str | None]]:
    """JSON Schema's format, and the pattern that says as much."""
    if field.type in ("date", "datetime"):
        iso = field.format in _STANDARD or field.format == _ISO[field.type]
        if not iso:
            return None, [_directives(field.format)]
        return ("date", [_DATE]) if field.type == "date" else ("date-time", [_DATETIME])
    form = field.format if field.type == "string" else field.type
    pattern = FORMS.get(form)
    names = {"uuid": "uuid", "email": "email", "uri": "uri"}
    return names.get(form), [] if pattern is None else [ecma(pattern)]


def _directives(form: str) -> str | None:
    """A pattern for strptime's format; None if it has directives of another kind."""
    parts: list[str] = []
    for directive, literal in re.findall(r"%(.)|([^%]+)", form):
        if literal:
            parts.append(
                "".join(f"\\{one}" if one in r"^$\.*+?()[]{}|/" else one for one in literal)
            )
        elif directive in _DIGITS:
            parts.append(_DIGITS[directive])
        else:
            return None
    return f"^{''.join(parts)}$"
