"""A hub's address as an operator writes it: `tls://host:port`, `wss://host/path`. Pure."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from federation.errors import MalformedError

DEFAULT_PORTS: Final = {"nats": 4222, "tls": 4222, "ws": 80, "wss": 443}
"""By scheme: the port of the broker, and those of HTTP and HTTPS for WebSocket."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a hub takes connections.

    Attributes:
        scheme: `nats`, `tls`, `ws` or `wss`.
        host: Name or IP address, without brackets.
        port: TCP port.
        path: Of a WebSocket address, `/` at least; else empty.
    """

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def web(self) -> bool:
        """Whether it is spoken to by WebSocket."""
        return self.scheme in {"ws", "wss"}

    @property
    def secure(self) -> bool:
        """Whether it promises TLS: then nothing is said without it."""
        return self.scheme in {"tls", "wss"}

    @property
    def target(self) -> str:
        """`host:port`, as CONNECT and people write it."""
        return authority(self.host, self.port)

    @property
    def url(self) -> str:
        """The address in full; it holds no credentials."""
        return f"{self.scheme}://{self.target}{self.path}"


def authority(host: str, port: int) -> str:
    """`host:port`; an IPv6 address in brackets (RFC 3986 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_address(url: str) -> Address:
    """Read a hub's address.

    Raises:
        MalformedError: `hub-url`. The message never repeats the address, which may hold a secret.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _malformed("it isn't a URL") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise _malformed(f"it begins with none of {', '.join(f'{s}://' for s in DEFAULT_PORTS)}")
    if "@" in parts.netloc:
        raise _malformed("it holds a user or password; a node proves its key, it has no password")
    if not parts.hostname or not parts.hostname.isprintable() or " " in parts.hostname:
        raise _malformed("it names no host")
    if parts.query or parts.fragment:
        raise _malformed("it has a ? or # part")
    if port == 0:
        raise _malformed("port 0 isn't one")
    web = parts.scheme in {"ws", "wss"}
    if not web and parts.path not in {"", "/"}:
        raise _malformed("only ws:// and wss:// have a path")
    return Address(
        parts.scheme,
        parts.hostname,
        port or DEFAULT_PORTS[parts.scheme],
        (parts.path or "/") if web else "",
    )


def _malformed(why: str) -> MalformedError:
    return MalformedError(
        f"the hub's address can't be used: {why}",
        code="hub-url",
        remedy="write it like wss://echange.example.org or tls://echange.example.org:4222",
    )
