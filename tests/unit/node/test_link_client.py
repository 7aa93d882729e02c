"""The client's protocol reader: whatever bytes come, in whatever pieces, nothing is misread."""

import asyncio
import contextlib

import nats.errors
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.link.client import Client
from node.link.limits import LINE_MAX_BYTES
from node.link.protocol import parse_headers, parse_status, parse_text

Taken = tuple[bytes, bytes, bytes, bytes]

tokens = st.binary(min_size=1, max_size=12).filter(lambda b: not set(b) & set(b" \t\r\n"))
blocks = st.one_of(st.just(b""), st.binary(min_size=1, max_size=60))
messages = st.tuples(tokens, st.one_of(st.just(b""), tokens), blocks, st.binary(max_size=200))


def on_the_wire(message: Taken) -> bytes:
    subject, reply, block, body = message
    head = subject + b" 7" + (b" " + reply if reply else b"")
    if block:
        return b"HMSG %b %d %d\r\n%b%b\r\n" % (head, len(block), len(block + body), block, body)
    return b"MSG %b %d\r\n%b\r\n" % (head, len(body), body)


def listening() -> tuple[Client, list[Taken]]:
    client = Client()
    found: list[Taken] = []
    client._sinks[7] = lambda *message: found.append(message)
    client._subs[7] = object()  # type: ignore[assignment]
    return client, found


@given(st.lists(messages, max_size=6), st.lists(st.integers(1, 40), min_size=1, max_size=20))
@settings(deadline=None)
def test_messages_arrive_whole_however_they_are_cut(sent: list[Taken], cuts: list[int]):
    wire = b"".join(on_the_wire(message) for message in sent)
    client, found = listening()

    async def feed() -> None:
        at, turn = 0, 0
        while at < len(wire):
            step = cuts[turn % len(cuts)]
            await client._ps.parse(wire[at : at + step])
            at, turn = at + step, turn + 1

    asyncio.run(feed())
    assert found == sent


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_taken_or_are_a_protocol_error(data: bytes):
    client, _ = listening()
    with contextlib.suppress(nats.errors.ProtocolError):
        asyncio.run(client._ps.parse(b"MSG x 7 " + data))


@pytest.mark.parametrize(
    "line",
    [
        b"HELLO\r\n",
        b"MSG x y z\r\n",
        b"HMSG a 7 9\r\n",
        b"MSG\r\n",
        b"\r\n",
        b"M\r\n",
        b"INFO x\r\n",
        b"INFO 3\r\n",
        b"MSG a 7 -9\r\n",
        b"HMSG a 7 9 3\r\n",
    ],
)
async def test_what_no_broker_says_is_a_protocol_error(line: bytes):
    client, _ = listening()
    with pytest.raises(nats.errors.ProtocolError):
        await client._ps.parse(line)


async def test_an_endless_line_is_a_protocol_error():
    client, _ = listening()
    for _ in range(LINE_MAX_BYTES // 32_768):
        await client._ps.parse(b"x" * 32_768)
    with pytest.raises(nats.errors.ProtocolError):
        await client._ps.parse(b"x")


@given(st.binary(max_size=200))
def test_any_header_block_can_be_read(block: bytes):
    for name, value in parse_headers(block).items():
        assert name == name.strip()
        assert value == value.strip()
    parse_status(block)
    parse_text(block).encode()


@pytest.mark.parametrize(
    ("block", "status", "headers"),
    [
        (b"NATS/1.0 404 No Messages\r\n\r\n", 404, {}),
        (b"NATS/1.0 204 EOB\r\nNats-Num-Pending: 3\r\n\r\n", 204, {"Nats-Num-Pending": "3"}),
        (b"NATS/1.0\r\nStatus: 404\r\n\r\n", None, {"Status": "404"}),
        (b"NATS/1.0\r\na: 1\r\na: 2\r\n\r\n", None, {"a": "2"}),
        (b"NATS/1.0\r\na:1\r\nb: x:y \r\nno colon\r\n\r\n", None, {"a": "1", "b": "x:y"}),
        (b"NATS/1.0\r\n\xff: \xff\r\n\r\n", None, {"�": "�"}),
        (b"ABCD", None, {}),
        (b"", None, {}),
    ],
)
def test_header_blocks(block: bytes, status: int | None, headers: dict[str, str]):
    assert parse_status(block) == status
    assert parse_headers(block) == headers


def test_a_subject_that_is_not_text_stays_printable():
    assert parse_text(b"mlg.\xff") == r"mlg.\xff"
    assert parse_text("mlg.é".encode()) == "mlg.é"
