"""nats-py's two transports over a `Route`: a stream, TLS when the broker says so, and WebSocket.

nats-py's own know no proxy; its WebSocket follows redirects and takes a frame for a line.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import ParseResult

import aiohttp
from aiohttp.client_proto import ResponseHandler
from nats.aio.transport import TcpTransport, Transport

from node.link.dial import Stream, dial, failed, secure
from node.link.errors import RouteError
from node.link.limits import LINE_MAX_BYTES
from node.link.route import Route

FRAME_MAX_BYTES: Final = 64 * 1024
"""A WebSocket frame: what filters and the broker's own client take as usual."""

_CLOSE_S: Final = 1.0
_EOL: Final = b"\r\n"


class StreamTransport(TcpTransport):
    """Plain, then TLS once the broker has said its first line."""

    def __init__(self, route: Route) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # nats-py's
        self._route = route
        self._stream: Stream | None = None

    async def connect(self, _uri: ParseResult, _buffer_size: int, connect_timeout: int) -> None:
        """Open the connection.

        Raises:
            RouteError: Says why not.
        """
        self._use(await dial(self._route, connect_timeout))

    async def connect_tls(
        self,
        _uri: str | ParseResult,
        _ssl_context: ssl.SSLContext,
        _buffer_size: int,
        connect_timeout: int,
    ) -> None:
        """Put TLS over it; whose certificates count is the route's, not nats-py's.

        Raises:
            RouteError: Says why not.
        """
        assert self._stream is not None
        self._use(await secure(self._stream, self._route, connect_timeout))

    def _use(self, stream: Stream) -> None:
        self._stream = stream
        self._io_reader, self._io_writer = stream.reader, stream.writer


class _Handover(aiohttp.BaseConnector):
    """Gives aiohttp the one connection that is open already; a redirect gets none."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(force_close=True)
        self._stream: Stream | None = stream

    async def _create_connection(self, *_request: Any) -> ResponseHandler:
        stream, self._stream = self._stream, None
        if stream is None:
            raise aiohttp.ClientConnectionError("redirected")
        protocol: ResponseHandler = self._factory()
        stream.transport.set_protocol(protocol)
        protocol.connection_made(stream.transport)
        return protocol


class SocketTransport(Transport):
    """WebSocket, over TLS for `wss://`."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._stream: Stream | None = None
        self._session: aiohttp.ClientSession | None = None
        self._ws: aiohttp.ClientWebSocketResponse[bool] | None = None
        self._outgoing: list[bytes] = []
        self._incoming = bytearray()
        self._sending = asyncio.Lock()
        self._closing: asyncio.Future[None] | None = None

    async def connect(self, _uri: ParseResult, _buffer_size: int, connect_timeout: int) -> None:
        """Open the connection, TLS and the WebSocket.

        Raises:
            RouteError: Says why not.
        """
        route = self._route
        stream = await dial(route, connect_timeout)
        if route.address.secure:
            stream = await secure(stream, route, connect_timeout)
        self._stream = stream
        self._session = aiohttp.ClientSession(connector=_Handover(stream))
        try:
            async with asyncio.timeout(connect_timeout):
                self._ws = await self._session.ws_connect(
                    route.address.url,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
                    max_msg_size=0,  # the broker's frames are as long as it likes
                )
        except TimeoutError as error:
            raise failed(route, "hub-silent") from error
        except aiohttp.WSServerHandshakeError as error:
            raise failed(route, "ws-status", status=str(error.status)) from error
        except aiohttp.ClientError as error:
            raise self._no_websocket(error) from error
        finally:
            if self._ws is None:
                await self._session.close()
                stream.close()

    def _no_websocket(self, error: aiohttp.ClientError) -> RouteError:
        if isinstance(error, aiohttp.ClientResponseError) and error.status:
            return failed(self._route, "not-a-hub")
        return failed(self._route, "hub-drops")

    async def connect_tls(self, *_given: Any) -> None:
        """Nothing: for `wss://` TLS is up before the broker speaks.

        Raises:
            RouteError: It isn't.
        """
        if not self._route.address.secure:
            raise failed(self._route, "tls-missing")

    def write(self, payload: bytes) -> None:
        """Keep bytes for `drain`."""
        self._outgoing.append(payload)

    def writelines(self, payload: Iterable[bytes]) -> None:
        """Keep bytes for `drain`."""
        self._outgoing.extend(payload)

    async def drain(self) -> None:
        """Send what was written."""
        async with self._sending:  # what another wrote must not come between two frames
            sent = b"".join(self._outgoing)
            self._outgoing.clear()
            for at in range(0, len(sent), FRAME_MAX_BYTES):
                if self._ws is None:
                    raise ConnectionResetError
                await self._ws.send_bytes(sent[at : at + FRAME_MAX_BYTES])

    async def read(self, _buffer_size: int) -> bytes:
        """What has come; empty at the end."""
        if not self._incoming:
            await self._receive()
        found = bytes(self._incoming)
        self._incoming.clear()
        return found

    async def readline(self) -> bytes:
        """One protocol line, however it was cut into frames; empty at the end."""
        while (at := self._incoming.find(_EOL)) < 0:
            if len(self._incoming) > LINE_MAX_BYTES or not await self._receive():
                return b""
        found = bytes(self._incoming[: at + len(_EOL)])
        del self._incoming[: at + len(_EOL)]
        return found

    async def _receive(self) -> bool:
        """Take one frame; False at the end, or for what isn't bytes."""
        if self._ws is None:
            return False
        message = await self._ws.receive()
        if message.type is aiohttp.WSMsgType.ERROR:
            raise ConnectionResetError from message.data
        if message.type is not aiohttp.WSMsgType.BINARY:
            return False
        self._incoming += message.data
        return True

    def at_eof(self) -> bool:
        """Whether nothing more will come."""
        return not self._incoming and (self._ws is None or self._ws.closed)

    def close(self) -> None:
        """Begin to close."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._end())

    async def wait_closed(self) -> None:
        """Wait until it is closed."""
        if self._closing is not None:
            await self._closing

    async def _end(self) -> None:
        ws, self._ws = self._ws, None
        if ws is not None:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                await ws.close()
        if self._session is not None:
            await self._session.close()

    def __bool__(self) -> bool:
        return self._ws is not None


def transport_for(route: Route) -> StreamTransport | SocketTransport:
    """The transport that an address asks for."""
    return SocketTransport(route) if route.address.web else StreamTransport(route)
