"""Opening the way to a hub: name, connection, CONNECT, TLS. Each step's failure has its reason.

The CONNECT is our own (docs/adr/0014): a broker speaks first, and what it says may come in the same
segment as the proxy's answer; a reader that takes the answer with one read loses it.
"""

import asyncio
import contextlib
import errno
import re
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from node.link.errors import RouteError
from node.link.faults import Fault, shown
from node.link.proxy import Proxy
from node.link.route import Route
from node.link.trust import Certificate, read_certificate, unchecked

REPLY_MAX_BYTES: Final = 16 * 1024
"""Header of a proxy's answer to CONNECT; squid's longest has some 1 KiB."""

LOOK_TIMEOUT_S: Final = 3.0
"""For a second connection that only looks at a certificate that was refused."""

_HAPPY_EYEBALLS_S: Final = 0.25  # RFC 8305, section 8
_NO_ROUTE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EPERM})
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r\n)")
_UNAUTHORISED: Final = frozenset({407, 401})  # RFC 9110 15.5.8; tinyproxy says 401
_FORBIDDEN: Final = frozenset({403, 405, 451})
_GATEWAY: Final = frozenset({404, 500, 502, 503, 504})
_EXPIRED, _NOT_YET = 10, 9  # X509_V_ERR_… of OpenSSL's x509_vfy.h
_UNKNOWN_CA: Final = frozenset({18, 19, 20, 21, 27})
_OTHER_HOST: Final = frozenset({62, 64})


