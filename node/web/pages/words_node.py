"""Words of the node's pages: log-in, datasets, publications, upload."""

from collections.abc import Mapping
from typing import Final

from node.web.pages.words import Three

NODE: Final[Mapping[str, Three]] = {
    "login.title": ("Connexion", "Log in", "Anmelden"),
    "login.lead": (
        "Sans connexion, seules les données ouvertes sont montrées.",
        "Without a log-in only open data are shown.",
        "Ohne Anmeldung werden nur offene Daten gezeigt.",
    ),
    "login.token": ("Jeton d’accès", "Access token", "Zugangstoken"),
    "login.hint": (
        "Celui du fichier « token » du nœud, ou un jeton donné par son exploitant.",
        "That of the node’s file “token”, or one given by its operator.",
        "Das aus der Datei „token“ des Knotens oder eines vom Betreiber.",
    ),
    "login.wrong": ("Ce jeton n’est pas valable.", "This token isn’t valid.", "Ungültiges Token."),
    "login.devices": (
        "Ce jeton ne permet pas de lire les pages.",
        "This token doesn’t allow reading pages.",
        "Dieses Token erlaubt es nicht, Seiten zu lesen.",
    ),
    "login.done": ("Connecté : {name}.", "Logged in: {name}.", "Angemeldet: {name}."),
    "login.scopes": ("Droits : {scopes}.", "Scopes: {scopes}.", "Rechte: {scopes}."),
    # walking a figure down
    "w.title": (
        "D’où vient ce chiffre",
        "Where this figure comes from",
        "Woher diese Zahl kommt",
    ),
    "w.lead": (
        (
            "Le chiffre, puis les jeux de données qui y contribuent, puis les publications signées "
            "qui les portent."
        ),
        (
            "The figure, then the datasets that contribute to it, then the signed "
            "publications that carry them."
        ),
        (
            "Die Zahl, dann die Datensätze, die zu ihr beitragen, dann die signierten "
            "Veröffentlichungen, die sie tragen."
        ),
    ),
    "w.contributors": (
        "Jeux de données qui contribuent",
        "Datasets that contribute",
        "Beitragende Datensätze",
    ),
    "w.dataset": ("Jeu de données", "Dataset", "Datensatz"),
    "w.publications": ("Publications", "Publications", "Veröffentlichungen"),
    "w.publications.of": (
        "Publications de {name}",
        "Publications of {name}",
        "Veröffentlichungen von {name}",
    ),
    "w.more": (
        "Seules les {n} dernières publications sont montrées ici.",
        "Only the last {n} publications are shown here.",
        "Nur die letzten {n} Veröffentlichungen werden hier gezeigt.",
    ),
    "w.back": ("Retour au territoire", "Back to the territory", "Zurück zum Gebiet"),
    # publications
    "p.title": ("Publication", "Publication", "Veröffentlichung"),
    "p.place": ("Époque / séquence", "Epoch / sequence", "Epoche / Folge"),
    "p.mode": ("Mode", "Mode", "Art"),
    "mode.append": ("ajout", "append", "Ergänzung"),
    "mode.snapshot": ("table entière", "whole table", "ganze Tabelle"),
    "mode.delta": ("changements", "changes", "Änderungen"),
    "mode.unchanged": ("rien de nouveau", "nothing new", "nichts Neues"),
    "mode.withdraw": ("dépublication", "unpublishing", "Zurückziehung"),
    "p.rows": ("Lignes", "Rows", "Zeilen"),
    "p.issued": ("Publiée le", "Issued", "Veröffentlicht"),
    "p.received": ("Reçue le", "Received", "Empfangen"),
    "p.period": ("Période", "Period", "Zeitraum"),
    "p.verdict": ("Décision", "Decision", "Entscheidung"),
    "p.signer": ("Signée par", "Signed by", "Signiert von"),
    "p.signedfor": (
        "signé par {custodian} pour {name}",
        "signed by {custodian} for {name}",
        "signiert von {custodian} für {name}",
    ),
    "p.custodian": ("Opérateur des clés", "Key custodian", "Schlüsselverwahrer"),
    "p.digest": ("Empreinte", "Digest", "Fingerabdruck"),
    "p.previous": ("Précédente", "Previous", "Vorherige"),
    "p.first": ("première du jeu de données", "first of the dataset", "erste des Datensatzes"),
    "p.sharing": ("Partage", "Sharing", "Freigabe"),
    "p.origin": ("Origine", "Origin", "Herkunft"),
    "p.content": ("Contenu", "Content", "Inhalt"),
    "p.void": ("hors vigueur", "out of force", "außer Kraft"),
    "p.steps": (
        "Vérification, pas à pas",
        "Verification, step by step",
        "Prüfung, Schritt für Schritt",
    ),
    "p.steps.lead": (
        "Refaite à l’instant sur les octets reçus, avec ce que ce nœud sait.",
        "Done again just now on the bytes received, with what this node knows.",
        "Soeben an den empfangenen Bytes wiederholt, mit dem Wissen dieses Knotens.",
    ),
    "p.steps.none": (
        "Les octets de cette publication ne sont pas ici.",
        "The bytes of this publication aren’t here.",
        "Die Bytes dieser Veröffentlichung sind nicht hier.",
    ),
    "step.holds": ("tient", "holds", "gilt"),
    "step.held": ("en suspens", "held", "offen"),
    "step.fails": ("échoue", "fails", "gilt nicht"),
    "step.open": ("non atteint", "not reached", "nicht erreicht"),
    "verdict.accepted": ("acceptée", "accepted", "angenommen"),
    "verdict.refused": ("refusée", "refused", "abgelehnt"),
    "verdict.held": ("retenue", "held", "zurückgehalten"),
    "verdict.transport-fault": ("défaut de transport", "transport fault", "Übertragungsfehler"),
    "verdict.signed": ("signée, en route", "signed, on its way", "signiert, unterwegs"),
    "p.receipts": ("Accusés de réception", "Receipts", "Empfangsbestätigungen"),
    "p.receipts.none": (
        "Aucun accusé de réception n’est arrivé ici.",
        "No receipt has come here.",
        "Hier ist keine Empfangsbestätigung angekommen.",
    ),
    "p.receiver": ("Destinataire", "Receiver", "Empfänger"),
    "p.upto": ("Tient jusqu’à", "Holds up to", "Hat bis"),
    "p.accepted": ("Acceptées", "Accepted", "Angenommen"),
    "p.refused": ("Refusées", "Refused", "Abgelehnt"),
    "p.preview": ("Lignes (aperçu)", "Rows (preview)", "Zeilen (Vorschau)"),
    "p.preview.lead": (
        "Les {n} premières lignes sur {total}.",
        "The first {n} rows of {total}.",
        "Die ersten {n} von {total} Zeilen.",
    ),
    "p.erased": ("contenu effacé", "content erased", "Inhalt gelöscht"),
    "dl.mlg": (
        "Paquet vérifiable (.mlg)",
        "Verifiable bundle (.mlg)",
        "Prüfbares Paket (.mlg)",
    ),
    "dl.csv": ("CSV", "CSV", "CSV"),
    "dl.json": ("JSON", "JSON", "JSON"),
    # the node
    "n.title": ("Nœud", "Node", "Knoten"),
    "n.lead": (
        "Ce que ce nœud publie, ce qu’il reçoit, et ce qui demande un regard.",
        "What this node publishes, what it receives, and what needs a look.",
        "Was dieser Knoten veröffentlicht und empfängt, und was Aufmerksamkeit braucht.",
    ),
    "n.look": ("À regarder", "Needs a look", "Zu prüfen"),
    "n.fine": (
        "Rien à signaler : tout est parti, rien n’est refusé.",
        "Nothing to report: everything is sent, nothing is refused.",
        "Nichts zu melden: Alles ist verschickt, nichts abgelehnt.",
    ),
    "n.published": ("Jeux de données publiés", "Datasets published", "Veröffentlichte Datensätze"),
    "n.received": ("Jeux de données reçus", "Datasets received", "Empfangene Datensätze"),
    "n.last": ("Dernière publication", "Last publication", "Letzte Veröffentlichung"),
    "n.who": ("Qui l’a", "Who has it", "Wer sie hat"),
    "n.nobody": ("aucun accusé de réception", "no receipt", "keine Empfangsbestätigung"),
    "n.behind": ("en retard : {at}", "behind: {at}", "zurück: {at}"),
    "n.refusals": ("Refus", "Refusals", "Ablehnungen"),
    "n.reason": ("Raison", "Reason", "Grund"),
    "n.remedy": ("Que faire", "What to do", "Was zu tun ist"),
    "n.by": ("Par", "By", "Von"),
    "n.outbox": ("En attente d’envoi", "Waiting to be sent", "Warten auf Versand"),
    "n.held": ("Messages retenus", "Messages held", "Zurückgehaltene Nachrichten"),
    "n.hubs": ("Points d’échange", "Exchange points", "Austauschknoten"),
    "n.hub.on": ("connecté", "connected", "verbunden"),
    "n.hub.off": ("injoignable", "can’t be reached", "nicht erreichbar"),
    "n.hub.unseen": ("non vu", "not seen", "nicht gesehen"),
    "n.halted": ("À l’arrêt", "Halted", "Angehalten"),
    "n.messages": ("{n} messages", "{n} messages", "{n} Nachrichten"),
    "n.bodies": ("Organismes hébergés", "Bodies hosted", "Geführte Stellen"),
    "n.empty": ("aucun jeu de données", "no dataset", "kein Datensatz"),
    "n.until": ("Données jusqu’au", "Data until", "Daten bis"),
    "n.since": ("depuis le {at}", "since {at}", "seit {at}"),
    "n.charters": ("Conventions de partage", "Sharing agreements", "Vereinbarungen"),
    "n.members": ("{n} membres", "{n} members", "{n} Mitglieder"),
    "n.competences": (
        "Table des compétences inutilisable",
        "The table of competences can’t be used",
        "Die Tabelle der Zuständigkeiten ist unbrauchbar",
    ),
    "n.halted.draft": ("Non envoyé", "Not sent", "Nicht gesendet"),
    "n.halted.totals-only": (
        "Partagées en totaux seulement : les lignes ne quittent pas le nœud.",
        "Shared as totals only: the rows don’t leave the node.",
        "Nur als Summen geteilt: Die Zeilen verlassen den Knoten nicht.",
    ),
    "n.halted.charter-ended": (
        "La convention a pris fin : rien n’est plus envoyé sous elle.",
        "The agreement has ended: nothing is sent under it any more.",
        "Die Vereinbarung ist beendet: Darunter wird nichts mehr gesendet.",
    ),
    "n.away": ("Messages écartés", "Messages turned away", "Abgewiesene Nachrichten"),
    "n.away.text": (
        "Faute de place ; ils seront relus dès qu’il y en a.",
        "For want of room; they will be read again once there is some.",
        "Aus Platzmangel; sie werden erneut gelesen, sobald Platz ist.",
    ),
    # sensors
    "n.sensors": ("Capteurs", "Sensors", "Sensoren"),
    "n.sensors.silent": (
        "{n} capteurs silencieux sur {total}.",
        "{n} of {total} sensors are silent.",
        "{n} von {total} Sensoren schweigen.",
    ),
    "n.sensors.table": ("Table des capteurs", "Table of devices", "Gerätetabelle"),
    "n.sensors.failed": ("Mesures en attente", "Readings wait", "Messwerte warten"),
    "n.device": ("Capteur", "Device", "Gerät"),
    "n.reading": ("Dernière mesure", "Last reading", "Letzter Messwert"),
    "n.reading.waiting": ("À publier", "To be published", "Zu veröffentlichen"),
    "n.reading.refused": ("Mesures refusées", "Readings refused", "Abgelehnte Messwerte"),
    "n.reading.last": ("Dernière fois", "Last time", "Zuletzt"),
    "n.times": ("Fois", "Times", "Anzahl"),
    "n.silent": ("silencieux", "silent", "schweigt"),
    "n.never": ("rien reçu", "nothing came", "nichts empfangen"),
    "n.sends": ("émet", "sends", "sendet"),
    "sensor.device-unknown": (
        "absent de la table des capteurs",
        "isn’t in the table of devices",
        "steht nicht in der Gerätetabelle",
    ),
    "sensor.field-missing": ("champ absent", "a field is missing", "ein Feld fehlt"),
    "sensor.field-type": ("pas un nombre", "no number", "keine Zahl"),
    "sensor.field-range": (
        "hors des bornes plausibles",
        "not plausible",
        "außerhalb der plausiblen Grenzen",
    ),
    "sensor.time-range": (
        "heure trop ancienne ou future",
        "time too long ago or ahead",
        "Zeit zu alt oder in der Zukunft",
    ),
    "sensor.counter-reset": (
        "index revenu en arrière",
        "the meter went back",
        "Zähler lief zurück",
    ),
    "sensor.counter-range": (
        "différence d’index non plausible",
        "difference not plausible",
        "Zählerdifferenz nicht plausibel",
    ),
    # a dataset
    "d.title": ("Jeu de données", "Dataset", "Datensatz"),
    "d.duty": ("Obligation de publier", "Duty to publish", "Pflicht zu veröffentlichen"),
    "d.competence": ("Qui exerce la compétence", "Who holds the competence", "Wer zuständig ist"),
    "d.record": (
        "Fiche pour le registre des traitements",
        "Sheet for the record of processing",
        "Blatt für das Verarbeitungsverzeichnis",
    ),
    "d.record.text": (
        "RGPD, article 30. À reprendre dans le registre de l’organisme :",
        "GDPR, article 30. To be taken over into the body’s record:",
        "DSGVO, Artikel 30. Zur Übernahme in das Verzeichnis der Stelle:",
    ),
    "d.owner": ("Propriétaire", "Owner", "Eigentümer"),
    "d.fields": ("Champs", "Fields", "Felder"),
    "d.field": ("Champ", "Field", "Feld"),
    "d.label": ("Libellé", "Label", "Bezeichnung"),
    "d.type": ("Type", "Type", "Typ"),
    "d.key": ("clé", "key", "Schlüssel"),
    "d.required": ("obligatoire", "required", "Pflicht"),
    "d.unlabelled": (
        "sans libellé en français",
        "without an English label",
        "ohne deutsche Bezeichnung",
    ),
    "d.used": ("Qui l’utilise", "Who uses it", "Wer ihn nutzt"),
    "d.used.in": (
        "Synthèses de son territoire",
        "Summaries of its territory",
        "Übersichten seines Gebiets",
    ),
    "d.download": ("Télécharger", "Download", "Herunterladen"),
    "d.aggregate": (
        "Totaux seulement : les lignes ne quittent pas leur nœud.",
        "Totals only: the rows don’t leave their node.",
        "Nur Summen: Die Zeilen verlassen ihren Knoten nicht.",
    ),
    # upload
    "u.title": ("Déposer un fichier", "Hand in a file", "Datei einreichen"),
    "u.lead": (
        (
            "Le fichier est d’abord contrôlé, cellule par cellule. Rien n’est publié sans votre "
            "confirmation."
        ),
        (
            "The file is checked first, cell by cell. Nothing is published without your "
            "confirmation."
        ),
        (
            "Die Datei wird zuerst geprüft, Zelle für Zelle. Ohne Ihre Bestätigung wird nichts "
            "veröffentlicht."
        ),
    ),
    "u.body": ("Organisme", "Body", "Stelle"),
    "u.schema": ("Schéma", "Schema", "Schema"),
    "u.schema.all": ("Tous les engagements", "All commitments", "Alle Verpflichtungen"),
    "u.schema.own": ("Autres schémas", "Other schemas", "Weitere Schemas"),
    "u.forms": ("Modèle à remplir :", "File to fill in:", "Datei zum Ausfüllen:"),
    "u.slug": ("Nom court (facultatif)", "Short name (optional)", "Kurzname (freiwillig)"),
    "u.slug.hint": (
        "Pour distinguer plusieurs jeux sous le même schéma, par exemple « ecole ».",
        "To tell several datasets under one schema apart, for example “school”.",
        "Um mehrere Datensätze unter einem Schema zu unterscheiden, etwa „schule“.",
    ),
    "u.file": ("Fichier", "File", "Datei"),
    "u.file.hint": (
        "CSV, XLSX, ODS, JSON, GeoJSON ou Parquet ; {size} au plus.",
        "CSV, XLSX, ODS, JSON, GeoJSON or Parquet; {size} at most.",
        "CSV, XLSX, ODS, JSON, GeoJSON oder Parquet; höchstens {size}.",
    ),
    "u.check": ("Contrôler", "Check", "Prüfen"),
    "u.report": ("Rapport de contrôle", "Check report", "Prüfbericht"),
    "u.valid": (
        "Valide : {rows} lignes pour {dataset}.",
        "Valid: {rows} rows for {dataset}.",
        "Gültig: {rows} Zeilen für {dataset}.",
    ),
    "u.invalid": (
        "{total} erreurs dans {rows} lignes ; rien n’est publié.",
        "{total} errors in {rows} rows; nothing is published.",
        "{total} Fehler in {rows} Zeilen; nichts wird veröffentlicht.",
    ),
    "u.shown": (
        "{n} erreurs sont montrées.",
        "{n} errors are shown.",
        "{n} Fehler werden gezeigt.",
    ),
    "u.row": ("Ligne", "Line", "Zeile"),
    "u.column": ("Colonne", "Column", "Spalte"),
    "u.value": ("Valeur", "Value", "Wert"),
    "u.fault": ("Erreur", "Error", "Fehler"),
    "u.rule": ("Règle", "Rule", "Regel"),
    "u.guessed": (
        "Ce que la lecture a supposé ou écarté",
        "What reading guessed or left out",
        "Was beim Lesen angenommen oder ausgelassen wurde",
    ),
    "u.english": (
        "Le rapport est en français.",
        "The report is in English.",
        "Den Prüfbericht gibt es noch nicht auf Deutsch; er steht hier auf Englisch.",
    ),
    "u.confirm": ("Publier", "Publish", "Veröffentlichen"),
    "u.cancel": ("Abandonner", "Discard", "Verwerfen"),
    "u.again": ("Déposer un autre fichier", "Hand in another file", "Weitere Datei einreichen"),
    "u.done": (
        "Pris en charge : {rows} lignes de {dataset}, envoyées dès que le point d’échange répond.",
        "Taken in: {rows} rows of {dataset}, sent as soon as the exchange point answers.",
        "Angenommen: {rows} Zeilen von {dataset}, gesendet, sobald der Austauschknoten antwortet.",
    ),
    "u.wait": (
        "Envoi et contrôle en cours…",
        "Sending and checking…",
        "Wird gesendet und geprüft…",
    ),
    "u.share.open": ("Ouvert à tous", "Open to everybody", "Offen für alle"),
    "u.share.under": (
        "Membres de : {title}",
        "Members of: {title}",
        "Mitglieder von: {title}",
    ),
    "u.share.choose": ("Choisir…", "Choose…", "Bitte wählen…"),
    "u.share.hint": (
        "Avec qui ce jeu de données est partagé. Le choix reste pour ses publications à venir.",
        "With whom this dataset is shared. The choice stays for its publications to come.",
        "Mit wem dieser Datensatz geteilt wird. Das gilt auch für künftige Veröffentlichungen.",
    ),
    "u.share.stays": (
        "Comme ses publications précédentes.",
        "As its publications before.",
        "Wie seine bisherigen Veröffentlichungen.",
    ),
    "u.whole": ("tout le fichier", "whole file", "ganze Datei"),
    "u.preview": ("Aperçu", "Preview", "Vorschau"),
}
