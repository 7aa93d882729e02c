"""A mapping proposed for a file: per column what it may be, how sure that is, why, and examples.

What reading takes by itself is proposed as it would be taken. A name that is merely like another
is a guess, and a column of which nothing is known would be left out: both wait for a person's
word before the mapping is used (`ColumnMapping`, `confirm`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import polars as pl

from schemas.model import Field, Schema
from schemas.reading.casting import cast_column
from schemas.reading.labels import LabelMatcher
from schemas.reading.mapping import ColumnMapping
from schemas.reading.meanings import How, Meaning, nearest, normal_form
from schemas.reading.peeking import Peek
from schemas.report import ReportBuilder, shorten

EXAMPLES_MAX: Final = 3
"""Values shown of each column."""
GUESSES_MAX: Final = 100
"""Unknown columns for which a near name is looked up; each costs a walk over the schema."""

_WHY: Final[dict[How, tuple[str, str]]] = {
    How.MAPPED: ("déjà dans la correspondance", "in the mapping already"),
    How.NAME: ("nom exact", "exact name"),
    How.FORM: ("mêmes lettres et chiffres", "same letters and digits"),
    How.SYNONYM: ("synonyme connu du schéma", "synonym that the schema knows"),
    How.STANDARD: ("nom dans « {source} »", "name in “{source}”"),
    How.TITLE: ("intitulé de la colonne ({source})", "title of the column ({source})"),
}
_AMBIGUOUS: Final = ("plusieurs colonnes possibles : {names}", "several columns possible: {names}")
_TAKEN: Final = ("{names} est déjà une autre colonne", "{names} is another column already")
_NEAR: Final = ("nom ressemblant, à confirmer", "similar name, to be confirmed")
_UNFIT: Final = (
    "nom ressemblant à {names}, mais les valeurs n'en ont pas le type",
    "name similar to {names}, but the values are not of its type",
)
_NOTHING: Final = ("rien de connu ne ressemble", "nothing known is like it")


class Sure(StrEnum):
    """How sure a proposal is; all but the first two wait for a person's word."""

    CERTAIN = "certain"
    LIKELY = "likely"
    GUESS = "guess"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """What one column of a file may be.

    Attributes:
        label: As the file has it.
        column: Column of the schema; None: to be left out unless somebody knows better.
        sure: How sure that is.
        reason: Why, in French and English.
        candidates: What it could be, where that isn't clear.
        examples: Values from the file, shortened.
    """

    label: str
    column: str | None
    sure: Sure
    reason: tuple[str, str]
    candidates: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def to_confirm(self) -> bool:
        """Whether a person should look at it first."""
        return self.sure not in (Sure.CERTAIN, Sure.LIKELY)

    def why(self, lang: str = "fr") -> str:
        """The reason in words.

        Args:
            lang: `fr`, else English.
        """
        return self.reason[0 if lang == "fr" else 1]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping for one file, not confirmed yet.

    Attributes:
        schema: Name of the schema.
        columns: In the order of the file.
        lacking: Required columns that no label stands for: they need a constant.
        values: Spellings of values that differ from the schema's by case and accents only.
        kept: What a mapping that was given says beside columns.
    """

    schema: str
    columns: tuple[ColumnProposal, ...]
    lacking: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kept: ColumnMapping | None = None

    @property
    def confirm(self) -> tuple[str, ...]:
        """Labels that a person should look at."""
        return tuple(one.label for one in self.columns if one.to_confirm)

    def mapping(self) -> ColumnMapping:
        """The mapping as it would be used."""
        kept = self.kept or ColumnMapping(self.schema)
        return ColumnMapping(
            self.schema,
            {one.label: one.column for one in self.columns},
            kept.constants,
            {**self.values, **kept.values},
            kept.sheet,
            kept.decimal,
        )

    def to_json(self) -> bytes:
        """The document, to be edited: `confirm` names what isn't sure."""
        return self.mapping().to_json(self.confirm)


