"""A file whose columns are called otherwise, handed in on screen: asked, checked, remembered."""

import html
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cli_world import BAD_CSV, GOOD_CSV
from web_world import ARVIEU, Reader, Site, csrf_of, site_of

from node.web.pages import columns_form
from schemas.catalogue import bundled
from schemas.model import Schema
from schemas.reading import Reading, read
from schemas.reading.proposing import Proposal

COUNTS = f"{ARVIEU}/comptage-mobilites"
HOSTILE = '"><script>alert(1)</script>'
OTHER = GOOD_CSV.replace(
    "channel_id,counter_id", f'Capteur,"{HOSTILE.replace(chr(34), chr(34) * 2)}"'
)
OTHER = OTHER.replace("end_datetime,count", "End DateTime,Countz")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with site_of(tmp_path / "node") as found:
        yield found


@pytest.fixture
async def reader(site: Site) -> AsyncIterator[Reader]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        found = Reader(site, session)
        await found.login()
        yield found


def name_of(body: str) -> str:
    found = re.search(r'name="name" value="([^"]+)"', body)
    assert found is not None
    return found[1]


def chosen(body: str) -> dict[str, str]:
    """The form's columns as they are preselected."""
    found = {}
    for field, options in re.findall(r'<select id="(c\d+)"[^>]*>(.*?)</select>', body, re.DOTALL):
        picked = re.search(r'value="([^"]*)" selected', options)
        found[field] = picked[1] if picked else ""
    return found


async def test_columns_are_asked_confirmed_and_remembered(reader: Reader, site: Site):
    status, body = await reader.check(OTHER.encode())
    assert status == 422
    assert "Quelle colonne est laquelle" in body
    assert HOSTILE not in body
    assert html.escape("<script>alert(1)") in body
    assert chosen(body) == {
        "c0": "",
        "c1": "",
        "c2": "start_datetime",
        "c3": "end_datetime",
        "c4": "count",
    }
    assert "<bdi>C1</bdi>" in body  # an example
    assert "à vérifier" in body

    form = {"csrf": csrf_of(body), "name": name_of(body)} | chosen(body)
    status, body = await reader.post("/fr/deposer/colonnes", form | {"c0": "count"})
    assert status == 422
    assert "n’en garder qu’une" in body
    assert chosen(body)["c0"] == "count"  # what was chosen is shown again

    form |= {"name": name_of(body), "c0": "channel_id"}
    status, body = await reader.post("/fr/deposer/colonnes", form)
    assert status == 200
    assert "Valide" in body
    assert "lue comme channel_id" in body
    assert not site.node.publisher.mappings.document(COUNTS)  # not before it is published
    sent = {"csrf": csrf_of(body), "name": name_of(body)}
    status, body = await reader.post("/fr/deposer/publier", sent)
    assert "Pris en charge" in body
    kept = json.loads(site.node.publisher.mappings.document(COUNTS))
    assert kept["columns"]["Capteur"] == "channel_id"
    assert kept["columns"][HOSTILE] is None

    status, body = await reader.check(OTHER.encode())
    assert status == 200
    assert "retenue pour ce jeu" in body
    fresh = {"csrf": csrf_of(body), "name": name_of(body), "fresh": "1"}
    status, body = await reader.post("/en/deposer/colonnes", fresh)
    assert status == 422
    assert "Which column is which" in body


async def test_a_column_that_the_file_lacks_is_the_same_on_each_line(reader: Reader, site: Site):
    lines = [line.partition(",")[2] for line in GOOD_CSV.splitlines()]
    status, body = await reader.check("\n".join(lines).encode())
    assert status == 422
    assert 'name="k0"' in body
    form = {"csrf": csrf_of(body), "name": name_of(body), "k0": "Pont neuf"} | chosen(body)
    status, body = await reader.post("/de/deposer/colonnes", form)
    assert status == 200
    assert "Pont neuf" in body
    sent = {"csrf": csrf_of(body), "name": name_of(body)}
    assert (await reader.post("/fr/deposer/publier", sent))[0] == 200
    kept = json.loads(site.node.publisher.mappings.document(COUNTS))
    assert kept["constants"] == {"channel_id": "Pont neuf"}


