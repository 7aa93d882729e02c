"""Territories by id, those abroad too: the COG knows France, identities know the rest."""

from dataclasses import replace

from node.knowledge import Knowledge
from schemas.territory import Territory, free, territory
from schemas.territory.ids import is_abroad


def ground_of(territory_id: str, knowledge: Knowledge) -> Territory:
    """A territory by its id; of a municipality abroad the municipality alone.

    Args:
        territory_id: `fr-epci-241200765`, or `de-lau-08111000`.
        knowledge: Has the names of municipalities abroad, from their identities.

    Raises:
        UnknownTerritoryError: The message says what is wrong and what may have been meant.
    """
    if not is_abroad(territory_id):
        return territory(territory_id)
    known = knowledge.identity_of(territory_id)
    name = territory_id if known is None else known.identity.name
    return replace(free(name, (territory_id,)), id=territory_id)