def propose(peek: Peek, schema: Schema, mapping: ColumnMapping | None = None) -> Proposal:
    """Propose a mapping.

    Args:
        peek: The file's labels, and some of its values.
        schema: What it is to be read under.
        mapping: What is known of the file already; it stays as it is.
    """
    matcher = LabelMatcher(schema, ReportBuilder(), mapping)
    held = dict(matcher.place(peek.labels, 1))
    first = [
        _of_meaning(label, matcher.meaning(label), held, peek.values.get(label, ()))
        for label in peek.labels
    ]
    constants = frozenset(mapping.constants if mapping is not None else ())
    columns = _guessed(first, peek, schema, {*held, *constants})
    found = {one.column for one in columns}
    lacking = tuple(name for name in peek.missing if name not in found)
    return Proposal(schema.name, columns, lacking, _spellings(columns, peek, schema), mapping)


def _of_meaning(
    label: str, meaning: Meaning, held: Mapping[str, str], values: Sequence[str]
) -> ColumnProposal:
    examples = _examples(values)
    column = meaning.field
    if len(meaning.fields) > 1:
        names = ", ".join(meaning.fields)
        reason = _filled(_AMBIGUOUS, names=names)
        return ColumnProposal(label, None, Sure.AMBIGUOUS, reason, meaning.fields, examples)
    if meaning.how is How.UNKNOWN:
        return ColumnProposal(label, None, Sure.UNKNOWN, _NOTHING, (), examples)
    if column is not None and held.get(column) != label:
        reason = _filled(_TAKEN, names=column)
        return ColumnProposal(label, None, Sure.AMBIGUOUS, reason, (column,), examples)
    sure = Sure.CERTAIN if meaning.how <= How.FORM else Sure.LIKELY
    reason = _filled(_WHY[meaning.how], source=meaning.source or "fr")
    return ColumnProposal(label, column, sure, reason, (), examples)


def _guessed(
    columns: Sequence[ColumnProposal], peek: Peek, schema: Schema, taken: set[str]
) -> tuple[ColumnProposal, ...]:
    """Put near names for unknown columns, each column of the schema once."""
    free = [one.name for one in schema.fields if one.name not in taken]
    found: list[ColumnProposal] = []
    tried = 0
    for one in columns:
        near = None
        if one.sure is Sure.UNKNOWN and tried < GUESSES_MAX:
            near = nearest(one.label, schema, free)
            tried += 1
        if near is None:
            found.append(one)
        elif _fits(peek.values.get(one.label, ()), schema.by_name[near], schema):
            free.remove(near)
            found.append(ColumnProposal(one.label, near, Sure.GUESS, _NEAR, (near,), one.examples))
        else:
            reason = _filled(_UNFIT, names=near)
            found.append(
                ColumnProposal(one.label, None, Sure.UNKNOWN, reason, (near,), one.examples)
            )
    return tuple(found)


def _fits(values: Sequence[str], column: Field, schema: Schema) -> bool:
    """Whether any of some values has a column's type; without values nothing speaks against it."""
    present = [value.strip() for value in values if value not in schema.missing_values]
    if not present:
        return True
    found = cast_column(pl.Series(present), column, schema.scale(column.name), comma=True)
    return any(not one.mask.all() for one in found.troubles) or not found.troubles


def _spellings(
    columns: Sequence[ColumnProposal], peek: Peek, schema: Schema
) -> dict[str, dict[str, str]]:
    """Values that are an allowed one but for case, accents and spaces."""
    found: dict[str, dict[str, str]] = {}
    for one in columns:
        if one.column is None or one.column in schema.personal:
            continue
        allowed = [str(value) for value in schema.by_name[one.column].constraints.enum or ()]
        by_form: dict[str, list[str]] = {}
        for value in allowed:
            by_form.setdefault(normal_form(value), []).append(value)
        for text in peek.values.get(one.label, ()):
            meant = by_form.get(normal_form(text), [])
            if text.strip() not in allowed and len(meant) == 1:
                found.setdefault(one.column, {})[text] = meant[0]
    return found


def _examples(values: Sequence[str]) -> tuple[str, ...]:
    distinct = dict.fromkeys(value.strip() for value in values)
    return tuple(shorten(value) for value in distinct if value)[:EXAMPLES_MAX]


def _filled(pair: tuple[str, str], **slots: str) -> tuple[str, str]:
    return pair[0].format_map(slots), pair[1].format_map(slots)
