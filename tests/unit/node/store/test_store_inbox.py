"""The inbox of readings, on both databases."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from node.store import Store, StoreError
from node.store import inbox as module
from node.store.errors import StoreFullError
from node.store.inbox import KEPT_US, OTHERS, ReadingRow

OpenStore = Callable[[], Store]
A, B = "app/a", "app/b"


def reading(device: str, number: int, at: int | None = None) -> ReadingRow:
    return ReadingRow(
        device=device,
        identity=f"s/{number}",
        at=number * 10 if at is None else at,
        columns={"volume_m3": f"{number}.5"},
        simulated=number == 3,
        received_at=number,
    )


def test_what_is_handed_in_twice_is_there_once(open_store: OpenStore) -> None:
    store = open_store()
    assert store.inbox.add(reading(A, 1))
    assert not store.inbox.add(reading(A, 1))
    assert store.inbox.add(reading(B, 1))
    (one,) = open_store().inbox.waiting([A], 10)
    assert (one.device, one.at, one.columns, one.flushed_at) == (A, 10, {"volume_m3": "1.5"}, None)
    assert one.simulated is False


def test_readings_wait_in_their_order_until_they_are_marked(open_store: OpenStore) -> None:
    store = open_store()
    for number in (2, 1, 3):
        store.inbox.add(reading(A, number))
    store.inbox.add(reading(B, 9))
    waiting = store.inbox.waiting([A], 2)
    assert [one.identity for one in waiting] == ["s/2", "s/1"]
    store.inbox.mark([one.id for one in waiting], 77)
    store.inbox.mark([], 78)
    (left,) = store.inbox.waiting([A, "app/none"], 10)
    assert left.identity == "s/3"
    assert left.simulated is True
    assert [one.at for one in store.inbox.between(A, 10, 30)] == [10, 20]
    assert [one.flushed_at for one in store.inbox.between(A, 0, 99)] == [77, 77, None]
    states = store.inbox.states()
    assert (states[A].last_at, states[A].last_received, states[A].waiting) == (30, 3, 1)
    assert states[B].waiting == 1
    assert store.inbox.waiting([], 10) == []


def test_a_device_cannot_fill_the_disk(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_MAX", 2)
    store = open_store()
    for number in (1, 2):
        store.inbox.add(reading(A, number))
    with pytest.raises(StoreFullError):
        store.inbox.add(reading(A, 3))
    assert store.inbox.add(reading(B, 1))
    store.inbox.mark([one.id for one in store.inbox.waiting([A], 10)], 5)
    assert store.inbox.add(reading(A, 3))


def test_old_ones_go_but_the_newest_of_a_device_stays(open_store: OpenStore) -> None:
    store = open_store()
    for number in (1, 2):
        store.inbox.add(reading(A, number))
        store.inbox.add(reading(B, number))
    store.inbox.mark([one.id for one in store.inbox.waiting([A], 10)], 5)
    assert store.inbox.prune(KEPT_US) == 0
    assert store.inbox.prune(KEPT_US + 100) == 1
    assert [one.at for one in store.inbox.between(A, 0, 99)] == [20]
    assert len(store.inbox.between(B, 0, 99)) == 2, "what waits is never deleted"


def test_refusals_are_counted_and_bounded(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REFUSALS_MAX", 2)
    store = open_store()
    store.inbox.refuse(A, "field-range", "first", 1)
    store.inbox.refuse(A, "field-range", "second\x00", 2)
    store.inbox.refuse("x/1", "device-unknown", "?", 3)
    for number in range(2, 5):
        store.inbox.refuse(f"x/{number}", "device-unknown", "?", 2 + number)
    found = {(one.device, one.reason): one for one in store.inbox.refusals()}
    assert found[A, "field-range"].count == 2
    assert found[A, "field-range"].detail == "second\ufffd"
    assert found["x/1", "device-unknown"].count == 1
    assert found[OTHERS, "device-unknown"].count == 3
    assert len(found) == 3
    assert store.inbox.refusals()[0].device == OTHERS


def test_a_failed_draft_marks_nothing(open_store: OpenStore) -> None:
    """The mark is part of whatever transaction it is given to."""
    store = open_store()
    store.inbox.add(reading(A, 1))
    (one,) = store.inbox.waiting([A], 1)
    mark = store.inbox.marking([one.id], 9)

    def write() -> None:
        with store._database.write() as connection:
            mark(connection)
            connection.execute(sa.text("INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(StoreError):
        write()
    assert store.inbox.waiting([A], 1) == [one]
