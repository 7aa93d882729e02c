"""What is seen on the way to a hub: the node's own connection tries it, both see the same."""

import asyncio
import contextlib
import datetime as dt
import email.utils
import ssl
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import certifi

from federation.errors import MaillageError
from federation.ids import prefix
from node.doctor.conclude import HubFacts
from node.link.connection import Connection
from node.link.dial import dial, look, secure
from node.link.errors import LinkError, NotPermittedError, RouteError
from node.link.faults import Fault
from node.link.link import Link
from node.link.nkey import create_seed
from node.link.route import Route

WAIT_S: Final = 20.0
"""For a connection: its name, the proxy, TLS and the hub's greeting have some seconds each."""

_HTTPS_PORT: Final = 443
_ANSWER_MAX_BYTES: Final = 4096
_CODES_OF_PORT: Final = frozenset({"proxy-forbidden", "proxy-drops", "proxy-silent"})


async def probe(
    name: str,
    route: Route,
    *,
    node: str = "doctor",
    link_key: Path | None = None,
    reader_key: Path | None = None,
    participants: tuple[str, ...] = (),
) -> HubFacts:
    """Try the way to a hub, as the node would go it.

    Args:
        name: Of the hub.
        route: The way.
        node: Name of the node there.
        link_key: Its key; None: a new one, which no hub knows.
        reader_key: Its reader key, if it reads from this hub.
        participants: Whose rights are asked for.
    """
    facts = HubFacts(
        name,
        route.address,
        route.proxy,
        resolved=await _resolve(route),
        now_s=time.time(),
        has_key=link_key is not None,
        participants=len(participants),
    )
    with tempfile.TemporaryDirectory() as folder:
        key = link_key
        if key is None:
            key = Path(folder) / "none.nk"
            create_seed(key)
        async with Connection(route, key, node=node) as connection:
            fault = await _settled(connection)
            facts = replace(facts, fault=fault)
            if fault is None:
                version = str(connection.client.connected_server_version)
                facts = replace(facts, version=version)
                facts = await _rights(facts, Link(connection), participants)
    if fault is None and reader_key is not None:
        async with Connection(route, reader_key, node=node) as connection:
            facts = replace(facts, reader=await _settled(connection) is None)
    if fault is None or fault.code == "not-enrolled":
        facts = await _tls(facts, route)
        facts = replace(facts, clock_offset_s=await clock_offset(route))
    elif fault.code in _CODES_OF_PORT and route.address.port != _HTTPS_PORT:
        facts = replace(facts, port_443=await _other_port(route))
    return facts


async def _resolve(route: Route) -> tuple[str, ...]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(WAIT_S / 4):
            found = await loop.getaddrinfo(route.address.host, route.address.port, type=1)
    except (OSError, UnicodeError, TimeoutError):
        return ()
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


async def _settled(connection: Connection) -> Fault | None:
    """Wait until a connection is there, or has said why not."""
    loop = asyncio.get_running_loop()
    until = loop.time() + WAIT_S
    while not connection.status.connected and connection.status.fault is None:
        if loop.time() > until:
            said = {"target": connection.url}
            return Fault("hub-silent", said)
        await asyncio.sleep(0.02)
    return None if connection.status.connected else connection.status.fault


async def _rights(facts: HubFacts, link: Link, participants: tuple[str, ...]) -> HubFacts:
    """Ask for each participant's last own message: only who is enrolled for it may."""
    refused, spent, wrong = [], None, ""
    for one in participants:
        begun = time.perf_counter()
        try:
            await link.last_own(prefix(one))
            spent = spent or (time.perf_counter() - begun) * 1000
        except NotPermittedError:
            refused.append(one)
        except LinkError as error:
            wrong = str(error)
            break
    if spent is None and refused and not wrong:
        wrong = f"not enrolled for {', '.join(refused[:3])}"
    return replace(facts, not_enrolled=tuple(refused), round_trip_ms=spent, round_trip_error=wrong)


async def _tls(facts: HubFacts, route: Route) -> HubFacts:
    if not route.address.secure:
        return facts
    seen = await look(route)
    if seen is None or seen.certificate is None:
        return facts
    context = ssl.create_default_context(cafile=certifi.where())
    public = await look(route, context)
    end = dt.datetime.fromisoformat(seen.certificate.not_after)
    return replace(
        facts,
        tls_version=seen.version,
        certificate=seen.certificate,
        public=public is not None,
        expires_s=end.timestamp(),
    )


async def _other_port(route: Route) -> str:
    """Whether CONNECT to port 443 of the same host passes: empty, or what is said of it."""
    other = replace(route, address=replace(route.address, port=_HTTPS_PORT))
    try:
        stream = await dial(other, WAIT_S / 4)
    except RouteError as error:
        # the proxy let it pass and found nothing there
        return "" if error.code == "proxy-gateway" else error.fault.told()
    except MaillageError as error:
        return str(error)
    stream.close()
    return ""


async def clock_offset(route: Route) -> float | None:
    """This clock minus the hub's, in seconds, by the date of an HTTP answer (RFC 9110 6.6.1).

    Returns:
        None where the hub isn't spoken to by HTTP, or tells no date.
    """
    if not route.address.web:
        return None
    with contextlib.suppress(RouteError, OSError, TimeoutError, ValueError, TypeError):
        async with asyncio.timeout(WAIT_S / 4):
            stream = await dial(route, WAIT_S / 4)
            try:
                if route.address.secure:
                    stream = await secure(stream, route, WAIT_S / 4)
                host = route.address.target
                question = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
                stream.writer.write(question.encode())
                said = await stream.reader.read(_ANSWER_MAX_BYTES)
            finally:
                stream.close()
        for line in said.decode("latin-1").splitlines():
            header, _, value = line.partition(":")
            if header.strip().lower() == "date":
                told = email.utils.parsedate_to_datetime(value.strip())
                return time.time() - told.timestamp()
    return None
