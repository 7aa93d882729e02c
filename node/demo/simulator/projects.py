"""Projects of a commune, with a budget."""

import json
import random
import uuid
from dataclasses import dataclass
from typing import Final

_NAMES: Final = (
    ("Rénovation énergétique de l’école", 3, 180_000),
    ("Voie verte vers le bourg voisin", 3, 95_000),
    ("Espace de travail partagé", 6, 60_000),
    ("Jardin partagé et compostage", 9, 12_000),
    ("Accompagnement au numérique", 5, 18_000),
)
_PHASES: Final = ("Idée", "Étude", "Opération")


@dataclass(frozen=True, slots=True)
class Projects:
    """A file of projects and what it says.

    Attributes:
        data: A JSON array in the form of the national schema.
        budgets: Budget of each project in EUR.
    """

    data: bytes
    budgets: tuple[int, ...]


def projects(seed: int, commune: str, name: str) -> Projects:
    """Two to four projects of a commune.

    Args:
        seed: Of the whole simulation.
        commune: Participant id.
        name: Of the commune, for titles.
    """
    random_ = random.Random(f"{seed}/{commune}/projets")  # noqa: S311 - a simulation
    rows = []
    for title, theme, budget in random_.sample(_NAMES, random_.randint(2, 4)):
        rows.append(
            {
                "id": str(uuid.UUID(int=random_.getrandbits(128), version=4)),
                "createdAt": "2026-01-15T09:00:00.000Z",
                "updatedAt": "2026-11-01T09:00:00.000Z",
                "nom": f"{title} — {name} (simulé)",
                "budgetPrevisionnel": budget + random_.randrange(0, 20_000, 500),
                "phase": random_.choice(_PHASES),
                "phaseStatut": "En cours",
                "theme_manifeste": theme,
            }
        )
    data = json.dumps(rows, ensure_ascii=False, indent=1).encode()
    return Projects(data, tuple(int(str(row["budgetPrevisionnel"])) for row in rows))
