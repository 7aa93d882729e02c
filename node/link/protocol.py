"""How the broker writes subjects, statuses and headers; whatever was stored can be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_STATUS_LINE: Final = b"NATS/1.0 "


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a request.

    Attributes:
        status: The broker's inline status, for example 404; None on a message proper.
        headers: Names to values; of a name that is repeated, the last.
        body: The payload.
    """

    status: int | None
    headers: Mapping[str, str]
    body: bytes


def parse_status(block: bytes) -> int | None:
    """The inline status of a header block (`NATS/1.0 404 No Messages`), or None."""
    if not block.startswith(_STATUS_LINE):
        return None
    code = block[len(_STATUS_LINE) : len(_STATUS_LINE) + 3]
    return int(code) if code.isdigit() else None


def parse_headers(block: bytes) -> dict[str, str]:
    """Read a header block: whatever can't be read is left out, nothing is raised."""
    found: dict[str, str] = {}
    if block:
        for line in block.decode("utf-8", "replace").split("\r\n")[1:]:
            name, colon, value = line.partition(":")
            if colon:
                found[name.strip()] = value.strip()
    return found


def parse_text(raw: bytes) -> str:
    r"""A subject as text; bytes that aren't UTF-8 become `\xff`, which no valid subject has."""
    return raw.decode("utf-8", "backslashreplace")
