"""Who holds what, at a node: its files and commands, and whom a view expects."""

import json
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from api_world import ARVIEU, EPCI, NOW, SEGUR, Town, hours, town_of
from cli_world import Maillage

from federation.coverage import ALWAYS, Coverage, Source
from federation.errors import MalformedError, UnknownError
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest
from node import documents
from node.competences import BANATIC_NAME, DECISIONS_NAME, CompetenceFiles
from node.composer import Composer
from node.node import Node
from schemas.catalogue import bundled
from schemas.competences.local import decision
from tests.banatic_sample import sample

LATER = NOW + 40 * 24 * 3_600 * 1_000_000
BINS = "bennes"
WEIGHTS = "pesees"


def bins(field: str) -> bytes:
    """A register of an EPCI's or a commune's bins, place by place."""
    document = {
        "name": BINS,
        "version": "1.0.0",
        "fields": [
            {"name": "insee", "type": "string", "constraints": {"required": True}},
            {"name": "id", "type": "string", "constraints": {"required": True}},
            {"name": "tonnes", "type": "integer"},
        ],
        "primaryKey": ["insee", "id"],
        "maillage": {
            "kind": "register",
            "place": "insee",
            "measures": {"tonnes": {"unit": "t", "aggregates": ["sum"]}},
            "competence": ["commune", "epci", "syndicat"],
            "competenceField": field,
            "origin": "own",
            "sharing": {"default": "open"},
            "licence": "etalab-2.0",
            "labels": {"fr": "Bennes"},
        },
    }
    return json.dumps(document).encode()


def weights() -> bytes:
    """Counts under another name, of the field waste."""
    known = bundled().latest("comptage-mobilites")
    assert known is not None
    document: dict[str, Any] = json.loads(known.document)
    document["name"] = WEIGHTS
    document["maillage"]["competenceField"] = "waste"
    return json.dumps(document).encode()


def learn(town: Town, document: bytes) -> None:
    documents.keep(town.node.store, "schema", EPCI, document, pinned=True)
    documents.restore(town.node.knowledge, town.node.store)


def publish(town: Town, owner: str, *rows: tuple[str, int]) -> None:
    """Tonnes by commune, in a body's name."""
    lines = ["insee,id,tonnes", *(f"{insee},A,{tonnes}" for insee, tonnes in rows)]
    published = town.node.publisher.publish_file(
        "\n".join(lines).encode(),
        filename="b.csv",
        schema_name=BINS,
        participant=owner,
        now_us=NOW,
    )
    assert published.report.valid, published.report.text("en")
    town.arrive()


def coverage(town: Town, composer: Composer | None = None) -> Coverage:
    chosen = composer or town.node.composer
    return chosen.view(EPCI, f"{BINS}.tonnes", now_us=NOW).coverage


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_of(tmp_path / "node", compose=(EPCI,)) as found:
        found.federation()
        yield found


# -- whom a view expects -----------------------------------------------------------------------


async def test_what_an_epci_holds_by_law_is_expected_of_it_alone(town: Town) -> None:
    learn(town, bins("waste"))
    found = coverage(town)
    assert (found.expected, found.awaited) == ((EPCI,), (EPCI,))
    # without the table: every commune that is a member
    plain = Composer(town.node.store, town.node.knowledge, (EPCI,))
    assert coverage(town, plain).expected == (ARVIEU, SEGUR)


async def test_its_dataset_counts_for_its_communes(town: Town) -> None:
    learn(town, bins("waste"))
    publish(town, EPCI, ("12011", 4), ("12266", 3))
    found = coverage(town)
    assert (found.expected, found.received, found.late) == ((EPCI,), (EPCI,), ())
    assert (found.communes, found.readings) == (2, 2)
    # a commune that goes on publishing is counted with what it has, and never missed
    publish(town, ARVIEU, ("12011", 1))
    assert coverage(town).expected == (ARVIEU, EPCI)
    assert coverage(town).late == ()


async def test_what_a_commune_may_hold_too_is_expected_as_before(town: Town) -> None:
    learn(town, bins("water"))
    assert coverage(town).expected == (ARVIEU, SEGUR)
    publish(town, EPCI, ("12266", 3))
    assert coverage(town).expected == (ARVIEU, SEGUR, EPCI)


async def test_the_operator_s_word_changes_whom_a_view_expects(town: Town) -> None:
    learn(town, bins("water"))
    files = town.node.competences
    files.decide(decision(EPCI, "water", "fr-syn-200012345"))
    assert coverage(town).expected == (), "the syndicat is no member: nobody is late"
    files.decide(decision(ARVIEU, "water", ARVIEU, "2026-01-01"))
    assert coverage(town).expected == (ARVIEU,)
    files.decide(decision(SEGUR, "water", SEGUR, "2099-01-01"))
    assert coverage(town).expected == (ARVIEU,), "not yet"
    files.forget(ARVIEU, "water")
    files.decide(decision(EPCI, "water", EPCI, "2026-02-01"))
    assert coverage(town).expected == (EPCI,)


