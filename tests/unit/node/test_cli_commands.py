"""The commands by use: what they make, show and answer in JSON."""

import json
import stat
from pathlib import Path

import pytest
from cli_world import ARVIEU, BAD_CSV, GOOD_CSV, Maillage

from node.cli import nodes
from node.cli.screen import clean
from schemas.catalogue import bundled
from schemas.territory import members

EXAMPLE = (
    Path(__file__).parents[3].parent / "shared" / "reference" / "examples"
    "/etalab+schema-comptage-mobilites__measure_exemple-valide-eco-compteur.csv"
)
COUNTS = f"{ARVIEU}/comptage-mobilites"


# -- init --------------------------------------------------------------------------------------


def test_init_makes_a_node_and_says_what_to_do_with_it(maillage: Maillage):
    answer = maillage.init()
    assert answer.status == 0
    recovery = maillage.data / "recovery" / f"{ARVIEU}.key"
    for word in (ARVIEU, "IMPORTANT", str(recovery.parent), "enrolment.json", "token"):
        assert word in answer.out
    for secret in (recovery, maillage.data / "token", maillage.data / "keys" / f"{ARVIEU}.key"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text().strip() not in answer.out
    assert stat.S_IMODE(maillage.data.stat().st_mode) == 0o700


def test_init_can_be_run_again_and_goes_on_reminding_of_recovery_keys(maillage: Maillage):
    first = maillage.init("--json").json
    again = maillage.init("--json").json
    assert first["created"] == again["existing"] == [ARVIEU]
    assert again["created"] == []
    assert again["recoveryFiles"] == first["recoveryFiles"]
    Path(first["recoveryFiles"][0]).unlink()
    moved = maillage.init()
    assert "IMPORTANT" not in moved.out
    more = maillage("init", "--data", maillage.data, "--participant", "fr-com-12253", "--json").json
    assert (more["created"], more["existing"]) == (["fr-com-12253"], [])
    assert json.loads(Path(more["enrolmentFile"]).read_text())["participants"] == [
        ARVIEU,
        "fr-com-12253",
    ]


def test_init_for_all_communes_of_an_epci(maillage: Maillage):
    answer = maillage("init", "--data", maillage.data, "--epci", "241200765", "--json")
    assert answer.json["created"] == list(members("fr-epci-241200765", "commune"))


def test_init_from_a_list(maillage: Maillage):
    file = maillage.file(
        "l.csv", "﻿Participant;Name\r\nfr-com-12011;Mairie d’Arvieu\r\nxx-lau-1;\r\n"
    )
    answer = maillage("init", "--data", maillage.data, "--from", file, "--json")
    assert answer.json["created"] == ["fr-com-12011", "xx-lau-1"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"participant\n",
        b"id,name\nfr-com-12011,A\n",
        b"participant,name,more\nfr-com-12011,A,B\n",
        b"participant,name\nfr-com-12011,A,B\n",
        b"participant\nfr-com-12011\nfr-com-12011\n",
        b"participant,name\n,A\n",
        b"\xff\xfe\x00",
        b'participant\n"fr-com-12011\n',
    ],
)
def test_a_list_that_is_none_is_refused_before_anything_is_made(maillage: Maillage, content: bytes):
    file = maillage.file("l.csv", content)
    answer = maillage("init", "--data", maillage.data, "--from", file)
    assert answer.status == 2
    assert "[from-file]" in answer.err
    assert not maillage.data.exists()


def test_one_wrong_id_makes_nothing(maillage: Maillage):
    both = ("--participant", ARVIEU, "--participant", "fr-com-99999")
    assert maillage("init", "--data", maillage.data, *both).status == 2
    assert not maillage.data.exists()


def test_a_list_keeps_its_order_and_names():
    found = nodes.read_list(b"name,participant\nA,fr-com-12253\n,fr-com-12011\n")
    assert list(found.items()) == [("fr-com-12253", "A"), ("fr-com-12011", "")]


# -- schema ------------------------------------------------------------------------------------


def test_schema_list(maillage: Maillage):
    answer = maillage("schema", "list")
    assert all(name in answer.out for name in bundled().names())
    listed = maillage("schema", "list", "--json").json
    assert {one["digest"] for one in listed} == {one.digest for one in bundled()}


def test_schema_list_by_commitment_and_domain(maillage: Maillage):
    asked = ("schema", "list", "--json")
    served = [one["name"] for one in maillage(*asked, "--commitment", "8").json]
    assert "jumelages" in served
    assert "eau-reseau" not in served
    found = maillage(*asked, "--domain", "air").json
    (air,) = [one for one in found if one["name"] == "qualite-air"]
    assert air["domains"] == ["air"]
    assert air["obligationLevel"] == "general"
    told = maillage("schema", "list", "--commitment", "8").out
    assert "jumelages" in told
    assert "volontaire" in told
    assert maillage(*asked, "--commitment", "11").status == 2
    assert maillage(*asked, "--domain", "none").json == []


