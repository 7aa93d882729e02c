"""nats-py's client, made fast for batches and safe against what others may store.

A broker stores what a member sends below its prefix as it is: a subject with a vertical tab or
a byte that isn't UTF-8, a header block without its first line, a header `Status: 404`. nats-py
2.16 stops reading for good at the first two and takes the last for an answer of the broker, so
one member could have stopped every reader of a hub. Here whatever was stored arrives as a
message, and a status is what stands in the block's first line (the broker strips that from
what is stored), nothing else.

`listen` hands messages to a plain function in the read loop, without a queue, a task and a
timer for each: a message of a batch costs about a quarter of what `fetch` of nats-py does.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import nats.errors
from nats.aio.client import Client as NatsClient
from nats.aio.client import Srv
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.protocol.parser import Parser

from node.link.dial import failed
from node.link.errors import (
    HubUnreachableError,
    LinkError,
    NotPermittedError,
    RejectedError,
    RouteError,
    UnconfirmedError,
)
from node.link.limits import LINE_MAX_BYTES
from node.link.protocol import Reply, parse_headers, parse_status, parse_text
from node.link.route import Route
from node.link.transport import transport_for

Sink = Callable[[bytes, bytes, bytes, bytes], None]
"""Takes one message in the read loop: subject, reply, header block, body. Must not block."""

NO_RESPONDERS: Final = 503
_PERMISSION: Final = "permissions violation for publish to "
_REFUSED: Final = "authorization violation"


class _Feed(Parser):
    """Hands the received bytes to the client, which keeps all state."""

    def reset(self) -> None:
        """Forget what was received of a message that isn't complete."""
        self.pending = bytearray()

    async def parse(self, data: bytes = b"") -> None:
        """Take bytes from the read loop."""
        await self.nc.take(data)


