"""What networks of sensors hand in: `POST /api/v1/webhooks/ttn` (The Things Stack v3)."""

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web

from node.clock import now_us
from node.sensors.errors import DevicesError, DeviceUnknownError, ReadingError
from node.sensors.uplink import UPLINK_MAX_BYTES
from node.web.access import Scope, needs
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.requests import json_response, query, read_bounded

AT_ONCE: Final = 16
"""Bodies looked at together; each waits for one fsync. Others wait for their turn."""

_STATUS: Final = {
    "uplink-json": HTTPStatus.BAD_REQUEST,
    "uplink-size": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


def add_routes(app: web.Application) -> None:
    """Add the paths of this module."""
    turns = asyncio.Semaphore(AT_ONCE)

    @needs(Scope.DEVICES)
    async def ttn(request: web.Request) -> web.Response:
        try:
            body = await _body(request)
        except Problem as problem:
            code, detail = problem.body["code"], problem.body["detail"]
            sensors = request.app[NODE].sensors
            await asyncio.to_thread(sensors.refused, code, detail, now_us())
            raise
        async with turns:
            return await _take(request, body)

    app.router.add_post("/api/v1/webhooks/ttn", ttn)


async def _body(request: web.Request) -> bytes:
    query(request, {})
    if request.content_type != "application/json":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "media-type",
            f"{request.content_type[:100]!r} isn't taken",
            remedy="choose the format JSON for the webhook",
            headers={"Accept-Post": "application/json"},
        )
    return await read_bounded(request, UPLINK_MAX_BYTES)


async def _take(request: web.Request, body: bytes) -> web.Response:
    sensors = request.app[NODE].sensors
    try:
        answer = await asyncio.to_thread(sensors.take, body, now_us())
    except DeviceUnknownError as error:
        raise _problem(HTTPStatus.NOT_FOUND, error) from error
    except ReadingError as error:
        status = _STATUS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        raise _problem(status, error) from error
    except DevicesError as error:
        raise _problem(HTTPStatus.SERVICE_UNAVAILABLE, error) from error
    found = {"device": answer.device or None, "stored": answer.new, "why": answer.why}
    return json_response(found, HTTPStatus.ACCEPTED)


def _problem(status: HTTPStatus, error: ReadingError | DevicesError) -> Problem:
    device = error.device if isinstance(error, ReadingError) else ""
    return Problem(status, error.code, str(error), remedy=error.remedy, device=device or None)
