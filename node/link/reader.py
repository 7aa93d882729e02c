"""The durable pull of a composer: batches from the hub's stream, acknowledged when stored.

The durable belongs to the hub, which makes it; a reader may take from it, acknowledge and set
it back to what it hasn't acknowledged, nothing else.
"""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Self

from node.link.client import Client, Listening
from node.link.connection import Connection, ConnectionStatus
from node.link.errors import HubUnreachableError, LinkError, ReadError, UnconfirmedError
from node.link.limits import ACK_TIMEOUT_S, FETCH_MAX_BYTES, FETCH_MAX_MESSAGES, FETCH_MAX_S
from node.link.protocol import parse_headers, parse_status, parse_text
from node.link.route import Route

_ACK_TOKENS = 9
_NS = 1_000_000_000
_NO_MESSAGES = 404
_PULL_ENDS = frozenset({_NO_MESSAGES, 408})
_LINGER_MIN_S = 0.05
_QUIET_S = 0.1
"""So long without another message, what has come is handed out."""


class Fetched(NamedTuple):
    """One message of the stream (a named tuple: 30,000 are made a second).

    Attributes:
        subject: Under which it was published.
        headers: As stored, with the broker's own (`Nats-…`); nobody vouches for any of them.
        body: As published.
        stream_sequence: Position in the stream, from 1.
        redelivered: The hub handed it out before. False is no promise: after a new connection
            the hub begins again at the first message that isn't acknowledged.
        ack: Where its acknowledgement goes.
    """

    subject: str
    headers: Mapping[str, str]
    body: bytes
    stream_sequence: int
    redelivered: bool
    ack: bytes


