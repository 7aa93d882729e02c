"""Who is expected in the figures of a territory, and how far each has come."""

from collections.abc import Sequence
from typing import Final

from federation.coverage import Source
from federation.ids import parse_dataset
from federation.places import place_of, zone_of
from node.knowledge import Knowledge
from node.store.rows import HeadRow
from node.store.store import Store
from schemas.model import Schema
from schemas.territory import Territory

_SECOND_US: Final = 1_000_000


def sources_of(
    store: Store,
    knowledge: Knowledge,
    schema: Schema,
    ground: Territory,
    heads: Sequence[HeadRow],
) -> tuple[Source, ...]:
    """Everybody of a territory who is expected to hold such data.

    Args:
        store: Says what was refused.
        knowledge: Says who is a member with the role of a publisher.
        schema: Of the data.
        ground: The territory.
        heads: Of the datasets of that schema.

    Returns:
        Owners of datasets held, then members of whom nothing has come.
    """
    found = [
        _source(store, row) for row in heads if _covers(parse_dataset(row.dataset).owner, ground)
    ]
    having = {one.participant for one in found}
    for charter in knowledge.charters.values():
        for member in charter.charter.members:
            name = member.participant
            if name in having or "publisher" not in member.roles or not _covers(name, ground):
                continue
            if place_of(name) is None or "commune" not in schema.competence:
                continue
            having.add(name)
            found.append(Source(name, None, zone_of(name)))
    return tuple(found)


def _covers(participant: str, ground: Territory) -> bool:
    place = place_of(participant)
    return place is not None and place in ground.communes


def _source(store: Store, row: HeadRow) -> Source:
    owner = parse_dataset(row.dataset).owner
    end = row.period_end if row.period_end is not None else row.updated_at
    refused = tuple(
        (one.period_start // _SECOND_US, -(-one.period_end // _SECOND_US))
        for one in store.publications.of(row.dataset, everything=True)
        if one.verdict == "refused" and one.period_start is not None and one.period_end is not None
    )
    return Source(
        participant=owner,
        dataset=row.dataset,
        timezone=zone_of(owner),
        origin=row.origin,  # type: ignore[arg-type]  # written from an Origin
        through=end // _SECOND_US if row.accepted else None,
        refused=refused,
    )
