"""A receiver's decisions, as tables of events and the instructions that must follow."""

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.chain import Head, Next
from federation.model import Position
from federation.reasons import REASONS, Verdict
from federation.replica import (
    Ask,
    Charge,
    Drop,
    Fetch,
    HeldRef,
    Hold,
    Instruction,
    Judge,
    Receipt,
    Refuse,
    Release,
    Replica,
    fail,
)
from federation.verify import Arrival, Failed, Finding, Opened, open_all
from tests.cases.kit import KNOWN, message
from tests.pipeline import arrival_of
from tests.world import ARVIEU, COUNTS, LUZY, Made, World, chain_of, counts_draft, documents, made

OTHER = f"{LUZY}/comptage-mobilites"
LENGTH = 5


@cache
def trust() -> World:
    return World({name: documents()[name] for name in KNOWN})


def opened(one: Made) -> Opened:
    (found,) = open_all([arrival_of(message(one))], trust())
    assert isinstance(found, Opened)
    return found


@cache
def number(sequence: int) -> Opened:
    """The publication of Arvieu's counts at 1/<sequence>."""
    return opened(chain_of(ARVIEU, LENGTH)[sequence - 1][0])


def rival(sequence: int) -> Opened:
    """Another publication signed for the same place."""
    return opened(chain_of(ARVIEU, LENGTH)[sequence - 1][0].changed(issued="2026-03-20T10:00:00Z"))


def failed(code: str, missing: str = "") -> Failed:
    one = number(1)
    finding = Finding(code, missing=missing)
    return Failed(one.arrival, finding, one.digest, one.manifest, one.jws)


def unsigned(code: str, missing: str = "") -> Failed:
    """A message whose signature was never reached."""
    return Failed(Arrival("x", {}, b""), Finding(code, missing=missing))


class Store:
    """What the shell would keep: positions decided on, and what is held by a number."""

    def __init__(self) -> None:
        self.decided: dict[str, Position] = {}
        self.kept: dict[str, Opened] = {}
        self.replica = Replica({}, [], self.history)

    def history(self, _dataset: str, digest: str) -> Position | None:
        return self.decided.get(digest)

    def receive(self, one: Opened, finding: Finding | None = None) -> list[Instruction]:
        """An event and all that follows; what is judged is found to be what is said."""
        return self._carry_out(self.replica.opened(one), finding)

    def _carry_out(
        self, instructions: Sequence[Instruction], finding: Finding | None
    ) -> list[Instruction]:
        done: list[Instruction] = []
        for one in instructions:
            done.append(one)
            if isinstance(one, Judge):
                at = one.next.head
                self.decided[at.digest] = Position(
                    epoch=at.epoch, sequence=at.sequence, digest=at.digest
                )
                done += self._carry_out(self.replica.settled(one, finding), finding)
            elif isinstance(one, Hold):
                digest = one.failed.digest
                assert digest is not None
                self.replica.held(digest, one.waiting_for)
                assert one.failed.manifest is not None
                self.kept[digest] = number(one.failed.manifest.sequence)
            elif isinstance(one, Release):
                for ref in one.refs:
                    again = self.replica.opened(self.kept.pop(ref))
                    done += self._carry_out(again, finding)
        return done


def kinds(instructions: Sequence[Instruction]) -> list[str]:
    return [type(one).__name__ for one in instructions]


# --- the straight way and gaps -------------------------------------------------------------------


def test_the_first_acceptance_is_told_at_once_and_the_next_in_time() -> None:
    store = Store()
    first = store.receive(number(1))
    assert kinds(first) == ["Judge", "Receipt"]
    assert first[1] == Receipt(ARVIEU, at_once=True)
    assert store.receive(number(2))[1] == Receipt(ARVIEU, at_once=False)
    head = store.replica.heads[COUNTS]
    assert (head.order, head.accepted, head.refused) == ((1, 2), 2, 0)


def test_a_gap_is_held_and_asked_for_once() -> None:
    store = Store()
    store.receive(number(1))
    found = store.receive(number(3))
    assert kinds(found) == ["Hold", "Ask"]
    assert found[1] == Ask(COUNTS, store.replica.heads[COUNTS])
    assert kinds(store.receive(number(4))) == ["Hold"], "asked for already"
    assert store.replica.waiting() == {COUNTS: 2}


def test_a_filled_gap_releases_what_waited_in_order() -> None:
    store = Store()
    for sequence in (1, 3, 4):
        store.receive(number(sequence))
    found = store.receive(number(2))
    judged = [one.opened.manifest.sequence for one in found if isinstance(one, Judge)]
    assert judged == [2, 3, 4]
    assert store.replica.waiting() == {}
    assert store.replica.heads[COUNTS].accepted == 4


def test_a_dataset_that_begins_in_the_middle_is_asked_for_from_its_start() -> None:
    assert Store().receive(number(2))[1] == Ask(COUNTS, None)


