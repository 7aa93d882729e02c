"""A small live federation for documents under test: a real hub, two nodes, HTTP; fixed data.

Arvieu and Ségur publish two days of hourly counts of March 2026 through their node; the EPCI's
node receives, verifies, composes and answers. Curan is a member and publishes nothing.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

from node.clock import now_us
from node.demo.world import Place, World, build, new_hub
from node.node import Node

ARVIEU: Final = "fr-com-12011"
SEGUR: Final = "fr-com-12266"
CURAN: Final = "fr-com-12307"
EPCI: Final = "fr-epci-241200765"
COUNTS: Final = "comptage-mobilites"
BEGIN: Final = dt.datetime(2026, 3, 1, 23, tzinfo=dt.UTC)
"""Midnight of 2 March 2026 in Arvieu."""

HOURS: Final = 48
READY_S: Final = 120.0

_WORLD: Final = World(
    communes=(ARVIEU, SEGUR, CURAN),
    composers=(EPCI,),
    places=(
        Place("communes", (ARVIEU, SEGUR, CURAN), custodian=EPCI),
        Place("epci", (EPCI,), (EPCI,), shows=True),
    ),
)


@dataclass(frozen=True)
class Small:
    """The running federation.

    Attributes:
        url: Of the EPCI's node.
        charter: Digest.
        token: Of the EPCI's node.
    """

    url: str
    charter: str
    token: str


def csv_of(channel: str, factor: int) -> bytes:
    """Hourly counts whose value is the hour of the day times a factor."""
    lines = ["channel_id,start_datetime,end_datetime,count"]
    for number in range(HOURS):
        start = BEGIN + dt.timedelta(hours=number)
        end = start + dt.timedelta(hours=1)
        lines.append(
            f"{channel},{start:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ},{number % 24 * factor}"
        )
    return ("\n".join(lines) + "\n").encode()


@contextlib.contextmanager
def small_federation(root: Path) -> Iterator[Small]:
    """Run it on a thread while the context lasts."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    stop = asyncio.run_coroutine_threadsafe(_event(), loop).result(10)
    ready: list[Small] = []
    running = asyncio.run_coroutine_threadsafe(_run(root, stop, ready), loop)
    try:
        asyncio.run_coroutine_threadsafe(_until(ready, running), loop).result(READY_S)
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        running.result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _event() -> asyncio.Event:
    return asyncio.Event()


async def _until(ready: list[Small], running: Future[None]) -> None:
    while not ready and not running.done():  # noqa: ASYNC110 - filled by another task
        await asyncio.sleep(0.05)


async def _run(root: Path, stop: asyncio.Event, ready: list[Small]) -> None:
    hub = new_hub(root)
    async with hub.run():
        nodes = await build(_WORLD, root, hub, http_host="127.0.0.1")
        tasks = [asyncio.create_task(node.run(stop)) for node in nodes]
        try:
            await _filled(nodes)
            communes, epci = nodes
            token = (epci.data_dir / "token").read_text().strip()
            ready.append(Small(epci.http_url, next(iter(communes.knowledge.charters)), token))
            await stop.wait()
        finally:
            stop.set()
            await asyncio.gather(*tasks, return_exceptions=True)
            for node in nodes:
                node.close()


async def _filled(nodes: list[Node]) -> None:
    """Publish, one after the other, and wait until the EPCI's node has verified it."""
    communes, epci = nodes
    for count, (owner, channel, factor) in enumerate(((ARVIEU, "D25", 1), (SEGUR, "Halle", 2)), 1):
        published = await asyncio.to_thread(
            communes.publish,
            csv_of(channel, factor),
            filename="comptages.csv",
            schema=COUNTS,
            participant=owner,
            now_us=now_us(),
        )
        assert published.report.valid, published.report.text("en")
        while sum(1 for one in epci.store.publications.heads() if one.accepted) < count:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.05)
    while not epci.http_url:  # noqa: ASYNC110 - the node sets a text, no event
        await asyncio.sleep(0.05)
