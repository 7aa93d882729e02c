"""The demo as people start it, walked with a browser at the addresses that it prints.

With `MAILLAGE_SCREENSHOTS=docs/images` it makes the pictures of the documentation anew.
"""

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from node.demo.twin import ARVIEU, TWIN_NAME
from node.demo.world import EPCI
from schemas.catalogue import bundled
from tests.browser.kit import SCREENSHOTS, Browser, Visit

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

ROOT: Final = Path(__file__).parents[2]
DEPARTEMENT: Final = "fr-dep-12"
REGION: Final = "fr-reg-76"

STARTED_MAX_S: Final = 600.0
"""The demo's first round takes 15 s on a free machine, and minutes on a busy one."""

MOVED_MAX_MS: Final = 180_000
ENDED_MAX_S: Final = 120.0

PICTURES: Final = "MAILLAGE_SCREENSHOTS" in os.environ
SIZE: Final = {"width": 1200, "height": 900}


@dataclass(frozen=True, slots=True)
class Place:
    """A node's pages: its address and what logs in."""

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo printed."""

    home: Place
    twin: Place


@contextlib.asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[Demo]:
    """The demo in a process of its own; afterwards it has ended well and left nothing behind."""
    left, out = folder / "left", folder / "out.txt"
    left.mkdir()
    with out.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from node.cli import main; main()", "demo", "--port", "0"),
            cwd=ROOT,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(folder),
                "TMPDIR": str(left),
                "LANG": "C.UTF-8",
                "PYTHONUNBUFFERED": "1",
            },
            stdout=stream,
            stderr=stream,
        )
    try:
        yield await _printed(process, out)
        process.send_signal(signal.SIGTERM)
        status = await asyncio.wait_for(process.wait(), ENDED_MAX_S)
        assert status == 0, _end(out)
        assert list(left.iterdir()) == [], "something is left behind"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _printed(process: asyncio.subprocess.Process, out: Path) -> Demo:
    until = time.monotonic() + STARTED_MAX_S
    while True:
        found = re.findall(r"Pages \([^)]*\) : (http://\S+)\s+Jeton : (\S+)", _all(out))
        if len(found) > 1:
            home, twin = (Place(url, token) for url, token in found[:2])
            return Demo(home, twin)
        assert process.returncode is None, _end(out)
        assert time.monotonic() < until, _end(out)
        await asyncio.sleep(0.2)


def _all(out: Path) -> str:
    return out.read_text(encoding="utf-8", errors="replace")


def _end(out: Path) -> str:
    return _all(out)[-4000:]


async def picture(visit: Visit, name: str, at: str = "") -> None:
    """One of the documentation's pictures, of what is in view; only when asked for.

    Args:
        visit: The page.
        name: Of the file.
        at: Selector of what is to stand at the top; empty for the page's begin.
    """
    if not PICTURES:
        return
    await visit.page.evaluate(
        "(at) => scrollTo(0, at ? document.querySelector(at).getBoundingClientRect().top"
        " + scrollY - 12 : 0)",
        at,
    )
    await asyncio.sleep(1)  # highlights fade, the map's names settle
    await visit.screenshot(name, whole=False, folder=SCREENSHOTS)


async def login(visit: Visit, place: Place, lang: str) -> None:
    await visit.go(f"{place.url}/{lang}/connexion")
    await visit.page.fill("#token", place.token)
    await visit.page.click("main form button")
    await visit.page.wait_for_url(f"**/{lang}/noeud")


async def test_the_demo_walked_from_its_start_page_to_its_twin(browser: Browser, tmp_path: Path):
    async with demo(tmp_path) as found, browser.visit(**SIZE) as visit:
        await start_page(visit, found.home)
        await four_levels(visit, found.home)
        await figure_to_publication(visit, found.home)
        await moves_by_itself(visit, found.home)
        await node_page(visit, found.home)
        visit.harmless()
        async with browser.visit(**SIZE, lang="de-DE") as other:
            await german_twin(other, found.twin)
            other.harmless()


async def start_page(visit: Visit, home: Place) -> None:
    """`/` leads to the reader's language; the territories composed are links."""
    assert await visit.go(f"{home.url}/") == 200
    assert visit.page.url == f"{home.url}/fr/"
    await picture(visit, "accueil")
    await visit.page.fill("input[name=q]", "Arvieu")
    await visit.page.press("input[name=q]", "Enter")
    await visit.page.click("main a:has-text('Arvieu')")
    assert "Arvieu" in await visit.text("h1")


