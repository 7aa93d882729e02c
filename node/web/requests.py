"""What every handler does with a request and its answer: query, language, body, JSON."""

import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, Literal

from aiohttp import web

from node.web.errors import Problem

_CHUNK_BYTES: Final = 256 * 1024
_QUERY_MAX_CHARS: Final = 200


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


def query(request: web.Request, known: Mapping[str, bool]) -> dict[str, str]:
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


def language(request: web.Request) -> Literal["fr", "en"]:
    """French unless the caller prefers English (RFC 9110, section 12.5.4; the first one named)."""
    first = request.headers.get("Accept-Language", "").partition(",")[0].strip().lower()
    return "en" if first[:2] == "en" else "fr"


def conditional(
    request: web.Request,
    body: bytes,
    media: str,
    *,
    tag: str = "",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """An answer with an `ETag`, or 304 where the caller has just this (RFC 9110, section 13).

    Args:
        request: As it came.
        body: Of the answer.
        media: Its media type.
        tag: What changes with the body; a digest of the body unless given.
        headers: Further ones.
    """
    told = dict(headers or {}) | CONDITIONAL
    told["ETag"] = f'"{tag or hashlib.sha256(body).hexdigest()[:32]}"'
    if unchanged(request, told["ETag"]):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=told)
    return web.Response(body=body, content_type=media, headers=told)


CONDITIONAL: Final = {
    "Cache-Control": "private, no-cache",
    "Vary": "Accept, Accept-Language, Authorization, Cookie",
}
"""A browser may keep it, and asks each time whether it still holds; nobody keeps it for others."""


def unchanged(request: web.Request, etag: str) -> bool:
    """Whether the caller's `If-None-Match` names this tag, or any."""
    given = [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]
    return "*" in given or etag in [one.removeprefix("W/") for one in given]


def json_response(found: Any, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """An answer in JSON."""
    return web.Response(
        status=status.value,
        body=json.dumps(found, ensure_ascii=False).encode(),
        content_type="application/json",
    )