class Reader:
    """Reads one stream of a hub through the durable that the hub keeps for this node."""

    def __init__(self, connection: Connection, *, durable: str, stream: str = "PUB") -> None:
        """Read over a connection, which the caller opens and closes.

        Args:
            connection: Made with the reader key.
            durable: Name of the durable: the node's.
            stream: `PUB` or `DOC`.
        """
        self._connection = connection
        self._durable = durable
        self._stream = stream
        self._own_connection = False
        self._buffer: deque[Fetched] = deque()
        self._wake = asyncio.Event()
        self._listening: Listening | None = None
        self._client: Client | None = None
        self._inbox = ""
        self._pull = 0
        self._credit = 0
        self._credit_until = 0.0
        self._settled = False
        self._cut_short = False
        self._refusal = ""
        self._pending = 0
        self._told = False
        connection.on_change(self._on_change)

    @classmethod
    def open(
        cls,
        hub: str | Route,
        seed_file: Path,
        *,
        node: str,
        stream: str = "PUB",
    ) -> Self:
        """A reader with a connection of its own, begun by `async with`; else as `Link.open`."""
        reader = cls(Connection(hub, seed_file, node=node), durable=node, stream=stream)
        reader._own_connection = True
        return reader

    async def __aenter__(self) -> Self:
        if self._own_connection:
            self._connection.start()
        return self

    async def __aexit__(self, *_details: object) -> None:
        await self.close()

    @property
    def status(self) -> ConnectionStatus:
        """How the connection stands."""
        return self._connection.status

    @property
    def waiting(self) -> int | None:
        """How many messages of the stream weren't handed out yet; None while nobody knows.

        What others send meanwhile shows with the next message that comes.
        """
        return self._pending + len(self._buffer) if self._told else None

    @property
    def pending(self) -> int:
        """How many messages waited in the stream behind the last one received."""
        return self._pending

    async def close(self) -> None:
        """Stop; what was fetched and not acknowledged comes again."""
        listening, self._listening = self._listening, None
        if listening is not None:
            await listening.stop()
        if self._own_connection:
            await self._connection.close()

    async def fetch(self, count: int, timeout_s: float = FETCH_MAX_S) -> list[Fetched]:
        """Take what waits in the stream, at once where something does.

        Args:
            count: At most so many messages; they may be fewer though more wait.
            timeout_s: How long to wait for the first; at most 5 s.

        Returns:
            Messages in the order of the stream (redelivered ones may come later than that);
            empty when none came in time.

        Raises:
            HubUnreachableError: Not connected within the time.
            ReadError: The hub keeps no durable for this reader, or doesn't let it pull.
        """
        count = min(count, FETCH_MAX_MESSAGES)
        loop = asyncio.get_running_loop()
        until = loop.time() + min(timeout_s, FETCH_MAX_S)
        linger = False
        while not self._is_served(count) and (left := until - loop.time()) > 0:
            client = await self._bind(left)
            if not self._credit or loop.time() > self._credit_until:
                await self._ask(client, count, max(_LINGER_MIN_S, left) if linger else 0.0)
                linger = True
            if not self._buffer:
                self._settled = False
            await self._wait(count, until)
            self._raise_refusal()
            if self._buffer:
                break
        taken = min(count, len(self._buffer))
        return [self._buffer.popleft() for _ in range(taken)]

    async def ack_all(self, messages: Iterable[Fetched]) -> None:
        """Acknowledge; without waiting, since a lost acknowledgement only means redelivery.

        Raises:
            HubUnreachableError: Not connected; the messages come again.
        """
        await self._connection.client.write(
            b"".join(b"PUB %b 0\r\n\r\n" % message.ack for message in messages)
        )

    async def rewind(self, sequence: int | None = None) -> int:
        """Set the durable back, and forget what was fetched and not handed out.

        Args:
            sequence: To there; None: to the first message that isn't acknowledged.

        Returns:
            Stream sequence that comes next.

        Raises:
            HubUnreachableError, UnconfirmedError: Try again.
            ReadError: The hub refused.
        """
        client = await self._bind(ACK_TIMEOUT_S, rewind=False)
        return await self._reset(client, sequence)

    # -- the pull -----------------------------------------------------------------------------

    async def _bind(self, timeout_s: float, *, rewind: bool = True) -> Client:
        """The connected client, listening; after a new connection from the first unacknowledged.

        A pull that was under way when the connection broke may have been answered into the
        void: those messages count as handed out and would come again only after `ack_wait`.
        """
        client = await self._connection.ready(timeout_s)
        if self._client is client and self._listening is not None:
            if self._cut_short and rewind:
                await self._reset(client, None)
            return client
        if self._listening is not None:
            await self._listening.stop()
        self._inbox = client.new_inbox()
        self._listening = await client.listen(f"{self._inbox}.*", self._take)
        self._drop()
        self._client = client
        if rewind:
            try:
                await self._reset(client, None)
            except LinkError:
                self._client = None
                raise
        return client

    async def _reset(self, client: Client, sequence: int | None) -> int:
        await self._probe(client)
        body = b"" if sequence is None else json.dumps({"seq": sequence}).encode()
        reply = await client.ask(
            f"$JS.API.CONSUMER.RESET.{self._stream}.{self._durable}",
            body,
            timeout_s=ACK_TIMEOUT_S,
        )
        try:
            found = json.loads(reply.body)
            error, begin = found.get("error"), found.get("reset_seq")
        except (ValueError, AttributeError) as fault:
            raise UnconfirmedError("the answer isn't the hub's", code="no-ack") from fault
        if error is not None or type(begin) is not int:
            raise self._refused(str(error))
        self._drop()
        return begin

    async def _probe(self, client: Client) -> None:
        """See that the durable is there: the broker leaves a reset of a missing one unanswered.

        No message fits into one byte, so none is handed out.
        """
        try:
            await client.ask(
                f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._durable}",
                b'{"batch":1,"no_wait":true,"max_bytes":1}',
                timeout_s=ACK_TIMEOUT_S,
            )
        except HubUnreachableError as error:
            if error.code == "no-responder":
                raise self._refused("there is no durable of that name") from None
            raise

    def _refused(self, why: str) -> ReadError:
        return ReadError(
            f"the hub doesn't hand out {self._stream} to {self._durable}: {why}",
            code="no-durable",
            remedy="have the hub's operator enrol this node with its reader key",
        )

    def _drop(self) -> None:
        self._buffer.clear()
        self._credit = 0
        self._cut_short = False
        self._refusal = ""

    async def _ask(self, client: Client, count: int, wait_s: float) -> None:
        """Pull: what is there now (`wait_s` 0), or whatever comes within a time."""
        request: dict[str, int | bool] = {"batch": count, "max_bytes": FETCH_MAX_BYTES}
        if wait_s:
            request["expires"] = int(wait_s * _NS)
        else:
            request["no_wait"] = True
        self._pull += 1
        self._credit = count
        self._settled = False
        self._credit_until = asyncio.get_running_loop().time() + (wait_s or FETCH_MAX_S)
        body = json.dumps(request).encode()
        await client.write(
            b"PUB $JS.API.CONSUMER.MSG.NEXT.%b.%b %b.%d %d\r\n%b\r\n"
            % (
                self._stream.encode(),
                self._durable.encode(),
                self._inbox.encode(),
                self._pull,
                len(body),
                body,
            )
        )

    def _is_served(self, count: int) -> bool:
        """Whether what is here is what there is to have now."""
        return len(self._buffer) >= count or (
            bool(self._buffer) and (self._settled or not self._credit)
        )

    async def _wait(self, count: int, until: float) -> None:
        """Until the pull is served, nothing more waits in the stream, or the time is over."""
        loop = asyncio.get_running_loop()
        while self._credit and not self._settled and len(self._buffer) < count:
            left = min(until, self._credit_until) - loop.time()
            if self._buffer:
                left = min(left, _QUIET_S)
            if left <= 0:
                return
            self._wake.clear()
            try:
                async with asyncio.timeout(left):
                    await self._wake.wait()
            except TimeoutError:
                return

    def _raise_refusal(self) -> None:
        refusal, self._refusal = self._refusal, ""
        if refusal and not self._buffer:
            raise self._refused(refusal)

    def _take(self, subject: bytes, reply: bytes, block: bytes, body: bytes) -> None:
        """Take what the broker sends; only what carries an acknowledgement subject is a message."""
        if not reply:
            self._take_status(subject, block)
            return
        tokens = reply.split(b".")
        if len(tokens) < _ACK_TOKENS:
            return
        # $JS.ACK.<stream>.<durable>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>
        fetched = Fetched(
            parse_text(subject),
            parse_headers(block),
            body,
            int(tokens[5]),
            tokens[4] != b"1",
            reply,
        )
        self._buffer.append(fetched)
        self._credit = max(0, self._credit - 1)
        self._pending = int(tokens[8])
        self._told = True
        self._settled = not self._pending
        if not block and not body:
            # The broker takes an empty answer for the last one of its kind: what it still sends
            # for this pull is lost between the accounts, and asked for again.
            self._cut_short = True
            self._credit = 0
        if self._settled or not self._credit:
            self._wake.set()

    def _take_status(self, subject: bytes, block: bytes) -> None:
        """The end of a pull: nothing there, time over, or something wrong."""
        if subject != b"%b.%d" % (self._inbox.encode(), self._pull):
            return  # of an earlier pull
        status = parse_status(block)
        if status == 100:  # noqa: PLR2004 - a heartbeat
            return
        self._credit = 0
        if status == _NO_MESSAGES:
            self._pending, self._told = 0, True
        if status not in _PULL_ENDS:
            self._refusal = block.split(b"\r\n", 1)[0].decode("ascii", "replace")
        self._wake.set()

    def _on_change(self, status: ConnectionStatus) -> None:
        """A break ends the pull; the next fetch begins anew."""
        if not status.connected:
            self._credit = 0
            self._client = None
            self._told = False
        self._wake.set()
