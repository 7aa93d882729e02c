"""The read service's words, and how a member puts its answers together.

A request goes to `mlg.1.read.<zone>.<participant>.<operation>`: the hub lets a node send there
for its own participants only, so the subject says who asks. Its body is a JSON object. The
answers are the stored messages, each with `Maillage-Read: <n>` (from 1) and its subject and
stream sequence, then one with `Maillage-Read: end` and `{"count", "next"}`, or one with
`Maillage-Read: error` and `{"code", "message"}`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.link.errors import ReadError, UnconfirmedError
from node.link.protocol import Reply
from node.link.stored import StoredMessage

READ_PREFIX: Final = "mlg.1.read."
READ_HEADER: Final = "Maillage-Read"
READ_SUBJECT: Final = "Maillage-Read-Subject"
READ_SEQUENCE: Final = "Maillage-Read-Sequence"
READ_END: Final = "end"
READ_ERROR: Final = "error"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the hub's read service.

    Attributes:
        messages: In the order of the stream.
        next: What to give as `after` for those that follow; None when that was all.
    """

    messages: tuple[StoredMessage, ...]
    next: int | None


def is_last(reply: Reply) -> bool:
    """Whether no answer follows this one."""
    return reply.headers.get(READ_HEADER) in {READ_END, READ_ERROR}


def read_page(replies: Sequence[Reply]) -> Page:
    """Put the answers to one request together.

    Args:
        replies: In the order in which they came; the last one ends them.

    Raises:
        ReadError: The service refused.
        UnconfirmedError: Something is missing, or it isn't the service's.
    """
    *items, last = replies
    try:
        summary: dict[str, Any] = json.loads(last.body)
        if last.headers.get(READ_HEADER) == READ_ERROR:
            raise ReadError(str(summary["message"])[:500], code=str(summary["code"])[:80])
        messages = tuple(_stored(item) for item in items)
        following = summary["next"]
        complete = summary["count"] == len(messages)
        if following is not None and type(following) is not int:
            raise TypeError("next")  # noqa: TRY301 - told like the other faults below
    except (ValueError, KeyError, TypeError) as error:
        raise UnconfirmedError("the answer isn't the read service's", code="no-ack") from error
    if not complete:
        raise UnconfirmedError("a part of the hub's answer is missing", code="no-answer")
    return Page(messages, following)


def _stored(item: Reply) -> StoredMessage:
    return StoredMessage(
        item.headers[READ_SUBJECT],
        {
            name: value
            for name, value in item.headers.items()
            if not name.lower().startswith(READ_HEADER.lower())
        },
        item.body,
        int(item.headers[READ_SEQUENCE]),
    )
