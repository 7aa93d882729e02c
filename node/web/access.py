"""Who may do what over HTTP: scopes, what a request is granted, and what a handler asks for.

A request is granted the scopes of its bearer token (RFC 6750), of its session, or none. A handler
says what it needs with `@needs`; one that says nothing is the administrator's alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final, TypeVar

from aiohttp import web

from node.web.auth import Tokens
from node.web.errors import Problem


class Scope(StrEnum):
    """What a token allows."""

    READ = "read"
    """All rows, figures and states that this node may show inside."""
    PUBLISH = "publish"
    """Take in files; READ with it."""
    DEVICES = "devices"
    """Hand in sensor readings, nothing else."""
    ADMIN = "admin"
    """Everything."""


_IMPLIED: Final[dict[Scope, frozenset[Scope]]] = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.PUBLISH: frozenset({Scope.PUBLISH, Scope.READ}),
    Scope.DEVICES: frozenset({Scope.DEVICES}),
    Scope.ADMIN: frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request may do.

    Attributes:
        scopes: All that is allowed, implied ones included.
        name: Of the token, for people; empty for nobody.
    """

    scopes: frozenset[Scope] = frozenset()
    name: str = ""

    @classmethod
    def of(cls, scopes: Iterable[Scope], name: str) -> "Grant":
        """A grant with what its scopes imply."""
        return cls(frozenset().union(*(_IMPLIED[one] for one in scopes)), name)

    def allows(self, scope: Scope) -> bool:
        """Whether a scope is granted."""
        return scope in self.scopes


NOBODY: Final = Grant()
"""Of a request without token and session: what is public."""

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
    """
    values = request.headers.getall("Authorization", [])
    if not values:
        session = request.app.get(SESSION_GRANT)
        reads = request.method in ("GET", "HEAD")
        return session(request) if session is not None and reads else NOBODY
    if len(values) == 1 and tokens.admits(values[0]):
        return Grant.of([Scope.ADMIN], "token")
    raise unauthorized(given=True)


def grant_of_token(token: str, tokens: Tokens) -> Grant | None:
    """What a token grants that was typed into the log-in form; None if it is wrong."""
    return Grant.of([Scope.ADMIN], "token") if tokens.admits(f"Bearer {token}") else None


def unauthorized(*, given: bool) -> Problem:
    """The answer where a token is missing or wrong."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "token",
        "the bearer token is wrong" if given else "a bearer token is needed",
        remedy="send Authorization: Bearer with the text of the data directory's file token",
        headers={
            "WWW-Authenticate": 'Bearer realm="maillage"'
            + (', error="invalid_token"' if given else "")
        },
    )
