"""`GET /metrics` for Prometheus, and what every request leaves: its duration, perhaps a span.

With the scope READ, which Prometheus sends as a bearer token (`authorization` in its scrape
configuration); without a token only where the setting `metrics_public` says so.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any, Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from node.telemetry.context import parse
from node.web.access import GRANT, Scope, needs, refuse
from node.web.keys import NODE

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
"""Others are counted as `_OTHER`: a caller may write any word there."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application) -> None:
    """Add the route, and watch all requests: before any other middleware."""
    app[NODE].count()
    app.router.add_get("/metrics", _metrics)
    app.middlewares.insert(0, _watched())


@needs(None)
async def _metrics(request: web.Request) -> web.Response:
    node = request.app[NODE]
    if not node.settings.metrics_public and not request[GRANT].allows(Scope.READ):
        raise refuse(request, Scope.READ)
    body = await asyncio.to_thread(node.telemetry.exposition)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _watched() -> Any:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        telemetry = request.app[NODE].telemetry
        begun = time.perf_counter()
        route, method = _route(request), request.method
        method = method if method in METHODS else "_OTHER"
        status = 500
        with _span(telemetry.tracing, request, method, route) as span:
            try:
                response = await handler(request)
                status = response.status
                return response
            finally:
                if span is not None:
                    span.set(http__response__status_code=status)
                telemetry.metrics.record(
                    "http.server.request.duration",
                    time.perf_counter() - begun,
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": str(status),
                    },
                )

    return middleware


def _span(tracing: Any, request: web.Request, method: str, route: str) -> Any:
    """A span where something changes; a caller's own is linked, not continued."""
    if not tracing.on or method in READING:
        return nullcontext()
    caller = parse(request.headers.get("traceparent"))
    return tracing.span(
        f"{method} {route}",
        links=[] if caller is None else [caller],
        kind="server",
        http__request__method=method,
        http__route=route,
    )


def _route(request: web.Request) -> str:
    """The pattern that the path fits, never the path."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical
