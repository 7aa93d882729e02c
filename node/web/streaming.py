"""Answers that are made piece by piece: in threads, in bounded memory, at the reader's speed."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from node.web.errors import Problem

_log = logging.getLogger(__name__)

STREAMED_AT_ONCE: Final = 16
"""Answers under way together; each holds a stretch of rows (`node.rows`)."""

MADE_AT_ONCE: Final = 2
"""Pieces made together: that many cores are used."""

WRITE_MAX_S: Final = 60.0
"""Who takes none of a piece in this time is let go."""


class Streaming:
    """The answers under way of one application."""

    def __init__(self) -> None:
        """None yet."""
        self._making: Final = asyncio.Semaphore(MADE_AT_ONCE)
        self._open = 0

    async def send(
        self, request: web.Request, headers: Mapping[str, str], pieces: Iterator[bytes]
    ) -> web.StreamResponse:
        """Send pieces as they are made.

        What fails before the first piece is an answer of its own; what fails later cuts the
        connection, so that half a file is never taken for a whole one.

        Args:
            request: As it came.
            headers: Of the answer.
            pieces: Made in threads, one after the other.

        Raises:
            Problem: `streams` (503): too many are under way.
        """
        if self._open >= STREAMED_AT_ONCE:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "streams",
                f"{STREAMED_AT_ONCE} files are being sent",
                remedy="try again later",
                headers={"Retry-After": "10"},
            )
        self._open += 1
        try:
            return await self._send(request, headers, pieces)
        finally:
            self._open -= 1

    async def _send(
        self, request: web.Request, headers: Mapping[str, str], pieces: Iterator[bytes]
    ) -> web.StreamResponse:
        piece = await self._made(pieces)
        response = web.StreamResponse(headers=headers)
        try:
            await response.prepare(request)
            while piece is not None:
                await asyncio.wait_for(response.write(piece), WRITE_MAX_S)
                piece = await self._made(pieces)
            await response.write_eof()
        except (ConnectionError, TimeoutError):
            _cut(request)
        except Exception:  # noqa: BLE001 - the answer has begun: there is no other way to say it
            _log.exception("an answer ended in the middle")
            _cut(request)
        return response

    async def _made(self, pieces: Iterator[bytes]) -> bytes | None:
        async with self._making:
            return await asyncio.to_thread(next, pieces, None)


def _cut(request: web.Request) -> None:
    """End the connection without the end of the answer."""
    with contextlib.suppress(AttributeError):  # it is gone already
        assert request.transport is not None
        request.transport.abort()
