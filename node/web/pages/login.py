"""Logging in with a token, and out."""

import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from node.web.access import NOBODY, SESSION_GRANT, Grant, Scope, grant_of_token, needs
from node.web.errors import Problem
from node.web.keys import TOKENS
from node.web.pages.forms import read_form
from node.web.pages.sessions import (
    COOKIE,
    SESSIONS,
    Sessions,
    grant_of_session,
    session_of,
    set_cookie,
)
from node.web.pages.site import LANG_PATH, language, link, respond
from node.web.requests import query

TRIES: Final = 5
"""Wrong tokens from one address within `TRIES_S`, then it waits."""

TRIES_S: Final = 60.0
ADDRESSES_MAX: Final = 10_000


class Tries:
    """Wrong tokens by address, the last minute's."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Count from nothing; `now` gives seconds."""
        self._now: Final = now
        self._failed: Final[OrderedDict[str, list[float]]] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """Seconds to wait before the next try; 0 for none."""
        recent = self._recent(address)
        return 0 if len(recent) < TRIES else int(recent[-TRIES] + TRIES_S - self._now()) + 1

    def failed(self, address: str) -> None:
        """Count a wrong token."""
        recent = self._recent(address)
        self._failed[address] = [*recent, self._now()][-TRIES:]
        self._failed.move_to_end(address)
        if len(self._failed) > ADDRESSES_MAX:
            self._failed.popitem(last=False)

    def _recent(self, address: str) -> list[float]:
        since = self._now() - TRIES_S
        return [at for at in self._failed.get(address, ()) if at > since]


_TRIES: Final[web.AppKey[Tries]] = web.AppKey("login_tries", Tries)


def add_routes(app: web.Application) -> None:
    """Add log-in and log-out, and let cookies grant reading."""
    app[SESSIONS] = Sessions()
    app[SESSION_GRANT] = grant_of_session
    app[_TRIES] = Tries()
    app.router.add_get(LANG_PATH + "/connexion", _form)
    app.router.add_post(LANG_PATH + "/connexion", _login)
    app.router.add_post(LANG_PATH + "/deconnexion", _logout)
    app.on_cleanup.append(_end)


async def _end(app: web.Application) -> None:
    app[SESSIONS].clear()


@needs(None)
async def _form(request: web.Request) -> web.Response:
    asked = query(request, {"next": False})
    return _shown(request, asked.get("next", ""))


def _shown(
    request: web.Request, after: str, *, wrong: str = "", status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    session, secret = session_of(request), ""
    if session is None:
        secret, session = request.app[SESSIONS].open(NOBODY)
    context = {
        "current": "login",
        "csrf": session.form_token,
        "next": local(after) or "",
        "wrong": wrong,
        "who": session.grant,
        "scopes": sorted(one.value for one in session.grant.scopes),
    }
    response = respond(request, "login.html", context, status=status)
    if secret:
        set_cookie(request, response, secret)
    return response


@needs(None)
async def _login(request: web.Request) -> web.Response:
    _, fields = await read_form(request, None)
    tries, address = request.app[_TRIES], request.remote or ""
    wait_s = tries.wait_s(address)
    if wait_s:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "login-rate",
            f"more than {TRIES} wrong tokens in {TRIES_S:.0f} s",
            remedy=f"wait {wait_s} s",
            headers={"Retry-After": str(wait_s)},
        )
    grant = _granted(request, fields.get("token", "").strip())
    after = local(fields.get("next", ""))
    if grant is None or not grant.allows(Scope.READ):
        tries.failed(address)
        wrong = "login.wrong" if grant is None else "login.devices"
        return _shown(request, after or "", wrong=wrong, status=HTTPStatus.UNAUTHORIZED)
    # a new secret: the one from before the log-in may be known to somebody
    request.app[SESSIONS].close(request.cookies.get(COOKIE, ""))
    secret, _ = request.app[SESSIONS].open(grant)
    response = _led(after or link(language(request), "noeud"))
    set_cookie(request, response, secret)
    return response


def _granted(request: web.Request, token: str) -> Grant | None:
    if not token.isascii() or not token.isprintable():
        return None
    return grant_of_token(token, request.app[TOKENS])


@needs(None)
async def _logout(request: web.Request) -> web.Response:
    await read_form(request, None)
    request.app[SESSIONS].close(request.cookies.get(COOKIE, ""))
    response = _led(link(language(request), ""))
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
    return response


def _led(to: str) -> web.Response:
    headers = {"Location": to, "Cache-Control": "no-store"}
    return web.Response(status=HTTPStatus.SEE_OTHER.value, headers=headers)


def local(address: str) -> str | None:
    """An address on this site, or None: a log-in never leads elsewhere.

    Args:
        address: By anybody.
    """
    own = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if own and address.isprintable() and address.isascii() else None
