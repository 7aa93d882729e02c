"""Which HTTP proxy leads to a hub: the setting, else the environment. Pure.

All four schemes go through a proxy by CONNECT, so that one pair of variables decides, the one that
town halls set for HTTPS: `HTTPS_PROXY` (else `ALL_PROXY`) and `NO_PROXY`, each in lower case first.
"""

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from federation.errors import MalformedError
from node.link.address import Address, authority

NONE: Final = "none"
"""As the setting `proxy`: straight to the hub, whatever the environment says."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_VARIABLES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_EXCEPTIONS: Final = ("no_proxy", "NO_PROXY")


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. Neither `repr` nor anything that is shown holds its user or password.

    Attributes:
        host: Name or IP address.
        port: TCP port.
        source: Where it was found: `proxy` (the setting) or the variable's name.
        tls: Whether the proxy itself is spoken to by TLS (`https://`).
        user: For Basic authentication; empty for none.
        password: Its password.
    """

    host: str
    port: int
    source: str
    tls: bool = False
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def target(self) -> str:
        """`host:port`."""
        return authority(self.host, self.port)

    @property
    def shown(self) -> str:
        """The proxy for people: without its user and password."""
        return f"{'https' if self.tls else 'http'}://{self.target}"

    @property
    def authorization(self) -> str | None:
        """The value of `Proxy-Authorization` (Basic, RFC 7617, UTF-8); None without a user."""
        if not self.user:
            return None
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def with_password(self, password: str) -> "Proxy":
        """The same proxy with a password from elsewhere."""
        return replace(self, password=password)


def parse_proxy(text: str, source: str) -> Proxy:
    """Read a proxy's address: `http://proxy.mairie.fr:3128`, `user:password@…`, `proxy:3128`.

    Args:
        text: As written; `http://` may be left out, user and password are percent-decoded.
        source: Where it was found.

    Raises:
        MalformedError: `proxy-url`. The message never repeats the address.
    """
    try:
        parts = urlsplit(text.strip() if "://" in text else f"http://{text.strip()}")
        port = parts.port
    except ValueError as error:
        raise _malformed(source, "it isn't a URL") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise _malformed(source, "only http:// and https:// proxies are spoken to")
    host = parts.hostname or ""
    if not host or not host.isprintable() or " " in host or port == 0:
        raise _malformed(source, "it names no host or port")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if ":" in user or not (user + password).isprintable():
        raise _malformed(source, "its user or password has characters that can't be sent")
    return Proxy(
        host,
        port or _DEFAULT_PORTS[parts.scheme],
        source,
        parts.scheme == "https",
        user,
        password,
    )


def choose_proxy(address: Address, setting: str, environment: Mapping[str, str]) -> Proxy | None:
    """Find the proxy that leads to an address.

    Args:
        address: The hub's.
        setting: Of the operator: an address; `none`; empty for what the environment says.
        environment: Variables by name.

    Returns:
        None: straight to the hub.

    Raises:
        MalformedError: `proxy-url`.
    """
    if setting.strip().lower() == NONE:
        return None
    if setting.strip():
        return parse_proxy(setting, "proxy")
    name = next((one for one in _VARIABLES if environment.get(one, "").strip()), None)
    if name is None or is_loopback(address.host):
        return None
    exceptions = next((environment[one] for one in _EXCEPTIONS if environment.get(one)), "")
    if bypassed(address, exceptions):
        return None
    return parse_proxy(environment[name], name)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: no variable sends it through a proxy."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bypassed(address: Address, exceptions: str) -> bool:
    """Whether `NO_PROXY` excepts an address.

    Args:
        address: The hub's.
        exceptions: Separated by commas: `*`, a name (and all below it), a name with a port, an IP
            address, a network (`10.0.0.0/8`).
    """
    return any(_matches(address, one.strip().lower()) for one in exceptions.split(","))


def _matches(address: Address, rule: str) -> bool:
    if not rule:
        return False
    if rule == "*":
        return True
    host = address.host.lower().rstrip(".")
    try:
        network = ipaddress.ip_network(rule.strip("[]"), strict=False)
        return ipaddress.ip_address(host) in network
    except ValueError:
        pass  # a name, on one of the two sides
    name, _, port = rule.rpartition(":") if rule.count(":") == 1 else (rule, "", "")
    if port and port != str(address.port):
        return False
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _malformed(source: str, why: str) -> MalformedError:
    return MalformedError(
        f"the proxy's address in {source} can't be used: {why}",
        code="proxy-url",
        remedy='write it like http://proxy.mairie.fr:3128, or "none" for no proxy',
    )
