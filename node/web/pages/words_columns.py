"""Words of the form that asks which column of a file is which, and of reports to keep."""

from collections.abc import Mapping
from typing import Final

from node.web.pages.words import Three

COLUMNS: Final[Mapping[str, Three]] = {
    "m.title": (
        "Quelle colonne est laquelle ?",
        "Which column is which?",
        "Welche Spalte ist welche?",
    ),
    "m.lead": (
        "Des colonnes du fichier s’appellent autrement que dans le schéma : dire lesquelles.",
        "Columns of the file are called otherwise than in the schema: say which ones they are.",
        "Spalten der Datei heißen anders als im Schema: angeben, welche es sind.",
    ),
    "m.lead.kept": (
        "La réponse est retenue pour ce jeu de données, une fois le fichier publié.",
        "The answer is remembered for this dataset, once the file is published.",
        "Die Antwort wird für diesen Datensatz gemerkt, sobald die Datei veröffentlicht ist.",
    ),
    "m.change": (
        "Changer la correspondance des colonnes",
        "Change which column is which",
        "Zuordnung der Spalten ändern",
    ),
    "m.in-file": ("Dans le fichier", "In the file", "In der Datei"),
    "m.examples": ("Exemples", "Examples", "Beispiele"),
    "m.column": ("Colonne du schéma", "Column of the schema", "Spalte des Schemas"),
    "m.why": ("Pourquoi", "Why", "Warum"),
    "m.leave": ("– laisser de côté –", "– leave out –", "– weglassen –"),
    "m.confirm": ("à vérifier", "to be checked", "zu prüfen"),
    "m.unsure": ("inconnue", "unknown", "unbekannt"),
    "m.constants": (
        "Colonnes que le fichier n’a pas",
        "Columns that the file doesn’t have",
        "Spalten, die die Datei nicht hat",
    ),
    "m.constants.hint": (
        "Si la valeur est la même sur chaque ligne, l’écrire ici.",
        "Where the value is the same on each line, write it here.",
        "Ist der Wert in jeder Zeile gleich, hier eintragen.",
    ),
    "m.spellings": ("Valeurs lues autrement", "Values read otherwise", "Anders gelesene Werte"),
    "m.unnamed": (
        "Laisser de côté les colonnes sans nom",
        "Leave out the columns without a name",
        "Spalten ohne Namen weglassen",
    ),
    "m.check": (
        "Contrôler avec cette correspondance",
        "Check with these columns",
        "Mit dieser Zuordnung prüfen",
    ),
    "m.fresh": (
        "Repartir sans correspondance",
        "Start again without a mapping",
        "Ohne Zuordnung neu beginnen",
    ),
    "m.twice": (
        "Deux colonnes du fichier sont « {column} » : n’en garder qu’une.",
        "Two columns of the file are “{column}”: keep one of them.",
        "Zwei Spalten der Datei sind „{column}“: nur eine davon behalten.",
    ),
    "m.constant": (
        "« {value} » ne convient pas à la colonne « {column} ».",
        "“{value}” doesn’t fit the column “{column}”.",
        "„{value}“ passt nicht zur Spalte „{column}“.",
    ),
    "m.personal": (
        "Une colonne personnelle du schéma ne peut pas être lue comme une autre : elle sortirait.",
        "A personal column of the schema can’t be read as another one: it would leave the node.",
        "Eine personenbezogene Spalte darf nicht als andere gelesen werden: Sie ginge hinaus.",
    ),
    "m.unknown": (
        "Cette réponse ne convient pas au schéma : la vérifier.",
        "This answer doesn’t fit the schema: check it.",
        "Diese Antwort passt nicht zum Schema: bitte prüfen.",
    ),
    "m.report": ("Garder ce rapport :", "Keep this report:", "Diesen Bericht behalten:"),
    "m.report.html": ("page à imprimer", "page to print", "Seite zum Drucken"),
    "m.report.txt": ("texte", "text", "Text"),
}
