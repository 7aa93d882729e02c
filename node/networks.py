"""From a node's settings and environment to the way to each hub, and what is remembered of it."""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from federation.errors import MalformedError
from federation.model import instant_text
from node.link.address import parse_address
from node.link.connection import ConnectionStatus
from node.link.faults import Fault, read_fault
from node.link.link import Link
from node.link.proxy import Proxy, choose_proxy
from node.link.route import Route
from node.link.trust import Trust
from node.settings import HubAddress, Settings
from node.store.store import Store

PASSWORD_MAX_BYTES: Final = 1024
"""A proxy's password."""

_NOTE_EVERY_S: Final = 1.0
_NOTE: Final = "hub-state:"


def route_of(
    hub: HubAddress, settings: Settings, data_dir: Path, environment: Mapping[str, str]
) -> Route:
    """The way to a hub: its own settings, else the node's, else (for the proxy) the environment.

    Args:
        hub: Where to.
        settings: The node's.
        data_dir: Paths in the settings that aren't absolute begin here.
        environment: Variables by name.

    Raises:
        MalformedError: `proxy-url`, `proxy-password-file`, `ca-file`; no message holds a secret.
    """
    address = parse_address(hub.url)
    proxy = choose_proxy(address, hub.proxy or settings.proxy, environment)
    password_file = hub.proxy_password_file or settings.proxy_password_file
    if proxy is not None and password_file:
        proxy = _with_password(proxy, data_dir / password_file)
    ca_file = hub.ca_file or settings.ca_file
    trust = Trust(data_dir / ca_file if ca_file else None)
    if ca_file:
        _ = trust.context  # read now: a file that is none must be told at once, not at a connection
    return Route(address, proxy, trust)


def _with_password(proxy: Proxy, path: Path) -> Proxy:
    if not proxy.user:
        raise _bad_password(path, f"the proxy's address in {proxy.source} names no user")
    try:
        if path.stat().st_mode & 0o077:
            raise _bad_password(path, "others can read it")
        with path.open("rb") as file:
            password = file.read(PASSWORD_MAX_BYTES + 1).decode().rstrip("\r\n")
    except OSError as error:
        raise _bad_password(path, error.strerror or "it can't be read") from error
    except UnicodeDecodeError as error:
        raise _bad_password(path, "it isn't UTF-8") from error
    if not password or len(password) > PASSWORD_MAX_BYTES or not password.isprintable():
        raise _bad_password(path, "it holds no password on one line")
    return proxy.with_password(password)


def _bad_password(path: Path, why: str) -> MalformedError:
    return MalformedError(
        f"proxy_password_file {path} can't be used: {why}",
        code="proxy-password-file",
        remedy='proxy = "http://user@proxy:3128"; in the file the password alone; chmod 600',
    )


@dataclass(frozen=True, slots=True)
class HubNote:
    """How a hub stood when the running node last looked.

    Attributes:
        connected: Whether it answered.
        since: Since when, UTC.
        error: What went wrong last, in English; empty for nothing.
        fault: The reason, where it is known.
    """

    connected: bool
    since: str
    error: str
    fault: Fault | None

    def to_json(self) -> dict[str, object]:
        """As kept in the store."""
        return {
            "connected": self.connected,
            "since": self.since,
            "error": self.error,
            "fault": None if self.fault is None else self.fault.to_json(),
        }


def note_of(status: ConnectionStatus) -> HubNote:
    """What to remember of a connection."""
    since = instant_text(int(status.since.timestamp()) * 1_000_000)
    return HubNote(status.connected, since, status.last_error or "", status.fault)


def keep_note(store: Store, hub: str, note: HubNote | None) -> None:
    """Remember how a hub stands, for `maillage status`; None when the node stops."""
    store.settings.set(f"{_NOTE}{hub}", json.dumps(None if note is None else note.to_json()))


def read_note(store: Store, hub: str) -> HubNote | None:
    """How a hub stood when the running node last looked; None where none ran or it has stopped."""
    found = json.loads(store.settings.get(f"{_NOTE}{hub}") or "null")
    if not isinstance(found, dict):
        return None
    return HubNote(
        bool(found.get("connected")),
        str(found.get("since", "")),
        str(found.get("error", "")),
        read_fault(found.get("fault")),
    )


async def keep_notes(store: Store, links: Mapping[str, Link], stop: asyncio.Event) -> None:
    """Remember how each hub stands whenever that changes, until the node stops."""
    kept: dict[str, HubNote] = {}
    while not stop.is_set():
        for name, link in links.items():
            note = note_of(link.status)
            if kept.get(name) != note:
                kept[name] = note
                await asyncio.to_thread(keep_note, store, name, note)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _NOTE_EVERY_S)
    for name in kept:
        await asyncio.to_thread(keep_note, store, name, None)
