"""What can be wrong in a table of devices, in French and English."""

from dataclasses import dataclass
from typing import Final, Literal

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "size": ("le fichier est trop grand", "the file is too large"),
    "encoding": ("ce n’est pas de l’UTF-8", "it isn't UTF-8"),
    "csv": ("ce n’est pas du CSV (guillemets ?)", "it isn't CSV (quotation marks?)"),
    "cells": ("plus de cellules que de colonnes", "more cells than columns"),
    "header": ("colonne inconnue ou répétée", "an unknown or repeated column"),
    "header-missing": ("cette colonne manque", "this column is missing"),
    "id": (
        "n’est pas un identifiant de The Things Stack",
        "isn't an id of The Things Stack",
    ),
    "differs": (
        "diffère de la première ligne du même capteur : laisser vide",
        "differs from the first line of the same device: leave it empty",
    ),
    "participant": (
        "cet organisme n’est pas hébergé sur ce nœud",
        "this body isn't hosted on this node",
    ),
    "schema": (
        "n’est pas le nom d’un schéma de série dont les lignes sont du publieur",
        "isn't the name of a series schema whose rows are of the publisher's place",
    ),
    "slug": (
        "n’est pas un suffixe : minuscules, chiffres et traits d’union",
        "isn't a suffix: lower case, digits and hyphens",
    ),
    "interval": (
        "écrire une partie entière d’heure (PT1M à PT1H) ou P1D",
        "write a whole part of an hour (PT1M to PT1H) or P1D",
    ),
    "cadence": ("écrire une durée, par exemple PT15M", "write a duration, such as PT15M"),
    "time": ("écrire received ou gateway", "write received or gateway"),
    "column": (
        "n’est pas une colonne de nombres que ce schéma laisse remplir par un capteur",
        "isn't a column of numbers that this schema lets a sensor fill",
    ),
    "field": (
        "écrire le nom d’un champ de decoded_payload, par exemple volume ou compteur.index",
        "write the name of a field of decoded_payload, such as volume or meter.index",
    ),
    "mode": ("écrire value ou counter", "write value or counter"),
    "number": ("écrire un nombre décimal avec un point", "write a decimal number with a point"),
    "factor": ("un facteur nul efface la valeur", "a factor of zero wipes the value out"),
    "range": ("le maximum est sous le minimum", "the maximum is below the minimum"),
    "f-port": ("écrire un port de 1 à 255", "write a port of 1 to 255"),
    "twice": (
        "cette colonne est déjà remplie par une autre ligne",
        "another line fills this column already",
    ),
    "same-rows": (
        "un autre capteur écrit les mêmes lignes : donner une autre clé",
        "another device writes the same rows: give another key",
    ),
    "fixed": (
        "écrire colonne=valeur, séparées par |",
        "write column=value, separated by |",
    ),
    "fixed-column": (
        "n’est pas une colonne qui puisse avoir une valeur fixe",
        "isn't a column that can have a fixed value",
    ),
    "fixed-value": (
        "cette valeur n’est pas valide selon le schéma",
        "this value isn't valid under the schema",
    ),
    "fixed-missing": (
        "cette colonne est obligatoire et n’a ni champ ni valeur fixe",
        "this column is required and has neither a field nor a fixed value",
    ),
}


@dataclass(frozen=True, slots=True)
class TableFault:
    """One fault of a table of devices.

    Attributes:
        line: In the file, from 1.
        column: Of the table; empty where none is meant.
        code: For programs.
        value: What stands there.
    """

    line: int
    column: str
    code: str
    value: str = ""

    def text(self, lang: Literal["fr", "en"] = "fr") -> str:
        """The fault as a sentence."""
        shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in self.value)
        said = _TEXTS[self.code][lang != "fr"]
        if lang == "fr":
            where = f"ligne {self.line}" + (f", colonne {self.column}" if self.column else "")
            return f"{where} : {f'« {shown} » : ' if shown else ''}{said}"
        where = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {f'{shown!r}: ' if shown else ''}{said}"