class Client(NatsClient):
    """One connection; when it is closed, it is over (see `node.link.connection`)."""

    def __init__(self, route: Route | None = None) -> None:
        """Prepare a client.

        Args:
            route: The way to its hub; None for a client that is fed by hand.
        """
        super().__init__()
        self._route = route
        self._greeted = False
        self._feed = _Feed(self)
        self._ps = self._feed
        self._sinks: dict[int, Sink] = {}
        self._asked: dict[bytes, tuple[str, asyncio.Future[Reply]]] = {}
        self._ask_inbox = b""
        self._ask_count = 0

    # -- connecting -------------------------------------------------------------------------

    async def _connect_to_server(self, s: Srv) -> None:
        """Open the route, with a fresh transport at each attempt."""
        assert self._route is not None
        s.last_attempt = time.monotonic()
        if self._transport:
            self._transport.close()  # type: ignore[no-untyped-call]  # of an attempt that failed
        transport = transport_for(self._route)
        await transport.connect(s.uri, 0, self.options["connect_timeout"])
        self._transport = transport

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002 - nats-py's signature
        """Take the broker's INFO, without the addresses that it advertises.

        The operator chose the address; proxy, certificate and firewall are for that one. And
        nats-py goes on in plain text where a `tls://` hub, or who stands before it, offers no TLS.
        """
        self._greeted = True
        tls = self._route is not None and self._route.address.scheme == "tls"
        if self._route is not None and tls and not info.get("tls_required"):
            raise failed(self._route, "tls-missing")
        kept = {name: value for name, value in info.items() if name != "connect_urls"}
        await super()._process_info(kept, initial_connection)

    async def _process_connect_init(self) -> None:
        """Greet the broker; whatever goes wrong, the reason is told."""
        self._greeted = False
        route = self._route
        assert route is not None
        try:
            await super()._process_connect_init()
        except RouteError:
            raise
        except TimeoutError as error:
            raise failed(route, "hub-silent") from error
        except nats.errors.Error as error:
            raise self._unwelcome(route, str(error).removeprefix("nats: ")) from error
        except OSError as error:
            raise failed(route, "hub-drops") from error

    def _unwelcome(self, route: Route, said: str) -> RouteError:
        if _REFUSED in said.lower():
            return failed(route, "not-enrolled")
        if self._greeted:
            return failed(route, "hub-refused", said=said.strip("'"))
        ended = self._transport is None or self._transport.at_eof()
        return failed(route, "hub-drops" if ended else "not-a-hub")

    # -- sending ----------------------------------------------------------------------------

    async def write(self, commands: bytes) -> None:
        """Send ready-made protocol lines at once (many acknowledgements)."""
        if not self.is_connected:
            raise _unreachable()
        await self._send_command(commands)
        await self._flush_pending()

    async def settle(self, timeout_s: int) -> None:
        """Wait until the broker has worked off what was written.

        A ping of nats-py overtakes what waits to be sent, so that comes first.

        Raises:
            nats.errors.Error: Not within the time, or not connected.
        """
        await self._flush_pending(force_flush=True)
        await self.flush(timeout=timeout_s)

    async def listen(self, subject: str, sink: Sink) -> "Listening":
        """Subscribe with a plain function that is called in the read loop.

        Raises:
            HubUnreachableError: The connection is closed.
        """
        sid = self._sid + 1  # what `subscribe` takes before it first waits
        self._sinks[sid] = sink
        try:
            subscription = await self.subscribe(subject, cb=_nothing)
        except nats.errors.Error as error:
            self._sinks.pop(sid, None)
            raise _unreachable(error) from error
        return Listening(subscription, self._sinks, sid)

    async def ask(
        self,
        subject: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float,
    ) -> Reply:
        """Send a request and wait for its one answer.

        Raises:
            HubUnreachableError: Not connected, or nobody serves the subject.
            NotPermittedError: The broker doesn't let this user send there.
            RejectedError: Subject, header or size that NATS doesn't carry.
            UnconfirmedError: No answer in time, or the connection broke meanwhile.
        """
        if not self.is_connected:
            raise _unreachable()
        if not self._ask_inbox:
            inbox = self.new_inbox()
            self._ask_inbox = inbox.encode() + b"."
            await self.listen(inbox + ".*", self._answered)
        self._ask_count += 1
        token = b"%s%d" % (self._ask_inbox, self._ask_count)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[token] = (subject.lower(), future)
        try:
            async with asyncio.timeout(timeout_s):
                await self.publish(
                    subject, body, token.decode(), dict(headers) if headers else None
                )
                reply = await future
        except TimeoutError:
            raise _no_answer(timeout_s) from None
        except nats.errors.Error as error:
            raise _not_sent(error) from error
        finally:
            del self._asked[token]
            future.cancel()
        if reply.status == NO_RESPONDERS:
            raise HubUnreachableError(f"nobody at the hub serves {subject}", code="no-responder")
        return reply

    async def ask_many(
        self,
        subject: str,
        body: bytes,
        *,
        is_last: Callable[[Reply], bool],
        max_replies: int,
        idle_s: float,
    ) -> list[Reply]:
        """Send a request and collect its answers, each on an inbox of this request only.

        Args:
            subject: Who is asked.
            body: The request.
            is_last: Says of an answer that none follows it.
            max_replies: More than so many are an error of the other side.
            idle_s: Longest pause before an answer.

        Returns:
            The answers in order, the last included.

        Raises:
            HubUnreachableError: Not connected, or nobody serves the subject.
            NotPermittedError: The broker doesn't let this user send there.
            UnconfirmedError: The answers stopped before the last, or were too many.
        """
        if not self.is_connected:
            raise _unreachable()
        replies: asyncio.Queue[Reply] = asyncio.Queue()
        inbox = self.new_inbox()
        failed: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[inbox.encode()] = (subject.lower(), failed)

        def take(_subject: bytes, _reply: bytes, block: bytes, payload: bytes) -> None:
            replies.put_nowait(Reply(parse_status(block), parse_headers(block), payload))

        listening = await self.listen(inbox, take)
        found: list[Reply] = []
        try:
            await self.publish(subject, body, inbox)
            while len(found) < max_replies:
                reply = await _first(replies, failed, idle_s)
                if reply.status == NO_RESPONDERS:
                    raise HubUnreachableError(
                        f"nobody at the hub serves {subject}", code="no-responder"
                    )
                found.append(reply)
                if is_last(reply):
                    return found
        except nats.errors.Error as error:
            raise _not_sent(error) from error
        finally:
            del self._asked[inbox.encode()]
            failed.cancel()
            await listening.stop()
        raise UnconfirmedError(f"more than {max_replies} answers", code="too-many-answers")

    def _answered(self, subject: bytes, _reply: bytes, block: bytes, body: bytes) -> None:
        asked = self._asked.get(subject)
        if asked is not None and not asked[1].done():
            asked[1].set_result(Reply(parse_status(block), parse_headers(block), body))

    def abandon(self, error: LinkError, subject: str | None = None) -> None:
        """Let the requests that wait fail at once: all, or those on one subject (in lower case)."""
        for wanted, future in self._asked.values():
            if (subject is None or wanted == subject) and not future.done():
                future.set_exception(error)

    def note_error(self, text: str) -> None:
        """Take an error that the broker told; a missing permission fails its requests at once."""
        _, found, rest = text.partition(_PERMISSION)
        if found:
            subject = rest.strip('"')
            error = NotPermittedError(
                f"the hub doesn't let this node send on {subject}",
                code="not-permitted",
                remedy="ask the hub's operator whether this node is enrolled for the participant",
            )
            self.abandon(error, subject)

    # -- receiving --------------------------------------------------------------------------

    async def take(self, data: bytes) -> None:
        """Take bytes of the broker: as many whole messages as there are, the rest waits."""
        buffer = self._feed.pending
        buffer += data
        at = 0
        while (eol := buffer.find(b"\r\n", at)) >= 0:
            if buffer[at] in b"HM":
                end = await self._take_message(buffer, at, eol)
                if end < 0:
                    break
                at = end
            else:
                line = bytes(buffer[at:eol])
                at = eol + 2
                await self._take_line(line)
            if self._feed.pending is not buffer:  # a reconnect began meanwhile
                return
        else:
            if len(buffer) - at > LINE_MAX_BYTES:
                raise nats.errors.ProtocolError
        del buffer[:at]

    async def _take_message(self, buffer: bytearray, at: int, eol: int) -> int:
        """Deliver one message; its end, or -1 if it isn't all there."""
        fields = bytes(buffer[at:eol]).split(b" ")
        headed = fields[0] == b"HMSG"
        start = eol + 2
        try:
            stop = start + int(fields[-1])
            body_at = start + int(fields[-2]) if headed else start
            subject, sid = fields[1], int(fields[2])
        except (ValueError, IndexError) as error:
            raise nats.errors.ProtocolError from error
        without_reply = 5 if headed else 4
        if (
            not start <= body_at <= stop
            or len(fields) - without_reply not in (0, 1)
            or fields[0] not in (b"MSG", b"HMSG")
        ):
            raise nats.errors.ProtocolError
        if len(buffer) < stop + 2:
            return -1
        reply = fields[3] if len(fields) > without_reply else b""
        block, body = bytes(buffer[start:body_at]), bytes(buffer[body_at:stop])
        sink = self._sinks.get(sid)
        if sink is None:
            await self._process_msg(sid, subject, reply, body, block)
        elif sid in self._subs:
            self.stats["in_msgs"] += 1
            self.stats["in_bytes"] += len(body)
            sink(subject, reply, block, body)
        else:
            del self._sinks[sid]  # unsubscribed
        return stop + 2

    async def _take_line(self, line: bytes) -> None:
        word, _, rest = line.partition(b" ")
        match word.upper():
            case b"PING":
                await self._process_ping()
            case b"PONG":
                await self._process_pong()
            case b"+OK":
                pass
            case b"INFO":
                await self._process_info(_read_info(rest))
            case b"-ERR":
                await self._process_err(rest.decode("utf-8", "replace").strip().lower())
            case _:
                raise nats.errors.ProtocolError

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        """Tolerant stand-in for nats-py's: what subscriptions with a callback get."""
        return parse_headers(headers) or None

    def _build_message(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: dict[str, str] | None
    ) -> Any:
        """Tolerant stand-in for nats-py's, which raises on subjects that aren't UTF-8."""
        return Msg(
            _client=self,
            subject=parse_text(subject),
            reply=parse_text(reply),
            data=data,
            headers=headers,
            _sid=sid,
        )


