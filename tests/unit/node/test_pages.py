"""Pages as HTML: languages, numbers, texts that others wrote, files, errors. No browser needed."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest
from markupsafe import Markup
from web_world import Site, site_of

from node.web.pages import outlines, shown
from node.web.pages.assets import Assets
from node.web.pages.site import POLICY, environment, json_block, link
from node.web.pages.texts import LANGS, keys, preferred, say
from node.web.pages.view_tables import radius
from schemas.territory import territory

EPCI = "fr-epci-241200765"
HOSTILE = "<script>alert(1)</script>\u202edoow\x07 & \"x\" 'y'"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with site_of(tmp_path / "node") as found:
        yield found


async def page(site: Site, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    asked = {"Accept": "text/html", **headers}
    async with site.session.get(site.url + path, headers=asked, allow_redirects=False) as got:
        return got.status, dict(got.headers), await got.text()


# -- texts ------------------------------------------------------------------------------------


def test_every_text_is_there_in_three_languages_with_the_same_slots():
    def slots(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for key in keys():
        texts = [say(lang, key) for lang in LANGS]
        assert all(texts), key
        assert len({frozenset(slots(text)) for text in texts}) == 1, key


def test_templates_use_only_keys_that_there_are():
    folder = Path(shown.__file__).parent / "templates"
    for file in folder.glob("*.html"):
        for key in re.findall(r"\bt\('([a-z.0-9-]+)'[),]", file.read_text(encoding="utf-8")):
            assert key in keys(), f"{file.name}: {key}"


@pytest.mark.parametrize(
    ("accept", "lang"),
    [
        ("", "fr"),
        ("de", "de"),
        ("de-AT,fr;q=0.5", "de"),
        ("es, en;q=0.3, de;q=0.8", "de"),
        ("it,es", "fr"),
        ("en;q=0", "fr"),
        ("en;q=x, de;q=0.1", "de"),
        ("dex", "fr"),
        ("*", "fr"),
        ("," * 5_000, "fr"),
    ],
)
def test_the_browser_s_language(accept: str, lang: str):
    assert preferred(accept) == lang


def test_numbers_units_and_windows_as_the_language_writes_them():
    value = Decimal("1234567.5")
    assert shown.number(value, "fr") == "1\u202f234\u202f567,5"
    assert shown.number(value, "en") == "1,234,567.5"
    assert shown.number(value, "de") == "1.234.567,5"
    assert shown.number(None, "fr") == "–"
    assert shown.number(-3, "fr") == "\u22123"
    assert shown.measured(Decimal(12), "EUR", "fr") == "12\u00a0€"
    assert shown.measured(Decimal(12), "{count}", "fr") == "12"
    assert shown.measured(None, "EUR", "fr") == "–"
    assert shown.window("2026-03-01", "fr") == "dim. 1er mars 2026"
    assert shown.window("2026-03-01T14:00", "de") == "So. 1. März 2026, 14:00"
    assert shown.window("2026-03", "en") == "March 2026"
    assert shown.window("2026", "en") == "2026"
    assert shown.window("2026-99-99", "fr") == "2026-99-99"
    assert shown.size(1_500_000, "fr") == "1,5\u00a0Mo"


# -- what others wrote ------------------------------------------------------------------------


def test_texts_of_others_are_shown_whole_and_harmless():
    told = shown.clean(HOSTILE)
    assert "\u202e" not in told
    assert "\x07" not in told
    assert "\\u202e" in told
    assert len(shown.clean("x" * 10_000)) <= shown.TEXT_MAX_CHARS + 1
    assert shown.clean("Saint-Léons, d’Olt") == "Saint-Léons, d’Olt"


def test_templates_escape_and_clean_everything():
    found = (
        environment()
        .from_string("<p title='{{ x }}'>{{ x }}</p>{{ y }}")
        .render(x=HOSTILE, y=Markup("<b>"))
    )
    assert "<script" not in found
    assert "\u202e" not in found
    assert found.count("<") == 3
    assert found.endswith("<b>")


def test_json_in_a_page_can_t_end_its_element():
    told = json_block({"a": "</script><!--", "b": HOSTILE})
    assert "<" not in told
    assert ">" not in told
    assert told.isascii()
    assert json.loads(told)["a"] == "</script><!--"


def test_links_are_quoted():
    assert link("fr", "territoire", "../x?y#z", q="a&b=c") == (
        "/fr/territoire/..%2Fx%3Fy%23z?q=a%26b%3Dc"
    )


# -- over HTTP --------------------------------------------------------------------------------


async def test_the_root_leads_to_the_reader_s_language(site: Site):
    status, headers, _ = await page(site, "/", **{"Accept-Language": "de-DE,de;q=0.9"})
    assert (status, headers["Location"]) == (303, "/de/")
    assert (await page(site, "/"))[1]["Location"] == "/fr/"


@pytest.mark.parametrize("path", ["/fr/", "/de/?q=arvieu", f"/en/territoire/{EPCI}"])
async def test_pages_have_their_policy_and_language(site: Site, path: str):
    status, headers, body = await page(site, path)
    assert status == 200
    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Language"] == path[1:3]
    assert f'<html lang="{path[1:3]}">' in body
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script>|<style|javascript:", body)


async def test_hostile_words_are_text(site: Site):
    _, _, body = await page(site, "/fr/?q=%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE")
    assert "<script>alert" not in body
    assert "&lt;script&gt;alert(1)" in body
    assert "\u202e" not in body
    status, _, body = await page(site, "/fr/territoire/%3Cimg%20src=x%3E")
    assert status == 404
    assert "<img src=x" not in body


async def test_errors_are_pages_for_browsers_and_problems_for_programs(site: Site):
    status, headers, body = await page(site, "/de/nichts")
    assert status == 404
    assert headers["Content-Type"].startswith("text/html")
    assert "Unter dieser Adresse gibt es nichts." in body
    answer = await site.get("/de/nichts", headers={"Accept": "application/json"})
    assert answer.json["code"] == "path"


async def test_search_finds_by_name_and_code(site: Site):
    for asked in ("arvieu", "12011"):
        _, _, body = await page(site, f"/fr/?q={asked}")
        assert "/fr/territoire/fr-com-12011" in body
    _, _, body = await page(site, "/fr/?q=zzzzz")
    assert say("fr", "start.nothing") in body


async def test_nothing_is_never_zero(site: Site):
    _, _, body = await page(site, f"/fr/territoire/{EPCI}")
    assert say("fr", "t.nothing") in body
    assert "<td>0</td>" not in body


# -- files ------------------------------------------------------------------------------------


async def test_files_are_kept_by_hash(site: Site):
    assets = Assets.load()
    for name in ("pages.css", "map.js", "live.js", "mark.svg", "maplibre-gl.js"):
        path = assets.path(name)
        async with site.session.get(site.url + path) as got:
            assert got.status == 200
            assert "immutable" in got.headers["Cache-Control"]
            assert "default-src 'none'" in got.headers["Content-Security-Policy"]
            whole = await got.read()
        headers = {"Accept-Encoding": "gzip"}
        async with site.session.get(site.url + path, headers=headers) as got:
            assert await got.read() == whole
        assert gzip.decompress(assets._by_path[path].packed) == whole
    status, _, _ = await page(site, "/static/000000000000/pages.css")
    assert status == 404
    status, _, _ = await page(site, "/static/..%2F..%2F/token")
    assert status == 404


def test_own_files_name_no_other_host():
    for file in (Path(shown.__file__).parent).rglob("*"):
        if file.suffix in (".css", ".js", ".html"):
            found = re.findall(r"https?://[^\s\"')]+", file.read_text(encoding="utf-8"))
            assert not found, file.name


# -- outlines and circles ---------------------------------------------------------------------


def test_a_circle_s_area_is_the_figure():
    assert radius(25, 100) == pytest.approx(radius(100, 100) / 2)
    assert radius(None, 100) == radius(0, 100) < radius(100, 100)
    assert radius(Decimal(-25), 100) == radius(25, 100)


def _geojson(path: Path) -> Path:
    square = [[[2.6, 44.1], [2.7, 44.1], [2.7, 44.2], [2.65, 44.2001], [2.6, 44.2], [2.6, 44.1]]]
    features = [
        {"properties": {"code": "12011"}, "geometry": {"type": "Polygon", "coordinates": square}},
        {"properties": {"code": "../x"}, "geometry": {"type": "Polygon", "coordinates": square}},
        {"properties": {"code": "12050"}, "geometry": {"type": "Polygon", "coordinates": "no"}},
        {"properties": {}, "geometry": None},
        7,
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_outlines_come_from_the_operator_s_file(tmp_path: Path):
    file = _geojson(tmp_path / "communes.geojson")
    found = outlines.collect(tmp_path, file, territory(EPCI))
    assert [one["properties"]["code"] for one in found["features"]] == ["12011"]
    ring = found["features"][0]["geometry"]["coordinates"][0][0]
    assert ring[0] == ring[-1]
    assert len(ring) == 5  # the point that is hardly off the line is gone
    assert outlines.collect(tmp_path, file, territory("fr-dep-15"))["features"] == []
    file.write_text("no GeoJSON at all, and another size")
    assert outlines.collect(tmp_path, file, territory(EPCI))["features"] == []


async def test_outlines_over_http(tmp_path: Path):
    file = _geojson(tmp_path / "communes.geojson")
    async with site_of(tmp_path / "node", outlines=str(file)) as site:
        async with asyncio.timeout(30):
            while not outlines.available(site.node):  # noqa: ASYNC110 - made in a thread
                await asyncio.sleep(0.02)
        answer = await site.get(f"/fr/contours/{EPCI}", token=None)
        assert answer.status == 200
        assert len(answer.json["features"]) == 1
        assert (await site.get("/fr/contours/fr", token=None)).status == 404
        _, _, body = await page(site, f"/fr/territoire/{EPCI}")
        assert f"/fr/contours/{EPCI}" in body
    async with site_of(tmp_path / "other") as site:
        assert (await site.get(f"/fr/contours/{EPCI}", token=None)).status == 404
