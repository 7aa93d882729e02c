"""Columns of a device's rows that are always the same: which sector, which building."""

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from schemas.checks import check_rows
from schemas.model import Schema
from schemas.reading.casting import cast_column


def fixed_values(
    text: str, schema: Schema, filled: Collection[str]
) -> Mapping[str, Any] | tuple[str, str]:
    """Read fixed values, and check them under the schema.

    Args:
        text: `secteur_id=BOURG-1|lineaire_km=8.35`.
        schema: Of the dataset.
        filled: Columns that the device's messages fill.

    Returns:
        Values by column; or the code of what is wrong, and the text that it is about.
    """
    found: dict[str, Any] = {}
    times = (schema.time, schema.time_end)
    for part in (piece.strip() for piece in text.split("|") if piece.strip()):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        field = schema.by_name.get(name)
        if not equals or name in found:
            return "fixed", part
        if field is None or name in times or name in filled or name in schema.personal:
            return "fixed-column", name
        cast = cast_column(pl.Series([value]), field, schema.scale(name), comma=False)
        if not value or cast.troubles:
            return "fixed-value", part
        found[name] = cast.values[0]
    for field in schema.wire_fields:
        if field.constraints.required and field.name not in (*found, *filled, schema.time):
            return "fixed-missing", field.name
    report = check_rows(schema, _example(schema, found))
    wrong = [fault for fault in report.faults if fault.column in found]
    return ("fixed-value", f"{wrong[0].column}={wrong[0].value}") if wrong else found


def _example(schema: Schema, fixed: Mapping[str, Any]) -> pl.DataFrame:
    row = {field.name: fixed.get(field.name) for field in schema.wire_fields}
    return pl.DataFrame([row], schema=schema.polars_schema())
