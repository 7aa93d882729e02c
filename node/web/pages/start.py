"""The start page: which territories there are, and a search for any other."""

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import web

from federation.ids import parse_dataset
from node.node import Node
from node.web.access import needs
from node.web.keys import NODE
from node.web.pages.site import LANG_PATH, language, name_of, respond
from node.web.requests import query
from schemas.territory import UnknownTerritoryError, search, territory
from schemas.territory.ids import is_abroad

FOUND_MAX = 30
"""Matches shown; a longer list helps nobody."""


def add_routes(app: web.Application) -> None:
    """Add the start page."""
    app.router.add_get("/", _root)
    app.router.add_get(LANG_PATH, _root)
    app.router.add_get(LANG_PATH + "/", _start)


@needs(None)
async def _root(request: web.Request) -> web.Response:
    """Lead to the start page in the reader's language."""
    return web.Response(
        status=HTTPStatus.SEE_OTHER.value,
        headers={"Location": f"/{language(request)}/", "Vary": "Accept-Language"},
    )


@needs(None)
async def _start(request: web.Request) -> web.Response:
    asked = query(request, {"q": False}).get("q", "").strip()
    node = request.app[NODE]
    found = await asyncio.to_thread(search, asked, limit=FOUND_MAX) if asked else ()
    listed = await asyncio.to_thread(_listed, node)
    context = {"current": "territories", "q": asked, "found": found, **listed}
    return respond(request, "start.html", context)


def _listed(node: Node) -> dict[str, Any]:
    """Territories by why they are of interest here."""
    composed = list(node.settings.compose)
    hosted = [one for one in node.participants if one not in composed]
    owners = {parse_dataset(row.dataset).owner for row in node.store.publications.heads()}
    others = sorted(owners - set(composed) - set(hosted))
    return {
        "composed": _entries(node, composed),
        "hosted": _entries(node, hosted),
        "others": _entries(node, others),
    }


def _entries(node: Node, participants: list[str]) -> list[dict[str, Any]]:
    found = []
    for one in participants:
        try:
            ground = territory(one)
        except UnknownTerritoryError:
            name = name_of(node, one)
            found.append({"id": one, "name": name, "level": "abroad", "page": is_abroad(one)})
        else:
            found.append({"id": one, "name": ground.name, "level": ground.level, "page": True})
    return found
