"""The territory page: figures of a territory and its members, whose they are, and a map."""

import asyncio
import datetime as dt
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from federation.composition_claim import WindowKind
from federation.ids import parse_dataset
from federation.places import zone_of
from federation.views import View
from node.clock import now_us
from node.grounds import ground_of
from node.node import Node
from node.web.access import GRANT, Scope, needs
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.pages import outlines, view_tables
from node.web.pages.site import LANG_PATH, language, respond
from node.web.pages.texts import Lang, labelled
from node.web.requests import query
from schemas.model import Measure, Schema
from schemas.territory import Territory, UnknownTerritoryError, commune, members, parents, territory
from schemas.territory.ids import is_abroad

COMPOSITION: Final = "synthese"
DEFAULT_SCHEMA: Final = "comptage-mobilites"
KINDS: Final[tuple[WindowKind, ...]] = ("hour", "day", "month", "year")
SHOWN: Final[dict[WindowKind, int]] = {"hour": 2, "day": 31, "month": 731, "year": 3660, "none": 0}
"""Days before the last figures that a page shows unless asked for others."""

LINKS_MAX: Final = 60
"""Links up and down per level; the rest is found by the search."""

_DAY: Final = dt.timedelta(days=1)
_SECOND_US: Final = 1_000_000


def add_routes(app: web.Application) -> None:
    """Add the territory page."""
    app.router.add_get(LANG_PATH + "/territoire/{id}", _page)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to see.

    Attributes:
        ground: The territory.
        schema: Of the measure.
        measure: Schema and field.
        window: How time is cut; `none` for registers.
        start: First day; None for all (registers).
        end: Last day, included.
        at: Label of the window shown in detail; empty for the last with figures.
    """

    ground: Territory
    schema: Schema
    measure: Measure
    window: WindowKind
    start: dt.date | None
    end: dt.date | None
    at: str = ""

    @property
    def labels(self) -> tuple[str | None, str | None]:
        """First and last window as labels."""
        return _label(self.start, self.window, "T00:00"), _label(self.end, self.window, "T23:00")

    def query(self, **other: str) -> dict[str, str]:
        """The parameters that lead here."""
        found = {"measure": self.measure.name}
        if self.window != "none":
            found["window"] = self.window
        if self.start is not None and self.end is not None:
            found |= {"start": self.start.isoformat(), "end": self.end.isoformat()}
        return found | other


def _label(day: dt.date | None, window: WindowKind, hour: str) -> str | None:
    if day is None:
        return None
    text = day.isoformat()
    return {"hour": text + hour, "month": text[:7], "year": text[:4]}.get(window, text)


@needs(None)
async def _page(request: web.Request) -> web.Response:
    given = query(
        request,
        {"measure": False, "window": False, "start": False, "end": False, "at": False},
    )
    node, lang = request.app[NODE], language(request)
    inside = request[GRANT].allows(Scope.READ)
    context = await asyncio.to_thread(
        page_context, node, request.match_info["id"], given, lang, inside=inside
    )
    return respond(request, "territory.html", context)


def page_context(
    node: Node, territory_id: str, given: dict[str, str], lang: Lang, *, inside: bool
) -> dict[str, Any]:
    """Everything that the territory page shows.

    Args:
        node: Whose cells they are.
        territory_id: Of the path.
        given: Of the query: `measure`, `window`, `start`, `end`, `at`.
        lang: Of the page.
        inside: The reader may see more than what is open.

    Raises:
        Problem: What was asked for is malformed.
    """
    asked = understood(node, territory_id, given)
    found = view_of(node, asked, inside=inside)
    last = view_tables.chosen_window(found, asked.at)
    outlined = asked.ground.level != "free" and outlines.available(node)
    outline = outlines.path(asked.ground, lang) if outlined else None
    return {
        "current": "territories",
        "ground": asked.ground,
        "asked": asked,
        "view": found,
        "at": last,
        "choices": choices(node, lang, asked.schema),
        "windows": asked.schema.windows if asked.window != "none" else (),
        "measure_label": labelled(asked.measure.labels, lang, asked.measure.name),
        "schema_label": labelled(asked.schema.labels, lang, asked.schema.name),
        "unit": asked.measure.unit,
        "columns": view_tables.columns(asked.measure, asked.schema.kind),
        "units": view_tables.units(asked.measure),
        "totals": view_tables.totals(found),
        "bars": view_tables.bars(found, asked.measure),
        "communes": view_tables.communes(found, asked.measure, last),
        "groups": view_tables.groups(found, asked.ground, last),
        "states": view_tables.states(found),
        "map_data": view_tables.map_data(found, asked, last, lang, outline),
        "legend": view_tables.legend(found, asked.measure, last),
        "links": links(asked.ground),
        "keep": urlencode(asked.query()),
        "live": {"territory": asked.ground.id, "schema": asked.schema.name},
    }


# -- what is asked ------------------------------------------------------------------------------


def understood(node: Node, territory_id: str, given: dict[str, str]) -> Asked:
    """Turn a query into what is asked, with what it leaves out filled in.

    Raises:
        Problem: `window`: a date or kind of window that is none.
        UnknownError: `measure`.
        UnknownTerritoryError: No such territory.
    """
    ground = ground_of(territory_id, node.knowledge)
    schema, measure = node.composer.measure(given.get("measure") or _usual(node, ground))
    if schema.name == COMPOSITION:
        raise _wrong("measure", f"{measure.name} is itself composed", "choose one of the list")
    if schema.base_window is None:
        return Asked(ground, schema, measure, "none", None, None)
    kind = given.get("window") or schema.usual_window
    if kind in KINDS and kind not in schema.windows:
        kind = schema.usual_window  # another measure was chosen beside the window of the last one
    window = next((one for one in KINDS if one == kind), None)
    if window is None:
        raise _wrong("window", f"{kind!r} is no kind of window", f"one of: {', '.join(KINDS)}")
    first, last = _usual_days(node, schema, measure, window)
    start, end = _day(given.get("start")) or first, _day(given.get("end")) or last
    if start > end:
        raise _wrong("window", f"{start} is after {end}", "put the earlier day first")
    return Asked(ground, schema, measure, window, start, end, given.get("at", ""))


def _wrong(code: str, detail: str, remedy: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, code, detail, remedy=remedy)


def _day(text: str | None) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise _wrong(
            "window", f"{text[:40]!r} is no day", "write for example 2026-11-23"
        ) from error


def _usual(node: Node, ground: Territory) -> str:
    """The measure shown unless asked: of a schema of which data are here, a series first."""
    here = {
        parse_dataset(row.dataset).schema
        for row in node.store.publications.heads()
        if _touches(parse_dataset(row.dataset).owner, ground)
    }
    usual = bool(here) and DEFAULT_SCHEMA not in here
    for kind in ("series", "register") if usual else ():
        for name in sorted(here - {COMPOSITION}):
            schema = node.knowledge.catalogue.latest(name)
            if schema is not None and schema.kind == kind and schema.measures:
                return schema.measures[0].name
    return f"{DEFAULT_SCHEMA}.count"


def _touches(owner: str, ground: Territory) -> bool:
    if is_abroad(owner):
        return owner in ground.communes
    try:
        return bool(territory(owner).communes & ground.communes)
    except UnknownTerritoryError:
        return False


def _usual_days(
    node: Node, schema: Schema, measure: Measure, window: WindowKind
) -> tuple[dt.date, dt.date]:
    """The days up to the last figures held, from the first of them, at most `SHOWN`."""
    ends = [
        row.period_end
        for row in node.store.publications.heads()
        if row.period_end is not None and parse_dataset(row.dataset).schema == schema.name
    ]
    latest = min(max(ends, default=now_us()), now_us() + _SECOND_US)
    zone = ZoneInfo(zone_of(node.participants[0]) if node.participants else "Europe/Paris")
    last = dt.datetime.fromtimestamp((latest - 1) / 1e6, zone).date()
    low = dt.datetime.combine(last - _DAY * SHOWN[window], dt.time(), zone)
    base = schema.base_window or "none"
    starts = node.store.cells.starts(
        measure.name, base, int(low.timestamp()), latest // _SECOND_US + 1
    )
    first = min(starts, default=latest // _SECOND_US)
    return min(dt.datetime.fromtimestamp(first, zone).date(), last), last


# -- what is found ------------------------------------------------------------------------------


def view_of(node: Node, asked: Asked, *, inside: bool) -> View:
    """The figures: of open data only, unless the reader may see more."""
    start, end = asked.labels
    return node.view(
        asked.ground.id,
        asked.measure.name,
        asked.window,
        start=start,
        end=end,
        now_us=now_us(),
        public=not inside,
    )


def place_title(ground: Territory, place: str) -> str:
    """What a figure is of: a commune of the territory, or the whole."""
    if not place:
        return ground.name
    if is_abroad(place):
        return ground.name if len(ground.communes) == 1 else place
    return commune(place).name


def choices(node: Node, lang: Lang, shown: Schema) -> list[dict[str, Any]]:
    """Measures to choose from, by schema: those of which something is held, and the one shown.

    The catalogue has ten times as many; a list of what isn't here would hide what is.
    """
    catalogue = node.knowledge.catalogue
    names = {parse_dataset(row.dataset).schema for row in node.store.publications.heads()}
    held = [one for one in map(catalogue.latest, names - {COMPOSITION}) if one is not None]
    found = [
        {
            "label": labelled(schema.labels, lang, schema.name),
            "measures": [
                (one.name, labelled(one.labels, lang, one.field)) for one in schema.measures
            ],
        }
        for schema in {shown, *held}
        if schema.measures
    ]
    return sorted(found, key=lambda group: str(group["label"]).casefold())


def links(ground: Territory) -> dict[str, Any]:
    """The territories that this one lies in, and those of which it is made, by level."""
    up = (
        []
        if ground.level in ("country", "free")
        else [territory(one) for one in parents(ground.id)]
    )
    down = []
    for level in ("region", "departement", "epci", "commune"):
        if _below(level, ground):
            ids = members(ground, cast("Any", level))
            if ids != (ground.id,):
                shown = [territory(one) for one in ids[:LINKS_MAX]]
                down.append({"level": level, "some": shown, "more": len(ids) - len(shown)})
    return {"up": up, "down": down}


def _below(level: str, ground: Territory) -> bool:
    order = ("commune", "epci", "departement", "region", "country")
    own = "departement" if ground.level == "collectivity" else ground.level
    return own in order and order.index(level) < order.index(own)
