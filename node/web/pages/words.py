"""Words of the pages in French, English and German: those of the glossary (docs/pages.md)."""

from collections.abc import Mapping
from typing import Final

Three = tuple[str, str, str]
"""French, English, German."""

COMMON: Final[Mapping[str, Three]] = {
    "maillage": ("Maillage", "Maillage", "Maillage"),
    "tagline": (
        "Partage de données entre communes",
        "Data sharing between communes",
        "Datenaustausch zwischen Gemeinden",
    ),
    "skip": ("Aller au contenu", "Skip to content", "Zum Inhalt springen"),
    "nav": ("Navigation principale", "Main navigation", "Hauptnavigation"),
    "nav.territories": ("Territoires", "Territories", "Gebiete"),
    "nav.node": ("Nœud", "Node", "Knoten"),
    "nav.upload": ("Déposer un fichier", "Hand in a file", "Datei einreichen"),
    "nav.twins": ("Jumelages", "Twinnings", "Partnerschaften"),
    "nav.login": ("Connexion", "Log in", "Anmelden"),
    "nav.logout": ("Se déconnecter", "Log out", "Abmelden"),
    "nav.languages": ("Langue", "Language", "Sprache"),
    "breadcrumb": ("Fil d’Ariane", "Breadcrumb", "Brotkrumen"),
    "simulated": ("Données simulées", "Simulated data", "Simulierte Daten"),
    "simulated.text": (
        "Tout ou partie de ce qui est montré ici est simulé ; ce ne sont pas des mesures.",
        "All or part of what is shown here is simulated; these are no measurements.",
        "Was hier gezeigt wird, ist ganz oder teilweise simuliert; es sind keine Messwerte.",
    ),
    "absent": ("aucune donnée", "no data", "keine Daten"),
    "footer.local": (
        "Ces pages viennent du nœud lui-même : aucun autre serveur n’est interrogé.",
        "These pages come from the node itself: no other server is asked.",
        "Diese Seiten kommen vom Knoten selbst: Kein anderer Server wird gefragt.",
    ),
    "footer.times": (
        "Heures : fuseau {zone}.",
        "Times: zone {zone}.",
        "Zeiten: Zeitzone {zone}.",
    ),
    "footer.vintage": (
        "Millésime des territoires : {year}",
        "Territory vintage: {year}",
        "Gebietsstand: {year}",
    ),
    "footer.sources": (
        "Territoires : Etalab, d’après INSEE et DGCL. Positions : IGN, ADMIN EXPRESS COG.",
        "Territories: Etalab, after INSEE and DGCL. Positions: IGN, ADMIN EXPRESS COG.",
        "Gebiete: Etalab, nach INSEE und DGCL. Lage: IGN, ADMIN EXPRESS COG.",
    ),
    "live.on": ("En direct", "Live", "Live"),
    "live.off": (
        "Liaison perdue, nouvel essai…",
        "Connection lost, trying again…",
        "Verbindung verloren, neuer Versuch…",
    ),
    "live.wait": ("Liaison en cours…", "Connecting…", "Verbindung wird aufgebaut…"),
    "live.moved": ("Chiffres mis à jour", "Figures updated", "Zahlen aktualisiert"),
    "yes": ("oui", "yes", "ja"),
    "no": ("non", "no", "nein"),
    "none": ("aucun", "none", "keine"),
    "unknown": ("inconnu", "unknown", "unbekannt"),
    "show": ("Afficher", "Show", "Anzeigen"),
    "search": ("Rechercher", "Search", "Suchen"),
    "back": ("Retour", "Back", "Zurück"),
    "more": ("… et {n} autres", "… and {n} more", "… und {n} weitere"),
    "scroll": (
        "Tableau, défile horizontalement",
        "Table, scrolls horizontally",
        "Tabelle, horizontal verschiebbar",
    ),
    # kinds of place
    "level.commune": ("Commune", "Commune", "Gemeinde"),
    "level.epci": ("Intercommunalité", "Intercommunal body", "Gemeindeverband"),
    "level.departement": ("Département", "Département", "Département"),
    "level.collectivity": (
        "Collectivité d’outre-mer",
        "Overseas collectivity",
        "Überseekörperschaft",
    ),
    "level.region": ("Région", "Région", "Region"),
    "level.country": ("Pays", "Country", "Land"),
    "level.free": ("Territoire libre", "Free territory", "Freies Gebiet"),
    "level.abroad": ("Commune à l’étranger", "Municipality abroad", "Gemeinde im Ausland"),
    "levels.commune": ("Communes", "Communes", "Gemeinden"),
    "levels.epci": ("Intercommunalités", "Intercommunal bodies", "Gemeindeverbände"),
    "levels.departement": ("Départements", "Départements", "Départements"),
    "levels.region": ("Régions", "Régions", "Regionen"),
    # windows
    "window.hour": ("Heure", "Hour", "Stunde"),
    "window.day": ("Jour", "Day", "Tag"),
    "window.month": ("Mois", "Month", "Monat"),
    "window.year": ("Année", "Year", "Jahr"),
    "window.none": ("Inventaire", "Register", "Verzeichnis"),
    # origins
    "origin.own": ("mesure propre", "own measurement", "eigene Erhebung"),
    "origin.delegated": ("déléguée", "delegated", "beauftragt"),
    "origin.relayed": (
        "reprise d’une source nationale",
        "relayed from a national source",
        "aus nationaler Quelle übernommen",
    ),
    "origin.simulated": ("simulée", "simulated", "simuliert"),
    # sharing
    "sharing.open": ("ouvert", "open", "offen"),
    "sharing.federation": (
        "membres de la convention",
        "members of the agreement",
        "Mitglieder der Vereinbarung",
    ),
    "sharing.partners": ("partenaires nommés", "named partners", "benannte Partner"),
    "sharing.aggregate-only": ("totaux seulement", "totals only", "nur Summen"),
    # figures
    "fig.sum": ("Total", "Total", "Summe"),
    "fig.mean": ("Moyenne", "Mean", "Mittelwert"),
    "fig.weighted_mean": ("Moyenne pondérée", "Weighted mean", "Gewichteter Mittelwert"),
    "fig.ratio": ("Rapport", "Ratio", "Verhältnis"),
    "fig.min": ("Minimum", "Minimum", "Minimum"),
    "fig.max": ("Maximum", "Maximum", "Maximum"),
    "fig.count": ("Relevés", "Readings", "Messwerte"),
    "fig.number": ("Nombre", "Number", "Anzahl"),
}

