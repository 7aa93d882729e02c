"""A reader follows datasets that somebody hands it who may withhold, mix and repeat."""

import datetime as dt
from itertools import pairwise

import polars as pl
import pytest

from federation.author import draft_bare
from federation.chain import Head
from federation.following import Chain, Decided
from federation.manifest import Sharing
from federation.strict import sha256_hex
from federation.tables import make_delta
from tests.world import (
    ARVIEU,
    COUNTS,
    LUZY,
    PROJECTS,
    Made,
    World,
    chain_of,
    counts,
    counts_draft,
    documents,
    made,
    projects,
    projects_draft,
    schema,
)

KEY = schema("projets").primary_key


def world(*, without: tuple[str, ...] = ()) -> World:
    return World(documents(), without=without)


def take(chain: Chain, *publications: Made, without: tuple[int, ...] = ()) -> list[Decided]:
    contents = {
        sha256_hex(one.blob): one.blob
        for number, one in enumerate(publications)
        if one.blob is not None and number not in without
    }
    return chain.take([one.jws() for one in publications], contents)


def codes(decided: list[Decided]) -> list[str | None]:
    return [None if one.finding is None else one.finding.code for one in decided]


def days(length: int) -> list[Made]:
    return [one for one, _ in chain_of(ARVIEU, 4)[:length]]


def test_rows_of_a_series_are_those_of_all_its_publications():
    chain = Chain(COUNTS, world())
    decided = take(chain, *days(3))
    assert codes(decided) == [None] * 3
    form, frame = chain.rows()
    assert form.name == "comptage-mobilites"
    assert frame.height == 3 * counts().height
    assert frame.equals(frame.sort(form.primary_key))
    assert [one.digest for one in chain.accepted()] == [one.digest() for one in days(3)]
    assert chain.head.order == (1, 3)
    assert chain.began is None
    assert all(one.blob is None for one in chain.accepted())


def test_portions_and_repetitions_lead_to_the_same():
    whole, portions = Chain(COUNTS, world()), Chain(COUNTS, world())
    take(whole, *days(4))
    assert codes(take(portions, *days(2))) == [None, None]
    assert codes(take(portions, *days(4))) == [None, None]
    assert take(portions, *days(4)) == []
    assert portions.rows()[1].equals(whole.rows()[1])
    assert all(portions.knows(one.digest()) for one in days(4))


def test_a_gap_is_held_and_the_chain_waits():
    chain = Chain(COUNTS, world())
    first, _, third = days(3)
    assert codes(take(chain, first, third)) == [None, "predecessor-missing"]
    assert chain.head.order == (1, 1)


def test_what_is_altered_on_the_way_is_a_transport_fault():
    chain = Chain(COUNTS, world())
    one = days(1)[0]
    head, _, _ = one.jws().rpartition(".")
    forged = f"{head}.{'A' * 86}"
    assert codes(chain.take([forged], {})) == ["signature"]
    assert codes(chain.take(["nonsense"], {})) == ["jws-form"]
    assert codes(chain.take([one.jws()], {sha256_hex(one.blob): b"another"})) == ["content-digest"]
    assert chain.head is None
    assert chain.rows() is None


def test_another_dataset_in_its_place_is_told():
    chain = Chain(f"{LUZY}/comptage-mobilites", world())
    assert codes(take(chain, *days(1))) == ["subject-mismatch"]


def test_an_unknown_key_holds():
    chain = Chain(COUNTS, world(without=(f"identity-{ARVIEU}-1.json",)))
    assert codes(take(chain, *days(1))) == ["key-unknown"]


def test_a_missing_content_leaves_a_hole_and_not_a_gap():
    chain = Chain(COUNTS, world())
    decided = take(chain, *days(3), without=(1,))
    assert codes(decided) == [None, "part-missing", None]
    assert chain.head.order == (1, 3)
    assert [one.digest for one in chain.holes] == [days(3)[1].digest()]
    assert chain.rows()[1].height == 2 * counts().height


def test_a_fork_is_told():
    chain = Chain(COUNTS, world())
    first, second = days(2)
    rival = second.changed(issued="2026-03-21T00:00:00Z")
    assert codes(take(chain, first, second, rival)) == [None, None, "fork"]


