"""What a carrier's limit turns away: remembered, shown, read again once there is room."""

import functools
from pathlib import Path

import pytest

from federation.author import draft_rows, messages, sign_draft
from federation.ids import prefix
from federation.message import Message
from federation.model import Position
from federation.verify import Arrival
from node import running as running_module
from node.clock import now_us
from node.keys import KeyStore
from node.receive import loop as loop_module
from node.receive.intake import Intake
from node.receive.turned_away import TurnedAway
from node.store.rows import HeldLimits
from node.store.store import Store
from tests.hostile import day
from tests.unit.node.test_two_hubs import COMMUNE, DATASET, EPCI, Place, federation, until
from tests.world import SALT, schema

PUB = f"{prefix(COMMUNE)}.pub.comptage-mobilites._"
FWD = f"{prefix(EPCI)}.fwd.{COMMUNE}"
LIMITS = HeldLimits(messages=2, size_bytes=2**30)


def arrival(sequence: int, subject: str = PUB) -> Arrival:
    return Arrival(subject, {}, b"", sequence)


def test_it_is_remembered_by_carrier_and_kind_over_a_restart(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        away = TurnedAway(store, "one", LIMITS)
        assert away.gaps() == []
        away.note([arrival(9), arrival(7), arrival(4, FWD)])
        away.note([arrival(8)])
    with Store.open(tmp_path) as store:
        own, passed = TurnedAway(store, "one", LIMITS).gaps()
        assert (own.pattern, own.after, own.count) == (f"{prefix(COMMUNE)}.pub.>", 6, 3)
        assert (passed.carrier, passed.kind, passed.after) == (EPCI, "fwd", 3)
        assert TurnedAway(store, "two", LIMITS).gaps() == [], "each hub has its own stream"
        away = TurnedAway(store, "one", LIMITS)
        assert away.with_room() == [own, passed]
        away.done(own, 7)
        away.done(passed, None)
        (left,) = away.gaps()
        assert (left.after, left.count) == (7, 3)


def chain(keys: KeyStore, length: int) -> list[Message]:
    head: Position | None = None
    found: list[Message] = []
    for number in range(length):
        draft = draft_rows(
            schema("comptage-mobilites"),
            DATASET,
            day(number),
            salt=SALT,
            mode="append",
            origin="simulated",
        )
        signed = sign_draft(draft, head, keys.signer(COMMUNE), issued_us=now_us())
        head = signed.position
        found += messages(signed.manifest, signed.digest, signed.jws, draft.blob)
    return found


@pytest.mark.parametrize("passed_on", [False, True])
async def test_a_carrier_at_its_limit_stalls_nobody_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, passed_on: bool
) -> None:
    monkeypatch.setattr(running_module, "Intake", functools.partial(Intake, limits=LIMITS))
    monkeypatch.setattr(loop_module, "FORGET_S", 0.2)
    places = [Place(COMMUNE, ("one",)), Place(EPCI, ("one",), reads=("one",))]
    carrier = EPCI if passed_on else COMMUNE
    async with federation(tmp_path, ["one"], places) as world:
        made = chain(KeyStore(tmp_path / COMMUNE), 7)
        if passed_on:
            made = [Message(FWD, one.headers, one.body) for one in made]
        first, second, *rest = made
        async with (
            world.running(COMMUNE, EPCI) as (_, node),
            world.link(carrier, "one") as link,
        ):
            await until(lambda: node.knowledge.identity_of(COMMUNE) is not None)
            await link.ready(10)
            ack = await link.publish(prefix(carrier), rest, 0)

            def away() -> list[int]:
                return [one["messages"] for one in node.status(now_us()).to_json()["turnedAway"]]

            # one that comes by the tail and again in answer to a gap may be counted twice
            await until(lambda: sum(away()) >= 3)
            assert node.store.status().held == {carrier: (2, node.store.status().held[carrier][1])}
            (count,) = away()
            told = f"{carrier} ({'fwd' if passed_on else 'pub'}) {count}"
            assert told in node.status(now_us()).text()
            # the reader goes on: what closes the gap comes in behind it
            await link.publish(prefix(carrier), [first, second], ack.last_sequence)
            await until(lambda: accepted(node.store) == 7)
            await until(lambda: away() == [])
            assert node.store.status().held == {}
            assert not node.store.held.evidence()


def accepted(store: Store) -> int:
    head = store.publications.head(DATASET)
    return 0 if head is None else head.accepted