def test_a_gap_is_asked_for_again_after_forgetting() -> None:
    store = Store()
    store.receive(number(1))
    store.receive(number(3))
    assert store.replica.forgotten() == [Ask(COUNTS, store.replica.heads[COUNTS])]
    assert kinds(store.receive(number(4))) == ["Hold"]


def test_a_new_gap_after_an_old_one_is_asked_for() -> None:
    store = Store()
    for sequence in (1, 3, 2):
        store.receive(number(sequence))
    assert kinds(store.receive(number(5))) == ["Hold", "Ask"]


@settings(deadline=None, max_examples=50)
@given(st.permutations(range(1, LENGTH + 1)), st.data())
def test_every_order_ends_in_the_same_state(order: list[int], data: st.DataObject) -> None:
    store = Store()
    twice = data.draw(st.lists(st.sampled_from(order), max_size=3))
    for sequence in [*order, *twice]:
        store.receive(number(sequence))
    head = store.replica.heads[COUNTS]
    assert (head.order, head.accepted, head.refused) == ((1, LENGTH), LENGTH, 0)
    assert store.replica.waiting() == {}


# --- duplicates, forks, refusals -----------------------------------------------------------------


def test_a_duplicate_is_dropped_and_not_counted() -> None:
    store = Store()
    store.receive(number(1))
    store.receive(number(2))
    for again in (1, 2):
        assert kinds(store.receive(number(again))) == ["Drop"]
    assert store.replica.heads[COUNTS].accepted == 2


def test_a_fork_is_kept_as_evidence_and_takes_no_place() -> None:
    store = Store()
    store.receive(number(1))
    found = store.receive(rival(1))
    assert kinds(found) == ["Refuse", "Receipt"]
    assert isinstance(found[0], Refuse)
    assert found[0].failed.finding.code == "fork"
    assert not found[0].counted
    assert store.replica.heads[COUNTS] == Head(1, 1, number(1).digest, accepted=1)


def test_a_refusal_takes_its_place_so_that_the_chain_goes_on() -> None:
    store = Store()
    found = store.receive(number(1), Finding("invalid"))
    assert kinds(found) == ["Judge", "Refuse", "Receipt"]
    assert isinstance(found[1], Refuse)
    assert found[1].counted
    assert found[2] == Receipt(ARVIEU, at_once=True)
    store.receive(number(2))
    head = store.replica.heads[COUNTS]
    assert (head.order, head.accepted, head.refused) == ((1, 2), 1, 1)


def test_a_refused_one_that_comes_again_is_dropped() -> None:
    store = Store()
    store.receive(number(1), Finding("invalid"))
    assert kinds(store.receive(number(1))) == ["Drop"]
    assert store.replica.heads[COUNTS].refused == 1


def test_two_of_one_batch_are_judged_before_either_is_settled() -> None:
    replica = Replica({}, [], lambda _dataset, _digest: None)
    (first,) = replica.opened(number(1))
    (second,) = replica.opened(number(2))
    assert isinstance(first, Judge)
    assert isinstance(second, Judge)
    replica.settled(first, Finding("invalid"))
    replica.settled(second, None)
    head = replica.heads[COUNTS]
    assert (head.order, head.accepted, head.refused) == ((1, 2), 1, 1)


def test_a_new_epoch_says_what_becomes_void() -> None:
    store = Store()
    for sequence in (1, 2, 3):
        store.receive(number(sequence))
    places = [position for _, position in chain_of(ARVIEU, LENGTH)]
    restored = opened(made(counts_draft(), places[0], abandons=places[2]))
    (judged,) = store.replica.opened(restored)
    assert isinstance(judged, Judge)
    assert judged.next == Next(Head(2, 1, restored.digest, accepted=3), voids_after=(1, 1))


# --- messages that fail before the chain ---------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("key-unknown", "key"),
        ("schema-unknown", "schema"),
        ("charter-unknown", "charter"),
        ("mandate-unknown", "mandate"),
    ],
)
def test_what_is_missing_is_fetched_once(code: str, what: str) -> None:
    replica = Store().replica
    first = replica.failed(failed(code, "name"))
    assert kinds(first) == ["Hold", "Fetch"]
    assert first[1] == Fetch(what, "name")
    assert kinds(replica.failed(failed(code, "name"))) == ["Hold"]
    assert kinds(replica.failed(failed(code, "another"))) == ["Hold", "Fetch"]
    replica.forgotten()
    assert kinds(replica.failed(failed(code, "name"))) == ["Hold", "Fetch"]


def test_what_was_learned_releases_who_waited_for_it() -> None:
    replica = Store().replica
    replica.failed(failed("schema-unknown", "digest"))
    replica.held("one", "digest")
    replica.held("two", "digest")
    assert replica.learned("digest") == [Release(("one", "two"))]
    assert replica.learned("digest") == []
    assert kinds(replica.failed(failed("schema-unknown", "digest"))) == ["Hold", "Fetch"]


