"""What is held and what is evidence: bounded, and never lost in silence."""

from store_samples import DAY, LIMITS, NOW, OWNER, evidence, message

from node.store import Store, Write
from node.store.rows import HeldLimits, HeldMessage

OTHER = "fr-com-19015"


def hold(
    store: Store, *messages: HeldMessage, release: tuple[int, ...] = ()
) -> tuple[int | None, ...]:
    write = Write(day=DAY, hold=messages, hold_limits=LIMITS, release=release)
    return store.commit(write).held


def test_messages_beyond_a_carriers_limit_are_turned_away(store: Store) -> None:
    messages = [message(b"%d" % n) for n in range(4)] + [message(carrier=OTHER)]
    done = store.commit(Write(day=DAY, hold=tuple(messages), hold_limits=LIMITS))
    assert done.turned_away == (messages[3],)
    assert [number is None for number in done.held] == [False, False, False, True, False]
    assert [entry.carrier for entry in store.held.entries()] == [OWNER] * 3 + [OTHER]
    assert hold(store, messages[3]) == (None,)


def test_bytes_are_limited_too(store: Store) -> None:
    large, small = message(b"x" * 9_000), message(b"x" * 300)
    first, second, third = hold(store, large, message(b"x" * 2_000), small)
    assert second is None
    assert first is not None
    assert third is not None
    assert store.status().held == {OWNER: (2, large.size + small.size)}


def test_a_message_held_twice_is_held_once_and_ids_are_not_given_again(store: Store) -> None:
    (first,) = hold(store, message())
    assert hold(store, message(), message()) == (first, first)
    assert first is not None
    assert hold(store, message(b"next"), release=(first,)) != (first,)
    assert store.held.messages([first]) == []
    assert [m.body for m in store.held.messages([e.id for e in store.held.entries()])] == [b"next"]


def test_a_release_makes_room_in_the_same_batch(store: Store) -> None:
    ids = hold(store, *(message(b"%d" % n) for n in range(3)))
    assert ids[0] is not None
    (new,) = hold(store, message(b"new"), release=(ids[0],))
    assert new is not None


def test_any_bytes_and_texts_can_be_held(store: Store) -> None:
    odd = message(
        bytes(range(256)),
        headers={"a": "\x00\ud800é", "b": ""},
        subject="s\x00",
        waiting_for="w\ud800",
    )
    (number,) = hold(store, odd)
    assert number is not None
    (kept,) = store.held.messages([number])
    assert (kept.body, kept.headers) == (odd.body, odd.headers)
    assert store.held.entries()[0].waiting_for == "w?"


def test_without_limits_nothing_is_held(store: Store) -> None:
    done = store.commit(Write(day=DAY, hold=(message(),)))
    assert done.turned_away == (message(),)
    nothing = HeldLimits(messages=9, size_bytes=message().size - 1)
    assert store.commit(Write(day=DAY, hold=(message(),), hold_limits=nothing)).held == (None,)


def test_thousands_are_read_back_in_order(store: Store) -> None:
    messages = tuple(message(b"%d" % n) for n in range(1_500))
    limits = HeldLimits(messages=2_000, size_bytes=10**7)
    done = store.commit(Write(day=DAY, hold=messages, hold_limits=limits))
    ids = [number for number in done.held if number is not None]
    assert [m.body for m in store.held.messages(ids)] == [m.body for m in messages]


def test_evidence_is_kept_once_and_bounded_per_verdict(store: Store) -> None:
    fork = evidence("fork", verdict="forked")
    assert store.commit(Write(day=DAY, evidence=(fork, fork))).evidence_dropped == 0
    rubbish = tuple(evidence(f"{n}", recorded_at=NOW + n) for n in range(7))
    done = store.commit(Write(day=DAY, evidence=(*rubbish, fork), evidence_max=5))
    assert done.evidence_dropped == 2
    assert store.held.evidence() == [*reversed(rubbish[2:]), fork]
    assert store.held.evidence(digest=fork.digest) == [fork]
    assert store.held.evidence(carrier=OWNER, limit=1) == [rubbish[-1]]
    assert store.held.evidence(carrier=OTHER) == []


def test_a_detail_for_people_is_cut(store: Store) -> None:
    store.commit(Write(day=DAY, evidence=(evidence(detail="x" * 5_000 + "\x00"),)))
    (kept,) = store.held.evidence()
    assert len(kept.detail) == 2_000
    assert kept.detail.endswith("x…")
