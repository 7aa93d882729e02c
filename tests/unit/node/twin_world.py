"""Two towns, each with a node and a hub of its own, under a charter of two; real brokers."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from federation import charter_file
from node import charters
from node.clock import now_us
from node.demo.simulator import projects
from node.hub.config import HubSettings
from node.hub.hub import Hub
from node.keys import KeyStore
from node.link.link import Link
from node.node import Node
from node.settings import HubAddress

ARVIEU, SEGUR = "fr-com-12011", "fr-com-12266"
TWIN, VILLAGE = "xx-lau-musterstadt", "xx-lau-nebendorf"
LUZY = "fr-com-58149"
COUNTS, PROJECTS = f"{ARVIEU}/comptage-mobilites", f"{TWIN}/projets"
MEASURE = "comptage-mobilites.count"
NAME = "jumelage-arvieu"
TITLE = "Jumelage Arvieu – Musterstadt (fictif)"
NAMES = {TWIN: "Musterstadt an der Probe (fiktiv)", VILLAGE: "Nebendorf (fiktiv)"}
HOUR_US = 3_600_000_000

Way = Literal["read", "send"]
"""Each reads at the other's hub; or each sends what is shared there."""


def csv(first: int, last: int) -> bytes:
    head = b"channel_id,start_datetime,end_datetime,count\n"
    return head + b"".join(
        b"c1,2026-03-%02dT08:00:00Z,2026-03-%02dT09:00:00Z,%d\n" % (day, day, day)
        for day in range(first, last + 1)
    )


async def until(check: Callable[[], bool], within_s: float = 60.0) -> None:
    async with asyncio.timeout(within_s):
        while not await asyncio.to_thread(check):  # noqa: ASYNC110 - anything may be waited for
            await asyncio.sleep(0.05)


def agree(*folders: Path, ends: str | None = None) -> str:
    """A charter drafted at the first, signed by all in turn, accepted everywhere; its digest."""
    identities = []
    for folder in folders:
        with contextlib.closing(Node.open(folder)) as node:
            first = ARVIEU if ARVIEU in node.participants else TWIN
            identities.append(charters.identity_of(node, first))
    file = charter_file.draft(
        name=NAME, title=TITLE, identities=identities, issued_us=now_us(), ends=ends
    ).write()
    for folder in folders:
        with contextlib.closing(Node.open(folder)) as node:
            found = charter_file.read(file)
            file = found.sign(charters.signers_of(node, found)).write()
    for folder in folders:
        with contextlib.closing(Node.open(folder)) as node:
            charters.accept(node, charter_file.read(file))
    return charter_file.read(file).digest


@dataclass
class Twins:
    """Folders and hubs by name: `arvieu`, `twin`; perhaps `luzy`, enrolled at Arvieu's hub."""

    root: Path
    way: Way
    hubs: dict[str, Hub]
    charter: str
    nodes: dict[str, Node] = field(default_factory=dict)

    def open(self, name: str) -> Node:
        if name == "luzy":
            hubs = [HubAddress(name="home", url=self.hubs["arvieu"].url, read=True)]
        else:
            hubs = [HubAddress(name="home", url=self.hubs[name].url, read=self.way == "send")]
            other = "twin" if name == "arvieu" else "arvieu"
            hubs.append(
                HubAddress(
                    name="away",
                    url=self.hubs[other].url,
                    read=self.way == "read",
                    send="none" if self.way == "read" else "charters",
                    charters=(self.charter,),
                )
            )
        return Node.open(self.root / name, hubs=tuple(hubs), http_host="", receipt_interval_s=0.2)

    @contextlib.asynccontextmanager
    async def running(self, *names: str) -> AsyncIterator[list[Node]]:
        nodes = [self.open(one) for one in names]
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

    @contextlib.asynccontextmanager
    async def link(self, name: str, hub: str) -> AsyncIterator[Link]:
        """A hostile hand on a node's own connection key."""
        with contextlib.closing(self.open(name)) as node:
            called = node.name
        keys = KeyStore(self.root / name)
        async with Link.open(self.hubs[hub].url, keys.link, node=called) as link:
            await link.ready()
            yield link

    async def subjects(self, hub: str, stream: str) -> set[str]:
        """All subjects that a hub's stream holds."""
        async with self.hubs[hub].connect_admin() as admin:
            info = await admin.client.jetstream().stream_info(stream, subjects_filter=">")
        return set(info.state.subjects or {})


@contextlib.asynccontextmanager
async def twins(
    root: Path, way: Way = "read", *, ends: str | None = None, stranger: bool = False
) -> AsyncIterator[Twins]:
    hubs = {
        name: Hub(root / f"hub-{name}", HubSettings(hub_id=name, port=0))
        for name in ("arvieu", "twin")
    }
    async with contextlib.AsyncExitStack() as stack:
        for hub in hubs.values():
            await stack.enter_async_context(hub.run())
        hosted = {"arvieu": [ARVIEU, SEGUR], "twin": [TWIN, VILLAGE]}
        if stranger:
            hosted["luzy"] = [LUZY]
        for name, participants in hosted.items():
            made = await asyncio.to_thread(
                Node.init, root / name, participants, names=NAMES, now_us=now_us()
            )
            for hub_name, hub in hubs.items():
                if name != "luzy" or hub_name == "arvieu":
                    await hub.enrol(made.enrolment_file.read_bytes())
        charter = await asyncio.to_thread(agree, root / "arvieu", root / "twin", ends=ends)
        yield Twins(root, way, hubs, charter)


def publish_counts(
    node: Node, first: int, last: int, participant: str = ARVIEU, charter: str | None = NAME
) -> None:
    result = node.publish(
        csv(first, last),
        filename="c.csv",
        schema="comptage-mobilites",
        participant=participant,
        charter=charter,
        now_us=now_us(),
    )
    assert result.report.valid, result.report.text("en")


def publish_projects(
    node: Node, seed: int = 1, moment: int | None = None, owner: str = TWIN
) -> None:
    result = node.publish(
        projects(seed, owner, "Musterstadt").data,
        filename="p.json",
        schema="projets",
        participant=owner,
        origin="simulated",
        charter=NAME,
        now_us=moment or now_us(),
    )
    assert result.report.valid, result.report.text("en")


def counted(node: Node, dataset: str) -> tuple[int, int]:
    """(accepted, refused) of a dataset at a receiver."""
    head = node.store.publications.head(dataset)
    return (0, 0) if head is None else (head.accepted, head.refused)


def receivers(node: Node, owner: str) -> set[str]:
    return {row.receiver for row in node.store.receipts.received(owner)}


def in_days(days: int) -> str:
    """An instant some days from now."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