@dataclass(slots=True)
class Stream:
    """An open connection.

    Attributes:
        reader: Holds what came behind the proxy's answer.
        writer: Its transport is TLS's once that is up.
        below: What TLS was put over. Kept, since a writer that nobody holds closes its connection.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    below: "Stream | None" = None

    @property
    def transport(self) -> Any:
        """What carries the bytes."""
        return self.writer.transport

    def close(self) -> None:
        """End at once, without waiting."""
        self.transport.abort()


def facts_of(route: Route, **more: str) -> dict[str, str]:
    """What sentences may name of a route. No credentials are in it."""
    found = {"target": route.address.target, "host": route.address.host}
    if route.proxy is not None:
        found |= {"proxy": route.proxy.shown, "source": route.proxy.source}
    return found | more


def failed(route: Route, code: str, **more: str) -> RouteError:
    """The error for a reason."""
    return RouteError(Fault(code, facts_of(route, **{n: shown(v) for n, v in more.items()})))


async def dial(route: Route, timeout_s: float) -> Stream:
    """Connect to a hub's port, through the proxy where there is one.

    Args:
        route: The way.
        timeout_s: For the connection, and again for the proxy's answer.

    Raises:
        RouteError: Says which step failed, and why.
        MalformedError: `ca-file`, for a proxy spoken to by TLS.
    """
    proxy = route.proxy
    if proxy is None:
        return await _open(route, route.address.host, route.address.port, timeout_s, "")
    stream = await _open(route, proxy.host, proxy.port, timeout_s, "proxy-")
    try:
        if proxy.tls:
            stream = await _secure_proxy(stream, route, proxy, timeout_s)
        await _connect(stream, route, proxy, timeout_s)
    except BaseException:
        stream.close()
        raise
    return stream


async def secure(stream: Stream, route: Route, timeout_s: float) -> Stream:
    """Put TLS over a connection, with the hub's name checked.

    Raises:
        RouteError: Says why; nothing was sent to the other side.
        MalformedError: `ca-file`.
    """
    try:
        found = await _start_tls(stream, route.trust.context, route.address.host, timeout_s)
    except ssl.SSLCertVerificationError as error:
        stream.close()
        raise await _untrusted(route, error) from error
    except (OSError, TimeoutError) as error:
        stream.close()
        raise tls_failed(route, error) from error
    if not route.trust.fits_pin(_peer(found)):
        found.close()
        raise failed(route, "tls-changed")
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """What a hub shows in a handshake.

    Attributes:
        certificate: Its own; None where it can't be read.
        version: Of TLS.
    """

    certificate: Certificate | None
    version: str


async def look(
    route: Route, context: ssl.SSLContext | None = None, timeout_s: float = LOOK_TIMEOUT_S
) -> Seen | None:
    """See which certificate a hub shows, over a connection of its own on which nothing is sent.

    Args:
        route: The way.
        context: What checks the certificate; nothing, unless given.
        timeout_s: For all of it.

    Returns:
        None where the handshake doesn't come about.
    """
    stream: Stream | None = None
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
        try:
            async with asyncio.timeout(timeout_s):
                stream = await dial(route, timeout_s)
                if not route.address.web:
                    await stream.reader.readuntil(b"\r\n")  # a broker speaks first
                checks = context or unchecked()
                stream = await _start_tls(stream, checks, route.address.host, timeout_s)
                version = stream.transport.get_extra_info("ssl_object").version()
                return Seen(read_certificate(_peer(stream) or b""), version)
        finally:
            if stream is not None:
                stream.close()
    return None


async def _open(route: Route, host: str, port: int, timeout_s: float, stage: str) -> Stream:
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(
                host, port, limit=REPLY_MAX_BYTES * 4, happy_eyeballs_delay=_delay(host)
            )
    except TimeoutError as error:
        code = "proxy-timeout" if stage else "connect-timeout"
        raise failed(route, code) from error
    except (OSError, UnicodeError) as error:
        raise failed(route, _unopened(error, stage), said=_words(error)) from error
    return Stream(reader, writer)


def _delay(host: str) -> float | None:
    """Between the addresses of a name; an address by itself has no race to run.

    asyncio forgets a connection that came about just as a race is cancelled, so none is begun where
    it serves nothing.
    """
    try:
        ip_address(host)
    except ValueError:
        return _HAPPY_EYEBALLS_S
    return None


def _unopened(error: OSError | UnicodeError, stage: str) -> str:
    """The code for a connection that didn't open."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"{stage}dns"
    number = error.errno
    if number is None:  # several addresses failed; asyncio tells them in one text
        told = re.search(r"\[Errno (\d+)\]", str(error))
        number = int(told[1]) if told else None
    if number == errno.ECONNREFUSED:
        return f"{stage}nothing-listens"
    if number == errno.ETIMEDOUT:
        return "proxy-timeout" if stage else "connect-timeout"
    return f"{stage}no-route"


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


async def _secure_proxy(stream: Stream, route: Route, proxy: Proxy, timeout_s: float) -> Stream:
    try:
        return await _start_tls(stream, route.trust.context, proxy.host, timeout_s)
    except (OSError, TimeoutError) as error:
        raise failed(route, "proxy-tls", said=_words(error)) from error


async def _connect(stream: Stream, route: Route, proxy: Proxy, timeout_s: float) -> None:
    """Have the proxy open a tunnel (RFC 9110 9.3.6)."""
    try:
        async with asyncio.timeout(timeout_s):
            stream.writer.write(connect_request(route, proxy))
            await stream.writer.drain()
            head = await stream.reader.readuntil(b"\r\n\r\n")
    except TimeoutError as error:
        raise failed(route, "proxy-silent") from error
    except asyncio.IncompleteReadError as error:
        code = "proxy-not-http" if error.partial and not _STATUS.match(error.partial) else None
        if code is None and error.partial:
            raise connect_failed(route, error.partial) from error
        raise failed(route, code or "proxy-drops") from error
    except asyncio.LimitOverrunError as error:
        raise failed(route, "proxy-not-http") from error
    except OSError as error:
        raise failed(route, "proxy-drops") from error
    found = _STATUS.match(head)
    if found is None or not found[1].startswith(b"2"):
        raise connect_failed(route, head)


