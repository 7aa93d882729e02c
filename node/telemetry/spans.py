"""Spans: what is recorded of a publication's way (docs/telemetry.md lists them).

Never a value of a row, a file's name, a person's name or an error's text: they may hold personal
data. An error is recorded by its class and code.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, Literal, Protocol

from federation.errors import MaillageError
from node.telemetry.context import Parent, current

Kind = Literal["internal", "server", "producer", "consumer"]
Value = str | int | float | bool

LINKS_MAX: Final = 64
"""Links of one span: a batch may hold thousands of publications."""

REMOTE_PER_S: Final = 200.0
"""Spans continued from others' `traceparent` in a second: no other decides how much is recorded."""

SPANS: Final[Mapping[str, str]] = {
    "http": "a request that changes something, by method and route (named `POST /api/v1/…`)",
    "ingest": "a file, or readings, until the draft is stored",
    "validate": "reading the file and checking its rows",
    "draft": "the draft with its content, stored durably",
    "sign": "place in the chain and signature",
    "send": "one publication to one hub, until it is on the hub's disk",
    "receive": "a batch of a hub; linked to its publications",
    "verify": "a received publication through the steps, with its verdict",
    "store": "the transaction in which it was stored",
    "compose": "compositions of closed days; linked to what led to them",
    "receipt": "a receipt sent by the receiver, or taken in by the owner",
}
"""All spans; docs/telemetry.md lists them."""


class Span(Protocol):
    """A span under way."""

    def set(self, **attributes: Value) -> None:
        """Add attributes; in names `__` stands for a dot."""


class Tracing(Protocol):
    """Where spans go."""

    @property
    def on(self) -> bool:
        """Whether anything is recorded; where not, don't gather what only spans would need."""

    def span(
        self,
        name: str,
        *,
        parent: Parent | None = None,
        links: Iterable[Parent] = (),
        kind: Kind = "internal",
        **attributes: Value,
    ) -> AbstractContextManager[Span]:
        """A span, by default below the one under way."""

    def past(
        self,
        name: str,
        parent: Parent,
        at_ns: tuple[int, int],
        kind: Kind = "internal",
        **attributes: Value,
    ) -> Parent | None:
        """A span that is over, from when to when, below one of another process.

        Returns:
            None where it isn't recorded.
        """


class _Nothing:
    """A span that nobody records, and where such spans go."""

    on: Final = False

    def set(self, **_attributes: Value) -> None:
        """Nothing."""

    def span(
        self,
        name: str,  # noqa: ARG002 - the signature is `Tracing`'s
        *,
        parent: Parent | None = None,  # noqa: ARG002
        links: Iterable[Parent] = (),  # noqa: ARG002
        kind: Kind = "internal",  # noqa: ARG002
        **_attributes: Value,
    ) -> AbstractContextManager[Span]:
        """Nothing, under way."""
        return nullcontext(self)

    def past(
        self,
        name: str,  # noqa: ARG002
        parent: Parent,  # noqa: ARG002
        at_ns: tuple[int, int],  # noqa: ARG002
        kind: Kind = "internal",  # noqa: ARG002
        **_attributes: Value,
    ) -> Parent | None:
        """Nothing, over."""
        return None


OFF: Final[Tracing] = _Nothing()
"""Telemetry is off."""


class _Recorded:
    """A span of the SDK."""

    def __init__(self, span: Any) -> None:
        self._span: Final = span

    def set(self, **attributes: Value) -> None:
        """Add attributes."""
        self._span.set_attributes(_named(attributes))


class Recording:
    """Spans of an OpenTelemetry tracer."""

    on: Final = True

    def __init__(self, tracer: Any, clock: Callable[[], float] = time.monotonic) -> None:
        """Record with a tracer of the SDK."""
        from opentelemetry import trace  # noqa: PLC0415 - costs memory, and is seldom needed

        self._trace: Final = trace
        self._tracer: Final = tracer
        self._clock: Final = clock
        self._left = REMOTE_PER_S
        self._at = clock()

    @contextmanager
    def span(
        self,
        name: str,
        *,
        parent: Parent | None = None,
        links: Iterable[Parent] = (),
        kind: Kind = "internal",
        **attributes: Value,
    ) -> Iterator[Span]:
        """Record a span; while it is under way it is the parent of those inside."""
        begun = self._start(name, parent or current.get(), links, kind, attributes=attributes)
        at = begun.get_span_context()
        token = current.set(Parent(at.trace_id, at.span_id))
        try:
            yield _Recorded(begun)
        except BaseException as error:
            self._failed(begun, error)
            raise
        finally:
            current.reset(token)
            begun.end()

    def past(
        self,
        name: str,
        parent: Parent,
        at_ns: tuple[int, int],
        kind: Kind = "internal",
        **attributes: Value,
    ) -> Parent | None:
        """Record a span that is over."""
        if not self._may_continue():
            return None
        begun = self._start(name, parent, (), kind, attributes=attributes, begun_ns=at_ns[0])
        at = begun.get_span_context()
        begun.end(at_ns[1])
        return Parent(at.trace_id, at.span_id)

    def _may_continue(self) -> bool:
        now = self._clock()
        self._left = min(REMOTE_PER_S, self._left + (now - self._at) * REMOTE_PER_S)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def _start(
        self,
        name: str,
        parent: Parent | None,
        links: Iterable[Parent],
        kind: Kind,
        *,
        attributes: Mapping[str, Value],
        begun_ns: int | None = None,
    ) -> Any:
        trace = self._trace
        context = None
        if parent is not None:
            context = trace.set_span_in_context(trace.NonRecordingSpan(self._context(parent)))
        chosen = list(dict.fromkeys(links))[:LINKS_MAX]
        return self._tracer.start_span(
            name,
            context=context,
            kind=trace.SpanKind[kind.upper()],
            attributes=_named(attributes),
            links=[trace.Link(self._context(one)) for one in chosen],
            start_time=begun_ns,
        )

    def _context(self, parent: Parent) -> Any:
        trace = self._trace
        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
        return trace.SpanContext(parent.trace, parent.span, is_remote=True, trace_flags=flags)

    def _failed(self, span: Any, error: BaseException) -> None:
        status = self._trace.Status(self._trace.StatusCode.ERROR)
        span.set_status(status)
        span.set_attribute("error.type", type(error).__name__)
        if isinstance(error, MaillageError):
            span.set_attribute("maillage.code", error.code)


def _named(attributes: Mapping[str, Value]) -> dict[str, Value]:
    return {name.replace("__", "."): value for name, value in attributes.items()}
