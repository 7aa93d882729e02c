"""`maillage demo`: two hubs, ten nodes, one round; then, without `--once`, on until stopped.

Exit status 0 only if every publication was verified by every receiver, every receipt came, and
every figure equals the one computed from the simulated rows.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.live import Live

from federation.comparison import Recomputed
from federation.ids import parse_dataset
from federation.views import View
from node.clock import now_us
from node.composer import COMPOSITION
from node.demo import twin
from node.demo.check import differences, yesterday
from node.demo.publishing import ENERGY_DAYS, MEASURES, Communes
from node.demo.show import MEASURES as SHOWN
from node.demo.show import table
from node.demo.simulator import STEP
from node.demo.world import EPCI, World, describe, found, new_hub, open_nodes
from node.founding import TOKEN_FILE
from node.node import Node
from node.receive.writing import in_scope
from node.store.rows import HeadRow

ROUND_MAX_S: Final = 120.0
"""One round is over by then, or has failed."""

PACE_S: Final = 3.0
"""Without `--once`, a quarter of an hour of readings comes every three seconds."""

TABLE_EVERY: Final = 5
"""Rounds between two looks at the table: its 45 views cost more than the readings do."""


@dataclass(slots=True)
class Demo:
    """A running demo.

    Attributes:
        world: Who takes part.
        nodes: In the order of the world's places.
        abroad: The twin's node.
        communes: What they publish.
    """

    world: World
    nodes: list[Node]
    abroad: Node
    communes: Communes

    @property
    def everybody(self) -> list[Node]:
        """All nodes."""
        return [*self.nodes, self.abroad]

    @property
    def home(self) -> Node:
        """The node that hosts the twin's partner."""
        return self.communes.node_of(twin.ARVIEU)

    def shared_by_all(self, node: Node) -> list[HeadRow]:
        """What a node has published for the federation, and not for its twin alone."""
        heads = node.store.publications.own_heads()
        return [row for row in heads if row.dataset != twin.HOME_DATASET]

    def composing(self) -> list[Node]:
        """The nodes that compose."""
        return [node for node in self.nodes if node.settings.compose]

    def views(self, measures: Sequence[str] = MEASURES) -> dict[tuple[str, str], View]:
        """Every composer's view of its own territory, from its own cells."""
        return {
            (composer, measure): node.view(composer, measure, now_us=now_us())
            for node in self.composing()
            for composer in node.settings.compose
            for measure in measures
        }


async def settled(check: Callable[[], bool], *, limit_s: float) -> bool:
    """Wait until something holds.

    Returns:
        Whether it did, within the limit.
    """
    until = time.monotonic() + limit_s
    while not await asyncio.to_thread(check):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.1)
    return True


def all_verified(demo: Demo) -> bool:
    """Whether every receiver has decided on all that was published, and refused nothing."""
    own = {row.dataset: row for node in demo.nodes for row in demo.shared_by_all(node)}
    for node in demo.composing():
        heads = {row.dataset: row for row in node.store.publications.heads()}
        for dataset, row in own.items():
            head = heads.get(dataset)
            if (
                head is None
                or head.digest != row.digest
                or head.refused
                or head.accepted != row.accepted
            ):
                return False
    return bool(own)


def missing_receipts(demo: Demo) -> list[tuple[str, str]]:
    """(receiver, dataset) of which no receipt for the head has come."""
    missing = []
    for node in demo.nodes:
        for row in demo.shared_by_all(node):
            owner = row.dataset.partition("/")[0]
            confirmed = {
                receipt.receiver: {
                    head["dataset"]: head["head"]["digest"]
                    for head in json.loads(receipt.heads)["heads"]
                }
                for receipt in node.store.receipts.received(owner)
            }
            missing += [
                (receiver, row.dataset)
                for receiver in demo.world.composers
                if in_scope(receiver, owner)
                and confirmed.get(receiver, {}).get(row.dataset) != row.digest
            ]
    return missing