def test_schema_export(maillage: Maillage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    asked = ("schema", "export", "jumelages")
    assert maillage(*asked).status == 0
    document = bundled().latest("jumelages")
    assert document is not None
    assert (tmp_path / "jumelages-1.0.0.json").read_bytes() == document.document
    found = maillage(*asked, "--format", "json-schema", "--language", "it", "-o", "-").json
    assert found["title"] == "Gemellaggi"
    page = maillage(*asked, "--format", "markdown", "-o", "-", "--lang", "en").out
    assert page.startswith("# Twinning")
    for form in ("csv", "xlsx"):
        answer = maillage(*asked, "--format", form, "-o", tmp_path / f"modele.{form}")
        assert answer.status == 0
        assert f"modele.{form}" in answer.err
        checked = maillage("validate", tmp_path / f"modele.{form}", "--schema", "jumelages")
        assert checked.status == 1
        assert "n'a pas de lignes" in checked.out
    assert maillage("schema", "export", "rien").status == 2


def test_schema_list_says_what_a_body_owes(maillage: Maillage):
    where = ("schema", "list", "--participant")
    answer = maillage(*where, "fr-com-12011")
    assert answer.status == 0
    assert "recommandé" in answer.out
    assert "moins de 3 500" in answer.out
    listed = {
        one["name"]: one["obligation"] for one in maillage(*where, "fr-com-12202", "--json").json
    }
    assert listed["comptage-mobilites"]["why"] == "staff-unknown"
    listed = maillage(*where, "fr-com-12202", "--staff", "12", "--json").json
    assert {one["obligation"]["why"] for one in listed} <= {"staff-few", "text", "none"}
    assert maillage(*where, "Rodez").status == 2
    assert maillage(*where, "fr-com-99999").status == 2
    assert maillage(*where, "fr-syn-200012345").status == 0


@pytest.mark.parametrize("name", bundled().names())
def test_schema_show(maillage: Maillage, name: str):
    schema = bundled().latest(name)
    assert schema is not None
    answer = maillage("schema", "show", name)
    assert all(field.name in answer.out for field in schema.fields)
    assert schema.digest in answer.out
    assert maillage("schema", "show", name, "--json").json == json.loads(schema.document)


# -- validate and publish ----------------------------------------------------------------------


def test_validate_names_line_column_value_and_remedy(maillage: Maillage):
    bad = maillage.file("a.csv", BAD_CSV)
    answer = maillage("validate", bad, "--schema", "comptage-mobilites")
    for word in ("igne 3", "count", "trente", "type-error"):
        assert word in answer.out
    report = maillage("validate", bad, "--schema", "comptage-mobilites", "--json").json
    assert report["schema"] == "comptage-mobilites"
    assert not report["valid"]
    (fault,) = report["faults"]
    assert (fault["row"], fault["column"], fault["value"]) == (3, "count", "trente")


def test_validate_takes_the_real_example(maillage: Maillage):
    if not EXAMPLE.exists():
        pytest.skip("the reference examples are not beside this repository")
    answer = maillage("validate", EXAMPLE, "--schema", "comptage-mobilites", "--json")
    assert answer.status == 0
    assert answer.json["rows"] == 3650


def test_what_was_guessed_is_said(maillage: Maillage):
    file = maillage.file("a.csv", GOOD_CSV.replace(",", ";"))
    answer = maillage("validate", file, "--schema", "comptage-mobilites")
    assert answer.status == 0
    assert "point-virgule" in answer.out


def publish(maillage: Maillage, content: str, *more: object) -> tuple[int, str]:
    file = maillage.file("a.csv", content)
    given = ("--schema", "comptage-mobilites", "--participant", ARVIEU, "--data", maillage.data)
    answer = maillage("publish", file, *given, *more)
    return answer.status, answer.out


def test_publish_stores_the_whole_file_or_nothing(maillage: Maillage):
    maillage.init()
    status, out = publish(maillage, BAD_CSV, "--json")
    assert status == 1
    assert json.loads(out)["draft"] is None
    status, out = publish(maillage, GOOD_CSV, "--json")
    done = json.loads(out)
    assert status == 0
    assert (done["dataset"], done["mode"], done["rows"]) == (COUNTS, "append", 3)
    assert isinstance(done["draft"], int)
    status, out = publish(maillage, GOOD_CSV, "--slug", "pont", "--origin", "simulated")
    assert status == 0
    assert f"{COUNTS}.pont" in out


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--participant", "fr-com-12253", "participant"),
        ("--schema", "rien", "schema"),
        ("--slug", "Pas Bon", "name"),
    ],
)
def test_publish_under_a_wrong_name(maillage: Maillage, option: str, value: str, code: str):
    maillage.init()
    file = maillage.file("a.csv", GOOD_CSV)
    given = {"--schema": "comptage-mobilites", "--participant": ARVIEU} | {option: value}
    words = [word for pair in given.items() for word in pair]
    answer = maillage("publish", file, *words, "--data", maillage.data)
    assert answer.status == 2
    assert f"[{code}]" in answer.err


