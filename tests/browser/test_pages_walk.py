"""From a figure to a publication's steps, log-in, upload, live figures, hostile texts."""

import datetime as dt
import json
import uuid
from pathlib import Path

import pytest

from federation.bundle import read as read_bundle
from node.demo.world import EPCI
from tests.browser.kit import Browser, Visit
from tests.browser.town import ARVIEU, COMMUNES, Town

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202eevil ' \" & {{7*7}}"


async def login(visit: Visit, url: str, token: str) -> None:
    await visit.go(f"{url}/fr/connexion")
    await visit.page.fill("#token", token)
    await visit.page.click("main form button")
    await visit.page.wait_for_url("**/fr/noeud")


async def test_a_figure_walked_down_to_its_verification(
    browser: Browser, here: Town, tmp_path: Path
):
    async with browser.visit() as visit:
        await visit.go(f"{here.url}/fr/territoire/{EPCI}?at=2026-11-23")
        await visit.page.click("tr[data-row='12011'] td.num a")
        told = await visit.text()
        assert "Arvieu" in told
        assert f"{ARVIEU}/comptage-mobilites" in told
        await visit.screenshot("figure-fr")
        await visit.page.click("#publications tbody a >> nth=-1")
        steps = visit.page.locator(".steps > li")
        assert await steps.count() == 15
        assert await visit.page.locator(".steps .state.holds").count() == 15
        assert "signé par CC de Lévézou Pareloup pour Arvieu" in await visit.text()
        await visit.screenshot("publication-fr")
        async with visit.page.expect_download() as download:
            await visit.page.click("a[download]")
        await (await download.value).save_as(tmp_path / "one.mlg")
        assert read_bundle((tmp_path / "one.mlg").read_bytes()).publications
        await visit.page.click(".languages a[hreflang=de]")
        assert "bekannter Schlüssel" in await visit.text()
        await visit.page.click(".crumbs a >> nth=1")
        assert "Kennung des Kanals" in await visit.text()
        await visit.screenshot("dataset-de")
        visit.harmless()


async def test_log_in_node_page_and_log_out(browser: Browser, here: Town):
    async with browser.visit() as visit:
        assert await visit.go(f"{here.commune_url}/fr/noeud") == 401
        assert "Cette page demande une connexion" in await visit.text()
        visit.errors.clear()  # the 401 itself
        await login(visit, here.commune_url, here.token(here.communes))
        told = await visit.text()
        assert f"{ARVIEU}/projets" in told
        assert "CC de Lévézou Pareloup" in told  # whose receipt came
        await visit.page.wait_for_selector("#live.on")
        await visit.screenshot("node-fr")
        await visit.page.click("text=Se déconnecter")
        visit.harmless()
        assert await visit.go(f"{here.commune_url}/fr/noeud") == 401


async def test_a_file_is_checked_shown_and_published(browser: Browser, here: Town, tmp_path: Path):
    bad, good = tmp_path / "faux.csv", tmp_path / "juste.csv"
    head = "channel_id,start_datetime,count\n"
    bad.write_text(head + "c1,2026-11-23T08:00:00Z,beaucoup\nc1,hier,3\n", encoding="utf-8")
    good.write_text(head + "c1,2026-11-23T08:00:00Z,7\n", encoding="utf-8")
    async with browser.visit() as visit:
        await login(visit, here.commune_url, here.token(here.communes))
        await visit.page.click("text=Déposer un fichier")
        await visit.page.select_option("#participant", ARVIEU)
        await visit.page.select_option("#schema", "comptage-mobilites")
        async with visit.page.expect_download() as download:
            await visit.page.click("#forms >> text=CSV")
        model = tmp_path / "modele.csv"
        await (await download.value).save_as(model)
        assert model.read_text("utf-8-sig").startswith("channel_id;counter_id;start_datetime")
        await visit.page.fill("#slug", "essai")
        await visit.page.set_input_files("#file", bad)
        await visit.page.click("text=Contrôler")
        await visit.page.wait_for_selector(".banner.bad")
        told = await visit.text()
        assert "beaucoup" in told
        assert "type-error" in told
        await visit.screenshot("upload-report-fr")
        await visit.page.set_input_files("#file", good)
        await visit.page.click("text=Contrôler")
        await visit.page.wait_for_selector(".banner.good")
        await visit.page.click("main button:has-text('Publier')")
        assert "Pris en charge" in await visit.text()
        visit.errors[:] = [one for one in visit.errors if "422" not in one]
        visit.harmless()
    await here.received()
    assert here.epci.store.publications.head(f"{ARVIEU}/comptage-mobilites.essai") is not None