@pytest.mark.parametrize("code", ["wire-version-unsupported", "part-missing"])
def test_some_wait_for_nothing_that_could_be_fetched(code: str) -> None:
    (hold,) = Store().replica.failed(unsigned(code))
    assert hold == Hold(unsigned(code), code)


def test_the_carrier_is_charged_and_the_signed_one_asked_for() -> None:
    replica = Store().replica
    found = replica.failed(failed("content-digest"))
    assert kinds(found) == ["Charge", "Ask"]
    assert kinds(replica.failed(failed("content-digest"))) == ["Charge"], "once per place"


@pytest.mark.parametrize(
    "code", [code for code, one in REASONS.items() if one.verdict is Verdict.TRANSPORT_FAULT]
)
def test_no_transport_fault_is_a_refusal_of_the_owner(code: str) -> None:
    found = Store().replica.failed(unsigned(code))
    assert kinds(found) == (["Drop"] if code == "replayed" else ["Charge"])


@pytest.mark.parametrize(
    "code", [code for code, one in REASONS.items() if one.verdict is Verdict.REFUSED]
)
def test_every_refusal_leaves_evidence_and_its_owner_hears_of_it(code: str) -> None:
    found = Store().replica.failed(failed(code))
    assert isinstance(found[0], Refuse)
    # up to step 8 somebody else may have signed in the owner's name: it has nothing to mend
    told = REASONS[code].step > 8
    assert found[1:] == ([Receipt(ARVIEU, at_once=True)] if told else [])


def test_a_manifest_that_nobody_can_read_has_no_owner_to_tell() -> None:
    assert kinds(Store().replica.failed(unsigned("manifest"))) == ["Refuse"]


def test_only_what_can_be_decided_on_is_released() -> None:
    store = Store()
    for sequence in (1, 3, 5):
        store.receive(number(sequence))
    found = store.receive(number(2))
    assert [one.refs for one in found if isinstance(one, Release)] == [(number(3).digest,)]
    assert store.replica.waiting() == {COUNTS: 1}
    found = store.receive(number(4))
    assert [one.refs for one in found if isinstance(one, Release)] == [(number(5).digest,)]


def test_what_follows_on_each_other_is_released_together() -> None:
    store = Store()
    for sequence in (5, 4, 3, 1):
        store.receive(number(sequence))
    (judged,) = store.replica.opened(number(2))
    assert isinstance(judged, Judge)
    released = store.replica.settled(judged, None)[-1]
    assert released == Release(tuple(number(sequence).digest for sequence in (3, 4, 5)))


def opener(previous: Position, gone: Position) -> Opened:
    return opened(made(counts_draft(), previous, abandons=gone))


def test_an_opener_waits_for_its_predecessor_alone() -> None:
    places = [position for _, position in chain_of(ARVIEU, LENGTH)]
    store = Store()
    store.receive(number(1))
    early = opener(places[2], places[4])
    hold = store.receive(early)[0]
    assert isinstance(hold, Hold)
    assert hold.waiting_for == f"{COUNTS}#{places[2].digest}"
    store.kept[early.digest] = early
    assert not any(isinstance(one, Release) for one in store.receive(number(2)))
    found = store.receive(number(3))
    assert Release((early.digest,)) in found
    assert store.replica.heads[COUNTS].order == (2, 1)
    assert store.replica.waiting() == {}


# --- starting from a store -----------------------------------------------------------------------


def test_what_a_store_holds_waits_again_after_a_start() -> None:
    head = Head(1, 1, number(1).digest, accepted=1)
    held = [HeldRef("three", COUNTS), HeldRef("key", "kid"), HeldRef("other", OTHER)]
    replica = Replica({COUNTS: head}, held, lambda _dataset, _digest: None)
    assert replica.waiting() == {COUNTS: 1, "kid": 1, OTHER: 1}
    assert replica.forgotten() == [Ask(COUNTS, head), Ask(OTHER, None)]
    assert replica.learned("kid") == [Release(("key",))]
    (judged,) = replica.opened(number(2))
    assert isinstance(judged, Judge)
    assert replica.settled(judged, None)[-1] == Release(("three",))


def test_a_finding_of_the_assembly_keeps_the_manifest() -> None:
    found = fail(number(1), Finding("part-missing", "1 of 2"))
    assert (found.manifest, found.digest) == (number(1).manifest, number(1).digest)
    assert kinds(Store().replica.failed(found)) == ["Hold"]


def test_drop_names_what_was_dropped() -> None:
    store = Store()
    store.receive(number(1))
    (found,) = store.receive(number(1))
    assert isinstance(found, Drop)
    assert found.failed.digest == number(1).digest
    (charged,) = store.replica.failed(unsigned("signature"))
    assert isinstance(charged, Charge)
