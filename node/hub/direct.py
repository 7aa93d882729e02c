"""Reading the hub's streams by position: the broker's batched direct get."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.link.client import Client
from node.link.errors import UnconfirmedError
from node.link.protocol import Reply
from node.link.stored import TIME, StoredMessage, read_stored

_PENDING: Final = "Nats-Num-Pending"
_END: Final = 204
_NOTHING: Final = 404
_IDLE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Messages of a stream.

    Attributes:
        messages: In the order of the stream.
        pending: How many more match behind them.
    """

    messages: tuple[StoredMessage, ...]
    pending: int


async def read_after(
    client: Client, stream: str, subject: str, after: int, *, limit: int, max_bytes: int
) -> Chunk:
    """Read what a stream holds on a subject behind a position.

    Args:
        client: In the hub's own account.
        stream: `PUB` or `DOC`.
        subject: May hold wildcards.
        after: Stream sequence behind which to begin.
        limit: At most so many messages.
        max_bytes: And so many bytes, to which the last message may add.

    Raises:
        UnconfirmedError, HubUnreachableError: Try again.
    """
    request = {
        "seq": after + 1,
        "next_by_subj": subject,
        "batch": limit,
        "max_bytes": max_bytes,
    }
    replies = await client.ask_many(
        f"$JS.API.DIRECT.GET.{stream}",
        json.dumps(request).encode(),
        is_last=_ends,
        max_replies=limit + 1,
        idle_s=_IDLE_S,
    )
    return _chunk(replies)


async def read_one(client: Client, stream: str, sequence: int) -> StoredMessage | None:
    """Read the message at a position, None where there is none (any more).

    Raises:
        UnconfirmedError, HubUnreachableError: Try again.
    """
    reply = await client.ask(
        f"$JS.API.DIRECT.GET.{stream}", json.dumps({"seq": sequence}).encode(), timeout_s=_IDLE_S
    )
    return read_stored(reply.headers, reply.body) if reply.status is None else None


def _ends(reply: Reply) -> bool:
    return reply.status is not None


def _chunk(replies: Sequence[Reply]) -> Chunk:
    *items, last = replies
    if last.status == _NOTHING and not items:
        return Chunk((), 0)
    stored = [read_stored(item.headers, item.body) for item in items]
    pending = last.headers.get(_PENDING, "")
    if last.status != _END or not pending.isdecimal():
        raise UnconfirmedError(f"the stream answers {last.status}", code="no-answer")
    if any(item is None or TIME not in r.headers for item, r in zip(stored, items, strict=True)):
        raise UnconfirmedError("the answer isn't the stream's", code="no-answer")
    return Chunk(tuple(item for item in stored if item is not None), int(pending))
