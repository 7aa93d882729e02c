"""Which communes a participant speaks for when it publishes rows."""

from functools import lru_cache
from typing import Final

from schemas.territory import VINTAGE, territory, timezone_of

_FOREIGN_ZONES: Final = {
    "de": "Europe/Berlin",
    "es": "Europe/Madrid",
    "it": "Europe/Rome",
    "be": "Europe/Brussels",
    "pt": "Europe/Lisbon",
    "pl": "Europe/Warsaw",
    "gb": "Europe/London",
    "ie": "Europe/Dublin",
    "ro": "Europe/Bucharest",
}
DEFAULT_ZONE: Final = "Europe/Paris"

__all__ = ["DEFAULT_ZONE", "VINTAGE", "covered", "place_of", "zone_of", "zone_of_place"]


@lru_cache(maxsize=65_536)
def place_of(participant: str) -> str | None:
    """The one place of a commune or foreign municipality; None for every other body.

    Returns:
        COG code in upper case (`12011`, `2A004`); abroad the participant id itself, which no COG
        code can be mistaken for.
    """
    country, kind, code = participant.split("-", 2)
    if country == "fr":
        return code.upper() if kind == "com" else None
    return participant


@lru_cache(maxsize=4_096)
def covered(participant: str) -> frozenset[str]:
    """Every place that a participant may publish rows about.

    A commune: itself. An EPCI, département or région: its communes. A syndicat: none by its id
    alone; its members come with its mandates.
    """
    own = place_of(participant)
    if own is not None:
        return frozenset({own})
    if participant.startswith("fr-syn-"):
        return frozenset()
    return territory(participant).communes


@lru_cache(maxsize=65_536)
def zone_of(participant: str) -> str:
    """IANA name of the time zone in which a participant's local days begin."""
    country, kind, code = participant.split("-", 2)
    if country != "fr":
        return _FOREIGN_ZONES.get(country, DEFAULT_ZONE)
    if kind == "com":
        return timezone_of(code.upper())
    return DEFAULT_ZONE


def zone_of_place(place: str) -> str:
    """IANA zone of the place of a cell: a commune's code, or a participant id abroad."""
    return zone_of(place if "-" in place else f"fr-com-{place.lower()}")
