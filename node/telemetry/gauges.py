"""What is read from the store when somebody asks for metrics."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from node.receive.turned_away import all_gaps
from node.store.store import Store
from node.telemetry.metrics import METRICS, Point

SECOND_US: Final = 1_000_000


def read_gauges(
    store: Store, hubs: Sequence[str], links: Mapping[str, Any]
) -> dict[str, list[Point]]:
    """All gauges.

    Args:
        store: Of the node.
        hubs: Names of all hubs.
        links: Those that the running node has, by name.
    """
    counts = store.status()
    waits = store.waits()
    now_us = time.time_ns() // 1_000
    found: dict[str, list[Point]] = {one.name: [] for one in METRICS if one.kind == "gauge"}
    found["maillage.held"] = [(sum(number for number, _ in counts.held.values()), {})]
    found["maillage.held.size"] = [(sum(size for _, size in counts.held.values()), {})]
    found["maillage.drafts.waiting"] = [(sum(counts.drafts_ready.values()), {})]
    found["maillage.receipts.due"] = [(counts.receipts_due, {})]
    waiting: Counter[str] = Counter()
    for row in counts.outbox:
        waiting[row.hub] += row.waiting
    away = all_gaps(store, hubs)
    for hub in hubs:
        labels = {"hub": hub}
        oldest = waits.oldest.get(hub)
        found["maillage.outbox.waiting"].append((waiting[hub], labels))
        found["maillage.outbox.oldest"].append((_age_s(oldest, now_us), labels))
        found["maillage.turned_away"].append((sum(gap.count for gap in away[hub]), labels))
        connected = hub in links and links[hub].status.connected
        found["maillage.hub.connected"].append((int(connected), labels))
    if waits.last_receipt is not None:
        found["maillage.receipt.last"] = [(_age_s(waits.last_receipt, now_us), {})]
    return found


def _age_s(at_us: int | None, now_us: int) -> float:
    return 0.0 if at_us is None else max(0.0, (now_us - at_us) / SECOND_US)
