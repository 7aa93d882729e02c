"""A member's connection: publishing below its participants' prefixes, the live tail, the reads."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from uuid import uuid4

import nats.errors
from nats.aio.msg import Msg

from federation.message import Message
from node.link.client import Client
from node.link.connection import Connection, ConnectionStatus
from node.link.errors import HubUnreachableError, ReadError, UnconfirmedError
from node.link.limits import ACK_TIMEOUT_S, READ_IDLE_S, READ_MAX_MESSAGES
from node.link.publishing import (
    BatchNotTakenError,
    PublishAck,
    batch_headers,
    batches,
    cas_headers,
    check,
    read_ack,
)
from node.link.reading import READ_PREFIX, Page, is_last, read_page
from node.link.route import Route
from node.link.stored import LAST_SEQUENCE, StoredMessage, read_stored

WIRE_PREFIX: Final = "mlg.1.z."
TAIL_PREFIX: Final = "mlg.1.tail."
_NOT_FOUND: Final = 404
_KIND_AT: Final = 5
_PUBLICATIONS: Final = frozenset({"pub", "for", "fwd"})
_DOCUMENTS: Final = frozenset({"doc", "rcpt", "ask"})


@dataclass(frozen=True, slots=True)
class TailMessage:
    """A message that the hub has just stored.

    Attributes:
        message: As stored; its subject is the one it was published under.
        previous: Stream sequence of the one before it on the same subject, 0 for the first:
            where it isn't the last one seen there, something was missed; ask for the range.
    """

    message: StoredMessage
    previous: int


class Link:
    """A node's way to one hub."""

    def __init__(self, connection: Connection) -> None:
        """Work over a connection, which `async with` starts and ends."""
        self._connection = connection

    @classmethod
    def open(cls, hub: str | Route, seed_file: Path, *, node: str) -> Self:
        """A link of its own, begun by `async with`.

        Args:
            hub: The way to it, or its address alone.
            seed_file: The node's key for this hub.
            node: Its name there.

        Raises:
            MalformedError: `hub-url`.
        """
        return cls(Connection(hub, seed_file, node=node))

    async def __aenter__(self) -> Self:
        self._connection.start()
        return self

    async def __aexit__(self, *_details: object) -> None:
        await self._connection.close()

    @property
    def status(self) -> ConnectionStatus:
        """How the connection stands."""
        return self._connection.status

    def on_change(self, listener: Callable[[ConnectionStatus], None]) -> None:
        """Have a function called whenever the connection comes or goes."""
        self._connection.on_change(listener)

    async def ready(self, timeout_s: float = ACK_TIMEOUT_S) -> None:
        """Wait until the hub is connected.

        Raises:
            HubUnreachableError: Not within the time; the message says why.
        """
        await self._connection.ready(timeout_s)

    # -- publishing ---------------------------------------------------------------------------

    async def publish(
        self, prefix: str, messages: Sequence[Message], expected_last: int
    ) -> PublishAck:
        """Store messages behind the last own one, in order, all or a beginning of them.

        Args:
            prefix: The sender's, without the last dot: `mlg.1.z.fr-12.fr-com-12011`.
            messages: Below it, kinds `pub`, `for` and `fwd`. At least one.
            expected_last: Stream sequence of the last own message on the hub; 0 for none.

        Returns:
            Where they are; `last_sequence` is what the next call expects.

        Raises:
            CasConflictError: Another is the last. Call `last_own`.
            UnconfirmedError: Stored or not: call `last_own` once connected.
            HubUnreachableError: Not connected; try again later. Where some of several runs
                were stored before, `last_own` says so.
            NotPermittedError: Halt; the hub's operator must enrol the participant here.
            RejectedError, LimitError, MalformedError: The message won't pass as it is.
            ValueError: No message, or one outside the prefix or of another kind.
        """
        _check_subjects(prefix, messages)
        client = self._connection.client
        last, first, stored = expected_last, 0, 0
        for run in batches(messages):
            if len(run) == 1:
                ack = await _publish_one(client, prefix, run[0], last, stored)
            else:
                try:
                    ack = await _publish_batch(client, prefix, run, last, stored)
                except BatchNotTakenError:
                    ack = await _publish_singly(client, prefix, run, last, stored)
            first = first or ack.first_sequence
            last = ack.last_sequence
            stored += ack.count
        return PublishAck("PUB", first, last, stored)

    async def last_own(self, prefix: str) -> StoredMessage | None:
        """The last message below a prefix in the hub's data stream.

        Raises:
            HubUnreachableError, UnconfirmedError: Try again later.
            NotPermittedError: Not one of this node's prefixes.
        """
        reply = await self._connection.client.ask(
            f"$JS.API.DIRECT.GET.PUB.{prefix}.>", timeout_s=ACK_TIMEOUT_S
        )
        if reply.status == _NOT_FOUND:
            return None
        stored = read_stored(reply.headers, reply.body) if reply.status is None else None
        if stored is None or not stored.subject.startswith(prefix + "."):
            raise UnconfirmedError("the answer isn't the hub's stream's", code="no-ack")
        return stored

    async def publish_document(
        self, subject: str, headers: Mapping[str, str], body: bytes
    ) -> PublishAck:
        """Store a document, receipt or request: the last one per subject is kept.

        Args:
            subject: Kinds `doc`, `rcpt` and `ask`.
            headers: Without the broker's.
            body: The document.

        Raises:
            UnconfirmedError, HubUnreachableError: Send it again later; that does no harm.
            NotPermittedError: Halt; the hub's operator must enrol the participant here.
            RejectedError, LimitError, MalformedError: It won't pass as it is.
            ValueError: Another kind.
        """
        _check_kind(subject, _DOCUMENTS)
        check(Message(subject, headers, body))
        reply = await self._connection.client.ask(
            subject, body, headers=headers, timeout_s=ACK_TIMEOUT_S
        )
        return read_ack(reply, stream="DOC", expected=0)

    # -- hearing ------------------------------------------------------------------------------

    async def subscribe_tail(
        self, pattern: str, callback: Callable[[TailMessage], Awaitable[None]]
    ) -> Callable[[], Awaitable[None]]:
        """Hear what the hub stores, as it stores it, now and after every reconnection.

        The tail is quick and may drop messages (a slow callback, a broken connection).
        `TailMessage.previous` shows it; the read service has what was missed.

        Args:
            pattern: As published, with wildcards: `mlg.1.z.*.*.pub.>`. The hub allows `pub` and
                `doc` of all, `for`, `rcpt` and `ask` of this node's participants.
            callback: Gets each message, one after the other.

        Returns:
            What ends it.

        Raises:
            HubUnreachableError: Not connected now.
            NotPermittedError: Not for this node.
            ValueError: Not a pattern of the wire.
        """
        if not pattern.startswith(WIRE_PREFIX):
            raise ValueError(f"{pattern!r} doesn't begin with {WIRE_PREFIX}")

        async def take(msg: Msg) -> None:
            headers = msg.headers or {}
            stored = read_stored(headers, msg.data)
            previous = headers.get(LAST_SEQUENCE, "")
            if stored is not None and previous.isdecimal():
                await callback(TailMessage(stored, int(previous)))

        return await self._connection.subscribe(
            TAIL_PREFIX + pattern.removeprefix(WIRE_PREFIX), take
        )

    # -- reading ------------------------------------------------------------------------------

    async def read_range(
        self, prefix: str, subject: str, *, after: int = 0, limit: int = READ_MAX_MESSAGES
    ) -> Page:
        """Messages of the data stream on a subject.

        Args:
            prefix: In whose name is asked: one of this node's.
            subject: `…pub.<schema>.<slug|_>`, or `…for.<participant asked for>.…`; tokens may be
                `*`, the last `>`.
            after: Stream sequence behind which to begin.
            limit: At most so many.

        Raises:
            ReadError: The service refused; `code` says why.
            HubUnreachableError, UnconfirmedError: Try again later.
            NotPermittedError: Not one of this node's prefixes.
        """
        return await self._read(prefix, "range", subject=subject, after=after, limit=limit)

    async def read_document(self, prefix: str, digest: str) -> StoredMessage | None:
        """The document whose body, or whose `Maillage-Manifest` signing input, has a digest.

        Raises:
            As `read_range`.
        """
        try:
            page = await self._read(prefix, "document", digest=digest)
        except ReadError as error:
            if error.code == "not-found":
                return None
            raise
        return page.messages[0]

    async def read_documents(
        self, prefix: str, pattern: str, *, after: int = 0, limit: int = READ_MAX_MESSAGES
    ) -> Page:
        """Documents on subjects that match, for example `mlg.1.z.*.*.doc.identity`.

        Raises:
            As `read_range`.
        """
        return await self._read(prefix, "documents", pattern=pattern, after=after, limit=limit)

    async def read_receipts(
        self, prefix: str, *, after: int = 0, limit: int = READ_MAX_MESSAGES
    ) -> Page:
        """The last receipt of each receiver for the participant asked for.

        Raises:
            As `read_range`.
        """
        return await self._read(prefix, "receipts", after=after, limit=limit)

    async def _read(self, prefix: str, operation: str, **request: str | int) -> Page:
        replies = await self._connection.client.ask_many(
            f"{READ_PREFIX}{prefix.removeprefix(WIRE_PREFIX)}.{operation}",
            json.dumps(request).encode(),
            is_last=is_last,
            max_replies=READ_MAX_MESSAGES + 1,
            idle_s=READ_IDLE_S,
        )
        return read_page(replies)


