"""Small registers: where one is helped with the digital, meets to share a car, and twinnings."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from federation.places import place_of

_CENTRES: Final[Mapping[str, tuple[str, str]]] = {
    # longitude and latitude in degrees, to some kilometres; the territory data hold none
    "15014": ("2.44", "44.93"),
    "15187": ("3.09", "45.03"),
    "19015": ("1.32", "45.25"),
    "26311": ("5.32", "45.02"),
    "58149": ("3.97", "46.79"),
    "12011": ("2.66", "44.19"),
    "12": ("2.78", "44.23"),
}
_ANYWHERE: Final = ("2.50", "46.50")
_NEAR_STEPS: Final = 120
"""Of 0.0001 degrees: about a kilometre around the centre."""

_PLACES: Final = (
    ("Médiathèque", "BIB", "Accès internet et matériel informatique", "Gratuit"),
    ("France Services", "RFS", "Aide aux démarches administratives", "Gratuit"),
    ("Tiers-lieu", "TIERS_LIEUX", "Maîtrise des outils numériques du quotidien", "Payant"),
)
_MEETING_POINTS: Final = (
    ("Parking du foirail", "Parking", 12),
    ("Aire de la route départementale", "Aire de covoiturage", 24),
    ("Arrêt d’auto-stop du bourg", "Auto-stop", 2),
)
_PARTNERS: Final = (
    ("xx-lau-0811001", "Musterdorf", 1987),
    ("xx-lau-0390002", "Borgo Esempio", 2003),
    ("xx-lau-0280003", "Villa Ejemplo", 2016),
)
"""Fictitious, all of them."""
_FIELDS: Final = ("jeunesse", "culture", "economie", "environnement", "numerique")


@dataclass(frozen=True, slots=True)
class Register:
    """A register as a whole.

    Attributes:
        data: A JSON array.
        rows: What stands in it.
    """

    data: bytes
    rows: tuple[Mapping[str, Any], ...]

    def total(self, column: str) -> int:
        """The sum of a column; rows without a value don't count."""
        return sum(int(row[column]) for row in self.rows if row.get(column) is not None)


def _register(rows: Sequence[Mapping[str, Any]]) -> Register:
    return Register(json.dumps(rows, ensure_ascii=False, indent=1).encode(), tuple(rows))


def digital_places(seed: int, commune: str, name: str) -> Register:
    """One to three places under the schema `mediation-numerique`.

    Each has a telephone number and an address for mail, which never leave the node.

    Args:
        seed: Of the whole simulation.
        commune: Participant id of a French commune; the schema takes no other.
        name: Of the commune.
    """
    code = _code(commune)
    random_ = random.Random(f"{seed}/{commune}/mediation")  # noqa: S311 - a simulation
    rows = []
    for title, kind, service, fee in random_.sample(_PLACES, random_.randint(1, 3)):
        rows.append(
            {
                "id": f"{commune}-{kind.lower()}",
                "pivot": f"SIMULE{random_.randrange(10**6):06d}",  # the form of none that exists
                "nom": f"{title} de {name} (simulé)",
                "commune": name,
                "code_postal": f"{code[:2].replace('2A', '20').replace('2B', '20')}000",
                "code_insee": code,
                "adresse": f"{random_.randint(1, 40)} place de la Mairie",
                "typologie": kind,
                "telephone": f"+3319900{random_.randrange(10**4):04d}",  # kept free for fiction
                "courriels": "contact@example.org",
                "horaires": "Tu-Fr 09:00-12:00,14:00-18:00",
                "date_maj": "2026-11-01",
                "services": service,
                "frais_a_charge": fee,
                "modalites_acces": "Se présenter|Téléphoner",
            }
        )
    return _register(rows)


def carpooling(
    seed: int, commune: str, name: str, *, centre: tuple[float, float] | None = None
) -> Register:
    """One to three meeting points under the schema `covoiturage-lieux`.

    Args:
        seed: Of the whole simulation.
        commune: Participant id of a French commune; the schema takes no other.
        name: Of the commune.
        centre: Its longitude and latitude in degrees; a rough one where none is given.
    """
    code = _code(commune)
    random_ = random.Random(f"{seed}/{commune}/covoiturage")  # noqa: S311 - likewise
    rough = _CENTRES.get(code) or _CENTRES.get(code[:2]) or _ANYWHERE
    lon, lat = (Decimal(f"{value:.4f}") for value in centre or map(float, rough))
    rows = []
    for number, (title, kind, spaces) in enumerate(
        random_.sample(_MEETING_POINTS, random_.randint(1, 3)), 1
    ):
        east, north = (random_.randint(-_NEAR_STEPS, _NEAR_STEPS) for _ in range(2))
        rows.append(
            {
                "id_local": f"{code}-C-{number:03d}",
                "nom_lieu": f"{title} (simulé)",
                "com_lieu": name,
                "insee": code,
                "type": kind,
                "date_maj": "2026-11-01",
                "ouvert": True,
                "Xlong": float(lon + Decimal(east).scaleb(-4)),
                "Ylat": float(lat + Decimal(north).scaleb(-4)),
                "nbre_pl": spaces + random_.randrange(6),
                "nbre_pmr": random_.randrange(3),
                "lumiere": random_.random() < 0.5,  # noqa: PLR2004 - one in two
            }
        )
    return _register(rows)


def twinnings(seed: int, participant: str, *, partner: tuple[str, str] | None = None) -> Register:
    """One to three twinnings under the schema `jumelages`, with fictitious partners.

    Args:
        seed: Of the whole simulation.
        participant: A commune, or a municipality abroad.
        partner: Participant id (`xx-lau-…`, `fr-com-…`) and name of a twin to have among them.
    """
    random_ = random.Random(f"{seed}/{participant}/jumelages")  # noqa: S311 - likewise
    chosen = [one for one in _PARTNERS if one[0] != participant]
    found = random_.sample(chosen, random_.randint(1, 2))
    if partner is not None:
        found = [(*partner, 1991), *(one for one in found if one[0] != partner[0])]
    rows = [
        {
            "code_insee": place_of(participant),
            "pays": identifier[:2].upper(),
            "lau_partenaire": identifier.rsplit("-", 1)[1],
            "nom_partenaire": f"{name} (simulé)",
            "annee": year,
            "statut": "actif",
            "domaines": "|".join(random_.sample(_FIELDS, 2)),
        }
        for identifier, name, year in found
    ]
    return _register(rows)


def _code(commune: str) -> str:
    code = place_of(commune)
    if code is None or "-" in code:
        raise ValueError(f"{commune} is no French commune")
    return code