@contextlib.asynccontextmanager
async def running(root: Path, seed: int, *, host: str, port: int) -> AsyncIterator[Demo]:
    """The hub and all nodes, running while the context lasts."""
    world = await asyncio.to_thread(describe)
    hub, twin_hub = new_hub(root), twin.new_hub(root)
    stop = asyncio.Event()
    async with hub.run(), twin_hub.run():
        charter = await found(world, root, hub)
        home = next(one.folder for one in world.places if twin.ARVIEU in one.participants)
        twinning = await twin.build(root, root / home, home_hub=hub, twin_hub=twin_hub)
        away = {home: twinning.away}
        places = open_nodes(world, root, hub, charter, more=away, http_host=host, http_port=port)
        abroad = twinning.open(http_host=host, http_port=port + 1 if port else 0)
        nodes = [*places, abroad]
        tasks = [asyncio.create_task(node.run(stop), name=node.data_dir.name) for node in nodes]
        try:
            await _up(nodes, tasks)
            begin = yesterday(dt.datetime.now(dt.UTC))
            yield Demo(world, places, abroad, Communes(world, places, seed, begin, begin))
        finally:
            stop.set()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for node in nodes:
                node.close()
            for result in results:
                if isinstance(result, BaseException):
                    raise result


async def _up(nodes: list[Node], tasks: list[asyncio.Task[None]]) -> None:
    """Wait until the pages can be asked for; a node that ended by then tells why."""
    waiting = [node for node in nodes if node.settings.http_host]
    while any(not node.http_url for node in waiting):
        for task in tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.02)


async def one_round(demo: Demo) -> dict[str, Any]:
    """Publish, wait, compose, compare.

    Returns:
        What happened, as JSON values; `ok` says whether all of it is as it must be.
    """
    begun = time.monotonic()
    communes = demo.communes
    midnight = communes.begin + dt.timedelta(days=1)
    energy = midnight - ENERGY_DAYS * dt.timedelta(days=1), midnight
    await asyncio.to_thread(communes.registers)
    await asyncio.to_thread(
        communes.energy, midnight - ENERGY_DAYS * dt.timedelta(days=1), midnight
    )
    await asyncio.to_thread(communes.readings, communes.begin + dt.timedelta(hours=30))
    await asyncio.to_thread(twin.publish, demo.home, demo.abroad, communes.seed, *energy)
    verified = await settled(lambda: all_verified(demo), limit_s=ROUND_MAX_S / 2)
    for node in demo.composing():
        await node.compose_now()
    verified = await settled(lambda: all_verified(demo), limit_s=ROUND_MAX_S / 4) and verified
    receipted = await settled(lambda: not missing_receipts(demo), limit_s=ROUND_MAX_S / 4)
    twinned = await settled(lambda: twin.settled(demo.home, demo.abroad), limit_s=ROUND_MAX_S / 4)
    views = await asyncio.to_thread(demo.views)
    wrong = differences(communes.truth, views)
    recomputed = await asyncio.to_thread(_recompute_all, demo)
    return {
        "ok": verified
        and receipted
        and twinned
        and not wrong
        and recomputed["failed"] == 0
        and recomputed["count"] > 0,
        "simulated": True,
        "published": communes.published,
        "compositions": sum(row.sequence for node in demo.composing() for row in _composed(node)),
        "verifiedEverywhere": verified,
        "twinConfirmed": twinned,
        "receiptsMissing": [list(pair) for pair in missing_receipts(demo)],
        "recomputed": recomputed,
        "figuresCompared": sum(len(view.totals) for view in views.values()),
        "figuresWrong": wrong,
        "elapsedSeconds": round(time.monotonic() - begun, 2),
        "views": [view.to_json() for view in views.values()],
    }


def _composed(node: Node) -> list[HeadRow]:
    """The newest composition of each measure; its sequence says how many there are."""
    heads = node.store.publications.own_heads()
    return [row for row in heads if parse_dataset(row.dataset).schema == COMPOSITION]


