"""Messages as the hub's streams hold them, and how they are read out of the broker's answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from node.link.publishing import RESERVED

SUBJECT: Final = "Nats-Subject"
SEQUENCE: Final = "Nats-Sequence"
LAST_SEQUENCE: Final = "Nats-Last-Sequence"
STREAM: Final = "Nats-Stream"
TIME: Final = "Nats-Time-Stamp"


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message with its place in a stream of the hub.

    Attributes:
        subject: Under which it was published.
        headers: As published, without the broker's own (`Nats-…`).
        body: As published.
        stream_sequence: Position in the stream, from 1.
    """

    subject: str
    headers: Mapping[str, str]
    body: bytes
    stream_sequence: int


def own_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers without the broker's."""
    return {name: value for name, value in headers.items() if not name.lower().startswith(RESERVED)}


def read_stored(headers: Mapping[str, str], body: bytes) -> StoredMessage | None:
    """Read a message out of a direct get or a republished one.

    The broker appends its headers behind those of the publisher, and of a repeated name the
    last counts: what a publisher wrote under these names is never read.

    Returns:
        None where the broker's headers aren't there: it isn't such a message.
    """
    sequence = headers.get(SEQUENCE, "")
    if not sequence.isdecimal() or SUBJECT not in headers:
        return None
    return StoredMessage(headers[SUBJECT], own_headers(headers), body, int(sequence))
