"""Cells that hold a JSON object, and those whose object is a GeoJSON geometry (RFC 7946)."""

import json
from typing import Any, Final

_LON_MAX_DEG: Final = 180
_LAT_MAX_DEG: Final = 90
_POSITION: Final = (2, 3)
"""Numbers of a position: longitude, latitude, and perhaps altitude (RFC 7946, section 3.1.1)."""

DEPTHS: Final = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
"""How deep lists of positions are nested in `coordinates`."""


def is_object(text: str) -> bool:
    """Whether a text is a JSON object without double keys that has a form in UTF-8."""
    return parsed_object(text) is not None


def parsed_object(text: str) -> dict[str, Any] | None:
    """The object that a text is; None where it is none."""
    try:
        found = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_geometry(text: str) -> bool:
    """Whether a text is a geometry in degrees, longitude first (WGS 84).

    Collections of geometries aren't taken: no column of the catalogue needs one, and few programs
    draw them.
    """
    found = parsed_object(text)
    if found is None or found.keys() != {"type", "coordinates"}:
        return False
    depth = DEPTHS.get(found["type"]) if isinstance(found["type"], str) else None
    return depth is not None and _nested(found["coordinates"], depth)


def _nested(value: Any, depth: int) -> bool:
    if depth == 0:
        return _is_position(value)
    return isinstance(value, list) and bool(value) and all(_nested(one, depth - 1) for one in value)


def _is_position(value: Any) -> bool:
    if not isinstance(value, list) or len(value) not in _POSITION:
        return False
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in value):
        return False
    return bool(abs(value[0]) <= _LON_MAX_DEG and abs(value[1]) <= _LAT_MAX_DEG)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
