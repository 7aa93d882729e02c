"""Figures of a territory: a live view of the cells held, as JSON, CSV or GeoJSON.

Without a token they are those of open datasets; of the others the coverage says `withheld`.
"""

import asyncio
import csv
import io
import json
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import Field

from federation.composition_claim import WindowKind
from federation.tabular import CODE, FORMULA_BEGINS, NAME
from federation.views import Row, View
from node.clock import now_us
from node.names import place_name
from node.node import Node
from node.web.api.endpoint import Answer, Asked, Endpoint, TerritoryText, Text
from node.web.api.negotiation import negotiated
from node.web.api.shown import inside
from node.web.keys import NODE
from node.web.requests import conditional
from schemas.territory import centre

ViewForm = Literal["json", "csv", "geojson"]
MEDIA: Final[dict[ViewForm, str]] = {
    "json": "application/json",
    "csv": "text/csv",
    "geojson": "application/geo+json",
}
_FIGURES: Final = ("count", "sum", "mean", "min", "max")


class ViewAsked(Asked):
    """Which figures."""

    territory: TerritoryText
    measure: Annotated[Text, Field(examples=["comptage-mobilites.count"])]
    window: Annotated[
        WindowKind | None,
        Field(description="`day` unless said; inventories have `none`.", examples=["day"]),
    ] = None
    start: Annotated[Text | None, Field(description="First window.", examples=["2026-11-23"])] = (
        None
    )
    end: Annotated[
        Text | None, Field(description="Last window, included.", examples=["2026-11-24"])
    ] = None
    form: Annotated[
        ViewForm | None,
        Field(alias="format", description="Goes before `Accept`; JSON if neither says one."),
    ] = None


async def _view(request: web.Request, asked: ViewAsked) -> web.StreamResponse:
    node = request.app[NODE]
    form = asked.form or negotiated(request, MEDIA)
    public = not inside(request)

    def make() -> tuple[View, bytes]:
        found = node.view(
            asked.territory,
            asked.measure,
            asked.window,
            start=asked.start,
            end=asked.end,
            now_us=now_us(),
            public=public,
        )
        return found, _WRITERS[form](found, node)

    found, body = await asyncio.to_thread(make)
    headers = {
        "Maillage-Vintage": str(found.vintage),
        "Maillage-Origin": "simulated" if found.simulated else "own",
        "Maillage-Coverage": _coverage(found),
    }
    if form != "json":
        stem = "".join(c if c.isalnum() else "-" for c in f"{found.territory.id}-{found.measure}")
        headers["Content-Disposition"] = f'attachment; filename="{stem}.{form}"'
    return conditional(request, body, MEDIA[form], headers=headers)


def _coverage(found: View) -> str:
    """Who is in the figures, for forms that can't say it within."""
    states = ("expected", "received", "late", "refused", "withheld", "suppressed", "awaited")
    return ", ".join(f"{one}={len(getattr(found.coverage, one))}" for one in states)


def _as_json(found: View, _node: Node) -> bytes:
    return json.dumps(found.to_json(), ensure_ascii=False).encode()


def _as_csv(found: View, node: Node) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)  # RFC 4180: comma, CRLF
    names = (*_FIGURES, *found.divided)
    writer.writerow([CODE, NAME, "window", "start", *names])
    for row, told in zip(found.rows, found.to_json()["rows"], strict=True):
        name = _name(row, node) or ""
        defused = f"'{name}" if name.startswith(FORMULA_BEGINS) else name
        figures = ["" if told[one] is None else told[one] for one in names]
        writer.writerow([row.place, defused, row.window, told["start"] or "", *figures])
    return buffer.getvalue().encode()


def _as_geojson(found: View, node: Node) -> bytes:
    told = found.to_json()
    rows = told.pop("rows")
    features = [
        {
            "type": "Feature",
            "geometry": _point(row.place),
            "properties": {
                CODE: row.place,
                NAME: _name(row, node),
                "window": row.window,
                "start": one["start"],
            }
            | {name: _number(one[name]) for name in (*_FIGURES, *found.divided)},
        }
        for row, one in zip(found.rows, rows, strict=True)
    ]
    collection = {"type": "FeatureCollection", "maillage": told, "features": features}
    return json.dumps(collection, ensure_ascii=False).encode()


def _name(row: Row, node: Node) -> str | None:
    return row.name or place_name(node.knowledge, row.place)


def _point(place: str) -> dict[str, Any] | None:
    found = centre(place)
    return None if found is None else {"type": "Point", "coordinates": list(found)}


def _number(value: str | int | None) -> float | int | None:
    """A figure as a number, which maps want; JSON and CSV have all its digits."""
    if value is None or isinstance(value, int):
        return value
    exact = Decimal(value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


_WRITERS: Final = {"json": _as_json, "csv": _as_csv, "geojson": _as_geojson}

_EXAMPLE: Final = {
    "territory": {
        "id": "fr-com-12011",
        "level": "commune",
        "code": "12011",
        "name": "Arvieu",
    },
    "vintage": 2026,
    "measure": "comptage-mobilites.count",
    "window": "day",
    "simulated": False,
    "coverage": {"expected": ["fr-com-12011"], "received": ["fr-com-12011"]},
    "otherWindows": [],
    "totals": [],
    "rows": [],
}
_MEMBERS: Final = {
    "territory": {"type": "object"},
    "vintage": {"type": "integer"},
    "measure": {"type": "string"},
    "window": {"type": "string"},
    "simulated": {"type": "boolean"},
    "coverage": {"type": "object"},
    "otherWindows": {"type": "array", "items": {"type": "string"}},
    "totals": {"type": "array", "items": {"type": "object"}},
    "rows": {"type": "array", "items": {"type": "object"}},
}

ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path="/api/v1/view",
        name="getView",
        tag="Figures",
        summary="A territory's figures",
        description="As `maillage view --json`. Without a token those of open datasets; of the "
        "others the coverage says `withheld`.",
        handler=_view,
        asked=ViewAsked,
        answers=(
            Answer(
                "application/json",
                schema={"type": "object", "required": [*_MEMBERS], "properties": _MEMBERS},
                example=_EXAMPLE,
            ),
            Answer(
                "text/csv",
                schema={"type": "string"},
                example="codgeo,libgeo,window,start,count,sum,mean,min,max\r\n",
            ),
            Answer(
                "application/geo+json",
                schema={
                    "type": "object",
                    "required": ["type", "maillage", "features"],
                    "properties": {
                        "type": {"const": "FeatureCollection"},
                        "maillage": {"type": "object"},
                        "features": {"type": "array", "items": {"type": "object"}},
                    },
                },
                example={"type": "FeatureCollection", "maillage": {}, "features": []},
            ),
        ),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE),
        headers={
            "Maillage-Coverage": "how many bodies are in which state",
            "Maillage-Origin": "`simulated` if something in it is",
            "Maillage-Vintage": "year of the territory data",
        },
    ),
)
