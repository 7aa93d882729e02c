"""The HTTP API, version 1: `/api/v1/…` (docs/api.md, /openapi.json)."""

from typing import Any, Final

from aiohttp import web

from node.web.api import (
    basic,
    catalogue,
    events,
    figures,
    mappings,
    openapi,
    papers,
    publications,
    rows,
    schema_forms,
)
from node.web.api.endpoint import Endpoint, add
from node.web.keys import NODE, POSITIONS
from node.web.positions import Positions

ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    *catalogue.ENDPOINTS,
    *schema_forms.ENDPOINTS,
    *rows.ENDPOINTS,
    *publications.ENDPOINTS,
    *events.ENDPOINTS,
    *figures.ENDPOINTS,
    *papers.ENDPOINTS,
    *basic.ENDPOINTS,
    *mappings.ENDPOINTS,
)
"""All of them."""


def add_routes(app: web.Application) -> None:
    """Add all paths of the API."""
    app[POSITIONS] = Positions(app[NODE].store)
    basic.prepare(app)
    events.prepare(app)
    rows.prepare(app)
    add(app, (*ENDPOINTS, openapi.endpoint(ENDPOINTS)))
