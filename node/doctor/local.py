"""What is seen of a node's own directory. Moves nothing and decides nothing."""

import asyncio
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from federation.errors import MaillageError
from node import founding
from node.doctor.conclude import OTHERS, LocalFacts
from node.link.nkey import public_key
from node.node import Node
from node.settings import FILE_NAME, Settings, load_settings

_HTTP_TIMEOUT_S: Final = 3.0


def read_settings(data_dir: Path) -> tuple[Settings | None, str]:
    """The settings, or why they can't be read."""
    try:
        return load_settings(data_dir), ""
    except MaillageError as error:
        return None, str(error)


async def look_at(data_dir: Path) -> tuple[LocalFacts, Settings | None, tuple[str, ...]]:
    """Look at a data directory.

    Returns:
        What was seen, the settings if they can be read, the participants if the store opens.
    """
    facts, settings, participants = await asyncio.to_thread(_look_inside, data_dir)
    http, url = await _http(settings)
    return replace(facts, http=http, http_url=url), settings, participants


def _look_inside(data_dir: Path) -> tuple[LocalFacts, Settings | None, tuple[str, ...]]:
    path = str(data_dir.absolute())
    if not (data_dir / founding.TOKEN_FILE).exists():
        return LocalFacts(path, is_node=False), None, ()
    settings, wrong = read_settings(data_dir)
    seen = _Seen(data_dir, settings)
    secret = settings is not None and _holds_password(settings)
    facts = LocalFacts(
        path=path,
        mode=stat.S_IMODE(data_dir.stat().st_mode),
        settings_error=wrong,
        hubs=len(settings.hubs) if settings else 0,
        secret_open=secret and _open(data_dir / FILE_NAME),
        open_files=tuple(_open_secrets(data_dir, settings)),
        missing_files=tuple(seen.missing),
        key_error=seen.key_error,
        participants=len(seen.participants),
        recovery_keys=len(list((data_dir / "recovery").glob("*.key"))),
        free_bytes=shutil.disk_usage(data_dir).free,
        database_error=seen.database_error,
        pinned=tuple(settings.charters) if settings else (),
        known=tuple(seen.charters),
    )
    return facts, settings, seen.participants


class _Seen:
    """What an opened node tells of its store and keys."""

    def __init__(self, data_dir: Path, settings: Settings | None) -> None:
        self.participants: tuple[str, ...] = ()
        self.charters: list[str] = []
        self.database_error = ""
        self.key_error = ""
        self.missing: list[str] = []
        if settings is None:
            return
        try:
            node = Node.open(data_dir)
        except (MaillageError, OSError) as error:
            self.database_error = str(error)
            return
        try:
            self.participants = node.participants
            known = node.knowledge.knows_charter
            self.charters = [one for one in settings.charters if known(one)]
            self._keys(node)
        finally:
            node.close()

    def _keys(self, node: Node) -> None:
        folder = node.keys.keys
        names = ["link.nk", "reader.nk", *(f"{one}.key" for one in node.participants)]
        self.missing = [f"keys/{name}" for name in names if not (folder / name).exists()]
        try:
            for name in names[:2]:
                if (folder / name).exists():
                    public_key(folder / name)
            for one in node.participants:
                path = folder / f"{one}.key"
                if path.exists() and not _open(path):
                    node.keys.signer(one)
        except (MaillageError, OSError) as error:
            self.key_error = str(error)


def _open(path: Path) -> bool:
    """Whether others can read a file."""
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


def _open_secrets(data_dir: Path, settings: Settings | None) -> Iterator[str]:
    secrets = [data_dir / founding.TOKEN_FILE]
    for folder in ("keys", "recovery"):
        secrets += sorted((data_dir / folder).glob("*"))
    if settings is not None:
        named = [settings.proxy_password_file, *(hub.proxy_password_file for hub in settings.hubs)]
        secrets += [data_dir / one for one in named if one]
    for path in secrets:
        if _open(path):
            inside = path.is_relative_to(data_dir)
            yield str(path.relative_to(data_dir) if inside else path)


def _holds_password(settings: Settings) -> bool:
    proxies = [settings.proxy, *(hub.proxy for hub in settings.hubs)]
    return any(
        urlsplit(one if "://" in one else f"http://{one}").password for one in proxies if one
    )


async def _http(settings: Settings | None) -> tuple[str, str]:
    """What answers where the HTTP interface should: `ok`, `off`, `down` or `other`."""
    if settings is None or not settings.http_host or not settings.http_port:
        return "off", ""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.http_host, settings.http_host)  # noqa: S104 - what it may be set to
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.http_port}"
    timeout = aiohttp.ClientTimeout(total=_HTTP_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{url}/healthz", allow_redirects=False) as answer,
        ):
            said = await answer.content.read(1000)
    except aiohttp.ClientConnectorError:
        return "down", url
    except (aiohttp.ClientError, TimeoutError, OSError):
        return "other", url
    return ("ok" if answer.status == 200 and b'"status"' in said else "other"), url  # noqa: PLR2004 - HTTP
