"""Two hubs: a commune on both, a carrier between them, receipts, asks; real brokers, real nodes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from federation.charter import Charter, Member, issue_charter
from federation.ids import ask_subject, fwd_subject, parse_dataset, prefix, pub_subject
from federation.message import MANIFEST_HEADER, Message
from federation.model import instant_text
from node.clock import now_us
from node.documents import digest_of, keep
from node.hub.config import HubSettings
from node.hub.hub import Hub
from node.keys import KeyStore
from node.link.link import Link
from node.node import Node
from node.settings import HubAddress
from node.store.store import Store

COMMUNE = "fr-com-12011"
EPCI = "fr-epci-241200765"
DEPARTEMENT = "fr-dep-12"
DATASET = f"{COMMUNE}/comptage-mobilites"
MEASURE = "comptage-mobilites.count"


def csv(first: int, last: int) -> bytes:
    head = b"channel_id,start_datetime,end_datetime,count\n"
    return head + b"".join(
        b"c1,2026-03-%02dT08:00:00Z,2026-03-%02dT09:00:00Z,%d\n" % (day, day, day)
        for day in range(first, last + 1)
    )


async def until(check: Callable[[], bool], within_s: float = 30.0) -> None:
    async with asyncio.timeout(within_s):
        while not await asyncio.to_thread(check):  # noqa: ASYNC110 - anything may be waited for
            await asyncio.sleep(0.05)


@dataclass
class Place:
    """A node of the test: who is on it, where it reports to, how it is set."""

    participant: str
    hubs: tuple[str, ...]
    reads: tuple[str, ...] = ()
    forward: str = ""


@dataclass
class Federation:
    """Hubs by name and places by participant, under one charter."""

    root: Path
    hubs: dict[str, Hub]
    places: dict[str, Place]
    charter: str
    nodes: dict[str, Node] = field(default_factory=dict)

    def open(self, participant: str) -> Node:
        place = self.places[participant]
        return Node.open(
            self.root / participant,
            hubs=tuple(
                HubAddress(name=name, url=self.hubs[name].url, read=name in place.reads)
                for name in place.hubs
            ),
            compose=(participant,) if place.reads else (),
            forward=place.forward,
            charters=(self.charter,),
            http_host="",
            receipt_interval_s=0.2,
        )

    @contextlib.asynccontextmanager
    async def running(self, *participants: str) -> AsyncIterator[list[Node]]:
        nodes = [self.open(one) for one in participants]
        stop = asyncio.Event()
        tasks = [asyncio.create_task(node.run(stop)) for node in nodes]
        try:
            yield nodes
            assert not any(task.done() for task in tasks), "a node ended by itself"
        finally:
            stop.set()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for node in nodes:
                node.close()
            assert results == [None] * len(nodes)

    def link(self, participant: str, hub: str) -> Link:
        node = self.open(participant)
        name = node.name
        node.close()
        return Link.open(self.hubs[hub].url, KeyStore(self.root / participant).link, node=name)


@contextlib.asynccontextmanager
async def federation(
    root: Path, names: Sequence[str], places: Sequence[Place]
) -> AsyncIterator[Federation]:
    moment = now_us()
    hubs = {name: Hub(root / f"hub-{name}", HubSettings(hub_id=name, port=0)) for name in names}
    async with contextlib.AsyncExitStack() as stack:
        for hub in hubs.values():
            await stack.enter_async_context(hub.run())
        entries, signers = [], []
        for place in places:
            data = root / place.participant
            made = await asyncio.to_thread(Node.init, data, [place.participant], now_us=moment)
            for name in place.hubs:
                await hubs[name].enrol(made.enrolment_file.read_bytes())
            node = Node.open(data)
            known = node.knowledge.identity_of(place.participant)
            node.close()
            assert known is not None
            signers.append(KeyStore(data).signer(place.participant))
            entries.append(
                Member(
                    participant=place.participant,
                    identity=known.digest,
                    custodian=known.identity.custodian.key,
                    roles=("composer", "publisher"),
                )
            )
        charter = issue_charter(
            Charter(
                charter="hubs",
                title="Two hubs",
                version=1,
                members=tuple(sorted(entries, key=lambda entry: entry.participant)),
                threshold=len(entries) // 2 + 1,
                issued=instant_text(moment),
            ),
            tuple(signers),
        )
        with Store.open(root / places[0].participant) as store:
            keep(store, "charter", places[0].participant, charter, pinned=True)
        yield Federation(
            root,
            hubs,
            {place.participant: place for place in places},
            digest_of("charter", charter),
        )


def publish(node: Node, first: int, last: int) -> None:
    result = node.publish(
        csv(first, last),
        filename="c.csv",
        schema="comptage-mobilites",
        participant=COMMUNE,
        now_us=now_us(),
    )
    assert result.report.valid


def accepted(node: Node) -> int:
    head = node.store.publications.head(DATASET)
    return 0 if head is None else head.accepted


def total(node: Node, territory: str) -> list[object]:
    view = node.view(territory, MEASURE, "month", now_us=now_us())
    return [one.figures.total for one in view.totals]


def receivers(node: Node) -> set[str]:
    return {row.receiver for row in node.store.receipts.received(COMMUNE)}


CHAIN = (
    Place(COMMUNE, ("a",)),
    Place(EPCI, ("a", "b"), reads=("a",), forward="b"),
    Place(DEPARTEMENT, ("b",), reads=("b",)),
)


async def test_a_commune_reports_to_two_hubs_and_hears_both(tmp_path: Path) -> None:
    places = (
        Place(COMMUNE, ("a", "b")),
        Place(EPCI, ("a", "b"), reads=("a",)),
        Place(DEPARTEMENT, ("b",), reads=("b",)),
    )
    async with federation(tmp_path, ("a", "b"), places) as world:
        # the charter is on both hubs, since its founder is; the identities of all are on b only
        world.places[EPCI].forward = "a"
        async with world.running(COMMUNE, EPCI, DEPARTEMENT) as (commune, epci, departement):
            publish(commune, 1, 3)
            publish(commune, 4, 6)
            await until(lambda: accepted(epci) == 2 and accepted(departement) == 2)
            assert total(epci, EPCI) == total(departement, DEPARTEMENT) == [21]
            await until(lambda: receivers(commune) == {EPCI, DEPARTEMENT})
            assert not commune.store.own.participants_waiting("a")
            assert not commune.store.own.participants_waiting("b")


async def test_a_departement_composes_from_a_second_hub(tmp_path: Path) -> None:
    async with federation(tmp_path, ("a", "b"), CHAIN) as world:
        async with world.running(COMMUNE, EPCI, DEPARTEMENT) as (commune, epci, departement):
            publish(commune, 1, 3)
            await until(lambda: accepted(departement) == 1)
            # the carrier publishes behind what it passed on: neither is in the other's way
            result = epci.publish(
                csv(1, 2),
                filename="c.csv",
                schema="comptage-mobilites",
                participant=EPCI,
                now_us=now_us(),
            )
            assert result.report.valid
            publish(commune, 4, 6)
            await until(lambda: accepted(departement) == 2)
            assert total(departement, EPCI)[:1] == total(epci, EPCI)[:1]
            await until(lambda: not epci.store.own.participants_waiting("b"))
            assert not epci.senders["b"].halted
        # after a restart nothing is lost and nothing halts
        async with world.running(COMMUNE, EPCI, DEPARTEMENT) as (commune, epci, departement):
            publish(commune, 7, 9)
            await until(lambda: accepted(departement) == 3)
            assert not epci.senders["b"].halted
            head = departement.store.publications.head(DATASET)
            own = commune.store.publications.own_head(DATASET)
            assert head is not None
            assert own is not None
            assert (head.digest, head.refused) == (own.digest, 0)
            assert not departement.store.status().held
            rows = [row.jws for row in departement.store.publications.of(DATASET)]
            assert rows == [row.jws for row in epci.store.publications.of(DATASET)]


async def test_what_came_while_the_second_hub_was_away_is_passed_on_later(tmp_path: Path) -> None:
    async with federation(tmp_path, ("a", "b"), CHAIN) as world:
        async with world.running(COMMUNE, EPCI, DEPARTEMENT) as nodes:
            await until(lambda: all(node.knowledge.charters for node in nodes))
        world.places[EPCI].hubs = ("a",)
        world.places[EPCI].forward = ""
        async with world.running(COMMUNE, EPCI) as (commune, epci):
            publish(commune, 1, 3)
            publish(commune, 4, 6)
            await until(lambda: accepted(epci) == 2)
        world.places[EPCI].hubs = ("a", "b")
        world.places[EPCI].forward = "b"
        async with world.running(EPCI, DEPARTEMENT) as (_epci, departement):
            await until(lambda: accepted(departement) == 2)
            assert total(departement, DEPARTEMENT) == [21]


async def test_a_forged_forward_is_never_accepted(tmp_path: Path) -> None:
    async with federation(tmp_path, ("a", "b"), CHAIN) as world:
        async with world.running(COMMUNE, EPCI, DEPARTEMENT) as (commune, _epci, departement):
            publish(commune, 1, 3)
            await until(lambda: accepted(departement) == 1)
            (row,) = departement.store.publications.of(DATASET)
        subject = fwd_subject(EPCI, COMMUNE)
        header, _, rest = row.jws.partition(".")
        payload, _, signature = rest.partition(".")
        forged = (
            f"{header}.{payload}.{signature[:-4]}{'AAAA' if signature[-4:] != 'AAAA' else 'BBBB'}"
        )
        wrong = (
            Message(subject, {MANIFEST_HEADER: forged}, b""),
            Message(subject, {MANIFEST_HEADER: row.jws}, b"another body"),
            Message(fwd_subject(EPCI, DEPARTEMENT), {MANIFEST_HEADER: row.jws}, b""),
        )
        async with world.link(EPCI, "b") as link:
            await link.ready()
            last = await link.last_own(prefix(EPCI))
            assert last is not None
            await link.publish(prefix(EPCI), wrong, last.stream_sequence)
        async with world.running(COMMUNE, EPCI, DEPARTEMENT) as (commune, epci, departement):
            publish(commune, 4, 6)
            await until(lambda: accepted(departement) == 2)
            assert not epci.senders["b"].halted
            assert total(departement, DEPARTEMENT) == [21]
            status = departement.store.status()
            assert set(status.evidence) <= {"transport-fault"}
            head = departement.store.publications.head(DATASET)
            assert head is not None
            assert head.refused == 0


async def test_an_owner_answers_an_ask_once(tmp_path: Path) -> None:
    places = (Place(COMMUNE, ("a",)), Place(EPCI, ("a",), reads=("a",)))
    async with federation(tmp_path, ("a",), places) as world:
        async with world.running(COMMUNE) as (commune,):
            publish(commune, 1, 3)
            publish(commune, 4, 6)
            await until(lambda: not commune.store.own.participants_drafting())
            await until(lambda: not commune.store.own.participants_waiting("a"))
            hub = world.hubs["a"]
            async with hub.connect_admin() as admin:
                await admin.client.jetstream().purge_stream("PUB")
            async with world.link(EPCI, "a") as link:
                await link.ready()
                body = json.dumps({"dataset": DATASET}).encode()
                subject = pub_subject(parse_dataset(DATASET))
                found = 0
                async with asyncio.timeout(20):
                    while found < 2:  # as receivers do: until it comes
                        await link.publish_document(ask_subject(EPCI, COMMUNE), {}, body)
                        await asyncio.sleep(0.2)
                        found = len((await link.read_range(prefix(EPCI), subject)).messages)
                await link.publish_document(ask_subject(EPCI, COMMUNE), {}, body)
                await asyncio.sleep(1.5)
                page = await link.read_range(prefix(EPCI), subject)
                assert len(page.messages) == 2
        # sent again or not, what comes next goes through, and a reader has it all
        async with world.running(COMMUNE, EPCI) as (commune, epci):
            publish(commune, 7, 9)
            await until(lambda: accepted(epci) == 3)
            assert total(epci, EPCI) == [45]
            assert not commune.senders["a"].halted


@pytest.mark.parametrize("gone", ["a", "b"])
async def test_a_hub_that_missed_a_receipt_gets_it_when_it_is_back(
    gone: str, tmp_path: Path
) -> None:
    places = (Place(COMMUNE, ("a",)), Place(EPCI, ("a", "b"), reads=("a",)))
    async with (
        federation(tmp_path, ("a", "b"), places) as world,
        world.running(COMMUNE, EPCI) as (commune, epci),
    ):
        publish(commune, 1, 3)
        await until(lambda: receivers(commune) == {EPCI})
        epci.store.settings.set(f"receipts-owed.{gone}", json.dumps([[EPCI, COMMUNE]]))
        (first,) = commune.store.receipts.received(COMMUNE)
        await until(lambda: commune.store.receipts.received(COMMUNE)[0].version > first.version)
        assert epci.store.settings.get(f"receipts-owed.{gone}") == "[]"
