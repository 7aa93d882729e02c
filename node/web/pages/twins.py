"""Twinnings: agreements of a few across a border, and what each side shares, side by side."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from federation.charter import KnownCharter
from federation.ids import parse_dataset
from node.charters import charter_ending, end_words
from node.clock import now_us
from node.datasets import Dataset, datasets
from node.node import Node
from node.routes import sharing_of
from node.web.access import GRANT, Grant, Scope, needs
from node.web.keys import NODE
from node.web.pages import twin_tables
from node.web.pages.datasets import fields, latest_rows, may_see_rows, receipts
from node.web.pages.site import LANG_PATH, language, name_of, respond
from node.web.pages.texts import Lang, labelled
from node.web.requests import query
from schemas.territory.ids import is_abroad

PARTIES_MAX: Final = 8
"""A larger agreement is a federation, which its territories' pages show."""

PREVIEW_ROWS: Final = 5

COMPOSITION: Final = "synthese"


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
        _twinning(_Page(node, known, lang, grant))
        for known in sorted(
            node.knowledge.charters.values(), key=lambda one: (one.charter.title, one.digest)
        )
        if is_twinning(known)
    ]
    return {
        "current": "twins",
        "twinnings": found,
        "closed": any(party["closed"] for twin in found for party in twin["parties"]),
        "simulated": any(twin["simulated"] for twin in found),
        "live": {"any": True},
    }


@dataclass(frozen=True, slots=True)
class _Page:
    """One agreement, for one reader."""

    node: Node
    known: KnownCharter
    lang: Lang
    grant: Grant

    @property
    def inside(self) -> bool:
        """Whether the reader may see what is for members."""
        return self.grant.allows(Scope.READ)


def _twinning(page: _Page) -> dict[str, Any]:
    node, known, lang = page.node, page.known, page.lang
    ending, now = charter_ending(node, known), now_us()
    names = {one: name_of(node, one) for one in sorted(known.members)}
    held = [
        one
        for one in datasets(node.store, node.knowledge)
        if one.owner in names and parse_dataset(one.id).schema != COMPOSITION
    ]
    under = {one.id for one in held if _is_under(page, one)}
    parties = [_party(page, party, held, under) for party in names]
    return {
        "charter": known.charter,
        "digest": known.digest,
        "ended": ending is not None and ending.at_us <= now,
        "end_words": end_words(ending, now, lang, names),
        "custodians": sorted({one.custodian for one in known.charter.members}),
        "parties": parties,
        "both": _both(page, [one for one in held if page.inside or one.open], under),
        "simulated": any(one.head.origin == "simulated" for one in held),
    }


def _is_under(page: _Page, one: Dataset) -> bool:
    """Whether a dataset is shared with the members of the page's agreement."""
    if one.open:
        return False
    row = page.node.store.publications.get([one.head.digest]).get(one.head.digest)
    return row is not None and sharing_of(row).charter == page.known.digest


def _party(page: _Page, party: str, held: list[Dataset], under: set[str]) -> dict[str, Any]:
    mine = [one for one in held if one.owner == party]
    members_only = [one for one in mine if one.id in under]
    return {
        "id": party,
        "abroad": is_abroad(party),
        "member": page.known.members[party],
        "identity": page.node.knowledge.identity_of(party),
        "under": [_shared(page, one) for one in members_only] if page.inside else [],
        "closed": bool(members_only) and not page.inside,
        "open": [{"one": one, "label": _label(page, one)} for one in mine if one.open],
    }


def _label(page: _Page, one: Dataset) -> str:
    """What a dataset is called: its schema's label, and its short name where it has one."""
    parsed = parse_dataset(one.id)
    label = parsed.schema
    if one.schema is not None:
        label = labelled(one.schema.labels, page.lang, one.schema.name)
    return f"{label} ({parsed.slug})" if parsed.slug else label


def _shared(page: _Page, one: Dataset) -> dict[str, Any]:
    """A dataset with all that its card shows."""
    node = page.node
    preview = None
    if may_see_rows(one, page.grant):
        rows = node.store.publications.of(one.id, everything=one.own)
        preview = latest_rows(node, one, rows, page.lang, PREVIEW_ROWS)
    return {
        "one": one,
        "label": _label(page, one),
        "fields": [] if one.schema is None else fields(one.schema, page.lang),
        "preview": preview,
        **_confirmed(page, one),
    }


def _confirmed(page: _Page, one: Dataset) -> dict[str, Any]:
    """Who of the other parties has a dataset, and how many others do."""
    found = {row["receiver"]: row for row in receipts(page.node, one)}
    others = [name for name in sorted(page.known.members) if name != one.owner]
    hosted = page.node.participants
    return {
        "confirmed": [
            {
                "id": name,
                "receipt": found.get(name),
                "here": name not in found and name in hosted and not one.own,
            }
            for name in others
        ],
        # other bodies of this node aren't counted: theirs is the same copy
        "more": sum(name not in page.known.members and name not in hosted for name in found),
    }


def _both(page: _Page, seen: list[Dataset], under: set[str]) -> list[dict[str, Any]]:
    """The schemas of which two parties or more share a dataset, with the figures of each."""
    found: dict[str, dict[str, Dataset]] = {}
    for one in seen:
        if one.schema is not None and (one.open or one.id in under):
            # of several under one schema the first, which is the one without a short name
            found.setdefault(one.schema.name, {}).setdefault(one.owner, one)
    told = []
    for per_owner in found.values():
        some = list(per_owner.values())
        schema = some[0].schema
        if len(some) > 1 and schema is not None:
            told.append(
                {
                    "label": labelled(schema.labels, page.lang, schema.name),
                    "columns": [
                        {"party": one.owner, "under": one.id in under, **_shared(page, one)}
                        for one in some
                    ],
                    "figures": twin_tables.figures(
                        page.node, schema, some, page.lang, inside=page.inside
                    ),
                    "fields": fields(schema, page.lang),
                }
            )
    return told
