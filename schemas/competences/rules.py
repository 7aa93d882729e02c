"""What the law says by itself: who may hold a competence for a commune, by the form of its EPCI.

A default, to be read with care. A competence that an EPCI holds by law alone is taken from its
communes entirely (principe d'exclusivité), so that the commune isn't among the holders; the EPCI
may have joined a syndicat for it. Where a transfer depends on a decision (intérêt communautaire, a
vote, the lois of 2025 and 2019), or where commune and EPCI each have a part, all of them are named:
nobody is left out without a decision known here. What was decided comes from the operator's own
table or from BANATIC (`schemas.competences.table`).

Texts as of November 2026. Articles are of the code général des collectivités territoriales (CGCT)
unless said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from schemas.document import CompetenceField
from schemas.territory.tables import EpciType

HolderKind = Literal["commune", "epci", "departement", "region", "syndicat", "state"]
Form = EpciType | Literal["none"]
"""Legal form of a commune's EPCI; `none`: it lies in none."""

FORMS: Final[tuple[Form, ...]] = (*get_args(EpciType), "none")
EXCLUSIVE: Final[frozenset[CompetenceField]] = frozenset({"water", "wastewater", "waste"})
"""Fields that are transferred as a whole: who knows that a body exercises it knows that the commune
doesn't. Of the others a commune keeps what isn't of intérêt communautaire, or what is its own."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may hold a field under some forms of EPCI.

    Attributes:
        forms: Of the commune's EPCI.
        holders: Kinds of body, the most usual first.
        source: The text.
    """

    forms: tuple[Form, ...]
    holders: tuple[HolderKind, ...]
    source: str


def rule_of(field: CompetenceField, form: Form) -> Rule:
    """The rule of a field for a commune.

    Args:
        field: The competence.
        form: Of the commune's EPCI.
    """
    return next(rule for rule in RULES[field] if form in rule.forms)


_WITHOUT: Final[tuple[Form, ...]] = ("CC", "none")
_SHARED: Final[tuple[HolderKind, ...]] = ("commune", "epci", "syndicat", "departement", "region")


def _for_all(holders: tuple[HolderKind, ...], source: str) -> tuple[Rule, ...]:
    return (Rule(FORMS, holders, source),)


def _compulsory(
    ca: str, cu: str, metropole: str, *, holders: tuple[HolderKind, ...] = ("epci", "syndicat")
) -> tuple[Rule, ...]:
    """Held by the law's own word in communautés d'agglomération, urbaines and métropoles."""
    return (
        Rule(("CA",), holders, f"CGCT, article L.5216-5, I, {ca}"),
        Rule(("CU",), holders, f"CGCT, article L.5215-20, I, {cu}"),
        Rule(("METRO",), holders, f"CGCT, article L.5217-2, I, {metropole}"),
        Rule(("MET69",), holders, "CGCT, article L.3641-1"),
    )


RULES: Final[Mapping[CompetenceField, tuple[Rule, ...]]] = {
    "water": (
        *_compulsory("8°", "5°", "5°"),
        # since the law of 2025 only what had been transferred by its promulgation stays compulsory
        Rule(
            _WITHOUT,
            ("commune", "epci", "syndicat"),
            "CGCT, articles L.2224-7-1 et L.5214-16, I, 7° (loi n° 2025-327 du 11 avril 2025)",
        ),
    ),
    "wastewater": (
        *_compulsory("9°", "5°", "5°"),
        Rule(
            _WITHOUT,
            ("commune", "epci", "syndicat"),
            "CGCT, articles L.2224-8 et L.5214-16, I, 6° (loi n° 2025-327 du 11 avril 2025)",
        ),
    ),
    "waste": (
        *_compulsory("7°", "6°", "6°"),
        Rule(("CC",), ("epci", "syndicat"), "CGCT, article L.5214-16, I, 5°"),
        Rule(("none",), ("commune", "syndicat"), "CGCT, article L.2224-13"),
    ),
    "transport": (
        *(rule for rule in _compulsory("2°", "2°", "2°") if "CA" not in rule.forms),
        # who organises mobility is one thing; stands, stops and cycle ways on its own roads are
        # another, which a commune still has where the roads are its own
        Rule(("CA",), ("epci", "commune", "syndicat"), "CGCT, article L.5216-5, I, 2°"),
        # LOM: the communauté de communes, or else the région, organises
        Rule(
            _WITHOUT,
            ("epci", "region", "commune", "syndicat"),
            "code des transports, article L.1231-1 (loi n° 2019-1428 du 24 décembre 2019)",
        ),
    ),
    "roads": (
        Rule(("CU",), ("epci", "departement"), "CGCT, article L.5215-20, I, 2°"),
        Rule(("METRO",), ("epci", "departement"), "CGCT, article L.5217-2, I, 2°"),
        Rule(("MET69",), ("epci",), "CGCT, article L.3641-1"),
        Rule(
            ("CC", "CA", "none"),
            ("commune", "epci", "departement"),
            "code de la voirie routière, articles L.131-1 et L.141-1 ; CGCT, articles L.5214-16, "
            "II, et L.5216-5, II",
        ),
    ),
    "fire": (
        Rule(("METRO",), ("epci",), "CGCT, article L.5217-2, I, 5°"),
        Rule(
            ("CC", "CA", "CU", "MET69", "none"),
            ("commune", "epci", "syndicat"),
            "CGCT, article L.2225-2",
        ),
    ),
    "lighting": _for_all(("commune", "epci", "syndicat"), "CGCT, articles L.2212-2 et L.1321-9"),
    "energy": _for_all(
        _SHARED, "CGCT, article L.2224-31 ; les bâtiments et équipements de chaque organisme"
    ),
    "digital": _for_all(_SHARED, "CGCT, article L.1425-1"),
    "schools": _for_all(
        _SHARED, "code de l'éducation, articles L.212-1 à L.212-5, L.213-1 et L.214-6"
    ),
    "culture": _for_all(_SHARED, "CGCT, article L.1111-4"),
    "tourism": _for_all(_SHARED, "CGCT, article L.1111-4 ; code du tourisme, article L.133-1"),
    "economy": _for_all(_SHARED, "CGCT, articles L.1511-1 à L.1511-3 et L.4251-17"),
    "environment": _for_all(_SHARED, "CGCT, articles L.5214-16, II, et L.5216-5, II"),
    "housing": _for_all(
        ("commune", "epci", "departement"), "code de la construction et de l'habitation, L.302-1"
    ),
    "planning": _for_all(
        ("commune", "epci", "syndicat"), "code de l'urbanisme, articles L.153-8 et L.422-1"
    ),
    "social": _for_all(
        ("commune", "epci", "departement"),
        "code de l'action sociale et des familles, articles L.121-1 et L.123-4",
    ),
    "health": _for_all(("commune", "epci", "departement", "region"), "CGCT, article L.1511-8"),
    "safety": _for_all(("commune", "epci", "departement", "state"), "CGCT, article L.2212-2"),
    "general": _for_all(_SHARED, "chaque organisme pour lui-même"),
}
"""By field; the rules of a field name each form once (a test holds them to it)."""
