"""Telemetry of one node, as its settings and the standard `OTEL_…` variables say.

Nothing is sent unless an OTLP endpoint is configured; `OTEL_SDK_DISABLED=true` switches all off.
The SDK is imported only where it is needed: it takes some 15 MB.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from node.settings import Settings
from node.telemetry.metrics import Metrics, Read
from node.telemetry.spans import OFF, Recording, Tracing

ENDPOINTS: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
EXPORT_TIMEOUT_S: Final = 5
FLUSH_TIMEOUT_MS: Final = 3_000
SPAN_DELAY_MS: Final = 1_000


class Telemetry:
    """Tracing and metrics of a node.

    Attributes:
        tracing: Where spans go.
        metrics: Where counts go.
    """

    def __init__(self) -> None:
        """Telemetry that records nothing; `of` makes the others."""
        self.tracing: Tracing = OFF
        self.metrics = Metrics()
        self._registry: Any = None
        self._closing: list[Callable[[], object]] = []

    @classmethod
    def of(
        cls, settings: Settings, node: str, environ: Mapping[str, str] = os.environ
    ) -> "Telemetry":
        """Traces, where an endpoint is configured. Metrics begin with `count`."""
        found = cls()
        if _disabled(environ) or not _configured(settings, environ):
            return found
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import TraceIdRatioBased  # noqa: PLC0415

        base = settings.telemetry.rstrip("/")
        exporter = OTLPSpanExporter(
            endpoint=f"{base}/v1/traces" if base else None, timeout=EXPORT_TIMEOUT_S
        )
        # by the trace's id alone: another's flag neither forces nor forbids
        provider = TracerProvider(
            sampler=TraceIdRatioBased(settings.telemetry_sample), resource=_resource(node)
        )
        provider.add_span_processor(
            BatchSpanProcessor(exporter, schedule_delay_millis=SPAN_DELAY_MS)
        )
        found.tracing = Recording(provider.get_tracer("maillage"))
        found._closing += [lambda: provider.force_flush(FLUSH_TIMEOUT_MS), provider.shutdown]
        return found

    def count(
        self, settings: Settings, node: str, read: Read, environ: Mapping[str, str] = os.environ
    ) -> None:
        """Begin to count: for `GET /metrics`, and by OTLP where that is configured.

        Args:
            settings: Of the node.
            node: Its name.
            read: Reads the gauges.
            environ: Standard variables.
        """
        if _disabled(environ) or self.metrics.on:
            return
        from opentelemetry.exporter.prometheus import PrometheusMetricReader  # noqa: PLC0415
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from prometheus_client import CollectorRegistry  # noqa: PLC0415

        self._registry = CollectorRegistry()
        readers: list[Any] = [
            PrometheusMetricReader(scope_info_enabled=False, registry=self._registry)
        ]
        if _configured(settings, environ):
            readers.append(_sender(settings))
        provider = MeterProvider(readers, resource=_resource(node))
        self.metrics = Metrics(provider.get_meter("maillage"), read)
        self._closing.append(lambda: provider.shutdown(FLUSH_TIMEOUT_MS))

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text form; reads the store."""
        from prometheus_client import generate_latest  # noqa: PLC0415

        return b"" if self._registry is None else generate_latest(self._registry)

    def close(self) -> None:
        """Send what is left, for some seconds at most."""
        closing, self._closing = self._closing, []
        for one in closing:
            one()
        self.tracing, self.metrics = OFF, Metrics()


def _sender(settings: Settings) -> Any:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
        OTLPMetricExporter,
    )
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415

    base = settings.telemetry.rstrip("/")
    return PeriodicExportingMetricReader(
        OTLPMetricExporter(
            endpoint=f"{base}/v1/metrics" if base else None, timeout=EXPORT_TIMEOUT_S
        )
    )


def _resource(node: str) -> Any:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

    return Resource.create({"service.name": "maillage", "service.instance.id": node})


def _disabled(environ: Mapping[str, str]) -> bool:
    return environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def _configured(settings: Settings, environ: Mapping[str, str]) -> bool:
    return bool(settings.telemetry or any(environ.get(name) for name in ENDPOINTS))
