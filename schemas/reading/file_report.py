"""The report of one file, to be kept or passed on: as text, as JSON, as a page.

The JSON form is version 1 of `docs/reports.md`; members are added to it, never changed or taken
away. Sentences are French or English; who reads another language gets English.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from schemas.model import Schema
from schemas.reading import Reading
from schemas.reading.notes import Note
from schemas.report import Report, shorten

VERSION: Final = 1
"""Of the JSON form."""

OWN_RULES: Final = frozenset({"interval-error", "limit-error", "order", "text-error"})
"""Rules that Frictionless has no code for; all others are its own (framework.frictionlessdata.io,
errors)."""

HEAD: Final[dict[str, tuple[str, str]]] = {
    "title": ("Rapport de contrôle", "Check report"),
    "file": ("Fichier", "File"),
    "schema": ("Schéma", "Schema"),
    "checked": ("Contrôlé le", "Checked"),
    "rows": ("Lignes", "Rows"),
    "verdict": ("Résultat", "Result"),
    "valid": ("Valide", "Valid"),
    "invalid": ("À corriger. Erreurs : {total}", "To be mended. Errors: {total}"),
    "by-rule": ("Erreurs par règle", "Errors by rule"),
    "by-column": ("Erreurs par colonne", "Errors by column"),
    "cells": ("Erreurs", "Errors"),
    "shown": (
        "{shown} sur {total} : les premières par règle et par colonne.",
        "{shown} of {total}: the first ones per rule and column.",
    ),
    "notes": ("Ce que la lecture a supposé", "What reading took to be so"),
    "rule": ("Règle", "Rule"),
    "count": ("Nombre", "Number"),
    "first": ("Première", "First one"),
    "row": ("Ligne", "Line"),
    "column": ("Colonne", "Column"),
    "value": ("Valeur", "Value"),
    "problem": ("Erreur", "Error"),
    "remedy": ("À faire", "What to do"),
    "whole": ("tout le fichier", "whole file"),
    "no-column": ("ligne ou fichier entier", "whole line or file"),
    "bytes": ("octets", "bytes"),
    "digest": ("Empreinte du schéma", "Digest of the schema"),
}
"""Words of a report, French and English."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What is said of one file.

    Attributes:
        filename: As its sender calls it; shown as text only.
        size_bytes: Of the file.
        schema: What it was read under.
        checked_at: When, with its zone.
        report: What is wrong.
        notes: What was guessed or left out.
    """

    filename: str
    size_bytes: int
    schema: Schema
    checked_at: dt.datetime
    report: Report
    notes: tuple[Note, ...] = ()

    @classmethod
    def of(
        cls,
        reading: Reading,
        *,
        filename: str,
        size_bytes: int,
        schema: Schema,
        checked_at: dt.datetime,
        notes: Sequence[Note] = (),
    ) -> "FileReport":
        """The report of a reading.

        Args:
            reading: What became of the file.
            filename: Its name.
            size_bytes: Its size.
            schema: What it was read under.
            checked_at: When, with its zone.
            notes: What is to be said before what reading guessed.
        """
        told = (*notes, *reading.guessed)
        return cls(shorten(filename, 200), size_bytes, schema, checked_at, reading.report, told)

    @property
    def instant(self) -> str:
        """When it was checked, in UTC."""
        return self.checked_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def to_json(self, lang: str = "fr") -> dict[str, Any]:
        """The JSON form.

        Args:
            lang: Language of the sentences: `fr`, else English.
        """
        columns = {name: total for name, total in self.report.by_column().items() if name}
        return {
            "reportVersion": VERSION,
            "file": self.filename,
            "bytes": self.size_bytes,
            "checked": self.instant,
            "language": "fr" if lang == "fr" else "en",
            "schema": self.schema.name,
            "version": self.schema.version,
            "digest": self.schema.digest,
            **self.report.to_json(lang),
            "columns": columns,
            "notes": notes_json(self.notes, lang),
        }

    def text(self, lang: str = "fr") -> str:
        """The report as lines of text.

        Args:
            lang: `fr`, else English.
        """
        colon = " : " if lang == "fr" else ": "
        pairs = [
            (word("file", lang), f"{self.filename} ({self.size_bytes} {word('bytes', lang)})"),
            (word("schema", lang), f"{self.schema.name} {self.schema.version}"),
            (word("checked", lang), self.instant),
            (word("rows", lang), str(self.report.rows)),
            (word("verdict", lang), verdict(self.report, lang)),
        ]
        lines = [word("title", lang), "", *(f"{name}{colon}{value}" for name, value in pairs)]
        for key, counts in (("by-rule", self._rules()), ("by-column", self._columns(lang))):
            if counts:
                lines += ["", f"{word(key, lang)}{colon.rstrip()}"]
                lines += [f"  {total}  {name}" for name, total in counts]
        if self.report.faults:
            lines += ["", self.report.text(lang)]
        if self.notes:
            lines += ["", f"{word('notes', lang)}{colon.rstrip()}"]
            lines += [f"  - {note.text(lang)}" for note in self.notes]
        return "\n".join(lines) + "\n"

    def _rules(self) -> list[tuple[str, int]]:
        return Counter(self.report.counts).most_common()

    def _columns(self, lang: str) -> list[tuple[str, int]]:
        return [
            (word("no-column", lang) if name is None else name, total)
            for name, total in self.report.by_column().items()
        ]


def word(key: str, lang: str, **slots: object) -> str:
    """A word of reports.

    Args:
        key: Of `HEAD`.
        lang: `fr`, else English.
        slots: What is filled in.
    """
    return HEAD[key][0 if lang == "fr" else 1].format_map(slots)


def verdict(report: Report, lang: str) -> str:
    """Valid or not, in words.

    Args:
        report: Any.
        lang: `fr`, else English.
    """
    return word("valid" if report.valid else "invalid", lang, total=report.total)


def notes_json(notes: Sequence[Note], lang: str = "fr") -> list[dict[str, Any]]:
    """What was guessed: `code`, `column`, `value`, `text`.

    Args:
        notes: Of a reading.
        lang: Language of the text: `fr`, else English.
    """
    return [
        {"code": note.code, "column": note.column, "value": note.value, "text": note.text(lang)}
        for note in notes
    ]
