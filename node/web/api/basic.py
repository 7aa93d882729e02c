"""The API's first paths: take in a file, look at the node, ask for a view.

| method and path | what |
|---|---|
| `POST /api/v1/datasets/{participant}/{schema}/publications` | take in a CSV or JSON file |
| `GET /api/v1/status` | how the node stands |
| `GET /api/v1/view?territory=&measure=&window=` | a territory's figures |
| `GET /api/v1/schemas` | forms of data |
"""

import asyncio
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Final, cast, get_args

from aiohttp import web

from federation.composition_claim import WindowKind
from node.clock import now_us
from node.web.access import Scope, needs
from node.web.bodies import published_json, schemas_json
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.requests import json_response, language, query, read_bounded

SUFFIXES: Final = {
    "text/csv": ".csv",
    "application/json": ".json",
    "application/x-ndjson": ".ndjson",
}
"""Media types that are taken in, and the file ending that says the same to the reader."""

UPLOADS_AT_ONCE: Final = 2
"""Files held in memory together, each up to `upload_max_bytes`; others wait for their turn."""

_FILENAME_MAX_CHARS: Final = 200


def add_routes(app: web.Application) -> None:
    """Add the paths of this module."""
    uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)

    @needs(Scope.PUBLISH)
    async def publications(request: web.Request) -> web.Response:
        async with uploads:
            return await _publish(request)

    app.router.add_post("/api/v1/datasets/{participant}/{schema}/publications", publications)
    app.router.add_get("/api/v1/status", _status, allow_head=False)
    app.router.add_get("/api/v1/view", _view, allow_head=False)
    app.router.add_get("/api/v1/schemas", _schemas, allow_head=False)


# -- what is answered --------------------------------------------------------------------------


@needs(Scope.READ)
async def _status(request: web.Request) -> web.Response:
    query(request, {})
    report = await asyncio.to_thread(request.app[NODE].status, now_us())
    return json_response(report.to_json())


@needs(None)
async def _schemas(request: web.Request) -> web.Response:
    query(request, {})
    return json_response({"schemas": schemas_json(request.app[NODE].knowledge.catalogue)})


@needs(Scope.READ)
async def _view(request: web.Request) -> web.Response:
    given = query(
        request,
        {"territory": True, "measure": True, "window": False, "start": False, "end": False},
    )
    window = given.get("window")
    if window is not None and window not in get_args(WindowKind):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "window",
            f"{window!r} is no kind of window",
            remedy=f"one of: {', '.join(get_args(WindowKind))}",
        )
    found = await asyncio.to_thread(
        request.app[NODE].view,
        given["territory"],
        given["measure"],
        cast("WindowKind | None", window),
        start=given.get("start"),
        end=given.get("end"),
        now_us=now_us(),
    )
    return json_response(found.to_json())


async def _publish(request: web.Request) -> web.Response:
    node = request.app[NODE]
    given = query(request, {"slug": False, "filename": False})
    suffix = _suffix(request)
    data = await read_bounded(request, node.settings.upload_max_bytes)
    published = await asyncio.to_thread(
        node.publisher.publish_file,
        data,
        filename=_filename(given.get("filename"), suffix),
        schema_name=request.match_info["schema"],
        participant=request.match_info["participant"],
        slug=given.get("slug"),
        now_us=now_us(),
    )
    lang = language(request)
    if not published.report.valid:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid",
            "the file isn't valid; nothing was published",
            remedy="the report says what to mend, line by line",
            report=published.report.to_json(lang),
            notes=published_json(published, lang)["notes"],
        )
    for sender in node.senders.values():
        sender.wake()  # here, in the loop's thread: the publisher works in another
    return json_response(published_json(published, lang), HTTPStatus.ACCEPTED)


# -- what is asked -----------------------------------------------------------------------------


def _suffix(request: web.Request) -> str:
    suffix = SUFFIXES.get(request.content_type)
    charset = (request.charset or "utf-8").lower()
    if suffix is None or "Content-Type" not in request.headers:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "media-type",
            f"{request.content_type[:100]!r} isn't taken",
            remedy=f"send one of: {', '.join(SUFFIXES)}",
            headers={"Accept-Post": ", ".join(SUFFIXES)},
        )
    if suffix != ".csv" and charset != "utf-8":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "media-type",
            "JSON is UTF-8 (RFC 8259, section 8.1)",
            remedy="save the file as UTF-8",
        )
    return suffix


def _filename(given: str | None, suffix: str) -> str:
    """A name for the report; its ending is the media type's, as that is what was declared."""
    stem = PurePosixPath((given or "upload").replace("\\", "/")).stem
    shown = "".join(letter for letter in stem if letter.isprintable())
    return (shown or "upload")[:_FILENAME_MAX_CHARS] + suffix
