"""A column in words: what it is called, of which type, and what its values must hold."""

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from schemas.document import Field, Lang
from schemas.exports.words import RULES, TYPES
from schemas.model import Schema

VALUES_SHOWN: Final = 30
"""Values of a list that are named; the document has all of them."""
_LENGTHS: Final = {"array": ("minItems", "maxItems"), "text": ("minLength", "maxLength")}


class Asked(NamedTuple):
    """One thing that a column's values must hold.

    Attributes:
        rule: As in `words.RULES`.
        limit: What it is compared with; empty if with nothing.
        sentence: In a language, with a hole for the limit.
    """

    rule: str
    limit: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence.format(self.limit)


def label_of(field: Field, lang: Lang) -> str:
    """What a column is called in a language; its name where nothing is said."""
    return field.labels.get(lang) or field.title or field.name


def type_of(field: Field, lang: Lang) -> str:
    """A column's type in words, with its form where it has one of its own."""
    told = TYPES[field.type].of(lang)
    if field.format in ("default", "any"):
        return told
    return f"{told}, {RULES['format'].of(lang).format(field.format)}"


def required(schema: Schema, field: Field) -> bool:
    """Whether a file must have a value in this column."""
    return field.constraints.required and field.name not in schema.personal


def rules_of(
    schema: Schema, field: Field, lang: Lang, *, values_max: int = VALUES_SHOWN
) -> Iterator[Asked]:
    """What a column's values must hold, one thing at a time; that they must be there is apart.

    Args:
        schema: That has it.
        field: Its field.
        lang: Of the words.
        values_max: So many values of a list are named.
    """
    asked = field.constraints
    told = partial(_told, lang)
    if field.name in schema.personal:
        yield told("personal")
    if field.name in schema.primary_key:
        yield told("key")
    if asked.unique:
        yield told("unique")
    if asked.enum is not None:
        shown = ", ".join(str(one) for one in asked.enum[:values_max])
        more = len(asked.enum) - values_max
        yield told("enum", shown + (f" {told('more', more)}" if more > 0 else ""))
    least, most = _LENGTHS["array" if field.type == "array" else "text"]
    limits: tuple[tuple[str, object], ...] = (
        ("pattern", asked.pattern),
        ("minimum", asked.minimum),
        ("maximum", asked.maximum),
        (least, asked.min_length or None),
        (most, asked.max_length),
        ("digits", schema.scale(field.name) if field.type == "number" else None),
    )
    yield from (told(rule, limit) for rule, limit in limits if limit is not None)


def _told(lang: Lang, rule: str, limit: object = "") -> Asked:
    return Asked(rule, str(limit), RULES[rule].of(lang))
