"""A real file, from a commune's machine to a département's view, over a real hub."""

import asyncio
import csv
import datetime as dt
import io
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from federation.charter import Charter, Member, issue_charter
from federation.model import instant_text
from node.clock import now_us
from node.documents import digest_of, keep
from node.hub.config import HubSettings
from node.hub.hub import Hub
from node.keys import KeyStore
from node.node import Node
from node.settings import HubAddress
from node.store.store import Store
from schemas.catalogue import bundled
from schemas.reading import read

EXAMPLES = Path(__file__).parents[2] / "shared" / "reference" / "examples"
FILE = EXAMPLES / "etalab+schema-comptage-mobilites__measure_exemple-valide-eco-compteur.csv"
COMMUNE, COMPOSER = "fr-com-12011", "fr-dep-12"
DATASET = f"{COMMUNE}/comptage-mobilites"
LIMIT_S = 60.0


@pytest.fixture(scope="module")
def data() -> bytes:
    if not FILE.exists():
        pytest.skip(f"NOT CHECKED: the real file {FILE.name} is not here (../shared is missing)")
    return FILE.read_bytes()


def direct_sums(data: bytes) -> dict[str, tuple[int, int]]:
    """Local day in Paris to (sum, number of values), by nothing but the standard library."""
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"))):
        if row["count"] == "":
            continue
        start = dt.datetime.fromisoformat(row["start_datetime"])
        assert start.tzinfo is not None
        day = start.astimezone(ZoneInfo("Europe/Paris")).date().isoformat()
        found[day][0] += int(row["count"])
        found[day][1] += 1
    return {day: (total, number) for day, (total, number) in found.items()}


def test_the_real_file_validates(data: bytes) -> None:
    schema = bundled().latest("comptage-mobilites")
    assert schema is not None
    reading = read(data, filename=FILE.name, schema=schema)
    assert reading.report.valid, reading.report.text("en")
    assert reading.rows is not None
    assert reading.rows.height == len(data.decode("utf-8-sig").strip().splitlines()) - 1 == 3650


async def until(check: Callable[[], bool], *tasks: "asyncio.Task[None]") -> None:
    limit = time.monotonic() + LIMIT_S
    while not await asyncio.to_thread(check):
        for task in tasks:
            if task.done():
                task.result()
        assert time.monotonic() < limit, "it never arrived"
        await asyncio.sleep(0.1)


async def make(root: Path, hub: Hub) -> str:
    """Two nodes, enrolled; answers the digest of their charter."""
    moment = now_us()
    members, signers = [], []
    for participant in (COMMUNE, COMPOSER):
        made = Node.init(root / participant, [participant], now_us=moment)
        await hub.enrol(made.enrolment_file.read_bytes())
        node = Node.open(root / participant)
        known = node.knowledge.identity_of(participant)
        node.close()
        assert known is not None
        members.append(
            Member(
                participant=participant,
                identity=known.digest,
                custodian=known.identity.custodian.key,
                roles=("publisher", "composer"),
            )
        )
        signers.append(KeyStore(root / participant).signer(participant))
    charter = issue_charter(
        Charter(
            charter="two",
            title="Two",
            version=1,
            members=tuple(members),
            threshold=2,
            issued=instant_text(moment),
        ),
        tuple(signers),
    )
    with Store.open(root / COMMUNE) as store:
        keep(store, "charter", COMMUNE, charter, pinned=True)
    return digest_of("charter", charter)


@pytest.mark.slow
async def test_the_real_file_arrives_and_its_days_add_up(tmp_path: Path, data: bytes) -> None:
    hub = Hub(tmp_path / "hub", HubSettings(hub_id="real", port=0))
    async with hub.run():
        charter = await make(tmp_path, hub)

        def start(participant: str) -> Node:
            reads = participant == COMPOSER
            return Node.open(
                tmp_path / participant,
                hubs=(HubAddress(name="h", url=hub.url, read=reads),),
                compose=(COMPOSER,) if reads else (),
                charters=(charter,),
                http_host="",
                receipt_interval_s=0.2,
            )

        commune, composer = start(COMMUNE), start(COMPOSER)
        stop = asyncio.Event()
        tasks = [asyncio.create_task(node.run(stop)) for node in (commune, composer)]
        try:
            published = await asyncio.to_thread(
                lambda: commune.publish(
                    data,
                    filename=FILE.name,
                    schema="comptage-mobilites",
                    participant=COMMUNE,
                    now_us=now_us(),
                )
            )
            assert published.report.valid
            assert published.rows == 3650
            assert published.dataset == DATASET

            def arrived() -> bool:
                head = composer.store.publications.head(DATASET)
                own = commune.store.publications.own_head(DATASET)
                return head is not None and own is not None and head.digest == own.digest

            await until(arrived, *tasks)
            await until(lambda: bool(commune.store.receipts.received(COMMUNE)), *tasks)
            (receipt,) = commune.store.receipts.received(COMMUNE)
            own = commune.store.publications.own_head(DATASET)
            assert own is not None
            assert receipt.receiver == COMPOSER
            assert own.digest in receipt.heads
            view = await asyncio.to_thread(
                lambda: composer.view(COMPOSER, "comptage-mobilites.count", "day", now_us=now_us())
            )
        finally:
            stop.set()
            await asyncio.gather(*tasks)
            commune.close()
            composer.close()
    shown = {total.window: (total.figures.total, total.figures.count) for total in view.totals}
    assert shown == direct_sums(data)
    assert {row.place for row in view.rows} == {"12011"}
    assert not view.simulated
