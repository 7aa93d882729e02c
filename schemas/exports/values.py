"""A schema's examples as values, and the row that they make."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from schemas.document import Field
from schemas.model import Schema

_NESTED: Final = ("array", "object", "geojson")


def example_of(field: Field) -> Any:
    """A column's example as JSON has it: numbers are numbers, lists are lists.

    Args:
        field: Any.

    Returns:
        None where there is no example, or it isn't one of its type.
    """
    if field.example is None:
        return None
    text = field.example if isinstance(field.example, str) else json.dumps(field.example)
    return value_of(field, text)


def value_of(field: Field, text: str) -> Any:
    """What a cell of a column means, as JSON has it; None if it isn't of its type.

    Args:
        field: Of the column.
        text: As in a CSV file.
    """
    try:
        if field.type in ("integer", "year"):
            return int(text)
        if field.type == "number":
            return number(Decimal(text))
        if field.type == "boolean":
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if field.type in _NESTED:
            return json.loads(text)
    except (ValueError, KeyError, InvalidOperation, RecursionError):
        return None
    return text


def number(value: Decimal) -> int | float:
    """A decimal as JSON writes it best: without a point where there is nothing behind it."""
    return int(value) if value == value.to_integral_value() else float(value)


def example_row(schema: Schema, *, personal: bool = True) -> dict[str, str]:
    """A row of the examples, as texts of a CSV file; columns without an example are left out.

    Args:
        schema: Any.
        personal: Whether personal columns are in it.
    """
    columns = schema.fields if personal else schema.wire_fields
    return {
        one.name: one.example if isinstance(one.example, str) else json.dumps(one.example)
        for one in columns
        if one.example is not None
    }
