"""GeoJSON: properties are columns, a geometry goes where it fits, the rest is told."""

import json
from decimal import Decimal
from typing import Any

import pytest
from reading_world import REQUIRED, guesses, of, schema_of, told, values

from schemas.catalogue import bundled
from schemas.model import Schema
from schemas.places import point_columns, shape_column
from schemas.reading import Reading

POINT = {"type": "Point", "coordinates": [2.791, 44.192]}
LINE = {"type": "LineString", "coordinates": [[2.7, 44.1], [2.8, 44.2]]}


def _schema(*fields: dict[str, Any]) -> Schema:
    return schema_of([{"name": "id", "type": "string", "constraints": REQUIRED}, *fields])


PAIR = _schema(
    {"name": "nom", "type": "string"},
    {"name": "Xlong", "type": "number", "maillage:resolution": "0.00001"},
    {
        "name": "Ylat",
        "type": "number",
        "maillage:resolution": "0.00001",
        "constraints": REQUIRED,
    },
)
GEOPOINT = _schema({"name": "coordonnees", "type": "geopoint"})
SHAPE = _schema({"name": "geometrie", "type": "geojson"})
NOWHERE = _schema({"name": "nom", "type": "string"})


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": {"id": "a", **properties}}


def collection(*features: Any, **more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **more, "features": list(features)})


def geo(text: str, schema: Schema) -> Reading:
    return of(text, schema, "f.geojson")


def test_where_schemas_have_points_and_shapes() -> None:
    found = [(point_columns(one), shape_column(one)) for one in (PAIR, GEOPOINT, SHAPE, NOWHERE)]
    assert found == [
        (("Xlong", "Ylat"), None),
        (("coordonnees",), None),
        ((), "geometrie"),
        ((), None),
    ]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("defibrillateurs", ("long_coor1", "lat_coor1")),
        ("services-publics", ("EQUIP_LONG", "EQUIP_LAT")),
        ("friches", ("longitude", "latitude")),
    ],
)
def test_national_names_of_coordinates_are_known(name: str, columns: tuple[str, str]) -> None:
    schema = bundled().latest(name)
    assert schema is not None
    assert point_columns(schema) == columns


def test_a_point_fills_longitude_and_latitude() -> None:
    found = geo(collection(feature(POINT, nom="Mairie")), PAIR)
    assert values(found, "Xlong") == [Decimal("2.791")]
    assert values(found, "Ylat") == [Decimal("44.192")]
    assert values(found, "nom") == ["Mairie"]
    assert guesses(found) == []


def test_a_point_fills_a_geopoint_and_any_geometry_its_column() -> None:
    assert values(geo(collection(feature(POINT)), GEOPOINT), "coordonnees") == ["2.791,44.192"]
    found = geo(collection(feature(LINE)), SHAPE)
    assert values(found, "geometrie") == [json.dumps(LINE, separators=(",", ":"))]


@pytest.mark.parametrize("form", ["list", "lines", "one", "late type", "bom"])
def test_features_however_they_come(form: str) -> None:
    one, two = feature(POINT), feature(POINT) | {"properties": {"id": "b"}}
    text = {
        "list": json.dumps([one, two]),
        "lines": f"{json.dumps(one)}\n{json.dumps(two)}\n",
        "one": json.dumps(one),
        "late type": json.dumps({"features": [one, two], "type": "FeatureCollection"}),
        "bom": "\ufeff" + collection(one, two),
    }[form]
    found = geo(text, GEOPOINT)
    assert values(found, "id") == (["a"] if form == "one" else ["a", "b"])
    assert values(found, "coordonnees")[0] == "2.791,44.192"


def test_what_the_properties_say_counts_more() -> None:
    found = geo(collection(feature(POINT, Xlong=3, Ylat=None)), PAIR)
    assert values(found, "Xlong") == [Decimal(3)]
    assert values(found, "Ylat") == [Decimal("44.192")]


def test_a_geometry_without_a_place_is_told() -> None:
    polygon = {"type": "Polygon", "coordinates": []}
    rows = [feature(LINE), feature(polygon, id="b"), feature(LINE, id="c"), feature(None, id="d")]
    found = geo(collection(*rows), NOWHERE)
    assert values(found, "id") == ["a", "b", "c", "d"]
    assert guesses(found) == [("geometry-unplaced", None, "LineString (2), Polygon (1)")]
    # a line is no point, and a point that is needed is missing
    found = geo(collection(feature(POINT), feature(LINE, id="b")), PAIR)
    assert [rule for rule, _, _ in told(found)] == ["constraint-error"]
    assert told(geo(collection(feature(LINE)), PAIR)) == [("missing-label", None, "Ylat")]


