"""Take in a file, look at the node."""

import asyncio
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from node.clock import now_us
from node.web.access import GRANT, Scope, admit_publisher
from node.web.api.endpoint import Answer, Asked, Endpoint, Nothing, Text
from node.web.bodies import published_json
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.requests import json_response, language, read_bounded

SUFFIXES: Final = {
    "text/csv": ".csv",
    "application/json": ".json",
    "application/x-ndjson": ".ndjson",
}
"""Media types that are taken in, and the file ending that says the same to the reader."""

UPLOADS_AT_ONCE: Final = 2
"""Files held in memory together, each up to `upload_max_bytes`; others wait for their turn."""

_FILENAME_MAX_CHARS: Final = 200


_UPLOADS: Final = web.AppKey("uploads", asyncio.Semaphore)


class PublishAsked(Asked):
    """Where a file belongs."""

    participant: Text
    schema_name: Annotated[Text, Field(alias="schema")]
    slug: Annotated[
        Text | None,
        Field(description="Tells several datasets under one schema apart.", examples=["nord"]),
    ] = None
    filename: Annotated[
        Text | None, Field(description="For the record.", examples=["comptages.csv"])
    ] = None


async def _status(request: web.Request, _asked: Nothing) -> web.StreamResponse:
    report = await asyncio.to_thread(request.app[NODE].status, now_us())
    return json_response(report.to_json())


async def _publications(request: web.Request, asked: PublishAsked) -> web.StreamResponse:
    async with request.app[_UPLOADS]:
        return await _publish(request, asked)


async def _publish(request: web.Request, asked: PublishAsked) -> web.Response:
    node = request.app[NODE]
    admit_publisher(request[GRANT], asked.participant)
    suffix = _suffix(request)
    data = await read_bounded(request, node.settings.upload_max_bytes)
    published = await asyncio.to_thread(
        node.publisher.publish_file,
        data,
        filename=_filename(asked.filename, suffix),
        schema_name=asked.schema_name,
        participant=asked.participant,
        slug=asked.slug,
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


_REPORT: Final = {
    "type": "object",
    "required": ["valid", "rows", "counts", "faults"],
    "properties": {
        "valid": {"type": "boolean"},
        "rows": {"type": "integer"},
        "counts": {"type": "object"},
        "faults": {"type": "array", "items": {"type": "object"}},
    },
}
_PUBLISHED: Final = {
    "type": "object",
    "required": ["dataset", "mode", "rows", "draft", "notes", "report"],
    "properties": {
        "dataset": {"type": "string"},
        "mode": {"type": ["string", "null"]},
        "rows": {"type": "integer"},
        "draft": {"type": ["integer", "null"]},
        "notes": {"type": "array", "items": {"type": "object"}},
        "report": _REPORT,
    },
}

ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path="/api/v1/datasets/{participant}/{schema}/publications",
        name="publishFile",
        tag="Publishing",
        summary="Take in a file",
        description="It is read, checked and stored; the node signs and sends it. A file that "
        "isn't valid leaves nothing, and is answered with a report by line and column.",
        method="POST",
        status=HTTPStatus.ACCEPTED,
        handler=_publications,
        asked=PublishAsked,
        answers=(
            Answer(
                "application/json",
                schema=_PUBLISHED,
                example={
                    "dataset": "fr-com-12011/comptage-mobilites",
                    "mode": "append",
                    "rows": 3,
                    "draft": 1,
                    "notes": [],
                    "report": {"valid": True, "rows": 3, "counts": {}, "faults": []},
                },
            ),
        ),
        scope=Scope.PUBLISH,
        problems=(
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
        body={
            "text/csv": "channel_id,start_datetime,count\nC1,2026-03-01T00:00:00+01:00,12\n",
            "application/json": [
                {"channel_id": "C1", "start_datetime": "2026-03-01T00:00:00+01:00", "count": 12}
            ],
            "application/x-ndjson": '{"channel_id": "C1", "count": 12}\n',
        },
    ),
    Endpoint(
        path="/api/v1/status",
        name="getStatus",
        tag="Node",
        summary="How the node stands",
        description="What `maillage status --json` says.",
        handler=_status,
        asked=Nothing,
        answers=(
            Answer(
                "application/json",
                schema={"type": "object", "required": ["participants"]},
                example={"participants": ["fr-com-12011"]},
            ),
        ),
        scope=Scope.READ,
    ),
)


def prepare(app: web.Application) -> None:
    """Make what the handlers share."""
    app[_UPLOADS] = asyncio.Semaphore(UPLOADS_AT_ONCE)
