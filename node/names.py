"""What bodies are called, and who operates their keys."""

from functools import lru_cache

from federation.errors import MaillageError
from node.knowledge import Knowledge
from schemas.territory import Territory, UnknownTerritoryError, commune, members, territory
from schemas.territory.ids import is_abroad


def name_of(knowledge: Knowledge, participant: str) -> str:
    """A body's name: as its identity says, else as the territory data do, else its id."""
    known = knowledge.identity_of(participant)
    return known.identity.name if known is not None else _by_code(participant)


def custodian_of(knowledge: Knowledge, participant: str) -> str | None:
    """Who operates the machine that holds a body's key; None where its identity isn't known."""
    known = knowledge.identity_of(participant)
    return None if known is None else known.identity.custodian.name


@lru_cache(maxsize=65_536)
def _by_code(participant: str) -> str:
    try:
        return territory(participant).name
    except (UnknownTerritoryError, MaillageError, ValueError):
        return participant


def place_name(knowledge: Knowledge, place: str) -> str | None:
    """The name of a commune by its code, or of a municipality abroad by its participant id."""
    if is_abroad(place):
        return name_of(knowledge, place)
    try:
        return commune(place).name
    except UnknownTerritoryError:
        return None


def in_territory(owner: str, ground: Territory) -> bool:
    """Whether a body lies in a territory, or is it."""
    return owner == ground.id or owner in bodies_of(ground)


@lru_cache(maxsize=256)
def bodies_of(ground: Territory) -> frozenset[str]:
    """The participant ids of all bodies that lie wholly in a territory, itself included."""
    communes = {code if is_abroad(code) else f"fr-com-{code.lower()}" for code in ground.communes}
    if ground.level in ("free", "commune"):
        return frozenset({ground.id, *communes})
    inside = {
        one
        for level in ("epci", "departement")
        for one in members(ground.id, level)
        if territory(one).communes <= ground.communes
    }
    return frozenset({ground.id, *communes, *inside})
