"""An OTLP/HTTP collector of our own: a real server that decodes what it is sent."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """A span as it was sent.

    Attributes:
        node: `service.instance.id` of who sent it.
        name: Of the span.
        trace: Hex id.
        id: Hex id.
        parent: Hex id; empty for the first of a trace.
        begun_ns: Nanoseconds since 1970.
        ended_ns: Likewise.
        kind: Number of OTLP.
        attributes: Texts and numbers.
        links: (trace, span) in hex.
    """

    node: str
    name: str
    trace: str
    id: str
    parent: str
    begun_ns: int
    ended_ns: int
    kind: int
    attributes: dict[str, Any]
    links: tuple[tuple[str, str], ...]


@dataclass
class Collector:
    """What came.

    Attributes:
        url: Base of the endpoints.
        spans: In the order in which they came.
        metrics: Names that came.
    """

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    metrics: set[str] = field(default_factory=set)

    def named(self, name: str) -> list[Span]:
        """Spans of a name."""
        return [one for one in self.spans if one.name == name]


@contextlib.asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    """Run one on a free port of the loopback."""
    found = Collector()

    async def traces(request: web.Request) -> web.Response:
        told = ExportTraceServiceRequest.FromString(await request.read())
        for resource in told.resource_spans:
            node = _attributes(resource.resource.attributes).get("service.instance.id", "")
            for scope in resource.scope_spans:
                found.spans += [_span(one, str(node)) for one in scope.spans]
        return web.Response(content_type="application/x-protobuf")

    async def metrics(request: web.Request) -> web.Response:
        told = ExportMetricsServiceRequest.FromString(await request.read())
        for resource in told.resource_metrics:
            for scope in resource.scope_metrics:
                found.metrics |= {one.name for one in scope.metrics}
        return web.Response(content_type="application/x-protobuf")

    app = web.Application()
    app.router.add_post("/v1/traces", traces)
    app.router.add_post("/v1/metrics", metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield found
    finally:
        await runner.cleanup()


def _span(one: Any, node: str) -> Span:
    return Span(
        node=node,
        name=one.name,
        trace=one.trace_id.hex(),
        id=one.span_id.hex(),
        parent=one.parent_span_id.hex(),
        begun_ns=one.start_time_unix_nano,
        ended_ns=one.end_time_unix_nano,
        kind=one.kind,
        attributes=_attributes(one.attributes),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in one.links),
    )


def _attributes(pairs: Sequence[Any]) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
