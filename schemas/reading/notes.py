"""What reading guessed, for people: what a file didn't say and the reader took to be so."""

from dataclasses import dataclass
from typing import Final

_PHRASES: Final[dict[str, tuple[str, str]]] = {
    "encoding": (
        "Encodage {value} (le fichier n'est pas en UTF-8).",
        "Encoding {value} (the file is not UTF-8).",
    ),
    "delimiter": ("Séparateur : {value}.", "Separator: {value}."),
    "decimal-comma": (
        "Colonne « {column} » : virgule décimale.",
        "Column “{column}”: decimal comma.",
    ),
    "local-time": (
        "Colonne « {column} » : dates sans fuseau, lues à l'heure de {value}.",
        "Column “{column}”: times without offset, read as local time of {value}.",
    ),
    "day-first": (
        "Colonne « {column} » : dates lues comme jour/mois/année.",
        "Column “{column}”: dates read as day/month/year.",
    ),
    "month": (
        "Colonne « {column} » : mois lus comme leur premier jour.",
        "Column “{column}”: months read as their first day.",
    ),
    "thousands": (
        "Colonne « {column} » : espaces entre les milliers.",
        "Column “{column}”: spaces between thousands.",
    ),
    "sign": (
        "Colonne « {column} » : signe € ou % derrière les nombres, laissé de côté.",
        "Column “{column}”: sign € or % behind numbers, left out.",
    ),
    "sep-line": (
        "La première ligne « sep={value} » est une consigne pour Excel, pas l'en-tête.",
        "The first line “sep={value}” is an instruction for Excel, not the header.",
    ),
    "boolean-words": (
        "Colonne « {column} » : mots (oui/non, vrai/faux) lus comme valeurs logiques.",
        "Column “{column}”: words (yes/no and true/false in French) read as booleans.",
    ),
    "bars": (
        "Colonne « {column} » : cellules sans crochets lues comme listes séparées par « | ».",
        "Column “{column}”: cells without brackets read as lists separated by “|”.",
    ),
    "wrapper": (
        "Les objets lus sont ceux de la liste « {value} ».",
        "The objects read are those of the list “{value}”.",
    ),
    "wrapper-unread": (
        "À côté de la liste, non lu : {value}.",
        "Beside the list, not read: {value}.",
    ),
    "json-text": (
        "Colonne « {column} » : listes d'objets gardées en texte JSON, vide si elles le sont.",
        "Column “{column}”: lists of objects kept as JSON text, empty if they are.",
    ),
    "personal": (
        "Colonne « {column} » : donnée personnelle, écartée ; elle ne quitte pas le nœud.",
        "Column “{column}”: personal data, left out; it doesn't leave the node.",
    ),
    "label": ("Colonne « {column} » lue comme {value}.", "Column “{column}” read as {value}."),
    "synonym": (
        "Colonne « {column} » lue comme {value} (synonyme).",
        "Column “{column}” read as {value} (synonym).",
    ),
    "mapped": (
        "Colonne « {column} » lue comme {value} (correspondance).",
        "Column “{column}” read as {value} (mapping).",
    ),
    "left-out": (
        "Colonne « {column} » laissée de côté (correspondance).",
        "Column “{column}” left out (mapping).",
    ),
    "unnamed": (
        "Colonnes sans nom laissées de côté (correspondance).",
        "Columns without a name left out (mapping).",
    ),
    "constant": (
        "Colonne « {column} » : {value} sur chaque ligne (correspondance).",
        "Column “{column}”: {value} on each line (mapping).",
    ),
    "absent": (
        "La correspondance connaît une colonne « {column} » que le fichier n'a pas.",
        "The mapping knows a column “{column}” that the file doesn't have.",
    ),
    "translated": (
        "Colonne « {column} » : valeurs traduites (correspondance).",
        "Column “{column}”: values translated (mapping).",
    ),
    "outdated": (
        "La correspondance retenue pour ce jeu de données ne convient plus au schéma : écartée.",
        "The column mapping remembered for this dataset no longer fits the schema; it isn't used.",
    ),
    "too-large": (
        "Le fichier est trop grand pour être publié en une fois (au plus {value}) : le partager.",
        "The file is too large to be published at once (at most {value}): split it.",
    ),
    "remembered": (
        "Correspondance des colonnes retenue pour ce jeu de données, employée de nouveau.",
        "Column mapping remembered for this dataset, used again.",
    ),
    "suffix": (
        "Le fichier est du {value}, bien que son nom dise autre chose : il est lu comme tel.",
        "The file is {value} though its name says otherwise: it is read as such.",
    ),
    "sheet": ("Feuille lue : « {value} ».", "Sheet read: “{value}”."),
    "sheets-unread": ("Feuilles non lues : {value}.", "Sheets not read: {value}."),
    "sheets-hidden": (
        "Feuilles masquées, non lues : {value}.",
        "Hidden sheets, not read: {value}.",
    ),
    "header-row": (
        "L'en-tête est à la ligne {value} ; ce qui est au-dessus n'est pas lu.",
        "The header is on row {value}; what stands above is not read.",
    ),
    "formulas": (
        "Cellules calculées par une formule : {value} ; leur dernier résultat enregistré est lu.",
        "Cells made by a formula: {value}; their last stored result is read.",
    ),
    "gtfs": (
        "GTFS : passages à la demande réunis en lignes du schéma, {value}.",
        "GTFS: stop times on demand joined to rows of the schema, {value}.",
    ),
    "gtfs-first": (
        "Colonne « {column} » : plusieurs valeurs pour une même ligne, la première est prise.",
        "Column “{column}”: several values for one row, the first is taken.",
    ),
    "gtfs-zones": (
        "Colonne « {column} » : plusieurs zones pour une même ligne, réunies.",
        "Column “{column}”: several zones for one row, put together.",
    ),
    "gtfs-no-rule": (
        "Passages à la demande sans règle de réservation, laissés de côté : {value}.",
        "Stop times on demand without a booking rule, left out: {value}.",
    ),
    "gtfs-unread": (
        "Fichiers du GTFS qui n'ont pas été lus : {value}.",
        "Files of the GTFS that were not read: {value}.",
    ),
    "feature-id": (
        "Colonne « {column} » : prise dans le membre « id » des entités GeoJSON.",
        "Column “{column}”: taken from the member “id” of the GeoJSON features.",
    ),
    "geometry-unplaced": (
        "Géométries sans colonne dans le schéma, laissées de côté : {value}.",
        "Geometries that the schema has no column for, left out: {value}.",
    ),
    "altitude": (
        "Altitudes des points laissées de côté.",
        "Altitudes of points left out.",
    ),
    "coordinates-rounded": (
        "Colonnes {column} : coordonnées des points arrondies à la précision du schéma.",
        "Columns {column}: coordinates of points rounded to the precision of the schema.",
    ),
    "point-list": (
        "Colonne « {column} » : points écrits [longitude, latitude], lus comme longitude,latitude.",
        "Column “{column}”: points written [longitude, latitude], read as longitude,latitude.",
    ),
    "rounded": (
        "Colonne « {column} » : chiffres au-delà de la précision du schéma arrondis.",
        "Column “{column}”: digits beyond the precision of the schema rounded.",
    ),
    "rows-hidden": (
        "Lignes masquées ou filtrées : {value} ; elles sont lues aussi.",
        "Hidden or filtered rows: {value}; they are read too.",
    ),
}
_DELIMITERS: Final = {
    ",": ("virgule", "comma"),
    ";": ("point-virgule", "semicolon"),
    "\t": ("tabulation", "tab"),
}


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One thing that was guessed or left out.

    Attributes:
        code: One of `codes()`.
        column: Column name; None: the whole file.
        value: What was taken, such as `Windows-1252`, `;`, `Europe/Paris`.
    """

    code: str
    column: str | None = None
    value: str | None = None

    def text(self, lang: str = "fr") -> str:
        """The note as one sentence.

        Args:
            lang: `fr`, else English.
        """
        at = 0 if lang == "fr" else 1
        value = self.value or ""
        if self.code == "delimiter" and value in _DELIMITERS:
            value = _DELIMITERS[value][at]
        return _PHRASES[self.code][at].format(column=self.column, value=value)


def codes() -> frozenset[str]:
    """Codes that have sentences."""
    return frozenset(_PHRASES)