def test_coordinates_are_rounded_to_the_schema_and_altitude_is_left_out() -> None:
    exact = {"type": "Point", "coordinates": [2.7912345678901234, 44.1, 640.5]}
    found = geo(collection(feature(exact)), PAIR)
    assert values(found, "Xlong") == [Decimal("2.79123")]
    assert guesses(found) == [
        ("altitude", None, None),
        ("coordinates-rounded", "Xlong, Ylat", None),
    ]
    tiny = {"type": "Point", "coordinates": [1e-7, -1e1]}
    assert values(geo(collection(feature(tiny)), GEOPOINT), "coordonnees") == ["0.0000001,-10"]


@pytest.mark.parametrize(
    ("coordinates", "case"),
    [
        ([665000.5, 6342000], "projected"),
        ([44.1, 2.7, 3, 4], "geojson"),
        (["2", "44"], "geojson"),
        ([1], "geojson"),
        (None, "geojson"),
        ([True, 1], "geojson"),
    ],
)
def test_coordinates_that_are_none(coordinates: Any, case: str) -> None:
    wrong = {"type": "Point", "coordinates": coordinates}
    found = geo(collection(feature(wrong)), PAIR)
    assert told(found) == [("type-error", 1, "Xlong")]
    assert found.report.faults[0].case == case


def test_a_number_beyond_all_coordinates() -> None:
    text = collection(feature(POINT)).replace("44.192", "1e99999999")
    assert told(geo(text, PAIR)) == [("type-error", 1, "Xlong")]


@pytest.mark.parametrize("geometry", ["POINT (1 2)", 7, {"coordinates": [1, 2]}, {"type": 3}])
def test_a_geometry_that_is_none(geometry: Any) -> None:
    assert told(geo(collection(feature(geometry)), SHAPE)) == [("type-error", 1, "geometrie")]
    assert told(geo(collection(feature(geometry)), NOWHERE)) == [("type-error", 1, None)]


def test_a_shape_that_is_wrong_deep_or_long(monkeypatch: pytest.MonkeyPatch) -> None:
    far = {"type": "Point", "coordinates": [665000, 6342000]}
    assert told(geo(collection(feature(far)), SHAPE)) == [("type-error", 1, "geometrie")]
    deep: Any = []
    for _ in range(20):
        deep = [deep]
    wrong = {"type": "Polygon", "coordinates": deep}
    assert told(geo(collection(feature(wrong)), SHAPE)) == [("format-error", 1, "geometrie")]
    monkeypatch.setattr("schemas.reading.features.CELL_MAX_CHARS", 40)
    assert told(geo(collection(feature(LINE)), SHAPE)) == [("limit-error", 1, "geometrie")]


@pytest.mark.parametrize("late", [False, True])
def test_other_systems_of_coordinates_are_refused(late: bool) -> None:  # noqa: FBT001
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    text = collection(feature(POINT), crs=crs)
    if late:
        text = json.dumps({"type": "FeatureCollection", "features": [feature(POINT)], "crs": crs})
    found = geo(text, PAIR)
    assert [(fault.rule, fault.case) for fault in found.report.faults] == [("format-error", "crs")]
    good = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert geo(collection(feature(POINT), crs=good), PAIR).report.valid


def test_the_id_of_a_feature_is_the_key_where_properties_lack_it() -> None:
    whole = {"type": "Feature", "id": 7, "geometry": None, "properties": {"nom": "x"}}
    found = geo(collection(whole), NOWHERE)
    assert values(found, "id") == ["7"]
    assert guesses(found) == [("feature-id", "id", None)]
    assert values(geo(collection(feature(None) | {"id": "z"}), NOWHERE), "id") == ["a"]


def test_faults_of_properties_name_their_line() -> None:
    text = (
        '{"type": "FeatureCollection",\n"features": [\n'
        '{"type": "Feature", "geometry": null, "properties": {"id": "a"}},\n'
        '{"type": "Feature", "geometry": null, "properties": {"id": "b", "nom": 3}},\n'
        '{"type": "Feature", "geometry": null, "properties": null}\n]}'
    )
    assert told(geo(text, NOWHERE)) == [("type-error", 4, "nom"), ("constraint-error", 5, "id")]


@pytest.mark.parametrize("cut", range(1, 160, 7))
def test_a_collection_that_breaks_off(cut: int) -> None:
    text = collection(feature(POINT), name="x")
    found = geo(text[:-cut] if cut < len(text) else text[:20], PAIR)
    assert found.rows is None
    assert found.report.text()


def test_an_object_that_only_mentions_a_collection_is_a_row() -> None:
    assert values(of('{"id": "a", "nom": "FeatureCollection"}', NOWHERE, "f.json"), "id") == ["a"]
    assert [fault.case for fault in geo(collection(), NOWHERE).report.faults] == ["rows"]
