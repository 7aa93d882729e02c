"""Live events: Server-Sent Events of publications as they are received or signed here.

Streams are woken by the store when something was committed; what another process stored is found
by asking every two seconds. A stream holds one page of entries at most: who reads slowly is read
for slowly, and who doesn't read at all is let go. Its entries come from the store by position, so
that nothing is queued for anybody and nothing is missed.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from node.grounds import ground_of
from node.names import bodies_of
from node.store.rows import PublicationRow
from node.store.store import Store
from node.web.api.endpoint import (
    Answer,
    Asked,
    Endpoint,
    PositionText,
    SchemaText,
    TerritoryText,
)
from node.web.api.models import PublicationEntry
from node.web.api.openapi import example_of
from node.web.api.shown import inside, publication_entry
from node.web.errors import Problem
from node.web.keys import NODE, POSITIONS

MEDIA: Final = "text/event-stream"

STREAMS_MAX: Final = 64
"""Streams open together; each costs a socket and, when woken, a query of the store."""

HEARTBEAT_S: Final = 15.0
"""A comment so often, so that proxies keep the connection and a dead one is noticed."""

POLL_S: Final = 2.0
"""How often another process's publications are looked for while any stream is open."""

PAUSE_S: Final = 0.1
"""Between two readings of one stream: commits come faster than anybody looks."""

PAGE: Final = 200
"""Entries read and written at once."""

WRITE_MAX_S: Final = 60.0
"""Who takes none of a page in this time is let go."""

STREAM_MAX_S: Final = 3_600.0
"""Then a stream ends, and the client comes again: with a token that may be no more."""

RETRY_MS: Final = 2_000


class EventsAsked(Asked):
    """Which publications, and from where on."""

    territory: TerritoryText | None = None
    schema_name: Annotated[SchemaText | None, Field(alias="schema")] = None
    after: PositionText | None = None


class Streams:
    """The open streams of one application."""

    def __init__(self, store: Store) -> None:
        """Serve from a store."""
        self._store: Final = store
        self._woken: Final[set[asyncio.Event]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poll: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def open(self) -> int:
        """How many there are."""
        return len(self._woken)

    def closing(self) -> bool:
        """Whether the application ends, and with it all streams."""
        return self._closing

    async def start(self, _app: web.Application) -> None:
        """Be told of commits."""
        self._loop = asyncio.get_running_loop()
        self._store.watch.add(self._told)

    async def stop(self, _app: web.Application) -> None:
        """End all streams."""
        self._closing = True
        self._store.watch.remove(self._told)
        self._wake()
        if self._poll is not None:
            self._poll.cancel()

    def _told(self) -> None:
        """Called in the thread that committed."""
        if self._woken and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for woken in self._woken:
            woken.set()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[asyncio.Event]:
        """Open a stream; what it gives is set when there may be something new.

        Raises:
            Problem: `streams` (503): too many are open.
        """
        if self.open >= STREAMS_MAX or self._closing:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "streams",
                f"{STREAMS_MAX} event streams are open",
                remedy="try again later, or ask /api/v1/publications with after= now and then",
                headers={"Retry-After": "30"},
            )
        woken = asyncio.Event()
        self._woken.add(woken)
        if self._poll is None or self._poll.done():
            self._poll = asyncio.create_task(self._look(), name="events")
        try:
            yield woken
        finally:
            self._woken.discard(woken)

    async def _look(self) -> None:
        """Look for what other processes store, as long as anybody waits for it."""
        seen = -1
        while self._woken:
            last = await asyncio.to_thread(self._store.publications.last_position)
            if last != seen:
                seen = last
                self._wake()
            await asyncio.sleep(POLL_S)


STREAMS: Final = web.AppKey("streams", Streams)