def connect_request(route: Route, proxy: Proxy) -> bytes:
    """The CONNECT for a route's hub, with the proxy's credentials where it has some."""
    target = route.address.target
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", "User-Agent: maillage"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def connect_failed(route: Route, head: bytes) -> RouteError:
    """The error for a proxy's answer other than 2xx."""
    found = _STATUS.match(head)
    if found is None:
        return failed(route, "proxy-not-http")
    status = int(found[1])
    if status in _UNAUTHORISED:
        return _unauthorised(route, head, status)
    if status in _FORBIDDEN:
        return failed(route, "proxy-forbidden", status=str(status))
    code = "proxy-gateway" if status in _GATEWAY else "proxy-status"
    return failed(route, code, status=str(status))


def _unauthorised(route: Route, head: bytes, status: int) -> RouteError:
    lines = head.decode("latin-1").splitlines()[1:]
    offered = [
        value.split()[0]
        for name, _, value in (line.partition(":") for line in lines)
        if name.strip().lower().endswith("-authenticate") and value.strip()
    ]
    if offered and not any(one.lower() == "basic" for one in offered):
        return failed(route, "proxy-auth-method", said=", ".join(offered))
    known = route.proxy is not None and route.proxy.user
    code = "proxy-auth-wrong" if known else "proxy-auth-missing"
    return failed(route, code, status=str(status))


async def _start_tls(
    stream: Stream, context: ssl.SSLContext, host: str, timeout_s: float
) -> Stream:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=REPLY_MAX_BYTES * 4)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport = await loop.start_tls(
        stream.transport,
        protocol,
        context,
        server_hostname=host,
        ssl_handshake_timeout=timeout_s,
    )
    if transport is None:  # closed meanwhile
        raise ConnectionResetError
    protocol.connection_made(transport)
    return Stream(reader, asyncio.StreamWriter(transport, protocol, reader, loop), stream)


def _peer(stream: Stream) -> bytes | None:
    held = stream.transport.get_extra_info("ssl_object")
    der: bytes | None = None if held is None else held.getpeercert(binary_form=True)
    return der


def tls_failed(route: Route, error: Exception) -> RouteError:
    """The error for a handshake that failed for another reason than the certificate."""
    reason = getattr(error, "reason", None) or ""
    if reason in {
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "UNKNOWN_PROTOCOL",
        "PACKET_LENGTH_TOO_LONG",
    }:
        return failed(route, "tls-none")
    if isinstance(error, TimeoutError | ConnectionError) or "EOF" in f"{reason} {error}":
        return failed(route, "tls-cut")
    return failed(route, "tls-handshake", said=reason or _words(error))


async def _untrusted(route: Route, error: ssl.SSLCertVerificationError) -> RouteError:
    """The error for a certificate that doesn't fit; the certificate is looked at once more."""
    seen = await look(route)
    certificate = None if seen is None else seen.certificate
    return untrusted(route, error.verify_code, error.verify_message, certificate)


def untrusted(route: Route, number: int, said: str, shown: Certificate | None) -> RouteError:
    """What to say of a certificate that OpenSSL refuses.

    Args:
        route: The way.
        number: OpenSSL's `X509_V_ERR_…`.
        said: OpenSSL's words.
        shown: The certificate, where it could be seen.
    """
    more = {"said": said}
    if shown is not None:
        more |= {"issuer": shown.issuer, "names": ", ".join(shown.names) or "–"}
        more |= {"expiry": shown.not_after, "begin": shown.not_before}
    if number == _EXPIRED:
        code = "tls-expired"
    elif number == _NOT_YET:
        code = "tls-not-yet"
    elif number in _OTHER_HOST:
        code = "tls-host"
    elif number in _UNKNOWN_CA:
        code = "tls-unknown-ca" if route.proxy is None else "tls-other-ca"
    else:
        code = "tls-certificate"
    return failed(route, code, **more)