def _recompute_all(demo: Demo) -> dict[str, int]:
    """The newest composition of each measure, recomputed by another node than its maker."""
    count = failed = 0
    composing = demo.composing()
    for at, node in enumerate(composing):
        other = composing[(at + 1) % len(composing)]
        for row in _composed(node):
            count += 1
            failed += not isinstance(other.recompute(row.digest), Recomputed)
    return {"count": count, "failed": failed}


async def _go_on(demo: Demo, console: Console) -> None:
    """Publish on and show the table, live, until stopped."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with Live(table(demo.views(SHOWN), EPCI), console=console, refresh_per_second=1) as live:
        for turn in itertools.count(1):
            await asyncio.to_thread(demo.communes.readings, demo.communes.until + STEP)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PACE_S)
            if stop.is_set():
                return
            if console.is_terminal and turn % TABLE_EVERY == 0:
                live.update(table(await asyncio.to_thread(demo.views, SHOWN), EPCI))


async def _main(*, once: bool, as_json: bool, seed: int, host: str, port: int) -> int:
    console = Console()
    ending = asyncio.current_task()
    assert ending is not None
    # a signal ends the round, too, and what it started: the broker and the folder
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.cancel)
    with tempfile.TemporaryDirectory(prefix="maillage-demo-") as folder:
        async with running(Path(folder), seed, host=host, port=port) as demo:
            result = await one_round(demo)
            if as_json:
                sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
            else:
                console.print(table(demo.views(SHOWN), EPCI))
                console.print(summary(result))
                for line in addresses(demo):
                    console.print(line, soft_wrap=True)
            if not once and result["ok"]:
                await _go_on(demo, console)
    return 0 if result["ok"] else 1


def addresses(demo: Demo) -> list[str]:
    """What to trust, where the pages are, what logs a visitor in; it all ends with the demo."""
    lines = [f"Convention de partage : {demo.home.settings.charters[0]}"]
    for node in demo.everybody:
        if node.http_url:
            token = (node.data_dir / TOKEN_FILE).read_text(encoding="ascii").strip()
            who = "jumelle allemande" if node is demo.abroad else "communes du Lévézou"
            lines += [f"Pages ({who}) : {node.http_url}", f"  Jeton : {token}"]
    return lines


def summary(result: dict[str, Any]) -> str:
    """One round in a few lines of French."""
    told = result["recomputed"]
    lines = [
        (
            f"DONNÉES SIMULÉES · {result['published']} publications de communes, "
            f"{result['compositions']} synthèses, {result['elapsedSeconds']} s"
        ),
        f"vérifiées par chaque récepteur : {'oui' if result['verifiedEverywhere'] else 'NON'}",
        f"accusés de réception manquants : {len(result['receiptsMissing'])}",
        f"échangé et confirmé avec la jumelle : {'oui' if result['twinConfirmed'] else 'NON'}",
        (
            f"chiffres comparés aux lignes simulées : {result['figuresCompared']}, "
            f"faux : {len(result['figuresWrong'])}"
        ),
        f"synthèses recalculées par un autre nœud : {told['count']}, écarts : {told['failed']}",
    ]
    return "\n".join(lines)


def run_demo(
    *,
    once: bool = False,
    json: bool = False,
    seed: int = 1,
    host: str = "127.0.0.1",
    port: int = 8080,
) -> int:
    """Run the demo.

    Args:
        once: One round, then end.
        json: Print the result as JSON.
        seed: Of the simulation.
        host: Where the pages are shown; empty for nowhere.
        port: Likewise; 0 for any free one.

    Returns:
        Exit status: 0 if everything was as it must be, else 1.
    """
    try:
        return asyncio.run(_main(once=once, as_json=json, seed=seed, host=host, port=port))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return 1


__all__: Sequence[str] = ("run_demo",)
