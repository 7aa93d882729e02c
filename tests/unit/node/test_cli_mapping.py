"""Files whose columns are called otherwise: proposed, confirmed, published, remembered."""

import contextlib
import json

import pytest
from cli_world import ARVIEU, BAD_CSV, GOOD_CSV, Maillage

from node.node import Node

COUNTS = f"{ARVIEU}/comptage-mobilites"
SCHEMA = ("--schema", "comptage-mobilites")
OTHER = GOOD_CSV.replace("channel_id,counter_id", "Capteur,Remarque").replace(
    "start_datetime,end_datetime,count", "START DATETIME,End-Datetime,Comptes"
)


def test_from_a_strange_header_to_a_remembered_mapping(maillage: Maillage):
    maillage.init()
    file, path = maillage.file("a.csv", OTHER), maillage.folder / "m.json"
    refused = maillage("validate", file, *SCHEMA)
    assert refused.status == 1
    assert "« Capteur »" in refused.out

    proposed = maillage("map", file, *SCHEMA, "-o", path)
    assert proposed.status == 1
    for word in ("Capteur", "START DATETIME", "mêmes lettres", "C1", "confirm", "channel_id"):
        assert word in proposed.out
    unsure = maillage("validate", file, *SCHEMA, "--mapping", path)
    assert unsure.status == 2
    assert "[mapping-confirm]" in unsure.err

    document = json.loads(path.read_text("utf-8"))
    document["columns"] |= {"Capteur": "channel_id", "Remarque": None, "Comptes": "count"}
    document["confirm"] = []
    path.write_text(json.dumps(document), "utf-8")
    assert maillage("map", file, *SCHEMA, "--mapping", path).status == 0
    assert maillage("validate", file, *SCHEMA, "--mapping", path).status == 0

    own = (*SCHEMA, "--participant", ARVIEU, "--data", maillage.data)
    assert maillage("publish", file, *own).status == 1
    first = maillage("publish", file, *own, "--mapping", path)
    assert first.status == 0, first.out + first.err
    assert "« Capteur » lue comme channel_id" in first.out
    again = maillage("publish", file, *own)
    assert again.status == 0
    assert "retenue" in again.out
    new = maillage.file("b.csv", OTHER.replace("Remarque", "Nouveau"))
    told = maillage("publish", new, *own, "--json").json
    assert [one["code"] for one in told["notes"]][:1] == ["remembered"]
    (fault,) = told["report"]["faults"]
    assert (fault["rule"], fault["column"]) == ("extra-label", "Nouveau")


def test_a_mapping_is_remembered_by_the_command_and_forgotten_by_an_empty_one(maillage: Maillage):
    maillage.init()
    file = maillage.file("a.csv", GOOD_CSV.replace("count\n", "Count\n"))
    own = (*SCHEMA, "--participant", ARVIEU, "--data", maillage.data)
    answer = maillage("map", file, *own, "--slug", "nord", "--json").json
    assert answer["remembered"]
    assert answer["columns"][4] == {
        "label": "Count",
        "column": "count",
        "sure": "certain",
        "why": "mêmes lettres et chiffres",
        "candidates": [],
        "examples": ["12", "30", "5"],
    }
    with contextlib.closing(Node.open(maillage.data)) as node:
        kept = node.publisher.mappings.document(f"{COUNTS}.nord")
        assert json.loads(kept)["columns"]["Count"] == "count"
    empty = maillage.file("m.json", '{"version": 1, "schema": "comptage-mobilites"}')
    sent = maillage("publish", file, *own, "--slug", "nord", "--mapping", empty)
    assert sent.status == 0
    with contextlib.closing(Node.open(maillage.data)) as node:
        assert node.publisher.mappings.document(f"{COUNTS}.nord") == ""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "mapping"),
        ('{"version": 1, "schema": "projets"}', "mapping"),
        ('{"version": 1, "schema": "comptage-mobilites", "columns": {"\x1b[31m": "x"}}', "mapping"),
    ],
)
def test_a_mapping_that_is_none(maillage: Maillage, content: str, code: str):
    file = maillage.file("a.csv", GOOD_CSV)
    answer = maillage("validate", file, *SCHEMA, "--mapping", maillage.file("m.json", content))
    assert answer.status == 2
    assert f"[{code}]" in answer.err
    assert "correspondance" in answer.err
    assert "\x1b" not in answer.err


def test_a_file_without_columns_and_a_body_that_isn_t_here(maillage: Maillage):
    maillage.init()
    nothing = maillage("map", maillage.file("a.csv", ""), *SCHEMA)
    assert nothing.status == 1
    assert "[mapping-columns]" in nothing.err
    file = maillage.file("b.csv", GOOD_CSV)
    other = maillage("map", file, *SCHEMA, "--participant", "fr-com-12253", "--data", maillage.data)
    assert other.status == 2
    assert "[participant]" in other.err


def test_a_report_in_three_forms(maillage: Maillage):
    file = maillage.file("a.csv", BAD_CSV)
    for ending, word in (("html", "<!doctype html>"), ("JSON", '"reportVersion": 1'), ("txt", "[")):
        path = maillage.folder / f"r.{ending}"
        answer = maillage("validate", file, *SCHEMA, "--report", path)
        assert answer.status == 1
        assert str(path) in answer.err
        assert word in path.read_text("utf-8")
        assert "trente" in path.read_text("utf-8")
    wrong = maillage("validate", file, *SCHEMA, "--report", maillage.folder / "r.pdf")
    assert wrong.status == 2
    assert "[report-file]" in wrong.err
