"""GeoJSON of every schema that says where its rows are, from the example row of its document."""

import csv
import io
import json
from typing import Any

import polars as pl
import pytest

from federation.tabular import with_places
from node.rowforms import features, points_of
from schemas.catalogue import bundled
from schemas.geometry import is_geometry
from schemas.model import Schema
from schemas.places import point_columns, shape_column
from schemas.reading import read
from schemas.territory import centre

OWNER = "fr-com-12011"
NAMES = [name for name in bundled().names() if name != "synthese"]


def latest(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def example(schema: Schema) -> pl.DataFrame:
    row = {field.name: str(field.example) for field in schema.fields}
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    found = read(text.getvalue().encode(), filename="exemple.csv", schema=schema).rows
    assert found is not None
    return found


def feature(schema: Schema, frame: pl.DataFrame) -> dict[str, Any]:
    points = points_of(schema, "12011")
    assert points is not None
    placed = with_places(schema, OWNER, frame)
    (found,) = [json.loads(one) for one in features(placed, schema, points, centre).splitlines()]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_each_schema_has_a_geometry(name: str) -> None:
    schema = latest(name)
    frame = example(schema)
    found = feature(schema, frame)
    assert is_geometry(json.dumps(found["geometry"]))
    shape, point = shape_column(schema), point_columns(schema)
    if shape is not None:
        assert found["geometry"] == json.loads(frame[shape].item())
        assert shape not in found["properties"]
    elif point:
        assert found["geometry"]["type"] == "Point"
        texts = ",".join(str(frame[column].item()) for column in point).split(",")
        assert found["geometry"]["coordinates"] == pytest.approx([float(text) for text in texts])
    assert set(frame.columns) - {shape} <= set(found["properties"])


@pytest.mark.parametrize("name", NAMES)
def test_columns_of_coordinates_are_known(name: str) -> None:
    """A schema with a column of latitudes has maps; whoever adds one under a new name sees it."""
    schema = latest(name)
    called = [one.name for one in schema.wire_fields if one.labels.get("en") == "Latitude"]
    assert not called or point_columns(schema)


def test_a_row_without_its_shape_falls_back_on_its_point() -> None:
    schema = latest("travaux")
    shape, point = shape_column(schema), point_columns(schema)
    assert shape is not None
    frame = example(schema).with_columns(pl.lit(None, pl.String).alias(shape))
    geometry = feature(schema, frame)["geometry"]
    assert geometry["type"] == "Point" if point else geometry is None
