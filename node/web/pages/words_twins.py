"""Words of the twinnings' page, in French, English and German."""

from collections.abc import Mapping
from typing import Final

from node.web.pages.words import Three

TWINS: Final[Mapping[str, Three]] = {
    "j.title": ("Jumelages", "Twinnings", "Partnerschaften"),
    "j.lead": (
        (
            "Deux communes, ou quelques-unes, partagent des données par-delà une frontière, "
            "sous une convention qu’elles ont toutes signée."
        ),
        (
            "Two municipalities, or a few, share data across a border, under an agreement that all "
            "of them signed."
        ),
        (
            "Zwei oder einige Gemeinden teilen Daten über eine Grenze hinweg, unter einer "
            "Vereinbarung, die alle unterschrieben haben."
        ),
    ),
    "j.none": (
        "Aucun jumelage n’est connu de ce nœud.",
        "No twinning is known to this node.",
        "Diesem Knoten ist keine Partnerschaft bekannt.",
    ),
    "j.charter": ("Convention de partage", "Sharing agreement", "Datenaustausch-Vereinbarung"),
    "j.parties": ("Parties", "Parties", "Beteiligte"),
    "j.since": ("Depuis", "Since", "Seit"),
    "j.ends": ("Fin", "End", "Ende"),
    "j.ended": ("Terminée", "Ended", "Beendet"),
    "j.decision": ("Décision", "Decision", "Beschluss"),
    "j.threshold": (
        "Signatures nécessaires pour la changer",
        "Signatures needed to change it",
        "Nötige Unterschriften für Änderungen",
    ),
    "j.one": (
        "Toutes les clés sont chez un seul opérateur.",
        "All keys are with one custodian.",
        "Alle Schlüssel liegen bei einem einzigen Verwahrer.",
    ),
    "j.under": (
        "Partagé sous cette convention",
        "Shared under this agreement",
        "Unter dieser Vereinbarung geteilt",
    ),
    "j.mark": ("sous cette convention", "under this agreement", "unter dieser Vereinbarung"),
    "j.only": (
        "Pour ses membres seulement.",
        "For its members only.",
        "Nur für ihre Mitglieder.",
    ),
    "j.closed": (
        "{name} partage ici des données avec les membres de la convention seulement.",
        "{name} shares data here with members of the agreement only.",
        "{name} teilt hier Daten nur mit den Mitgliedern der Vereinbarung.",
    ),
    "j.login": (
        (
            "Certaines données ne sont que pour les membres de la convention : "
            "connectez-vous pour les voir."
        ),
        "Some data are for members of the agreement only: log in to see them.",
        (
            "Manche Daten sind nur für Mitglieder der Vereinbarung: Melden Sie sich an, um sie zu "
            "sehen."
        ),
    ),
    "j.nothing": (
        "Rien encore sous cette convention.",
        "Nothing under this agreement yet.",
        "Unter dieser Vereinbarung noch nichts.",
    ),
    "j.open": ("Ouvert à tous", "Open to everybody", "Für alle offen"),
    "j.open.also": (
        "Aussi ouvert à tous",
        "Also open to everybody",
        "Außerdem für alle offen",
    ),
    "j.open.none": ("Rien d’autre.", "Nothing else.", "Sonst nichts."),
    "j.both": ("Côte à côte", "Side by side", "Nebeneinander"),
    "j.both.lead": (
        "Ce que les deux publient sous le même schéma.",
        "What both publish under the same schema.",
        "Was beide nach demselben Schema veröffentlichen.",
    ),
    "j.has": ("Reçu par", "Received by", "Empfangen von"),
    "j.has.here": ("reçu sur ce nœud", "received on this node", "auf diesem Knoten empfangen"),
    "j.has.not": ("pas encore d’accusé", "no receipt yet", "noch keine Bestätigung"),
    "j.has.more": ("et {n} autres", "and {n} more", "und {n} weitere"),
    "j.fields": ("Champs ({n})", "Fields ({n})", "Felder ({n})"),
    "j.preview": (
        "Aperçu : {n} lignes sur {total}",
        "Preview: {n} of {total} rows",
        "Vorschau: {n} von {total} Zeilen",
    ),
    "j.preview.of": (
        "Aperçu, {name} : {n} lignes sur {total}",
        "Preview, {name}: {n} of {total} rows",
        "Vorschau, {name}: {n} von {total} Zeilen",
    ),
    "j.figure": ("Chiffre", "Figure", "Zahl"),
}