def test_a_file_larger_than_set_is_refused(maillage: Maillage, monkeypatch: pytest.MonkeyPatch):
    maillage.init()
    monkeypatch.setenv("MAILLAGE_UPLOAD_MAX_BYTES", "1024")
    file = maillage.file("a.csv", GOOD_CSV + "x" * 2000)
    given = ("--schema", "comptage-mobilites", "--participant", ARVIEU, "--data", maillage.data)
    answer = maillage("publish", file, *given)
    assert answer.status == 1
    assert "[upload-size]" in answer.err


# -- looking -----------------------------------------------------------------------------------


def test_status_of_a_node_that_has_done_nothing(maillage: Maillage):
    maillage.init()
    assert ARVIEU in maillage("status", "--data", maillage.data).out
    found = maillage("status", "--data", maillage.data, "--json").json
    assert found["participants"] == [ARVIEU]


def test_view_of_what_has_not_come(maillage: Maillage):
    maillage.init()
    given = ("--territory", "fr-epci-241200765", "--measure", "comptage-mobilites.count")
    answer = maillage("view", *given, "--data", maillage.data)
    assert answer.status == 0
    assert "Aucune donnée" in answer.out
    found = maillage("view", *given, "--data", maillage.data, "--json").json
    assert found["territory"]["id"] == "fr-epci-241200765"
    assert found["totals"] == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"--territory": "fr-com-99999"}, "territory-unknown"),
        ({"--territory": "nowhere"}, "territory-form"),
        ({"--measure": "nothing"}, "measure"),
        ({"--start": "demain"}, "window"),
    ],
)
def test_view_of_nothing_known(maillage: Maillage, changed: dict[str, str], code: str):
    maillage.init()
    given = {"--territory": "fr-com-12011", "--measure": "comptage-mobilites.count"} | changed
    words = [word for pair in given.items() for word in pair]
    answer = maillage("view", *words, "--data", maillage.data)
    assert answer.status == 2
    assert f"[{code}]" in answer.err


def test_the_data_directory_may_come_from_the_environment(
    maillage: Maillage, monkeypatch: pytest.MonkeyPatch
):
    maillage.init()
    monkeypatch.setenv("MAILLAGE_DATA", str(maillage.data))
    assert maillage("status").status == 0


def test_export_of_what_is_not_held_writes_no_file(maillage: Maillage):
    maillage.init()
    target = maillage.folder / "x.csv"
    answer = maillage("export", COUNTS, "--data", maillage.data, "-o", target)
    assert answer.status == 2
    assert "[dataset]" in answer.err
    assert not target.exists()


def test_recompute_of_what_is_not_held(maillage: Maillage):
    maillage.init()
    answer = maillage("recompute", "0" * 64, "--data", maillage.data)
    assert answer.status == 2
    assert "[composition]" in answer.err


# -- language and terminal ---------------------------------------------------------------------


def test_french_unless_said(maillage: Maillage, monkeypatch: pytest.MonkeyPatch):
    assert "Nom" in maillage("schema", "list").out
    assert "Name" in maillage("schema", "list", "--lang", "en").out
    assert "Name" in maillage("--lang=en", "schema", "list").out
    monkeypatch.setenv("MAILLAGE_LANG", "en")
    assert "Name" in maillage("schema", "list").out
    assert "Nom" in maillage("schema", "list", "--lang", "fr").out


def test_json_is_the_same_in_every_language(maillage: Maillage):
    french = maillage("schema", "list", "--json", "--lang", "fr").out
    assert maillage("schema", "list", "--json", "--lang", "en").out == french


def test_after_two_dashes_nothing_is_an_option(maillage: Maillage):
    answer = maillage("schema", "show", "--", "--lang")
    assert answer.status == 2
    assert "--lang" in answer.err


def test_nothing_that_a_terminal_obeys_is_written():
    assert clean("a\x1b[31mb\x07\nc\u202e") == "a\\x1b[31mb\\x07\nc\\u202e"


def test_parquet_of_a_published_dataset_needs_sending_first(maillage: Maillage):
    """A draft has no place in its chain yet: it isn't exported as if it had been published."""
    maillage.init()
    publish(maillage, GOOD_CSV)
    target = maillage.folder / "x.parquet"
    given = ("--data", maillage.data, "--format", "parquet", "-o", target)
    assert maillage("export", COUNTS, *given).status == 2
    assert not target.exists()
