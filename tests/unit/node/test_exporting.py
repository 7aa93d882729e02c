"""Exports: rows for analysts as CSV, JSON and Parquet, and bundles that verify elsewhere."""

import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from federation.bundle import read, signed_digest
from federation.errors import UnknownError
from federation.message import MANIFEST_HEADER
from federation.verify import Arrival, Failed, bind_content, open_all
from node.exporting import export, rows_of
from node.knowledge import Knowledge
from tests.hostile import Receiver, chain, day
from tests.world import ARVIEU, COUNTS, PROJECTS, made, projects, projects_draft

DATASET = COUNTS


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    found = Receiver(tmp_path / "data")
    taken = found.take(*chain([day(0), day(1), day(0, hours=2, add=5)]))
    assert not taken.reasons
    yield found
    found.close()


def expected() -> pl.DataFrame:
    """What stands: the third publication took the place of the first two hours."""
    whole = pl.concat([day(0, hours=2, add=5), day(0)[2:], day(1)])
    return whole.sort("channel_id", "start_datetime")


def test_rows_are_those_that_stand(receiver: Receiver) -> None:
    schema, frame = rows_of(receiver.store, receiver.knowledge, DATASET)
    assert frame.equals(expected())
    assert dict(frame.schema) == dict(schema.polars_schema())


def test_csv_says_the_same(receiver: Receiver) -> None:
    data = export(receiver.store, receiver.knowledge, DATASET, "csv")
    found = pl.read_csv(io.BytesIO(data), infer_schema=False)
    assert found.columns == expected().columns
    assert found["start_datetime"].to_list()[0] == "2026-03-19T00:00:00Z"
    assert [Decimal(one) for one in found["count"]] == expected()["count"].to_list()


def test_csv_runs_no_formula_in_a_spreadsheet(receiver: Receiver) -> None:
    names = {"@SUM(A1)": "'@SUM(A1)", "+33 5": "'+33 5", "-1": "'-1", "=1+1": "'=1+1", "a=b": "a=b"}
    for number, name in enumerate(names):
        frame = projects(range(1, 2)).with_columns(pl.lit(name).alias("nom"))
        dataset = f"{PROJECTS}.p{number}"
        taken = receiver.take(made(projects_draft(frame, dataset=dataset)))
        assert not taken.reasons
        data = export(receiver.store, receiver.knowledge, dataset, "csv")
        assert pl.read_csv(io.BytesIO(data), infer_schema=False)["nom"].to_list() == [names[name]]
        # other forms run nothing, and say what was published
        rows = export(receiver.store, receiver.knowledge, dataset, "json").splitlines()
        assert [json.loads(row)["nom"] for row in rows] == [name]


def test_json_is_a_row_a_line(receiver: Receiver) -> None:
    lines = export(receiver.store, receiver.knowledge, DATASET, "json").decode().splitlines()
    found = [json.loads(line) for line in lines]
    wanted = list(expected().iter_rows(named=True))
    assert [list(row) for row in found] == [list(row) for row in wanted]
    assert [row["start_datetime"] for row in found] == [
        row["start_datetime"].strftime("%Y-%m-%dT%H:%M:%SZ") for row in wanted
    ]
    assert [Decimal(row["count"]) for row in found] == [row["count"] for row in wanted]


def test_parquet_keeps_types_and_values(receiver: Receiver) -> None:
    data = export(receiver.store, receiver.knowledge, DATASET, "parquet")
    found = pl.read_parquet(io.BytesIO(data))
    assert found.equals(expected())
    assert found.schema == expected().schema
    assert found["start_datetime"].dtype == pl.Datetime("us", "UTC")
    assert found["start_datetime"][0] == dt.datetime(2026, 3, 19, tzinfo=dt.UTC)


def test_a_register_is_exported_as_it_stands(receiver: Receiver) -> None:
    receiver.take(made(projects_draft()))
    data = export(receiver.store, receiver.knowledge, PROJECTS, "parquet")
    assert pl.read_parquet(io.BytesIO(data)).equals(projects())


def test_a_bundle_is_verified_by_whoever_trusts_its_publisher(receiver: Receiver) -> None:
    found = read(export(receiver.store, receiver.knowledge, DATASET, "bundle"))
    made_here = chain([day(0), day(1), day(0, hours=2, add=5)])
    assert [signed_digest(one) for one in found.publications] == [one.digest() for one in made_here]
    (identity,) = found.identities.values()
    elsewhere = Knowledge()
    for document in found.schemas.values():
        elsewhere.learn_schema(document)
    arrivals = [Arrival(None, {MANIFEST_HEADER: one}, b"") for one in found.publications]
    assert all(isinstance(one, Failed) for one in open_all(arrivals, elsewhere))
    elsewhere.learn_identity(identity, pin=True)
    for opened in open_all(arrivals, elsewhere):
        assert not isinstance(opened, Failed), opened.finding
        assert opened.manifest.publisher == ARVIEU
        assert opened.manifest.content is not None
        blob = found.contents[opened.manifest.content.digest]
        assert bind_content(opened, blob) is None
        assert bind_content(opened, blob[:-1] + bytes([blob[-1] ^ 1])) is not None


@pytest.mark.parametrize("form", ["csv", "json", "geojson", "parquet", "bundle"])
def test_what_is_not_here_is_not_exported(receiver: Receiver, form: str) -> None:
    with pytest.raises(UnknownError) as caught:
        export(receiver.store, receiver.knowledge, f"{ARVIEU}/projets", form)  # type: ignore[arg-type]  # one of five
    assert caught.value.code == "dataset"


def test_places_are_those_of_rows_or_the_centre_of_the_commune(receiver: Receiver) -> None:
    found = json.loads(export(receiver.store, receiver.knowledge, DATASET, "geojson"))
    assert found["type"] == "FeatureCollection"
    assert found["maillage"]["points"] == "commune"
    assert len(found["features"]) == expected().height
    first = found["features"][0]
    assert first["geometry"]["type"] == "Point"
    assert first["properties"]["codgeo"] == "12011"
