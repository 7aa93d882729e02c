"""How messages go into the hub's stream: the plan, without a connection.

Compare-and-set on the participant's own prefix (`Nats-Expected-Last-Subject-Sequence` with
`-Subject`): no retry after any delay makes a duplicate or a gap. Fewer than 16 waiting
messages go one after the other, each expecting the one before; more go as atomic batches, of
which the first message carries the compare-and-set and the last the commit.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from federation.errors import LimitError, MalformedError
from federation.message import Message
from node.link.errors import CasConflictError, LinkError, RejectedError, UnconfirmedError
from node.link.limits import (
    BATCH_MAX_BYTES,
    BATCH_MAX_MESSAGES,
    BATCH_MIN_MESSAGES,
    MESSAGE_MAX_BYTES,
)
from node.link.protocol import Reply

EXPECTED: Final = "Nats-Expected-Last-Subject-Sequence"
EXPECTED_SUBJECT: Final = "Nats-Expected-Last-Subject-Sequence-Subject"
BATCH_ID: Final = "Nats-Batch-Id"
BATCH_SEQUENCE: Final = "Nats-Batch-Sequence"
BATCH_COMMIT: Final = "Nats-Batch-Commit"
RESERVED: Final = "nats-"
"""Headers with this beginning are the broker's; a message of ours has none."""

WRONG_LAST_SEQUENCE: Final = frozenset({10071, 10164})
BATCH_NOT_TAKEN: Final = frozenset({10174, 10176, 10210})
"""Batches are off, incomplete, or too many in flight: nothing was stored, plain publishes do."""

_LAST: Final = re.compile(r"wrong last sequence: ([0-9]+)")
_HEADER: Final = re.compile(r"[!-9;-~]+")
_OVERHEAD_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class PublishAck:
    """Stored and, with `sync_interval: always`, on the hub's disk.

    Attributes:
        stream: `PUB` or `DOC`.
        first_sequence: Stream sequence of the first message.
        last_sequence: Of the last; what the next call expects.
        count: Messages stored. Others may lie between them unless they went as one batch.
    """

    stream: str
    first_sequence: int
    last_sequence: int
    count: int


def check(message: Message) -> int:
    """Refuse what NATS or the hub wouldn't carry, before anything is sent.

    Returns:
        The message's size on the way, in bytes.

    Raises:
        LimitError: `message-size`.
        MalformedError: `header`: a name or value that can't be carried, or a name of the broker's.
    """
    size = len(message.subject) + len(message.body) + _OVERHEAD_BYTES
    for name, value in message.headers.items():
        size += len(name) + len(value.encode()) + 4
        if (
            _HEADER.fullmatch(name) is None
            or name.lower().startswith(RESERVED)
            or value != value.strip()
            or not value.isprintable()
        ):
            raise MalformedError(f"the header {name[:80]!r} can't be sent", code="header")
    if size > MESSAGE_MAX_BYTES:
        raise LimitError(
            f"a message of {size} bytes; the hub takes {MESSAGE_MAX_BYTES}",
            code="message-size",
            remedy="send the content in more parts",
        )
    return size


def batches(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Cut messages into what is sent together.

    Yields:
        Runs in order: singles where few wait, else up to 1,000 messages and 8 MiB each.

    Raises:
        LimitError: `message-size`.
        MalformedError: `header`.
    """
    sizes = [check(message) for message in messages]
    if len(messages) < BATCH_MIN_MESSAGES:
        yield from ([message] for message in messages)
        return
    start, size = 0, 0
    for at, more in enumerate(sizes):
        if at - start == BATCH_MAX_MESSAGES or (at > start and size + more > BATCH_MAX_BYTES):
            yield messages[start:at]
            start, size = at, 0
        size += more
    yield messages[start:]


def cas_headers(message: Message, prefix: str, expected: int) -> dict[str, str]:
    """A message's headers with the compare-and-set on its sender's prefix."""
    return {**message.headers, EXPECTED: str(expected), EXPECTED_SUBJECT: f"{prefix}.>"}


def batch_headers(
    headers: Mapping[str, str], batch: str, number: int, *, commit: bool
) -> dict[str, str]:
    """Headers of the `number`-th message (from 1) of a batch."""
    found = {**headers, BATCH_ID: batch, BATCH_SEQUENCE: str(number)}
    if commit:
        found[BATCH_COMMIT] = "1"
    return found


class BatchNotTakenError(LinkError):
    """The hub has no room for a batch now and stored nothing of it. Publish one by one."""


def read_ack(
    reply: Reply, *, stream: str, expected: int, stored: int = 0, count: int = 1
) -> PublishAck:
    """Read the stream's answer.

    Args:
        reply: To the message, or to the last of a batch.
        stream: Where it should have been stored.
        expected: What the compare-and-set expected.
        stored: Messages of this call that were stored before.
        count: Messages that this answer should be for.

    Raises:
        CasConflictError: Another message is the last.
        BatchNotTakenError: No room for a batch.
        RejectedError: The stream doesn't take it.
        UnconfirmedError: Not an answer of a stream.
    """
    found = _json(reply.body)
    error = found.get("error")
    if isinstance(error, dict):
        code, text = error.get("err_code"), str(error.get("description", ""))
        if code in WRONG_LAST_SEQUENCE:
            last = _LAST.search(text)
            raise CasConflictError(expected, int(last[1]) if last else None, stored)
        if code in BATCH_NOT_TAKEN:
            raise BatchNotTakenError(text, code="batch-not-taken")
        raise RejectedError(f"the hub refused it: {text} ({code})", code="hub-refused")
    sequence = found.get("seq")
    if found.get("stream") != stream or type(sequence) is not int:
        raise UnconfirmedError("the answer isn't the hub's stream's", code="no-ack")
    if count > 1 and found.get("count") != count:
        raise UnconfirmedError(
            f"the hub stored {found.get('count')} of {count} messages", code="no-ack"
        )
    return PublishAck(stream, sequence - count + 1, sequence, count)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
