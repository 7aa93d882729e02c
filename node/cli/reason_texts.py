"""Verification steps, verdicts and reasons in the reader's language; English is the wire's own."""

from typing import Final

from federation.reasons import REASONS, STEPS, Verdict
from node.cli.language import current

_STEPS: Final = {
    1: "tailles",
    2: "forme du JWS",
    3: "version du format",
    4: "clé connue",
    5: "signature",
    6: "manifeste",
    7: "clé valable à cette place",
    8: "droit de publier pour le propriétaire",
    9: "jeu de données concordant",
    10: "schéma et convention connus par leur empreinte",
    11: "empreinte du contenu",
    12: "place dans la chaîne",
    13: "décodage",
    14: "validation",
    15: "partage permis ici",
}

_VERDICTS: Final = {
    Verdict.ACCEPTED: "accepté",
    Verdict.REFUSED: "refusé",
    Verdict.HELD: "retenu",
    Verdict.TRANSPORT_FAULT: "défaut de transport",
}

_CARRIER: Final = "le transporteur le renvoie tel qu’il a été signé"
_OWNER: Final = "l’éditeur corrige ses données et publie à nouveau"
_SNAPSHOT: Final = "l’éditeur envoie la table entière"
_CHOICE: Final = "le propriétaire dit laquelle vaut"
_UPDATE: Final = "mettre ce nœud à jour"

_REASONS: Final = {
    "size": ("plus grand que le format ne le permet", _CARRIER),
    "subject": ("le sujet n’est pas l’un de ceux du format", _CARRIER),
    "part": ("l’en-tête de morceau est mal formé", _CARRIER),
    "manifest-missing": ("le message ne porte pas de manifeste", _CARRIER),
    "jws-form": ("pas un JWS compact de forme stricte", _CARRIER),
    "base64url": ("un segment n’est pas dans sa seule écriture", _CARRIER),
    "jws-header": ("l’en-tête protégé n’est pas celui du format", _CARRIER),
    "json": ("l’en-tête protégé n’est pas du JSON", _CARRIER),
    "json-duplicate-key": ("une clé figure deux fois dans l’en-tête protégé", _CARRIER),
    "json-number": ("un nombre de l’en-tête protégé n’est pas entier", _CARRIER),
    "wire-version-unsupported": ("version du format que ce nœud ne parle pas", _UPDATE),
    "key-unknown": (
        "aucune identité de confiance n’a cette clé",
        "l’identité de l’éditeur est demandée",
    ),
    "signature": ("la signature ne tient pas", _CARRIER),
    "manifest": (
        "ce qui est signé n’est pas un manifeste",
        "l’éditeur met son nœud à jour",
    ),
    "key-revoked": (
        "la clé a été révoquée avant cette publication",
        "l’éditeur signe avec sa nouvelle clé",
    ),
    "publisher-mismatch": ("la clé est celle d’un autre que l’éditeur nommé", _OWNER),
    "publisher-not-owner": (
        "publié pour un autre sans habilitation",
        "le propriétaire donne une habilitation",
    ),
    "mandate-unknown": ("l’habilitation citée est inconnue ici", "l’habilitation est demandée"),
    "subject-mismatch": ("envoyé sous un sujet qui n’est pas celui du jeu de données", _CARRIER),
    "dataset-schema": ("le jeu de données et le schéma n’ont pas le même nom", _OWNER),
    "schema-unknown": ("le schéma est inconnu ici", "le schéma est demandé par son empreinte"),
    "schema-mismatch": (
        "cette empreinte est celle d’un autre schéma ou d’une autre version",
        _OWNER,
    ),
    "mode-kind": ("le mode ne convient pas au genre du schéma", _OWNER),
    "part-missing": (
        "tout le contenu n’est pas là",
        "les autres morceaux sont attendus, puis demandés",
    ),
    "content-digest": ("le corps n’est pas celui qui a été signé", _CARRIER),
    "content-unexpected": ("un corps là où rien n’est signé", _CARRIER),
    "replayed": ("cette publication a déjà été décidée", "rien : elle compte une fois"),
    "predecessor-missing": ("une publication antérieure manque", "elle est demandée"),
    "fork": ("une autre publication est signée pour la même place", _CHOICE),
    "chain-broken": ("elle nomme un autre prédécesseur que celui qui est signé", _CHOICE),
    "epoch-abandoned": (
        "le propriétaire a abandonné cette époque",
        "l’éditeur publie dans la nouvelle époque",
    ),
    "content-frame": ("le contenu n’est pas un cadre zstd dans les limites", _OWNER),
    "content-size": ("le contenu n’a pas la taille annoncée", _OWNER),
    "content-arrow": ("le contenu n’est pas un flux Arrow", _OWNER),
    "content-columns": ("les colonnes ne sont pas celles du schéma", _OWNER),
    "rows": ("le nombre de lignes n’est pas celui annoncé", _OWNER),
    "period": ("une ligne sort de la période annoncée", _OWNER),
    "schema-change": (
        "la version du schéma change la clé, l’horodatage, le lieu ou la fenêtre de la série",
        "l’éditeur dépublie d’abord le jeu de données, ou en publie un autre",
    ),
    "invalid": ("une ligne enfreint une règle du schéma", _OWNER),
    "place": ("une ligne concerne un lieu que l’éditeur ne couvre pas", _OWNER),
    "result": ("la table obtenue n’est pas celle qui est signée", _SNAPSHOT),
    "table-missing": ("modification d’une table qui n’a pas été envoyée", _SNAPSHOT),
    "composition": ("ce que la synthèse dit d’elle-même ne va pas avec ses lignes", _OWNER),
    "receiver-stopped": (
        "le décoder ou le contrôler arrête ce récepteur ; mis de côté",
        "l’exploitant du récepteur le signale",
    ),
    "charter-ended": (
        "la convention avait pris fin au moment de la publication",
        "les membres en concluent une nouvelle, ou le propriétaire publie à un autre niveau",
    ),
    "sharing": (
        "le niveau de partage ne permet pas ces lignes ici",
        "le propriétaire publie à un autre niveau",
    ),
    "charter-unknown": ("la convention citée est inconnue ici", "la convention est demandée"),
    "encryption-unsupported": ("chiffré d’une manière que ce nœud ne lit pas", _UPDATE),
}


def step_name(number: int) -> str:
    """What a numbered step looks at."""
    return _STEPS[number] if current() == "fr" else STEPS[number]


def verdict_name(verdict: Verdict) -> str:
    """A verdict in words."""
    return _VERDICTS[verdict] if current() == "fr" else verdict.value


def meaning(code: str) -> str:
    """What a reason means."""
    return _REASONS[code][0] if current() == "fr" else REASONS[code].meaning


def remedy(code: str) -> str:
    """Who does what about it."""
    return _REASONS[code][1] if current() == "fr" else REASONS[code].remedy


def codes() -> frozenset[str]:
    """Codes that have French sentences; a test holds them to be all."""
    return frozenset(_REASONS)
