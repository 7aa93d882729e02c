"""The HTTP interface put together: its parts, and what every answer has in common.

Loopback unless set otherwise. Each part adds its routes; each handler says what scope it needs
(`node.web.access`). Errors have one form (`node.web.errors`). There is no CORS: a web page of
another origin has no business here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from node.founding import NODE_SETTING
from node.node import Node
from node.web import api, metrics, pages, webhooks
from node.web.access import GRANT, NOBODY, admit, grant_of, needs
from node.web.auth import Tokens
from node.web.errors import Problem, problem_of
from node.web.keys import NODE, PROBLEM_PAGE, TOKENS
from node.web.requests import json_response

PARTS: Final[tuple[Callable[[web.Application], None], ...]] = (
    api.add_routes,
    pages.add_routes,
    webhooks.add_routes,
    metrics.add_routes,
)
"""What adds routes, in order."""

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "maillage",
}
"""Of every answer."""

DEFAULT_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Of every answer that doesn't say otherwise, as pages and their files do."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(node: Node) -> web.Application:
    """Make the application of a node.

    Raises:
        MalformedError: `token-file`: the token is missing, weak, or others may read it.
    """
    tokens = Tokens.of(node.data_dir)
    app = web.Application(middlewares=[_answers(tokens)])
    app[NODE] = node
    app[TOKENS] = tokens
    app.router.add_get("/healthz", _healthz)
    for add_routes in PARTS:
        add_routes(app)
    app.on_response_prepare.append(_common_headers)
    return app


def _answers(tokens: Tokens) -> Any:
    """Find out what the request may do, and give every error the one form."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[GRANT] = NOBODY
        try:
            request[GRANT] = grant_of(request, tokens)
            admit(request)
            return await handler(request)
        except Exception as error:  # noqa: BLE001 - every error has the one form; cancellation passes
            return _shown(request, problem_of(error))

    return middleware


def _shown(request: web.Request, problem: Problem) -> web.Response:
    page = request.app.get(PROBLEM_PAGE)
    if page is not None and wants_page(request):
        return page(request, problem)
    return problem.response()


def wants_page(request: web.Request) -> bool:
    """Whether a browser asks for a page, and not a program for data."""
    programs = ("/api/", "/healthz", "/metrics", "/openapi.json")
    return not request.path.startswith(programs) and "text/html" in request.headers.get(
        "Accept", ""
    )


async def _common_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    for name, value in DEFAULT_HEADERS.items():
        response.headers.setdefault(name, value)


@needs(None)
async def _healthz(request: web.Request) -> web.Response:
    # a node that can't read its store answers nothing else either; the error is a 503
    await asyncio.to_thread(request.app[NODE].store.settings.get, NODE_SETTING)
    return json_response({"status": "ok"}, HTTPStatus.OK)
