"""Lines as BANATIC's export has them, made by hand: two groupements of the Aveyron."""

from typing import Final

from schemas.territory import commune

WATER_SYNDICAT: Final = "200012345"
"""Of no groupement."""

WATER = "Eau (production, traitement, stockage, transport, distribution)"
SEWAGE = "Assainissement collectif des eaux usées"
BUS = "Organisation de services réguliers / à la demande de transports publics de personnes, …"
LAMPS = "Eclairage public"
HEAD = [
    "Département",
    "N° SIREN",
    "Nom du groupement",
    "Nature juridique",
    "Siren membre",
    "Nom membre",
    "Catégorie des membres du groupement",
    WATER,
    SEWAGE,
    BUS,
    LAMPS,
    "Une compétence que personne ne connaît",
]


def siren(code: str) -> str:
    found = commune(code).siren
    assert found is not None
    return found


def sample() -> list[list[str]]:
    """A communauté with three communes, and a water syndicat of the communauté and one more."""
    group = ["12 - Aveyron", "241200765", "CC Lévézou Pareloup", "CC"]
    other = ["12 - Aveyron", WATER_SYNDICAT, "SM des eaux", "SMF"]
    yes_no = ["NON", "OUI", "NON", "OUI", "OUI"]
    eaux = ["OUI", "NON", "NON", "NON", "NON"]
    return [
        HEAD,
        *(
            [*group, siren(code), commune(code).name, "commune", *yes_no]
            for code in ("12011", "12266", "12307")
        ),
        [*other, "241200765", "CC Lévézou Pareloup", "groupement", *eaux],
        [*other, siren("12202"), "Rodez", "commune", *eaux],
        [*other, "", "Chambre d’agriculture", "autre organisme", *eaux],
    ]
