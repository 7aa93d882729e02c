"""Sentences of reports, French and English: what is wrong, and what to do.

Keys are `<rule>` or `<rule>/<case>`; the rule alone is the answer for a case that has no sentence
of its own.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

WHERE: Final = {"fr": ("ligne {}", "colonne « {} »"), "en": ("line {}", "column “{}”")}
NO_FAULT: Final = {
    "fr": "Valide. Lignes : {rows}.",
    "en": "Valid. Rows: {rows}.",
}
SUMMARY: Final = {
    "fr": "Erreurs : {total}, montrées : {shown}, lignes : {rows}.",
    "en": "Errors: {total}, shown: {shown}, rows: {rows}.",
}


class Phrase(NamedTuple):
    """What is wrong, and what to do."""

    message: str
    remedy: str


class _Slots(dict[str, str]):
    """A parameter that nobody gave leaves a hole in the sentence, not an error in the report."""

    def __missing__(self, key: str) -> str:
        return "?"


def phrase(rule: str, slots: Mapping[str, str], lang: str) -> Phrase:
    """The sentences of a rule with its parameters filled in.

    Args:
        rule: Error code.
        slots: Parameters; `case` chooses among the rule's sentences.
        lang: `fr`, else English.
    """
    french, english = _PHRASES.get(
        f"{rule}/{slots.get('case')}", _PHRASES.get(rule, _PHRASES["error"])
    )
    message, remedy = french if lang == "fr" else english
    filled = _Slots(slots)
    return Phrase(message.format_map(filled), remedy.format_map(filled))


def cases() -> frozenset[str]:
    """Rules and cases that have sentences, `<rule>` or `<rule>/<case>`."""
    return frozenset(_PHRASES)


def _of_type(fr: str, en: str, example: str) -> tuple[Phrase, Phrase]:
    return (
        Phrase(f"« {{value}} » n'est pas {fr}.", f"Écrire par exemple {example}, ou rien si vide."),
        Phrase(f"“{{value}}” is not {en}.", f"Write for example {example}, or nothing if unknown."),
    )


_TYPES: Final[dict[str, tuple[Phrase, Phrase]]] = {
    "type-error/string": _of_type("un texte", "a text", "Arvieu"),
    "type-error/integer": _of_type("un nombre entier", "a whole number", "1250"),
    "type-error/number": _of_type("un nombre", "a number", "12.5"),
    "type-error/boolean": _of_type("une valeur vrai/faux", "a true/false value", "true"),
    "type-error/date": _of_type("une date", "a date", "2026-03-31"),
    "type-error/datetime": _of_type(
        "une date avec heure et fuseau", "a date and time with its offset", "2026-03-31T14:00:00Z"
    ),
    "type-error/year": _of_type("une année", "a year", "2026"),
    "type-error/array": _of_type("une liste JSON de textes", "a JSON list of texts", '["a", "b"]'),
    "type-error/object": _of_type("un objet JSON", "a JSON object", '{{"a": 1}}'),
    "type-error/geojson": _of_type(
        "une géométrie GeoJSON",
        "a GeoJSON geometry",
        '{{"type": "Point", "coordinates": [2.79, 44.19]}}',
    ),
    "type-error/uuid": _of_type("un UUID", "a UUID", "01890e30-5a80-7c22-9842-8263d0d0d890"),
    "type-error/email": _of_type("une adresse email", "an email address", "mairie@exemple.fr"),
    "type-error/uri": _of_type("une adresse web", "a web address", "https://exemple.fr/page"),
    "type-error/geopoint": _of_type("un point lon,lat", "a point lon,lat", "2.79,44.19"),
}

_CONSTRAINTS: Final[dict[str, tuple[Phrase, Phrase]]] = {
    "constraint-error/required": (
        Phrase("La valeur manque.", "Remplir cette colonne sur chaque ligne."),
        Phrase("The value is missing.", "Fill this column on every line."),
    ),
    "constraint-error/unique": (
        Phrase("« {value} » figure déjà plus haut.", "Garder une seule ligne avec cette valeur."),
        Phrase("“{value}” stands further up already.", "Keep one line with this value."),
    ),
    "constraint-error/enum": (
        Phrase("« {value} » n'est pas une valeur admise.", "Choisir parmi : {allowed}."),
        Phrase("“{value}” is not an allowed value.", "Choose one of: {allowed}."),
    ),
    "constraint-error/pattern": (
        Phrase("« {value} » n'a pas la forme attendue.", "Suivre le motif {limit}."),
        Phrase("“{value}” has not the expected form.", "Follow the pattern {limit}."),
    ),
    "constraint-error/minimum": (
        Phrase("{value} est inférieur au minimum {limit}.", "Mettre au moins {limit}."),
        Phrase("{value} is below the minimum {limit}.", "Put at least {limit}."),
    ),
    "constraint-error/maximum": (
        Phrase("{value} dépasse le maximum {limit}.", "Mettre au plus {limit}."),
        Phrase("{value} is above the maximum {limit}.", "Put at most {limit}."),
    ),
    "constraint-error/minLength": (
        Phrase("« {value} » est trop court.", "Écrire au moins {limit} caractères."),
        Phrase("“{value}” is too short.", "Write at least {limit} characters."),
    ),
    "constraint-error/maxLength": (
        Phrase("« {value} » est trop long.", "Écrire au plus {limit} caractères."),
        Phrase("“{value}” is too long.", "Write at most {limit} characters."),
    ),
    "constraint-error/minItems": (
        Phrase("La liste {value} est trop courte.", "Mettre au moins {limit} éléments."),
        Phrase("The list {value} is too short.", "Put at least {limit} elements."),
    ),
    "constraint-error/maxItems": (
        Phrase("La liste {value} est trop longue.", "Mettre au plus {limit} éléments."),
        Phrase("The list {value} is too long.", "Put at most {limit} elements."),
    ),
    "constraint-error": (
        Phrase("« {value} » n'est pas admis par le schéma.", "Corriger cette valeur."),
        Phrase("“{value}” is not allowed by the schema.", "Correct this value."),
    ),
}

_STRUCTURE: Final[dict[str, tuple[Phrase, Phrase]]] = {
    "missing-label": (
        Phrase("La colonne « {column} » manque.", "Ajouter cette colonne à l'en-tête."),
        Phrase("The column “{column}” is missing.", "Add this column to the header."),
    ),
    "extra-label": (
        Phrase("La colonne « {column} » n'est pas dans le schéma.", "La retirer ou la renommer."),
        Phrase("The column “{column}” is not in the schema.", "Remove or rename it."),
    ),
    "incorrect-label": (
        Phrase("La colonne « {column} » n'est pas attendue ici.", "Attendu : « {expected} »."),
        Phrase("The column “{column}” is not expected here.", "Expected: “{expected}”."),
    ),
    "duplicate-label": (
        Phrase("La colonne « {column} » figure deux fois.", "N'en garder qu'une."),
        Phrase("The column “{column}” stands twice.", "Keep one of them."),
    ),
    "blank-label": (
        Phrase("Une colonne n'a pas de nom.", "Donner un nom à chaque colonne."),
        Phrase("A column has no name.", "Give every column a name."),
    ),
    "blank-header": (
        Phrase("La ligne d'en-tête manque.", "Mettre les noms de colonnes en première ligne."),
        Phrase("The header line is missing.", "Put the column names on the first line."),
    ),
    "missing-cell": (
        Phrase("La ligne a moins de cellules que l'en-tête.", "Compléter la ligne."),
        Phrase("The line has fewer cells than the header.", "Complete the line."),
    ),
    "extra-cell": (
        Phrase(
            "La ligne a plus de cellules que l'en-tête.",
            "Mettre entre guillemets un texte qui contient le séparateur.",
        ),
        Phrase(
            "The line has more cells than the header.",
            "Quote a text that contains the separator.",
        ),
    ),
    "blank-row": (
        Phrase("La ligne est vide.", "La retirer."),
        Phrase("The line is empty.", "Remove it."),
    ),
    "encoding-error": (
        Phrase("L'encodage du fichier n'est pas lisible.", "Enregistrer le fichier en UTF-8."),
        Phrase("The file's encoding can't be read.", "Save the file as UTF-8."),
    ),
    "format-error": (
        Phrase("Le fichier n'est pas lisible : {detail}.", "Fournir un fichier CSV ou JSON."),
        Phrase("The file can't be read: {detail}.", "Provide a CSV or JSON file."),
    ),
    "source-error": (
        Phrase("Le fichier ne contient pas de données.", "Fournir un fichier avec des lignes."),
        Phrase("The file has no data.", "Provide a file with rows."),
    ),
    "byte-count": (
        Phrase("Le fichier est trop grand.", "Au plus {limit} octets : le partager en plusieurs."),
        Phrase("The file is too large.", "At most {limit} bytes: split it."),
    ),
    "row-count": (
        Phrase("Le fichier a trop de lignes.", "Au plus {limit} lignes : le partager."),
        Phrase("The file has too many rows.", "At most {limit} rows: split it."),
    ),
}

_OWN: Final[dict[str, tuple[Phrase, Phrase]]] = {
    "primary-key": (
        Phrase(
            "La clé {key} = {value} figure déjà plus haut.",
            "Garder une seule ligne par clé.",
        ),
        Phrase("The key {key} = {value} stands further up already.", "Keep one line per key."),
    ),
    "order": (
        Phrase(
            "La ligne n'est pas à sa place dans l'ordre de la clé {key}.",
            "Trier les lignes par {key}, en ordre croissant.",
        ),
        Phrase(
            "The row is out of the order of the key {key}.",
            "Sort rows by {key}, ascending.",
        ),
    ),
    "interval-error": (
        Phrase("La fin ({value}) n'est pas après le début ({start}).", "Corriger l'une des deux."),
        Phrase("The end ({value}) is not after the start ({start}).", "Correct one of the two."),
    ),
    "text-error": (
        Phrase("Le texte contient un caractère de contrôle.", "Retirer ce caractère invisible."),
        Phrase("The text has a control character.", "Remove this invisible character."),
    ),
    "limit-error/text": (
        Phrase("Le texte est trop long.", "Écrire au plus {limit} caractères."),
        Phrase("The text is too long.", "Write at most {limit} characters."),
    ),
    "limit-error/number": (
        Phrase("{value} a trop de chiffres.", "Au plus {limit} chiffres en tout."),
        Phrase("{value} has too many digits.", "At most {limit} digits in all."),
    ),
    "limit-error/datetime": (
        Phrase("{value} est hors des années 1 à 9999.", "Corriger l'année."),
        Phrase("{value} is outside the years 1 to 9999.", "Correct the year."),
    ),
}

_PHRASES: Final[dict[str, tuple[Phrase, Phrase]]] = {
    **_TYPES,
    "type-error": (
        Phrase("« {value} » n'est pas du type {type}.", "Corriger cette valeur."),
        Phrase("“{value}” is not of type {type}.", "Correct this value."),
    ),
    **_CONSTRAINTS,
    **_STRUCTURE,
    **_OWN,
    "error": (
        Phrase("La valeur n'est pas correcte.", "Corriger cette valeur."),
        Phrase("The value is not right.", "Correct this value."),
    ),
}