def test_following_behind_a_known_head():
    first, second, third = days(3)
    chain = Chain(COUNTS, world(), head=Head(1, 1, first.digest()))
    assert codes(take(chain, first, second, third)) == [None, None]
    other = Chain(COUNTS, world(), head=Head(1, 1, "0" * 64))
    assert codes(take(other, second)) == ["chain-broken"]
    assert other.began == Head(1, 1, "0" * 64)


def test_beginning_midway_takes_the_owners_word_for_what_is_before():
    _, second, third = days(3)
    chain = Chain(COUNTS, world(), midway=True, keep=False)
    assert codes(take(chain, second, third)) == [None, None]
    assert chain.began == Head(1, 1, second.payload["previous"])
    assert chain.rows() is None


def test_the_withdrawal_of_all_leaves_no_rows_and_no_holes():
    chain = Chain(COUNTS, world())
    before = days(2)
    bare = draft_bare(
        schema("comptage-mobilites"),
        COUNTS,
        "withdraw",
        sharing=Sharing(level="open"),
        origin="own",
        licence="etalab-2.0",
    )
    gone = made(bare, before[-1].position())
    assert codes(take(chain, *before, gone, without=(0,))) == ["part-missing", None, None]
    assert chain.rows()[1].is_empty()
    assert chain.holes == []


def test_a_new_epoch_gives_up_what_came_after_its_previous():
    chain = Chain(COUNTS, world())
    first, second = days(2)
    again = counts_draft(counts(start=dt.datetime(2026, 5, 1, tzinfo=dt.UTC)))
    third = made(again, first.position(), abandons=second.position())
    assert codes(take(chain, first, second, third)) == [None, None, None]
    assert [one.digest for one in chain.accepted()] == [first.digest(), third.digest()]


def register() -> tuple[list[Made], list[pl.DataFrame]]:
    """A snapshot, two changes, and a snapshot; and the table after each."""
    whole = projects()
    tables = [whole, whole[1:], whole[2:], whole[:1]]
    steps: list[Made] = [made(projects_draft(whole))]
    for before, after in pairwise(tables[:3]):
        delta = make_delta(before, after, KEY)
        draft = projects_draft(delta, mode="delta", result=after)
        steps.append(made(draft, steps[-1].position()))
    steps.append(made(projects_draft(tables[3]), steps[-1].position()))
    return steps, tables


@pytest.mark.parametrize("upto", [1, 2, 3, 4])
def test_a_register_is_its_table(upto: int):
    steps, tables = register()
    chain = Chain(PROJECTS, world())
    assert codes(take(chain, *steps[:upto])) == [None] * upto
    assert chain.rows()[1].equals(tables[upto - 1])


def test_a_register_waits_behind_a_hole_for_its_whole():
    steps, tables = register()
    chain = Chain(PROJECTS, world())
    decided = take(chain, *steps[:3], without=(1,))
    assert codes(decided) == [None, "part-missing", "part-missing"]
    assert [one.digest for one in chain.holes] == [steps[1].digest(), steps[2].digest()]
    assert codes(take(chain, *steps)) == [None]
    assert chain.rows()[1].equals(tables[3])
    assert chain.holes == []


def test_a_register_that_goes_back_has_the_table_of_then():
    steps, tables = register()
    change = make_delta(tables[1], tables[3], KEY)
    draft = projects_draft(change, mode="delta", result=tables[3])
    back = made(draft, steps[1].position(), abandons=steps[2].position())
    chain = Chain(PROJECTS, world())
    assert codes(take(chain, *steps[:3], back)) == [None] * 4
    assert chain.rows()[1].equals(tables[3])


def test_a_register_behind_a_known_head_is_followed_from_its_whole():
    steps, tables = register()
    chain = Chain(PROJECTS, world(), head=Head(1, 1, steps[0].digest()))
    assert codes(take(chain, *steps[1:])) == ["part-missing", "part-missing", None]
    assert chain.rows()[1].equals(tables[3])


def test_what_the_owner_got_wrong_takes_its_place():
    first, second = days(2)
    wrong = first.changed(period={"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"})
    after = second.changed(previous=wrong.digest())
    chain = Chain(COUNTS, world())
    assert codes(take(chain, wrong, after)) == ["period", None]
    assert len(chain.accepted()) == 1
