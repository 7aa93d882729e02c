"""The demo's world: who is in it, on which node, under which charter; all in one directory."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from federation.charter import Charter, Member, Role, issue_charter
from federation.jose import Signer
from federation.model import instant_text
from node.clock import now_us
from node.documents import digest_of, keep
from node.hub.config import HubSettings
from node.hub.hub import Hub
from node.keys import KeyStore
from node.node import Node
from node.settings import HubAddress
from node.store.store import Store
from schemas.territory import members, parents

EPCI: Final = "fr-epci-241200765"
"""CC de Lévézou-Pareloup: ten communes, Arvieu among them, hosted by their EPCI."""

INDEPENDENT: Final = (
    "fr-com-19015",
    "fr-com-58149",
    "fr-com-26311",
    "fr-com-15014",
    "fr-com-15187",
)
"""Ayen, Luzy, Saint-Laurent-en-Royans, Aurillac and Saint-Flour: a node each."""

CHARTER: Final = "demo"
HUB: Final = "demo"


@dataclass(frozen=True, slots=True)
class Place:
    """One node of the demo.

    Attributes:
        folder: Name of its data directory.
        participants: Hosted there.
        compose: Those of them that compose; then the node receives too.
        custodian: Who operates it; None: each for itself.
        shows: Its pages are those that the demo shows; then the node receives, too.
    """

    folder: str
    participants: tuple[str, ...]
    compose: tuple[str, ...] = ()
    custodian: str | None = None
    shows: bool = False

    @property
    def reads(self) -> bool:
        """Whether it receives what the others publish."""
        return bool(self.compose) or self.shows


@dataclass(frozen=True, slots=True)
class World:
    """The demo.

    Attributes:
        communes: Publishers.
        composers: EPCI, départements, régions.
        places: Nodes.
    """

    communes: tuple[str, ...]
    composers: tuple[str, ...]
    places: tuple[Place, ...]


def describe() -> World:
    """Who takes part: 15 communes, their EPCI, départements and régions."""
    hosted = tuple(members(EPCI, "commune"))
    communes = (*hosted, *INDEPENDENT)
    above = sorted({parent for commune in communes for parent in parents(commune)})
    levels = {
        kind: tuple(one for one in above if one.startswith(f"fr-{kind}-"))
        for kind in ("epci", "dep", "reg")
    }
    places = [Place("communes-du-levezou", hosted, custodian=EPCI, shows=True)]
    places += [Place(commune, (commune,)) for commune in INDEPENDENT]
    places += [
        Place(name, levels[kind], levels[kind])
        for name, kind in (
            ("intercommunalites", "epci"),
            ("departements", "dep"),
            ("regions", "reg"),
        )
    ]
    return World(communes, tuple(above), tuple(places))


async def found(world: World, root: Path, hub: Hub) -> str:
    """Make the data directories, the enrolments and the charter, which is kept at its founder's.

    Args:
        world: Who takes part.
        root: Empty directory.
        hub: Running.

    Returns:
        The charter's digest.
    """
    moment = now_us()
    for place in world.places:
        made = Node.init(
            root / place.folder, place.participants, custodian=place.custodian, now_us=moment
        )
        await hub.enrol(made.enrolment_file.read_bytes())
    charter = _charter(world, root, moment)
    founder = next(place for place in world.places if EPCI in place.participants)
    with Store.open(root / founder.folder) as store:
        keep(store, "charter", EPCI, charter, pinned=True)
    return digest_of("charter", charter)


def open_nodes(
    world: World,
    root: Path,
    hub: Hub,
    charter: str,
    *,
    more: Mapping[str, HubAddress] | None = None,
    http_host: str = "",
    http_port: int = 0,
) -> list[Node]:
    """Open the nodes that `found` made, in the order of the world's places; not yet running.

    Args:
        world: Who takes part.
        root: The directory.
        hub: Running.
        charter: Digest of the charter.
        more: A second hub, by folder.
        http_host: Where the node that shows its pages answers; empty for nowhere.
        http_port: Likewise; 0 for any free one.
    """
    nodes = []
    for place in world.places:
        hubs = [HubAddress(name=HUB, url=hub.url, read=place.reads)]
        if more and place.folder in more:
            hubs.append(more[place.folder])
        nodes.append(
            Node.open(
                root / place.folder,
                hubs=tuple(hubs),
                compose=place.compose,
                charters=(charter,),
                http_host=http_host if place.shows else "",
                http_port=http_port,
                receipt_interval_s=3.0,
            )
        )
    return nodes


async def build(world: World, root: Path, hub: Hub, *, http_host: str = "") -> list[Node]:
    """Make a world of one hub: `found`, then `open_nodes`."""
    return open_nodes(world, root, hub, await found(world, root, hub), http_host=http_host)


def _charter(world: World, root: Path, moment: int) -> bytes:
    """A charter signed by every member."""
    signers: list[Signer] = []
    entries: list[Member] = []
    for place in world.places:
        keys = KeyStore(root / place.folder)
        node = Node.open(root / place.folder)
        try:
            for participant in place.participants:
                known = node.knowledge.identity_of(participant)
                assert known is not None
                role: Role = "composer" if participant in world.composers else "publisher"
                entries.append(
                    Member(
                        participant=participant,
                        identity=known.digest,
                        custodian=known.identity.custodian.key,
                        roles=(role,) if role == "publisher" else ("composer", "publisher"),
                    )
                )
                signers.append(keys.signer(participant))
        finally:
            node.close()
    custodians = len({entry.custodian for entry in entries})
    charter = Charter(
        charter=CHARTER,
        title="Fédération de démonstration (données simulées)",
        version=1,
        members=tuple(sorted(entries, key=lambda entry: entry.participant)),
        threshold=custodians // 2 + 1,
        issued=instant_text(moment),
    )
    return issue_charter(charter, tuple(signers))


def new_hub(root: Path) -> Hub:
    """The demo's hub, on a free port of the loopback."""
    return Hub(root / "hub", HubSettings(hub_id=HUB, port=0))


__all__ = ["EPCI", "HUB", "Place", "World", "build", "describe", "found", "new_hub", "open_nodes"]
