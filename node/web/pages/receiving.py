"""Taking a file in from a form: its parts one by one, the file last, never more than allowed.

The file lies in the data directory's folder `uploads` until it is published or discarded.
"""

import secrets
import unicodedata
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Final

from aiohttp import BodyPartReader, MultipartReader, web

from node.web.access import Scope
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.pages.forms import confirmed, malformed
from node.web.pages.sessions import Session, Upload

FOLDER: Final = "uploads"
FIELD_MAX_BYTES: Final = 2_000
_FIELDS: Final = ("csrf", "participant", "schema", "slug")
_NAME_MAX_CHARS: Final = 200


async def received(request: web.Request) -> tuple[Session, Upload]:
    """Take the form's parts, the file last, and never more of them than allowed.

    Raises:
        Problem: `form`, `csrf`, `token`, `scope`, `upload-size`, `upload-empty`.
    """
    most = request.app[NODE].settings.upload_max_bytes
    if request.content_type != "multipart/form-data":
        raise malformed("not a form with a file")
    if request.content_length is not None and request.content_length > most + 64 * 1024:
        raise _too_large(most)
    fields: dict[str, str] = {}
    try:
        parts = await request.multipart()
        while (part := await _next(parts)) is not None:
            if part.name == "file":
                # what decides whether the file is taken at all stands before it
                session = confirmed(request, fields.get("csrf", ""), Scope.PUBLISH)
                return session, await _file(request, part, fields, most)
            if part.name not in _FIELDS or part.name in fields:
                raise malformed("an unknown or repeated field")
            fields[part.name] = await _text(part)
    except (ValueError, AssertionError) as error:
        raise malformed("the form can't be read") from error
    raise Problem(HTTPStatus.BAD_REQUEST, "upload-empty", "no file", remedy="choose a file")


async def _next(parts: MultipartReader) -> BodyPartReader | None:
    part = await parts.next()
    if part is not None and not isinstance(part, BodyPartReader):
        raise malformed("a form within a form")
    return part


async def _text(part: BodyPartReader) -> str:
    found = bytearray()
    while chunk := await part.read_chunk(FIELD_MAX_BYTES):
        found += chunk
        if len(found) > FIELD_MAX_BYTES:
            raise malformed("a field is too long")
    return found.decode("utf-8").strip()


async def _file(
    request: web.Request, part: BodyPartReader, fields: dict[str, str], most: int
) -> Upload:
    folder = request.app[NODE].data_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / secrets.token_hex(16)
    path.touch(mode=0o600)
    try:
        await _write(part, path, most)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    filename = file_name(part.filename)
    return Upload(
        path,
        filename,
        fields.get("participant", ""),
        fields.get("schema", ""),
        fields.get("slug") or None,
    )


async def _write(part: BodyPartReader, path: Path, most: int) -> None:
    """Write a part to a file, stopping at the first byte too many."""
    size = 0
    with path.open("wb") as stream:
        while chunk := await part.read_chunk(64 * 1024):
            size += len(chunk)
            if size > most:
                raise _too_large(most)
            stream.write(chunk)
    if not size:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "upload-empty", "the file is empty", remedy="choose a file"
        )


def file_name(given: str | None) -> str:
    """A file's name as text: no folders, nothing that doesn't show, not too long."""
    last = PurePosixPath((given or "").replace("\\", "/")).name
    shown = "".join(one for one in last if unicodedata.category(one)[0] not in "CZ" or one == " ")
    stem, dot, ending = shown.rpartition(".")
    if not dot:
        stem, ending = shown, ""
    return (stem[:_NAME_MAX_CHARS] or "fichier") + (f".{ending[:8]}" if ending else "")


def _too_large(most: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "upload-size",
        f"more than {most} bytes",
        remedy="split the file, or raise MAILLAGE_UPLOAD_MAX_BYTES",
        headers={"Connection": "close"},
    )
