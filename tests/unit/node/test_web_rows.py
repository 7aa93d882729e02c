"""Rows over HTTP: every form says the same, pages join, nothing half is taken for a whole."""

import csv
import datetime as dt
import io
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from api_world import ARVIEU, COUNTS, DAY, EPCI, SEGUR, Town, hours, schema, town_of
from web_world import Answered

from federation.manifest import Sharing
from node.web.api.rows import MEDIA

ROWS = f"/api/v1/datasets/{ARVIEU}/{COUNTS}/rows"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_of(tmp_path / "node") as found:
        yield found


def read_csv(answer: Answered) -> list[dict[str, str]]:
    assert answer.status == 200, answer.body
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


async def test_csv_begins_with_code_and_name_of_the_commune(town: Town):
    town.publish(ARVIEU, hours(2, value=12))
    answer = await town.get(ROWS, token=None)
    assert answer.body.decode() == (
        "codgeo,libgeo,channel_id,counter_id,start_datetime,end_datetime,count\r\n"
        "12011,Arvieu,C1,,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,12.000\r\n"
        "12011,Arvieu,C1,,2026-03-01T01:00:00Z,2026-03-01T02:00:00Z,12.000\r\n"
    ).replace("12.000", read_csv(answer)[0]["count"])
    told = answer.headers
    assert told["Content-Type"] == "text/csv; charset=utf-8"
    assert told["Content-Disposition"] == f'attachment; filename="{ARVIEU}_{COUNTS}.csv"'
    assert (told["Maillage-Licence"], told["Maillage-Origin"]) == ("etalab-2.0", "own")
    assert told["Maillage-Digest"] == town.node.store.publications.heads()[0].digest
    assert f'</api/v1/schemas/{COUNTS}/1.0.0>; rel="describedby"' in told["Link"]


