"""`traceparent` (W3C Trace Context): of this process's present span, and read from others.

What others send is a hint for drawing a picture and nothing else: a value that isn't strictly of
version 00 is ignored, `tracestate` and baggage are never read, the other's sampling flag decides
nothing here.
"""

import re
from contextvars import ContextVar
from typing import Final, NamedTuple

_FORM: Final = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-[0-9a-f]{2}")
_NO_TRACE: Final = "0" * 32
_NO_SPAN: Final = "0" * 16


class Parent(NamedTuple):
    """A span of this or another process.

    Attributes:
        trace: Trace id.
        span: Span id.
    """

    trace: int
    span: int

    @property
    def text(self) -> str:
        """As `traceparent`. It is written where a span was recorded only, hence the flag."""
        return f"00-{self.trace:032x}-{self.span:016x}-01"


def parse(text: object) -> Parent | None:
    """Read a `traceparent`; None for whatever isn't one."""
    if not isinstance(text, str):
        return None
    found = _FORM.fullmatch(text)
    if found is None or found["trace"] == _NO_TRACE or found["span"] == _NO_SPAN:
        return None
    return Parent(int(found["trace"], 16), int(found["span"], 16))


current: Final[ContextVar[Parent | None]] = ContextVar("maillage_span", default=None)
"""The span that is under way; `asyncio.to_thread` takes it along."""


def current_text() -> str | None:
    """The present span as `traceparent`; None outside one."""
    parent = current.get()
    return None if parent is None else parent.text
