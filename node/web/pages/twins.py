"""Twinnings: agreements of a few across a border, and what each side shares, side by side."""

import asyncio
from typing import Any, Final

from aiohttp import web

from federation.charter import KnownCharter
from node.charters import charter_ending, end_words
from node.clock import now_us
from node.datasets import Dataset, datasets
from node.node import Node
from node.web.access import GRANT, Grant, Scope, needs
from node.web.keys import NODE
from node.web.pages.datasets import fields, latest_rows, may_see_rows, receipts
from node.web.pages.site import LANG_PATH, language, name_of, respond
from node.web.pages.texts import Lang, labelled
from node.web.requests import query
from schemas.territory.ids import is_abroad

PARTIES_MAX: Final = 8
"""A larger agreement is a federation, which its territories' pages show."""


def add_routes(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get(LANG_PATH + "/jumelage", _page)


def is_twinning(known: KnownCharter) -> bool:
    """Whether a charter is one of a few across a border."""
    countries = {member.partition("-")[0] for member in known.members}
    abroad = any(is_abroad(member) for member in known.members)
    return abroad and len(countries) > 1 and len(known.members) <= PARTIES_MAX


@needs(None)
async def _page(request: web.Request) -> web.Response:
    query(request, {})
    context = await asyncio.to_thread(
        _context, request.app[NODE], language(request), request[GRANT]
    )
    return respond(request, "twins.html", context)


def _context(node: Node, lang: Lang, grant: Grant) -> dict[str, Any]:
    found = [
        _twinning(node, known, lang, grant)
        for known in sorted(
            node.knowledge.charters.values(), key=lambda one: (one.charter.title, one.digest)
        )
        if is_twinning(known)
    ]
    return {"current": "twins", "twinnings": found, "live": {"any": True}}


def _twinning(node: Node, known: KnownCharter, lang: Lang, grant: Grant) -> dict[str, Any]:
    held = datasets(node.store, node.knowledge)
    parties = sorted(known.members)
    ending, now = charter_ending(node, known), now_us()
    return {
        "charter": known.charter,
        "digest": known.digest,
        "ended": ending is not None and ending.at_us <= now,
        "end_words": end_words(ending, now, lang, {one: name_of(node, one) for one in parties}),
        "custodians": sorted({one.custodian for one in known.charter.members}),
        "parties": [
            {
                "id": party,
                "member": known.members[party],
                "identity": node.knowledge.identity_of(party),
                "datasets": [
                    _shared(node, one, lang, grant)
                    for one in held
                    if one.owner == party and (one.open or grant.allows(Scope.READ))
                ],
            }
            for party in parties
        ],
    }


def _shared(node: Node, one: Dataset, lang: Lang, grant: Grant) -> dict[str, Any]:
    rows = node.store.publications.of(one.id, everything=one.own)
    return {
        "one": one,
        "label": one.id if one.schema is None else labelled(one.schema.labels, lang, one.id),
        "fields": [] if one.schema is None else fields(one.schema, lang),
        "receipts": receipts(node, one),
        "preview": latest_rows(node, one, rows, lang) if may_see_rows(one, grant) else None,
    }
