"""Figures of a territory: a live view of the cells held."""

import asyncio
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from federation.composition_claim import WindowKind
from node.clock import now_us
from node.web.access import Scope
from node.web.api.endpoint import Answer, Asked, Endpoint, TerritoryText, Text
from node.web.keys import NODE
from node.web.requests import json_response


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


async def _view(request: web.Request, asked: ViewAsked) -> web.StreamResponse:
    found = await asyncio.to_thread(
        request.app[NODE].view,
        asked.territory,
        asked.measure,
        asked.window,
        start=asked.start,
        end=asked.end,
        now_us=now_us(),
    )
    return json_response(found.to_json())


ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path="/api/v1/view",
        name="getView",
        tag="Figures",
        summary="A territory's figures",
        description="As `maillage view --json`.",
        handler=_view,
        asked=ViewAsked,
        answers=(Answer("application/json", schema={"type": "object"}, example={"rows": []}),),
        scope=Scope.READ,
    ),
)
