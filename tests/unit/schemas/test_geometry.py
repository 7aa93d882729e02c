"""GeoJSON geometries in cells: those of RFC 7946, and nothing that only looks like one."""

import json

import pytest

from schemas.geometry import is_geometry, is_object


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("Point", [2.79, 44.19]),
        ("Point", [2.79, 44.19, 720]),
        ("MultiPoint", [[2, 44]]),
        ("LineString", [[2, 44], [3, 45]]),
        ("MultiLineString", [[[2, 44], [3, 45]]]),
        ("Polygon", [[[2, 44], [3, 44], [3, 45], [2, 44]]]),
        ("MultiPolygon", [[[[2, 44], [3, 44], [3, 45], [2, 44]]]]),
    ],
)
def test_geometries(kind: str, coordinates: object) -> None:
    assert is_geometry(json.dumps({"type": kind, "coordinates": coordinates}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[2, 44]",
        '{"type": "Point"}',
        '{"type": "Point", "coordinates": []}',
        '{"type": "Point", "coordinates": [2, "44"]}',
        '{"type": "Point", "coordinates": [true, 44]}',
        '{"type": "Point", "coordinates": [2, 91]}',
        '{"type": "Point", "coordinates": [181, 4]}',
        '{"type": "Point", "coordinates": [2, NaN]}',
        '{"type": "Point", "coordinates": [[2, 44]]}',
        '{"type": "LineString", "coordinates": [2, 44]}',
        '{"type": "Circle", "coordinates": [2, 44]}',
        '{"type": ["Point"], "coordinates": [2, 44]}',
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [2, 44]}}',
        '{"type": "Point", "type": "Point", "coordinates": [2, 44]}',
        "[" * 5_000,
    ],
)
def test_what_is_no_geometry(text: str) -> None:
    assert not is_geometry(text)


def test_objects() -> None:
    assert is_object('{"a": [1, {"b": null}]}')
    assert not is_object("[1]")
    assert not is_object('{"a": "\\ud800"}')
