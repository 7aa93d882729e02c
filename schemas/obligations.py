"""Whether a body must publish a kind of data: obligatory, recommended or voluntary.

Three things decide: what the schema's texts say (`obligation`), who the body is, and how large.
The general duty is that of the code des relations entre le public et l'administration, article
L.312-1-1: databases that are kept up to date, and data whose publication is of economic, social,
health or environmental interest. It spares collectivités territoriales of fewer than 3,500
inhabitants, and bodies of fewer than 50 agents in full-time equivalents (article D.312-1-1-1).

Figures of inhabitants are INSEE's municipal populations of the territory data. Nobody's staff is
known unless the body's node says it; then the label says on what it depends.
"""

from dataclasses import dataclass
from typing import Final, Literal

from schemas.model import Schema
from schemas.territory import UnknownTerritoryError, commune
from schemas.territory.ids import is_abroad

Lang = Literal["fr", "en", "de"]
Duty = Literal["obligatory", "recommended", "voluntary"]
Why = Literal["text", "general", "staff-unknown", "staff-few", "inhabitants-few", "abroad", "none"]

INHABITANTS_MIN: Final = 3_500
"""Below, a commune is spared (article L.312-1-1, last paragraph)."""

STAFF_MIN: Final = 50
"""Full-time equivalents below which a body is spared (article D.312-1-1-1)."""

GENERAL: Final = (
    "code des relations entre le public et l'administration, articles L.312-1-1 et D.312-1-1-1"
)


@dataclass(frozen=True, slots=True)
class Label:
    """What a body owes under a schema.

    Attributes:
        duty: In a word.
        why: What decided it. `staff-unknown`: obligatory if the body has 50 agents or more.
        source: The text; empty where none asks for it.
        inhabitants: Of the commune; None for other bodies, or where unknown.
        staff: As the body's node says; None if it doesn't.
    """

    duty: Duty
    why: Why
    source: str = ""
    inhabitants: int | None = None
    staff: int | None = None

    def name(self, lang: Lang) -> str:
        """The label on screen."""
        return _NAMES[self.duty][lang]

    def reason(self, lang: Lang) -> str:
        """Why, in one sentence."""
        slots = {"source": self.source, "inhabitants": self.inhabitants, "staff": self.staff}
        return _REASONS[self.why][lang].format(**slots)


def label_of(schema: Schema, participant: str, staff: int | None = None) -> Label:
    """The label of a schema for a body that holds such data.

    Args:
        schema: Of the data.
        participant: Id of the body.
        staff: Its agents in full-time equivalents; None if unknown.
    """
    obligation = schema.block.obligation
    if obligation.level == "none":
        return Label("voluntary", "none")
    if is_abroad(participant):
        return Label("voluntary", "abroad")
    if obligation.level == "any-size":
        return Label("obligatory", "text", obligation.source)
    people = _inhabitants(participant)
    duty, why = _general(people, staff)
    return Label(duty, why, GENERAL, people, staff)


def _general(inhabitants: int | None, staff: int | None) -> tuple[Duty, Why]:
    if inhabitants is not None and inhabitants < INHABITANTS_MIN:
        return "recommended", "inhabitants-few"
    if staff is None:
        return "obligatory", "staff-unknown"
    return ("recommended", "staff-few") if staff < STAFF_MIN else ("obligatory", "general")


def _inhabitants(participant: str) -> int | None:
    """Of a commune; the threshold of inhabitants is of collectivités territoriales.

    Départements and régions are far above it, and an EPCI or syndicat is no collectivité.
    """
    if not participant.startswith("fr-com-"):
        return None
    try:
        return commune(participant.removeprefix("fr-com-").upper()).population
    except UnknownTerritoryError:
        return None


_NAMES: Final[dict[Duty, dict[Lang, str]]] = {
    "obligatory": {"fr": "obligatoire", "en": "obligatory", "de": "verpflichtend"},
    "recommended": {"fr": "recommandé", "en": "recommended", "de": "empfohlen"},
    "voluntary": {"fr": "volontaire", "en": "voluntary", "de": "freiwillig"},
}
_REASONS: Final[dict[Why, dict[Lang, str]]] = {
    "text": {
        "fr": "à toute taille : {source}",
        "en": "at any size: {source}",
        "de": "unabhängig von der Größe: {source}",
    },
    "general": {
        "fr": "{staff} agents, 50 ou plus : {source}",
        "en": "{staff} agents, 50 or more: {source}",
        "de": "{staff} Beschäftigte, 50 oder mehr: {source}",
    },
    "staff-unknown": {
        "fr": "si l’organisme a 50 agents ou plus en équivalent temps plein, ce que ce nœud ne "
        "sait pas : {source}",
        "en": "if the body has 50 agents or more in full-time equivalents, which this node isn't "
        "told: {source}",
        "de": "falls die Stelle 50 Beschäftigte oder mehr hat (Vollzeitäquivalente), was dieser "
        "Knoten nicht weiß: {source}",
    },
    "staff-few": {
        "fr": "{staff} agents, moins de 50 : pas d’obligation ({source})",
        "en": "{staff} agents, fewer than 50: no duty ({source})",
        "de": "{staff} Beschäftigte, weniger als 50: keine Pflicht ({source})",
    },
    "inhabitants-few": {
        "fr": "{inhabitants} habitants, moins de 3 500 : pas d’obligation ({source})",
        "en": "{inhabitants} inhabitants, fewer than 3,500: no duty ({source})",
        "de": "{inhabitants} Einwohner, weniger als 3 500: keine Pflicht ({source})",
    },
    "abroad": {
        "fr": "hors de France : les textes français ne s’appliquent pas",
        "en": "outside France: French texts don't apply",
        "de": "außerhalb Frankreichs: französische Vorschriften gelten nicht",
    },
    "none": {
        "fr": "aucun texte ne le demande",
        "en": "no text asks for it",
        "de": "keine Vorschrift verlangt es",
    },
}
