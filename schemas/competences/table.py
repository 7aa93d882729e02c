"""Who holds a competence for a commune on a day: four layers, the nearest word counts.

1. What the operator decided for the commune; 2. for its EPCI (`schemas.competences.local`);
3. what BANATIC lists (`schemas.competences.banatic`); 4. what the law says by itself
(`schemas.competences.rules`). Pure: files are read elsewhere, the day is an argument.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Literal

from schemas.competences.banatic import Groupings
from schemas.competences.rules import EXCLUSIVE, Form, HolderKind, rule_of
from schemas.document import CompetenceField
from schemas.territory import Commune, commune, epci_type

Origin = Literal["local", "banatic", "law"]

_KINDS: Final[Mapping[str, HolderKind]] = {
    "com": "commune",
    "epci": "epci",
    "dep": "departement",
    "reg": "region",
    "syn": "syndicat",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the operator's own table.

    Attributes:
        place: Id of the commune or EPCI that it is about.
        field: The competence.
        holder: Id of the body that holds it there.
        since: From which day on; None for always.
    """

    place: str
    field: CompetenceField
    holder: str
    since: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a competence for a commune.

    Attributes:
        participants: Ids of bodies; of several each holds a part, or one of them all.
        kinds: Their kinds; also of bodies whose id isn't known, such as a syndicat.
        origin: Which layer says so.
        source: The text or file.
        since: From which day on that is known; None for always.
    """

    participants: frozenset[str]
    kinds: frozenset[HolderKind]
    origin: Origin
    source: str
    since: dt.date | None = None

    def may_be(self, participant: str) -> bool:
        """Whether a body is among them, as far as is known."""
        kind = kind_of(participant)
        unnamed = kind in self.kinds - {kind_of(one) for one in self.participants}
        return participant in self.participants or unnamed


def kind_of(participant: str) -> HolderKind | None:
    """The kind of a French body by its id; None abroad."""
    country, _, rest = participant.partition("-")
    return _KINDS.get(rest.partition("-")[0]) if country == "fr" else None


class Competences:
    """The table of competences that a node goes by."""

    def __init__(
        self, decisions: Iterable[Decision] = (), groupings: Groupings | None = None
    ) -> None:
        """Go by the law, and what else is known.

        Args:
            decisions: The operator's.
            groupings: From BANATIC.
        """
        self.decisions: Final = tuple(decisions)
        self.groupings: Final = groupings

    @cached_property
    def _decided(self) -> Mapping[tuple[str, CompetenceField], tuple[Decision, ...]]:
        found: dict[tuple[str, CompetenceField], list[Decision]] = {}
        for one in self.decisions:
            found.setdefault((one.place, one.field), []).append(one)
        return {key: tuple(some) for key, some in found.items()}

    def holder(self, code: str, field: CompetenceField, on: dt.date) -> Holding:
        """Who holds a competence for a commune.

        Args:
            code: COG code of a current commune, in upper case.
            field: The competence.
            on: The day.

        Raises:
            UnknownTerritoryError: No current commune bears that code.
        """
        place = commune(code)
        epci = None if place.epci is None else f"fr-epci-{place.epci}"
        for body in (f"fr-com-{code.lower()}", epci):
            decided = None if body is None else self._decision(body, field, on)
            if decided is not None:
                return decided
        by_law = _by_law(place, field)
        if self.groupings is None:
            return by_law
        return _listed(self.groupings, code, field, by_law) or by_law

    def _decision(self, body: str, field: CompetenceField, on: dt.date) -> Holding | None:
        """The decisions for a body that are in force: the last day's, all of them."""
        begun = [
            one
            for one in self._decided.get((body, field), ())
            if one.since is None or one.since <= on
        ]
        if not begun:
            return None
        last = max(one.since or dt.date.min for one in begun)
        held = frozenset(one.holder for one in begun if (one.since or dt.date.min) == last)
        return Holding(
            held,
            _kinds(held),
            "local",
            "competences.csv",
            None if last == dt.date.min else last,
        )


def _kinds(participants: Iterable[str]) -> frozenset[HolderKind]:
    return frozenset(kind for kind in map(kind_of, participants) if kind is not None)


@lru_cache(maxsize=2_048)  # more than there are EPCI
def _form(epci: str | None) -> Form:
    return "none" if epci is None else epci_type(epci)


def _by_law(place: Commune, field: CompetenceField) -> Holding:
    rule = rule_of(field, _form(place.epci))
    ids: dict[HolderKind, str | None] = {
        "commune": f"fr-com-{place.code.lower()}",
        "epci": place.epci and f"fr-epci-{place.epci}",
        "departement": f"fr-dep-{place.departement.lower()}",
        "region": place.region and f"fr-reg-{place.region}",
    }
    named = frozenset(found for kind in rule.holders if (found := ids.get(kind)))
    unnamed = frozenset(rule.holders) & {"syndicat", "state"}
    return Holding(named, _kinds(named) | unnamed, "law", rule.source)


def _listed(
    groupings: Groupings, code: str, field: CompetenceField, by_law: Holding
) -> Holding | None:
    """What BANATIC says; None where it doesn't list the commune, or not this field."""
    found = groupings.holders(code, field)
    if found is None:
        return None
    source = groupings.source
    if field in EXCLUSIVE:
        # nobody was given it: the commune has kept it
        held = found or frozenset({f"fr-com-{code.lower()}"})
        return Holding(held, _kinds(held), "banatic", source)
    if not found:
        return None
    held = by_law.participants | found
    return Holding(held, by_law.kinds | _kinds(found), "banatic", source)
