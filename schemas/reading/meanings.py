"""What a label of a file stands for: the column of a schema that it names, and how sure that is.

In this order: what a mapping says of this very label; the column's own name; what a mapping says
of one with the same letters and digits; a column's name with the same ones; a synonym
that the schema lists, or the name in a standard that it follows; the column's title in one of the
five languages. The first of these that knows a label decides. Where it names several columns,
nobody chooses among them here.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

from schemas.model import Field, Schema
from schemas.reading.limits import LABEL_MAX_CHARS

_BLANKS: Final = "\ufeff\u200b\u200e\u200f\u2060"
"""Marks that nobody sees: byte order, zero width, direction."""
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
"""Letters that Unicode doesn't take apart."""
_ASIDE: Final = re.compile(r"\s*[\(\[][^()\[\]]*[\)\]]\s*$")
"""What stands in brackets at the end: a unit, mostly."""
FORM_MAX_CHARS: Final = 200
"""Longer labels are taken by their very letters only; no title or synonym is so long."""
_NEAR: Final = 0.6
"""Likeness from which a name is worth proposing, as `difflib` measures it."""


class How(IntEnum):
    """How a label was understood; what is smaller is surer.

    Of two labels for one column the surer has it.
    """

    MAPPED = 0
    NAME = 1
    FORM = 2
    SYNONYM = 3
    STANDARD = 4
    TITLE = 5
    UNKNOWN = 9


class Meaning(NamedTuple):
    """What a label stands for.

    Attributes:
        how: By what it was understood.
        fields: Columns of the schema: one; several where it is ambiguous; none where the label
            is unknown or a mapping leaves the column out.
        source: The standard's name, or the language of the title.
    """

    how: How
    fields: tuple[str, ...] = ()
    source: str = ""

    @property
    def field(self) -> str | None:
        """The column, where there is exactly one."""
        return self.fields[0] if len(self.fields) == 1 else None

    @property
    def weight(self) -> int:
        """How sure it is, less is surer.

        A synonym and a standard's name weigh the same: which of both lists has it is by chance.
        """
        return How.SYNONYM if self.how is How.STANDARD else self.how

    @property
    def left_out(self) -> bool:
        """Whether a mapping says that the column is not wanted."""
        return self.how is How.MAPPED and not self.fields


UNKNOWN: Final = Meaning(How.UNKNOWN)


def stripped(label: str) -> str:
    """A label without spaces and unseen marks around it.

    Args:
        label: As the file has it.
    """
    return label.strip().strip(_BLANKS).strip()


def normal_form(label: str) -> str:
    """Letters and digits of a label, without case and accents.

    Args:
        label: As the file has it.

    Returns:
        Empty if it has none, or more than `FORM_MAX_CHARS` characters: half a label could be
        another one's.
    """
    if len(label) > FORM_MAX_CHARS:
        return ""
    apart = unicodedata.normalize("NFKD", label.casefold().translate(_LIGATURES))
    return "".join(letter for letter in apart if letter.isalnum()).casefold()


@lru_cache(maxsize=64)
def _aliases(schema: Schema) -> Mapping[str, Meaning]:
    """By normal form, what it stands for: of the surest kind that knows it."""
    found: dict[str, list[Meaning]] = {}
    for field in schema.fields:
        for text, alias in _of_field(schema, field):
            form = normal_form(text)
            if form:
                found.setdefault(form, []).append(alias)
    return {form: _surest(aliases) for form, aliases in found.items()}


def _of_field(schema: Schema, field: Field) -> Iterator[tuple[str, Meaning]]:
    name = field.name
    yield name, Meaning(How.FORM, (name,))
    for synonym in field.synonyms:
        yield synonym, Meaning(How.SYNONYM, (name,))
    for standard in schema.block.aligns_with:
        if name in standard.mapping:
            yield standard.mapping[name], Meaning(How.STANDARD, (name,), standard.standard)
    for text, lang in titles(schema, field):
        yield text, Meaning(How.TITLE, (name,), lang)


def titles(schema: Schema, field: Field) -> Iterator[tuple[str, str]]:
    """A column's titles, each with its language; empty for the document's own.

    Args:
        schema: That has it.
        field: Its field.
    """
    measure = schema.block.measures.get(field.name)
    for labels in (field.labels, measure.labels if measure is not None else {}):
        for lang, text in labels.items():
            yield text, lang
    if field.title:
        yield field.title, ""


def _surest(aliases: Sequence[Meaning]) -> Meaning:
    best = min(alias.weight for alias in aliases)
    among = [alias for alias in aliases if alias.weight == best]
    fields = tuple(dict.fromkeys(name for alias in among for name in alias.fields))
    return among[0]._replace(fields=fields)


class Meanings:
    """What the labels of one file stand for."""

    def __init__(self, schema: Schema, columns: Mapping[str, str | None] | None = None) -> None:
        """Under a schema, and what a mapping says before it.

        Args:
            schema: Of the file.
            columns: Column of the schema by label, None to leave it out.
        """
        self._schema: Final = schema
        self._columns: Final = columns or {}
        self._known: Final[dict[str, Meaning]] = {}
        self._by_form: Final = _unambiguous(self._columns)

    def of(self, label: str) -> Meaning:
        """What a label stands for.

        Args:
            label: Without spaces around it.
        """
        found = self._known.get(label)
        if found is None:
            found = self._known[label] = self._find(label)
        return found

    def mapped(self, label: str) -> str | None:
        """The mapping's own label for a label, which may differ by case; None if it has none."""
        if label in self._columns or label in self._schema.by_name:
            return label if label in self._columns else None
        return self._by_form.get(normal_form(label)) or None

    def _find(self, label: str) -> Meaning:
        own = self.mapped(label)
        if own is not None:
            target = self._columns[own]
            return Meaning(How.MAPPED, () if target is None else (target,))
        if label in self._schema.by_name:
            return Meaning(How.NAME, (label,))
        return _aliases(self._schema).get(normal_form(label), UNKNOWN)


def _unambiguous(columns: Mapping[str, str | None]) -> Mapping[str, str]:
    """Labels of a mapping by normal form; an empty text where two labels share one."""
    found: dict[str, str] = {}
    for label in columns:
        form = normal_form(label)
        if form:
            found[form] = "" if form in found else label
    return found


def nearest(label: str, schema: Schema, free: Sequence[str]) -> str | None:
    """The free column whose name, else title, is most like a label.

    Args:
        label: One that is unknown.
        schema: Of the file.
        free: Columns that no label of the file stands for.
    """
    if len(label) > LABEL_MAX_CHARS:
        return None
    form, without = normal_form(label), normal_form(_ASIDE.sub("", label))
    for wanted in dict.fromkeys((without, form)):
        found = _like(wanted, {normal_form(name): name for name in free})
        if found is not None:
            return found
    by_title = {
        normal_form(text): name
        for name in free
        for text, lang in titles(schema, schema.by_name[name])
        if lang in ("fr", "en", "")
    }
    return by_title.get(without) or _like(form, by_title)


def _like(form: str, names: Mapping[str, str]) -> str | None:
    found = difflib.get_close_matches(form, names, n=1, cutoff=_NEAR) if form else []
    return names[found[0]] if found else None
