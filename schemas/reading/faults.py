"""Faults of reading that need sentences of their own, and the signal that a file can't be read."""

from typing import Final

from schemas.reading.file_phrases import FILE_PHRASES
from schemas.report import Fault
from schemas.texts import Phrase

_PHRASES: Final[dict[str, tuple[Phrase, Phrase]]] = {
    **FILE_PHRASES,
    "extra-label/near": (
        Phrase(
            "La colonne « {column} » n'est pas dans le schéma.",
            "La renommer en « {near} », ou la retirer.",
        ),
        Phrase("The column “{column}” is not in the schema.", "Rename it “{near}”, or remove it."),
    ),
    "extra-label/uncovered": (
        Phrase(
            "La colonne « {column} » n'est ni dans le schéma ni dans la correspondance.",
            "L'ajouter à la correspondance (null pour la laisser de côté), ou la retirer.",
        ),
        Phrase(
            "The column “{column}” is neither in the schema nor in the mapping.",
            "Add it to the mapping (null to leave it out), or remove it.",
        ),
    ),
    "extra-label/uncovered-near": (
        Phrase(
            "La colonne « {column} » n'est ni dans le schéma ni dans la correspondance.",
            "L'ajouter à la correspondance (« {near} » peut-être, null pour la laisser de côté).",
        ),
        Phrase(
            "The column “{column}” is neither in the schema nor in the mapping.",
            "Add it to the mapping (“{near}” perhaps, null to leave it out).",
        ),
    ),
    "extra-label/taken": (
        Phrase(
            "La colonne « {column} » serait « {near} », que « {name} » est déjà.",
            "La retirer, ou la laisser de côté dans une correspondance (null).",
        ),
        Phrase(
            "The column “{column}” would be “{near}”, which “{name}” is already.",
            "Remove it, or leave it out in a mapping (null).",
        ),
    ),
    "extra-label/constant": (
        Phrase(
            "La colonne « {column} » est « {near} », à qui la correspondance donne une constante.",
            "Retirer la constante de la correspondance, ou y mettre la colonne à null.",
        ),
        Phrase(
            "The column “{column}” is “{near}”, for which the mapping has a constant.",
            "Remove the constant from the mapping, or put null for the column there.",
        ),
    ),
    "incorrect-label/same": (
        Phrase(
            "La colonne « {column} » et la colonne « {name} » seraient toutes deux « {near} ».",
            "Dire dans une correspondance laquelle l'est, et mettre null pour l'autre.",
        ),
        Phrase(
            "The columns “{column}” and “{name}” would both be “{near}”.",
            "Say in a mapping which one is, and put null for the other.",
        ),
    ),
    "incorrect-label/several": (
        Phrase(
            "La colonne « {column} » peut être plusieurs colonnes du schéma : {expected}.",
            "La renommer, ou dire dans une correspondance laquelle elle est.",
        ),
        Phrase(
            "The column “{column}” may be several columns of the schema: {expected}.",
            "Rename it, or say in a mapping which one it is.",
        ),
    ),
    "blank-label": (
        Phrase("La colonne n° {number} n'a pas de nom.", "La nommer, ou la retirer."),
        Phrase("Column no. {number} has no name.", "Name it, or remove it."),
    ),
    "missing-cell": (
        Phrase(
            "La ligne a {found} cellules, l'en-tête {expected}.",
            "Compléter la ligne.",
        ),
        Phrase("The line has {found} cells, the header {expected}.", "Complete the line."),
    ),
    "extra-cell": (
        Phrase(
            "La ligne a {found} cellules, l'en-tête {expected}.",
            "Mettre entre guillemets un texte qui contient le séparateur.",
        ),
        Phrase(
            "The line has {found} cells, the header {expected}.",
            "Quote a text that contains the separator.",
        ),
    ),
    "primary-key/twice": (
        Phrase(
            "La clé {key} = {value} figure déjà à la ligne {first}.",
            "Garder une seule ligne par clé.",
        ),
        Phrase("The key {key} = {value} stands on line {first} already.", "Keep one line per key."),
    ),
    "constraint-error/unique": (
        Phrase(
            "« {value} » figure déjà à la ligne {first}.",
            "Garder une seule ligne avec cette valeur.",
        ),
        Phrase("“{value}” stands on line {first} already.", "Keep one line with this value."),
    ),
    "source-error/rows": (
        Phrase("Le fichier n'a pas de lignes.", "Ajouter des lignes sous l'en-tête."),
        Phrase("The file has no rows.", "Add rows below the header."),
    ),
    "source-error/unreadable": (
        Phrase(
            "Le fichier n'a pas pu être lu.",
            "L'ouvrir dans un tableur et l'exporter de nouveau en CSV (UTF-8).",
        ),
        Phrase(
            "The file could not be read.",
            "Open it in a spreadsheet program and export it as CSV (UTF-8) again.",
        ),
    ),
    "format-error/binary": (
        Phrase(
            "Le fichier contient des octets nuls : ce n'est pas un texte.",
            "L'exporter en CSV (UTF-8).",
        ),
        Phrase("The file has NUL bytes: it is not a text.", "Export it as CSV (UTF-8)."),
    ),
    "format-error/markup": (
        Phrase(
            "Le fichier est une page HTML ou XML.",
            "Télécharger le fichier CSV ou JSON lui-même.",
        ),
        Phrase("The file is an HTML or XML page.", "Download the CSV or JSON file itself."),
    ),
    "format-error/quote": (
        Phrase(
            "Les guillemets sont mal fermés à partir d'ici ; la suite n'est pas lue.",
            "Fermer les guillemets, et les doubler à l'intérieur d'un texte.",
        ),
        Phrase(
            "Quotes are not closed properly from here on; the rest is not read.",
            "Close the quotes, and double those inside a text.",
        ),
    ),
    "format-error/json": (
        Phrase(
            "Ce n'est pas du JSON valide ; la suite n'est pas lue.",
            "Fournir une liste d'objets, ou un objet par ligne.",
        ),
        Phrase(
            "This is not valid JSON; the rest is not read.",
            "Provide a list of objects, or one object per line.",
        ),
    ),
    "format-error/twice": (
        Phrase("Le membre « {name} » figure deux fois dans un objet.", "N'en garder qu'un."),
        Phrase("The member “{name}” stands twice in one object.", "Keep one of them."),
    ),
    "format-error/constant": (
        Phrase("« {name} » n'est pas une valeur JSON.", "Mettre null si la valeur manque."),
        Phrase("“{name}” is not a JSON value.", "Put null if the value is missing."),
    ),
    "format-error/object": (
        Phrase("Cet élément n'est pas un objet.", "Écrire chaque ligne comme un objet {{…}}."),
        Phrase("This element is not an object.", "Write every row as an object {{…}}."),
    ),
    "format-error/depth": (
        Phrase("Le JSON est trop imbriqué.", "Au plus {limit} niveaux."),
        Phrase("The JSON is nested too deeply.", "At most {limit} levels."),
    ),
    "encoding-error": (
        Phrase(
            "Octets illisibles : le fichier n'est ni en UTF-8 ni en Windows-1252.",
            "Enregistrer le fichier en UTF-8.",
        ),
        Phrase(
            "Unreadable bytes: the file is neither UTF-8 nor Windows-1252.",
            "Save the file as UTF-8.",
        ),
    ),
    "encoding-error/json": (
        Phrase("Le JSON n'est pas en UTF-8.", "Enregistrer le fichier en UTF-8."),
        Phrase("The JSON is not UTF-8.", "Save the file as UTF-8."),
    ),
    "limit-error/columns": (
        Phrase("Le fichier a trop de colonnes.", "Au plus {limit} colonnes."),
        Phrase("The file has too many columns.", "At most {limit} columns."),
    ),
    "limit-error/line": (
        Phrase(
            "La ligne est trop longue ; la suite n'est pas lue.",
            "Au plus {limit} octets par ligne : vérifier les fins de ligne et les guillemets.",
        ),
        Phrase(
            "The line is too long; the rest is not read.",
            "At most {limit} bytes a line: check line ends and quotes.",
        ),
    ),
    "constraint-error/scale": (
        Phrase(
            "{value} a trop de chiffres après la virgule.",
            "Au plus {limit} chiffres après la virgule : arrondir à la source.",
        ),
        Phrase(
            "{value} has too many digits after the point.",
            "At most {limit} digits after the point: round at the source.",
        ),
    ),
    "type-error/local-missing": (
        Phrase(
            "{value} n'existe pas à l'heure de {zone} (passage à l'heure d'été).",
            "Ajouter le décalage, par exemple +01:00.",
        ),
        Phrase(
            "{value} doesn't exist in the local time of {zone} (start of summer time).",
            "Add the offset, for example +01:00.",
        ),
    ),
    "type-error/local-twice": (
        Phrase(
            "{value} existe deux fois à l'heure de {zone} (passage à l'heure d'hiver).",
            "Ajouter le décalage, par exemple +01:00 ou +02:00.",
        ),
        Phrase(
            "{value} stands twice in the local time of {zone} (end of summer time).",
            "Add the offset, for example +01:00 or +02:00.",
        ),
    ),
    "type-error/short-year": (
        Phrase(
            "{value} : l'année n'a que deux chiffres.",
            "Écrire l'année en entier, par exemple 31/03/2026.",
        ),
        Phrase(
            "{value}: the year has two digits only.",
            "Write the whole year, for example 2026-03-31.",
        ),
    ),
    "type-error/sign": (
        Phrase(
            "{value} : rien dans le schéma ne dit que ce signe convient à la colonne.",
            "Écrire le nombre seul, dans l'unité que le schéma demande.",
        ),
        Phrase(
            "{value}: nothing in the schema says that this sign fits the column.",
            "Write the number alone, in the unit that the schema asks for.",
        ),
    ),
    "type-error/nested": (
        Phrase(
            "Une liste ou un objet n'est pas attendu dans « {column} ».",
            "Mettre une seule valeur.",
        ),
        Phrase("A list or an object is not expected in “{column}”.", "Put a single value."),
    ),
    "type-error/bare": (
        Phrase("{value} n'est pas un texte.", 'L\'écrire entre guillemets : "{value}".'),
        Phrase("{value} is not a text.", 'Put it in quotes: "{value}".'),
    ),
    "type-error/surrogate": (
        Phrase("Le texte contient un demi-caractère Unicode.", "Retirer ce caractère."),
        Phrase("The text has half a Unicode character.", "Remove this character."),
    ),
}


class ReadingFault(Fault):
    """A fault whose sentence may be one of reading's own; else as `Fault` has it."""

    __slots__ = ()

    def message(self, lang: str = "fr") -> str:
        """What is wrong, one sentence.

        Args:
            lang: `fr`, else English.
        """
        own = self._own(lang)
        return super().message(lang) if own is None else own.message.format_map(self._slots())

    def remedy(self, lang: str = "fr") -> str:
        """What to do about it, one sentence.

        Args:
            lang: `fr`, else English.
        """
        own = self._own(lang)
        return super().remedy(lang) if own is None else own.remedy.format_map(self._slots())

    def _own(self, lang: str) -> Phrase | None:
        pair = _PHRASES.get(f"{self.rule}/{self.case}") if self.case else _PHRASES.get(self.rule)
        return None if pair is None else pair[0 if lang == "fr" else 1]


class Unreadable(Exception):  # noqa: N818 - it carries the fault; nothing here went wrong
    """The rest of a file can't be read. Report the fault; never leaves `schemas.reading`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.rule)
        self.fault = fault


def cases() -> frozenset[str]:
    """Rules and cases that have sentences here, `<rule>` or `<rule>/<case>`."""
    return frozenset(_PHRASES)