async def test_columns_called_otherwise_are_asked_for(browser: Browser, here: Town, tmp_path: Path):
    file = tmp_path / "autre.csv"
    file.write_text(
        "Capteur;Start DateTime;<img src=x onerror=alert(1)>;Countz\n"
        "c1;2026-11-23T08:00:00Z;<script>alert(2)</script>;7\n",
        encoding="utf-8",
    )
    async with browser.visit() as visit:
        await login(visit, here.commune_url, here.token(here.communes))
        await visit.page.click("text=Déposer un fichier")
        await visit.page.select_option("#participant", ARVIEU)
        await visit.page.select_option("#schema", "comptage-mobilites")
        await visit.page.set_input_files("#file", file)
        await visit.page.click("text=Contrôler")
        await visit.page.wait_for_selector("#c0")
        await visit.screenshot("upload-columns-fr")
        async with visit.page.expect_download() as download:
            await visit.page.click("text=page à imprimer")
        report = tmp_path / "rapport.html"
        await (await download.value).save_as(report)
        await visit.page.select_option("#c0", "channel_id")
        await visit.page.click("text=Contrôler avec cette correspondance")
        await visit.page.wait_for_selector(".banner.good")
        assert "lue comme channel_id" in await visit.text()
        await visit.go(report.as_uri())
        assert "extra-label" in await visit.text()
        visit.hosts.discard("")  # the report itself, from the disk
        await visit.screenshot("report-page-fr")
        visit.errors[:] = [one for one in visit.errors if "422" not in one]
        visit.harmless()


async def test_figures_move_as_data_arrive(browser: Browser, here: Town):
    async with browser.visit() as visit:
        await visit.go(f"{here.url}/fr/territoire/{EPCI}")
        await visit.map_drawn()
        await visit.page.wait_for_selector("#live.on")
        value = "tr[data-row='12050'] td.num >> nth=0"
        before = await visit.page.inner_text(value)
        await visit.page.focus("tr[data-row='12050'] th a")
        here.publish("fr-com-12050", 3)
        here.until += dt.timedelta(hours=3)
        await visit.page.wait_for_function(
            "([where, before]) => document.querySelector(where)?.innerText !== before",
            arg=["tr[data-row='12050'] td.num", before],
        )
        await visit.page.wait_for_selector("#map[data-updates]")
        focused = await visit.page.evaluate("document.activeElement.getAttribute('href')")
        assert focused.startswith("/fr/territoire/fr-com-12050")
        visit.harmless()


async def test_hostile_texts_are_text_on_every_page(browser: Browser, here: Town):
    project = {
        "id": str(uuid.uuid4()),
        "createdAt": "2026-01-15T09:00:00.000Z",
        "updatedAt": "2026-11-01T09:00:00.000Z",
        "nom": (HOSTILE + "x" * 10_000)[:200],
        "budgetPrevisionnel": 1000,
        "phase": "Idée",
        "phaseStatut": "En cours",
    }
    village = COMMUNES[-2]
    here.publish_projects(village, json.dumps([project]).encode())
    await here.received()
    head = here.epci.store.publications.head(f"{village}/projets")
    assert head is not None
    asked = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%E2%80%AE"
    async with browser.visit() as visit:
        await login(visit, here.url, here.token(here.epci))
        for path in (
            f"/fr/jeu/{village}/projets",
            f"/en/publication/{head.digest}",
            f"/de/territoire/{EPCI}?measure=projets.budgetPrevisionnel",
            f"/fr/?q={asked}",
            f"/fr/connexion?next={asked}",
            "/fr/jumelage",
        ):
            assert await visit.go(here.url + path) == 200, path
            content = await visit.page.content()
            assert "\u202e" not in content
            assert await visit.page.locator("img[onerror]").count() == 0
            assert "49" not in await visit.text("h1")
            wide = await visit.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, path
        visit.harmless()
        for path in (f"/fr/territoire/{asked}", f"/fr/jeu/{asked}/x", f"/fr/publication/{asked}"):
            assert await visit.go(here.url + path) in (400, 404), path
            assert "\u202e" not in await visit.page.content()
        visit.errors[:] = [one for one in visit.errors if "Failed to load resource" not in one]
        visit.harmless()


async def test_the_page_isn_t_framed_and_scripts_of_others_don_t_run(browser: Browser, here: Town):
    async with browser.visit() as visit:
        await visit.go(f"{here.url}/fr/")
        await visit.page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
            " document.body.append(s); }"
        )
        assert await visit.page.evaluate("window.ran") is None
        assert any("script-src" in one for one in visit.errors)


async def test_a_lost_connection_is_said_and_mended(browser: Browser, here: Town):
    async with browser.visit() as visit:
        await visit.page.route("**/api/v1/events*", lambda route: route.abort())
        await visit.go(f"{here.url}/fr/territoire/{EPCI}")
        await visit.page.wait_for_selector("#live.off")
        assert "Liaison perdue" in await visit.text("#live")
        await visit.page.unroute("**/api/v1/events*")
        await visit.page.wait_for_selector("#live.on")
        visit.errors[:] = [one for one in visit.errors if "ERR_FAILED" not in one]
        visit.harmless()
