"""Live events over a real connection: none missing, none twice, nothing that isn't to be seen."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from api_world import ARVIEU, EPCI, SEGUR, Town, hours, town_of
from web_world import site_of

from node.store.store import Store

EVENTS = "/api/v1/events"
WAIT_S = 60.0


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_of(tmp_path / "node") as found:
        yield found


class Listening:
    """A client's side of one stream."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.last_id = ""
        self.comments = 0

    async def block(self) -> dict[str, str]:
        """The next block of lines."""
        found: dict[str, str] = {}
        while True:
            line = (await asyncio.wait_for(self.response.content.readline(), WAIT_S)).decode()
            if not line:
                raise EOFError
            line = line.rstrip("\n")
            if not line:
                if found:
                    self.last_id = found.get("id", self.last_id)
                    return found
                continue
            if line.startswith(":"):
                self.comments += 1
                continue
            name, _, value = line.partition(": ")
            found[name] = value

    async def events(self, count: int) -> list[dict[str, Any]]:
        found = []
        while len(found) < count:
            block = await self.block()
            if "data" in block:
                assert block["event"] == "publication"
                entry = json.loads(block["data"])
                assert entry["position"] == block["id"]
                found.append(entry)
        return found


@contextlib.asynccontextmanager
async def listening(
    town: Town, query: str = "", *, token: str | None = "", last: str = ""
) -> AsyncIterator[Listening]:
    headers = {} if token is None else {"Authorization": f"Bearer {token or town.token}"}
    if last:
        headers["Last-Event-ID"] = last
    async with town.session.get(town.url + EVENTS + query, headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.headers["Content-Type"] == "text/event-stream"
        found = Listening(response)
        first = await found.block()  # by now the stream is open
        assert "data" not in first
        yield found


def chain(entries: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(one["owner"], one["sequence"]) for one in entries]


async def test_what_comes_is_heard(town: Town):
    town.publish(ARVIEU, hours(1))
    async with listening(town, token=None) as live, listening(town, "?after=0") as whole:
        assert chain(await whole.events(1)) == [(ARVIEU, 1)]
        town.publish(SEGUR, hours(1))
        town.draft(ARVIEU, hours(1, day=1))
        town.sign()  # signing is heard at once, too
        wanted = [(SEGUR, 1), (ARVIEU, 2)]
        assert chain(await live.events(2)) == wanted
        assert chain(await whole.events(2)) == wanted


async def test_a_stream_goes_on_where_it_was_cut(town: Town):
    async with listening(town, "?after=0", token=None) as first:
        for day in range(3):
            town.publish(ARVIEU, hours(1, day=day))
        assert chain(await first.events(2)) == [(ARVIEU, 1), (ARVIEU, 2)]
    for day in range(3, 6):
        town.publish(ARVIEU, hours(1, day=day))
    # a browser keeps the address, with its after, and says in the header how far it was
    async with listening(town, "?after=0", token=None, last=first.last_id) as second:
        assert chain(await second.events(4)) == [(ARVIEU, number) for number in range(3, 7)]


async def test_a_stream_that_heard_nothing_knows_where_it_began(town: Town):
    town.publish(ARVIEU, hours(1))
    async with listening(town, token=None) as first:
        pass
    town.publish(ARVIEU, hours(1, day=1))
    async with listening(town, token=None, last=first.last_id) as second:
        assert chain(await second.events(1)) == [(ARVIEU, 2)]


async def test_many_come_in_pages_and_none_is_missing(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("node.web.api.events.PAGE", 3)
    async with listening(town, "?after=0", token=None) as live:
        for day in range(5):
            town.draft(ARVIEU, hours(1, day=day))
            town.draft(SEGUR, hours(1, day=day))
            town.sign()
        found = await live.events(10)
    assert sorted(chain(found)) == sorted(
        (owner, number) for owner in (ARVIEU, SEGUR) for number in range(1, 6)
    )
    for owner in (ARVIEU, SEGUR):
        assert [one["sequence"] for one in found if one["owner"] == owner] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("query", "owners"),
    [
        (f"territory={SEGUR}", [SEGUR]),
        (f"territory={EPCI}", [ARVIEU, SEGUR]),
        ("schema=comptage-mobilites", [ARVIEU, SEGUR]),
    ],
)
async def test_only_what_was_asked_for(town: Town, query: str, owners: list[str]):
    async with listening(town, f"?after=0&{query}", token=None) as live:
        town.publish(ARVIEU, hours(1))
        town.publish(SEGUR, hours(1))
        found = await live.events(len(owners))
        town.publish(SEGUR, hours(1, day=1))
        found += await live.events(1)
    assert [one["owner"] for one in found] == [*owners, SEGUR]


async def test_what_is_not_open_is_heard_inside_only(town: Town):
    shared = town.federation()
    async with (
        listening(town, "?after=0", token=None) as public,
        listening(town, "?after=0") as inside,
    ):
        town.publish(ARVIEU, hours(1), sharing=shared)
        town.publish(SEGUR, hours(1))
        assert chain(await public.events(1)) == [(SEGUR, 1)]
        assert chain(await inside.events(2)) == [(ARVIEU, 1), (SEGUR, 1)]


async def test_what_another_process_stores_is_heard(town: Town):
    """Another store object on the same directory, whose commits this process isn't told of."""
    from node.keys import KeyStore  # noqa: PLC0415
    from node.signing import Signing  # noqa: PLC0415

    town.draft(ARVIEU, hours(1))
    async with listening(town, token=None) as live:
        with Store.open(town.node.data_dir) as other:
            keys = KeyStore(town.node.data_dir)
            Signing(other, keys, town.node.knowledge.schema, []).sign_ready(ARVIEU)
        assert chain(await live.events(1)) == [(ARVIEU, 1)]


async def test_too_many_streams_are_told_to_wait(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("node.web.api.events.STREAMS_MAX", 2)
    async with listening(town), listening(town):
        answer = await town.get(EVENTS)
        assert (answer.status, answer.json["code"]) == (503, "streams")
        assert "Retry-After" in answer.headers


async def test_a_reader_that_is_gone_leaves_nothing(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("node.web.api.events.HEARTBEAT_S", 0.05)
    from node.web.api import events  # noqa: PLC0415

    opened: list[events.Streams] = []
    real = events.Streams.one

    def one(self: events.Streams) -> Any:
        opened.append(self)
        return real(self)

    monkeypatch.setattr(events.Streams, "one", one)
    async with listening(town) as live:
        while not live.comments:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(live.block(), 0.2)
        assert opened[0].open == 1
    async with asyncio.timeout(WAIT_S):
        while opened[0].open:  # noqa: ASYNC110 - nothing tells when a stream is gone
            await asyncio.sleep(0.01)


async def test_the_end_of_the_node_ends_its_streams(tmp_path: Path):
    async with aiohttp.ClientSession() as session:
        async with town_of(tmp_path / "node") as town:
            response = await session.get(town.url + EVENTS)
            await asyncio.wait_for(response.content.readline(), WAIT_S)
        # leaving the block stopped the node, which waits for its streams to end
        await asyncio.wait_for(response.read(), WAIT_S)


async def test_who_leaves_before_the_answer_begins_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with site_of(tmp_path / "node") as site:
        where = urlsplit(site.url)
        for _ in range(20):
            _, writer = await asyncio.open_connection(where.hostname, where.port)
            writer.write(b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            await writer.drain()
            writer.transport.abort()
        assert (await site.get("/api/v1/territories?q=Arvieu")).status == 200
    assert "unexpected error" not in caplog.text
