"""The header of a file, or the members of its objects, against the columns of a schema."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.model import Schema
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.limits import COLUMNS_MAX, NEAREST_MAX
from schemas.reading.mapping import ColumnMapping
from schemas.reading.meanings import How, Meaning, Meanings, nearest, stripped
from schemas.reading.notes import Note
from schemas.report import Fault, ReportBuilder, shorten

_CODES: Final = {
    How.MAPPED: "mapped",
    How.FORM: "label",
    How.SYNONYM: "synonym",
    How.STANDARD: "synonym",
    How.TITLE: "synonym",
}
"""Code of the note that a label was understood so; its own name needs none."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where the wire's columns stand.

    Attributes:
        positions: Position in the file of each column that may leave the node, in the order of
            the schema.
        width: Columns in the file.
        notes: How labels were understood, and columns that are left out.
    """

    positions: Mapping[str, int]
    width: int
    notes: tuple[Note, ...]


def known_labels(
    labels: Iterable[str], schema: Schema, mapping: ColumnMapping | None = None
) -> int:
    """How many labels stand for something.

    Args:
        labels: As they stand.
        schema: Schema of the file.
        mapping: What is known of the file.
    """
    meanings = meanings_of(schema, mapping)
    return sum(meanings.of(stripped(label)).how is not How.UNKNOWN for label in labels)


def meanings_of(schema: Schema, mapping: ColumnMapping | None) -> Meanings:
    """What labels stand for under a schema and, if there is one, a mapping."""
    return Meanings(schema, None if mapping is None else mapping.columns)


def match_labels(
    labels: Sequence[str],
    schema: Schema,
    builder: ReportBuilder,
    mapping: ColumnMapping | None = None,
    *,
    row: int = 1,
) -> Header:
    """Find the schema's columns among the labels of a header.

    Args:
        labels: Labels as they stand; spaces around them don't count.
        schema: Schema of the file.
        builder: Takes `blank-label`, `duplicate-label`, `extra-label`, `incorrect-label`,
            `missing-label`.
        mapping: What is known of the file; None: nothing.
        row: Line of the header.

    Raises:
        Unreadable: More columns than any file should have.
    """
    if len(labels) > COLUMNS_MAX:
        raise Unreadable(ReadingFault.of("limit-error", row=row, case="columns", limit=COLUMNS_MAX))
    matcher = LabelMatcher(schema, builder, mapping)
    seen: dict[str, int] = {}
    for position, label in enumerate(map(stripped, labels)):
        if matcher.meaning(label).left_out:
            seen.setdefault(label, position)
        elif not label:
            builder.add(ReadingFault.of("blank-label", row=row, number=position + 1))
        elif label in seen:
            builder.add(ReadingFault.of("duplicate-label", row=row, column=label))
        else:
            seen[label] = position
    columns = matcher.place(seen, row)
    matcher.tell()
    positions = {
        field.name: seen[columns[field.name]]
        for field in schema.wire_fields
        if field.name in columns
    }
    return Header(positions, len(labels), matcher.notes())


class LabelMatcher:
    """Which label holds which column, in one file; JSON may have other labels in each object."""

    def __init__(
        self, schema: Schema, builder: ReportBuilder, mapping: ColumnMapping | None = None
    ) -> None:
        """Match nothing yet.

        Args:
            schema: Schema of the file.
            builder: Takes `extra-label`, `incorrect-label`, `missing-label`.
            mapping: What is known of the file.
        """
        self._schema: Final = schema
        self._builder: Final = builder
        self._mapping: Final = mapping
        self._meanings: Final = meanings_of(schema, mapping)
        self._constants: Final = frozenset(mapping.constants if mapping is not None else ())
        self._rows: Final[dict[str, int]] = {}
        self._held: Final[dict[str, str]] = {}
        self._told: Final[set[str]] = set()
        self._supplied: Final[set[str]] = set()
        self._faults: Final[list[Fault]] = []

    def meaning(self, label: str) -> Meaning:
        """What a label stands for by itself."""
        return self._meanings.of(label)

    @property
    def seen(self) -> int:
        """Labels seen so far."""
        return len(self._rows)

    def place(self, labels: Iterable[str], row: int) -> Mapping[str, str]:
        """Find which label holds which column, in a header or one object.

        Args:
            labels: Each once, without spaces around it.
            row: Line that they stand on.

        Returns:
            Label by column, personal ones too.
        """
        claims: dict[str, list[str]] = {}
        for label in labels:
            self._rows.setdefault(label, row)
            field = self.meaning(label).field
            if field in self._constants:
                self._tell(label, row, "extra-label", case="constant", near=field)
            elif field is not None:
                claims.setdefault(field, []).append(label)
        columns = {field: self._holder(field, some, row) for field, some in claims.items()}
        for field, label in columns.items():
            self._held.setdefault(field, label)
        return columns

    def supply(self, names: Iterable[str]) -> None:
        """Know columns that come from elsewhere than a label, such as a feature's geometry.

        Args:
            names: Of columns.
        """
        self._supplied.update(names)

    def tell(self, *, rows: bool = True) -> None:
        """Report what was found, in the order of the labels, once all are seen.

        Args:
            rows: Whether there is anything in which a column could be missing.
        """
        self._builder.labels = tuple(self._rows)
        free = [field.name for field in self._schema.fields if field.name not in self._held]
        unknown = 0
        for label, row in self._rows.items():
            meaning = self.meaning(label)
            if meaning.how is How.UNKNOWN:
                self._faults.append(self._extra(label, row, free if unknown < NEAREST_MAX else ()))
                unknown += 1
            elif len(meaning.fields) > 1:
                candidates = ", ".join(meaning.fields)
                self._tell(label, row, "incorrect-label", case="several", expected=candidates)
        for fault in self._faults:
            self._builder.add(fault)
        if rows:
            self._tell_missing()

    def notes(self) -> tuple[Note, ...]:
        """How labels were understood, and what is left out."""
        found = []
        for label in self._rows:
            meaning, shown = self.meaning(label), shorten(label)
            field = meaning.field
            if meaning.left_out:
                found.append(Note("left-out", shown) if label else Note("unnamed"))
            elif field is not None and self._held.get(field) == label:
                if meaning.how in _CODES and label != field:
                    found.append(Note(_CODES[meaning.how], shown, field))
                if field in self._schema.personal:
                    found.append(Note("personal", field))
        return (*found, *self._notes_of_mapping())

    def _notes_of_mapping(self) -> Iterable[Note]:
        if self._mapping is None:
            return
        for field, value in self._mapping.constants.items():
            yield Note("constant", field, shorten(value))
        for field in self._mapping.values:
            if field in self._held:
                yield Note("translated", field)
        present = {self._meanings.mapped(label) for label in self._rows}
        for label in self._mapping.columns:
            if label and label not in present:
                yield Note("absent", shorten(label))

    def _holder(self, field: str, labels: Sequence[str], row: int) -> str:
        """The label that has a column; for the others it is a fault to claim it."""
        first, *others = sorted(labels, key=lambda label: self.meaning(label).weight)
        sure = self.meaning(first).weight
        for label in others:
            case = "taken" if self.meaning(label).weight > sure else "same"
            rule = "extra-label" if case == "taken" else "incorrect-label"
            self._tell(label, row, rule, case=case, near=field, name=shorten(first))
        return first

    def _tell(self, label: str, row: int, rule: str, **params: str | None) -> None:
        if label not in self._told:
            self._told.add(label)
            self._faults.append(ReadingFault.of(rule, row=row, column=label, **params))

    def _extra(self, label: str, row: int, free: Sequence[str]) -> Fault:
        near = nearest(label, self._schema, free)
        case = None if near is None else "near"
        if self._mapping is not None and not self._mapping.empty:
            case = "uncovered" if near is None else "uncovered-near"
        return ReadingFault.of("extra-label", row=row, column=label, case=case, near=near)

    def _tell_missing(self) -> None:
        # a column that several could be isn't missing: one fault says enough
        possible = {field for label in self._rows for field in self.meaning(label).fields}
        for field in self._schema.wire_fields:
            if (
                field.constraints.required
                and field.name not in possible | self._constants | self._supplied
            ):
                self._builder.add(ReadingFault.of("missing-label", column=field.name))
