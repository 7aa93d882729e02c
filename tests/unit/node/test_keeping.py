"""Rows that may not leave the node: they are checked, nothing is stored, their owner is told."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cli_world import Maillage

from federation.author import draft_rows
from federation.manifest import Level, Sharing
from node import documents
from node.clock import now_us
from node.keeping import kept_here
from node.keys import KeyStore
from node.node import Node
from node.signing import Signing
from node.spoken import KeptHereError
from schemas.catalogue import bundled
from tests.sample_rows import counts, dwellings, dwellings_schema, schema
from tests.world import ARVIEU, NOW_US, SALT

NAME = dwellings_schema().name
FEW = b"quartier,foyers,kwh\nbourg,212,9000\ngare,10,300\nlac,,80\n"
ENOUGH = b"quartier,foyers,kwh\nbourg,212,9000\ngare,11,300\n"
LEVELS: tuple[Level, ...] = ("open", "federation", "partners")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A commune's node where the schema of dwellings was pinned."""
    Node.init(tmp_path / "data", [ARVIEU], now_us=now_us())
    with closing(Node.open(tmp_path / "data")) as found:
        documents.keep(found.store, "schema", ARVIEU, dwellings_schema().document, pinned=True)
        documents.restore(found.knowledge, found.store)
        yield found


def publish(node: Node, data: bytes, **more: str) -> str | None:
    return node.publish(
        data, filename="f.csv", schema=NAME, participant=ARVIEU, now_us=NOW_US, **more
    ).mode


def nothing_stored(node: Node) -> bool:
    drafts = node.store.own.next_drafts(ARVIEU)
    remembered = node.publisher.choice is not None and node.publisher.choice.remembered(
        f"{ARVIEU}/{NAME}"
    )
    return not drafts and not remembered


# -- what is decided ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", bundled().names())
def test_protected_rows_of_the_catalogue_go_nowhere_alone(name: str) -> None:
    found = bundled().latest(name)
    assert found is not None
    rows = found.polars_schema().to_frame(eager=True)
    secrecy = found.block.secrecy
    if secrecy is None:
        assert kept_here(found, rows, "open") is None
        return
    one = rows.clear(n=1)  # a row of which nothing is known, so that nobody is counted
    for level in LEVELS:
        kept = kept_here(found, one, level)
        assert kept is not None
        assert kept.code == "secrecy"
    kept = kept_here(found, one, "aggregate-only")
    assert kept is not None
    assert kept.code == "totals-only"


@pytest.mark.parametrize("level", LEVELS)
def test_rows_above_the_threshold_may_leave(level: Level) -> None:
    assert kept_here(dwellings_schema(), dwellings(bourg=212, gare=11), level) is None


def test_the_sentences_say_which_rows_and_what_to_do() -> None:
    kept = kept_here(dwellings_schema(), dwellings(bourg=212, gare=10, lac=None), "open")
    assert kept is not None
    assert kept.said.of("fr") == (
        "2 lignes sur 3 portent sur moins de 11 ménages ou ne disent pas combien (foyers) : "
        "gare ; lac"
    )
    assert "2 of 3 rows" in str(kept)
    assert "Haushalte" in kept.said.of("de")
    assert "rien n’a été enregistré" in kept.to_do.of("fr")
    totals = kept_here(dwellings_schema(), dwellings(bourg=9), "aggregate-only")
    assert totals is not None
    assert "autre partage" not in totals.to_do.of("fr")  # none would do
    totals = kept_here(schema("comptage-mobilites"), counts(), "aggregate-only")
    assert totals is not None
    assert "24 lignes contrôlées, toutes valides" in totals.said.of("fr")
    assert "autre partage" in totals.to_do.of("fr")


# -- publishing --------------------------------------------------------------------------------


def test_totals_only_stores_nothing(node: Node) -> None:
    for data in (FEW, ENOUGH):
        with pytest.raises(KeptHereError) as caught:
            publish(node, data)
        assert caught.value.code == "totals-only"
    assert nothing_stored(node)
    assert publish(node, FEW.replace(b"9000", b"beaucoup")) is None  # what is wrong is told first


def test_a_wider_level_is_for_rows_above_the_threshold(node: Node) -> None:
    with pytest.raises(KeptHereError) as caught:
        publish(node, FEW, sharing="open")
    assert caught.value.code == "secrecy"
    assert nothing_stored(node)
    assert publish(node, ENOUGH, sharing="open") == "snapshot"
    # and so is every change of them
    with pytest.raises(KeptHereError):
        publish(node, FEW)
    assert len(node.store.own.next_drafts(ARVIEU)) == 1


def test_a_draft_of_raw_rows_is_never_signed(node: Node) -> None:
    """However it came into the store: an older program, another door."""
    draft = draft_rows(
        schema("comptage-mobilites"),
        f"{ARVIEU}/comptage-mobilites",
        counts(),
        salt=SALT,
        mode="append",
        sharing=Sharing(level="aggregate-only"),
    )
    node.publisher.store_draft(draft, source="old.csv", now_us=NOW_US)
    signing = Signing(node.store, KeyStore(node.data_dir), node.knowledge.schema, [])
    assert signing.sign_ready(ARVIEU) == 0
    assert node.store.publications.own_heads() == []
    report = node.status(NOW_US)
    (halted,) = report.to_json()["haltedDrafts"]
    assert (halted["reason"], halted["source"]) == ("totals-only", "old.csv")
    assert "les lignes restent ici" in report.text("fr")


# -- what people see ---------------------------------------------------------------------------


SAID = {
    "fr": ("2 lignes sur 3 portent sur moins de 11 ménages", "les regrouper"),
    "en": ("2 of 3 rows are about fewer than 11 households", "join them with others"),
}


@pytest.mark.parametrize("lang", SAID)
def test_the_command_line_says_it(
    node: Node, tmp_path: Path, maillage: Maillage, lang: str
) -> None:
    node.close()
    file = tmp_path / "foyers.csv"
    file.write_bytes(FEW)
    words = f"publish {file} --schema {NAME} --participant {ARVIEU} --data {tmp_path / 'data'}"
    done = maillage(*f"--lang {lang} {words} --share open".split())
    assert done.status == 1
    for told in ("[secrecy]", *SAID[lang]):
        assert told in done.err
    done = maillage(*f"--lang {lang} {words}".split())
    assert done.status == 1
    assert "[totals-only]" in done.err
