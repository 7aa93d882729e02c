"""Attacks by members and readers who keep to their permissions and to nothing else.

Several were seen to work in a simpler configuration (`node/hub/config.py` says which), so each
is tried here against a real hub.
"""

import contextlib
import json
import socket
from pathlib import Path

import pytest
from hub_world import ARVIEU, CANET, A, B, World, hub_world, message, numbered

from node.link.errors import NotPermittedError
from node.link.link import Link

STREAM_API = (
    "$JS.API.STREAM.PURGE.PUB",
    "$JS.API.STREAM.DELETE.PUB",
    "$JS.API.STREAM.INFO.PUB",
    "$JS.API.STREAM.UPDATE.PUB",
    "$JS.API.STREAM.CREATE.X",
    "$JS.API.STREAM.MSG.DELETE.PUB",
    "$JS.API.STREAM.MSG.GET.PUB",
    "$JS.API.DIRECT.GET.PUB",
    "$JS.API.DIRECT.GET.DOC",
    f"$JS.API.DIRECT.GET.PUB.{B}.>",
    f"$JS.API.DIRECT.GET.DOC.{B}.>",
    "$JS.API.CONSUMER.CREATE.PUB",
    "$JS.API.CONSUMER.CREATE.PUB.x",
    "$JS.API.CONSUMER.CREATE.PUB.a.mlg.1.z.>",
    "$JS.API.CONSUMER.DURABLE.CREATE.PUB.x",
    "$JS.API.CONSUMER.DELETE.PUB.a",
    "$JS.API.CONSUMER.DELETE.PUB.b",
    "$JS.API.CONSUMER.LIST.PUB",
    "$JS.API.CONSUMER.PAUSE.PUB.b",
    "$JS.API.CONSUMER.MSG.NEXT.PUB.b",
    "$JS.API.CONSUMER.RESET.PUB.b",
    "$JS.API.INFO",
    "$JS.ACK.PUB.b.1.1.1.1.1",
    "$JS.hub-local.API.STREAM.INFO.PUB",
    "$SYS.REQ.SERVER.PING",
    "mlg.1.tail.fr-12.fr-com-12047.pub.s._",
    "_INBOX.b.x",
    "_R_.x",
)


async def two_members(world: World) -> None:
    await world.enrol("a", ARVIEU, reads=True)
    await world.enrol("b", CANET, reads=True)


@pytest.mark.parametrize("key", ["a", "a-reader"])
async def test_nobody_sends_where_it_may_not(tmp_path: Path, key: str):
    async with hub_world(tmp_path) as world:
        await two_members(world)
        async with world.link("b") as b:
            await b.publish(B, numbered(B, 3), 0)
        with world.raw("a", key) as hostile:
            for subject in (
                *STREAM_API,
                f"{B}.pub.s._",
                f"{B}.doc.identity",
                "mlg.1.z.x.y.pub.s._",
            ):
                said = hostile.publish(subject, b"{}", reply="_INBOX.a.1")
                assert b"Permissions Violation" in said, subject
            if key == "a-reader":
                assert b"Permissions Violation" in hostile.publish(f"{A}.pub.s._", b"x")
        assert await world.stored() == [(f"{B}.pub.s._", b"%d" % n) for n in range(3)]
        assert await world.stored("DOC") == []


@pytest.mark.parametrize("key", ["a", "a-reader"])
async def test_nobody_hears_what_it_may_not(tmp_path: Path, key: str):
    async with hub_world(tmp_path) as world:
        await two_members(world)
        with world.raw("a", key) as hostile:
            for subject in (
                ">",
                "mlg.>",
                "mlg.1.z.>",
                f"{A}.>",
                "mlg.1.tail.>",
                "mlg.1.tail.*.*.for.>",
                "mlg.1.tail.*.*.for.*.*.*",
                f"mlg.1.tail.*.*.for.{CANET}.>",
                "mlg.1.tail.*.*.rcpt.*",
                f"mlg.1.tail.*.*.rcpt.{CANET}",
                f"mlg.1.tail.*.*.ask.{CANET}",
                "mlg.1.tail.*.*.fwd.>",
                "mlg.1.read.>",
                "_INBOX.>",
                "_INBOX.*.x",
                "_INBOX.b.>",
                "_R_.>",
                "$JS.>",
                "$SYS.>",
            ):
                assert b"Permissions Violation" in hostile.subscribe(subject), subject
            allowed = ["_INBOX.a.>"]
            if key == "a":
                allowed += ["mlg.1.tail.*.*.pub.>", f"mlg.1.tail.*.*.for.{ARVIEU}.>"]
            for subject in allowed:
                assert hostile.subscribe(subject) == b""