async def test_a_composition_states_what_others_come_to_as_well(town: Town) -> None:
    learn(town, weights())
    known = town.node.knowledge.catalogue.latest(WEIGHTS)
    assert known is not None
    frame = hours(24, known=known)
    draft = town.node.publisher.draft(known, f"{ARVIEU}/{WEIGHTS}", frame)
    town.node.publisher.store_draft(draft, source="test", now_us=NOW)
    town.arrive()
    claims = []
    for decided in (False, True):
        if decided:
            town.node.competences.decide(decision(EPCI, "waste", SEGUR))
        for one in town.node.composer.compose_closed(town.node.publisher, LATER):
            town.sign()
            head = town.node.store.publications.own_head(f"{EPCI}/synthese.{WEIGHTS}-count")
            assert head is not None, one
            row = town.node.store.publications.get([head.digest])[head.digest]
            claim = Manifest.read(parse_compact(row.jws, TYP).payload).composition
            assert claim is not None
            claims.append(claim.coverage)
    assert {one.expected for one in claims} == {2}
    # the live view goes by what this node knows
    day = town.node.composer.view(
        EPCI, f"{WEIGHTS}.count", "day", start="2026-03-01", end="2026-03-01", now_us=LATER
    )
    assert day.coverage.expected == (ARVIEU, SEGUR)


def test_from_the_day_of_a_transfer_nothing_is_owed() -> None:
    moment = 1_767_225_600
    one = Source("fr-com-12011", "fr-com-12011/x", "Europe/Paris", through=moment, until=moment)
    before, after = (moment - 86_400, moment), (moment, moment + 86_400)
    assert one.owes(before, moment + 10**6)
    assert not one.owes(after, moment + 10**6)
    assert one.owes(ALWAYS, moment - 1)
    assert not one.owes(ALWAYS, moment)
    assert Source("fr-com-12011", None, "Europe/Paris").owes(after, moment)


# -- its files ---------------------------------------------------------------------------------


def test_a_faulty_file_is_told_and_the_last_good_one_counts(tmp_path: Path) -> None:
    files = CompetenceFiles(tmp_path)
    assert files.table().decisions == ()
    made = decision(ARVIEU, "water", ARVIEU)
    assert files.decide(made)
    assert not files.decide(made)
    (tmp_path / DECISIONS_NAME).write_text("place,field\n")
    assert files.table().decisions == (made,)
    (fault,) = files.faults()
    assert fault.startswith(f"{DECISIONS_NAME}: line 1")
    with pytest.raises(MalformedError, match="line 1"):
        files.decide(decision(SEGUR, "water", SEGUR))
    assert (tmp_path / DECISIONS_NAME).read_text() == "place,field\n"
    (tmp_path / DECISIONS_NAME).unlink()
    assert (files.faults(), files.table().decisions) == ([], ())
    with pytest.raises(UnknownError):
        files.forget(ARVIEU, "water")
    (tmp_path / BANATIC_NAME).write_bytes(b"[]")
    assert files.faults()
    assert files.table().groupings is None


def test_a_node_says_what_is_wrong_with_its_table(tmp_path: Path) -> None:
    Node.init(tmp_path / "data", [ARVIEU], now_us=NOW)
    (tmp_path / "data" / DECISIONS_NAME).write_text("place,field\n")
    with closing(Node.open(tmp_path / "data")) as node:
        report = node.status(NOW)
        assert report.to_json()["competences"] == node.competences.faults()
        for lang, said in (("fr", "Table des compétences"), ("en", "Table of competences")):
            assert said in report.text(lang)  # type: ignore[arg-type]  # two of the languages


# -- its commands ------------------------------------------------------------------------------


def test_deciding_listing_importing_by_command(maillage: Maillage, tmp_path: Path) -> None:
    maillage.init()
    where = ("--data", maillage.data)
    assert maillage("competence", "set", EPCI, "water", "fr-syn-200012345", *where).status == 0
    listed = maillage("competence", "list", "--json", *where).json
    assert listed == [{"place": EPCI, "field": "water", "holder": "fr-syn-200012345", "from": None}]
    of_arvieu = maillage("competence", "list", "--place", ARVIEU, "--json", *where).json
    water = next(one for one in of_arvieu if one["field"] == "water")
    assert (water["holders"], water["origin"]) == (["fr-syn-200012345"], "local")
    assert maillage("competence", "remove", EPCI, "water", *where).status == 0
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in sample():
        book.active.append(row)
    book.save(tmp_path / "banatic.xlsx")
    done = maillage("competence", "import", tmp_path / "banatic.xlsx", *where)
    assert done.status == 0, done.err
    assert "2 groupements, 4 communes" in done.out
    shown = maillage("competence", "list", "--place", ARVIEU, *where).out
    assert "BANATIC" in shown


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["set", EPCI, "eau", EPCI], "competence"),
        (["set", EPCI, "water", "Veolia"], "competence"),
        (["set", EPCI, "water", EPCI, "--from", "demain"], "competence"),
        (["set", "fr-dep-12", "water", EPCI], "competence"),
        (["remove", EPCI, "water"], "competence-unknown"),
        (["list", "--place", "Arvieu"], "place"),
        (["import", __file__], "competences-file"),
    ],
)
def test_wrong_words_are_told_and_change_nothing(
    maillage: Maillage, words: list[str], code: str
) -> None:
    maillage.init()
    done = maillage("competence", *words, "--data", maillage.data)
    assert done.status in (1, 2)
    assert f"[{code}]" in done.err
    assert not (maillage.data / DECISIONS_NAME).exists()
    assert not (maillage.data / BANATIC_NAME).exists()
