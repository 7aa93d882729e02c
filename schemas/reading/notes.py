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
    "boolean-words": (
        "Colonne « {column} » : oui/non et vrai/faux lus comme valeurs logiques.",
        "Column “{column}”: French words for yes/no and true/false read as booleans.",
    ),
    "personal": (
        "Colonne « {column} » : donnée personnelle, écartée ; elle ne quitte pas le nœud.",
        "Column “{column}”: personal data, left out; it doesn't leave the node.",
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
        code: `encoding`, `delimiter`, `decimal-comma`, `local-time`, `day-first`,
            `boolean-words`, `personal`.
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
