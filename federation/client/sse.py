"""Server-sent events (HTML standard, 9.2.6) as far as a node sends them: id, event, data, comment.

Pure: lines in, events out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from federation.client.errors import NodeAnswerError
from federation.client.limits import EVENT_MAX_BYTES


@dataclass(frozen=True, slots=True)
class Sent:
    """An event.

    Attributes:
        id: The last id sent; empty if none was.
        event: Its kind; `message` unless said.
        data: Its lines.
    """

    id: str
    event: str
    data: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A comment: the node is there and has nothing to say."""


def parse(lines: Iterable[str]) -> Iterator[Sent | Heartbeat]:
    """Put lines together to events.

    Raises:
        NodeAnswerError: `node-answer`: an event is too large.
    """
    last, kind, data, size = "", "", list[str](), 0
    for line in lines:
        if not line:
            if data:
                yield Sent(last, kind or "message", "\n".join(data))
            kind, data, size = "", [], 0
            continue
        if line.startswith(":"):
            yield Heartbeat()
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        size += len(value)
        if size > EVENT_MAX_BYTES:
            raise NodeAnswerError(
                f"an event of more than {EVENT_MAX_BYTES} bytes", code="node-answer"
            )
        if name == "id" and "\0" not in value:
            last = value
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)