async def four_levels(visit: Visit, home: Place) -> None:
    """A commune, its EPCI, département and région: a figure and a drawn map each."""
    pictures = {EPCI: ("territoire-epci", ".summary"), REGION: ("carte-region", ".where")}
    for place in (ARVIEU, EPCI, DEPARTEMENT, REGION):
        assert await visit.go(f"{home.url}/fr/territoire/{place}") == 200
        told = await visit.text(".figures .main dd")
        assert re.search(r"\d", told), (place, told)
        drawn = await visit.map_drawn()
        assert drawn["known"] >= 1, place
        assert await visit.map_colours() > 10, place
        assert "DONNÉES SIMULÉES" in await visit.text()
        if place in pictures:
            await picture(visit, *pictures[place])
    assert "/10" in (await visit.text()).replace(" sur ", "/")


async def figure_to_publication(visit: Visit, home: Place) -> None:
    """A figure, its contributors, a publication and the fifteen steps of its verification."""
    await visit.go(f"{home.url}/fr/territoire/{EPCI}")
    await visit.page.click("a:has-text('D’où vient ce chiffre') >> nth=0")
    told = await visit.text()
    assert f"{ARVIEU}/comptage-mobilites" in told
    await picture(visit, "chiffre")
    await visit.page.click(f"a[aria-label*='{ARVIEU}/comptage-mobilites']")
    await visit.page.click("#publications tbody a >> nth=-1")
    assert await visit.page.locator(".steps > li").count() == 15
    assert await visit.page.locator(".steps .state.holds").count() == 15
    assert "signé par CC de Lévézou Pareloup pour Arvieu" in await visit.text()
    await picture(visit, "publication")


async def moves_by_itself(visit: Visit, home: Place) -> None:
    """As data arrive the territory's figure changes on the page that is open."""
    await visit.go(f"{home.url}/fr/territoire/{EPCI}")
    await visit.page.wait_for_selector("#live.on")
    await visit.page.evaluate("window.notReloaded = true")
    before = await visit.text(".figures")
    await visit.page.wait_for_function(
        "(before) => document.querySelector('.figures').innerText !== before",
        arg=before,
        timeout=MOVED_MAX_MS,
    )
    assert await visit.page.evaluate("window.notReloaded === true")


async def node_page(visit: Visit, home: Place) -> None:
    """What the node publishes, and who has it, after a log-in."""
    await login(visit, home, "fr")
    told = await visit.text()
    assert f"{ARVIEU}/jumelages" in told
    assert "Nœuds" in told or "Points d’échange" in told
    assert TWIN_NAME in told
    await picture(visit, "noeud")


async def german_twin(visit: Visit, twin: Place) -> None:
    """Both towns side by side on the twin's own node, in German; the rest after a log-in."""
    assert await visit.go(f"{twin.url}/de/jumelage") == 200
    told = await visit.text()
    assert "Melden Sie sich an" in told
    assert "noch nichts" not in told
    assert "Energie öffentlicher Gebäude" in told
    assert f"{ARVIEU}/jumelages" not in told
    await login(visit, twin, "de")
    await visit.go(f"{twin.url}/de/jumelage")
    shown = " ".join((await visit.text()).split())
    for one in ("Arvieu", TWIN_NAME, f"{ARVIEU}/jumelages", "kWh", "auf diesem Knoten empfangen"):
        assert one in shown, one
    assert "ohne deutsche Bezeichnung" not in await visit.page.content()
    content = await visit.page.text_content("main") or ""
    known = bundled()
    for name in ("jumelages", "energie-batiments", "projets"):
        schema = known.latest(name)
        assert schema is not None
        for field in schema.wire_fields:
            assert field.labels["de"] in content, (name, field.name)
    await picture(visit, "jumelage-de", ".side")
