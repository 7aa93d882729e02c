"""The one form of error over HTTP: `application/problem+json` (RFC 9457).

Members: `type` (`about:blank` says that `title` is the status in words), `title`, `status`, `code`
(stable, for programs), `detail` (what is wrong), `remedy` (what to do). A file that isn't valid
adds `report`. HTTP statuses appear in `node.web` only.
"""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from federation.errors import (
    LimitError,
    MaillageError,
    MalformedError,
    StateError,
    TrustError,
    UnknownError,
)
from node.link.errors import LinkError
from node.spoken import KeptHereError
from node.store.errors import (
    CorruptContentError,
    ErasedContentError,
    MovedError,
    StoreBusyError,
    StoreError,
    UnknownRowError,
)
from schemas.reading import MappingFault
from schemas.territory import UnknownTerritoryError

CONTENT_TYPE: Final = "application/problem+json"

_log = logging.getLogger(__name__)

_BY_CLASS: Final[tuple[tuple[type[Exception], HTTPStatus], ...]] = (
    # narrower classes first
    (UnknownRowError, HTTPStatus.NOT_FOUND),
    (ErasedContentError, HTTPStatus.GONE),
    (MovedError, HTTPStatus.CONFLICT),
    (CorruptContentError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (StoreBusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.INSUFFICIENT_STORAGE),
    (LinkError, HTTPStatus.SERVICE_UNAVAILABLE),
    (UnknownError, HTTPStatus.NOT_FOUND),
    (UnknownTerritoryError, HTTPStatus.NOT_FOUND),
    (LimitError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (MalformedError, HTTPStatus.BAD_REQUEST),
    (TrustError, HTTPStatus.FORBIDDEN),
    (StateError, HTTPStatus.CONFLICT),
    (MaillageError, HTTPStatus.BAD_REQUEST),
    (MappingFault, HTTPStatus.BAD_REQUEST),
)


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """An answer that isn't a success.

    Attributes:
        status: HTTP status.
        body: The problem document.
        headers: Further headers.
        spoken: What pages say in the reader's language instead of `detail` and `remedy`.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        remedy: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Describe it.

        Args:
            status: HTTP status.
            code: Stable reason code in kebab-case.
            detail: What is wrong, for people.
            remedy: What to do about it.
            headers: Further headers.
            more: Further members of the document.
        """
        super().__init__(detail)
        self.status: Final = status
        self.headers: Final = dict(headers or {})
        self.spoken: KeptHereError | None = None
        self.body: Final[dict[str, Any]] = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "code": code,
            "detail": detail,
            "remedy": remedy,
            **more,
        }

    def response(self) -> web.Response:
        """The answer as sent."""
        return web.Response(
            status=self.status.value,
            body=json.dumps(self.body, ensure_ascii=False).encode(),
            content_type=CONTENT_TYPE,
            headers=self.headers,
        )


def problem_of(error: Exception) -> Problem:
    """An error of the project, of aiohttp or of the program as a problem."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, web.HTTPException):
        return _of_aiohttp(error)
    for kind, status in _BY_CLASS:
        if isinstance(error, kind):
            code, remedy = getattr(error, "code", "error"), getattr(error, "remedy", "")
            waits = {"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
            problem = Problem(status, code, str(error), remedy=remedy, headers=waits)
            problem.spoken = error if isinstance(error, KeptHereError) else None
            return problem
    # what nobody foresaw: its words may hold anything, so they go to the log only
    _log.error("unexpected error in the HTTP interface", exc_info=error)
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "unexpected",
        f"an unexpected {type(error).__name__}; the node's log has the details",
        remedy="report it with the log",
    )


def _of_aiohttp(error: web.HTTPException) -> Problem:
    status = HTTPStatus(error.status)
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return Problem(
            status,
            "method",
            f"{error.method[:20]} isn't answered here",
            remedy=f"use {allowed}",
            headers={"Allow": allowed},
        )
    if status is HTTPStatus.NOT_FOUND:
        return Problem(
            status, "path", "there is nothing at this path", remedy="docs/api.md lists the paths"
        )
    return Problem(status, "http", error.reason or status.phrase)
