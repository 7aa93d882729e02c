"""The twin's page between two real towns: both sides' data, in German, and when it ends."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import aiohttp
from aiohttp import web
from twin_world import (
    ARVIEU,
    COUNTS,
    NAMES,
    PROJECTS,
    TITLE,
    TWIN,
    counted,
    in_days,
    publish_counts,
    publish_projects,
    receivers,
    twins,
    until,
)

from federation.model import instant_text
from node.clock import now_us
from node.node import Node
from node.web.app import create_app
from node.web.pages import shown


async def read(node: Node, *paths: str) -> list[str]:
    runner = web.AppRunner(create_app(node), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        token = (node.data_dir / "token").read_text().strip()
        headers = {"Accept": "text/html", "Authorization": f"Bearer {token}"}
        found = []
        async with aiohttp.ClientSession(headers=headers) as session:
            for path in paths:
                async with session.get(url + path) as got:
                    assert got.status == 200, await got.text()
                    found.append(await got.text())
            async with aiohttp.ClientSession() as nobody, nobody.get(url + paths[0]) as got:
                found.append(await got.text())
        return found
    finally:
        await runner.cleanup()


async def test_both_sides_are_shown_with_a_german_label_for_every_field(tmp_path: Path):
    async with (
        twins(tmp_path, ends=in_days(12)) as world,
        world.running("arvieu", "twin") as (arvieu, twin),
    ):
        publish_counts(arvieu, 1, 3)
        publish_projects(twin)
        await until(lambda: counted(twin, COUNTS) == counted(arvieu, PROJECTS) == (1, 0))
        await until(lambda: ARVIEU in receivers(twin, TWIN))
        page, town, without = await read(
            twin, "/de/jumelage", f"/de/territoire/{TWIN}?measure=projets.id"
        )
        assert TITLE in page
        assert NAMES[TWIN] in page
        assert COUNTS in page
        assert PROJECTS in page
        assert "endet in 12 Tagen" in page
        assert "Simulierte Daten" in page
        for dataset in (COUNTS, PROJECTS):
            head = twin.store.publications.head(dataset)
            head = head or twin.store.publications.own_head(dataset)
            assert head is not None
            schema = twin.knowledge.schema(head.schema_digest)
            assert schema is not None
            for field in schema.wire_fields:
                assert field.labels["de"] in page.replace("&#39;", "'"), field.name
        assert "ohne deutsche Bezeichnung" not in page
        assert f"{NAMES[TWIN]}" in town
        assert '"points":[]' in town  # no coordinates: a table, no circle
        assert page.count("unter dieser Vereinbarung") >= 2
        assert page.index(COUNTS) < page.index("Außerdem für alle offen")
        # each side's has come to the other: one is here, of the other there is a receipt
        assert "auf diesem Knoten empfangen" in page
        assert "noch keine Bestätigung" not in page
        assert shown.day(instant_text(now_us()), "de") in page
        # what is shared with members only isn't shown to everybody, but that there is some
        assert TITLE in without
        assert COUNTS not in without
        assert PROJECTS not in without
        assert "Melden Sie sich an" in without
        assert "noch nichts" not in without
        (french, *_) = await read(arvieu, "/fr/jumelage")
        assert NAMES[TWIN] in french
        assert json.dumps(PROJECTS)[1:-1] in french


async def test_what_both_share_under_one_schema_stands_side_by_side(tmp_path: Path):
    async with (
        twins(tmp_path) as world,
        world.running("arvieu", "twin") as (arvieu, twin),
    ):
        publish_projects(arvieu, owner=ARVIEU)
        publish_projects(twin)
        mine = f"{ARVIEU}/projets"
        await until(lambda: counted(twin, mine) == counted(arvieu, PROJECTS) == (1, 0))
        (page, without) = await read(twin, "/de/jumelage")
        assert 'data-both="projets"' in page
        both = page[page.index('data-both="projets"') :]
        for name in ("Arvieu", NAMES[TWIN], "Projekte, Anzahl", "Geplantes Budget, Summe"):
            assert name in both, name
        assert 'data-both="projets"' not in without


def test_days_and_cells_as_the_language_writes_them():
    assert [shown.day("2026-11-26T23:00:00Z", one) for one in ("fr", "en", "de")] == [
        "26/11/2026",
        "26 November 2026",
        "26.11.2026",
    ]
    assert shown.day("soon", "de") == "soon"
    moment = dt.datetime(2026, 11, 26, 23, tzinfo=dt.UTC)
    told = [
        shown.cell(one, "de", "Europe/Paris")
        for one in (None, True, moment, moment.date(), Decimal("1234.5"), "0123")
    ]
    assert told == [None, "ja", "27.11.2026 00:00:00", "26.11.2026", "1.234,5", "0123"]
