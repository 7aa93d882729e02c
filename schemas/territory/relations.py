"""How territories lie in each other: a graph, not a tree."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from schemas.territory.ids import (
    COUNTRY,
    LEVELS,
    Level,
    departement_of,
    is_abroad,
    participant_id,
    split_id,
)
from schemas.territory.places import Territory, territory
from schemas.territory.tables import Tables, departement_level, load


def members(whole: str | Territory, level: Level) -> tuple[str, ...]:
    """Return the ids of one level that share at least one commune with a territory.

    So the EPCI of a département are those with a commune there, also where most of their communes
    lie elsewhere (`Territory & Territory` gives the common part); of a wider level it gives what
    the territory lies in.

    Args:
        whole: a territory, or the id of one.
        level: `commune`, `epci`, `departement`, `collectivity`, `region` or `country`.

    Returns:
        Ids in ascending order; of communes abroad, as they stand in a free set.

    Raises:
        UnknownTerritoryError: the id names no territory.
        ValueError: `free` sets are members of nothing.
    """
    tables = load()
    communes = (territory(whole) if isinstance(whole, str) else whole).communes
    find = _FINDERS.get(level)
    if find is None:
        raise ValueError(f"{level!r} isn't a level of the COG.")
    return tuple(sorted(set(find(tables, communes))))


def parents(participant: str) -> tuple[str, ...]:
    """Return the ids of the EPCI, then the départements or collectivities, then the régions.

    Args:
        participant: a participant id.

    Returns:
        Of a commune: its EPCI if it has one, its département, its région. Of an EPCI: every
        département and every région that has a commune of it. Of a département: its région.
        Nothing for régions, for collectivities, for `fr`, and for bodies that the COG doesn't
        hold (syndicats, municipalities abroad).

    Raises:
        UnknownTerritoryError: the id isn't one, or names nothing in this vintage.
    """
    if is_abroad(participant) or split_id(participant)[0] == "syn":
        return ()
    own = territory(participant)
    wider = LEVELS[LEVELS.index(own.level) + 1 : LEVELS.index("country")]
    return tuple(each for level in wider for each in members(own, level))


def _communes(tables: Tables, communes: frozenset[str]) -> Iterable[str]:
    for code in communes:
        yield participant_id("commune", code) if code in tables.row_of else code


def _epci(tables: Tables, communes: frozenset[str]) -> Iterable[str]:
    for row in {tables.epci_rows[row] for row in _rows(tables, communes)} - {None}:
        assert row is not None
        yield participant_id("epci", tables.epci_codes[row])


def _departements(tables: Tables, communes: frozenset[str]) -> Iterable[str]:
    for code in _departement_codes(tables, communes):
        if departement_level(tables, code) == "departement":
            yield participant_id("departement", code)


def _collectivities(tables: Tables, communes: frozenset[str]) -> Iterable[str]:
    for code in _departement_codes(tables, communes):
        if departement_level(tables, code) == "collectivity":
            yield participant_id("collectivity", code)


def _regions(tables: Tables, communes: frozenset[str]) -> Iterable[str]:
    for code in _departement_codes(tables, communes):
        region = tables.departement_regions[code]
        if region is not None:
            yield participant_id("region", region)


def _country(tables: Tables, communes: frozenset[str]) -> Iterable[str]:
    return (COUNTRY for _ in _departement_codes(tables, communes))


_FINDERS: Final[Mapping[Level, Callable[[Tables, frozenset[str]], Iterable[str]]]] = {
    "commune": _communes,
    "epci": _epci,
    "departement": _departements,
    "collectivity": _collectivities,
    "region": _regions,
    "country": _country,
}


def _rows(tables: Tables, communes: frozenset[str]) -> Iterable[int]:
    """Return the rows of the French communes among them."""
    return (tables.row_of[code] for code in communes if code in tables.row_of)


def _departement_codes(tables: Tables, communes: frozenset[str]) -> set[str]:
    return {departement_of(code) for code in communes if code in tables.row_of}
