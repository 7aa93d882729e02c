"""The own side: nothing is signed twice, and nothing is sent that isn't stored."""

from pathlib import Path

import pytest
from store_samples import (
    DATASET,
    DAY,
    HUB,
    NOW,
    OWNER,
    digest,
    draft,
    head,
    participant,
    publication,
)

from node.store import MovedError, Store, StoreError, UnknownRowError, Write
from node.store.rows import DraftRow
from node.store.segments import digest_of

OTHER_HUB = "nats://other"


@pytest.fixture
def own(store: Store) -> Store:
    assert store.own.add_participant(participant())
    return store


def add(store: Store, content: bytes = b"rows") -> DraftRow:
    return store.own.add_draft(draft(), content, day=DAY)[0]


def sign(store: Store, made: DraftRow, sequence: int, *hubs: str) -> str:
    row = publication(
        sequence, content_digest=made.content_digest, verdict="signed", received_at=NOW
    )
    assert store.own.sign_draft(made.id, row, hubs or (HUB,), head(sequence))
    return row.digest


def test_participants_are_hosted_once(own: Store) -> None:
    assert not own.own.add_participant(participant())
    assert own.own.add_participant(participant("fr-com-12001"))
    assert [row.id for row in own.own.participants()] == ["fr-com-12001", OWNER]
    assert own.own.participants()[1] == participant()


def test_a_draft_is_stored_with_its_content(own: Store) -> None:
    made, new = own.own.add_draft(draft(), b"rows", day=DAY)
    assert new
    assert made.content_digest == digest_of(b"rows")
    assert (made.state, made.publication) == ("ready", None)
    assert own.own.next_drafts(OWNER) == [made]
    assert own.own.next_drafts("fr-com-12001") == []
    assert own.contents.get(digest_of(b"rows")) == b"rows"


def test_a_draft_may_have_no_content(own: Store) -> None:
    empty = draft(mode="unchanged", rows=0, plain_size=0)
    made, _ = own.own.add_draft(empty, None, day=DAY, once=True)
    assert made.content_digest is None
    assert own.own.next_drafts(OWNER) == [made]


def test_the_same_content_is_drafted_once_when_asked(own: Store) -> None:
    first = add(own)
    assert own.own.add_draft(draft(), b"rows", day=DAY, once=True) == (first, False)
    other = draft(dataset=f"{DATASET}.nord")
    made, new = own.own.add_draft(other, b"rows", day=DAY, once=True)
    assert new
    assert own.own.add_draft(draft(), b"rows", day=DAY)[1]
    assert len(own.own.next_drafts(OWNER)) == 3
    assert own.own.next_drafts(OWNER, limit=2)[1] == made


def test_a_stranger_has_no_drafts(own: Store, data_dir: Path) -> None:
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        own.own.add_draft(draft(participant="fr-com-19015"), b"rows", day=DAY)
    assert (data_dir / "segments" / f"{DAY}.seg").stat().st_size == 0
    assert own.contents.state(digest_of(b"rows")) is None


def test_signing_writes_publication_outbox_and_head_together(own: Store) -> None:
    made = add(own)
    row = publication(1, content_digest=made.content_digest)
    assert own.own.sign_draft(made.id, row, (HUB, OTHER_HUB), head(1))
    (kept,) = own.publications.of(DATASET, everything=True)
    assert (kept.own, kept.verdict) == (True, "signed")
    assert own.publications.of(DATASET) == []
    assert own.publications.own_heads() == [head(1)]
    assert own.publications.own_head(DATASET) == head(1)
    assert own.publications.heads() == []
    for hub in (HUB, OTHER_HUB):
        (waiting,) = own.own.outbox_waiting(hub, OWNER)
        assert (waiting.publication, waiting.state, waiting.attempts) == (row.digest, "waiting", 0)
        assert own.own.participants_waiting(hub) == [OWNER]
    assert own.own.next_drafts(OWNER) == []


def test_a_draft_is_signed_once(own: Store) -> None:
    made = add(own)
    sign(own, made, 1)
    assert not own.own.sign_draft(made.id, publication(2), (HUB,), head(2))
    assert own.publications.own_heads() == [head(1)]
    assert len(own.own.outbox_waiting(HUB, OWNER)) == 1
    with pytest.raises(UnknownRowError):
        own.own.sign_draft(made.id + 1, publication(2), (HUB,), head(2))


def test_nobody_signs_upon_a_head_that_has_moved(own: Store) -> None:
    first, second = add(own), add(own)
    sign(own, first, 1)
    for wrong in (publication(1, digest=digest("rival")), publication(3)):
        with pytest.raises(MovedError, match=DATASET):
            own.own.sign_draft(second.id, wrong, (HUB,), head(1))
    assert own.own.next_drafts(OWNER) == [second]
    sign(own, second, 2)
    own.own.adopt_head(head(9))
    assert own.publications.own_head(DATASET) == head(9)


