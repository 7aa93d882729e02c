"""What a commune owes and processes, as its node shows it: by command, and on its pages."""

import json
from pathlib import Path

import pytest
from api_world import ARVIEU, COUNTS, EPCI, SEGUR, hours, town_of
from cli_world import GOOD_CSV, Maillage

from federation.errors import MalformedError
from node.settings import load_settings

DATASET = f"{ARVIEU}/{COUNTS}"
RODEZ = "fr-com-12202"


def test_sheets_by_command(maillage: Maillage) -> None:
    maillage.init()
    where = ("--data", maillage.data)
    done = maillage("sheet", *where)
    assert (done.status, done.out) == (0, "")
    assert "Aucun jeu de données" in done.err
    # before anything was published, too: the record comes first
    done = maillage("sheet", f"{ARVIEU}/projets", *where)
    assert "Finalité" in done.out
    assert "porteurReferentEmail" in done.out
    done = maillage("--lang", "en", "sheet", f"{ARVIEU}/projets", "--format", "json", *where)
    (found,) = json.loads(done.out)
    assert (found["dataset"], found["lang"]) == (f"{ARVIEU}/projets", "en")
    file = maillage.file("c.csv", GOOD_CSV)
    words = ("publish", file, "--schema", COUNTS, "--participant", ARVIEU)
    assert maillage(*words, *where).status == 0
    target = maillage.folder / "registre.md"
    done = maillage("sheet", DATASET, "--format", "markdown", "--output", target, *where)
    assert done.status == 0
    assert target.read_text().startswith("## Registre des traitements")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([f"{SEGUR}/projets"], "participant"),
        (["--participant", SEGUR], "participant"),
        ([f"{ARVIEU}/inconnu"], "schema"),
        (["projets"], "dataset-id"),
    ],
)
def test_a_sheet_of_nothing_here_is_told(maillage: Maillage, words: list[str], code: str) -> None:
    maillage.init()
    done = maillage("sheet", *words, "--data", maillage.data)
    assert done.status == 2
    assert f"[{code}]" in done.err


async def test_pages_show_duty_competence_and_sheet(tmp_path: Path) -> None:
    html = {"Accept": "text/html"}
    async with town_of(tmp_path / "node") as town:
        town.federation()
        town.publish(ARVIEU, hours(3))
        for lang, duty, competence, record in (
            ("fr", "recommandé", "voirie", "Fiche pour le registre des traitements"),
            ("en", "recommended", "roads", "Sheet for the record of processing"),
            ("de", "empfohlen", "Straßen", "Blatt für das Verarbeitungsverzeichnis"),
        ):
            page = f"/{lang}/jeu/{DATASET}"
            body = (await town.get(page, headers=html)).body.decode()
            for told in (duty, competence, record, "L.312-1-1"):
                assert told in body
            # the sheet names members and receivers: it isn't for everybody
            public = (await town.get(page, token=None, headers=html)).body.decode()
            assert record not in public
            assert duty in public
        body = (await town.get("/fr/noeud", headers=html)).body.decode()
        assert "Obligation de publier" in body
        assert "recommandé" in body


def test_staff_is_said_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "maillage.toml").write_text(f'[staff]\n"{RODEZ}" = 430\n')
    assert load_settings(tmp_path).staff == {RODEZ: 430}
    for wrong in (f'"{RODEZ}" = -1', '"Rodez" = 430', f'"{EPCI}" = "beaucoup"'):
        (tmp_path / "maillage.toml").write_text(f"[staff]\n{wrong}\n")
        with pytest.raises(MalformedError, match="staff"):
            load_settings(tmp_path)
