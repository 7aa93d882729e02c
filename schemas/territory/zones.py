"""Legal time: which IANA time zone a commune keeps.

Sources: décret n° 2017-292 du 6 mars 2017 relatif au temps légal français; for the archipelagos
of Polynésie française and the districts of the TAAF, `zone1970.tab` of the IANA database.
"""

from typing import Final

from schemas.territory.ids import departement_of

METROPOLITAN: Final = "Europe/Paris"

_BY_DEPARTEMENT: Final = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "984": "Indian/Kerguelen",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
    # Clipperton has no zone of its own in the IANA database; its time is UTC-8 (POSIX sign).
    "989": "Etc/GMT+8",
}

_BY_COMMUNE: Final = {
    # Polynésie française: the Marquises are half an hour ahead of Tahiti, the Gambier one hour.
    **dict.fromkeys(
        ("98718", "98723", "98731", "98746", "98756", "98757"),
        "Pacific/Marquesas",
    ),
    "98719": "Pacific/Gambier",
    # TAAF: Kerguelen, Saint-Paul and Amsterdam are at UTC+5, the others not.
    "98413": "Asia/Dubai",  # Crozet, UTC+4: the IANA database files it there
    "98414": "Antarctica/DumontDUrville",
    # The Éparses lie on both sides of a line; they are run from La Réunion.
    "98415": "Indian/Reunion",
}

ALL: Final = frozenset({METROPOLITAN, *_BY_DEPARTEMENT.values(), *_BY_COMMUNE.values()})
"""Each zone that a French commune keeps."""


def zone_of(code: str) -> str:
    """Return the IANA zone name of a commune code, without asking whether the code exists."""
    return _BY_COMMUNE.get(code) or _BY_DEPARTEMENT.get(departement_of(code), METROPOLITAN)
