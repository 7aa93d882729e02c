"""Who may have what is published: the schema's default, and which charter `federation` means.

A publication of level `federation` names one charter (wire, 3). The operator's list decides which:
the first of the `charters` in `maillage.toml` that is in force and has the publisher as a member.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from federation.charter import KnownCharter
from federation.errors import StateError
from federation.manifest import Sharing
from schemas.document import SharingLevel
from schemas.model import Schema

OPEN: Final = Sharing(level="open")


def default_of(schema: Schema, participant: str, charters: Sequence[KnownCharter]) -> Sharing:
    """How a participant shares data of a schema, unless it says otherwise.

    Args:
        schema: Of the data.
        participant: Who publishes.
        charters: Those in force, in the operator's order.

    Raises:
        StateError: `sharing-charter`: shared within a federation, and it is a member of none.
    """
    level: SharingLevel = schema.sharing_default
    if level != "federation":
        return Sharing(level=level)
    found = next((one for one in charters if participant in one.members), None)
    if found is None:
        raise StateError(
            f"{schema.name} is shared within a federation, and no charter in force here has "
            f"{participant} as a member",
            code="sharing-charter",
            remedy="add the charter's digest to charters in maillage.toml, and start the node "
            "once so that it fetches the charter",
        )
    return Sharing(level="federation", charter=found.digest)


def of_composition(
    composer: str, inputs: Iterable[Sharing], charters: Collection[KnownCharter]
) -> Sharing | None:
    """How figures may be shared that were made of several datasets: as the strictest of them.

    Args:
        composer: Who signs the figures.
        inputs: How each dataset is shared.
        charters: Those in force.

    Returns:
        None where the figures may go to nobody: the inputs are for the members of different
        charters, for named partners, or for a charter of which the composer is no member.
    """
    restricted = {one for one in inputs if one.level not in ("open", "aggregate-only")}
    if not restricted:
        return OPEN
    if len(restricted) > 1:
        return None
    found = restricted.pop()
    members = next((one.members for one in charters if one.digest == found.charter), ())
    return found if found.level == "federation" and composer in members else None
