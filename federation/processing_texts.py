"""What the sheets of the record of processing say, in the languages of the screens."""

from typing import Final, Literal, NamedTuple

from federation.manifest import Level
from schemas.document import LegalBasis

Lang = Literal["fr", "en", "de"]


class Three(NamedTuple):
    """A text in the languages of the screens."""

    fr: str
    en: str
    de: str

    def of(self, lang: Lang) -> str:
        """In one of them."""
        return str(getattr(self, lang))


TITLE: Final = Three(
    "Registre des traitements : {name}, {owner}",
    "Record of processing: {name}, {owner}",
    "Verzeichnis von Verarbeitungstätigkeiten: {name}, {owner}",
)
MADE: Final = Three("Fiche du", "Sheet of", "Blatt vom")
FILL_IN: Final = Three(
    "À compléter, le nœud ne les connaît pas : coordonnées du responsable et du délégué à la "
    "protection des données.",
    "To be filled in, the node doesn't know them: contacts of the controller and of the data "
    "protection officer.",
    "Zu ergänzen, der Knoten kennt sie nicht: Kontaktdaten des Verantwortlichen und des "
    "Datenschutzbeauftragten.",
)
CUSTODIAN: Final = Three(
    "{name} exploite le nœud et détient la clé de signature : sous-traitant à inscrire.",
    "{name} operates the node and keeps the signing key: a processor to be recorded.",
    "{name} betreibt den Knoten und verwahrt den Signaturschlüssel: als Auftragsverarbeiter "
    "einzutragen.",
)
UNSAID: Final = Three(
    "Le schéma ne le dit pas : à compléter.",
    "The schema doesn't say: to be filled in.",
    "Das Schema sagt es nicht: zu ergänzen.",
)
BASES: Final[dict[LegalBasis, Three]] = {
    "consent": Three(
        "Consentement, RGPD article 6(1)a",
        "Consent, GDPR article 6(1)a",
        "Einwilligung, DSGVO Artikel 6(1)a",
    ),
    "contract": Three(
        "Contrat, RGPD article 6(1)b",
        "Contract, GDPR article 6(1)b",
        "Vertrag, DSGVO Artikel 6(1)b",
    ),
    "legal-obligation": Three(
        "Obligation légale, RGPD article 6(1)c",
        "Legal obligation, GDPR article 6(1)c",
        "Rechtliche Verpflichtung, DSGVO Artikel 6(1)c",
    ),
    "vital-interests": Three(
        "Intérêts vitaux, RGPD article 6(1)d",
        "Vital interests, GDPR article 6(1)d",
        "Lebenswichtige Interessen, DSGVO Artikel 6(1)d",
    ),
    "public-task": Three(
        "Mission d’intérêt public, RGPD article 6(1)e",
        "Public task, GDPR article 6(1)e",
        "Öffentliche Aufgabe, DSGVO Artikel 6(1)e",
    ),
    "legitimate-interest": Three(
        "Intérêt légitime, RGPD article 6(1)f",
        "Legitimate interest, GDPR article 6(1)f",
        "Berechtigtes Interesse, DSGVO Artikel 6(1)f",
    ),
}
NOBODY: Final = Three(
    "Aucune : le schéma ne porte pas sur des personnes.",
    "Nobody: the schema isn't about persons.",
    "Niemand: das Schema betrifft keine Personen.",
)
DROPPED: Final = Three(
    "Colonnes personnelles, écartées à la lecture du fichier ; le nœud ne les garde ni ne les "
    "envoie :",
    "Personal columns, dropped when the file is read; the node neither keeps nor sends them:",
    "Personenbezogene Spalten, beim Lesen der Datei verworfen; der Knoten speichert und sendet sie "
    "nicht:",
)
NONE_DROPPED: Final = Three(
    "Aucune colonne personnelle dans le schéma.",
    "No personal column in the schema.",
    "Keine personenbezogene Spalte im Schema.",
)
COLUMNS: Final = Three(
    "{count} colonnes publiées.", "{count} columns published.", "{count} Spalten veröffentlicht."
)
FREE_TEXT: Final = Three(
    "Texte libre, où rien de personnel ne doit figurer : {names}.",
    "Free text, in which nothing personal may stand: {names}.",
    "Freitext, in dem nichts Personenbezogenes stehen darf: {names}.",
)
PROTECTED: Final = {
    "household": Three("ménages", "households", "Haushalte"),
    "enterprise": Three("entreprises", "enterprises", "Unternehmen"),
    "delivery_point": Three("points de livraison", "delivery points", "Lieferstellen"),
}
SECRECY: Final = Three(
    "Secret statistique : au moins {k} {unit} par ligne hors du nœud ; part du plus grand au plus "
    "{percent} %, à appliquer aux totaux.",
    "Statistical secrecy: at least {k} {unit} in each row outside the node; share of the largest "
    "at most {percent} %, to be applied to totals.",
    "Statistische Geheimhaltung: außerhalb des Knotens mindestens {k} {unit} je Zeile; Anteil des "
    "größten höchstens {percent} %, auf Summen anzuwenden.",
)
LEVELS: Final[dict[Level, Three]] = {
    "open": Three(
        "Tout public : données ouvertes.", "Everybody: open data.", "Jedermann: offene Daten."
    ),
    "federation": Three("", "", ""),
    "partners": Three(
        "Partenaires désignés ; ce partage n’est pas encore possible.",
        "Named partners; this way of sharing isn't possible yet.",
        "Benannte Partner; diese Freigabe ist noch nicht möglich.",
    ),
    "aggregate-only": Three(
        "Personne : les lignes ne quittent pas le nœud.",
        "Nobody: the rows don't leave the node.",
        "Niemand: die Zeilen verlassen den Knoten nicht.",
    ),
}
MEMBERS: Final = Three(
    "Membres de la convention « {title} » :",
    "Members of the sharing agreement “{title}”:",
    "Mitglieder der Vereinbarung „{title}“:",
)
MORE: Final = Three("et {count} autres", "and {count} others", "und {count} weitere")
NO_RECEIPT: Final = Three(
    "Aucun accusé de réception à ce jour.",
    "No receipt so far.",
    "Bisher keine Empfangsbestätigung.",
)
ANYWHERE: Final = Three(
    "Données ouvertes, accessibles de partout, sans les colonnes personnelles.",
    "Open data, to be had from anywhere, without the personal columns.",
    "Offene Daten, von überall abrufbar, ohne die personenbezogenen Spalten.",
)
INSIDE: Final = Three(
    "Aucun destinataire connu hors de l’Espace économique européen.",
    "No recipient known outside the European Economic Area.",
    "Kein Empfänger außerhalb des Europäischen Wirtschaftsraums bekannt.",
)
OUTSIDE: Final = Three(
    "Hors de l’Espace économique européen : {names}.",
    "Outside the European Economic Area: {names}.",
    "Außerhalb des Europäischen Wirtschaftsraums: {names}.",
)
NOT_BY_ITSELF: Final = Three(
    "Le nœud n’efface pas de lui-même à l’échéance : dépublier, ou retirer les lignes.",
    "The node doesn't erase by itself when it is over: unpublish, or take the rows back.",
    "Der Knoten löscht nach Ablauf nicht von selbst: zurückziehen oder Zeilen zurücknehmen.",
)
ORIGINS: Final = {
    "own": Three("Données de l’organisme.", "The body's own data.", "Eigene Daten der Stelle."),
    "delegated": Three(
        "Données d’un délégataire ou prestataire.",
        "Data of a contractor.",
        "Daten eines Beauftragten.",
    ),
    "relayed": Three(
        "Source nationale, relayée.",
        "A national source, passed on.",
        "Nationale Quelle, weitergegeben.",
    ),
    "simulated": Three("Données simulées.", "Simulated data.", "Simulierte Daten."),
}
FOLLOWS: Final = Three("Suit : {names}.", "Follows: {names}.", "Nach: {names}.")
SECURITY: Final = Three(
    "Publications signées (Ed25519), vérifiées à la réception ; clés lisibles par le seul compte "
    "du nœud ; liaison TLS selon les réglages ; accès par jetons à portée limitée.",
    "Signed publications (Ed25519), verified on reception; keys readable by the node's account "
    "only; TLS as the settings say; access by tokens with limited scopes.",
    "Signierte Veröffentlichungen (Ed25519), beim Empfang geprüft; Schlüssel nur für das Konto des "
    "Knotens lesbar; TLS gemäß den Einstellungen; Zugang über Token mit begrenztem Umfang.",
)
UNITS: Final = {
    "Y": (Three("an", "year", "Jahr"), Three("ans", "years", "Jahre")),
    "M": (Three("mois", "month", "Monat"), Three("mois", "months", "Monate")),
    "D": (Three("jour", "day", "Tag"), Three("jours", "days", "Tage")),
}
