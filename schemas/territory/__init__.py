"""Territory: the Code officiel géographique (COG) in one vintage, and sets of communes.

Everything here answers from two packaged files (see `ATTRIBUTION.md`), read at the first question
and kept; nothing else is read, and no network is asked.

Two ways to write the same place, never mixed:

- **codes** are upper case, as INSEE writes them: `12011`, `2A004`, `241200765`;
- **participant ids** are lower case: `fr-com-12011`, `fr-com-2a004`, `fr-epci-241200765`,
  `fr-dep-2a`, `fr-reg-76`, and `fr` for the whole.

What the vintage holds, and what it deliberately does not:

- Overseas collectivities (Saint-Pierre-et-Miquelon, Saint-Barthélemy, Saint-Martin, Wallis et
  Futuna, Polynésie française, Nouvelle-Calédonie) and the two territories without a commune in
  law (Terres australes et antarctiques françaises, Clipperton; their districts bear COG codes)
  lie in no région and no EPCI. Their level is `collectivity`, so that the départements are 101
  and the régions 18, but their ids keep the form of the rank they stand in: `fr-dep-987`.
- The whole, `fr`, includes them: 34,969 communes, of which 34,875 in départements.
- The établissements publics territoriaux of the Métropole du Grand Paris are left out: they lie
  *inside* an EPCI, and a commune would have two. Where one is needed, `free` makes it.
- The SIREN of départements and régions are not in the source. An EPCI's code is its SIREN.
"""

from schemas.territory.centres import centre
from schemas.territory.errors import Reason, UnknownTerritoryError
from schemas.territory.finder import Match, search
from schemas.territory.ids import Level, participant_zone
from schemas.territory.places import (
    Commune,
    Part,
    Territory,
    commune,
    epci_type,
    free,
    parts,
    population_year,
    resolve,
    territory,
    timezone_of,
)
from schemas.territory.relations import members, parents
from schemas.territory.tables import VINTAGE

__all__ = [
    "VINTAGE",
    "Commune",
    "Level",
    "Match",
    "Part",
    "Reason",
    "Territory",
    "UnknownTerritoryError",
    "centre",
    "commune",
    "epci_type",
    "free",
    "members",
    "parents",
    "participant_zone",
    "parts",
    "population_year",
    "resolve",
    "search",
    "territory",
    "timezone_of",
]
