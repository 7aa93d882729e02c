"""The header of a file against the columns of a schema."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.model import Schema
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.limits import COLUMNS_MAX, LABEL_MAX_CHARS, NEAREST_MAX
from schemas.reading.notes import Note
from schemas.report import Fault, ReportBuilder


@dataclass(frozen=True, slots=True)
class Header:
    """Where the wire's columns stand.

    Attributes:
        positions: Position in the file of each column that may leave the node, in the order of
            the schema.
        width: Columns in the file.
        notes: Personal columns that are left out.
    """

    positions: Mapping[str, int]
    width: int
    notes: tuple[Note, ...]


def match_labels(labels: Sequence[str], schema: Schema, builder: ReportBuilder) -> Header:
    """Find the schema's columns among the labels of a header.

    Args:
        labels: Labels as they stand; spaces around them don't count.
        schema: Schema of the file.
        builder: Takes `blank-label`, `duplicate-label`, `extra-label`, `missing-label`.

    Raises:
        Unreadable: More columns than any file should have.
    """
    if len(labels) > COLUMNS_MAX:
        raise Unreadable(ReadingFault.of("limit-error", row=1, case="columns", limit=COLUMNS_MAX))
    seen: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for position, label in enumerate(label.strip() for label in labels):
        if not label:
            builder.add(ReadingFault.of("blank-label", row=1, number=position + 1))
        elif label in seen:
            builder.add(ReadingFault.of("duplicate-label", row=1, column=label))
        else:
            seen[label] = position
            if label not in schema.by_name:
                unknown[label] = 1
    for fault in extra_labels(unknown, seen, schema):
        builder.add(fault)
    for fault in missing_labels(seen, schema):
        builder.add(fault)
    positions = {field.name: seen[field.name] for field in schema.wire_fields if field.name in seen}
    notes = tuple(Note("personal", name) for name in seen if name in schema.personal)
    return Header(positions, len(labels), notes)


def extra_labels(
    unknown: Mapping[str, int], seen: Mapping[str, int], schema: Schema
) -> tuple[Fault, ...]:
    """A fault per column that the schema doesn't have, with the nearest name it does.

    Args:
        unknown: Labels that the schema doesn't have, each with its line.
        seen: All labels of the file: a name that is taken is no remedy.
        schema: Schema of the file.
    """
    free = [field.name for field in schema.fields if field.name not in seen]
    return tuple(
        _extra(label, free if place < NEAREST_MAX else [], row)
        for place, (label, row) in enumerate(unknown.items())
    )


def missing_labels(seen: Mapping[str, int], schema: Schema) -> tuple[Fault, ...]:
    """A fault per required column of the wire that the file doesn't have.

    Args:
        seen: Labels of the file.
        schema: Schema of the file.
    """
    return tuple(
        ReadingFault.of("missing-label", column=field.name)
        for field in schema.wire_fields
        if field.constraints.required and field.name not in seen
    )


def _extra(label: str, free: Sequence[str], row: int) -> Fault:
    near = _nearest(label, free) if len(label) <= LABEL_MAX_CHARS else None
    case = None if near is None else "near"
    return ReadingFault.of("extra-label", row=row, column=label, case=case, near=near)


def _nearest(label: str, names: Sequence[str]) -> str | None:
    by_lower = {name.lower(): name for name in names}
    found = difflib.get_close_matches(_plain(label), by_lower, n=1)
    return by_lower[found[0]] if found else None


def _plain(label: str) -> str:
    return label.lower().replace(" ", "_").replace("-", "_")
