"""Metrics: a fixed list, each with few labels, whose values are of closed sets.

Never a label per dataset, participant or path: a hub's name and an HTTP route are bounded by the
configuration and the program, verdicts and reason codes by the wire.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from federation.reasons import REASONS

Kind = Literal["counter", "histogram", "gauge"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: In OpenTelemetry; Prometheus writes `_` for dots and appends unit and `_total`.
        kind: Counters only grow; gauges are read from the store when asked.
        unit: UCUM.
        description: For people.
        labels: Their names.
    """

    name: str
    kind: Kind
    unit: str
    description: str
    labels: tuple[str, ...] = ()

    @property
    def prometheus(self) -> str:
        """Its name in Prometheus, as OpenTelemetry's exporter makes it."""
        unit = _PROMETHEUS_UNITS.get(self.unit, "")
        if self.kind == "gauge" and self.unit == "1":
            unit = "_ratio"
        return self.name.replace(".", "_") + unit + ("_total" if self.kind == "counter" else "")


_PROMETHEUS_UNITS: Final = {"s": "_seconds", "By": "_bytes"}
_SECONDS: Final = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)
_SHORT: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)

METRICS: Final = (
    Metric("maillage.publications.drafted", "counter", "{publication}", "Drafts stored"),
    Metric("maillage.publications.signed", "counter", "{publication}", "Publications signed"),
    Metric(
        "maillage.publications.sent",
        "counter",
        "{publication}",
        "Publications that a hub has on its disk",
        ("hub",),
    ),
    Metric(
        "maillage.messages.received",
        "counter",
        "{message}",
        "Received, by verdict and reason code",
        ("verdict", "reason"),
    ),
    Metric("maillage.rows.accepted", "counter", "{row}", "Rows of accepted publications"),
    Metric("maillage.content.accepted", "counter", "By", "Content of accepted publications"),
    Metric("maillage.receive.batch", "histogram", "{message}", "Messages taken in together"),
    Metric("maillage.receive.delay", "histogram", "s", "From issue to acceptance"),
    Metric("maillage.compose.duration", "histogram", "s", "One look for compositions that are due"),
    Metric("maillage.readings", "counter", "{reading}", "Sensor readings by outcome", ("outcome",)),
    Metric(
        "http.server.request.duration",
        "histogram",
        "s",
        "HTTP requests",
        ("http.request.method", "http.route", "http.response.status_code"),
    ),
    Metric("maillage.held", "gauge", "{message}", "Messages held while something is missing"),
    Metric("maillage.held.size", "gauge", "By", "Their size"),
    Metric("maillage.turned_away", "gauge", "{message}", "Turned away, to be read again", ("hub",)),
    Metric("maillage.drafts.waiting", "gauge", "{draft}", "Drafts that wait for their signature"),
    Metric("maillage.outbox.waiting", "gauge", "{publication}", "To be sent", ("hub",)),
    Metric("maillage.outbox.oldest", "gauge", "s", "Age of the oldest of them", ("hub",)),
    Metric("maillage.receipts.due", "gauge", "{receipt}", "Receipts to be sent"),
    Metric("maillage.receipt.last", "gauge", "s", "Age of the last receipt received"),
    Metric("maillage.hub.connected", "gauge", "1", "1 where the hub is connected", ("hub",)),
)
"""All metrics; docs/telemetry.md lists them."""

_BUCKETS: Final[Mapping[str, tuple[float, ...]]] = {
    "maillage.receive.batch": _SIZES,
    "maillage.receive.delay": _SECONDS,
    "maillage.compose.duration": _SHORT,
    "http.server.request.duration": _SHORT,
}

Point = tuple[float, Mapping[str, str]]
Read = Callable[[], Mapping[str, Iterable[Point]]]
"""Reads all gauges at once, by name."""


class Metrics:
    """Counts. Without a meter nothing is counted."""

    def __init__(self, meter: Any = None, read: Read = dict) -> None:
        """Make the instruments.

        Args:
            meter: Of the SDK; None for none.
            read: Reads the gauges.
        """
        self._instruments: dict[str, Any] = {}
        if meter is None:
            return
        gauges = _Gauges(read)
        for one in METRICS:
            if one.kind == "gauge":
                meter.create_observable_gauge(
                    one.name, [gauges.callback(one.name)], one.unit, one.description
                )
            elif one.kind == "counter":
                self._instruments[one.name] = meter.create_counter(
                    one.name, one.unit, one.description
                )
            else:
                self._instruments[one.name] = meter.create_histogram(
                    one.name,
                    one.unit,
                    one.description,
                    explicit_bucket_boundaries_advisory=_BUCKETS[one.name],
                )

    @property
    def on(self) -> bool:
        """Whether anything is counted."""
        return bool(self._instruments)

    def add(self, name: str, value: float = 1, labels: Mapping[str, Any] | None = None) -> None:
        """Count."""
        found = self._instruments.get(name)
        if found is not None:
            found.add(value, labels)

    def record(self, name: str, value: float, labels: Mapping[str, Any] | None = None) -> None:
        """Note one value of a histogram."""
        found = self._instruments.get(name)
        if found is not None:
            found.record(value, labels)

    def reasons(self, verdicts: Mapping[str, int], reasons: Mapping[str, int]) -> None:
        """Count what a batch led to."""
        name = "maillage.messages.received"
        accepted = verdicts.get("accepted", 0)
        if accepted:
            self.add(name, accepted, {"verdict": "accepted", "reason": ""})
        for code, count in reasons.items():
            verdict = REASONS[code].verdict.value
            self.add(name, count, {"verdict": verdict, "reason": code})


class _Gauges:
    """One reading of the store serves all gauges of a collection."""

    def __init__(self, read: Read) -> None:
        self._read: Final = read
        self._found: dict[str, list[Point]] = {}

    def callback(self, name: str) -> Callable[[Any], Iterable[Any]]:
        from opentelemetry.metrics import Observation  # noqa: PLC0415 - as above

        def observe(_options: Any) -> Iterable[Any]:
            if name not in self._found:
                self._found = {key: list(points) for key, points in self._read().items()}
            return [Observation(value, labels) for value, labels in self._found.pop(name, [])]

        return observe
