"""Log-in, upload and the walk from a figure to its publication, over HTTP on a real node."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cli_world import BAD_CSV, GOOD_CSV
from twin_world import TITLE, publish_projects, twins
from web_world import ARVIEU, HTML, Reader, Site, csrf_of, site_of

from federation.reasons import REASONS, Verdict
from node import documents, reason_texts
from node.web.access import NOBODY, Grant, Scope
from node.web.pages import sharing_form
from node.web.pages.login import TRIES, Tries, local
from node.web.pages.receiving import file_name
from node.web.pages.sessions import COOKIE, IDLE_S, LIFE_S, SESSIONS_MAX, Sessions
from tests.sample_rows import dwellings_schema


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with site_of(tmp_path / "node", upload_max_bytes=64 * 1024) as found:
        yield found


@pytest.fixture
async def reader(site: Site) -> AsyncIterator[Reader]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Reader(site, session)


# -- sessions ---------------------------------------------------------------------------------


def test_a_session_ends_unused_and_after_a_day():
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    secret, session = sessions.open(Grant.of([Scope.READ], "t"))
    assert sessions.find(secret) is session
    now[0] = IDLE_S - 1
    assert sessions.find(secret) is session
    now[0] += IDLE_S + 1
    assert sessions.find(secret) is None
    secret, _ = sessions.open(NOBODY)
    end = now[0] + LIFE_S
    while now[0] <= end:
        now[0] += IDLE_S / 2
        found = sessions.find(secret)
    assert found is None
    assert sessions.find("guessed") is None


def test_sessions_are_bounded_and_visitors_go_first():
    sessions = Sessions(lambda: 0.0)
    kept, _ = sessions.open(Grant.of([Scope.ADMIN], "t"))
    for _ in range(SESSIONS_MAX + 10):
        sessions.open(NOBODY)
    assert len(sessions._held) == SESSIONS_MAX
    assert sessions.find(kept) is not None


def test_wrong_tokens_are_counted_by_address():
    now = [0.0]
    tries = Tries(lambda: now[0])
    for _ in range(TRIES):
        assert tries.wait_s("a") == 0
        tries.failed("a")
    assert tries.wait_s("a") > 0
    assert tries.wait_s("b") == 0
    now[0] = 61
    assert tries.wait_s("a") == 0


@pytest.mark.parametrize(
    "address", ["", "//evil.example", "https://evil.example", "/\\evil", "javascript:x", "/a\nb"]
)
def test_a_log_in_never_leads_elsewhere(address: str):
    assert local(address) is None
    assert local("/fr/noeud?x=1") == "/fr/noeud?x=1"


async def test_log_in_and_out(reader: Reader, site: Site):
    assert (await reader.get("/fr/noeud"))[0] == 401
    status, body = await reader.login()
    assert status == 200
    assert "<h1><bdi>" in body  # led to the node's page
    (cookie,) = [one for one in reader.session.cookie_jar if one.key == COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert not cookie["secure"]
    assert (await reader.get("/api/v1/status", Accept="application/json"))[0] == 200
    _, body = await reader.post("/fr/deconnexion", {"csrf": csrf_of(body)})
    assert (await reader.get("/fr/noeud"))[0] == 401
    assert not site.node.store.publications.own_heads()


async def test_a_session_s_secret_changes_with_the_log_in(reader: Reader):
    await reader.get("/fr/connexion")
    (before,) = [one.value for one in reader.session.cookie_jar]
    await reader.login()
    (after,) = [one.value for one in reader.session.cookie_jar]
    assert before != after


async def test_https_before_it_makes_the_cookie_secure(site: Site):
    headers = HTML | {"X-Forwarded-Proto": "https"}
    async with site.session.get(site.url + "/fr/connexion", headers=headers) as got:
        assert "Secure" in got.headers["Set-Cookie"]


async def test_wrong_tokens_are_refused_then_waited_for(reader: Reader):
    for _ in range(TRIES):
        status, body = await reader.login("x" * 40)
        assert status == 401
        assert "n’est pas valable" in body
    status, body = await reader.login()
    assert status == 429
    assert "login-rate" in body


async def test_forms_of_other_sites_are_refused(reader: Reader):
    await reader.login()
    _, body = await reader.get("/fr/deposer")
    good = csrf_of(body)
    for fields, headers in (
        ({"csrf": "no"}, {}),
        ({"csrf": good}, {"Origin": "https://evil.example"}),
        ({"csrf": good}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf": good}, {"Sec-Fetch-Site": "same-site"}),
    ):
        status, told = await reader.post("/fr/deconnexion", fields, **headers)
        assert status == 403, (fields, headers)
        assert "csrf" in told
    # a cookie alone changes nothing, whatever the path
    path = f"/api/v1/datasets/{ARVIEU}/comptage-mobilites/publications"
    status, _ = await reader.post(path, GOOD_CSV.encode(), **{"Content-Type": "text/csv"})
    assert status == 401
    assert (await reader.get("/fr/noeud"))[0] == 200  # still logged in


@pytest.mark.parametrize("body", [b"csrf=%ff", b"csrf=a&csrf=b", b"a", b"x=" + b"y" * 20_000])
async def test_malformed_forms(reader: Reader, body: bytes):
    media = {"Content-Type": "application/x-www-form-urlencoded"}
    status, told = await reader.post("/fr/connexion", body, **media)
    assert status in (400, 403, 413)
    assert "Traceback" not in told


# -- upload -----------------------------------------------------------------------------------


async def test_a_file_is_published_only_once_confirmed(reader: Reader, site: Site):
    await reader.login()
    status, body = await reader.check(GOOD_CSV.encode())
    assert status == 200
    assert "Valide" in body
    assert not site.node.store.own.has_ready_draft(f"{ARVIEU}/comptage-mobilites")
    name = re.search(r'name="name" value="([^"]+)"', body)
    assert name is not None
    fields = {"csrf": csrf_of(body), "name": name[1]}
    status, body = await reader.post("/fr/deposer/publier", fields)
    assert status == 200
    assert "Pris en charge" in body
    assert site.node.store.own.has_ready_draft(f"{ARVIEU}/comptage-mobilites")
    assert (await reader.post("/fr/deposer/publier", fields))[0] == 410  # once
    assert not list((site.node.data_dir / "uploads").iterdir())


async def test_a_file_to_fill_in_lies_beside_the_schema(reader: Reader):
    await reader.login()
    _, body = await reader.get("/fr/deposer?schema=jumelages")
    for form in ("xlsx", "csv"):
        link = f"/api/v1/schemas/jumelages/1.0.0/{form}"
        shown = body.split("<noscript>")[0]
        assert f'href="{link}?language=fr" download' in shown
        assert f'href="{link.replace("jumelages", "projets")}?language=fr"' not in shown
        assert f'href="{link.replace("jumelages", "projets")}?language=fr"' in body  # no script


async def test_with_whom_a_file_is_shared_is_chosen_once_and_stays(reader: Reader, site: Site):
    await reader.login()
    _, body = await reader.check(GOOD_CSV.encode())
    assert '<option value="open" selected>' in body  # as the schema says
    name = re.search(r'name="name" value="([^"]+)"', body)
    assert name is not None
    fields = {"csrf": csrf_of(body), "name": name[1]}
    status, _ = await reader.post("/fr/deposer/publier", fields | {"sharing": "everybody"})
    assert status == 400  # no choice of the list; the file waits on
    status, _ = await reader.post("/fr/deposer/publier", fields | {"sharing": "open"})
    assert status == 200
    _, body = await reader.check(GOOD_CSV.encode())
    assert "Comme ses publications précédentes" in body
    assert 'id="sharing"' not in body
    _, body = await reader.check(GOOD_CSV.encode(), slug="autre")
    name = re.search(r'name="name" value="([^"]+)"', body)
    assert name is not None
    fields = {"csrf": csrf_of(body), "name": name[1], "sharing": f"charter:{'0' * 64}"}
    status, body = await reader.post("/fr/deposer/publier", fields)
    assert status == 404
    assert not site.node.store.own.has_ready_draft(f"{ARVIEU}/comptage-mobilites.autre")


async def test_what_can_be_chosen_follows_the_schema_and_the_agreements(tmp_path: Path):
    async with twins(tmp_path) as world:
        arvieu = world.open("arvieu")
        for name, usual in (("projets", "open"), ("eau-reseau", f"charter:{world.charter}")):
            schema = arvieu.knowledge.catalogue.latest(name)
            assert schema is not None
            found = sharing_form.choices(arvieu, schema, f"{ARVIEU}/{name}", "de")
            assert found.usual == usual
            assert found.options == (
                ("open", "Offen für alle"),
                (f"charter:{world.charter}", f"Mitglieder von: {TITLE}"),
            )
        publish_projects(arvieu, owner=ARVIEU)
        schema = arvieu.knowledge.catalogue.latest("projets")
        assert schema is not None
        found = sharing_form.choices(arvieu, schema, f"{ARVIEU}/projets", "de")
        assert (found.fixed, found.options) == (f"Mitglieder von: {TITLE}", ())
        arvieu.close()


async def test_rows_that_may_not_leave_are_checked_and_kept(reader: Reader, site: Site):
    schema = dwellings_schema()
    documents.keep(site.node.store, "schema", ARVIEU, schema.document, pinned=True)
    documents.restore(site.node.knowledge, site.node.store)
    await reader.login()
    few, enough = (b"quartier,foyers,kwh\nbourg,%d,9000\n" % count for count in (10, 11))
    status, body = await reader.check(few, schema=schema.name)
    assert status == 200
    assert "Valide" in body
    assert "Totaux seulement" in body
    assert "1 lignes contrôlées" in body
    assert 'form="publish"' not in body
    # above the threshold another level may be chosen; totals are still not sent
    status, body = await reader.check(enough, schema=schema.name)
    assert '<option value="aggregate-only" selected>' in body
    name = re.search(r'name="name" value="([^"]+)"', body)
    assert name is not None
    fields = {"csrf": csrf_of(body), "name": name[1], "sharing": "aggregate-only"}
    status, body = await reader.post("/fr/deposer/publier", fields)
    assert status == 409
    assert "rien n’a été enregistré ni envoyé" in body
    assert "en anglais" not in body
    assert not site.node.store.own.has_ready_draft(f"{ARVIEU}/{schema.name}")


async def test_a_bad_file_shows_each_cell_and_leaves_nothing(reader: Reader, site: Site):
    await reader.login()
    status, body = await reader.check(BAD_CSV.encode())
    assert status == 422
    assert "rien n’est publié" in body.replace("\u00a0", " ")
    assert 'name="name"' not in body
    assert not list((site.node.data_dir / "uploads").iterdir())


async def test_discarding_and_logging_out_remove_the_file(reader: Reader, site: Site):
    await reader.login()
    for _ in range(2):
        _, body = await reader.check(GOOD_CSV.encode())
    folder = site.node.data_dir / "uploads"
    assert len(list(folder.iterdir())) == 2
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    name = re.search(r'name="name" value="([^"]+)"', body)
    assert name is not None
    await reader.post("/fr/deposer/abandonner", {"csrf": csrf_of(body), "name": name[1]})
    assert len(list(folder.iterdir())) == 1
    await reader.post("/fr/deconnexion", {"csrf": csrf_of(body)})
    assert not list(folder.iterdir())


async def test_too_large_empty_or_for_nobody(reader: Reader, site: Site):
    await reader.login()
    assert (await reader.check(b"x" * 70_000))[0] == 413
    assert (await reader.check(b""))[0] == 400
    assert (await reader.check(GOOD_CSV.encode(), participant="fr-com-75056"))[0] == 404
    assert (await reader.check(GOOD_CSV.encode(), schema="no"))[0] == 404
    assert (await reader.check(GOOD_CSV.encode(), slug="../x"))[0] == 400
    assert (await reader.check(GOOD_CSV.encode(), csrf="no"))[0] == 403
    assert (await reader.check(GOOD_CSV.encode(), other="no"))[0] == 400
    assert not list((site.node.data_dir / "uploads").iterdir())


async def test_hostile_names_are_text(reader: Reader):
    await reader.login()
    data = b"channel_id,start_datetime,count\n<img src=x>,<script>alert(1)</script>,\xe2\x80\xae\n"
    _, body = await reader.check(data, filename="../<script>alert(2)<\u202eok.csv")
    assert "<script>alert" not in body
    assert "<img" not in body.replace('<img src="/static', "")
    assert "\u202e" not in body
    assert "&lt;script&gt;alert(1)" in body


def test_a_file_s_name_is_shown_not_followed():
    assert file_name("../../etc/passwd") == "passwd"
    assert file_name("C:\\x\\comptages.csv") == "comptages.csv"
    assert file_name("a\u202e\x00b.csv") == "ab.csv"
    assert len(file_name("x" * 10_000 + ".csv")) < 300
    assert file_name(None) == "fichier"


async def test_upload_needs_the_right_to_publish(reader: Reader):
    assert (await reader.get("/fr/deposer"))[0] == 401
    form = aiohttp.FormData({"csrf": "x"})
    form.add_field("file", b"x", filename="x.csv")
    assert (await reader.post("/fr/deposer", form))[0] == 403


# -- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["fr", "de", "en"])
def test_every_reason_and_step_is_said_in_each_language(lang: reason_texts.Lang):
    assert reason_texts.codes(lang) == set(REASONS)
    assert all(reason_texts.step_name(number, lang) for number in range(1, 16))
    assert all(reason_texts.verdict_name(one, lang) for one in Verdict)
    assert reason_texts.meaning("of-a-later-release", lang) == ""
