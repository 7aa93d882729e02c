"""Handing in a file: it is checked first, shown cell by cell, and published once confirmed.

Between the two steps the file lies in the data directory's folder `uploads`, under a random name
and readable by this user only; its own name is text and never a path.
"""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any, Final

from aiohttp import BodyPartReader, MultipartReader, web

from federation.errors import MaillageError
from federation.ids import DatasetId, parse_name
from federation.manifest import Level
from node.clock import now_us
from node.node import Node
from node.web.access import GRANT, Scope, admit_publisher, needs
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.pages import sharing_form
from node.web.pages.forms import check_origin, confirmed, malformed, read_form
from node.web.pages.sessions import Session, Upload, session_of
from node.web.pages.site import LANG_PATH, language, name_of, respond
from node.web.pages.texts import Lang, labelled
from node.web.requests import query
from schemas.reading import Reading, read

FOLDER: Final = "uploads"
UPLOADS_AT_ONCE: Final = 2
"""Files read and checked together; others wait for their turn."""

WAITING_MAX: Final = 3
"""Files of one session that wait for confirmation; an older one is dropped."""

FIELD_MAX_BYTES: Final = 2_000
PREVIEW_ROWS: Final = 10
_FIELDS: Final = ("csrf", "participant", "schema", "slug")
_NAME_MAX_CHARS: Final = 200
_TURNS: Final[web.AppKey[asyncio.Semaphore]] = web.AppKey("upload_turns", asyncio.Semaphore)


def add_routes(app: web.Application) -> None:
    """Add the upload's pages."""
    app[_TURNS] = asyncio.Semaphore(UPLOADS_AT_ONCE)
    app.on_startup.append(_sweep)
    app.router.add_get(LANG_PATH + "/deposer", _form)
    app.router.add_post(LANG_PATH + "/deposer", _check)
    app.router.add_post(LANG_PATH + "/deposer/publier", _publish)
    app.router.add_post(LANG_PATH + "/deposer/abandonner", _discard)


async def _sweep(app: web.Application) -> None:
    """Remove what an earlier process left: its sessions are gone."""
    for old in (app[NODE].data_dir / FOLDER).glob("*"):
        old.unlink(missing_ok=True)


@needs(Scope.PUBLISH)
async def _form(request: web.Request) -> web.Response:
    given = query(request, {"participant": False, "schema": False})
    session = session_of(request)
    if session is None:  # a bearer token: programs have the API
        raise malformed("this form needs a log-in on this site")
    return respond(request, "upload.html", _choices(request, given, session))


def _choices(request: web.Request, given: dict[str, str], session: Session) -> dict[str, Any]:
    node, lang = request.app[NODE], language(request)
    return {
        "current": "upload",
        "csrf": session.form_token,
        "bodies": [(one, name_of(node, one)) for one in node.participants],
        "schemas": _schemas(node, lang),
        "given": {"participant": "", "schema": "", "slug": "", **given},
        "max_bytes": node.settings.upload_max_bytes,
    }


def _schemas(node: Node, lang: Lang) -> list[tuple[str, str]]:
    catalogue = node.publisher.schemas()
    found = [one for one in map(catalogue.latest, catalogue.names()) if one is not None]
    return [
        (one.name, labelled(one.labels, lang, one.name)) for one in found if one.name != "synthese"
    ]


# -- checking -----------------------------------------------------------------------------------


@needs(None)
async def _check(request: web.Request) -> web.Response:
    check_origin(request)
    async with request.app[_TURNS]:
        session, upload = await _received(request)
        try:
            admit_publisher(session.grant, upload.participant)
            reading, dataset = await asyncio.to_thread(_read, request.app[NODE], upload)
        except BaseException:
            upload.path.unlink(missing_ok=True)
            raise
    name = ""
    if reading.rows is None:
        upload.path.unlink(missing_ok=True)
    else:
        name = _waits(session, upload)
    given = {
        "participant": upload.participant,
        "schema": upload.schema,
        "slug": upload.slug or "",
    }
    request[GRANT] = session.grant
    lang = language(request)
    context = _choices(request, given, session) | {
        "upload": upload,
        "name": name,
        "dataset": dataset,
        "reading": reading,
        "report_lang": "fr" if lang == "fr" else "en",
        "total": sum(reading.report.counts.values()),
        "preview": preview(reading.rows, PREVIEW_ROWS),
        "share": await asyncio.to_thread(_share, request.app[NODE], upload, reading, dataset, lang),
    }
    status = HTTPStatus.OK if reading.rows is not None else HTTPStatus.UNPROCESSABLE_ENTITY
    return respond(request, "upload_report.html", context, status=status)


