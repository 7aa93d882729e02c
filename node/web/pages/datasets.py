"""A dataset's page: what it is, its fields in the reader's language, its publications, its rows."""

import asyncio
import contextlib
import datetime as dt
import json
from functools import partial
from typing import Any, Final

from aiohttp import web

from federation.ids import parse_dataset
from federation.places import place_of
from federation.processing import Line, sheet
from node.clock import now_us
from node.competence_words import field_name, holders_told, origin_told
from node.datasets import Dataset, dataset, datasets
from node.grounds import ground_of
from node.names import in_territory
from node.node import Node
from node.processing import facts_of
from node.receive.contents import Contents
from node.rowforms import points_of
from node.store.errors import StoreError
from node.store.rows import PublicationRow
from node.web.access import GRANT, Grant, Scope, needs, refuse
from node.web.keys import NODE
from node.web.pages import shown
from node.web.pages.site import LANG_PATH, language, respond, zone_here
from node.web.pages.texts import Lang, labelled
from node.web.pages.upload import FORMS, preview
from node.web.requests import query
from schemas.model import Schema
from schemas.obligations import label_of
from schemas.territory import UnknownTerritoryError
from schemas.territory.ids import is_abroad

PUBLICATIONS_MAX: Final = 30
PREVIEW_ROWS: Final = 20
SCHEMA_FORMS: Final = (("markdown", "Markdown"), ("json-schema", "JSON Schema"))
"""Forms of a schema to read or to check with, and what links to them say."""


