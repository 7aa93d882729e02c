"""Whether what runs on a data directory answers: `python -m node.health`, for a health check.

Asked every few seconds for as long as a container lives, so it loads a tenth of what the command
`maillage health`, the same question for people, does. It asks from outside, by the network: a
process that lives and doesn't answer isn't healthy.
"""

import http.client
import json
import os
import socket
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from node.broker import running_url
from node.hub.config import HubPaths

TIMEOUT_S: Final = 4.0
"""For one answer; less than the five seconds that the image's health check gives."""

HEALTHY: Final = 0
UNHEALTHY: Final = 1
"""A container's health check knows these two (docs.docker.com/reference/dockerfile#healthcheck)."""

HUB_FILE: Final = "maillage-hub.toml"
NODE_FILE: Final = "maillage.toml"
_DEFAULTS: Final = {"http_host": "127.0.0.1", "http_port": 8080}
_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - an address to be asked instead, none to listen on
_INFO_MAX_BYTES: Final = 64 * 1024
_FALLBACK_PORT: Final = 4222


@dataclass(frozen=True, slots=True)
class Health:
    """What was found.

    Attributes:
        healthy: Whether it answered as it should.
        role: A hub where the directory is one; else whatever answers by HTTP: a node, the demo.
        asked: Address that was asked.
        why: What was wrong; empty when healthy.
    """

    healthy: bool
    role: Literal["hub", "node"]
    asked: str
    why: str = ""


def check(data_dir: Path, environ: Mapping[str, str], timeout_s: float = TIMEOUT_S) -> Health:
    """Ask what runs on a directory.

    Args:
        data_dir: Of a hub or a node. One that is neither: its HTTP interface is asked where the
            settings say that it is, which is how the demo is asked.
        environ: Variables, which go before the directory's settings.
        timeout_s: For one answer.
    """
    if (data_dir / HUB_FILE).exists():
        return _hub(data_dir, timeout_s)
    return _node(data_dir, environ, timeout_s)


def _hub(data_dir: Path, timeout_s: float) -> Health:
    paths = HubPaths(data_dir.resolve())
    url = running_url(paths.hub_conf, paths.run_dir)
    if url is None:
        return Health(healthy=False, role="hub", asked="", why="the broker isn't running")
    where = urlsplit(url)
    host = _ANY.get(where.hostname or "", where.hostname or "")
    try:
        info = _greeting(host, where.port or _FALLBACK_PORT, timeout_s)
    except (OSError, ValueError) as error:
        return Health(healthy=False, role="hub", asked=url, why=f"the broker: {error}")
    # switched off by the server itself when it can't write, for example on a full disk
    if info.get("jetstream") is not True:
        return Health(healthy=False, role="hub", asked=url, why="the broker keeps no streams")
    return Health(healthy=True, role="hub", asked=url)


def _greeting(host: str, port: int, timeout_s: float) -> dict[str, Any]:
    """What a NATS server says of itself at once, before TLS too.

    Raises:
        OSError: It doesn't answer.
        ValueError: It says something else.
    """
    with (
        socket.create_connection((host, port), timeout_s) as connection,
        connection.makefile("rb") as answer,
    ):
        line = answer.readline(_INFO_MAX_BYTES)
    verb, _, body = line.partition(b" ")
    found = json.loads(body) if verb == b"INFO" else None
    if not isinstance(found, dict):
        raise ValueError("not the greeting of a NATS server")  # noqa: TRY004 - the bytes are wrong, no argument
    return found


def _node(data_dir: Path, environ: Mapping[str, str], timeout_s: float) -> Health:
    try:
        host, port = http_address(data_dir, environ)
    except (OSError, ValueError) as error:
        return Health(healthy=False, role="node", asked="", why=f"the settings: {error}")
    if not host or not port:
        why = "no fixed address to ask: set http_host and http_port"
        return Health(healthy=False, role="node", asked="", why=why)
    shown = f"[{host}]" if ":" in host else host
    asked = f"http://{shown}:{port}/healthz"
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return Health(healthy=False, role="node", asked=asked, why=str(error) or repr(error))
    finally:
        connection.close()
    if status != HTTPStatus.OK:
        return Health(healthy=False, role="node", asked=asked, why=f"status {status}")
    return Health(healthy=True, role="node", asked=asked)


def http_address(data_dir: Path, environ: Mapping[str, str]) -> tuple[str, int]:
    """Where a node's HTTP interface is asked from the same machine.

    `node.settings` decides what the node does; this reads two of its settings without it.

    Raises:
        ValueError: They can't be read.
        OSError: Likewise.
    """
    file = data_dir / NODE_FILE
    found = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    host, port = (
        environ.get(f"MAILLAGE_{name.upper()}", found.get(name, default))
        for name, default in _DEFAULTS.items()
    )
    return _ANY.get(str(host), str(host)), int(port)


def main() -> int:
    """Ask what runs on `MAILLAGE_DATA`, and say so in a line.

    Returns:
        `HEALTHY` or `UNHEALTHY`.
    """
    data_dir = Path(os.environ.get("MAILLAGE_DATA") or "maillage-data")
    found = check(data_dir, os.environ)
    if found.healthy:
        sys.stdout.write(f"{found.role} answers at {found.asked}\n")
        return HEALTHY
    sys.stdout.write(f"{found.role} {found.asked}: {found.why}\n")
    return UNHEALTHY


if __name__ == "__main__":
    sys.exit(main())
