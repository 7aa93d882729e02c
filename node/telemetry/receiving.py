"""What a receiver tells of a batch: its span, one for each publication, and counts."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from federation.message import TRACE_HEADER
from federation.model import instant_us
from federation.verify import Arrival
from node.receive.batch import Decided, Taken
from node.telemetry.context import Parent, parse
from node.telemetry.setup import Telemetry
from node.telemetry.spans import LINKS_MAX, OFF, Span

OWNERS_MAX: Final = 10_000
"""Owners whose last span is remembered until their receipt goes out."""

SECOND_US: Final = 1_000_000


class Told:
    """Spans and counts of receiving, and what composing and receipts go on from."""

    def __init__(self, telemetry: Telemetry) -> None:
        """Tell a node's telemetry, as it is at each moment."""
        self._telemetry: Final = telemetry
        self._owners: Final[OrderedDict[str, Parent]] = OrderedDict()
        self._recent: Final[deque[Parent]] = deque(maxlen=LINKS_MAX)

    @contextmanager
    def batch(self, hub: str, arrivals: Sequence[Arrival]) -> Iterator[Callable[[Taken], None]]:
        """Around taking in a batch; what is yielded is told its outcome."""
        tracing, metrics = self._telemetry.tracing, self._telemetry.metrics
        links: list[Parent] = []
        if tracing.on:
            found = (parse(one.headers.get(TRACE_HEADER)) for one in arrivals)
            links = [one for one in found if one is not None]
        begun_ns = time.time_ns()
        with tracing.span(
            "receive",
            links=links,
            kind="consumer",
            messaging__system="nats",
            messaging__operation__name="receive",
            messaging__destination__name=hub,
            messaging__batch__message_count=len(arrivals),
        ) as span:

            def outcome(taken: Taken) -> None:
                span.set(maillage__accepted=len(taken.accepted))
                if tracing.on:
                    self._publications(taken, begun_ns)

            yield outcome
        metrics.record("maillage.receive.batch", len(arrivals))

    def taken(self, taken: Taken, now_us: int) -> None:
        """Count what was taken in, from wherever it came."""
        metrics = self._telemetry.metrics
        if not metrics.on:
            return
        metrics.reasons(taken.verdicts, taken.reasons)
        for one in taken.accepted:
            manifest = one.manifest
            metrics.add("maillage.rows.accepted", manifest.rows)
            if manifest.content is not None:
                metrics.add("maillage.content.accepted", manifest.content.size)
            delay_s = (now_us - instant_us(manifest.issued)) / SECOND_US
            metrics.record("maillage.receive.delay", max(0.0, delay_s))

    def recent(self) -> list[Parent]:
        """The last publications accepted since the last call."""
        found = list(self._recent)
        self._recent.clear()
        return found

    def receipt(self, owner: str, receiver: str) -> AbstractContextManager[Span]:
        """Around sending a receipt: below the last publication of that owner since the last one."""
        tracing = self._telemetry.tracing
        parent = self._owners.pop(owner, None)
        if parent is None:
            return OFF.span("receipt")
        return tracing.span(
            "receipt",
            parent=parent,
            kind="producer",
            messaging__system="nats",
            maillage__receiver=receiver,
        )

    def confirmed(self, trace: str | None, begun_ns: int) -> None:
        """An owner has taken a receipt in."""
        parent = parse(trace) if self._telemetry.tracing.on else None
        if parent is not None:
            self._telemetry.tracing.past(
                "receipt", parent, (begun_ns, time.time_ns()), "consumer", messaging__system="nats"
            )

    @contextmanager
    def composing(self) -> Iterator[Callable[[int], None]]:
        """Around composing: below the last publication that led to it, linked to others."""
        recent = self.recent()
        begun = time.perf_counter()
        with self._telemetry.tracing.span(
            "compose", parent=recent[-1] if recent else None, links=recent[:-1]
        ) as span:
            yield lambda number: span.set(maillage__compositions=number)
        self._telemetry.metrics.record("maillage.compose.duration", time.perf_counter() - begun)

    def _publications(self, taken: Taken, begun_ns: int) -> None:
        ended_ns = time.time_ns()
        for one in (*taken.accepted, *taken.refused):
            parent = parse(one.trace)
            if parent is not None:
                self._publication(one, parent, (begun_ns, taken.verified_ns, ended_ns))

    def _publication(self, one: Decided, parent: Parent, at_ns: tuple[int, int, int]) -> None:
        begun, verified, ended = at_ns
        tracing = self._telemetry.tracing
        owner, dataset = one.manifest.owner, one.manifest.dataset
        span = tracing.past(
            "verify",
            parent,
            (begun, verified),
            "consumer",
            messaging__system="nats",
            messaging__operation__name="process",
            maillage__dataset=dataset,
            maillage__digest=one.digest,
            maillage__verdict="refused" if one.reason else "accepted",
            maillage__reason=one.reason,
        )
        if span is None:
            return
        if not one.reason:
            tracing.past("store", span, (verified, ended), maillage__digest=one.digest)
            self._recent.append(span)
        self._owners[owner] = span
        self._owners.move_to_end(owner)
        if len(self._owners) > OWNERS_MAX:
            self._owners.popitem(last=False)
