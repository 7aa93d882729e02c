"""Competences and their holders in words, for the command line and the pages."""

from typing import Final

from node.spoken import Lang, Words
from schemas.competences.rules import HolderKind
from schemas.competences.table import Holding, Origin, kind_of
from schemas.document import CompetenceField

_FIELDS: Final[dict[CompetenceField, Words]] = {
    "culture": Words("culture et sports", "culture and sports", "Kultur und Sport"),
    "digital": Words("numérique", "digital services", "Digitales"),
    "economy": Words("développement économique", "economic development", "Wirtschaft"),
    "energy": Words("énergie", "energy", "Energie"),
    "environment": Words("environnement", "environment", "Umwelt"),
    "fire": Words("défense contre l’incendie", "fire water supply", "Löschwasser"),
    "general": Words("chacun pour soi", "each for itself", "jede für sich"),
    "health": Words("santé", "health", "Gesundheit"),
    "housing": Words("habitat", "housing", "Wohnen"),
    "lighting": Words("éclairage public", "street lighting", "Straßenbeleuchtung"),
    "planning": Words("urbanisme", "planning", "Bauleitplanung"),
    "roads": Words("voirie", "roads", "Straßen"),
    "safety": Words("sécurité", "public safety", "Sicherheit"),
    "schools": Words("écoles", "schools", "Schulen"),
    "social": Words("action sociale", "social services", "Soziales"),
    "tourism": Words("tourisme", "tourism", "Tourismus"),
    "transport": Words("mobilité", "transport", "Verkehr"),
    "waste": Words("déchets", "waste", "Abfall"),
    "wastewater": Words("assainissement", "wastewater", "Abwasser"),
    "water": Words("eau potable", "drinking water", "Trinkwasser"),
}
_KINDS: Final[dict[HolderKind, Words]] = {
    "commune": Words("la commune", "the commune", "die Gemeinde"),
    "epci": Words("l’EPCI", "the EPCI", "der EPCI"),
    "departement": Words("le département", "the département", "das Département"),
    "region": Words("la région", "the région", "die Region"),
    "syndicat": Words("un syndicat", "a syndicat", "ein Zweckverband"),
    "state": Words("l’État", "the State", "der Staat"),
}
_ORIGINS: Final[dict[Origin, Words]] = {
    "local": Words("décision d’ici", "decided here", "hier entschieden"),
    "banatic": Words("BANATIC", "BANATIC", "BANATIC"),
    "law": Words("la loi, par défaut", "the law, by default", "das Gesetz, im Regelfall"),
}
_OR: Final = Words(" ou ", " or ", " oder ")


def field_name(field: CompetenceField, lang: Lang) -> str:
    """A competence in words."""
    return _FIELDS[field].of(lang)


def origin_told(origin: Origin, lang: Lang) -> str:
    """How something is known."""
    return _ORIGINS[origin].of(lang)


def holders_told(held: Holding, lang: Lang, *, ids: bool = True) -> str:
    """Who holds it: kinds, with ids where bodies are known and wanted."""
    named: dict[HolderKind, list[str]] = {}
    for one in sorted(held.participants):
        kind = kind_of(one)
        if kind is not None and ids:
            named.setdefault(kind, []).append(one)
    order = [kind for kind in _KINDS if kind in held.kinds]
    return _OR.of(lang).join(
        _KINDS[kind].of(lang) + (f" ({', '.join(named[kind])})" if kind in named else "")
        for kind in order
    )