def add_routes(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get(LANG_PATH + "/jeu/{participant}/{name}", _page)


@needs(None)
async def _page(request: web.Request) -> web.Response:
    query(request, {})
    node, lang = request.app[NODE], language(request)
    name = f"{request.match_info['participant']}/{request.match_info['name']}"
    found = await asyncio.to_thread(dataset, node.store, node.knowledge, name)
    if not found.open and not request[GRANT].allows(Scope.READ):
        raise refuse(request, Scope.READ)
    context = await asyncio.to_thread(_context, node, found, lang, request[GRANT])
    return respond(request, "dataset.html", context)


def _context(node: Node, found: Dataset, lang: Lang, grant: Grant) -> dict[str, Any]:
    rows = node.store.publications.of(found.id, everything=grant.allows(Scope.READ) or found.own)
    last = rows[-PUBLICATIONS_MAX:]
    return {
        "current": "node",
        "one": found,
        "schema_label": labelled(found.schema.labels, lang, found.schema.name)
        if found.schema is not None
        else parse_dataset(found.id).schema,
        "forms": FORMS,
        "schema_forms": SCHEMA_FORMS,
        "fields": [] if found.schema is None else fields(found.schema, lang),
        "duty": None if found.schema is None else duty(node, found.schema, found.owner, lang),
        "holders": None if found.schema is None else holders(node, found.schema, found.owner, lang),
        "sheet": record(node, found, lang) if grant.allows(Scope.READ) else (),
        "publications": list(reversed(last)),
        "fewer": len(rows) - len(last),
        "receipts": receipts(node, found),
        "summaries": summaries(node, found),
        "rows_shown": may_see_rows(found, grant),
        "preview": latest_rows(node, found, rows, lang) if may_see_rows(found, grant) else None,
        "maps": found.schema is not None
        and points_of(found.schema, place_of(found.owner)) is not None,
        "live": {"dataset": found.id},
    }


def duty(node: Node, schema: Schema, owner: str, lang: Lang) -> dict[str, str]:
    """Whether a body must publish such data: the label and why."""
    label = label_of(schema, owner, node.settings.staff.get(owner))
    return {"duty": label.duty, "name": label.name(lang), "why": label.reason(lang)}


def holders(node: Node, schema: Schema, owner: str, lang: Lang) -> dict[str, str] | None:
    """Who holds the competence in a French commune; None elsewhere."""
    place = place_of(owner)
    if place is None or is_abroad(owner):
        return None
    field = schema.block.competence_field
    try:
        held = node.competences.table().holder(place, field, dt.datetime.now(tz=dt.UTC).date())
    except UnknownTerritoryError:
        return None
    return {
        "field": field_name(field, lang),
        "who": holders_told(held, lang),
        "by": f"{origin_told(held.origin, lang)} – {held.source}",
    }


def record(node: Node, found: Dataset, lang: Lang) -> tuple[Line, ...]:
    """The sheet for the record of processing, of a dataset of this node; empty of another's."""
    if found.owner not in node.participants or found.schema is None:
        return ()
    return sheet(facts_of(node, found.id, now_us()), lang)


def may_see_rows(found: Dataset, grant: Grant) -> bool:
    """Raw rows of `aggregate-only` data are for the administrator of their own node alone."""
    if found.sharing == "aggregate-only":
        return found.own and grant.allows(Scope.ADMIN)
    return found.open or grant.allows(Scope.READ)


def fields(schema: Schema, lang: Lang) -> list[dict[str, Any]]:
    """A schema's columns, each with its label in the reader's language."""
    return [
        {
            "name": one.name,
            "label": labelled(one.labels, lang, one.title or one.name),
            "labelled": bool(one.labels.get(lang)),
            "type": one.type,
            "description": one.description if lang == "fr" else "",
            "key": one.name in schema.primary_key,
            "required": one.constraints.required,
            "unit": next((m.unit for m in schema.measures if m.field == one.name), ""),
        }
        for one in schema.wire_fields
    ]


def latest_rows(
    node: Node,
    found: Dataset,
    rows: list[PublicationRow],
    lang: Lang,
    most: int = PREVIEW_ROWS,
) -> dict[str, Any] | None:
    """The first rows of the last publication that has any, with labels."""
    if found.schema is None:
        return None
    for row in reversed(rows):
        if row.mode in ("append", "snapshot", "delta") and row.verdict != "refused":
            return rows_of(node, row, found.schema, lang, most)
    return None


def rows_of(
    node: Node, row: PublicationRow, schema: Schema, lang: Lang, most: int = PREVIEW_ROWS
) -> dict[str, Any] | None:
    """The first rows of one publication, with labels; None where its content isn't here."""
    with contextlib.suppress(StoreError):
        frame = Contents(node.store, node.knowledge.schema).frame(row)
        years = [one.name for one in schema.wire_fields if one.type == "year"]
        told = partial(shown.cell, lang=lang, zone=zone_here(node))
        found = preview(frame, most, told, plain=years)
        if found is not None:
            by_name = schema.by_name
            found["labels"] = [
                labelled(by_name[one].labels, lang, one) if one in by_name else one
                for one in found["columns"]
            ]
        return found
    return None


def receipts(node: Node, found: Dataset) -> list[dict[str, Any]]:
    """How far each receiver holds the dataset, by its newest receipt."""
    told = []
    for receipt in node.store.receipts.received(found.owner):
        for state in json.loads(receipt.heads)["heads"]:
            if state["dataset"] == found.id:
                head = state["head"]
                told.append(
                    {
                        "receiver": receipt.receiver,
                        "at": receipt.received_at,
                        "epoch": head["epoch"],
                        "sequence": head["sequence"],
                        "accepted": state["accepted"],
                        "refused": state["refused"],
                        "behind": (head["epoch"], head["sequence"])
                        < (found.head.epoch, found.head.sequence),
                    }
                )
    return told


def summaries(node: Node, found: Dataset) -> list[Dataset]:
    """Compositions held here of the dataset's schema and of a territory that its owner lies in."""
    wanted = parse_dataset(found.id).schema
    return [
        one
        for one in datasets(node.store, node.knowledge, schema="synthese")
        if one.open
        and (parse_dataset(one.id).slug or "").startswith(f"{wanted}-")
        and in_territory(found.owner, ground_of(one.owner, node.knowledge))
    ]