def _read(node: Node, upload: Upload) -> tuple[Reading, str]:
    """Check a file as publishing does.

    Raises:
        Problem: `participant`.
        UnknownError: `schema`.
        MalformedError: `name`: the slug is none.
    """
    if upload.participant not in node.participants:
        raise Problem(HTTPStatus.NOT_FOUND, "participant", "this body isn't hosted on this node")
    schema = node.publisher.schema(upload.schema)
    slug = parse_name(upload.slug) if upload.slug else None
    dataset = str(DatasetId(upload.participant, schema.name, slug))
    return read(upload.path.read_bytes(), filename=upload.filename, schema=schema), dataset


def _share(
    node: Node, upload: Upload, reading: Reading, dataset: str, lang: Lang
) -> sharing_form.Choices:
    schema = node.publisher.schema(upload.schema)
    return sharing_form.choices(node, schema, dataset, lang, reading.rows)


def _waits(session: Session, upload: Upload) -> str:
    while len(session.uploads) >= WAITING_MAX:
        session.uploads.pop(next(iter(session.uploads))).path.unlink(missing_ok=True)
    name = secrets.token_urlsafe(16)
    session.uploads[name] = upload
    return name


def preview(
    rows: Any,
    most: int,
    told: Callable[[object], str | None] = str,
    *,
    plain: Sequence[str] = (),
) -> dict[str, Any] | None:
    """The first rows as texts; None where there are none.

    Args:
        rows: A frame.
        most: So many at most.
        told: How a value is written that isn't unknown.
        plain: Columns of which the values are written as they are.
    """
    if rows is None:
        return None
    some = rows.head(most)
    write = [str if name in plain else told for name in some.columns]
    return {
        "columns": some.columns,
        "rows": [
            [None if one is None else how(one) for how, one in zip(write, row, strict=True)]
            for row in some.iter_rows()
        ],
        "total": rows.height,
    }


async def _received(request: web.Request) -> tuple[Session, Upload]:
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


# -- confirming ---------------------------------------------------------------------------------


@needs(None)
async def _publish(request: web.Request) -> web.Response:
    session, fields = await read_form(request, Scope.PUBLISH)
    sharing = sharing_form.chosen(fields.get("sharing", ""))
    upload = session.uploads.pop(fields.get("name", ""), None)
    if upload is None:
        raise Problem(
            HTTPStatus.GONE,
            "upload-gone",
            "this file is no longer here",
            remedy="hand it in again",
        )
    node = request.app[NODE]
    try:
        async with request.app[_TURNS]:
            published = await asyncio.to_thread(_publish_file, node, upload, sharing)
    finally:
        upload.path.unlink(missing_ok=True)
    for sender in node.senders.values():
        sender.wake()
    request[GRANT] = session.grant
    given = {"participant": upload.participant, "schema": upload.schema, "slug": upload.slug or ""}
    context = _choices(request, given, session) | {"published": published}
    return respond(request, "upload.html", context)


def _publish_file(node: Node, upload: Upload, sharing: tuple[Level | None, str | None]) -> Any:
    level, charter = sharing
    data = Path(upload.path).read_bytes()
    published = node.publisher.publish_file(
        data,
        filename=upload.filename,
        schema_name=upload.schema,
        participant=upload.participant,
        slug=upload.slug,
        sharing=level,
        charter=charter,
        now_us=now_us(),
    )
    if not published.report.valid:  # the schema changed between the two steps
        raise MaillageError("the file isn't valid any more", code="invalid")
    return published


@needs(None)
async def _discard(request: web.Request) -> web.Response:
    session, fields = await read_form(request, Scope.PUBLISH)
    upload = session.uploads.pop(fields.get("name", ""), None)
    if upload is not None:
        upload.path.unlink(missing_ok=True)
    request[GRANT] = session.grant
    return respond(request, "upload.html", _choices(request, {}, session))
