"""`make bench`: a filled stream, received for real, beside the raw client in the same run.

Both read the same messages of the same stream: raw is nats-py's pull subscription, fetch and
acknowledge, nothing else. Ours is fetch → verify → store → cells → acknowledge, to durable
storage (SQLite with synchronous=FULL, segment files fsynced). The ratio is what counts:
machines are noisy. Runs alternate; the median and the spread are printed.
"""

import argparse
import asyncio
import datetime as dt
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nats
import polars as pl

from federation.author import draft_rows, messages, sign_draft
from federation.ids import prefix
from federation.message import Message
from federation.model import Position
from node import documents, founding
from node.clock import now_us
from node.hub.config import HubSettings
from node.hub.hub import Hub
from node.keys import KeyStore
from node.knowledge import Knowledge
from node.link.link import Link
from node.link.reader import Reader
from node.receive import intake as intake_module
from node.receive import writing as writing_module
from node.receive.ahead import Ahead
from node.receive.intake import Intake
from node.store.store import Store
from schemas.catalogue import bundled
from schemas.territory import members

BATCH: Final = 500
CHANNELS: Final = 4
STEP: Final = dt.timedelta(minutes=15)
BEGIN: Final = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
COMPOSER: Final = "fr-reg-76"
DEPARTEMENT: Final = "fr-dep-12"


@dataclass(frozen=True, slots=True)
class Case:
    """One size.

    Attributes:
        rows: Rows of a publication.
        publications: In the stream.
    """

    rows: int
    publications: int


def _frame(rows: int, number: int) -> pl.DataFrame:
    """Rows of one publication: four counters, a quarter of an hour apart, after the one before."""
    schema = bundled().latest("comptage-mobilites")
    assert schema is not None
    per = rows // CHANNELS
    start = BEGIN + STEP * per * number
    random_ = random.Random(number)  # noqa: S311 - readings, not secrets
    values = [
        (f"c{channel}", None, start + STEP * at, start + STEP * (at + 1), random_.randrange(200))
        for channel in range(CHANNELS)
        for at in range(per)
    ]
    kinds = schema.polars_schema()
    loose = pl.Schema({**kinds, "count": pl.Int64()})
    return pl.DataFrame(values, schema=loose, orient="row").cast(kinds)


