"""The territory page in a real browser: figures, map, links, keyboard, and nothing from outside."""

import re

import pytest

from node.clock import now_us
from node.demo.world import EPCI
from node.web.pages import shown
from tests.browser.kit import Browser
from tests.browser.town import ARVIEU, COMMUNES, Town

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_figures_map_and_members(browser: Browser, here: Town):
    async with browser.visit() as visit:
        assert await visit.go(f"{here.url}/") == 200
        assert visit.page.url == f"{here.url}/fr/"
        await visit.page.click("main a:has-text('CC de Lévézou')")
        drawn = await visit.map_drawn()
        assert drawn["known"] == len(COMMUNES) - 1
        assert drawn["missing"] == 1
        assert await visit.map_colours() > 10
        view = here.epci.view(EPCI, "comptage-mobilites.count", now_us=now_us())
        told = await visit.text()
        total = view.totals[-1].figures.total
        assert shown.number(total, "fr") in told.replace("\u00a0", "\u202f")
        assert "DONNÉES SIMULÉES" in told
        silent = await visit.page.inner_text("tr[data-row='12307']")
        assert "–" in silent
        assert not re.search(r"\b0\b", silent)
        await visit.screenshot("territory-fr")
        visit.harmless()


async def test_the_four_levels_are_linked(browser: Browser, here: Town):
    async with browser.visit() as visit:
        await visit.go(f"{here.url}/fr/territoire/{ARVIEU}")
        assert "Arvieu" in await visit.text("h1")
        for name in ("CC de Lévézou", "Aveyron", "Occitanie"):
            await visit.page.click(f".crumbs a:has-text('{name}')")
            assert name in await visit.text("h1")
            await visit.map_drawn()
        await visit.page.click("main .places a:has-text('Aveyron')")
        assert "Aveyron" in await visit.text("h1")
        visit.harmless()


@pytest.mark.parametrize(("lang", "word"), [("en", "Completeness"), ("de", "Vollständigkeit")])
async def test_other_languages_keep_the_page(browser: Browser, here: Town, lang: str, word: str):
    async with browser.visit(lang="de-DE") as visit:
        await visit.go(f"{here.url}/fr/territoire/{EPCI}?window=hour")
        await visit.page.click(f".languages a[hreflang={lang}]")
        assert visit.page.url == f"{here.url}/{lang}/territoire/{EPCI}?window=hour"
        assert await visit.page.get_attribute("html", "lang") == lang
        assert word in await visit.text()
        await visit.go(f"{here.url}/")
        assert visit.page.url == f"{here.url}/de/"
        visit.harmless()


async def test_without_scripts_everything_is_there(browser: Browser, here: Town):
    async with browser.visit(scripts=False) as visit:
        await visit.go(f"{here.url}/fr/territoire/{EPCI}")
        await visit.page.select_option("#measure", "projets.id")
        await visit.page.click("form.choose button")
        assert "measure=projets.id" in visit.page.url
        assert "Projets" in await visit.text("h2 >> nth=0")
        assert await visit.page.locator("tr[data-row]").count() == len(COMMUNES)
        visit.harmless()


async def test_by_keyboard_alone(browser: Browser, here: Town):
    async with browser.visit() as visit:
        await visit.go(f"{here.url}/fr/territoire/{EPCI}")
        await visit.page.keyboard.press("Tab")
        assert await visit.page.evaluate("document.activeElement.className") == "skip"
        await visit.page.keyboard.press("Enter")
        assert await visit.page.evaluate("document.activeElement.id") == "main"
        reached = set()
        for _ in range(120):
            await visit.page.keyboard.press("Tab")
            told = await visit.page.evaluate(
                "() => { const e = document.activeElement;"
                " return (e.id || e.getAttribute('href') || e.tagName)"
                " + '|' + getComputedStyle(e).outlineStyle; }"
            )
            name, _, outline = told.rpartition("|")
            assert outline != "none", f"{name} shows no focus"
            reached.add(name)
            if name.startswith(f"/fr/territoire/{ARVIEU}?"):
                break
        assert {"measure", "window"} <= reached
        assert any(name.startswith("/fr/territoire/fr-com-") for name in reached)
        visit.harmless()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dark", {"scheme": "dark"}),
        ("phone", {"width": 390, "height": 844}),
        ("print", {}),
    ],
)
async def test_dark_small_and_on_paper(browser: Browser, here: Town, name: str, options: dict):
    async with browser.visit(**options) as visit:
        await visit.go(f"{here.url}/fr/territoire/{EPCI}")
        await visit.map_drawn()
        if name == "print":
            await visit.page.emulate_media(media="print")
        wide = await visit.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0 or name == "print", "the page scrolls sideways"
        await visit.screenshot(f"territory-{name}")
        visit.harmless()


async def test_errors_are_pages_with_the_facts_of_the_problem(browser: Browser, here: Town):
    cases = {
        "/fr/rien": (404, "path"),
        "/fr/territoire/fr-com-99999": (404, "territory-unknown"),
        f"/de/territoire/{EPCI}?measure=no.no": (404, "measure"),
        f"/en/territoire/{EPCI}?window=week": (400, "window"),
        f"/fr/territoire/{EPCI}?start=hier": (400, "window"),
        f"/fr/territoire/{EPCI}?x=1": (400, "parameter"),
    }
    async with browser.visit() as visit:
        for path, (status, code) in cases.items():
            assert await visit.go(here.url + path) == status, path
            told = await visit.text()
            assert code in told
            assert str(status) in told
        visit.errors[:] = [one for one in visit.errors if "Failed to load resource" not in one]
        visit.harmless()