@dataclass(slots=True)
class _Reader:
    """Where one stream is, and what it wants."""

    store: Store
    at: int
    schema: str | None
    owners: Collection[str] | None
    guarded: bool

    def read(self) -> list[PublicationRow]:
        """The next page; empty at the end."""
        last = self.store.publications.last_position()
        if last <= self.at:
            return []
        rows = self.store.publications.received(
            after=self.at,
            limit=PAGE,
            schema=self.schema,
            owners=self.owners,
            guarded=self.guarded,
        )
        # all up to `last` was committed before the rows were read: it needn't be looked at again
        self.at = rows[-1].position if len(rows) == PAGE else max(self.at, last)
        if rows:
            self.at = max(self.at, rows[-1].position)
        return rows


async def _events(request: web.Request, asked: EventsAsked) -> web.StreamResponse:
    app = request.app
    node, positions = app[NODE], app[POSITIONS]
    # a browser that comes again keeps the address and says in the header how far it was
    after = request.headers.get("Last-Event-ID") or asked.after

    def begin() -> tuple[_Reader, str]:
        store = node.store
        if after is None:
            at = store.publications.last_position()
            text = positions.write(at, store.publications.digest_at(at) or "")
        else:
            at, text = positions.read(after), after
        owners = None
        if asked.territory is not None:
            owners = bodies_of(ground_of(asked.territory, node.knowledge))
        return _Reader(store, at, asked.schema_name, owners, inside(request)), text

    reader, text = await asyncio.to_thread(begin)
    async with app[STREAMS].one() as woken:
        response = web.StreamResponse(
            headers={"Content-Type": MEDIA, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        with contextlib.suppress(ConnectionError, TimeoutError):
            await response.prepare(request)
            if request.method == "HEAD":
                return response
            # an id without data is no event; a client that hears nothing yet knows where it began
            await _write(response, f"retry: {RETRY_MS}\nid: {text}\n\n")
            await _follow(request, response, reader, woken)
    return response


async def _follow(
    request: web.Request, response: web.StreamResponse, reader: _Reader, woken: asyncio.Event
) -> None:
    node, positions, streams = request.app[NODE], request.app[POSITIONS], request.app[STREAMS]
    loop = asyncio.get_running_loop()
    end = loop.time() + STREAM_MAX_S
    while not streams.closing() and loop.time() < end:
        woken.clear()
        while rows := await asyncio.to_thread(reader.read):
            entries = [publication_entry(row, node.knowledge, positions) for row in rows]
            await _write(response, "".join(map(_event, entries)))
            if streams.closing():
                return
        try:
            await asyncio.wait_for(woken.wait(), HEARTBEAT_S)
            await asyncio.sleep(PAUSE_S)
        except TimeoutError:
            await _write(response, ":\n\n")


def _event(entry: PublicationEntry) -> str:
    return f"id: {entry.position}\nevent: publication\ndata: {entry.write().decode()}\n\n"


async def _write(response: web.StreamResponse, text: str) -> None:
    """Write, and wait until the other side takes it.

    Raises:
        TimeoutError: It takes nothing.
        ConnectionError: It is gone.
    """
    await asyncio.wait_for(response.write(text.encode()), WRITE_MAX_S)


def prepare(app: web.Application) -> None:
    """Make what the streams share."""
    streams = Streams(app[NODE].store)
    app[STREAMS] = streams
    app.on_startup.append(streams.start)
    app.on_shutdown.append(streams.stop)


ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path="/api/v1/events",
        name="followPublications",
        tag="Publications",
        summary="Publications as they come: Server-Sent Events",
        description="`event: publication`, `id:` its position, `data:` an entry as in "
        "`/api/v1/publications`. Goes on behind `Last-Event-ID` or `after`; without both, with "
        f"what comes from now on. A comment every {HEARTBEAT_S:.0f} s; at most {STREAMS_MAX} "
        "streams together.",
        handler=_events,
        asked=EventsAsked,
        answers=(
            Answer(
                MEDIA,
                schema={"type": "string"},
                example="id: PWeqRk1zxvgm6CZyNEl9Dg\nevent: publication\n"
                f"data: {json.dumps(example_of(PublicationEntry))}\n\n",
            ),
        ),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.SERVICE_UNAVAILABLE),
    ),
)