TERRITORY: Final[Mapping[str, Three]] = {
    "start.title": ("Territoires", "Territories", "Gebiete"),
    "start.lead": (
        (
            "Chaque commune garde ses données sur son nœud et publie ce qu’elle choisit. "
            "Les chiffres d’un territoire sont composés ici à partir de ces publications signées."
        ),
        (
            "Each commune keeps its data on its own node and publishes what it chooses. "
            "The figures of a territory are composed here from those signed publications."
        ),
        (
            "Jede Gemeinde behält ihre Daten auf ihrem Knoten und veröffentlicht, was sie will. "
            "Die Zahlen eines Gebiets werden hier aus diesen signierten Veröffentlichungen "
            "zusammengestellt."
        ),
    ),
    "start.find": ("Trouver un territoire", "Find a territory", "Ein Gebiet finden"),
    "start.find.label": (
        "Nom ou code (commune, intercommunalité, département, région)",
        "Name or code (commune, intercommunal body, département, région)",
        "Name oder Code (Gemeinde, Gemeindeverband, Département, Region)",
    ),
    "start.found": (
        "Résultats pour « {q} »",
        "Results for “{q}”",
        "Ergebnisse für „{q}“",
    ),
    "start.nothing": (
        "Aucun territoire de ce nom dans le millésime.",
        "No territory of that name in this vintage.",
        "Kein Gebiet dieses Namens im Gebietsstand.",
    ),
    "start.composed": (
        "Territoires que ce nœud compose",
        "Territories that this node composes",
        "Gebiete, die dieser Knoten zusammenstellt",
    ),
    "start.hosted": (
        "Organismes hébergés ici",
        "Bodies hosted here",
        "Hier geführte Stellen",
    ),
    "start.data": (
        "Communes dont des données sont ici",
        "Communes whose data are here",
        "Gemeinden, deren Daten hier sind",
    ),
    "start.members": ("Communes", "Communes", "Gemeinden"),
    "t.title": ("Vue du territoire", "Territory view", "Gebietsansicht"),
    "t.choose": ("Choisir", "Choose", "Auswählen"),
    "t.measure": ("Mesure", "Measure", "Messgröße"),
    "t.window": ("Pas de temps", "Time step", "Zeitschritt"),
    "t.start": ("Du", "From", "Von"),
    "t.end": ("Au", "To", "Bis"),
    "t.at": ("Détail pour", "Detail for", "Einzelheiten für"),
    "t.up": ("Appartient à", "Belongs to", "Gehört zu"),
    "t.down": ("Comprend", "Comprises", "Umfasst"),
    "t.total": ("Total du territoire", "Territory total", "Summe des Gebiets"),
    "t.series": ("Dans le temps", "Over time", "Im Zeitverlauf"),
    "t.series.caption": (
        "{measure}, {name}, par {window}",
        "{measure}, {name}, by {window}",
        "{measure}, {name}, je {window}",
    ),
    "t.coverage": ("Complétude", "Completeness", "Vollständigkeit"),
    "t.coverage.lead": (
        "Qui est attendu, et ce qui est arrivé. Ce qui manque n’est jamais compté comme zéro.",
        "Who is expected, and what has come. What is missing never counts as zero.",
        "Wer erwartet wird und was angekommen ist. Fehlendes zählt nie als null.",
    ),
    "t.bodies": ("Organismes", "Bodies", "Stellen"),
    "t.of": ("{n} sur {total}", "{n} of {total}", "{n} von {total}"),
    "t.communes.with": (
        "Communes avec des chiffres",
        "Communes with figures",
        "Gemeinden mit Zahlen",
    ),
    "t.population": (
        "Habitants des communes avec des chiffres (population {years})",
        "Inhabitants of the communes with figures (population of {years})",
        "Einwohner der Gemeinden mit Zahlen (Bevölkerung {years})",
    ),
    "t.readings": ("Relevés reçus", "Readings received", "Empfangene Messwerte"),
    "state.expected": ("Attendus", "Expected", "Erwartet"),
    "state.received": ("Reçu", "Received", "Empfangen"),
    "state.late": ("En retard", "Late", "Verspätet"),
    "state.refused": ("Refusé", "Refused", "Abgelehnt"),
    "state.withheld": ("Non partagé", "Withheld", "Nicht geteilt"),
    "state.suppressed": ("Protégé par le secret", "Suppressed", "Geheim gehalten"),
    "state.awaited": ("Pas encore attendu", "Not due yet", "Noch nicht fällig"),
    "state.absent": ("Ne publie pas ici", "Doesn’t publish here", "Veröffentlicht hier nicht"),
    "t.map": ("Carte", "Map", "Karte"),
    "t.map.text": (
        (
            "Un cercle par commune, de surface proportionnelle au chiffre. "
            "Les mêmes chiffres sont dans le tableau « {table} »."
        ),
        (
            "One circle per commune, its area proportional to the figure. "
            "The same figures are in the table “{table}”."
        ),
        (
            "Ein Kreis je Gemeinde, seine Fläche entspricht der Zahl. "
            "Dieselben Zahlen stehen in der Tabelle „{table}“."
        ),
    ),
    "t.map.none": (
        (
            "La carte n’a pas pu être dessinée (JavaScript ou WebGL manque) ; le tableau dit la "
            "même chose."
        ),
        "The map couldn’t be drawn (JavaScript or WebGL is missing); the table says the same.",
        (
            "Die Karte konnte nicht gezeichnet werden (JavaScript oder WebGL fehlt); die Tabelle "
            "sagt dasselbe."
        ),
    ),
    "t.map.legend": ("Légende", "Legend", "Legende"),
    "t.map.absent": (
        "sans donnée (ce n’est pas zéro)",
        "no data (which isn’t zero)",
        "keine Daten (das ist nicht null)",
    ),
    "t.map.other": (
        "autre commune du territoire",
        "other commune of the territory",
        "andere Gemeinde des Gebiets",
    ),
    "t.map.zoomin": ("Agrandir", "Zoom in", "Vergrößern"),
    "t.map.zoomout": ("Réduire", "Zoom out", "Verkleinern"),
    "t.map.reset": ("Tout voir", "Show all", "Alles zeigen"),
    "t.map.open": ("Voir la commune", "See the commune", "Zur Gemeinde"),
    "t.table": ("Communes", "Communes", "Gemeinden"),
    "t.table.caption": (
        "{measure} par commune, {window}",
        "{measure} by commune, {window}",
        "{measure} je Gemeinde, {window}",
    ),
    "t.group.caption": (
        "{measure} par {level}, {window}",
        "{measure} by {level}, {window}",
        "{measure} je {level}, {window}",
    ),
    "t.code": ("Code", "Code", "Code"),
    "t.state": ("État", "State", "Stand"),
    "t.part": ("communes avec chiffres", "communes with figures", "Gemeinden mit Zahlen"),
    "t.others": (
        "{n} autres communes du territoire ne publient pas cette mesure ici.",
        "{n} other communes of the territory don’t publish this measure here.",
        "{n} weitere Gemeinden des Gebiets veröffentlichen diese Messgröße hier nicht.",
    ),
    "t.nothing": (
        "Aucun chiffre n’est arrivé pour cette mesure et cette période.",
        "No figure has come for this measure and period.",
        "Für diese Messgröße und diesen Zeitraum ist keine Zahl angekommen.",
    ),
    "t.otherwindows": (
        "{n} communes ont des chiffres à un autre pas de temps, qui ne sont pas montrés.",
        "{n} communes have figures in other windows, which aren’t shown.",
        "{n} Gemeinden haben Zahlen in anderen Zeitschritten, die nicht gezeigt werden.",
    ),
    "t.walk": (
        "D’où vient ce chiffre ?",
        "Where does this figure come from?",
        "Woher kommt diese Zahl?",
    ),
    "t.walk.of": (
        "D’où vient le chiffre : {name}",
        "Where the figure comes from: {name}",
        "Woher die Zahl kommt: {name}",
    ),
    "t.about": ("À propos de ces chiffres", "About these figures", "Zu diesen Zahlen"),
    "t.licence": ("Licence", "Licence", "Lizenz"),
    "t.vintage": ("Millésime", "Vintage", "Gebietsstand"),
    "t.schema": ("Schéma", "Schema", "Schema"),
    "t.unit": ("Unité", "Unit", "Einheit"),
    "t.live": (
        "Vue calculée à l’instant, non signée.",
        "A view computed just now, unsigned.",
        "Soeben berechnete, nicht signierte Ansicht.",
    ),
    "t.download": ("Télécharger", "Download", "Herunterladen"),
    "t.noregion": (
        "Aucune intercommunalité",
        "No intercommunal body",
        "Kein Gemeindeverband",
    ),
}