def _check_subjects(prefix: str, messages: Sequence[Message]) -> None:
    if not messages:
        raise ValueError("no message to publish")
    for message in messages:
        if not message.subject.startswith(prefix + "."):
            raise ValueError(f"{message.subject} isn't below {prefix}")
        _check_kind(message.subject, _PUBLICATIONS)


def _check_kind(subject: str, kinds: frozenset[str]) -> None:
    """Each kind goes into one of the two streams; an answer of the other would mislead."""
    tokens = subject.split(".", 6)
    if len(tokens) <= _KIND_AT or tokens[_KIND_AT] not in kinds:
        raise ValueError(f"{subject} isn't of kind {', '.join(sorted(kinds))}")


async def _publish_one(
    client: Client, prefix: str, message: Message, last: int, stored: int
) -> PublishAck:
    reply = await client.ask(
        message.subject,
        message.body,
        headers=cas_headers(message, prefix, last),
        timeout_s=ACK_TIMEOUT_S,
    )
    return read_ack(reply, stream="PUB", expected=last, stored=stored)


async def _publish_singly(
    client: Client, prefix: str, run: Sequence[Message], last: int, stored: int
) -> PublishAck:
    first = 0
    for number, message in enumerate(run):
        ack = await _publish_one(client, prefix, message, last, stored + number)
        first = first or ack.first_sequence
        last = ack.last_sequence
    return PublishAck("PUB", first, last, len(run))


