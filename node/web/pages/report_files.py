"""The report of a file that was just handed in, to be kept: as a page, as JSON, as text.

It is kept with the session that handed the file in, and shown to nobody else.
"""

import json
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from node.web.access import Scope, needs
from node.web.errors import Problem
from node.web.pages.sessions import Session, session_of
from node.web.pages.site import HEADERS, LANG_PATH, language
from schemas.reading.file_report import FileReport
from schemas.reading.report_page import POLICY, report_page

REPORTS_MAX: Final = 3
"""Reports of one session; an older one is dropped."""

_FORMS: Final[dict[str, tuple[str, Callable[[FileReport, str], str]]]] = {
    "html": ("text/html", report_page),
    "json": (
        "application/json",
        lambda report, lang: json.dumps(report.to_json(lang), ensure_ascii=False, indent=2) + "\n",
    ),
    "txt": ("text/plain", lambda report, lang: report.text(lang)),
}


def add_routes(app: web.Application) -> None:
    """Add the reports' files."""
    app.router.add_get(LANG_PATH + r"/deposer/rapport/{name:[\w-]{10,40}}.{form:[a-z]{3,4}}", _file)


def keep_report(session: Session, report: FileReport) -> str:
    """Keep a report for its session.

    Returns:
        The name that it is asked for by.
    """
    while len(session.reports) >= REPORTS_MAX:
        session.reports.pop(next(iter(session.reports)))
    name = secrets.token_urlsafe(16)
    session.reports[name] = report
    return name


@needs(Scope.PUBLISH)
async def _file(request: web.Request) -> web.Response:
    session = session_of(request)
    report = session.reports.get(request.match_info["name"]) if session is not None else None
    form = _FORMS.get(request.match_info["form"])
    if report is None or form is None:
        raise Problem(
            HTTPStatus.GONE,
            "upload-gone",
            "this report is no longer here",
            remedy="hand the file in again",
        )
    media, make = form
    lang = "fr" if language(request) == "fr" else "en"
    name = f"{'rapport' if lang == 'fr' else 'report'}.{request.match_info['form']}"
    return web.Response(
        text=make(report, lang),
        content_type=media,
        charset="utf-8",
        headers={
            **HEADERS,
            "Content-Security-Policy": f"{POLICY}; sandbox",
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