def _stream(keys: KeyStore, communes: Sequence[str], case: Case) -> dict[str, list[Message]]:
    """Signed messages by commune, each with its own chain."""
    schema = bundled().latest("comptage-mobilites")
    assert schema is not None
    heads: dict[str, Position] = {}
    found: dict[str, list[Message]] = {commune: [] for commune in communes}
    for number in range(case.publications):
        commune = communes[number % len(communes)]
        frame = _frame(case.rows, number // len(communes))
        draft = draft_rows(
            schema,
            f"{commune}/{schema.name}",
            frame,
            salt=os.urandom(16),
            mode="append",
            origin="simulated",
        )
        signed = sign_draft(draft, heads.get(commune), keys.signer(commune), issued_us=now_us())
        heads[commune] = signed.position
        found[commune] += messages(signed.manifest, signed.digest, signed.jws, draft.blob)
    return found


@contextmanager
def _timed(into: dict[str, float], name: str) -> Iterator[None]:
    begun = time.perf_counter()
    try:
        yield
    finally:
        into[name] = into.get(name, 0.0) + time.perf_counter() - begun


def _watch(into: dict[str, float]) -> None:
    """Time the steps of the intake where they are called, without touching them."""
    watched = [(intake_module, name) for name in ("open_all", "bind_content", "judge")]
    for module, name in [*watched, (writing_module, "series_changes")]:
        original = getattr(module, name)
        if hasattr(original, "__wrapped__"):
            original = original.__wrapped__

        def timed(*args: Any, _original: Any = original, _name: str = name, **more: Any) -> Any:
            with _timed(into, _name):
                return _original(*args, **more)

        timed.__wrapped__ = original  # type: ignore[attr-defined]
        setattr(module, name, timed)


async def _raw(hub: Hub, total: int) -> float:
    """nats-py: fetch and acknowledge every message of the stream. Messages per second."""
    async with hub.connect_admin() as admin:
        client = await nats.connect(hub.url, nkeys_seed=str(hub.paths.admin_key))
        try:
            durable = f"raw-{time.time_ns()}"
            stream = client.jetstream()
            subscription = await stream.pull_subscribe("mlg.1.z.>", durable=durable, stream="PUB")
            done = 0
            begun = time.perf_counter()
            while done < total:
                got = await subscription.fetch(BATCH, timeout=5)
                for message in got:
                    await message.ack()
                done += len(got)
            await client.flush()
            elapsed = time.perf_counter() - begun
            await stream.delete_consumer("PUB", durable)
        finally:
            await client.close()
        del admin
    return total / elapsed


async def _ours(
    root: Path, keys: KeyStore, source: Store, hub: Hub, *, total: int, run: int
) -> tuple[float, dict[str, float]]:
    """Everything, to durable storage. Publications per second, and seconds per step."""
    steps: dict[str, float] = {}
    _watch(steps)
    store = Store.open(root / f"replica-{run}")
    knowledge = Knowledge([COMPOSER])
    documents.restore(knowledge, source)
    worker = Intake(store, knowledge, [COMPOSER])
    commit = store.commit

    def timed_commit(write: Any) -> Any:
        with _timed(steps, "commit"):
            return commit(write)

    store.commit = timed_commit  # type: ignore[method-assign]  # a stopwatch, the work is the store's
    node = source.settings.get(founding.NODE_SETTING) or ""
    accepted = 0
    try:
        async with Reader.open(hub.url, keys.reader, node=node) as reader:
            await reader.fetch(1, 5.0)
            await reader.rewind(1)
            begun = time.perf_counter()
            ahead = Ahead(reader, worker, BATCH)
            while accepted < total:
                with _timed(steps, "waited for the next batch"):
                    fetched, prepared = await ahead.get()
                taken = await asyncio.to_thread(worker.take, prepared, now_us())
                await reader.ack_all(fetched)
                accepted += taken.verdicts["accepted"]
                if taken.verdicts["refused"] or taken.verdicts["held"]:
                    raise RuntimeError(f"not everything was accepted: {dict(taken.reasons)}")
            elapsed = time.perf_counter() - begun
            await ahead.close()
    finally:
        worker.close()
        store.close()
    return total / elapsed, steps


async def measure(case: Case, runs: int) -> dict[str, Any]:
    """Fill a stream and read it both ways, in turn."""
    with tempfile.TemporaryDirectory(prefix="maillage-bench-") as folder:
        root = Path(folder)
        communes = tuple(members(DEPARTEMENT, "commune"))[:100]
        made = founding.found(
            root / "node", [*communes, COMPOSER], custodian="bench", now_us=now_us()
        )
        keys = KeyStore(root / "node")
        hub = Hub(root / "hub", HubSettings(hub_id="bench", port=0, ack_wait_s=600))
        with Store.open(root / "node") as source:
            node = source.settings.get(founding.NODE_SETTING) or ""
            filled = _stream(keys, communes, case)
            async with hub.run():
                await hub.enrol(made.enrolment_file.read_bytes())
                async with Link.open(hub.url, keys.link, node=node) as link:
                    await link.ready(10)
                    for commune, some in filled.items():
                        await link.publish(prefix(commune), some, 0)
                total = sum(len(some) for some in filled.values())
                raws: list[float] = []
                ours: list[float] = []
                steps: dict[str, float] = {}
                for run in range(runs):
                    raws.append(await _raw(hub, total))
                    rate, steps = await _ours(root, keys, source, hub, total=total, run=run)
                    ours.append(rate)
    ratios = [mine / raw for mine, raw in zip(ours, raws, strict=True)]
    return {
        "rows": case.rows,
        "publications": total,
        "rawPerSecond": [round(rate) for rate in raws],
        "oursPerSecond": [round(rate) for rate in ours],
        "rowsPerSecond": round(statistics.median(ours) * case.rows),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "ratio": round(statistics.median(ratios), 3),
        "stepsMicroseconds": {
            name: round(seconds / total * 1e6, 1) for name, seconds in steps.items()
        },
    }


def _show(result: dict[str, Any]) -> None:
    out = sys.stdout.write
    out(f"{result['rows']} rows × {result['publications']} publications\n")
    out(f"  raw nats-py fetch + ack  {result['rawPerSecond']} messages/s\n")
    out(
        f"  all steps, durable       {result['oursPerSecond']} publications/s,"
        f" {result['rowsPerSecond']} rows/s\n"
    )
    out(f"  ratio                    {result['ratio']} (runs {result['ratios']})\n")
    for name, each in result["stepsMicroseconds"].items():
        out(f"    {name:16} {each:8.1f} µs a publication\n")


def main() -> None:
    """Measure, print, write bench/receive.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--publications", type=int, default=20_000)
    parser.add_argument("--out", type=Path, default=Path("bench"))
    options = parser.parse_args()
    cases = (Case(100, options.publications), Case(1000, max(200, options.publications // 10)))
    results = [asyncio.run(measure(case, options.runs)) for case in cases]
    for result in results:
        _show(result)
    options.out.mkdir(exist_ok=True)
    document = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.machine(),
        },
        "receive": results,
    }
    (options.out / "receive.json").write_text(
        json.dumps(document, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
