"""The durable pull of a composer, from a real hub."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from hub_world import ARVIEU, CANET, A, B, World, hub_world, message, numbered, until

from node.link.errors import HubUnreachableError, ReadError
from node.link.link import Link
from node.link.reader import Fetched, Reader


async def drain(reader: Reader, *, ack: bool = True) -> list[Fetched]:
    """Everything that waits."""
    found: list[Fetched] = []
    while batch := await reader.fetch(500, 0.3):
        found += batch
        if ack:
            await reader.ack_all(batch)
    return found


def numbers(fetched: list[Fetched]) -> list[int]:
    return [int(one.body) for one in fetched]


async def test_a_batch_comes_whole_and_in_order_with_its_headers(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.link("a") as a, world.reader("a") as reader:
            await a.publish(A, [message(A, "0", Maillage_Manifest="x.y.z")], 0)
            await a.publish(A, numbered(A, 999, first=1), 1)
            assert numbers(await reader.fetch(400)) == list(range(400))
            assert reader.pending == 600
            await reader.rewind(1)
            fetched = await reader.fetch(1_000)
            assert numbers(fetched) == list(range(1_000))
            assert reader.pending == 0
            first = fetched[0]
            assert first.subject == f"{A}.pub.s._"
            assert first.headers["Maillage-Manifest"] == "x.y.z"
            assert [one.stream_sequence for one in fetched] == list(range(1, 1_001))
            assert not any(one.redelivered for one in fetched)
            await reader.ack_all(fetched)
            began = time.monotonic()
            assert await reader.fetch(10, 0.3) == []
            assert time.monotonic() - began >= 0.25


async def test_what_comes_while_waiting_comes_at_once(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.link("a") as a, world.reader("a") as reader:
            expected = 0
            for number in range(20):
                waiting = asyncio.create_task(reader.fetch(500, 5))
                await asyncio.sleep(0.01)
                expected = (await a.publish(A, numbered(A, 1, number), expected)).last_sequence
                async with asyncio.timeout(1):
                    fetched = await waiting
                assert numbers(fetched) == [number]
                await reader.ack_all(fetched)


async def test_more_than_one_fetch_holds_comes_in_several(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.link("a") as a, world.reader("a") as reader:
            await a.publish(A, numbered(A, 1_234), 0)
            sizes, found = [], []
            while batch := await reader.fetch(500, 0.3):
                sizes.append(len(batch))
                found += numbers(batch)
                await reader.ack_all(batch)
            assert sizes == [500, 500, 234]
            assert found == list(range(1_234))


async def test_documents_have_a_durable_of_their_own(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.link("a") as a, world.reader("a", "DOC") as reader:
            await a.publish_document(f"{A}.doc.identity", {}, b"1")
            await a.publish_document(f"{A}.rcpt.{CANET}", {}, b"2")
            assert numbers(await drain(reader)) == [1, 2]


async def test_without_acknowledgement_a_new_reader_begins_there_at_once(tmp_path: Path):
    """Not after `ack_wait` (a minute), and in order: nothing overtakes what was handed out."""
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.link("a") as a:
            await a.publish(A, numbered(A, 100), 0)
            async with world.reader("a") as reader:
                fetched = await reader.fetch(100)
                await reader.ack_all(fetched[:40])
            await a.publish(A, numbered(A, 5, first=100), 100)
            async with world.reader("a") as reader:
                assert numbers(await drain(reader)) == list(range(40, 105))
            async with world.reader("a") as reader:
                assert await drain(reader) == []


async def test_rewinding(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.link("a") as a, world.reader("a") as reader:
            await a.publish(A, numbered(A, 30), 0)
            assert len(await drain(reader)) == 30
            assert await reader.rewind() == 31
            assert await drain(reader) == []
            assert await reader.rewind(11) == 11
            assert numbers(await drain(reader)) == list(range(10, 30))


async def test_an_unacknowledged_message_comes_again_by_itself(tmp_path: Path):
    async with hub_world(tmp_path, ack_wait_s=0.5) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.link("a") as a, world.reader("a") as reader:
            await a.publish(A, numbered(A, 3), 0)
            assert len(await reader.fetch(10)) == 3
            again = await reader.fetch(10, 3)
            while len(again) < 3:
                again += await reader.fetch(10, 3)
            assert sorted(numbers(again)) == [0, 1, 2]
            assert all(one.redelivered for one in again)


async def read_on(world: World, seen: dict[int, int], count: int) -> None:
    """A composer in small: commits what it fetched, then acknowledges; errors are waited out."""
    async with world.reader("a") as reader:
        while len(seen) < count:
            try:
                fetched = await reader.fetch(200, 1)
                for one in fetched:
                    seen[int(one.body)] = one.stream_sequence
                await reader.ack_all(fetched)
            except HubUnreachableError:
                await asyncio.sleep(0.02)


async def test_kills_of_the_hub_while_reading_lose_nothing(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.link("a") as a:
            await a.publish(A, numbered(A, 4_000), 0)
        seen: dict[int, int] = {}
        reading = asyncio.create_task(read_on(world, seen, 4_000))
        for kill in range(3):
            await until(lambda kill=kill: len(seen) > kill * 1_000)
            pid = world.hub.broker.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await until(lambda kill=kill: world.hub.restarts == kill + 1)
        async with asyncio.timeout(20):
            await reading
        assert seen == {number: number + 1 for number in range(4_000)}


async def test_a_fetch_that_waits_survives_the_death_of_the_hub(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.link("a") as a, world.reader("a") as reader:
            assert await reader.fetch(10, 0.2) == []
            waiting = asyncio.create_task(reader.fetch(10, 5))
            await asyncio.sleep(0.1)
            pid = world.hub.broker.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await until(lambda: world.hub.restarts == 1)
            await a.ready()
            await a.publish(A, numbered(A, 1), 0)
            async with asyncio.timeout(4):
                assert numbers(await waiting) == [0]


async def test_a_reader_without_a_hub_says_so(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        url = world.hub.url
    async with Reader.open(url, world.seed("a-reader"), node="a") as reader:
        assert not reader.status.connected
        with pytest.raises(HubUnreachableError):
            await reader.fetch(10, 0.3)
        with pytest.raises(HubUnreachableError):
            await reader.ack_all([])


async def test_a_reader_without_a_durable_says_so(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.hub.connect_admin() as admin:
            await admin.client.jetstream().delete_consumer("PUB", "a")
        async with world.reader("a") as reader:
            with pytest.raises(ReadError) as caught:
                await reader.fetch(10, 1)
            assert caught.value.code == "no-durable"
            assert caught.value.remedy


async def test_a_durable_that_goes_away_is_said(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        async with world.reader("a") as reader:
            waiting = asyncio.create_task(reader.fetch(10, 5))
            await asyncio.sleep(0.2)
            async with world.hub.connect_admin() as admin:
                await admin.client.jetstream().delete_consumer("PUB", "a")
            with pytest.raises(ReadError):
                await waiting


POISON = [
    ("nothing: no header, no body", b".pub.s._", b""),
    ("subject with a vertical tab", b".pub.s\x0bx._", b""),
    ("subject with a form feed", b".pub.s\x0cx._", b""),
    ("subject with a byte that isn't UTF-8", b".pub.s\xffx._", b""),
    ("subject with a NUL", b".pub.s\x00x._", b""),
    ("header block of four bytes", b".pub.s._", b"ABCD"),
    ("header block without its end", b".pub.s._", b"NATS/1.0"),
    ("header block with an inline status", b".pub.s._", b"NATS/1.0 404 No Messages\r\n\r\n"),
    ("header named Status, 404", b".pub.s._", b"NATS/1.0\r\nStatus: 404\r\n\r\n"),
    ("header named Status, 100", b".pub.s._", b"NATS/1.0\r\nStatus: 100\r\n\r\n"),
    ("header that isn't UTF-8", b".pub.s._", b"NATS/1.0\r\n\xff\xfe: \xff\r\n\r\n"),
]


@pytest.mark.parametrize(("subject", "block"), [p[1:] for p in POISON], ids=[p[0] for p in POISON])
async def test_what_a_hostile_member_stores_stops_no_reader(
    tmp_path: Path, subject: bytes, block: bytes
):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        await world.enrol("b", CANET)
        async with world.link("a") as a, world.reader("a") as reader:
            heard: list[bytes] = []

            async def hear(tail: object) -> None:
                heard.append(tail.message.body)  # type: ignore[attr-defined]

            await a.subscribe_tail("mlg.1.z.*.*.pub.>", hear)
            with world.raw("b") as hostile:
                for body in (b"", b"x"):
                    hostile.publish(B.encode() + subject, body, block=block)
            await a.publish(A, numbered(A, 1), 0)
            fetched = await drain(reader)
            found = {one.stream_sequence: one for one in fetched}
            assert [found[at].body for at in sorted(found)] == [b"", b"x", b"0"]
            for at in (1, 2):
                found[at].subject.encode()
                assert found[at].subject.startswith(B)
            assert found[3].subject == f"{A}.pub.s._"
            await until(lambda: heard[-1:] == [b"0"])
            assert a.status.connects == reader.status.connects == 1
            page = await a.read_range(A, "mlg.1.z.*.*.pub.>")
            assert page.messages[-1].body == b"0"


async def test_many_readers_do_not_hinder_each_other(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, reads=True)
        await world.enrol("b", CANET, reads=True)
        async with Link(world.connection("a")) as a:
            await a.ready()
            await a.publish(A, numbered(A, 300), 0)
            async with world.reader("a") as one, world.reader("b") as two:
                found = await asyncio.gather(drain(one), drain(two))
                assert [numbers(each) for each in found] == [list(range(300))] * 2
