"""From a webhook to a figure: real HTTP, a real hub, a composer that verifies and answers."""

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
from sensor_samples import COUNTS, QUARTER_US, reading_body
from test_kills import found

from node.clock import now_us
from node.hub.config import HubSettings
from node.hub.hub import Hub
from node.node import Node
from node.sensors.service import FILE_NAME
from node.settings import HubAddress
from tests.killed import COMMUNE, COMPOSER

LIMIT_S = 60.0
DATASET = f"{COMMUNE}/comptage-mobilites"
MEASURE = "comptage-mobilites.count"


async def until(check: Callable[[], bool], *tasks: "asyncio.Task[None]") -> None:
    limit = time.monotonic() + LIMIT_S
    while not await asyncio.to_thread(check):
        for task in tasks:
            if task.done():
                task.result()
        assert time.monotonic() < limit, "it never arrived"
        await asyncio.sleep(0.1)


async def hand_in(node: Node, bodies: list[bytes]) -> None:
    token = (node.data_dir / "token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for body in [*bodies, bodies[0]]:  # the first one twice, as networks do
            url = f"{node.http_url}/api/v1/webhooks/ttn"
            async with session.post(url, data=body) as answer:
                assert answer.status == 202, await answer.text()


@pytest.mark.slow
async def test_what_a_sensor_sent_is_verified_by_a_composer(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub", HubSettings(hub_id="sensors", port=0))
    async with hub.run():
        two = await found(tmp_path, hub)
        (two.commune / FILE_NAME).write_text(COUNTS)

        def start(data: Path, *, composes: bool) -> Node:
            return Node.open(
                data,
                hubs=(HubAddress(name="h", url=hub.url, read=composes),),
                compose=(COMPOSER,) if composes else (),
                charters=(two.charter,),
                http_host="" if composes else "127.0.0.1",
                http_port=0,
                receipt_interval_s=0.2,
            )

        commune = start(two.commune, composes=False)
        composer = start(two.composer, composes=True)
        stop = asyncio.Event()
        tasks = [asyncio.create_task(node.run(stop)) for node in (commune, composer)]
        try:
            await until(lambda: bool(commune.http_url), *tasks)
            first = now_us() - 8 * QUARTER_US
            bodies = [
                reading_body(
                    first + n * QUARTER_US, {"count": 100 + n}, f_cnt=n, of="tube-1", app="velo"
                )
                for n in range(4)
            ]
            await hand_in(commune, bodies)

            def counted() -> Decimal:
                view = composer.view(COMPOSER, MEASURE, "year", now_us=now_us())
                return sum((one.figures.total or Decimal(0) for one in view.totals), Decimal(0))

            await until(lambda: counted() == 100 + 101 + 102 + 103, *tasks)
            await until(lambda: bool(commune.store.receipts.received(COMMUNE)), *tasks)
            head = composer.store.publications.head(DATASET)
            assert head is not None
            assert head.refused == 0
            (device,) = commune.status(now_us()).found["sensors"]["devices"]
            assert device["waiting"] == 0
        finally:
            stop.set()
            await asyncio.gather(*tasks)
            commune.close()
            composer.close()