def test_an_own_publication_is_accepted_when_it_comes_back(own: Store) -> None:
    made = add(own)
    sign(own, made, 1)
    back = publication(1, content_digest=made.content_digest, received_at=NOW + 5)
    own.commit(Write(day=DAY, publications=(back,), heads=(head(1),)))
    (row,) = own.publications.of(DATASET)
    assert (row.own, row.verdict, row.received_at) == (True, "accepted", NOW + 5)
    assert row.content_digest == made.content_digest


def test_sending_is_noted(own: Store) -> None:
    sign(own, add(own), 1)
    sign(own, add(own), 2)
    ids = [row.id for row in own.own.outbox_waiting(HUB, OWNER)]
    assert own.own.hub_position(HUB, OWNER) == 0
    own.own.note_attempt(ids, "no responders\x00")
    own.own.note_attempt(ids[:1], "timeout")
    (one,) = own.status().outbox
    assert (one.waiting, one.attempts, one.last_error) == (2, 2, "timeout")
    own.own.mark_sent(ids[:1], 41)
    assert own.own.hub_position(HUB, OWNER) == 41
    (left,) = own.own.outbox_waiting(HUB, OWNER)
    assert (left.id, left.last_error) == (ids[1], "no responders�")
    own.own.mark_sent(ids[1:], 42)
    own.own.mark_sent([], 99)
    assert own.own.hub_position(HUB, OWNER) == 42
    assert own.own.outbox_waiting(HUB, OWNER) == []
    assert own.own.participants_waiting(HUB) == []
    own.own.set_hub_position(HUB, OWNER, 7)
    assert own.own.hub_position(HUB, OWNER) == 7


def test_rows_of_two_ways_are_not_marked_together(own: Store) -> None:
    sign(own, add(own), 1, HUB, OTHER_HUB)
    ids = [own.own.outbox_waiting(hub, OWNER)[0].id for hub in (HUB, OTHER_HUB)]
    with pytest.raises(StoreError, match="2 ways"):
        own.own.mark_sent(ids, 1)
    assert own.own.outbox_waiting(HUB, OWNER)


def test_a_hub_that_lost_its_disk_is_filled_again(own: Store) -> None:
    digests = [sign(own, add(own), n) for n in (1, 2)]
    own.own.mark_sent([row.id for row in own.own.outbox_waiting(HUB, OWNER)], 2)
    own.own.queue(HUB, OWNER, digests)
    own.own.queue(OTHER_HUB, OWNER, digests)
    for hub in (HUB, OTHER_HUB):
        waiting = own.own.outbox_waiting(hub, OWNER)
        assert [row.publication for row in waiting] == digests
        assert {row.stream_sequence for row in waiting} == {None}


def test_what_is_given_up_is_signed_anew(own: Store) -> None:
    only_here, elsewhere = add(own), add(own)
    first = sign(own, only_here, 1)
    second = sign(own, elsewhere, 2, HUB, OTHER_HUB)
    own.own.abandon([row.id for row in own.own.outbox_waiting(HUB, OWNER)])
    assert own.own.outbox_waiting(HUB, OWNER) == []
    assert [row.id for row in own.own.next_drafts(OWNER)] == [only_here.id]
    rows = own.publications.get([first, second])
    assert (rows[first].void, rows[second].void) == (True, False)


def test_who_has_drafts_is_known(own: Store) -> None:
    assert own.own.participants_drafting() == []
    assert not own.own.has_ready_draft(DATASET)
    made = add(own)
    assert own.own.participants_drafting() == [OWNER]
    assert own.own.has_ready_draft(DATASET)
    assert not own.own.has_ready_draft(f"{DATASET}.nord")
    sign(own, made, 1)
    assert own.own.participants_drafting() == []
    assert not own.own.has_ready_draft(DATASET)


@pytest.mark.parametrize(
    ("through", "before", "waiting"),
    [
        (2, None, [3, 4]),  # an acknowledgement was lost, or the hub lost 3
        (2, 3, [3, 4]),  # it holds a part of 3
        (None, 1, [1, 2, 3, 4]),
        (None, None, [1, 2, 3, 4]),  # it lost all
        (4, None, []),
    ],
)
def test_the_outbox_is_set_to_what_a_hub_holds(
    own: Store, through: int | None, before: int | None, waiting: list[int]
) -> None:
    digests = [sign(own, add(own), n) for n in range(1, 5)]
    ids = [row.id for row in own.own.outbox_waiting(HUB, OWNER)]
    own.own.mark_sent([ids[0], ids[2]], 3)
    for _ in range(2):
        own.own.rewind(
            HUB,
            OWNER,
            77,
            through=digests[through - 1] if through else None,
            before=digests[before - 1] if before else None,
        )
        left = own.own.outbox_waiting(HUB, OWNER)
        assert [row.publication for row in left] == [digests[n - 1] for n in waiting]
        assert own.own.hub_position(HUB, OWNER) == 77
