"""Verification steps, verdicts and reasons in a reader's language; English is the wire's own."""

from typing import Final, Literal

from federation.reasons import REASONS, STEPS, Verdict

Lang = Literal["fr", "en", "de"]

_FR_STEPS: Final = {
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

_FR_VERDICTS: Final = {
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

_FR_REASONS: Final = {
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
    "secrecy": (
        "des lignes portent sur trop peu d’unités pour quitter le nœud autrement qu’en totaux",
        "le propriétaire regroupe ces lignes, ou ne partage que des totaux",
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

_DE_STEPS: Final = {
    1: "Größen",
    2: "Form des JWS",
    3: "Version des Formats",
    4: "bekannter Schlüssel",
    5: "Signatur",
    6: "Manifest",
    7: "Schlüssel an dieser Stelle gültig",
    8: "Recht, für den Eigentümer zu veröffentlichen",
    9: "Datensatz stimmt überein",
    10: "Schema und Vereinbarung am Fingerabdruck bekannt",
    11: "Fingerabdruck des Inhalts",
    12: "Platz in der Kette",
    13: "Dekodierung",
    14: "Prüfung der Zeilen",
    15: "Freigabe erlaubt es hier",
}

_DE_VERDICTS: Final = {
    Verdict.ACCEPTED: "angenommen",
    Verdict.REFUSED: "abgelehnt",
    Verdict.HELD: "zurückgehalten",
    Verdict.TRANSPORT_FAULT: "Übertragungsfehler",
}

_DE_CARRIER: Final = "der Überbringer sendet es erneut, so wie es signiert wurde"
_DE_OWNER: Final = "der Veröffentlichende berichtigt seine Daten und veröffentlicht neu"
_DE_SNAPSHOT: Final = "der Veröffentlichende sendet die ganze Tabelle"
_DE_CHOICE: Final = "der Eigentümer sagt, welche gilt"
_DE_UPDATE: Final = "diesen Knoten auf den neuen Stand bringen"

_DE_REASONS: Final = {
    "size": ("größer, als das Format erlaubt", _DE_CARRIER),
    "subject": ("der Betreff ist keiner des Formats", _DE_CARRIER),
    "part": ("der Kopf des Teils ist fehlerhaft", _DE_CARRIER),
    "manifest-missing": ("die Nachricht trägt kein Manifest", _DE_CARRIER),
    "jws-form": ("kein kompaktes JWS strenger Form", _DE_CARRIER),
    "base64url": ("ein Abschnitt steht nicht in seiner einzigen Schreibweise", _DE_CARRIER),
    "jws-header": ("der geschützte Kopf ist nicht der des Formats", _DE_CARRIER),
    "json": ("der geschützte Kopf ist kein JSON", _DE_CARRIER),
    "json-duplicate-key": ("ein Name steht im geschützten Kopf zweimal", _DE_CARRIER),
    "json-number": ("eine Zahl im geschützten Kopf ist nicht ganz", _DE_CARRIER),
    "wire-version-unsupported": (
        "eine Version des Formats, die dieser Knoten nicht spricht",
        _DE_UPDATE,
    ),
    "key-unknown": (
        "keine bekannte Identität hat diesen Schlüssel",
        "die Identität des Veröffentlichenden wird angefragt",
    ),
    "signature": ("die Signatur gilt nicht", _DE_CARRIER),
    "manifest": (
        "was signiert wurde, ist kein Manifest",
        "der Veröffentlichende bringt seinen Knoten auf den neuen Stand",
    ),
    "key-revoked": (
        "der Schlüssel wurde vor dieser Veröffentlichung widerrufen",
        "der Veröffentlichende signiert mit seinem neuen Schlüssel",
    ),
    "publisher-mismatch": (
        "der Schlüssel gehört einem anderen als dem genannten Veröffentlichenden",
        _DE_OWNER,
    ),
    "publisher-not-owner": (
        "ohne Vollmacht für einen anderen veröffentlicht",
        "der Eigentümer erteilt eine Vollmacht",
    ),
    "mandate-unknown": (
        "die genannte Vollmacht ist hier unbekannt",
        "die Vollmacht wird angefragt",
    ),
    "subject-mismatch": ("unter einem fremden Betreff gesendet", _DE_CARRIER),
    "dataset-schema": ("Datensatz und Schema heißen nicht gleich", _DE_OWNER),
    "schema-unknown": (
        "das Schema ist hier unbekannt",
        "das Schema wird am Fingerabdruck angefragt",
    ),
    "schema-mismatch": (
        "das Schema mit diesem Fingerabdruck heißt anders oder hat eine andere Version",
        _DE_OWNER,
    ),
    "mode-kind": ("die Art passt nicht zum Schema", _DE_OWNER),
    "part-missing": (
        "noch sind nicht alle Teile des Inhalts da",
        "die anderen Teile werden erwartet, dann angefragt",
    ),
    "content-digest": ("der Inhalt ist nicht der signierte", _DE_CARRIER),
    "content-unexpected": ("ein Inhalt, wo keiner signiert ist", _DE_CARRIER),
    "replayed": ("über diese Veröffentlichung ist schon entschieden", "nichts: sie zählt einmal"),
    "predecessor-missing": ("eine frühere Veröffentlichung fehlt", "sie wird angefragt"),
    "fork": ("eine andere Veröffentlichung ist für denselben Platz signiert", _DE_CHOICE),
    "chain-broken": ("sie nennt einen anderen Vorgänger als den signierten", _DE_CHOICE),
    "epoch-abandoned": (
        "der Eigentümer hat diese Epoche aufgegeben",
        "der Veröffentlichende veröffentlicht in der neuen Epoche",
    ),
    "content-frame": ("der Inhalt ist kein zstd-Rahmen innerhalb der Grenzen", _DE_OWNER),
    "content-size": ("der Inhalt hat nicht die angekündigte Größe", _DE_OWNER),
    "content-arrow": ("der Inhalt ist kein Arrow-Strom", _DE_OWNER),
    "content-columns": ("die Spalten sind nicht die des Schemas", _DE_OWNER),
    "rows": ("die Zahl der Zeilen ist nicht die angekündigte", _DE_OWNER),
    "period": ("eine Zeile liegt außerhalb des angekündigten Zeitraums", _DE_OWNER),
    "schema-change": (
        "die Version des Schemas ändert Schlüssel, Zeit, Ort oder Fenster der Reihe",
        "der Veröffentlichende zieht den Datensatz erst zurück oder veröffentlicht einen anderen",
    ),
    "invalid": ("eine Zeile verletzt eine Regel des Schemas", _DE_OWNER),
    "place": ("eine Zeile betrifft einen Ort, für den die Stelle nicht spricht", _DE_OWNER),
    "result": ("die entstandene Tabelle ist nicht die signierte", _DE_SNAPSHOT),
    "table-missing": ("Änderung einer Tabelle, die nicht gesendet wurde", _DE_SNAPSHOT),
    "composition": ("was die Übersicht von sich sagt, passt nicht zu ihren Zeilen", _DE_OWNER),
    "receiver-stopped": (
        "das Dekodieren oder Prüfen hält diesen Empfänger an; beiseite gelegt",
        "der Betreiber des Empfängers meldet es",
    ),
    "sharing": (
        "die Freigabe erlaubt diese Zeilen hier nicht",
        "der Eigentümer veröffentlicht mit einer anderen Freigabe",
    ),
    "secrecy": (
        "Zeilen betreffen zu wenige Einheiten, um anders denn als Summen geteilt zu werden",
        "der Eigentümer fasst solche Zeilen zusammen oder teilt nur Summen",
    ),
    "charter-unknown": (
        "die genannte Vereinbarung ist hier unbekannt",
        "die Vereinbarung wird angefragt",
    ),
    "charter-ended": (
        "die genannte Vereinbarung ist beendet: durch ihr Datum oder das Wort eines Mitglieds",
        "der Eigentümer teilt unter einer anderen Vereinbarung",
    ),
    "encryption-unsupported": (
        "auf eine Weise verschlüsselt, die dieser Knoten nicht liest",
        _DE_UPDATE,
    ),
}

_STEPS: Final = {"fr": _FR_STEPS, "en": STEPS, "de": _DE_STEPS}
_VERDICTS: Final = {
    "fr": _FR_VERDICTS,
    "en": {one: one.value for one in Verdict},
    "de": _DE_VERDICTS,
}
_REASONS: Final = {
    "fr": _FR_REASONS,
    "en": {code: (one.meaning, one.remedy) for code, one in REASONS.items()},
    "de": _DE_REASONS,
}
_UNKNOWN: Final = ("", "")


def step_name(number: int, lang: Lang) -> str:
    """What a numbered step looks at."""
    return _STEPS[lang][number]


def verdict_name(verdict: Verdict, lang: Lang) -> str:
    """A verdict in words."""
    return _VERDICTS[lang][verdict]


def meaning(code: str, lang: Lang) -> str:
    """What a reason means; nothing for one of a later release."""
    return _REASONS[lang].get(code, _UNKNOWN)[0]


def remedy(code: str, lang: Lang) -> str:
    """Who does what about it; nothing for one of a later release."""
    return _REASONS[lang].get(code, _UNKNOWN)[1]


def codes(lang: Lang) -> frozenset[str]:
    """Codes that have sentences in a language; a test holds them to be all."""
    return frozenset(_REASONS[lang])
