"""Who is expected in the figures of a territory, and how far each has come."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from federation.coverage import ALWAYS, Source
from federation.ids import parse_dataset
from federation.places import covered, place_of, zone_of
from node.knowledge import Knowledge
from node.store.rows import HeadRow
from node.store.store import Store
from schemas.competences import Competences, Holding, kind_of
from schemas.model import Schema
from schemas.territory import Territory, UnknownTerritoryError

_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds what, on a day.

    Attributes:
        table: As far as this node knows. Others may know something else, so that what follows from
            it is shown, and never signed (ADR 18).
        on: The day.
    """

    table: Competences
    on: dt.date

    @classmethod
    def at(cls, table: Competences, now_us: int) -> "Held":
        """As of a moment, in microseconds since 1970."""
        day = dt.datetime.fromtimestamp(now_us // _SECOND_US, tz=dt.UTC).date()
        return cls(table, day)

    def holding(self, place: str, schema: Schema) -> Holding | None:
        """Who holds such data for a commune; None abroad, and where it isn't known."""
        try:
            return self.table.holder(place, schema.block.competence_field, self.on)
        except UnknownTerritoryError:
            return None


def sources_of(
    store: Store,
    knowledge: Knowledge,
    schema: Schema,
    ground: Territory,
    heads: Sequence[HeadRow],
    *,
    present: Collection[str] = (),
    held: Held | None = None,
) -> tuple[Source, ...]:
    """Everybody of a territory who is expected to hold such data.

    Args:
        store: Says what was refused.
        knowledge: Says who is a member with the role of a publisher.
        schema: Of the data.
        ground: The territory.
        heads: Of the datasets of that schema.
        present: Datasets that have figures there: an EPCI's counts for its communes.
        held: Who holds what; None to leave it out of account, where others must come to the same.

    Returns:
        Owners of datasets held, then members of whom nothing has come.
    """
    found = [
        _source(store, row, _until(parse_dataset(row.dataset).owner, schema, held))
        for row in heads
        if _covers(parse_dataset(row.dataset).owner, ground)
        or row.dataset in present
        or _holds_there(parse_dataset(row.dataset).owner, schema, ground, held)
    ]
    having = {one.participant for one in found}
    for name in _publishers(knowledge):
        if name in having or not _awaited(name, schema, ground, held):
            continue
        having.add(name)
        found.append(Source(name, None, zone_of(name)))
    return tuple(found)


def _publishers(knowledge: Knowledge) -> Iterator[str]:
    for charter in knowledge.charters.values():
        for member in charter.charter.members:
            if "publisher" in member.roles:
                yield member.participant


def _awaited(name: str, schema: Schema, ground: Territory, held: Held | None) -> bool:
    """Whether such data are expected of a member of whom nothing has come."""
    place = place_of(name)
    if place is None:
        return _holds_there(name, schema, ground, held)
    if place not in ground.communes or "commune" not in schema.competence:
        return False
    holding = None if held is None else held.holding(place, schema)
    return holding is None or holding.may_be(name)


def _holds_there(name: str, schema: Schema, ground: Territory, held: Held | None) -> bool:
    """Whether a body that is no commune holds such data for communes there, and they don't.

    What it can publish it says place by place, so that the schema must have one.
    """
    if held is None or schema.place is None or kind_of(name) not in schema.competence:
        return False
    for place in _area(name) & ground.communes:
        holding = held.holding(place, schema)
        if holding is None or name not in holding.participants:
            continue
        if not holding.may_be(f"fr-com-{place.lower()}"):
            return True
    return False


def _area(name: str) -> frozenset[str]:
    if place_of(name) is not None:
        return frozenset()
    try:
        return covered(name)
    except UnknownTerritoryError:
        return frozenset()


def _until(owner: str, schema: Schema, held: Held | None) -> int | None:
    """From when on another body holds a commune's data, in seconds since 1970 UTC."""
    place = place_of(owner)
    if held is None or place is None:
        return None
    holding = held.holding(place, schema)
    if holding is None or holding.may_be(owner):
        return None
    if holding.since is None:
        return ALWAYS[0]
    midnight = dt.datetime.combine(holding.since, dt.time(), ZoneInfo(zone_of(owner)))
    return int(midnight.timestamp())


def _covers(participant: str, ground: Territory) -> bool:
    place = place_of(participant)
    return place is not None and place in ground.communes


def _source(store: Store, row: HeadRow, until: int | None) -> Source:
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
        until=until,
    )
