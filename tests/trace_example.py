"""One real trace, from a webhook to the receipt, as text: `python -m tests.trace_example`.

A hub, a commune's node and its EPCI's on this machine; spans go over OTLP/HTTP to a collector.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from node.clock import now_us
from node.node import Node
from node.sensors.service import FILE_NAME
from node.settings import HubAddress
from tests.collector import Collector, Span, collector
from tests.unit.node.sensors.sensor_samples import COUNTS, QUARTER_US, reading_body
from tests.unit.node.test_two_hubs import COMMUNE, EPCI, Federation, Place, csv, federation, until

WEBHOOK = "/api/v1/webhooks/ttn"
PUBLISH = f"/api/v1/datasets/{COMMUNE}/comptage-mobilites/publications"
NAMES = frozenset(
    {"ingest", "validate", "draft", "sign", "send", "verify", "store", "compose", "receipt"}
)


def _open(world: Federation, participant: str, endpoint: str) -> Node:
    reads = participant == EPCI
    return Node.open(
        world.root / participant,
        hubs=(HubAddress(name="one", url=world.hubs["one"].url, read=reads),),
        compose=(participant,) if reads else (),
        charters=(world.charter,),
        http_host="" if reads else "127.0.0.1",
        http_port=0,
        receipt_interval_s=0.2,
        telemetry=endpoint,
    )


async def _post(node: Node, path: str, body: bytes, media: str, traceparent: str | None) -> None:
    token = (node.data_dir / "token").read_text(encoding="utf-8").strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media}
    if traceparent is not None:
        headers["traceparent"] = traceparent
    async with (
        aiohttp.ClientSession() as session,
        session.post(node.http_url + path, data=body, headers=headers) as answer,
    ):
        assert answer.status == 202, await answer.text()


def _uplink() -> bytes:
    """A reading of two hours ago, so that its batch is due."""
    at_us = now_us() - 8 * QUARTER_US
    return reading_body(at_us, {"count": 7}, f_cnt=1, of="tube-1", app="velo")


async def traced(root: Path, traceparent: str | None = None, *, webhook: bool = False) -> Collector:
    """Publish over HTTP, wait for the receipt, and of a file for the compositions.

    Args:
        root: For the hub and the nodes.
        traceparent: Sent by the HTTP caller.
        webhook: A sensor's reading instead of a file.

    Returns:
        What the collector got.
    """
    places = [Place(COMMUNE, ("one",)), Place(EPCI, ("one",), reads=("one",))]
    async with collector() as found, federation(root, ["one"], places) as world:
        (root / COMMUNE / FILE_NAME).write_text(COUNTS, encoding="utf-8")
        nodes = [_open(world, one, found.url) for one in (COMMUNE, EPCI)]
        stop = asyncio.Event()
        tasks = [asyncio.create_task(node.run(stop)) for node in nodes]
        try:
            await until(lambda: bool(nodes[0].http_url))
            if webhook:
                await _post(nodes[0], WEBHOOK, _uplink(), "application/json", traceparent)
            else:
                await _post(nodes[0], PUBLISH, csv(1, 3), "text/csv", traceparent)
            await until(lambda: _done(found, webhook=webhook), 60)
        finally:
            stop.set()
            await asyncio.gather(*tasks, return_exceptions=True)
            for node in nodes:
                await asyncio.to_thread(node.close)
        return found


def _done(found: Collector, *, webhook: bool) -> bool:
    composed = any(one.attributes.get("maillage.compositions") for one in found.spans)
    return len(found.named("receipt")) >= 2 and (webhook or composed)


def tree(spans: Sequence[Span], trace: str) -> str:
    """A trace as text: who, what, how long, and when since its beginning."""
    mine = sorted((one for one in spans if one.trace == trace), key=lambda one: one.begun_ns)
    known = {one.id for one in mine}
    begun = mine[0].begun_ns
    lines: list[str] = []

    def walk(parent: str, depth: int) -> None:
        for one in mine:
            if one.parent == parent or (not parent and one.parent not in known):
                told = "  " * depth + one.name
                at_ms, took_ms = (one.begun_ns - begun) / 1e6, (one.ended_ns - one.begun_ns) / 1e6
                lines.append(f"{told:<62} {one.node[:20]:<20} {at_ms:>7.0f} {took_ms:>7.0f}")
                walk(one.id, depth + 1)

    walk("", 0)
    return f"{'span':<62} {'node':<20} {'at ms':>7} {'took ms':>7}\n" + "\n".join(lines) + "\n"


def main() -> None:
    """Print it: of a sensor's reading, or with `--file` of a file."""
    file = "--file" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(traced(Path(folder), webhook=not file))
    (first,) = found.named(f"POST {ROUTE if file else WEBHOOK}")
    sys.stdout.write(tree(found.spans, first.trace))


ROUTE = "/api/v1/datasets/{participant}/{schema}/publications"

if __name__ == "__main__":
    main()
