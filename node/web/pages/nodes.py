"""The node's page: what it publishes and receives, who has it, and what needs a look."""

import asyncio
from typing import Any

from aiohttp import web

from federation.ids import parse_dataset
from node.clock import now_us
from node.datasets import datasets
from node.node import Node
from node.reason_texts import meaning, remedy
from node.web.access import Scope, needs
from node.web.keys import NODE
from node.web.pages.datasets import receipts
from node.web.pages.site import LANG_PATH, language, respond
from node.web.pages.texts import Lang, labelled
from node.web.requests import query


def add_routes(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get(LANG_PATH + "/noeud", _page)


@needs(Scope.READ)
async def _page(request: web.Request) -> web.Response:
    query(request, {})
    context = await asyncio.to_thread(_context, request.app[NODE], language(request))
    return respond(request, "node.html", context)


def _context(node: Node, lang: Lang) -> dict[str, Any]:
    status = node.status(now_us()).to_json()
    found = datasets(node.store, node.knowledge)
    rows: list[dict[str, Any]] = [
        {
            "one": one,
            "label": parse_dataset(one.id).schema
            if one.schema is None
            else labelled(one.schema.labels, lang, one.schema.name),
            "receipts": receipts(node, one) if one.own else [],
        }
        for one in found
    ]
    refusals = [
        refusal
        | {
            "meaning": meaning(refusal["reason"], lang) or refusal.get("detail", ""),
            "remedy": remedy(refusal["reason"], lang),
        }
        for refusal in status["refusals"]
    ]
    waiting = [row for row in status["outbox"] if row["waiting"]]
    return {
        "current": "node",
        "status": status,
        "own": [row for row in rows if row["one"].own],
        "received": [row for row in rows if not row["one"].own],
        "refusals": refusals,
        "waiting": waiting,
        "fine": not (refusals or waiting or status["held"] or status["halted"]),
        "live": {"any": True},
    }
