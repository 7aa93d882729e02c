"""A real hub and real nodes for the tests: `async with hub_world(folder) as world`."""

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Self

import nkeys

from federation.ids import prefix
from federation.message import Message
from node.hub.config import HubSettings, Member
from node.hub.hub import Hub
from node.hub.members import write_enrolment
from node.link.connection import Connection
from node.link.link import Link
from node.link.nkey import create_seed
from node.link.reader import Reader

ARVIEU = "fr-com-12011"
CANET = "fr-com-12047"
EPCI = "fr-epci-241200765"
A = prefix(ARVIEU)
B = prefix(CANET)
C = prefix(EPCI)


def message(start: str, body: bytes | str = b"", *, to: str = "pub.s._", **headers: str) -> Message:
    raw = body.encode() if isinstance(body, str) else body
    return Message(f"{start}.{to}", {n.replace("_", "-"): v for n, v in headers.items()}, raw)


def numbered(start: str, count: int, first: int = 0) -> list[Message]:
    return [message(start, str(number)) for number in range(first, first + count)]


async def until(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - anything may be waited for
            await asyncio.sleep(0.01)


class World:
    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder

    def seed(self, name: str) -> Path:
        return self.folder / f"{name}.nk"

    def make_member(self, node: str, *participants: str, reads: bool = False) -> Member:
        reader = create_seed(self.seed(f"{node}-reader")) if reads else None
        return Member(node, create_seed(self.seed(node)), reader, tuple(participants))

    async def enrol(self, node: str, *participants: str, reads: bool = False) -> Member:
        member = self.make_member(node, *participants, reads=reads)
        return await self.hub.enrol(write_enrolment(member))

    def connection(self, node: str, key: str | None = None) -> Connection:
        return Connection(self.hub.url, self.seed(key or node), node=node, reconnect_wait_s=0.1)

    @contextlib.asynccontextmanager
    async def link(self, node: str) -> AsyncIterator[Link]:
        async with Link(self.connection(node)) as link:
            await link.ready()
            yield link

    @contextlib.asynccontextmanager
    async def reader(self, node: str, stream: str = "PUB") -> AsyncIterator[Reader]:
        async with (
            self.connection(node, f"{node}-reader") as connection,
            Reader(connection, durable=node, stream=stream) as reader,
        ):
            yield reader

    async def stored(self, stream: str = "PUB") -> list[tuple[str, bytes]]:
        """What a stream holds, in order: subject and body."""
        async with self.hub.connect_admin() as admin:
            js = admin.client.jetstream()
            state = (await js.stream_info(stream)).state
            found = []
            for sequence in range(max(1, state.first_seq), state.last_seq + 1):
                raw = await js.get_msg(stream, sequence)
                found.append((raw.subject, raw.data or b""))
            return found

    def raw(self, node: str, key: str | None = None) -> "RawClient":
        return RawClient(self.hub.url, self.seed(key or node))


@contextlib.asynccontextmanager
async def hub_world(folder: Path, **settings: object) -> AsyncIterator[World]:
    hub = Hub(folder / "hub", HubSettings(port=0, **settings))  # type: ignore[arg-type]
    async with hub.run():
        yield World(hub, folder)


class RawClient:
    """A member that speaks the protocol itself, and keeps no client's manners."""

    def __init__(self, url: str, seed_file: Path) -> None:
        host, _, port = url.removeprefix("nats://").rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=5)
        self._file = self._socket.makefile("rwb")
        info = json.loads(self._file.readline()[5:])
        pair = nkeys.from_seed(bytearray(seed_file.read_bytes().strip()))
        signature = base64.urlsafe_b64encode(pair.sign(info["nonce"].encode()))
        hello = {
            "verbose": False,
            "pedantic": False,
            "headers": True,
            "no_responders": True,
            "nkey": pair.public_key.decode(),
            "sig": signature.rstrip(b"=").decode(),
            "lang": "test",
            "version": "1",
            "protocol": 1,
        }
        self._send(b"CONNECT " + json.dumps(hello).encode() + b"\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        self._file.close()
        self._socket.close()

    def publish(
        self, subject: str | bytes, body: bytes = b"", *, reply: str = "", block: bytes = b""
    ) -> bytes:
        """Publish; what the broker said until it has taken it."""
        raw = subject if isinstance(subject, bytes) else subject.encode()
        head = raw + (b" " + reply.encode() if reply else b"")
        if block:
            sizes = b" %d %d\r\n" % (len(block), len(block + body))
            self._send(b"HPUB " + head + sizes + block + body + b"\r\n")
        else:
            self._send(b"PUB " + head + b" %d\r\n" % len(body) + body + b"\r\n")
        return self.ping()

    def subscribe(self, subject: str) -> bytes:
        self._send(b"SUB " + subject.encode() + b" 1\r\n")
        return self.ping()

    def ping(self) -> bytes:
        """Everything that came before the answer to a ping."""
        self._send(b"PING\r\n")
        said = b""
        while not (line := self._file.readline()).startswith(b"PONG"):
            if not line:
                raise ConnectionResetError(said)
            if line.startswith(b"PING"):
                self._send(b"PONG\r\n")
            elif not line.startswith(b"INFO"):
                said += line
        return said

    def _send(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
