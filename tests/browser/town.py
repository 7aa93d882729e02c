"""A hub, the communes of one EPCI on one node, the EPCI that composes on another, with pages."""

import asyncio
import contextlib
import datetime as dt
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from node.clock import now_us
from node.demo.run import settled
from node.demo.simulator import counts, projects
from node.demo.world import EPCI, Place, World, build, new_hub
from node.node import Node
from schemas.territory import members, territory

COMMUNES = tuple(members(EPCI, "commune"))
ARVIEU = "fr-com-12011"
SILENT = "fr-com-12307"
"""Member of the charter that publishes nothing: awaited, never zero."""

MORNING = dt.datetime(2026, 11, 23, 0, tzinfo=dt.UTC)
HOURS = 40


@dataclass
class Town:
    """What runs.

    Attributes:
        communes: The node that publishes.
        epci: The node that composes.
        until: Counts are published up to here.
    """

    communes: Node
    epci: Node
    until: dt.datetime

    @property
    def url(self) -> str:
        """Where the composer's pages are."""
        return self.epci.http_url

    @property
    def commune_url(self) -> str:
        """Where the communes' pages are."""
        return self.communes.http_url

    def token(self, node: Node) -> str:
        """The administrator's token of a node."""
        return (node.data_dir / "token").read_text().strip()

    def publish(self, participant: str, hours: float) -> None:
        """Counts of a commune go on for so many hours."""
        end = self.until + dt.timedelta(hours=hours)
        data = counts(1, participant, self.until, end)
        done = self.communes.publish(
            data.csv,
            filename="comptages.csv",
            schema="comptage-mobilites",
            participant=participant,
            origin="simulated",
            now_us=now_us(),
        )
        assert done.report.valid, done.report.text("en")

    def publish_projects(self, participant: str, data: bytes | None = None) -> None:
        """Projects of a commune."""
        done = self.communes.publish(
            data or projects(1, participant, territory(participant).name).data,
            filename="projets.json",
            schema="projets",
            participant=participant,
            origin="simulated",
            now_us=now_us(),
        )
        assert done.report.valid, done.report.text("en")

    async def received(self) -> None:
        """Wait until the composer has decided on all that was signed."""

        def all_here() -> bool:
            own = {row.dataset: row.digest for row in self.communes.store.publications.own_heads()}
            heads = {row.dataset: row.digest for row in self.epci.store.publications.heads()}
            # a dataset whose first draft isn't signed yet has no head
            waiting = any(dict(self.communes.store.status().drafts_ready).values())
            return bool(own) and not waiting and all(heads.get(one) == own[one] for one in own)

        assert await settled(all_here, limit_s=30)


@contextlib.asynccontextmanager
async def town() -> AsyncIterator[Town]:
    """Everything running, with counts and projects received and receipts on their way."""
    short = Path(tempfile.mkdtemp(prefix="mlg-"))
    world = World(
        COMMUNES,
        (EPCI,),
        (Place("communes", COMMUNES, custodian=EPCI), Place("epci", (EPCI,), (EPCI,))),
    )
    hub = new_hub(short)
    stop = asyncio.Event()
    try:
        async with hub.run():
            nodes = await build(world, short, hub)
            for node in nodes:
                node.settings = node.settings.model_copy(
                    update={"http_host": "127.0.0.1", "http_port": 0}
                )
            tasks = [asyncio.create_task(node.run(stop)) for node in nodes]
            found = Town(nodes[0], nodes[1], MORNING)
            try:
                async with asyncio.timeout(20):
                    while not all(node.http_url for node in nodes):  # noqa: ASYNC110 - a plain wait
                        await asyncio.sleep(0.05)
                await asyncio.to_thread(_fill, found)
                await found.received()
                yield found
            finally:
                stop.set()
                await asyncio.gather(*tasks)
                for node in nodes:
                    node.close()
    finally:
        shutil.rmtree(short, ignore_errors=True)


def _fill(found: Town) -> None:
    for commune in COMMUNES:
        if commune != SILENT:
            found.publish(commune, HOURS)
            found.publish_projects(commune)
    found.until += dt.timedelta(hours=HOURS)
