"""Which column of a file is which: the form that asks, and what its answer means.

Fields are numbered and never named after a label: what a file calls its columns is text, and
stays text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from federation.places import place_of
from node.web.pages.texts import Lang, labelled, say
from schemas.model import Schema
from schemas.reading import ColumnMapping, MappingFault, Reading
from schemas.reading.mapping import check_mapping
from schemas.reading.peeking import peek
from schemas.reading.proposing import ColumnProposal, Proposal, propose

FORM_MAX_BYTES: Final = 256 * 1024
FIELDS_MAX: Final = 1_200
OPTIONS_MAX: Final = 40_000
"""Columns of the file times columns of the schema: some megabytes of page. More is for the
command."""
LABELS_MAX_CHARS: Final = 50_000
"""Of all labels together; they are kept with the session."""

_LABEL_RULES: Final = frozenset(
    {"blank-label", "duplicate-label", "extra-label", "incorrect-label", "missing-label"}
)
_LABEL_NOTES: Final = frozenset(
    {"label", "synonym", "mapped", "left-out", "unnamed", "constant", "translated"}
)


class Unanswered(Exception):  # noqa: N818 - nothing went wrong here
    """An answer that can't be taken. Show its text above the form, and ask again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One column of the file, as the form shows it.

    Attributes:
        field: Name of the form's field.
        proposal: What it may be.
        chosen: The column that is chosen; empty to leave it out.
        note: Whether to look at it: `confirm`, `unknown` or empty.
    """

    field: str
    proposal: ColumnProposal
    chosen: str
    note: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A column that the file lacks.

    Attributes:
        field: Name of the form's field.
        column: Of the schema.
        label: In the page's language.
        value: What is proposed; empty for nothing.
        required: Whether the schema requires it.
    """

    field: str
    column: str
    label: str
    value: str
    required: bool


@dataclass(frozen=True, slots=True)
class ColumnsForm:
    """What the form shows.

    Attributes:
        rows: In the order of the file.
        options: Name and label of each column of the schema.
        constants: Columns that the file lacks.
        spellings: Column, value of the file, value of the schema.
        open: Whether it needs an answer before the file can be valid.
        kept: Whether a mapping is used already, which can be dropped.
        unnamed: Whether the file has columns without a name.
        trouble: Why the last answer couldn't be taken; empty.
    """

    rows: tuple[Row, ...]
    options: tuple[tuple[str, str], ...]
    constants: tuple[Constant, ...]
    spellings: tuple[tuple[str, str, str], ...]
    open: bool
    kept: bool
    unnamed: bool
    trouble: str = ""


def proposal_for(
    data: bytes, filename: str, schema: Schema, reading: Reading, mapping: ColumnMapping | None
) -> Proposal | None:
    """What to ask about a file's columns; None where nothing is to be asked, or too much.

    Args:
        data: The file.
        filename: Its name.
        schema: What it was read under.
        reading: What became of it.
        mapping: With which it was read.
    """
    codes = {note.code for note in reading.guessed}
    if _LABEL_RULES.isdisjoint(reading.report.counts) and _LABEL_NOTES.isdisjoint(codes):
        return None
    labels = reading.labels
    if not labels or len(labels) * len(schema.fields) > OPTIONS_MAX or len(labels) > FIELDS_MAX:
        return None
    if sum(map(len, labels)) > LABELS_MAX_CHARS:
        return None
    return propose(peek(data, filename=filename, schema=schema, mapping=mapping), schema, mapping)


def columns_form(
    proposal: Proposal | None,
    schema: Schema,
    reading: Reading,
    *,
    participant: str,
    lang: Lang,
    trouble: str = "",
    given: Mapping[str, str] | None = None,
) -> ColumnsForm | None:
    """What the form shows; None without a proposal.

    Args:
        proposal: For the file.
        schema: What it was read under.
        reading: What became of it.
        participant: Whose data they are; its place is proposed where the file has none.
        lang: Of the page.
        trouble: Why the last answer couldn't be taken.
        given: The last answer, which is shown again.
    """
    if proposal is None:
        return None
    given = given or {}
    return ColumnsForm(
        tuple(
            Row(
                f"c{at}",
                one,
                given.get(f"c{at}", one.column or ""),
                ("confirm" if one.column else "unknown") if one.to_confirm else "",
            )
            for at, one in enumerate(proposal.columns)
        ),
        tuple(
            (one.name, labelled(one.labels, lang, one.title or one.name)) for one in schema.fields
        ),
        _constants(proposal, schema, participant, lang, given),
        tuple(
            (column, text, value)
            for column, spellings in proposal.mapping().values.items()
            for text, value in spellings.items()
        ),
        not _LABEL_RULES.isdisjoint(reading.report.counts) or bool(trouble),
        proposal.kept is not None and not proposal.kept.empty,
        "blank-label" in reading.report.counts or "" in proposal.mapping().columns,
        trouble,
    )


def _needed(proposal: Proposal) -> tuple[str, ...]:
    """Columns that are asked for as constants, in one order at each time."""
    kept = proposal.kept.constants if proposal.kept is not None else {}
    return (*kept, *(name for name in proposal.lacking if name not in kept))


def _constants(
    proposal: Proposal, schema: Schema, participant: str, lang: Lang, given: Mapping[str, str]
) -> tuple[Constant, ...]:
    kept = proposal.kept.constants if proposal.kept is not None else {}
    found = []
    for at, name in enumerate(_needed(proposal)):
        field = schema.by_name[name]
        usual = (place_of(participant) or "") if name == schema.place else ""
        found.append(
            Constant(
                f"k{at}",
                name,
                labelled(field.labels, lang, field.title or name),
                given.get(f"k{at}", kept.get(name, usual)),
                field.constraints.required,
            )
        )
    return tuple(found)


def answered(
    fields: Mapping[str, str], proposal: Proposal, schema: Schema, lang: Lang
) -> ColumnMapping:
    """The mapping that a form's answer says.

    Args:
        fields: The form's, as sent.
        proposal: What it asked about.
        schema: What the file is read under.
        lang: Of the page.

    Raises:
        Unanswered: In words for the reader.
    """
    if fields.get("fresh"):
        return ColumnMapping(schema.name)
    columns: dict[str, str | None] = {"": None} if fields.get("unnamed") else {}
    taken: dict[str, str] = {}
    for at, one in enumerate(proposal.columns):
        chosen = fields.get(f"c{at}", "")
        if chosen and chosen not in schema.by_name:
            raise Unanswered(say(lang, "m.unknown"))
        if chosen in taken:
            raise Unanswered(say(lang, "m.twice", column=chosen))
        if chosen:
            taken[chosen] = one.label
        columns[one.label] = chosen or None
    constants = {
        name: value
        for at, name in enumerate(_needed(proposal))
        if (value := fields.get(f"k{at}", "").strip()) and name not in taken
    }
    before = proposal.mapping()
    # how values are spelled belongs to the column of the file that they were seen in
    values = {
        name: spellings
        for name, spellings in before.values.items()
        if name in taken and before.columns.get(taken[name]) == name
    }
    _check(ColumnMapping(schema.name, columns), schema, say(lang, "m.personal"))
    for name, value in constants.items():
        wrong = say(lang, "m.constant", column=name, value=value)
        _check(ColumnMapping(schema.name, {}, {name: value}), schema, wrong)
    return ColumnMapping(schema.name, columns, constants, values, before.sheet, before.decimal)


def _check(mapping: ColumnMapping, schema: Schema, told: str) -> None:
    try:
        check_mapping(mapping, schema)
    except MappingFault as fault:
        raise Unanswered(told) from fault
