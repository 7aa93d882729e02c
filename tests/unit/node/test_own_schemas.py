"""A commune's own schema: added by command, published under, used by who has never seen it."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cli_world import ARVIEU, Maillage
from twin_world import NAME, TWIN, Way, counted, receivers, twins, until

from node.clock import now_us
from node.node import Node
from node.own_schemas import add_schema
from schemas.catalogue import bundled

OWN: dict[str, Any] = {
    "name": "arvieu-fours",
    "version": "1.0.0",
    "title": "Fours à pain",
    "description": "Fours à pain communaux.",
    "fields": [
        {
            "name": "id",
            "type": "string",
            "title": "Identifiant",
            "example": "four-1",
            "constraints": {"required": True, "maxLength": 40},
        },
        {
            "name": "fournees",
            "type": "integer",
            "title": "Fournées par an",
            "example": 12,
            "constraints": {"minimum": 0},
        },
        {"name": "gardien", "type": "string", "title": "Gardien", "example": "Mme X"},
    ],
    "primaryKey": ["id"],
    "maillage": {
        "kind": "register",
        "measures": {
            "fournees": {
                "unit": "1",
                "aggregates": ["sum", "count"],
                "labels": {"fr": "Fournées", "en": "Batches"},
            }
        },
        "competence": ["commune"],
        "origin": "own",
        "sharing": {"default": "open", "reason": "patrimoine"},
        "personal": ["gardien"],
        "licence": "etalab-2.0",
        "labels": {"fr": "Fours à pain", "en": "Bread ovens"},
    },
}
ROWS = b"id;fournees;gardien\nfour-1;12;Jeanne\nfour-2;30;Paul\n"


def own(version: str = "1.0.0", claim: str | None = None, **fields: Any) -> bytes:
    """The document, with members of the measured column set."""
    found = deepcopy(OWN) | {"version": version}
    if claim is not None:
        found["maillage"]["compatible"] = claim
    found["fields"][1] |= fields
    return json.dumps(found, ensure_ascii=False).encode()


# -- at the command line ------------------------------------------------------------------------


def test_a_schema_is_added_and_used_by_its_name(maillage: Maillage):
    maillage.init()
    document = maillage.file("fours.json", own())
    rows = maillage.file("fours.csv", ROWS)
    where = ("--data", maillage.data)
    assert maillage("validate", rows, "--schema", "arvieu-fours", *where).status == 2
    answer = maillage("schema", "add", document, *where)
    assert answer.status == 0
    assert "arvieu-fours 1.0.0 : ajouté" in answer.out
    assert "Reste à dire" in answer.out
    assert "déjà là" in maillage("schema", "add", document, *where).out
    assert "arvieu-fours" in maillage("schema", "list", *where).out
    assert "arvieu-fours" not in maillage("schema", "list").out
    assert "gardien" in maillage("schema", "show", "arvieu-fours", *where).out
    template = maillage("schema", "export", "arvieu-fours", "--format", "csv", "-o", "-", *where)
    assert template.out.strip() == "\ufeffid;fournees"
    assert maillage("validate", rows, "--schema", "arvieu-fours", *where).status == 0
    published = maillage(
        "publish", rows, "--schema", "arvieu-fours", "--participant", ARVIEU, *where
    )
    assert published.status == 0
    assert f"2 lignes acceptées pour {ARVIEU}/arvieu-fours" in published.out


def test_what_may_not_be_added_is_told_with_what_to_do(maillage: Maillage):
    maillage.init()

    def add(content: bytes, *more: object) -> tuple[int, str]:
        answer = maillage(
            "schema", "add", maillage.file("s.json", content), "--data", maillage.data, *more
        )
        return answer.status, answer.err

    broken = json.loads(own()) | {"primaryKey": ["nom"]}
    status, told = add(json.dumps(broken).encode())
    assert status != 0
    assert "schema-document" in told
    assert "'nom' is no field" in told
    assert add(b"{")[0] != 0
    assert add(b"x" * 300_000)[0] != 0
    taken = bundled().latest("projets")
    assert taken is not None
    assert "schema-name" in add(taken.document)[1]
    assert add(own(), "--participant", "fr-com-12266")[0] != 0
    assert add(own())[0] == 0
    other = own().replace(b"Fours \xc3\xa0 pain communaux", b"Autres fours")
    assert "schema-version" in add(other)[1]
    assert "schema-compatible" in add(own("1.1.0"))[1]
    narrower = {"constraints": {"minimum": 5}}
    status, told = add(own("1.1.0", "backward", **narrower))
    assert "schema-compatible" in told
    assert "minimum" in told
    assert add(own("1.1.0", "backward", constraints={}))[0] == 0
    assert add(own("2.0.0", "none", **narrower))[0] == 0
    listed = maillage("schema", "list", "--json", "--data", maillage.data).json
    versions = [one["version"] for one in listed if one["name"] == "arvieu-fours"]
    assert versions == ["1.0.0", "1.1.0", "2.0.0"]


def test_versions_are_compared_by_file_and_by_name(maillage: Maillage):
    maillage.init()
    old = maillage.file("a.json", own())
    new = maillage.file("b.json", own("1.1.0", "backward", constraints={"minimum": 5}))
    answer = maillage("schema", "diff", old, new)
    assert answer.status == 1
    assert "rompt" in answer.out
    assert "minimum resserrée : 0 → 5" in answer.out
    told = maillage("schema", "diff", old, new, "--json", "--lang", "en").json
    assert (told["backward"], told["claims"], told["kept"]) == (False, "backward", False)
    assert told["changes"][0]["where"] == "fournees"
    assert maillage("schema", "add", old, "--data", maillage.data).status == 0
    good = maillage.file("c.json", own("1.1.0", "backward", constraints={}))
    answer = maillage("schema", "diff", "arvieu-fours@1.0.0", good, "--data", maillage.data)
    assert answer.status == 0
    assert "compatible" in answer.out
    assert maillage("schema", "diff", old, old).status == 0
    assert maillage("schema", "diff", old, "projets").status != 0
    assert maillage("schema", "diff", old, "rien").status == 2


# -- over real hubs -----------------------------------------------------------------------------


def publish(node: Node, rows: bytes = ROWS) -> None:
    done = node.publish(
        rows,
        filename="fours.csv",
        schema="arvieu-fours",
        participant=ARVIEU,
        charter=NAME,
        now_us=now_us(),
    )
    assert done.report.valid, done.report.text("en")


def batches(node: Node) -> list[object]:
    view = node.view(ARVIEU, "arvieu-fours.fournees", now_us=now_us())
    return [one.figures.total for one in view.totals]


@pytest.mark.parametrize("way", ["read", "send"])
async def test_a_receiver_that_has_never_seen_it_uses_it(way: Way, tmp_path: Path):
    dataset = f"{ARVIEU}/arvieu-fours"
    async with twins(tmp_path, way) as world, world.running("arvieu", "twin") as (arvieu, twin):
        first = add_schema(arvieu, own(), ARVIEU)
        publish(arvieu)
        await until(lambda: counted(twin, dataset) == (1, 0))
        await until(lambda: TWIN in receivers(arvieu, ARVIEU))
        learned = twin.knowledge.schema(first.schema.digest)
        assert learned is not None
        assert learned.document == own()
        assert twin.export(dataset, "csv") == arvieu.export(dataset, "csv")
        assert b"Jeanne" not in twin.export(dataset, "csv")
        assert batches(twin) == [42]
        # by its name alone nobody else publishes under it
        assert twin.publisher.schemas().latest("arvieu-fours") is None
        # a new version that keeps its promise: rows of both stand in one dataset
        add_schema(arvieu, own("1.1.0", "backward", constraints={}), ARVIEU)
        publish(arvieu, ROWS + b"four-3;-1;Anne\n")
        await until(lambda: counted(twin, dataset) == (2, 0))
        assert batches(twin) == [41]
        assert not twin.store.status().held


async def test_a_running_node_learns_what_another_process_added(tmp_path: Path):
    async with twins(tmp_path, "read") as world, world.running("arvieu") as (arvieu,):
        with_it = Node.open(tmp_path / "arvieu")
        try:
            added = add_schema(with_it, own(), ARVIEU)
        finally:
            with_it.close()
        # perhaps heard from the hub before: added here it is only once the store was read
        await until(lambda: added.schema in arvieu.knowledge.catalogue.own)
