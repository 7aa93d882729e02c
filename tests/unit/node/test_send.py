"""Sending: what goes wrong is shown, waits or halts one participant, and never ends the node."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from federation.ids import prefix
from federation.jose import sign_compact
from federation.manifest import TYP
from federation.message import MANIFEST_HEADER, Message
from node import send, steps
from node.clock import now_us
from node.hub.config import HubSettings
from node.hub.hub import Hub
from node.keys import KeyStore
from node.link.link import Link
from node.node import Node
from node.settings import HubAddress
from node.store.database import FILE_NAME

ARVIEU = "fr-com-12011"
CANET = "fr-com-12047"


async def until(check: Callable[[], bool], within_s: float = 30.0) -> None:
    async with asyncio.timeout(within_s):
        while not await asyncio.to_thread(check):  # noqa: ASYNC110 - anything may be waited for
            await asyncio.sleep(0.05)


def publish(node: Node, participant: str, day: int) -> None:
    data = (
        "channel_id,start_datetime,end_datetime,count\n"
        f"c1,2026-03-{day:02}T08:00:00Z,2026-03-{day:02}T09:00:00Z,{day}\n"
    )
    result = node.publish(
        data.encode(),
        filename="c.csv",
        schema="comptage-mobilites",
        participant=participant,
        now_us=now_us(),
    )
    assert result.report.valid


def idle(node: Node, participant: str = ARVIEU) -> bool:
    own = node.store.own
    return participant not in {*own.participants_waiting("h"), *own.participants_drafting()}


@contextlib.asynccontextmanager
async def running(root: Path, hub: Hub, *participants: str) -> AsyncIterator[Node]:
    """A node on a hub; only the first participant is enrolled there."""
    moment = now_us()
    made = await asyncio.to_thread(Node.init, root / "node", participants[:1], now_us=moment)
    await hub.enrol(made.enrolment_file.read_bytes())
    await asyncio.to_thread(Node.init, root / "node", participants, now_us=moment)
    node = Node.open(root / "node", hubs=(HubAddress(name="h", url=hub.url),), http_host="")
    stop = asyncio.Event()
    task = asyncio.create_task(node.run(stop))
    try:
        yield node
        assert not task.done(), "the node ended by itself"
    finally:
        stop.set()
        await task
        node.close()


@contextlib.asynccontextmanager
async def one_hub(root: Path) -> AsyncIterator[Hub]:
    hub = Hub(root / "hub", HubSettings(hub_id="h", port=0))
    async with hub.run():
        yield hub


def outbox_errors(node: Node) -> list[str]:
    return [row.last_error for row in node.store.status().outbox if row.last_error]


async def test_what_another_signed_in_between_halts_the_participant_not_the_node(
    tmp_path: Path,
) -> None:
    async with one_hub(tmp_path) as hub, running(tmp_path, hub, ARVIEU) as node:
        publish(node, ARVIEU, 1)
        await until(lambda: "h" in node.senders and idle(node))
        keys = KeyStore(tmp_path / "node")
        text = sign_compact(keys.signer(ARVIEU), TYP, b"{}")
        async with Link.open(hub.url, keys.link, node=node.name) as link:
            await link.ready()
            last = await link.last_own(prefix(ARVIEU))
            assert last is not None
            await link.publish(
                prefix(ARVIEU),
                [Message(last.subject, {MANIFEST_HEADER: text}, b"")],
                last.stream_sequence,
            )
        publish(node, ARVIEU, 2)
        await until(lambda: ARVIEU in node.senders["h"].halted)
        assert "doesn't remember" in node.senders["h"].halted[ARVIEU]
        assert ARVIEU in node.status(now_us()).to_json()["halted"]
        assert any("doesn't remember" in error for error in outbox_errors(node))


async def test_one_who_is_not_enrolled_waits_and_holds_up_no_other(tmp_path: Path) -> None:
    async with one_hub(tmp_path) as hub, running(tmp_path, hub, CANET, ARVIEU) as node:
        publish(node, ARVIEU, 1)  # first in order, and not enrolled
        publish(node, CANET, 1)
        await until(lambda: "h" in node.senders and idle(node, CANET))
        await until(lambda: ARVIEU in node.senders["h"].last_error)
        assert not node.senders["h"].halted
        await hub.enrol((tmp_path / "node" / "enrolment.json").read_bytes())
        await until(lambda: idle(node, ARVIEU))


async def test_a_store_that_fails_for_a_while_is_waited_for(tmp_path: Path) -> None:
    async with one_hub(tmp_path) as hub, running(tmp_path, hub, ARVIEU) as node:
        publish(node, ARVIEU, 1)
        await until(lambda: "h" in node.senders and idle(node))
        database = node.data_dir / FILE_NAME
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute(
                "CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN "
                "SELECT RAISE(ABORT, 'disk full'); END"
            )
            publish(node, ARVIEU, 2)
            await until(lambda: ARVIEU in node.senders["h"].last_error)
            other.execute("DROP TRIGGER full")
        await until(lambda: idle(node))
        assert not node.senders["h"].halted


async def test_a_push_is_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "PUSH_MAX_BYTES", 1)
    passed: list[str] = []
    monkeypatch.setattr(steps, "hook", passed.append)
    async with one_hub(tmp_path) as hub, running(tmp_path, hub, ARVIEU) as node:
        for day in range(1, 6):
            publish(node, ARVIEU, day)
        await until(lambda: idle(node))
        async with hub.connect_admin() as admin:
            info = await admin.client.jetstream().stream_info("PUB")
        assert info.state.messages == 5
    assert passed.count("send.sent") == 5


async def test_a_hub_that_lost_its_disk_gets_everything_again(tmp_path: Path) -> None:
    async with one_hub(tmp_path) as hub:
        async with running(tmp_path, hub, ARVIEU) as node:
            for day in range(1, 4):
                publish(node, ARVIEU, day)
            await until(lambda: "h" in node.senders and idle(node))
        async with hub.connect_admin() as admin:
            await admin.client.jetstream().purge_stream("PUB")
        async with running(tmp_path, hub, ARVIEU) as node:
            publish(node, ARVIEU, 4)
            await until(lambda: idle(node))
            async with hub.connect_admin() as admin:
                info = await admin.client.jetstream().stream_info("PUB")
            assert info.state.messages == 4