async def test_without_a_key_or_with_another_nobody_enters(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await two_members(world)
        world.make_member("stranger", "fr-com-12001")
        stranger = world.raw("stranger")
        with pytest.raises(ConnectionError):  # noqa: PT012 - cut off at the first or second
            for _ in range(3):
                stranger.ping()
        with contextlib.suppress(OSError):
            stranger.__exit__()
        host, _, port = world.hub.url.removeprefix("nats://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=5) as bare:
            bare.sendall(b"CONNECT {}\r\nPING\r\n")
            said = b""
            with contextlib.suppress(ConnectionResetError):
                while got := bare.recv(4096):
                    said += got
        assert b"PONG" not in said
        assert b"Authorization Violation" in said


async def test_attack_1_no_answer_is_stored_under_another_subject(tmp_path: Path):
    """Reply reflection: `reply` names B's subject; the hub's answer must not become B's message."""
    async with hub_world(tmp_path) as world:
        await two_members(world)
        async with world.link("a") as a:
            await a.publish(A, numbered(A, 5), 0)
            await a.publish_document(f"{A}.doc.identity", {}, b"a's")
        before = await world.stored(), await world.stored("DOC")
        targets = [
            f"{B}.pub.s._",
            f"{B}.doc.identity",
            f"{B}.rcpt.{ARVIEU}",
            "mlg.1.read.fr-12.fr-com-12047.range",
            "mlg.1.tail.fr-12.fr-com-12047.pub.s._",
            "$JS.API.STREAM.PURGE.PUB",
            "$JS.API.CONSUMER.RESET.PUB.b",
        ]
        with world.raw("a") as member, world.raw("a", "a-reader") as reader:
            for target in targets:
                member.publish(f"$JS.API.DIRECT.GET.PUB.{A}.>", reply=target)
                for operation in ("range", "documents", "document", "receipts", "nonsense"):
                    member.publish(f"mlg.1.read.fr-12.{ARVIEU}.{operation}", b"{}", reply=target)
                member.publish(
                    f"mlg.1.read.fr-12.{ARVIEU}.range",
                    json.dumps({"subject": f"{A}.pub.s._"}).encode(),
                    reply=target,
                )
                for stream in ("PUB", "DOC"):
                    reader.publish(
                        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.a", b'{"batch":9}', reply=target
                    )
                    reader.publish(f"$JS.API.CONSUMER.RESET.{stream}.a", reply=target)
                    reader.publish(f"$JS.ACK.{stream}.a.1.1.1.1.1", b"+NXT", reply=target)
        async with world.link("a") as a:  # everything above is worked off when this is answered
            await a.read_range(A, f"{A}.pub.s._")
        assert (await world.stored(), await world.stored("DOC")) == before
        with world.raw("a") as member:  # the publication itself is stored, its answer isn't
            for target in targets:
                member.publish(f"{A}.pub.s._", b"mine", reply=target)
                member.publish(f"{A}.doc.identity", b"mine", reply=target)
        async with world.link("a") as a:
            await a.read_range(A, f"{A}.pub.s._")
        after = await world.stored()
        assert after == before[0] + [(f"{A}.pub.s._", b"mine")] * len(targets)
        assert await world.stored("DOC") == [(f"{A}.doc.identity", b"mine")]
        async with world.hub.connect_admin() as admin:
            js = admin.client.jetstream()
            assert (await js.consumer_info("PUB", "b")).delivered.consumer_seq == 0


async def test_attack_2_another_ones_message_id_blocks_nothing(tmp_path: Path):
    """Message-id squatting: nothing of ours has an id, and the least window is left."""
    async with hub_world(tmp_path) as world:
        await two_members(world)
        async with world.link("b") as b:
            with world.raw("a") as hostile:
                for identity in ("1", "2", "fr-com-12047/s#1.1", ""):
                    hostile.publish(
                        f"{A}.pub.s._",
                        b"squat",
                        block=f"NATS/1.0\r\nNats-Msg-Id: {identity}\r\n\r\n".encode(),
                    )
            ack = await b.publish(B, numbered(B, 40), 0)
            assert ack.count == 40
            await b.publish(B, [message(B, "x", Maillage_Manifest="1")], ack.last_sequence)
        async with world.hub.connect_admin() as admin:
            info = await admin.client.jetstream().stream_info("PUB")
            assert info.config.duplicate_window == pytest.approx(0.1)
        assert [body for subject, body in await world.stored() if subject.startswith(B)] == [
            *(b"%d" % n for n in range(40)),
            b"x",
        ]


@pytest.mark.parametrize(
    "header",
    [
        "Nats-Rollup: all",
        "Nats-Rollup: sub",
        "Nats-TTL: 1s",
        "Nats-TTL: never",
        "Nats-Schedule: @at 2026-01-01T00:00:00Z",
        "Nats-Incr: 1",
    ],
)
async def test_attack_3_nobody_erases_by_a_header(tmp_path: Path, header: str):
    async with hub_world(tmp_path) as world:
        await two_members(world)
        async with world.link("a") as a, world.link("b") as b:
            await a.publish(A, numbered(A, 2), 0)
            await b.publish(B, numbered(B, 2), 0)
            await b.publish_document(f"{B}.doc.identity", {}, b"b's")
        before = await world.stored(), await world.stored("DOC")
        with world.raw("a") as hostile:
            for subject in (f"{A}.pub.s._", f"{A}.doc.identity"):
                hostile.publish(subject, b"x", block=f"NATS/1.0\r\n{header}\r\n\r\n".encode())
        assert (await world.stored(), await world.stored("DOC")) == before


@pytest.mark.parametrize(
    "header",
    [
        "KV-Operation: PURGE",
        "Nats-Marker-Reason: Purge",
        'Nats-Request-Info: {"acc":"HUB"}',
        "Nats-Expected-Last-Sequence: 3",
        "Nats-Sequence: 1",
        "Nats-Subject: mlg.1.z.fr-12.fr-com-12047.pub.s._",
        "Nats-Stream: DOC",
        "Maillage-Read: end",
        "Maillage-Read-Sequence: 1",
        "maillage-read-subject: x",
        "Status: 404",
    ],
)
async def test_headers_that_pretend_change_nothing_for_others(tmp_path: Path, header: str):
    async with hub_world(tmp_path) as world:
        await two_members(world)
        async with world.link("b") as b, world.link("a") as a:
            await b.publish(B, numbered(B, 3), 0)
            heard: list[tuple[str, int]] = []

            async def hear(tail: object) -> None:
                stored = tail.message  # type: ignore[attr-defined]
                heard.append((stored.subject, stored.stream_sequence))

            await b.subscribe_tail("mlg.1.z.*.*.pub.>", hear)
            with world.raw("a") as hostile:
                hostile.publish(
                    f"{A}.pub.s._", b"x", block=f"NATS/1.0\r\n{header}\r\n\r\n".encode()
                )
            await b.publish(B, numbered(B, 1), 3)
            page = await b.read_range(B, "mlg.1.z.*.*.pub.>")
            assert [(m.subject, m.stream_sequence) for m in page.messages] == [
                *((f"{B}.pub.s._", n) for n in (1, 2, 3)),
                (f"{A}.pub.s._", 4),
                (f"{B}.pub.s._", 5),
            ]
            last = await a.last_own(A)
            assert last is not None
            assert (last.subject, last.stream_sequence) == (f"{A}.pub.s._", 4)
            async with world.reader("b") as reader:
                fetched = await reader.fetch(10)
                assert [one.stream_sequence for one in fetched] == [1, 2, 3, 4, 5]
            assert heard == [(f"{A}.pub.s._", 4), (f"{B}.pub.s._", 5)]


async def test_message_tracing_reaches_no_subject(tmp_path: Path):
    """`Nats-Trace-Dest` makes the broker itself send reports: nowhere that a member may name."""
    async with hub_world(tmp_path) as world:
        await two_members(world)
        with world.raw("a") as hostile:
            for target in (f"{B}.pub.s._", "_INBOX.b.x", "_INBOX.a.x", "$JS.API.STREAM.PURGE.PUB"):
                block = f"NATS/1.0\r\nNats-Trace-Dest: {target}\r\n\r\n".encode()
                said = hostile.publish(f"{A}.pub.s._", b"x", block=block)
                assert b"Permissions Violation" in said
            own = f"NATS/1.0\r\nNats-Trace-Dest: {A}.pub.s.trace\r\n\r\n".encode()
            hostile.publish(f"{A}.pub.s._", b"x", block=own)
        async with world.link("a") as a:
            await a.read_range(A, f"{A}.pub.s._")
        assert all(subject.startswith(A) for subject, _ in await world.stored())


async def test_a_direct_get_answers_for_the_own_prefix_only(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await two_members(world)
        async with world.link("b") as b:
            await b.publish(B, numbered(B, 1), 0)
        async with world.link("a") as a:
            await a.publish(A, numbered(A, 1), 0)
            client = a._connection.client
            own = f"$JS.API.DIRECT.GET.PUB.{A}.>"
            for body in (b'{"seq":1}', b'{"multi_last":["mlg.1.z.>"]}', b'{"last_by_subj":"x"}'):
                reply = await client.ask(own, body, timeout_s=2)
                assert (reply.status, reply.body) == (408, b"")
            for subject in ("mlg.1.z.*.*.>", f"{B}.pub.s._", "mlg.1.z.>"):
                with pytest.raises(NotPermittedError):
                    await client.ask(f"$JS.API.DIRECT.GET.PUB.{subject}", timeout_s=2)


async def test_nobody_joins_or_spoils_another_ones_batch(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await two_members(world)
        async with Link(world.connection("b")) as b:
            await b.ready()
            with world.raw("a") as hostile:
                for number in range(1, 40):
                    hostile.publish(
                        f"{A}.pub.s._",
                        b"x",
                        block=(
                            "NATS/1.0\r\nNats-Batch-Id: guess\r\n"
                            f"Nats-Batch-Sequence: {number}\r\n\r\n"
                        ).encode(),
                    )
                await b.publish(B, numbered(B, 40), 0)
        stored = await world.stored()
        assert stored == [(f"{B}.pub.s._", b"%d" % n) for n in range(40)]
