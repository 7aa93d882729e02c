"""The doctor's round: the node, then each hub."""

import os
from collections.abc import Mapping
from pathlib import Path

from federation.errors import MaillageError
from node import founding
from node.doctor.conclude import HubFacts, clock_finding, hub_findings, local_findings
from node.doctor.findings import Finding
from node.doctor.local import look_at
from node.doctor.probe import probe
from node.link.address import parse_address
from node.networks import route_of
from node.settings import HubAddress, Settings
from node.store.store import Store

GIVEN = "hub"
"""Name of a hub that was given by its address."""


async def examine(
    data_dir: Path, hub_url: str | None = None, environment: Mapping[str, str] | None = None
) -> list[Finding]:
    """Look at a node and at the ways to its hubs.

    Args:
        data_dir: The node's; with `hub_url` it needn't be one.
        hub_url: Only this hub, instead of those in the settings.
        environment: Variables by name; the process's unless given.

    Raises:
        MalformedError: `hub-url`.
    """
    if hub_url is not None:
        parse_address(hub_url)
    around = os.environ if environment is None else environment
    local, settings, participants = await look_at(data_dir)
    findings = [] if hub_url is not None and not local.is_node else local_findings(local)
    used = settings or Settings.model_construct()
    hubs = used.hubs if hub_url is None else _given(used, hub_url)
    keys = data_dir / "keys" if participants else None
    seen = [
        await _hub(hub, used, data_dir, around, keys=keys, participants=participants)
        for hub in hubs
    ]
    if seen:
        findings.append(clock_finding(seen))
    for one in seen:
        findings += hub_findings(one)
    return findings


def _given(settings: Settings, url: str) -> tuple[HubAddress, ...]:
    """A hub by its address: as in the settings, if it is there."""
    address = parse_address(url)
    known = [hub for hub in settings.hubs if parse_address(hub.url) == address]
    return tuple(known[:1]) or (HubAddress(name=GIVEN, url=url),)


async def _hub(
    hub: HubAddress,
    settings: Settings,
    data_dir: Path,
    environment: Mapping[str, str],
    *,
    keys: Path | None,
    participants: tuple[str, ...],
) -> HubFacts:
    try:
        route = route_of(hub, settings, data_dir, environment)
    except MaillageError as error:
        return HubFacts(hub.name, parse_address(hub.url), setting_error=str(error))
    link = None if keys is None else keys / "link.nk"
    reader = keys / "reader.nk" if keys is not None and hub.read else None
    return await probe(
        hub.name,
        route,
        node=_node_name(data_dir, settings) if keys is not None else "doctor",
        link_key=link if link is not None and link.exists() else None,
        reader_key=reader if reader is not None and reader.exists() else None,
        participants=participants,
    )


def _node_name(data_dir: Path, settings: Settings) -> str:
    with Store.open(data_dir, settings.database_url or None) as store:
        return store.settings.get(founding.NODE_SETTING) or "node"
