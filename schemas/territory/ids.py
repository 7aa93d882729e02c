"""How codes and participant ids are written. Knows forms only, not which of them exist."""

import re
from typing import Final, Literal, get_args

from schemas.territory.errors import UnknownTerritoryError, shown

Level = Literal["commune", "epci", "departement", "collectivity", "region", "country", "free"]
"""From the narrowest to the widest; `free` sets stand outside that order."""

LEVELS: Final[tuple[Level, ...]] = get_args(Level)

COUNTRY: Final = "fr"

_FORMS: Final = (
    "Write fr-com-12011, fr-epci-241200765, fr-dep-12, fr-reg-76, fr-syn-<SIREN>, "
    "de-lau-08111000 or fr."
)

# The overseas collectivities are named as what they replace, a département.
_KIND_OF_LEVEL: Final[dict[Level, str]] = {
    "commune": "com",
    "epci": "epci",
    "departement": "dep",
    "collectivity": "dep",
    "region": "reg",
}
_COMMUNE: Final = r"(?:[0-9]{2}|2[ab])[0-9]{3}"
_FORM_OF_KIND: Final[dict[str, re.Pattern[str]]] = {
    "com": re.compile(_COMMUNE),
    "epci": re.compile(r"[0-9]{9}"),
    "dep": re.compile(r"[0-9]{2,3}|2[ab]"),
    # Three digits are never a région; they are told so, since INSEE files write some.
    "reg": re.compile(r"[0-9]{2,3}"),
    "syn": re.compile(r"[0-9]{9}"),
}
_ABROAD: Final = re.compile(r"(?!fr)([a-z]{2})-lau-[a-z0-9]{1,20}")
_COMMUNE_CODE: Final = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")


def participant_id(level: Level, code: str) -> str:
    """Return the participant id of a territory of the COG, such as `fr-com-2a004`.

    Args:
        level: any but `free`.
        code: as INSEE writes it; not looked at for the country.
    """
    return COUNTRY if level == "country" else f"{COUNTRY}-{_KIND_OF_LEVEL[level]}-{code.lower()}"


def is_commune_code(text: str) -> bool:
    """Tell whether a text is written like a commune code (`12011`, `2A004`)."""
    return _COMMUNE_CODE.fullmatch(text) is not None


def is_abroad(text: str) -> bool:
    """Tell whether a text is written like the id of a municipality abroad (`de-lau-08111000`).

    The invented country `xx` of demonstrations counts as abroad.
    """
    return _ABROAD.fullmatch(text) is not None


def split_id(text: str) -> tuple[str, str]:
    """Split a French participant id into its kind and its code, in upper case.

    Returns:
        Such as `('com', '2A004')`; `('', '')` for `fr`.

    Raises:
        UnknownTerritoryError: `territory-form`, if it isn't written like one.
    """
    if text == COUNTRY:
        return "", ""
    country, _, rest = text.partition("-")
    kind, _, code = rest.partition("-")
    form = _FORM_OF_KIND.get(kind)
    if country == COUNTRY and form is not None and form.fullmatch(code):
        return kind, code.upper()
    raise _malformed(text)


def participant_zone(participant: str) -> str:
    """Return the subject zone of a participant: how the bodies of a country are grouped.

    Follows from the id alone, so that every vintage and every node gives the same answer.

    Args:
        participant: an id, of a body that need not exist in this vintage.

    Returns:
        `fr-<département>` for communes (`fr-12`, `fr-2a`, `fr-974`, `fr-987`), `fr` for every
        other French body, and the two letters of the country abroad (`de`; `xx` in demos).

    Raises:
        UnknownTerritoryError: `territory-form`, if it isn't a participant id.
    """
    abroad = _ABROAD.fullmatch(participant)
    if abroad is not None:
        return abroad[1]
    kind, code = split_id(participant)
    return f"{COUNTRY}-{departement_of(code).lower()}" if kind == "com" else COUNTRY


def departement_of(code: str) -> str:
    """Return the département or collectivity that a commune code begins with.

    The COG builds commune codes so: two characters in metropolitan France, three digits overseas
    (97x, 98x). The build script checks it for each commune.
    """
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def _malformed(text: str) -> UnknownTerritoryError:
    lowered = text.strip().lower()
    kind, _, code = lowered.removeprefix(f"{COUNTRY}-").partition("-")
    form = _FORM_OF_KIND.get(kind)
    meant = lowered != text and (
        lowered == COUNTRY or is_abroad(lowered) or (form is not None and form.fullmatch(code))
    )
    return UnknownTerritoryError(
        f"{shown(text)} is not a participant id",
        asked=text,
        code="territory-form",
        remedy=f"Ids are lower case, without spaces: {lowered!r}." if meant else _FORMS,
        close=(lowered,) if meant else (),
    )
