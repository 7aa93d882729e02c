"""Forms: every one carries its session's token, and none is taken from another site."""

import hmac
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from node.clock import now_us
from node.web.access import NOBODY, Scope, unauthorized
from node.web.errors import Problem
from node.web.keys import TOKENS
from node.web.pages.sessions import Session, session_of
from node.web.requests import read_bounded

FORM_MAX_BYTES: Final = 16 * 1024
"""Of a form without a file."""

FIELDS_MAX: Final = 20


async def read_form(
    request: web.Request,
    scope: Scope | None,
    *,
    most_bytes: int = FORM_MAX_BYTES,
    most_fields: int = FIELDS_MAX,
) -> tuple[Session, dict[str, str]]:
    """Read a form without a file and check that it is ours.

    Args:
        request: As it came.
        scope: What the session must allow; None for the log-in.
        most_bytes: What the form may have.
        most_fields: Likewise.

    Returns:
        The session, and the fields.

    Raises:
        Problem: `form` (400), `csrf` (403), `token` (401), `scope` (403).
    """
    check_origin(request)
    if request.content_type != "application/x-www-form-urlencoded":
        raise malformed("not a form")
    body = await read_bounded(request, most_bytes)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=most_fields,
        )
    except ValueError as error:
        raise malformed("the form can't be read") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise malformed("a field stands twice")
    return confirmed(request, fields.pop("csrf", ""), scope), fields


def confirmed(request: web.Request, token: str, scope: Scope | None) -> Session:
    """The session, once its form token was shown and it allows what is asked.

    Raises:
        Problem: `csrf`, `token`, `scope`.
    """
    session = session_of(request)
    if session is None or not hmac.compare_digest(session.form_token.encode(), token.encode()):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "csrf",
            "the form's token isn't that of this session",
            remedy="load the page anew and send the form from there",
        )
    if not request.app[TOKENS].stands(session.grant, now_us()):
        raise unauthorized(given=True)  # it was taken away since the log-in
    if scope is not None and not session.grant.allows(scope):
        if session.grant is NOBODY:
            raise unauthorized(given=False)
        raise refused(scope)
    return session


def refused(scope: Scope) -> Problem:
    """The answer where a session's token doesn't reach."""
    return Problem(
        HTTPStatus.FORBIDDEN,
        "scope",
        f"the token doesn't allow this; it needs the scope {scope.value}",
        remedy=f"log in with a token that has the scope {scope.value}",
    )


def check_origin(request: web.Request) -> None:
    """Refuse a form that another site sent (beside the cookie's `SameSite` and the form token).

    A browser's `Sec-Fetch-Site` decides (W3C Fetch Metadata), which a proxy's other host name
    doesn't confuse; one too old to send it has `Origin` compared.

    Raises:
        Problem: `csrf`.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and urlsplit(origin).netloc != request.host
    if foreign:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "csrf",
            "the form was sent from another site",
            remedy="send the form from this site's own page",
        )


def malformed(detail: str) -> Problem:
    """The answer to what is no form of ours."""
    return Problem(HTTPStatus.BAD_REQUEST, "form", detail, remedy="use the page's own form")
