"""Errors as pages: the same facts as the problem document, in words for people."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from node.web.errors import Problem
from node.web.keys import PROBLEM_PAGE
from node.web.pages.site import language, respond
from node.web.pages.texts import keys, say

_SERVER_FAULT: Final = 500


def install(app: web.Application) -> None:
    """Show problems as pages to browsers."""
    app[PROBLEM_PAGE] = problem_page


def problem_page(request: web.Request, problem: Problem) -> web.Response:
    """A problem as a page.

    Args:
        request: That it answers.
        problem: The same that a program is told.
    """
    lang = language(request)
    code = str(problem.body["code"])
    key = f"problem.{code}"
    if key not in keys():
        fault = problem.status.value >= _SERVER_FAULT
        key = "problem.other.server" if fault else "problem.other"
    spoken = problem.spoken
    told = {} if spoken is None else {"detail": spoken.said.of(lang)}
    if spoken is not None:
        told["remedy"] = spoken.to_do.of(lang)
    login = problem.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    context = {
        "headline": say(lang, key),
        "problem": {**problem.body, **told},
        "told_in": lang if told else "en",
        "login": login,
        "next": str(request.rel_url) if login and request.method == "GET" else "",
    }
    return respond(request, "problem.html", context, status=problem.status, headers=problem.headers)
