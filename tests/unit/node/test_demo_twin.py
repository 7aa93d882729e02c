"""The demo's twin, beside a hub of the demo's and a node with ten communes."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from twin_world import until

from federation.errors import UnknownError
from federation.ids import parse_dataset
from node.clock import now_us
from node.demo import simulator, twin
from node.demo.world import EPCI, HUB, new_hub
from node.labels import dataset_title, labels_of
from node.node import Node
from node.settings import HubAddress
from schemas.territory import members

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def days(node: Node, owner: str) -> int:
    """Days of which a node has energy figures of a town."""
    return len(node.view(owner, "energie-batiments.kwh", "day", now_us=now_us()).totals)


async def test_the_twin_and_arvieu_share_energy_and_projects(tmp_path: Path) -> None:
    home, folder = new_hub(tmp_path), tmp_path / "communes"
    abroad = twin.new_hub(tmp_path)
    async with home.run(), abroad.run():
        hosted = list(members(EPCI, "commune"))
        made = await asyncio.to_thread(Node.init, folder, hosted, custodian=EPCI, now_us=now_us())
        await home.enrol(made.enrolment_file.read_bytes())
        twinning = await twin.build(tmp_path, folder, home_hub=home, twin_hub=abroad)
        node = Node.open(
            folder,
            hubs=(HubAddress(name=HUB, url=home.url, read=True), twinning.away),
            http_host="",
            receipt_interval_s=0.2,
        )
        nodes = [node, twinning.open()]
        stop = asyncio.Event()
        tasks = [asyncio.create_task(one.run(stop)) for one in nodes]
        try:
            names = await asyncio.to_thread(
                twin.publish, *nodes, 1, START, START + dt.timedelta(days=3)
            )
            energy = simulator.energy(1, twin.ARVIEU, START, START + dt.timedelta(days=3))
            node.publish(
                energy.csv,
                filename="energie.csv",
                schema="energie-batiments",
                participant=twin.ARVIEU,
                origin="simulated",
                now_us=now_us(),
            )
            await until(lambda: twin.settled(*nodes))
            # each sees the other's figures; Arvieu's node reads its own hub too
            await until(lambda: days(node, twin.ARVIEU) == days(nodes[1], twin.ARVIEU) == 3)
            assert days(node, twin.TWIN) == days(nodes[1], twin.ARVIEU) == 3
            for one in nodes:
                for dataset in names:
                    assert one.export(dataset, "csv")
                assert one.simulated
            # every field that a page of the twin's may show has a German label
            for dataset in names:
                schema = nodes[1].knowledge.catalogue.latest(parse_dataset(dataset).schema)
                assert schema is not None
                labels = labels_of(nodes[1], dataset, "de")
                assert labels == {one.name: one.labels["de"] for one in schema.wire_fields}
                assert dataset_title(nodes[0], dataset, "de")
            assert twin.TWIN_NAME in dataset_title(nodes[0], twin.TWIN_DATASETS[0], "de")
            with pytest.raises(UnknownError):
                labels_of(nodes[0], f"{twin.TWIN}/eau-reseau", "de")
        finally:
            stop.set()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for one in nodes:
                one.close()
        assert results == [None, None]