async def test_every_form_says_the_same(town: Town):
    town.publish(ARVIEU, hours(30, value=7))
    town.publish(ARVIEU, hours(2, value=9))  # a correction
    rows = read_csv(await town.get(ROWS))
    assert [Decimal(row["count"]) for row in rows] == [9, 9, *[7] * 28]
    found = (await town.get(f"{ROWS}?format=json")).json
    lines = (await town.get(f"{ROWS}?format=ndjson")).body.splitlines()
    assert list(map(json.loads, lines)) == found
    features = (await town.get(f"{ROWS}?format=geojson")).json["features"]
    assert [one["properties"] for one in features] == found
    for row, told in zip(rows, found, strict=True):
        assert told["codgeo"] == row["codgeo"] == "12011"
        assert told["start_datetime"] == row["start_datetime"]
        assert told["count"] == Decimal(row["count"])
        assert told["counter_id"] is None
    table = pq.read_table(io.BytesIO((await town.get(f"{ROWS}?format=parquet")).body))
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    assert frame["count"].to_list() == [Decimal(row["count"]) for row in rows]
    assert dict(frame.drop("codgeo", "libgeo").schema) == dict(schema().polars_schema())
    facts = json.loads(table.schema.metadata[b"maillage"])
    assert (facts["dataset"], facts["licence"]) == (f"{ARVIEU}/{COUNTS}", "etalab-2.0")
    assert (facts["simulated"], facts["schemaDigest"]) == (False, schema().digest)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "text/csv"),
        ("application/json", "application/json"),
        ("text/html, application/json;q=0.9, */*;q=0.1", "application/json"),
        ("application/geo+json", "application/geo+json"),
        ("text/csv;q=0.1, application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("application/*", "application/json"),
        ("application/json;q=0, text/*", "text/csv"),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=nan", None),
    ],
)
async def test_accept_says_which_form(town: Town, accept: str, media: str | None):
    town.publish(ARVIEU, hours(1))
    answer = await town.get(ROWS, headers={"Accept": accept})
    if media is None:
        assert (answer.status, answer.json["code"]) == (406, "media-type")
        assert all(one in answer.json["remedy"] for one in MEDIA.values())
    else:
        assert answer.headers["Content-Type"].partition(";")[0] == media


async def pages(town: Town, path: str) -> list[list[dict[str, Any]]]:
    found = []
    while path:
        answer = await town.get(path)
        assert answer.status == 200, answer.json
        found.append(answer.json)
        links = [one for one in answer.headers["Link"].split(", ") if 'rel="next"' in one]
        path = links[0].partition(">")[0].removeprefix("<") if links else ""
    return found


@pytest.mark.parametrize("limit", [1, 3, 7, 11, 12, 100])
async def test_pages_join_without_a_seam(town: Town, limit: int):
    frames = [hours(4, channel=channel) for channel in ("C1", "C2")]
    town.publish(ARVIEU, pl.concat(frames).sort("channel_id", "start_datetime"))
    town.publish(ARVIEU, hours(4, day=3, channel="C0"))
    whole = (await town.get(f"{ROWS}?format=json")).json
    times = [(row["start_datetime"], row["channel_id"]) for row in whole]
    assert len(times) == 12
    assert times == sorted(times)
    found = await pages(town, f"{ROWS}?format=json&limit={limit}")
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert [row for page in found for row in page] == whole


async def test_pages_of_an_inventory_join_too(town: Town):
    known = schema("projets")
    names = [one.name for one in known.wire_fields]
    frame = pl.DataFrame(
        [
            {name: f"p{number:02}" if name in known.primary_key else None for name in names}
            for number in range(10)
        ],
        schema=known.polars_schema(),
    ).with_columns(pl.lit("é «x»").alias("nom"))
    town.draft(ARVIEU, frame, name="projets", mode="snapshot")
    town.sign()
    path = f"/api/v1/datasets/{ARVIEU}/projets/rows?format=json"
    whole = (await town.get(path)).json
    assert [row["nom"] for row in whole] == ["é «x»"] * 10
    assert [row for page in await pages(town, f"{path}&limit=3") for row in page] == whole
    answer = await town.get(f"{path}&from=2026-01-01")
    assert (answer.status, answer.json["code"]) == (400, "parameter")


async def test_long_series_are_replayed_a_stretch_at_a_time(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("node.rows.STRETCH_BYTES", 1)
    monkeypatch.setattr("node.rows.PIECE_ROWS", 5)
    for day in (4, 1, 2):
        town.publish(ARVIEU, hours(24, day=day, value=day))
    town.publish(ARVIEU, hours(48, day=1, value=8, channel="C2"))
    town.publish(ARVIEU, hours(3, day=2, value=9))
    town.publish(ARVIEU, hours(2, day=4), mode="withdraw")
    monkeypatch.undo()
    wanted = (await town.get(f"{ROWS}?format=json")).json
    monkeypatch.setattr("node.rows.STRETCH_BYTES", 1)
    monkeypatch.setattr("node.rows.PIECE_ROWS", 5)
    assert (await town.get(f"{ROWS}?format=json")).json == wanted
    assert len(wanted) == 24 * 3 + 48 - 2
    found = await pages(town, f"{ROWS}?format=json&limit=17")
    assert [row for page in found for row in page] == wanted


@pytest.mark.parametrize(
    ("query", "hour_range"),
    [
        ("from=2026-03-01T05:00:00Z", range(5, 24)),
        ("to=2026-03-01T05:00:00Z", range(5)),
        ("from=2026-03-01T05:00:00Z&to=2026-03-01T08:00:00%2B01:00", range(5, 7)),
        ("from=2026-03-02", range(23, 24)),  # midnight in Arvieu is 23 h in UTC
        ("from=2027-01-01", range(0)),
        ("to=1999-01-01", range(0)),
    ],
)
async def test_a_period(town: Town, query: str, hour_range: range):
    town.publish(ARVIEU, hours(24))
    found = (await town.get(f"{ROWS}?format=json&{query}")).json
    moments = [dt.datetime.fromisoformat(row["start_datetime"]) for row in found]
    assert moments == [DAY + dt.timedelta(hours=one) for one in hour_range]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("format=xlsx", "parameter"),
        ("format=csv&format=json", "parameter"),
        ("limit=0", "parameter"),
        ("limit=-1", "parameter"),
        ("limit=100001", "parameter"),
        ("limit=1e3", "parameter"),
        ("limit=9999999999999999999999", "parameter"),
        ("from=yesterday", "parameter"),
        ("from=2026-13-01", "parameter"),
        ("from=0001-01-01T00:00:00%2B14:00", "parameter"),
        ("colour=red", "parameter"),
        ("after=!!", "parameter"),
        ("after=bm8", "position"),
        ("after=W10", "position"),
        ("after=WzEsMiwzXQ", "position"),
        ("after=WyJ4IiwiQzEiXQ", "position"),
        ("after=WzEsMV0", "position"),
        ("after=W3RydWUsIkMxIl0", "position"),
        ("after=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTksIkMxIl0", "position"),
    ],
)
async def test_what_is_no_question_is_told_so(town: Town, query: str, code: str):
    town.publish(ARVIEU, hours(1))
    answer = await town.get(f"{ROWS}?{query}")
    assert (answer.status, answer.json["code"]) == (400, code), answer.json


async def test_a_query_too_long(town: Town):
    assert (await town.get(f"{ROWS}?from={'x' * 5000}")).json["code"] == "query-size"


async def test_formulas_do_nothing_in_a_spreadsheet(town: Town):
    town.publish(ARVIEU, hours(1, channel="=HYPERLINK(1)"))
    assert read_csv(await town.get(ROWS))[0]["channel_id"] == "'=HYPERLINK(1)"
    assert (await town.get(f"{ROWS}?format=json")).json[0]["channel_id"] == "=HYPERLINK(1)"


async def test_points_are_the_communes_centre(town: Town):
    town.publish(ARVIEU, hours(1))
    found = (await town.get(f"{ROWS}?format=geojson")).json
    assert (found["type"], found["maillage"]["points"]) == ("FeatureCollection", "commune")
    (one,) = found["features"]
    lon, lat = one["geometry"]["coordinates"]
    assert 2 < lon < 3.5
    assert 43.5 < lat < 45
    assert one["id"] == "C1/2026-03-01 00:00:00.000000 UTC" or one["id"].startswith("C1/2026-03-01")


async def test_rows_without_any_place(town: Town):
    town.draft(EPCI, hours(1))
    town.sign()
    path = f"/api/v1/datasets/{EPCI}/{COUNTS}/rows"
    assert "codgeo" not in read_csv(await town.get(path))[0]
    answer = await town.get(f"{path}?format=geojson")
    assert (answer.status, answer.json["code"]) == (406, "no-place")


async def test_what_did_not_change_is_not_sent_again(town: Town):
    town.publish(ARVIEU, hours(1))
    tag = (await town.get(ROWS)).headers["ETag"]
    assert (await town.get(ROWS, headers={"If-None-Match": tag})).status == 304
    other = await town.get(f"{ROWS}?format=json", headers={"If-None-Match": tag})
    assert other.status == 200
    town.publish(ARVIEU, hours(1, day=1))
    assert (await town.get(ROWS, headers={"If-None-Match": tag})).status == 200


async def test_everything_was_withdrawn(town: Town):
    town.publish(ARVIEU, hours(3))
    town.publish(ARVIEU, None)
    assert read_csv(await town.get(ROWS)) == []
    assert (await town.get(f"{ROWS}?format=json")).json == []
    assert (await town.get(f"{ROWS}?format=geojson")).json["features"] == []
    parquet = (await town.get(f"{ROWS}?format=parquet")).body
    assert pq.read_table(io.BytesIO(parquet)).num_rows == 0
    draft_only = f"/api/v1/datasets/{SEGUR}/{COUNTS}/rows"
    town.draft(SEGUR, hours(3))
    town.draft(SEGUR, None)
    town.draft(SEGUR, hours(1, day=5))
    town.sign()
    assert len(read_csv(await town.get(draft_only))) == 1


async def test_what_is_not_open_is_not_given(town: Town):
    shared: Sharing = town.federation()
    town.publish(ARVIEU, hours(3), sharing=shared)
    for query in ("", "?format=geojson", "?limit=1"):
        answer = await town.get(ROWS + query, token=None)
        assert (answer.status, answer.json["code"]) == (401, "token")
    assert (await town.get(ROWS)).status == 200
    town.totals_only(SEGUR)
    assert (await town.get(ROWS.replace(ARVIEU, SEGUR), token=None)).status == 401


async def test_a_fault_in_the_middle_cuts_the_answer_short(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    import aiohttp  # noqa: PLC0415

    monkeypatch.setattr("node.rows.STRETCH_BYTES", 1)
    for day in range(4):
        town.publish(ARVIEU, hours(24, day=day))
    rows = town.node.store.publications.of(f"{ARVIEU}/{COUNTS}")
    place = town.node.data_dir / "segments"
    last = rows[-1].content_digest
    real = town.node.store.contents.get

    def damaged(digest: str) -> bytes:
        if digest == last:
            raise OSError(5, "Input/output error", str(place))
        return real(digest)

    monkeypatch.setattr(town.node.store.contents, "get", damaged)
    with pytest.raises(aiohttp.ClientError):
        await town.get(ROWS)
    assert "ended in the middle" in caplog.text
    parquet = await town.get(f"{ROWS}?format=parquet")  # made before it is sent
    assert parquet.status == 500


async def test_rows_of_nothing(town: Town):
    for name, status in (("fr-com-12253", 404), ("fr-com-x", 400)):
        answer = await town.get(ROWS.replace(ARVIEU, name))
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"
