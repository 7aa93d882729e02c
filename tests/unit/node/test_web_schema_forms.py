"""Schemas over HTTP in the forms that others use, and the links that a secretary finds."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import pytest
from api_world import ARVIEU, COUNTS, Town, hours, schema, town_of

from schemas.exports import FORMS, Form, export

PATH = f"/api/v1/schemas/{COUNTS}/1.0.0"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_of(tmp_path / "node") as found:
        yield found


async def test_every_form_is_given_to_everybody(town: Town):
    for form in get_args(Form):
        answer = await town.get(f"{PATH}/{form}?language=en", token=None)
        assert answer.status == 200
        assert answer.headers["Content-Type"].partition(";")[0] == FORMS[form].media
        assert f"{COUNTS}-1.0.0{FORMS[form].suffix}" in answer.headers["Content-Disposition"]
        assert answer.headers["Maillage-Digest"] == schema().digest
        assert answer.body == export(schema(), form, "en")
        tag = answer.headers["ETag"]
        again = await town.get(
            f"{PATH}/{form}?language=en", token=None, headers={"If-None-Match": tag}
        )
        assert (again.status, again.body) == (304, b"")


async def test_languages_and_what_isnt_there(town: Town):
    french = (await town.get(f"{PATH}/markdown", token=None)).body.decode()
    german = (await town.get(f"{PATH}/markdown?language=de", token=None)).body.decode()
    assert "## Colonnes" in french
    assert "## Spalten" in german
    title = json.loads((await town.get(f"{PATH}/json-schema?language=it", token=None)).body)[
        "title"
    ]
    assert title == schema().labels["it"]
    for path, status, code in (
        (f"{PATH}/pdf", 400, "parameter"),
        (f"{PATH}/csv?language=pt", 400, "parameter"),
        (f"/api/v1/schemas/{COUNTS}/9.9.9/csv", 404, "schema"),
    ):
        answer = await town.get(path, token=None)
        assert (answer.status, answer.json["code"]) == (status, code)


async def test_a_datasets_page_leads_to_them(town: Town):
    dataset = town.publish(ARVIEU, hours(1))
    page = (await town.get(f"/fr/jeu/{dataset}", token=None)).body.decode()
    for form in ("xlsx", "csv", "markdown", "json-schema"):
        assert f'href="{PATH}/{form}?language=fr"' in page
