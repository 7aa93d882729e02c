"""The demo's twin abroad: a fictitious German town with a node and a hub of its own, and Arvieu.

The charter goes round as between two town halls: drafted on Arvieu's node, signed on each, accepted
on each. The town reports to its own hub and reads Arvieu's open data at Arvieu's. What Arvieu gives
to its twin alone goes to the twin's hub, and to no other.
"""

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from federation import charter_file
from node import charters
from node.clock import now_us
from node.demo.simulator import energy, projects, twinnings
from node.hub.config import HubSettings
from node.hub.hub import Hub
from node.node import Node
from node.settings import HubAddress

ARVIEU: Final = "fr-com-12011"
TWIN: Final = "xx-lau-musterstadt"
TWIN_NAME: Final = "Musterstadt an der Probe (fiktiv)"
TITLE: Final = "Jumelage Arvieu – Musterstadt an der Probe (fictif) / Partnerschaft (fiktiv)"
CHARTER: Final = "jumelage-arvieu-musterstadt"
DECISION: Final = "Délibération fictive, démonstration"
HUB: Final = "musterstadt"
FOLDER: Final = "musterstadt"
HOME_DATASET: Final = f"{ARVIEU}/jumelages"
"""Arvieu's dataset for its twin; what it publishes for all its twin reads as everybody does."""

TWIN_DATASETS: Final = (f"{TWIN}/energie-batiments", f"{TWIN}/projets")
LASTS: Final = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Twinning:
    """What the demo needs to open both sides.

    Attributes:
        charter: Digest.
        folder: The twin's data directory.
        hubs: Of the twin's node.
        away: To be added to the hubs of the node that hosts Arvieu.
    """

    charter: str
    folder: Path
    hubs: tuple[HubAddress, ...]
    away: HubAddress

    def open(self, *, http_host: str = "", http_port: int = 0) -> Node:
        """The twin's node, not yet running."""
        return Node.open(
            self.folder,
            hubs=self.hubs,
            http_host=http_host,
            http_port=http_port,
            receipt_interval_s=3.0,
        )


def new_hub(root: Path) -> Hub:
    """The twin's hub, on a free port of the loopback."""
    return Hub(root / f"hub-{HUB}", HubSettings(hub_id=HUB, port=0))


async def build(root: Path, home: Path, *, home_hub: Hub, twin_hub: Hub) -> Twinning:
    """Make the twin's node, and the charter on both sides.

    Args:
        root: Of the demo; the twin's directory is made in it.
        home: Data directory of the node that hosts Arvieu; made, and not open.
        home_hub: Running; the one to which Arvieu reports.
        twin_hub: Running; see `new_hub`.
    """
    moment = now_us()
    folder = root / FOLDER
    made = Node.init(folder, [TWIN], names={TWIN: TWIN_NAME}, now_us=moment)
    for hub in (home_hub, twin_hub):
        await hub.enrol(made.enrolment_file.read_bytes())
    await twin_hub.enrol((home / made.enrolment_file.name).read_bytes())
    charter = agree(home, folder, moment)
    return Twinning(
        charter,
        folder,
        (
            HubAddress(name=HUB, url=twin_hub.url, read=True),
            HubAddress(
                name="arvieu", url=home_hub.url, read=True, send="none", charters=(charter,)
            ),
        ),
        HubAddress(name=HUB, url=twin_hub.url, read=True, send="charters", charters=(charter,)),
    )


def agree(home: Path, abroad: Path, moment_us: int) -> str:
    """Draft, sign and accept the charter; its digest.

    Args:
        home: Directory of the node that hosts Arvieu.
        abroad: Of the twin's.
        moment_us: Now; the charter ends a year later.
    """
    ends = dt.datetime.fromtimestamp(moment_us / 1e6, tz=dt.UTC) + LASTS
    with contextlib.closing(Node.open(abroad)) as node:
        theirs = charters.identity_of(node, TWIN)
    with contextlib.closing(Node.open(home)) as node:
        file = charter_file.draft(
            name=CHARTER,
            title=TITLE,
            identities=[charters.identity_of(node, ARVIEU), theirs],
            issued_us=moment_us,
            ends=ends.strftime("%Y-%m-%dT00:00:00Z"),
            decision=DECISION,
        )
        file = file.sign(charters.signers_of(node, file))
    with contextlib.closing(Node.open(abroad)) as node:
        received = charter_file.read(file.write())
        file = received.sign(charters.signers_of(node, received))
        charters.accept(node, charter_file.read(file.write()))
    with contextlib.closing(Node.open(home)) as node:
        charters.accept(node, charter_file.read(file.write()))
    return file.digest


def publish(
    home: Node, abroad: Node, seed: int, start: dt.datetime, end: dt.datetime
) -> Sequence[str]:
    """Arvieu shares its twinnings; the twin its projects, and with all the energy of [start, end).

    Returns:
        The datasets.
    """
    twins = twinnings(seed, ARVIEU, partner=(TWIN, TWIN_NAME))
    _publish(home, ARVIEU, "jumelages", twins.data, "jumelages.json")
    used = energy(seed, TWIN, start, end)
    _publish(abroad, TWIN, "energie-batiments", used.csv, "energie.csv", shared_by_all=True)
    _publish(abroad, TWIN, "projets", projects(seed, TWIN, TWIN_NAME).data, "projekte.json")
    return (HOME_DATASET, *TWIN_DATASETS)


def _publish(
    node: Node,
    participant: str,
    schema: str,
    data: bytes,
    filename: str,
    *,
    shared_by_all: bool = False,
) -> None:
    result = node.publish(
        data,
        filename=filename,
        schema=schema,
        participant=participant,
        origin="simulated",
        sharing="open" if shared_by_all else "federation",
        charter=None if shared_by_all else CHARTER,
        now_us=now_us(),
    )
    if not result.report.valid:
        raise RuntimeError(f"{participant}: {result.report.text('en')}")


def settled(home: Node, abroad: Node) -> bool:
    """Whether each side holds what the other shares, and each has the other's receipt."""
    wanted = {TWIN: home, ARVIEU: abroad}
    for owner, receiver in wanted.items():
        giver = abroad if owner == TWIN else home
        datasets = TWIN_DATASETS if owner == TWIN else (HOME_DATASET,)
        for dataset in datasets:
            own = giver.store.publications.own_head(dataset)
            head = receiver.store.publications.head(dataset)
            if own is None or head is None or head.digest != own.digest or head.refused:
                return False
        other = ARVIEU if owner == TWIN else TWIN
        if other not in {row.receiver for row in giver.store.receipts.received(owner)}:
            return False
    return True


__all__ = ["TWIN", "Twinning", "agree", "build", "new_hub", "publish", "settled"]
