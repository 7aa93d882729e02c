"""Figures over HTTP: whose they are, who may see them, and the same ones in every form."""

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_world import ARVIEU, COUNTS, EPCI, SEGUR, Town, hours, town_of

VIEW = f"/api/v1/view?territory={EPCI}&measure={COUNTS}.count"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_of(tmp_path / "node") as found:
        yield found


async def test_what_is_not_open_is_in_no_public_figure(town: Town):
    shared = town.federation()
    town.publish(ARVIEU, hours(24, value=2))
    town.publish(SEGUR, hours(24, value=777), sharing=shared)
    everything = (await town.get(VIEW)).json
    (row_arvieu, row_segur) = [row for row in everything["rows"] if row["count"] == 23]
    assert {row_arvieu["place"], row_segur["place"]} == {"12011", "12266"}
    assert everything["coverage"]["withheld"] == []
    for form in ("json", "csv", "geojson"):
        answer = await town.get(f"{VIEW}&format={form}", token=None)
        assert answer.status == 200
        text = answer.body.decode()
        assert "12266" not in text.replace(SEGUR, "")
        for number in (777, 777 * 23, 779, 46 + 777 * 23):
            assert str(number) not in text
        assert "withheld=1" in answer.headers["Maillage-Coverage"]
    public = (await town.get(VIEW, token=None)).json
    assert {row["place"] for row in public["rows"]} == {"12011"}
    assert public["rows"] == [row for row in everything["rows"] if row["place"] == "12011"]
    assert public["coverage"]["withheld"] == [SEGUR]
    assert (public["coverage"]["communes"], public["coverage"]["readings"]) == (1, 24)
    assert {total["count"] for total in public["totals"]} == {1, 23}


async def test_one_restricted_publication_withholds_its_whole_dataset(town: Town):
    shared = town.federation()
    town.publish(ARVIEU, hours(24), sharing=shared)
    town.publish(ARVIEU, hours(24, day=1))
    public = (await town.get(VIEW, token=None)).json
    assert (public["rows"], public["totals"]) == ([], [])
    assert len((await town.get(VIEW)).json["rows"]) == 3


async def test_simulated_is_said_of_what_is_shown_only(town: Town):
    shared = town.federation()
    town.publish(ARVIEU, hours(24))
    town.publish(SEGUR, hours(24), sharing=shared, origin="simulated")
    assert (await town.get(VIEW)).json["simulated"] is True
    assert (await town.get(VIEW, token=None)).json["simulated"] is False


async def test_forms_say_the_same(town: Town):
    town.publish(ARVIEU, hours(24, value=2))
    told = (await town.get(VIEW, token=None)).json
    text = (await town.get(f"{VIEW}&format=csv", token=None)).body.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["codgeo"], row["libgeo"]) for row in rows] == [("12011", "Arvieu")] * 2
    assert [(row["window"], row["sum"]) for row in rows] == [
        (row["window"], row["sum"]) for row in told["rows"]
    ]
    answer = await town.get(VIEW, token=None, headers={"Accept": "application/geo+json"})
    found = json.loads(answer.body)
    assert [one["properties"]["count"] for one in found["features"]] == [
        row["count"] for row in told["rows"]
    ]
    assert found["features"][0]["geometry"]["type"] == "Point"
    assert found["maillage"] == {name: told[name] for name in told if name != "rows"}


async def test_the_rest_is_told_to_be_none(town: Town):
    answer = await town.get(f"{VIEW}&format=parquet")
    assert (answer.status, answer.json["code"]) == (400, "parameter")
    answer = await town.get(VIEW, headers={"Accept": "image/png"})
    assert (answer.status, answer.json["code"]) == (406, "media-type")
