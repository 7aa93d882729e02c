"""Columns that say where a row is: two coordinates, or a point in one text."""

from typing import Final

from schemas.model import Schema

_PAIRS: Final = (
    ("longitude", "latitude"),
    ("lon", "lat"),
    ("long", "lat"),
    ("xlong", "ylat"),
    ("lng", "lat"),
    ("long_coor1", "lat_coor1"),
    ("equip_long", "equip_lat"),
)
"""How schemas call the two coordinates, in lower case."""


def point_columns(schema: Schema) -> tuple[str, ...]:
    """The columns of a row's point that may leave the node.

    Args:
        schema: Any.

    Returns:
        A geopoint's column, or those of longitude and latitude; empty if there are none.
    """
    for field in schema.wire_fields:
        if field.type == "geopoint":
            return (field.name,)
    numbers = {one.name.lower(): one.name for one in schema.wire_fields if one.type == "number"}
    for lon, lat in _PAIRS:
        if lon in numbers and lat in numbers:
            return numbers[lon], numbers[lat]
    return ()


def shape_column(schema: Schema) -> str | None:
    """The column of a row's geometry that may leave the node, if there is one.

    Args:
        schema: Any.
    """
    return next((field.name for field in schema.wire_fields if field.type == "geojson"), None)
