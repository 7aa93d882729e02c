"""Versions of one schema side by side: what a series keeps, and rows of an older one in a newer.

A schema is immutable per version (design, section 3). Rows that were published under an older
version stay as they are; what is said here is how they are read together with newer ones.
"""

from typing import Final

import polars as pl

from schemas.model import Field, Schema

WIDENED: Final = {("integer", "number"), ("year", "integer"), ("year", "number")}
"""Types whose values all have an exact form in another: (older, newer)."""


def same_series(one: Schema, other: Schema) -> bool:
    """Whether rows of both may stand in one series: a row of one can replace a row of the other.

    Key, time, place and window must be the same, and the key's types: else nobody could say which
    row corrects which, or to which window both belong.
    """
    return _identity(one) == _identity(other)


def _identity(schema: Schema) -> object:
    types = schema.polars_schema()
    return (
        schema.name,
        schema.kind,
        [(name, types.get(name)) for name in schema.primary_key],
        schema.time,
        schema.place,
        schema.base_window,
    )


def holds(newer: Schema, older: Schema) -> bool:
    """Whether each row of the older version has an exact form under the newer one."""
    return same_series(newer, older) and all(
        _widens(field, older, newer) for field in older.wire_fields
    )


def _widens(field: Field, older: Schema, newer: Schema) -> bool:
    if field.name not in {other.name for other in newer.wire_fields}:
        return False
    other = newer.by_name[field.name]
    if field.type == other.type == "number":
        return newer.scale(field.name) >= older.scale(field.name)
    return field.type == other.type or (field.type, other.type) in WIDENED


def widened(frame: pl.DataFrame, newer: Schema) -> pl.DataFrame:
    """Rows of an older version in the columns of a newer one that holds it.

    Args:
        frame: Wire rows.
        newer: `holds` them. Columns that it adds are null.

    Returns:
        The columns of `newer` in its order.
    """
    types = newer.polars_schema()
    if frame.schema == types:
        return frame
    return frame.select(
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in types.items()
    )


def order(schema: Schema) -> tuple[int, ...]:
    """What the versions of a schema are sorted by."""
    return tuple(int(number) for number in schema.version.split("."))