async def _publish_batch(
    client: Client, prefix: str, run: Sequence[Message], last: int, stored: int
) -> PublishAck:
    """Send a run as one atomic batch: the hub stores all of it or nothing."""
    batch = uuid4().hex  # nobody else may guess it: another member's message would join the batch
    opening = await client.ask(
        run[0].subject,
        run[0].body,
        headers=batch_headers(cas_headers(run[0], prefix, last), batch, 1, commit=False),
        timeout_s=ACK_TIMEOUT_S,
    )
    if opening.body:  # an empty answer means: taken, not yet stored
        read_ack(opening, stream="PUB", expected=last, stored=stored)
        raise UnconfirmedError("the hub doesn't keep batches together", code="no-batches")
    try:
        async with asyncio.timeout(ACK_TIMEOUT_S):
            for number, message in enumerate(run[1:-1], start=2):
                await client.publish(
                    message.subject,
                    message.body,
                    headers=batch_headers(message.headers, batch, number, commit=False),
                )
    except TimeoutError:
        raise UnconfirmedError("the hub doesn't take the batch", code="no-answer") from None
    except nats.errors.Error as error:
        raise HubUnreachableError(
            f"the connection broke ({error})", code="hub-unreachable"
        ) from error
    closing = await client.ask(
        run[-1].subject,
        run[-1].body,
        headers=batch_headers(run[-1].headers, batch, len(run), commit=True),
        timeout_s=ACK_TIMEOUT_S,
    )
    return read_ack(closing, stream="PUB", expected=last, stored=stored, count=len(run))
