"""The HTTP interface: publish, look, ask. Loopback unless set otherwise; one bearer token.

| method and path | what |
|---|---|
| `POST /api/v1/datasets/{participant}/{schema}/publications` | take in a CSV or JSON file |
| `GET /api/v1/status` | how the node stands |
| `GET /api/v1/view?territory=&measure=&window=` | a territory's figures |
| `GET /api/v1/schemas` | forms of data |
| `GET /healthz` | whether it answers; the only one without a token |

Errors have one form (`node.web.errors`). There is no CORS: a web page of another origin has no
business here.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any, Final, Literal, cast, get_args

from aiohttp import web

from federation.composition_claim import WindowKind
from node.clock import now_us
from node.node import Node
from node.web.auth import Tokens
from node.web.bodies import published_json, schemas_json
from node.web.errors import Problem, problem_of

NODE: Final = web.AppKey("node", Node)

SUFFIXES: Final = {
    "text/csv": ".csv",
    "application/json": ".json",
    "application/x-ndjson": ".ndjson",
}
"""Media types that are taken in, and the file ending that says the same to the reader."""

UPLOADS_AT_ONCE: Final = 2
"""Files held in memory together, each up to `upload_max_bytes`; others wait for their turn."""

_CHUNK_BYTES: Final = 256 * 1024
_FILENAME_MAX_CHARS: Final = 200
_QUERY_MAX_CHARS: Final = 200

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "maillage",
}

_OPEN_PATHS: Final = frozenset({"/healthz"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)


def create_app(node: Node) -> web.Application:
    """Make the application of a node.

    Raises:
        MalformedError: `token-file`: the token is missing, weak, or others may read it.
    """
    app = web.Application(middlewares=[_answers(Tokens.of(node.data_dir))])
    app[NODE] = node
    uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def publications(request: web.Request) -> web.Response:
        async with uploads:
            return await _publish(request)

    app.router.add_post("/api/v1/datasets/{participant}/{schema}/publications", publications)
    app.router.add_get("/api/v1/status", _status, allow_head=False)
    app.router.add_get("/api/v1/view", _view, allow_head=False)
    app.router.add_get("/api/v1/schemas", _schemas, allow_head=False)
    app.router.add_get("/healthz", _healthz)
    return app


def _answers(tokens: Tokens) -> Any:
    """Ask for the token, give every error the one form and every answer the same headers."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path not in _OPEN_PATHS:
                _require(tokens, request)
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - every error has the one form; cancellation passes
            response = problem_of(error).response()
        response.headers.update(_HEADERS)
        return response

    return middleware


def _require(tokens: Tokens, request: web.Request) -> None:
    values = request.headers.getall("Authorization", [])
    if len(values) == 1 and tokens.admits(values[0]):
        return
    given = bool(values)
    raise Problem(
        HTTPStatus.UNAUTHORIZED,
        "token",
        "the bearer token is wrong" if given else "a bearer token is needed",
        remedy="send Authorization: Bearer with the text of the data directory's file token",
        headers={
            "WWW-Authenticate": 'Bearer realm="maillage"'
            + (', error="invalid_token"' if given else "")
        },
    )


# -- what is answered --------------------------------------------------------------------------


async def _healthz(_request: web.Request) -> web.Response:
    return _json({"status": "ok"})


async def _status(request: web.Request) -> web.Response:
    _query(request, {})
    report = await asyncio.to_thread(request.app[NODE].status, now_us())
    return _json(report.to_json())


async def _schemas(request: web.Request) -> web.Response:
    _query(request, {})
    return _json({"schemas": schemas_json(request.app[NODE].knowledge.catalogue)})


async def _view(request: web.Request) -> web.Response:
    given = _query(
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
    return _json(found.to_json())


async def _publish(request: web.Request) -> web.Response:
    node = request.app[NODE]
    given = _query(request, {"slug": False, "filename": False})
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
    lang = _language(request)
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
    return _json(published_json(published, lang), HTTPStatus.ACCEPTED)


# -- what is asked -----------------------------------------------------------------------------


async def read_bounded(request: web.Request, max_bytes: int) -> bytes:
    """Read a body that is not larger than allowed, stopping at the first byte too many.

    Raises:
        Problem: `upload-size`, `upload-empty`, `upload-encoding`.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        # a compressed body would be unpacked before it could be bounded
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "upload-encoding",
            "a compressed body isn't taken",
            remedy="send the file as it is",
        )
    too_large = Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "upload-size",
        f"more than {max_bytes} bytes",
        remedy="split the file, or raise MAILLAGE_UPLOAD_MAX_BYTES",
        headers={"Connection": "close"},
    )
    if request.content_length is not None and request.content_length > max_bytes:
        raise too_large
    found = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
        found += chunk
        if len(found) > max_bytes:
            raise too_large
    if not found:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "upload-empty", "the body is empty", remedy="send the file"
        )
    return bytes(found)


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


def _query(request: web.Request, known: Mapping[str, bool]) -> dict[str, str]:
    """The query's parameters: each known, once, and those needed there.

    Args:
        request: As it came.
        known: Names, and whether they are needed.
    """
    names = [name for name, _ in request.query.items()]
    wrong = sorted({name for name in names if name not in known or names.count(name) > 1})
    missing = [name for name, needed in known.items() if needed and not request.query.get(name)]
    long = [name for name in known if len(request.query.get(name, "")) > _QUERY_MAX_CHARS]
    if wrong or missing or long:
        told = [f"unknown or repeated: {', '.join(wrong)[:200]}"] if wrong else []
        told += [f"missing: {', '.join(missing)}"] if missing else []
        told += [f"too long: {', '.join(long)}"] if long else []
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "parameter",
            "; ".join(told),
            remedy=f"parameters are: {', '.join(known) or 'none'}",
        )
    return {name: value for name, value in request.query.items() if value}


def _language(request: web.Request) -> Literal["fr", "en"]:
    """French unless the caller prefers English (RFC 9110, section 12.5.4; the first one named)."""
    first = request.headers.get("Accept-Language", "").partition(",")[0].strip().lower()
    return "en" if first[:2] == "en" else "fr"


def _json(found: Any, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(
        status=status.value,
        body=json.dumps(found, ensure_ascii=False).encode(),
        content_type="application/json",
    )
