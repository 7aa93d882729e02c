"""Communes and territories: lookup by code and id."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from schemas.territory.errors import SHOWN_CHARS, UnknownTerritoryError, shown
from schemas.territory.finder import search
from schemas.territory.ids import (
    COUNTRY,
    LEVELS,
    Level,
    departement_of,
    is_abroad,
    participant_id,
    split_id,
)
from schemas.territory.suggest import SUGGESTIONS, close_codes
from schemas.territory.tables import VINTAGE, EpciType, PartKind, Tables, departement_level, load
from schemas.territory.zones import zone_of

TERRITORIES_KEPT: Final = 4_096
"""Territories kept in memory once asked for: every EPCI, département and région, and the communes
of a large composer; one of median size takes about 3 kB."""

_NOUNS: Final[dict[Level, str]] = {
    "commune": "commune",
    "epci": "EPCI à fiscalité propre",
    "departement": "département or collectivity",
    "region": "région",
}
_LEVEL_OF_KIND: Final[dict[str, Level]] = {
    "com": "commune",
    "epci": "epci",
    "dep": "departement",
    "reg": "region",
}
_POPULATION_YEARS: Final = {"976": 2017, "987": 2022, "988": 2025}
_POPULATION_YEAR: Final = 2023


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of this vintage.

    Attributes:
        code: COG code, in upper case.
        name: as INSEE writes it.
        population: municipal population (see `population_year`); `None` where nobody is counted
            (TAAF, Clipperton). Six communes of the Meuse have 0.
        siren: `None` in the overseas collectivities, for which the source has none.
        epci: code of its EPCI à fiscalité propre; `None` for four islands (22016, 29083, 29155,
            85113) and in the overseas collectivities.
        departement: code of its département, or of its overseas collectivity.
        region: code of its région; `None` in the overseas collectivities.
        timezone: IANA name of its legal time.
    """

    code: str
    name: str
    population: int | None
    siren: str | None
    epci: str | None
    departement: str
    region: str | None
    timezone: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a commune that bears a code of its own but is no commune."""

    code: str
    name: str
    kind: PartKind


@dataclass(frozen=True, slots=True)
class Territory:
    """A set of communes in this vintage.

    Attributes:
        id: the participant id of a territory of the COG. A free set is named by its content,
            `free-<16 hex digits>`, so that the same communes have the same id everywhere.
        level: `collectivity` for the overseas collectivities, `free` for free sets.
        code: in upper case; empty for the country, the hex digits for a free set.
        name: as INSEE or the DGCL writes it, or as it was given.
        communes: COG codes; in a free set also ids of municipalities abroad.
    """

    id: str
    level: Level
    code: str
    name: str
    communes: frozenset[str]

    def __contains__(self, code: object) -> bool:
        return code in self.communes

    def __and__(self, other: "Territory") -> "Territory":
        """Return the common communes: such as the part of an EPCI that lies in a département.

        If one lies wholly in the other it is returned itself (of two equal sets, the narrower
        level, then the lower id), else a free set, which may be empty.
        """
        first, second = sorted((self, other), key=lambda each: (LEVELS.index(each.level), each.id))
        common = first.communes & second.communes
        for each in (first, second):
            if common == each.communes:
                return each
        return _free(f"{first.name} ∩ {second.name}", common)


def commune(code: str) -> Commune:
    """Look a current commune up.

    Args:
        code: COG code, in upper case. Codes of parts and former codes are refused: a part isn't
            its commune. `resolve` leads from one to the other.

    Raises:
        UnknownTerritoryError: no current commune bears that code.
    """
    tables = load()
    row = tables.row_of.get(code)
    if row is None:
        raise _unknown(code, "commune", code)
    departement = departement_of(code)
    epci = tables.epci_rows[row]
    return Commune(
        code=code,
        name=tables.names[row],
        population=tables.populations[row],
        siren=tables.sirens[row],
        epci=None if epci is None else tables.epci_codes[epci],
        departement=departement,
        region=tables.departement_regions[departement],
        timezone=zone_of(code),
    )


def resolve(code: str) -> str | None:
    """Return the current commune to which a code belongs, `None` if to none.

    Args:
        code: of a commune (returned as it is), a commune déléguée or associée, an arrondissement
            municipal, or a former code (communes merged since 1943, the Corsican codes 20xxx).
    """
    tables = load()
    if code in tables.row_of:
        return code
    row = tables.successor_of.get(code)
    return None if row is None else tables.codes[row]


def parts(code: str) -> tuple[Part, ...]:
    """Return a commune's déléguées, associées and arrondissements, ascending by code.

    A commune nouvelle usually has a part with its own code.

    Raises:
        UnknownTerritoryError: no current commune bears that code.
    """
    tables = load()
    commune(code)
    row = tables.row_of[code]
    return tuple(
        Part(tables.part_codes[at], tables.part_names[at], tables.part_kinds[at])
        for at, whole in enumerate(tables.part_communes)
        if whole == row
    )


def epci_type(code: str) -> EpciType:
    """Return the legal form of an EPCI, on which its competences depend.

    Args:
        code: its SIREN.

    Returns:
        `CC` (communauté de communes), `CA` (d'agglomération), `CU` (urbaine), `METRO` (métropole),
        `MET69` (Métropole de Lyon: a collectivity in law, listed with the EPCI by the DGCL).

    Raises:
        UnknownTerritoryError: no EPCI bears that code.
    """
    tables = load()
    if code not in tables.epci_communes:
        raise _unknown(code, "epci", code)
    return tables.epci_types[tables.epci_codes.index(code)]


def population_year(code: str) -> int | None:
    """Return the year for which a commune's population stands; rates must say it.

    2023 in general; 2017 in Mayotte; the last census in Polynésie française (2022) and
    Nouvelle-Calédonie (2025); `None` where there is no figure.
    Source: INSEE, populations de référence 2023, and populations des collectivités d'outre-mer.

    Raises:
        UnknownTerritoryError: no current commune bears that code.
    """
    found = commune(code)
    if found.population is None:
        return None
    return _POPULATION_YEARS.get(found.departement, _POPULATION_YEAR)


def timezone_of(code: str) -> str:
    """Return the IANA name of the legal time at a code, which may be a part's or a former one.

    Raises:
        UnknownTerritoryError: the code leads to no commune.
    """
    return zone_of(resolve(code) or commune(code).code)


@lru_cache(maxsize=TERRITORIES_KEPT)
def territory(territory_id: str) -> Territory:
    """Return a territory of the COG by its id.

    Args:
        territory_id: `fr-com-12011`, `fr-epci-241200765`, `fr-dep-12` (overseas collectivities
            too: `fr-dep-987`), `fr-reg-76` or `fr`, in lower case.

    Raises:
        UnknownTerritoryError: the message says what is wrong and what may have been meant.
    """
    tables = load()
    if territory_id == COUNTRY:
        return Territory(COUNTRY, "country", "", "France", frozenset(tables.codes))
    if is_abroad(territory_id):
        raise _unmapped(territory_id, "lies abroad, and the COG holds France only")
    try:
        kind, code = split_id(territory_id)
    except UnknownTerritoryError as error:
        raise _with_suggestions(error) from None
    if kind == "syn":
        raise _unmapped(territory_id, "is a syndicat, whose area the COG doesn't hold")
    level = _LEVEL_OF_KIND[kind]
    if level == "region" and code in tables.region_names:
        rows: Iterable[int] = tables.region_communes[code]
        name = tables.region_names[code]
    elif level == "departement" and code in tables.departement_names:
        rows, name = tables.departement_communes[code], tables.departement_names[code]
        level = departement_level(tables, code)
    elif level == "epci" and code in tables.epci_communes:
        rows, name = tables.epci_communes[code], tables.epci_names[tables.epci_codes.index(code)]
    elif level == "commune" and code in tables.row_of:
        rows, name = (tables.row_of[code],), tables.names[tables.row_of[code]]
    else:
        raise _unknown(territory_id, level, code)
    communes = frozenset(tables.codes[row] for row in rows)
    return Territory(territory_id, level, code, name, communes)


def free(name: str, codes: Iterable[str]) -> Territory:
    """Return a free set of communes: a parc, a bassin de vie, the area of a syndicat, a twin pair.

    Args:
        name: as it shall be shown.
        codes: codes of current communes, and for sets across a border ids of municipalities abroad
            (`de-lau-08111000`), which are taken as they are. Codes of parts and former codes are
            refused, since the set would silently become a larger one.

    Raises:
        UnknownTerritoryError: a code isn't a current commune's; it is the one named.
        ValueError: no code, or no name.
    """
    chosen = frozenset(codes)
    if not chosen or not name.strip():
        raise ValueError("A free territory needs a name and at least one commune.")
    for code in sorted(chosen):
        if not is_abroad(code):
            commune(code)
    return _free(name, chosen)


def _free(name: str, communes: frozenset[str]) -> Territory:
    content = f"{VINTAGE}\n" + "\n".join(sorted(communes))
    code = hashlib.sha256(content.encode()).hexdigest()[:16]
    return Territory(f"free-{code}", "free", code, name, communes)


def _names(tables: Tables, level: Level) -> Mapping[str, str]:
    """Return the names of a level by code; made anew for communes and EPCI, so for errors only."""
    if level == "commune":
        return dict(zip(tables.codes, tables.names, strict=True))
    if level == "epci":
        return dict(zip(tables.epci_codes, tables.epci_names, strict=True))
    return tables.region_names if level == "region" else tables.departement_names


def _unknown(asked: str, level: Level, code: str) -> UnknownTerritoryError:
    """Explain a code that names nothing, in the form in which it was asked (code or id)."""

    def written(found: str) -> str:
        return found if asked == code else participant_id(level, found)

    tables = load()
    row = tables.successor_of.get(code) if level == "commune" else None
    if row is not None:
        successor = tables.codes[row]
        return UnknownTerritoryError(
            f"{shown(asked)} is no commune of {VINTAGE}: it belongs to {tables.names[row]}",
            asked=asked,
            code="territory-former",
            remedy=f"Use {written(successor)}.",
            successor=successor,
            close=(written(successor),),
        )
    names = _names(tables, level)
    if level == "region" and code in tables.departement_names:
        close = {participant_id("departement", code): tables.departement_names[code]}
    elif asked == code and code != code.upper() and code.upper() in names:
        close = {code.upper(): names[code.upper()]}
    else:
        close = {written(found): names[found] for found in close_codes(code, names)}
    return UnknownTerritoryError(
        f"{shown(asked)} names no {_NOUNS[level]} of the {VINTAGE} vintage",
        asked=asked,
        code="territory-unknown",
        remedy=_did_you_mean(close) or "Look for its name with a search.",
        close=tuple(close),
    )


def _with_suggestions(error: UnknownTerritoryError) -> UnknownTerritoryError:
    """Add what may have been meant, for those who wrote a name or a code where an id is due."""
    if error.close:
        return error
    kind, _, rest = error.asked.removeprefix("fr-").partition("-")
    level = _LEVEL_OF_KIND.get(kind)
    text = (rest if level else error.asked)[:SHOWN_CHARS]
    close = {match.id: match.name for match in search(text, level, limit=SUGGESTIONS)}
    if not close and level is not None:
        names = _names(load(), level)
        codes = close_codes(text.upper(), names)
        close = {participant_id(level, code): names[code] for code in codes}
    return UnknownTerritoryError(
        error.what,
        asked=error.asked,
        code=error.code,
        remedy=f"{error.remedy} {_did_you_mean(close)}".rstrip(),
        close=tuple(close),
    )


def _did_you_mean(close: Mapping[str, str]) -> str:
    """Ask whether one of these was meant (names by id or code); nothing to ask gives ''."""
    named = (f"{each} ({name})" for each, name in close.items())
    return f"Did you mean {', '.join(named)}?" if close else ""


def _unmapped(asked: str, why: str) -> UnknownTerritoryError:
    return UnknownTerritoryError(
        f"{shown(asked)} {why}",
        asked=asked,
        code="territory-unmapped",
        remedy="Make a free territory of its communes.",
    )