@dataclass(frozen=True, slots=True)
class Listening:
    """A subscription with a sink."""

    subscription: Subscription
    sinks: dict[int, Sink]
    sid: int

    async def stop(self) -> None:
        """Unsubscribe; nothing is raised when the connection is gone."""
        self.sinks.pop(self.sid, None)
        with contextlib.suppress(nats.errors.Error):
            await self.subscription.unsubscribe()


def _read_info(text: bytes) -> dict[str, Any]:
    try:
        info = json.loads(text)
    except ValueError as error:
        raise nats.errors.ProtocolError from error
    if not isinstance(info, dict):
        raise nats.errors.ProtocolError
    return info


async def _first(
    replies: asyncio.Queue[Reply], failed: asyncio.Future[Reply], idle_s: float
) -> Reply:
    """The next answer, or the failure that came instead."""
    if not replies.empty():
        return replies.get_nowait()
    getting = asyncio.ensure_future(replies.get())
    try:
        done, _ = await asyncio.wait(
            {getting, failed}, timeout=idle_s, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        if not getting.done():
            getting.cancel()
    if getting in done:
        return getting.result()
    if failed in done:
        return failed.result()
    raise _no_answer(idle_s)


def _unreachable(error: Exception | None = None) -> HubUnreachableError:
    why = f" ({error})" if error else ""
    return HubUnreachableError(f"the hub isn't connected{why}", code="hub-unreachable")


def _no_answer(timeout_s: float) -> UnconfirmedError:
    return UnconfirmedError(f"no answer from the hub within {timeout_s:g} s", code="no-answer")


def _not_sent(error: nats.errors.Error) -> LinkError:
    """What nats-py refuses before anything is sent: the message, or the moment."""
    if isinstance(
        error,
        nats.errors.BadSubjectError | nats.errors.BadHeaderError | nats.errors.MaxPayloadError,
    ):
        return RejectedError(f"NATS doesn't carry this message ({error})", code="message")
    return _unreachable(error)


async def _nothing(_message: Msg) -> None:
    """Messages of a sink never come here."""