async def test_who_may_answer(reader: Reader):
    _, body = await reader.check(OTHER.encode())
    form = {"csrf": csrf_of(body), "name": name_of(body)} | chosen(body)
    path = "/fr/deposer/colonnes"
    assert (await reader.post(path, form | {"csrf": "no"}))[0] == 403
    assert (await reader.post(path, form, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert (await reader.post(path, form | {"name": "no"}))[0] == 410
    status, body = await reader.post(path, form | {"c0": "no-such-column"})
    assert status == 422
    assert "ne convient pas au schéma" in body
    assert (await reader.post(path, form))[0] == 410  # another name each time


async def test_a_report_can_be_kept(reader: Reader):
    _, body = await reader.check(BAD_CSV.encode(), filename="<b>.csv")
    assert "Quelle colonne" not in body
    (path,) = set(re.findall(r'href="(/fr/deposer/rapport/[^"]+)\.html"', body))
    for ending, media, word in (
        ("html", "text/html", "<!doctype html>"),
        ("json", "application/json", '"reportVersion": 1'),
        ("txt", "text/plain", "trente"),
    ):
        url = f"{reader.site.url}{path}.{ending}"
        async with reader.session.get(url) as got:
            assert got.status == 200
            assert got.content_type == media
            assert got.headers["Content-Disposition"] == f'attachment; filename="rapport.{ending}"'
            assert "sandbox" in got.headers["Content-Security-Policy"]
            assert "unsafe" not in got.headers["Content-Security-Policy"]
            text = await got.text()
            assert word in text
            assert "<b>" not in text or ending != "html"
    assert (await reader.get(f"{path}.pdf"))[0] == 410
    assert (await reader.get("/fr/deposer/rapport/aaaaaaaaaaaaaaaaaaaa.html"))[0] == 410
    async with aiohttp.ClientSession() as other, other.get(f"{reader.site.url}{path}.txt") as got:
        assert got.status == 401


async def test_programs_see_and_set_the_mapping(site: Site):
    path = f"/api/v1/datasets/{COUNTS}/mapping"
    plain = {"version": 1, "schema": "comptage-mobilites", "columns": {}}
    answer = await site.get(path)
    assert (answer.status, answer.json) == (200, plain)
    data = OTHER.encode()
    assert (await site.post(data)).status == 422
    columns = {"Capteur": "channel_id", HOSTILE: None, "Countz": "count"}
    wanted = json.dumps(plain | {"columns": columns})
    assert (await site.ask("PUT", path, data=wanted, token=None)).status == 401
    answer = await site.ask("PUT", path, data=wanted)
    assert (answer.status, answer.json["columns"]) == (200, columns)
    assert (await site.get(path)).json["columns"] == columns
    taken = await site.post(data)
    assert taken.status == 202
    assert taken.json["notes"][0]["code"] == "remembered"
    for body, code in (
        ("{", "mapping"),
        (json.dumps(plain | {"columns": {"x": "no"}}), "mapping"),
        (json.dumps(plain | {"confirm": ["x"]}), "mapping-confirm"),
    ):
        refused = await site.ask("PUT", path, data=body)
        assert (refused.status, refused.json["code"]) == (400, code)
    assert (await site.get(path.replace("comptage", "no"))).status == 404
    assert (await site.get(path.replace("12011", "12253"))).status == 404
    assert (await site.ask("PUT", path, data=json.dumps(plain))).status == 200
    assert (await site.post(data)).status == 422


# -- the form's answer, without a page ---------------------------------------------------------


def proposed(text: str) -> tuple[Schema, Reading, Proposal | None]:
    schema = bundled().latest("mediation-numerique")
    assert schema is not None
    data = text.encode()
    reading = read(data, filename="f.csv", schema=schema)
    return schema, reading, columns_form.proposal_for(data, "f.csv", schema, reading, None)


def test_a_personal_column_is_no_other():
    schema, _, proposal = proposed("id,Courriels\n1,a@b.fr\n")
    assert proposal is not None
    with pytest.raises(columns_form.Unanswered, match="personnelle"):
        columns_form.answered({"c0": "id", "c1": "nom"}, proposal, schema, "fr")
    found = columns_form.answered({"c0": "id", "c1": "courriels"}, proposal, schema, "fr")
    assert found.columns == {"id": "id", "Courriels": "courriels"}


def test_a_wrong_constant_is_told_and_the_place_is_proposed():
    schema, reading, proposal = proposed("id,Nom du lieu,,\n1,a,,\n")
    assert proposal is not None
    form = columns_form.columns_form(proposal, schema, reading, participant=ARVIEU, lang="de")
    assert form is not None
    assert form.unnamed
    by_name = {one.column: one for one in form.constants}
    assert by_name["code_insee"].value == "12011"
    field = by_name["date_maj"].field
    with pytest.raises(columns_form.Unanswered, match="date_maj"):
        columns_form.answered({field: "nord"}, proposal, schema, "de")
    found = columns_form.answered({field: "31/12/2026", "unnamed": "1"}, proposal, schema, "de")
    assert found.constants == {"date_maj": "31/12/2026"}
    assert found.columns[""] is None
    assert columns_form.answered({"fresh": "1"}, proposal, schema, "de").empty


def test_what_is_too_much_for_a_page_is_left_to_the_command():
    wide = ",".join(f"colonne {number}" for number in range(columns_form.FIELDS_MAX + 1))
    assert proposed(f"{wide}\n")[2] is None
    assert proposed("x" * (columns_form.LABELS_MAX_CHARS + 1) + ",id\n1,2\n")[2] is None
    assert proposed("id\n1\n")[2] is not None  # required columns are missing
