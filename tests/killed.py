"""A child process that plays one role of a node and dies, by SIGKILL, at a named step.

Run by tests/unit/node/test_kills.py: `python -m tests.killed ROLE DATA HUB_URL CHARTER STEP|-`.
Ends by itself when the role's work is done, at the latest after half a minute.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from node import steps
from node.clock import now_us
from node.node import Node
from node.settings import HubAddress

COMMUNE = "fr-com-12011"
COMPOSER = "fr-dep-12"
CSV = b"channel_id,start_datetime,end_datetime,count\n" + b"".join(
    b"c1,2026-03-%02dT08:00:00Z,2026-03-%02dT09:00:00Z,%d\n" % (day, day, day)
    for day in range(1, 11)
)
TOTAL = sum(range(1, 11))
LIMIT_S = 30.0


def open_node(role: str, data: Path, url: str, charter: str) -> Node:
    reads = role == "receive"
    return Node.open(
        data,
        hubs=(HubAddress(name="h", url=url, read=reads),),
        compose=(COMPOSER,) if reads else (),
        charters=(charter,),
        http_host="",
        receipt_interval_s=0.2,
    )


def done(node: Node, role: str) -> bool:
    if role == "send":
        own = node.store.own
        return not own.participants_waiting("h") and not own.participants_drafting()
    heads = {row.dataset: row for row in node.store.publications.heads()}
    head = heads.get(f"{COMMUNE}/comptage-mobilites")
    return head is not None and head.accepted == 2 and not node.store.receipts.due()


async def run(node: Node, role: str) -> bool:
    stop = asyncio.Event()
    task = asyncio.create_task(node.run(stop))
    until = time.monotonic() + LIMIT_S
    finished = False
    while not finished and time.monotonic() < until and not task.done():
        await asyncio.sleep(0.1)
        finished = await asyncio.to_thread(done, node, role)
    stop.set()
    await task
    return finished


def die_at(step: str) -> Callable[[str], None]:
    def hook(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


async def play(role: str, data: Path, url: str, charter: str) -> int:
    """Open a node, do the role's work, close it."""
    node = open_node(role, data, url, charter)
    try:
        if role == "publish":
            result = node.publish(
                CSV,
                filename="c.csv",
                schema="comptage-mobilites",
                participant=COMMUNE,
                now_us=now_us(),
            )
            return 0 if result.report.valid else 1
        return 0 if await run(node, role) else 1
    finally:
        node.close()


def main() -> int:
    role, data, url, charter, step = sys.argv[1:]
    if step != "-":
        steps.hook = die_at(step)
    return asyncio.run(play(role, Path(data), url, charter))


if __name__ == "__main__":
    sys.exit(main())
