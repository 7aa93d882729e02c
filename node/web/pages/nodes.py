"""The node's page: what it publishes and receives, who has it, and what needs a look."""

import asyncio
import datetime as dt
from typing import Any, Final

from aiohttp import web

from federation.ids import parse_dataset
from node.clock import now_us
from node.datasets import datasets
from node.link.faults import read_fault
from node.node import Node
from node.reason_texts import meaning, remedy
from node.web.access import Scope, needs
from node.web.keys import NODE
from node.web.pages.datasets import duty, receipts
from node.web.pages.site import LANG_PATH, language, respond
from node.web.pages.texts import Lang, keys, labelled, say
from node.web.requests import query

REFUSED_MAX: Final = 50
"""Lines of refused readings, the newest; the status has all."""


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
            "duty": None
            if one.schema is None or not one.own
            else duty(node, one.schema, one.owner, lang),
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
        "hubs": [_hub(one, lang) for one in status["hubs"]],
        "charters": [
            one | {"end": one["endWords"][lang], "until": _moment(one["ends"])}
            for one in status["charters"]
        ],
        "sensors": _sensors(status["sensors"], lang),
        "fine": not (
            refusals
            or waiting
            or status["held"]
            or status["halted"]
            or status["haltedDrafts"]
            or status["competences"]
            or status["turnedAway"]
            or any(one["silent"] for one in status["sensors"]["devices"])
            or status["sensors"]["failed"]
            or status["sensors"]["table"]
            or any(one["connected"] is False for one in status["hubs"])
        ),
        "live": {"any": True},
    }


def _hub(hub: dict[str, Any], lang: Lang) -> dict[str, Any]:
    """A hub with the reason why it can't be reached, in words; German readers get English ones."""
    fault = read_fault(hub["fault"])
    spoken: Final = "fr" if lang == "fr" else "en"
    return hub | {
        "why": hub["error"] if fault is None else fault.told(spoken),
        "remedy": "" if fault is None else fault.remedy(spoken),
        "lang": spoken,
        "at": _moment(hub["since"]),
    }


def _sensors(found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    """The devices, silent ones first and those longest silent before others; what was refused."""
    devices = sorted(
        found["devices"],
        key=lambda one: (not one["silent"], one["lastReading"] or "", one["device"]),
    )
    return {
        "any": bool(devices or found["table"] or found["refused"] or found["failed"]),
        "table": found["table"],
        "failed": found["failed"],
        "devices": [one | {"last": _moment(one["lastReading"])} for one in devices],
        "silent": sum(one["silent"] for one in devices),
        "refused": [
            one | {"meaning": _sensor_reason(one["reason"], lang), "moment": _moment(one["at"])}
            for one in found["refused"][:REFUSED_MAX]
        ],
    }


def _sensor_reason(code: str, lang: Lang) -> str:
    key = f"sensor.{code}"
    return say(lang, key) if key in keys() else ""


def _moment(text: str | None) -> int | None:
    """An instant of the wire in microseconds since 1970; None for none."""
    if not text:
        return None
    return int(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000
