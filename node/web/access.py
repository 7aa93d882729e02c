"""Who may do what over HTTP: scopes, what a request is granted, and what a handler asks for.

A request is granted the scopes of its bearer token (RFC 6750), of its session, or none. A handler
says what it needs with `@needs`; one that says nothing is the administrator's alone.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from aiohttp import web

from federation.errors import MalformedError
from node.clock import now_us
from node.web.auth import Tokens, bearer
from node.web.errors import Problem
from node.web.scopes import NOBODY, Grant, Scope

__all__ = [
    "GRANT",
    "NOBODY",
    "SESSION_GRANT",
    "Grant",
    "Scope",
    "admit",
    "admit_publisher",
    "grant_of",
    "grant_of_token",
    "needs",
    "refuse",
    "unauthorized",
]


GRANT: Final = web.RequestKey("grant", Grant)
"""Set for every request before its handler runs."""

SESSION_GRANT: Final[web.AppKey[Callable[[web.Request], Grant]]] = web.AppKey("session_grant")
"""What a session's cookie grants; set by the pages."""

_NEEDS: Final = "maillage_needs"
_Handler = TypeVar("_Handler", bound=Callable[..., object])


def needs(scope: Scope | None) -> Callable[[_Handler], _Handler]:
    """Say who may call a handler.

    Args:
        scope: None for everybody: such a handler shows what is `open`, and more only after asking
            `request[GRANT].allows(Scope.READ)`.
    """

    def mark(handler: _Handler) -> _Handler:
        setattr(handler, _NEEDS, scope)
        return handler

    return mark


def admit(request: web.Request) -> None:
    """Refuse a request that its handler isn't for.

    Raises:
        Problem: `token` (401): none was given; `scope` (403): it allows other things.
    """
    if request.match_info.http_exception is not None:
        return  # no such path or method; that is answered to everybody
    scope: Scope | None = getattr(request.match_info.handler, _NEEDS, Scope.ADMIN)
    grant = request[GRANT]
    if scope is None or grant.allows(scope):
        return
    raise refuse(request, scope)


def refuse(request: web.Request, scope: Scope) -> Problem:
    """The answer to a request whose grant doesn't reach.

    Args:
        request: As it came.
        scope: What it needs.

    Returns:
        `token` (401) where no token was given, else `scope` (403).
    """
    if request[GRANT] is NOBODY:
        return unauthorized(given=False)
    return Problem(
        HTTPStatus.FORBIDDEN,
        "scope",
        f"the token doesn't allow this; it needs the scope {scope.value}",
        remedy=f"ask the node's operator for a token with the scope {scope.value}",
        headers={
            "WWW-Authenticate": 'Bearer realm="maillage", error="insufficient_scope", '
            f'scope="{scope.value}"'
        },
    )


def grant_of(request: web.Request, tokens: Tokens) -> Grant:
    """What a request's `Authorization` header grants; without one, its session's cookie.

    A cookie grants reading only: a browser sends it along with whatever another site makes it ask.

    Raises:
        Problem: `token`: it is given, and wrong. A wrong token is never taken for none.
            `token-file` (500): the node's tokens can't be read.
    """
    values = request.headers.getall("Authorization", [])
    if not values:
        session = request.app.get(SESSION_GRANT)
        reads = request.method in ("GET", "HEAD")
        grant = session(request) if session is not None and reads else NOBODY
        # a session ends with the token that it was opened with
        return grant if tokens.stands(grant, now_us()) else NOBODY
    try:
        found = tokens.grant(bearer(values[0]), now_us()) if len(values) == 1 else None
    except MalformedError as error:  # not the caller's fault: a file of this node
        raise Problem(
            HTTPStatus.INTERNAL_SERVER_ERROR, error.code, str(error), remedy=error.remedy
        ) from error
    if found is None:
        raise unauthorized(given=True)
    return found


def grant_of_token(token: str, tokens: Tokens) -> Grant | None:
    """What a token grants that was typed into the log-in form; None if it is wrong."""
    return tokens.grant(token, now_us())


def admit_publisher(grant: Grant, participant: str) -> None:
    """Refuse a file in the name of a body for which the token isn't.

    Raises:
        Problem: `participant` (403).
    """
    if not grant.publishes_for(participant):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "participant",
            f"the token isn't for {participant[:80]}",
            remedy=f"it is for {', '.join(sorted(grant.participants)) or 'reading only'}",
        )


def unauthorized(*, given: bool) -> Problem:
    """The answer where a token is missing or wrong."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "token",
        "the bearer token is wrong" if given else "a bearer token is needed",
        remedy="send Authorization: Bearer with a token; maillage token add makes one, and the "
        "administrator's is the file token of the data directory",
        headers={
            "WWW-Authenticate": 'Bearer realm="maillage"'
            + (', error="invalid_token"' if given else "")
        },
    )
