"""Handing in a file: it is checked first, shown cell by cell, and published once confirmed.

Between the two steps the file lies in the data directory's folder `uploads`, under a random name
and readable by this user only; its own name is text and never a path.
"""

import asyncio
import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from federation.errors import MaillageError
from federation.ids import DatasetId, parse_name
from federation.manifest import Level
from node.clock import now_us
from node.node import Node
from node.web.access import GRANT, Scope, admit_publisher, needs
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.pages import columns_form, sharing_form
from node.web.pages.forms import check_origin, malformed, read_form
from node.web.pages.receiving import FOLDER, received
from node.web.pages.report_files import keep_report
from node.web.pages.schema_choice import schema_choice
from node.web.pages.sessions import Session, Upload, session_of
from node.web.pages.site import LANG_PATH, language, name_of, respond
from node.web.pages.texts import Lang
from node.web.requests import query
from schemas.model import Schema
from schemas.reading import Note, Reading, read
from schemas.reading.file_report import FileReport

UPLOADS_AT_ONCE: Final = 2
"""Files read and checked together; others wait for their turn."""

WAITING_MAX: Final = 3
"""Files of one session that wait for confirmation; an older one is dropped."""

PREVIEW_ROWS: Final = 10
FORMS: Final = (("xlsx", "XLSX"), ("csv", "CSV"))
"""Forms of a file to fill in, and what links to them say."""

_ANSWERED: Final[tuple[str, Mapping[str, str]]] = ("", {})
_TURNS: Final[web.AppKey[asyncio.Semaphore]] = web.AppKey("upload_turns", asyncio.Semaphore)


def add_routes(app: web.Application) -> None:
    """Add the upload's pages."""
    app[_TURNS] = asyncio.Semaphore(UPLOADS_AT_ONCE)
    app.on_startup.append(_sweep)
    app.router.add_get(LANG_PATH + "/deposer", _form)
    app.router.add_post(LANG_PATH + "/deposer", _check)
    app.router.add_post(LANG_PATH + "/deposer/colonnes", _columns)
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
        **schema_choice(node.publisher.schemas(), lang),
        "forms": FORMS,
        "given": {"participant": "", "schema": "", "slug": "", **given},
        "max_bytes": node.settings.upload_max_bytes,
    }


# -- checking -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Checked:
    """What was found in a file.

    Attributes:
        reading: What became of it.
        schema: What it was read under.
        dataset: Where its rows belong.
        told: What is to be said of the mapping used.
        size_bytes: Of the file.
    """

    reading: Reading
    schema: Schema
    dataset: str
    told: tuple[Note, ...]
    size_bytes: int


@needs(None)
async def _check(request: web.Request) -> web.Response:
    check_origin(request)
    async with request.app[_TURNS]:
        session, upload = await received(request)
        try:
            admit_publisher(session.grant, upload.participant)
            checked = await asyncio.to_thread(_read, request.app[NODE], upload)
        except BaseException:
            upload.path.unlink(missing_ok=True)
            raise
    return await _answer(request, session, upload, checked)


@needs(None)
async def _columns(request: web.Request) -> web.Response:
    """Check a file that waits once more, with what its sender says of its columns."""
    session, fields = await read_form(
        request,
        Scope.PUBLISH,
        most_bytes=columns_form.FORM_MAX_BYTES,
        most_fields=columns_form.FIELDS_MAX + 200,
    )
    upload = _taken(session, fields)
    trouble = ""
    try:
        schema = request.app[NODE].publisher.schema(upload.schema)
        try:
            if upload.proposal is not None:
                upload.mapping = columns_form.answered(
                    fields, upload.proposal, schema, language(request)
                )
        except columns_form.Unanswered as unanswered:
            trouble = str(unanswered)
        async with request.app[_TURNS]:
            checked = await asyncio.to_thread(_read, request.app[NODE], upload)
    except BaseException:
        upload.path.unlink(missing_ok=True)
        raise
    return await _answer(request, session, upload, checked, (trouble, fields if trouble else {}))


async def _answer(
    request: web.Request,
    session: Session,
    upload: Upload,
    checked: _Checked,
    unanswered: tuple[str, Mapping[str, str]] = _ANSWERED,
) -> web.Response:
    """Show what was found; the file waits where it can be published or its columns are asked."""
    reading, lang = checked.reading, language(request)
    trouble, answer = unanswered
    valid = reading.rows is not None and not trouble
    name = ""
    if valid or upload.proposal is not None:
        name = _waits(session, upload)
    else:
        upload.path.unlink(missing_ok=True)
    report = FileReport.of(
        reading,
        filename=upload.filename,
        size_bytes=checked.size_bytes,
        schema=checked.schema,
        checked_at=dt.datetime.now(dt.UTC),
        notes=checked.told,
    )
    given = {"participant": upload.participant, "schema": upload.schema, "slug": upload.slug or ""}
    request[GRANT] = session.grant
    share = await asyncio.to_thread(
        _share, request.app[NODE], upload, reading, checked.dataset, lang
    )
    context = _choices(request, given, session) | {
        "upload": upload,
        "name": name,
        "dataset": checked.dataset,
        "reading": reading,
        "notes": report.notes,
        "report": keep_report(session, report),
        "report_lang": "fr" if lang == "fr" else "en",
        "total": reading.report.total,
        "preview": preview(reading.rows, PREVIEW_ROWS) if valid else None,
        "columns": columns_form.columns_form(
            upload.proposal,
            checked.schema,
            reading,
            participant=upload.participant,
            lang=lang,
            trouble=trouble,
            given=answer,
        ),
        "share": share,
    }
    status = HTTPStatus.OK if valid else HTTPStatus.UNPROCESSABLE_ENTITY
    return respond(request, "upload_report.html", context, status=status)


def _read(node: Node, upload: Upload) -> _Checked:
    """Check a file as publishing does, and see what is to be asked of its columns.

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
    mapping = upload.mapping
    told: tuple[Note, ...] = ()
    if mapping is None:
        mapping, told = node.publisher.mappings.get(dataset, schema)
    data = upload.path.read_bytes()
    reading = read(data, filename=upload.filename, schema=schema, mapping=mapping)
    upload.proposal = columns_form.proposal_for(data, upload.filename, schema, reading, mapping)
    return _Checked(reading, schema, dataset, told, len(data))


def _share(
    node: Node, upload: Upload, reading: Reading, dataset: str, lang: Lang
) -> sharing_form.Choices:
    schema = node.publisher.schema(upload.schema)
    return sharing_form.choices(node, schema, dataset, lang, reading.rows)


def _taken(session: Session, fields: dict[str, str]) -> Upload:
    """The file that a form means; it waits no longer.

    Raises:
        Problem: `upload-gone`.
    """
    upload = session.uploads.pop(fields.get("name", ""), None)
    if upload is None:
        raise Problem(
            HTTPStatus.GONE,
            "upload-gone",
            "this file is no longer here",
            remedy="hand it in again",
        )
    return upload


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


# -- confirming ---------------------------------------------------------------------------------


@needs(None)
async def _publish(request: web.Request) -> web.Response:
    session, fields = await read_form(request, Scope.PUBLISH)
    sharing = sharing_form.chosen(fields.get("sharing", ""))
    upload = _taken(session, fields)
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
        mapping=upload.mapping,
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
