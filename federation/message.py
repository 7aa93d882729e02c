"""A message as the broker carries it: subject, headers, body. Built and read here, moved elsewhere.

Headers (docs/wire.md): `Maillage-Manifest` the JWS; `Maillage-Part` `i/n` where a content has
several parts; `traceparent` (W3C Trace Context); `ce-*` (CloudEvents, NATS binding), which
repeat for other tools what the manifest says and are never believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from federation.errors import MalformedError
from federation.limits import PARTS_MAX

MANIFEST_HEADER: Final = "Maillage-Manifest"
PART_HEADER: Final = "Maillage-Part"
TRACE_HEADER: Final = "traceparent"
_PART_MAX_CHARS: Final = len("1234/1234")


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        subject: NATS subject.
        headers: Names to values.
        body: Content, a part of it, a document, or nothing.
    """

    subject: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def parse_part(headers: Mapping[str, str]) -> tuple[int, int]:
    """Which part of how many, from 1; (1, 1) without the header.

    Raises:
        MalformedError: `part`.
    """
    text = headers.get(PART_HEADER)
    if text is None:
        return 1, 1
    left, slash, right = text.partition("/")
    if (
        not slash
        or not (left.isdecimal() and right.isdecimal() and text.isascii())
        or len(text) > _PART_MAX_CHARS
    ):
        raise MalformedError(f"{text[:20]!r} is not a part i/n", code="part")
    number, total = int(left), int(right)
    if not 1 <= number <= total <= PARTS_MAX or text != f"{number}/{total}":
        raise MalformedError(f"{text!r} is not a part i/n", code="part")
    return number, total
