"""A connection that is never given up.

nats-py comes back by itself after most breaks, but closes for good after a refused key, a
message over the broker's limit or an internal error, and can stay in between. Here a client
that is closed or stuck is thrown away and built anew, its subscriptions are made again, and
the state can be looked at.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import SystemRandom
from typing import Final, Self

import nats.errors
from nats.aio.msg import Msg

from node.link.client import Client
from node.link.errors import HubUnreachableError, NotPermittedError, RouteError, UnconfirmedError
from node.link.faults import Fault
from node.link.limits import (
    ACK_TIMEOUT_S,
    CONNECT_TIMEOUT_S,
    PING_INTERVAL_S,
    PROXY_AUTH_WAIT_FACTOR,
    RECONNECT_WAIT_S,
    STUCK_S,
)
from node.link.nkey import public_key
from node.link.route import Route

_log = logging.getLogger(__name__)
_random: Final = SystemRandom()
_WATCH_S: Final = 1.0
_REFUSED: Final = "Authorization Violation"
_ENDS: Final = (OSError, nats.errors.UnexpectedEOF)
_DENIED: Final = "permissions violation for subscription to "

Callback = Callable[[Msg], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """How a connection stands.

    Attributes:
        connected: Whether the hub answers now.
        since: Since when it is so (UTC).
        last_error: What went wrong last, in words; kept after it was overcome.
        connects: How often the hub was reached since the start.
        fault: Why it isn't connected, where that is known; None while it is.
    """

    connected: bool
    since: datetime
    last_error: str | None = None
    connects: int = 0
    fault: Fault | None = None


@dataclass(eq=False, slots=True)
class _Wanted:
    """A subscription that outlives the client."""

    subject: str
    callback: Callback


class Connection:
    """Keeps one client connected to one hub."""

    def __init__(
        self,
        hub: str | Route,
        seed_file: Path,
        *,
        node: str,
        reconnect_wait_s: float = RECONNECT_WAIT_S,
    ) -> None:
        """Prepare a connection; `start` begins it.

        Args:
            hub: The way to it; an address alone (`tls://host:port`, `wss://…`) is a way without
                proxy, with the system's authorities.
            seed_file: The key's seed.
            node: The node's name; its answers come below `_INBOX.<node>.`, nobody else's do.
            reconnect_wait_s: Mean pause between attempts.

        Raises:
            MalformedError: `hub-url`.
        """
        self._route = Route.straight(hub) if isinstance(hub, str) else hub
        self.url: Final = self._route.address.url  # holds no credentials
        self.node = node
        self._seed_file = seed_file
        self._wait_s = reconnect_wait_s
        self._client: Client | None = None
        self._status = ConnectionStatus(connected=False, since=datetime.now(UTC))
        self._wanted: list[_Wanted] = []
        self._denied: set[str] = set()
        self._listeners: list[Callable[[ConnectionStatus], None]] = []
        self._changed = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_details: object) -> None:
        await self.close()

    @property
    def status(self) -> ConnectionStatus:
        """How the connection stands."""
        return self._status

    @property
    def client(self) -> Client:
        """The connected client, for one call; a later call may get another.

        Raises:
            HubUnreachableError: There is none now.
        """
        if self._client is None or not self._client.is_connected:
            raise self._unreachable()
        return self._client

    def on_change(self, listener: Callable[[ConnectionStatus], None]) -> None:
        """Have a function called, in the event loop, whenever `connected` or `connects` changes."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to connect, and go on for ever."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name=f"link {self.node}")

    async def close(self) -> None:
        """Send what is waiting, then end."""
        keeper, self._keeper = self._keeper, None
        client = self._client
        if client is not None and client.is_connected:
            with contextlib.suppress(nats.errors.Error, TimeoutError):
                await client.settle(1)
        # more than once: while it connects, nats-py can swallow a cancellation
        while keeper is not None and not keeper.done():
            keeper.cancel()
            await asyncio.wait({keeper}, timeout=1)
        self._turn(connected=False)

    async def ready(self, timeout_s: float = ACK_TIMEOUT_S) -> Client:
        """Wait until the hub is connected.

        Raises:
            HubUnreachableError: Not within the time; the message says why.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while self._client is None or not self._client.is_connected:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise self._unreachable() from None
        return self._client

    async def subscribe(self, subject: str, callback: Callback) -> Callable[[], Awaitable[None]]:
        """Subscribe now and after every reconnection.

        Args:
            subject: May hold wildcards.
            callback: Gets each message, one after the other.

        Returns:
            What ends the subscription.

        Raises:
            HubUnreachableError: Not connected now.
            NotPermittedError: The hub doesn't let this node hear that.
        """
        client = self.client
        self._denied.discard(subject.lower())
        try:
            subscription = await client.subscribe(subject, cb=callback)
            await client.settle(CONNECT_TIMEOUT_S)  # a refusal comes before its answer
        except (nats.errors.Error, TimeoutError) as error:
            raise self._unreachable() from error
        if subject.lower() in self._denied:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()
            raise NotPermittedError(
                f"the hub doesn't let {self.node} hear {subject}",
                code="not-permitted",
                remedy="ask the hub's operator whether this node is enrolled for the participant",
            )
        wanted = _Wanted(subject, callback)
        self._wanted.append(wanted)

        async def stop() -> None:
            self._wanted.remove(wanted)
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()

        return stop

    # -- keeping it ---------------------------------------------------------------------------

    async def _keep(self) -> None:
        while True:
            client = Client(self._route)
            closed = asyncio.Event()
            try:
                public_key(self._seed_file)  # nats-py's own complaint would be harder to read
                await self._open(client, closed)
                await self._watch(client, closed)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is shown and tried again
                self._note(error)
            finally:
                self._client = None
                self._turn(connected=False)
                await _discard(client)
            await asyncio.sleep(self._pause())

    async def _open(self, client: Client, closed: asyncio.Event) -> None:
        async def on_error(error: Exception) -> None:
            client.note_error(str(error))
            self._note(error)
            if isinstance(error, RouteError) and error.code.startswith("proxy-auth"):
                # nats-py waits for this before it tries again
                await asyncio.sleep(self._pause() * PROXY_AUTH_WAIT_FACTOR)

        async def on_disconnect() -> None:
            client.abandon(
                UnconfirmedError("the connection to the hub broke", code="connection-lost")
            )
            self._turn(connected=False)

        async def on_reconnect() -> None:
            self._turn(connected=True)

        async def on_closed() -> None:
            closed.set()

        await client.connect(
            [self.url],
            name=self.node,
            error_cb=on_error,
            disconnected_cb=on_disconnect,
            reconnected_cb=on_reconnect,
            closed_cb=on_closed,
            nkeys_seed=str(self._seed_file),
            inbox_prefix=f"_INBOX.{self.node}",
            max_reconnect_attempts=-1,
            reconnect_time_wait=self._pause(),  # type: ignore[arg-type]  # a float serves as well
            connect_timeout=CONNECT_TIMEOUT_S,
            ping_interval=PING_INTERVAL_S,
            flush_timeout=ACK_TIMEOUT_S,
        )
        for wanted in self._wanted:
            await client.subscribe(wanted.subject, cb=wanted.callback)
        self._client = client
        self._turn(connected=True)

    async def _watch(self, client: Client, closed: asyncio.Event) -> None:
        """Wait until the client is closed, or doesn't come back."""
        loop = asyncio.get_running_loop()
        well = loop.time()
        while not closed.is_set() and not client.is_closed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closed.wait(), _WATCH_S)
            if client.is_connected:
                well = loop.time()
            elif loop.time() - well > STUCK_S:
                self._note(RuntimeError("the connection doesn't come back; making a new one"))
                return

    def _pause(self) -> float:
        return self._wait_s * _random.uniform(0.5, 1.5)

    def _note(self, error: Exception) -> None:
        last = self._status.last_error or ""
        fault = error.fault if isinstance(error, RouteError) else None
        told = self._status.fault is not None or _REFUSED in last
        if fault is None and told and not self._status.connected and isinstance(error, _ENDS):
            return  # how a refusal ends says less than the refusal
        text = _told(error)
        if text != self._status.last_error:
            remedy = f" → {fault.remedy()}" if fault else ""
            _log.warning("hub %s: %s%s", self.url, text, remedy)
        _, found, rest = text.partition(_DENIED)
        if found:
            self._denied.add(rest.split('"')[1] if '"' in rest else rest)
        fault = self._status.fault if fault is None or self._status.connected else fault
        self._status = replace(self._status, last_error=text, fault=fault)

    def _turn(self, *, connected: bool) -> None:
        if not connected and not self._status.connected:
            return
        self._status = replace(
            self._status,
            connected=connected,
            since=datetime.now(UTC),
            connects=self._status.connects + connected,
            fault=None,
        )
        self._changed.set()
        for listener in self._listeners:
            listener(self._status)

    def _unreachable(self) -> HubUnreachableError:
        why = f": {self._status.last_error}" if self._status.last_error else ""
        fault = self._status.fault
        error = HubUnreachableError(
            f"the hub {self.url} can't be reached{why}",
            code="hub-unreachable",
            remedy=fault.remedy()
            if fault
            else "see that the hub runs, its address is right and this node is enrolled",
        )
        error.fault = fault
        return error


def _told(error: Exception) -> str:
    """An error in words: a known reason by its code, anything else by its class."""
    if isinstance(error, RouteError):
        return f"[{error.code}] {error}"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


async def _discard(client: Client) -> None:
    client.abandon(UnconfirmedError("the connection to the hub is closed", code="connection-lost"))
    if client.options:  # else it was never asked to connect
        with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
            await client.close()
