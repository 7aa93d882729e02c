"""Publishing into a real hub: compare-and-set, batches, lost acknowledgements, broken hubs."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from hub_world import ARVIEU, CANET, EPCI, A, B, C, hub_world, message, numbered, until
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import LimitError, MalformedError
from federation.message import Message
from node.hub.members import write_enrolment
from node.link.client import Client
from node.link.errors import (
    CasConflictError,
    HubUnreachableError,
    NotPermittedError,
    RejectedError,
    UnconfirmedError,
)
from node.link.limits import BATCH_MAX_BYTES, BATCH_MAX_MESSAGES, MESSAGE_MAX_BYTES
from node.link.link import Link
from node.link.publishing import batches, check

# -- the plan -------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 900_000), max_size=60))
def test_batches_keep_order_and_bounds(sizes: list[int]):
    sent = [Message(f"a.{n}", {}, bytes(size)) for n, size in enumerate(sizes)]
    runs = list(batches(sent))
    assert [m for run in runs for m in run] == sent
    for run in runs:
        assert 1 <= len(run) <= BATCH_MAX_MESSAGES
        assert len(run) == 1 or sum(check(m) for m in run) <= BATCH_MAX_BYTES
    if len(sent) < 16:
        assert all(len(run) == 1 for run in runs)


def test_a_thousand_and_more_go_in_several_batches():
    runs = list(batches(numbered("a", 2_001)))
    assert [len(run) for run in runs] == [1_000, 1_000, 1]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Nats-Msg-Id": "x"}, "header"),
        ({"nats-rollup": "all"}, "header"),
        ({"a b": "x"}, "header"),
        ({"a:": "x"}, "header"),
        ({"": "x"}, "header"),
        ({"a": "x\r\nNats-Rollup: all"}, "header"),
        ({"a": " x"}, "header"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused(headers: dict[str, str], code: str):
    with pytest.raises(MalformedError) as caught:
        check(Message("a.b", headers, b""))
    assert caught.value.code == code


def test_a_message_that_the_hub_would_not_take_is_refused():
    with pytest.raises(LimitError):
        check(Message("a.b", {}, bytes(MESSAGE_MAX_BYTES)))
    check(Message("a.b", {"Maillage-Manifest": "x" * 32_768}, bytes(512 * 1024)))


# -- one hub --------------------------------------------------------------------------------------


async def test_messages_are_stored_in_order_and_the_last_own_one_is_found(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        await world.enrol("b", CANET)
        async with world.link("a") as a, world.link("b") as b:
            assert await a.last_own(A) is None
            first = await a.publish(A, numbered(A, 3), 0)
            assert (first.stream, first.first_sequence, first.last_sequence, first.count) == (
                "PUB",
                1,
                3,
                3,
            )
            other = await b.publish(B, numbered(B, 2), 0)  # others in between do no harm
            second = await a.publish(A, [message(A, "x", to="for.fr-com-12047.s._", k="v")], 3)
            assert (other.last_sequence, second.last_sequence) == (5, 6)
            last = await a.last_own(A)
            assert last is not None
            assert (last.subject, last.body, last.stream_sequence) == (
                f"{A}.for.fr-com-12047.s._",
                b"x",
                6,
            )
            assert dict(last.headers) == {"k": "v"}
        assert [body for _, body in await world.stored()] == [b"0", b"1", b"2", b"0", b"1", b"x"]


async def test_a_replay_is_refused_and_stores_nothing(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            await a.publish(A, numbered(A, 2), 0)
            for count in (1, 2, 40):  # single, in order, batch
                with pytest.raises(CasConflictError) as caught:
                    await a.publish(A, numbered(A, count), 0)
                assert (caught.value.actual, caught.value.stored) == (2, 0)
            with pytest.raises(CasConflictError):
                await a.publish(A, numbered(A, 1), 99)
        assert len(await world.stored()) == 2


async def test_two_senders_of_one_participant_are_told_apart(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a, world.link("a") as twin:
            done = await asyncio.gather(
                *(link.publish(A, numbered(A, 30), 0) for link in (a, twin)),
                return_exceptions=True,
            )
            assert sum(isinstance(one, CasConflictError) for one in done) == 1
        assert len(await world.stored()) == 30


async def test_a_large_backlog_goes_in_batches(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            ack = await a.publish(A, numbered(A, 2_100), 0)
            assert (ack.first_sequence, ack.last_sequence, ack.count) == (1, 2_100, 2_100)
            big = [message(A, bytes(500_000)) for _ in range(40)]
            assert (await a.publish(A, big, 2_100)).last_sequence == 2_140
            last = await a.last_own(A)
            assert last is not None
            assert last.stream_sequence == 2_140
        bodies = [body for _, body in (await world.stored())[:2_100]]
        assert bodies == [str(number).encode() for number in range(2_100)]


async def test_where_the_hub_has_no_room_for_a_batch_messages_go_singly(tmp_path: Path):
    async with hub_world(tmp_path, batches_in_flight=1) as world:
        await world.enrol("a", ARVIEU)
        await world.enrol("b", CANET)
        with world.raw("b") as hog:  # begins a batch and never ends it
            hog.publish(
                f"{B}.pub.s._",
                block=b"NATS/1.0\r\nNats-Batch-Id: hog\r\nNats-Batch-Sequence: 1\r\n\r\n",
            )
            async with world.link("a") as a:
                ack = await a.publish(A, numbered(A, 50), 0)
                assert (ack.first_sequence, ack.last_sequence, ack.count) == (1, 50, 50)
        assert [body for _, body in await world.stored()] == [b"%d" % n for n in range(50)]


async def test_another_prefix_is_refused_at_once(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            async with asyncio.timeout(2):
                with pytest.raises(NotPermittedError):
                    await a.publish(B, numbered(B, 1), 0)
                with pytest.raises(NotPermittedError):
                    await a.publish(B, numbered(B, 20), 0)
                with pytest.raises(NotPermittedError):
                    await a.last_own(B)
                with pytest.raises(NotPermittedError):
                    await a.publish_document(f"{B}.doc.identity", {}, b"x")
                with pytest.raises(NotPermittedError):
                    await a.read_range(B, f"{A}.pub.s._")
            with pytest.raises(ValueError, match="below"):
                await a.publish(A, numbered(B, 1), 0)
            with pytest.raises(ValueError, match="no message"):
                await a.publish(A, [], 0)
            assert (await a.publish(A, numbered(A, 1), 0)).last_sequence == 1
        assert len(await world.stored()) == 1


async def test_a_node_publishes_for_all_its_participants(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("epci", ARVIEU, CANET, EPCI)
        async with world.link("epci") as link:
            acks = await asyncio.gather(
                *(link.publish(start, numbered(start, 20), 0) for start in (A, B, C))
            )
            assert sorted(ack.count for ack in acks) == [20, 20, 20]


async def test_a_subject_that_no_stream_holds_is_refused_at_once(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            for bad in ("pub.s", "pub.s._.more", "fwd.a.b"):
                with pytest.raises(HubUnreachableError) as caught:
                    await a.publish(A, [message(A, "x", to=bad)], 0)
                assert caught.value.code == "no-responder"
            with pytest.raises(RejectedError):
                await a.publish(A, [message(A, "x", to="pub.s s._")], 0)


async def test_the_last_document_of_a_subject_is_kept(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            for body in (b"1", b"2"):
                ack = await a.publish_document(f"{A}.doc.identity", {"k": "v"}, body)
                assert ack.stream == "DOC"
            await a.publish_document(f"{A}.rcpt.{CANET}", {}, b"3")
            for other in (f"{A}.pub.s._", f"{A}.x.y", "doc", A):
                with pytest.raises(ValueError, match="kind"):
                    await a.publish_document(other, {}, b"x")
            with pytest.raises(ValueError, match="kind"):
                await a.publish(A, [message(A, "x", to="doc.identity")], 0)
        assert await world.stored() == []
        async with world.hub.connect_admin() as admin:
            js = admin.client.jetstream()
            assert (await js.stream_info("DOC")).state.messages == 2
            assert (await js.get_last_msg("DOC", f"{A}.doc.identity")).data == b"2"


# -- when things break ----------------------------------------------------------------------------


async def test_a_lost_acknowledgement_then_a_conflict_then_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            await a.publish(A, numbered(A, 1), 0)
            sent = numbered(A, 1, first=1)

            def deaf(*_message: bytes) -> None:
                """The acknowledgement gets lost on its way."""

            with monkeypatch.context() as patch:
                patch.setattr("node.link.link.ACK_TIMEOUT_S", 0.3)
                client = a._connection.client
                sid = next(iter(client._sinks))
                patch.setitem(client._sinks, sid, deaf)
                with pytest.raises(UnconfirmedError):
                    await a.publish(A, sent, 1)
            with pytest.raises(CasConflictError) as caught:
                await a.publish(A, sent, 1)
            assert caught.value.actual == 2
            last = await a.last_own(A)
            assert last is not None
            assert (last.body, last.stream_sequence) == (sent[0].body, 2)
            assert (await a.publish(A, numbered(A, 1, first=2), 2)).last_sequence == 3
        assert [body for _, body in await world.stored()] == [b"0", b"1", b"2"]


async def publish_all(link: Link, start: str, bodies: list[bytes], step: int) -> int:
    """An outbox in small: after any error it asks where it is and goes on from there."""
    errors = 0
    expected, sent = 0, 0
    while sent < len(bodies):
        try:
            run = [message(start, body) for body in bodies[sent : sent + step]]
            ack = await link.publish(start, run, expected)
            expected, sent = ack.last_sequence, sent + ack.count
        except (CasConflictError, UnconfirmedError, HubUnreachableError):
            errors += 1
            try:
                await link.ready()
                last = await link.last_own(start)
            except (UnconfirmedError, HubUnreachableError):
                continue
            expected = last.stream_sequence if last else 0
            sent = bodies.index(last.body) + 1 if last else 0
    return errors


@pytest.mark.parametrize("step", [1, 40])
async def test_kills_of_the_hub_lose_and_double_nothing(tmp_path: Path, step: int):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        bodies = [b"%d" % number for number in range(3_000 if step == 1 else 12_000)]
        async with world.link("a") as a:
            outbox = asyncio.create_task(publish_all(a, A, bodies, step))
            for kill in range(3):
                await asyncio.sleep(0.1)
                pid = world.hub.broker.pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
                await until(lambda kill=kill: world.hub.restarts == kill + 1)
                await a.ready()
            errors = await outbox
        assert [body for _, body in await world.stored()] == bodies
        assert errors


async def test_without_a_hub_everything_fails_at_once_and_says_so(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        url = world.hub.url
    link = Link.open(url, world.seed("a"), node="a")
    async with link:
        with pytest.raises(HubUnreachableError) as caught:
            await link.ready(0.5)
        assert "refused" in str(caught.value).lower() or "Connect" in str(caught.value)
        assert not link.status.connected
        assert link.status.last_error
        async with asyncio.timeout(1):
            for action in (
                link.publish(A, numbered(A, 1), 0),
                link.last_own(A),
                link.publish_document(f"{A}.doc.x", {}, b""),
                link.read_range(A, f"{A}.pub.s._"),
            ):
                with pytest.raises(HubUnreachableError):
                    await action


async def test_a_link_that_starts_before_the_hub_finds_it(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        hub = world.hub
        pid = hub.broker.pid
        assert pid is not None
        async with world.link("a") as a:
            changes: list[bool] = []
            a.on_change(lambda status: changes.append(status.connected))
            os.kill(pid, signal.SIGKILL)
            await until(lambda: changes == [False, True])
            assert a.status.connects == 2
            assert (await a.publish(A, numbered(A, 1), 0)).count == 1


async def test_a_client_that_is_closed_for_good_is_replaced(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            seen: list[bytes] = []

            async def hear(tail: object) -> None:
                seen.append(tail.message.body)  # type: ignore[attr-defined]

            await a.subscribe_tail("mlg.1.z.*.*.pub.>", hear)
            old: Client = a._connection.client
            await old.publish(f"{A}.pub.s._", b"x" * 1_040_000, headers={"a": "b" * 60_000})
            await until(lambda: a.status.connects == 2)  # the broker cut it off
            assert a._connection.client is not old
            await a.publish(A, numbered(A, 1), 0)
            await until(lambda: seen == [b"0"])  # its subscriptions are there again


async def test_a_wrong_key_is_said(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        stranger = world.make_member("stranger", ARVIEU)
        async with Link(world.connection("stranger")) as link:
            with pytest.raises(HubUnreachableError) as caught:
                await link.ready(0.5)
            assert "authorization" in str(caught.value).lower()
            await world.hub.enrol(write_enrolment(stranger))
            await link.ready()  # once enrolled, it needs nothing more


async def test_a_missing_seed_is_said(tmp_path: Path):
    async with hub_world(tmp_path) as world, Link(world.connection("nobody")) as link:
        with pytest.raises(HubUnreachableError) as caught:
            await link.ready(0.3)
        assert "nobody.nk" in str(caught.value)
