"""A figure walked down: to the datasets that contribute, their publications, their verification."""

import asyncio
import re
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from federation.cell import Cell, merged
from federation.composition_claim import WindowKind
from federation.figures import figures_of
from federation.ids import parse_dataset
from federation.windows import label, of_label
from node.explaining import Told, tell, unknown_publication
from node.names import custodian_of
from node.node import Node
from node.reason_texts import meaning, remedy, step_name
from node.recomputing import zone_of_place
from node.store.rows import PublicationRow
from node.web.access import GRANT, Scope, needs, refuse
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.pages import datasets, territories, view_tables
from node.web.pages.site import LANG_PATH, language, respond
from node.web.pages.texts import Lang, labelled
from node.web.requests import query

PUBLICATIONS_MAX: Final = 50
"""Publications of one dataset shown, the last ones."""

OPENED_MAX: Final = 6
"""Datasets whose publications are listed at once; of more only the one chosen."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SECOND_US: Final = 1_000_000
_FIGURE: Final = {
    "territory": True,
    "measure": True,
    "window": False,
    "at": False,
    "place": False,
    "dataset": False,
}


def add_routes(app: web.Application) -> None:
    """Add the pages."""
    app.router.add_get(LANG_PATH + "/chiffre", _figure)
    app.router.add_get(LANG_PATH + "/publication/{digest}", _publication)


# -- from the figure to its publications ---------------------------------------------------------


@needs(None)
async def _figure(request: web.Request) -> web.Response:
    given = query(request, _FIGURE)
    node, lang = request.app[NODE], language(request)
    inside = request[GRANT].allows(Scope.READ)
    context = await asyncio.to_thread(_figure_context, node, given, lang, inside=inside)
    return respond(request, "figure.html", context)


def _figure_context(
    node: Node, given: dict[str, str], lang: Lang, *, inside: bool
) -> dict[str, Any]:
    kind = given.get("window", "none")
    known = {"measure": given["measure"]} | ({"window": kind} if kind != "none" else {})
    asked = territories.understood(node, given["territory"], known)
    place = given.get("place", "")
    if place and place not in asked.ground.communes:
        raise Problem(
            HTTPStatus.NOT_FOUND, "territory-unknown", "no commune of this territory has that code"
        )
    places = [place] if place else sorted(asked.ground.communes)
    start, end = _span(asked.window, given.get("at", ""), places)
    parts = _contributions(node, asked, places, given.get("at", ""), (start, end))
    for guarded in () if inside else node.store.publications.guarded():
        parts.pop(guarded, None)  # a public figure is made without them
    chosen = given.get("dataset", "")
    allowed = frozenset(asked.measure.aggregates)
    return {
        "current": "territories",
        "ground": asked.ground,
        "asked": asked,
        "at": given.get("at", ""),
        "place": place,
        "place_name": territories.place_title(asked.ground, place),
        "measure_label": labelled(asked.measure.labels, lang, asked.measure.name),
        "unit": asked.measure.unit,
        # what is divided isn't made of single contributions
        "columns": view_tables.columns(asked.measure, asked.schema.kind, divided=False),
        "figures": figures_of(merged(parts.values()), allowed) if parts else None,
        "contributors": [
            {
                "dataset": name,
                "owner": parse_dataset(name).owner,
                "figures": figures_of(cell, allowed),
            }
            for name, cell in sorted(parts.items())
        ],
        "opened": [
            (name, *_carriers(node, name, asked.window, (start, end)))
            for name in sorted(parts)
            if name == chosen or (not chosen and len(parts) <= OPENED_MAX)
        ],
        "simulated": any(
            row.dataset in parts and row.origin == "simulated"
            for row in node.store.publications.heads()
        ),
        "query": given,
    }


def _span(window: WindowKind, at: str, places: list[str]) -> tuple[int, int]:
    """Where a window begins and ends, in seconds, over the time zones of all places.

    Raises:
        Problem: `window`: the label is none.
    """
    if window == "none":
        return 0, 1
    ends = []
    for zone in {zone_of_place(place) for place in places}:
        try:
            found = of_label(window, at, zone)
        except ValueError:
            found = None
        if found is not None:
            ends.append(found)
    if not ends:
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "window",
            f"{at[:40]!r} is no {window}",
            remedy="follow the link of a figure",
        )
    return min(start for start, _ in ends), max(end for _, end in ends)


def _contributions(
    node: Node, asked: territories.Asked, places: list[str], at: str, span: tuple[int, int]
) -> dict[str, Cell]:
    """What each dataset brings to the figure."""
    base = asked.schema.base_window or "none"
    chosen = None if asked.ground.level == "country" else places
    found: dict[str, list[Cell]] = {}
    cells = node.store.cells.where(
        asked.measure.name, base, start=span[0], end=span[1], places=chosen
    )
    for key, cell in cells:
        zone = zone_of_place(key.place)
        if asked.window == "none" or label(asked.window, key.start, zone) == at:
            found.setdefault(key.dataset, []).append(cell)
    return {name: merged(some) for name, some in found.items()}


def _carriers(
    node: Node, dataset: str, window: str, span: tuple[int, int]
) -> tuple[list[PublicationRow], int]:
    """The publications that carry a dataset's part of the figure, the last ones; how many fewer.

    Of a series those whose period overlaps the window; of a register those from the last whole
    table on.
    """
    if window != "none":
        rows = list(
            node.store.publications.overlapping(dataset, span[0] * _SECOND_US, span[1] * _SECOND_US)
        )
    else:
        rows = node.store.publications.of(dataset)
        whole = [at for at, row in enumerate(rows) if row.mode == "snapshot"]
        rows = rows[whole[-1] :] if whole else rows
    return list(reversed(rows[-PUBLICATIONS_MAX:])), max(0, len(rows) - PUBLICATIONS_MAX)


# -- one publication -----------------------------------------------------------------------------


@needs(None)
async def _publication(request: web.Request) -> web.Response:
    query(request, {})
    node, lang = request.app[NODE], language(request)
    digest = request.match_info["digest"]
    inside = request[GRANT].allows(Scope.READ)
    row = None
    if _DIGEST.fullmatch(digest):
        row = (await asyncio.to_thread(node.store.publications.get, [digest])).get(digest)
    if row is None or (row.verdict == "refused" and not inside):
        raise unknown_publication(digest)
    if row.sharing != "open" and not inside:
        raise refuse(request, Scope.READ)
    told = await asyncio.to_thread(tell, node.store, node.knowledge, digest)
    rows = row.sharing != "aggregate-only" or (
        row.owner in node.participants and request[GRANT].allows(Scope.ADMIN)
    )
    context = await asyncio.to_thread(_publication_context, node, told, lang, rows=rows)
    return respond(request, "publication.html", context)


def _publication_context(node: Node, told: Told, lang: Lang, *, rows: bool) -> dict[str, Any]:
    row, schema = told.row, node.knowledge.schema(told.row.schema_digest)
    return {
        "current": "node",
        "row": row,
        "manifest": told.manifest,
        "custodian": custodian_of(node.knowledge, row.publisher) or "?",
        "schema_label": row.schema_name
        if schema is None
        else labelled(schema.labels, lang, schema.name),
        "steps": [
            {
                "number": step.number,
                "name": step_name(step.number, lang),
                "state": step.state,
                "found": step.found,
                "code": step.code,
                "meaning": meaning(step.code, lang) if step.code else "",
                "remedy": remedy(step.code, lang) if step.code else "",
            }
            for step in told.steps
        ],
        "confirmed": told.confirmed,
        "reason": meaning(row.reason, lang) if row.reason else "",
        "remedy": remedy(row.reason, lang) if row.reason else "",
        "content_state": told.explanation.content_state,
        "rivals": told.explanation.rivals,
        "rows_shown": rows,
        "preview": datasets.rows_of(node, row, schema, lang) if rows and schema else None,
    }
