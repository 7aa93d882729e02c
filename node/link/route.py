"""The way to a hub: its address, the proxy before it, and whose certificates count."""

from dataclasses import dataclass, field
from typing import Self

from node.link.address import Address, parse_address
from node.link.proxy import Proxy
from node.link.trust import Trust


@dataclass(frozen=True, slots=True)
class Route:
    """How one hub is reached.

    Attributes:
        address: The hub's.
        proxy: HTTP proxy that tunnels to it by CONNECT; None: straight.
        trust: Whose certificates are believed.
    """

    address: Address
    proxy: Proxy | None = None
    trust: Trust = field(default_factory=Trust)

    @classmethod
    def straight(cls, url: str) -> Self:
        """Without a proxy, with the system's authorities.

        Raises:
            MalformedError: `hub-url`.
        """
        return cls(parse_address(url))
