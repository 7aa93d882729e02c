"""The HTTP API, version 1: `/api/v1/…` (docs/api.md)."""

from aiohttp import web

from node.web.api import basic


def add_routes(app: web.Application) -> None:
    """Add all paths of the API."""
    basic.add_routes(app)
