"""A look at a file's columns, whatever they are called: its labels, and some values of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from schemas.document import FIELDS_MAX
from schemas.model import Schema, parse_schema
from schemas.reading.faults import Unreadable
from schemas.reading.mapping import ColumnMapping
from schemas.reading.opening import read_cells
from schemas.report import ReportBuilder

ROWS_MAX: Final = 200
"""Rows of which values are looked at."""
HEAD_BYTES: Final = 256 * 1024
"""Of a text; some hundred rows of any width that occurs."""
_WHOLE: Final = (b"[", b"{", b"PK", b"PAR1", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b")
"""What a file begins with that can't be cut at a line's end: JSON, archives, UTF-16."""


@dataclass(frozen=True, slots=True)
class Peek:
    """What a file's columns are called, and some of what they hold.

    Attributes:
        labels: In the order of the file, each once, the blank one not.
        values: By label, distinct texts that aren't empty, in the order of the file.
        missing: Required columns that the reader found nowhere; a geometry may hold some that no
            label names.
    """

    labels: tuple[str, ...]
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def peek(
    data: bytes, *, filename: str, schema: Schema, mapping: ColumnMapping | None = None
) -> Peek:
    """Look at a file. Never raises for what it may hold.

    Args:
        data: The file.
        filename: Its name.
        schema: What it is to be read under; tells where the table is, and what separates cells.
        mapping: What is known of the file.
    """
    for part in dict.fromkeys((_head(data), data)):
        builder = ReportBuilder()
        whole = _read(part, filename, schema, builder, mapping)
        labels = tuple(label for label in builder.labels if label)
        if not labels or (whole is None and part is not data):
            continue
        sheet = None if mapping is None else mapping.sheet
        missing = tuple(
            one.column or "" for one in builder.build(0).faults if one.rule == "missing-label"
        )
        return Peek(labels, _values(part, filename, labels[:FIELDS_MAX], sheet), missing)
    return Peek(())


def _head(data: bytes) -> bytes:
    """The first lines of a text, or the whole file where it can't be cut."""
    if len(data) <= HEAD_BYTES or data.lstrip()[:4].startswith(_WHOLE):
        return data
    end = data.rfind(b"\n", 0, HEAD_BYTES) + 1
    return data[:end] or data


def _read(
    data: bytes,
    filename: str,
    schema: Schema,
    builder: ReportBuilder,
    mapping: ColumnMapping | None,
) -> pl.DataFrame | None:
    try:
        cells = read_cells(data, filename, schema, builder, lambda _: None, mapping=mapping)
    except (Unreadable, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    return cells.frame


def _values(
    data: bytes, filename: str, labels: Sequence[str], sheet: str | None
) -> dict[str, list[str]]:
    """Read the file under a schema that has all its columns, as texts."""
    names = {f"c{number}": label for number, label in enumerate(labels)}
    schema = _texts(tuple(names))
    mapping = ColumnMapping(
        schema.name, {label: name for name, label in names.items()}, sheet=sheet
    )
    builder = ReportBuilder()
    frame = _read(data, filename, schema, builder, mapping)
    found: dict[str, list[str]] = {}
    # a number in JSON is no text, which is a fault that shows it
    for fault in builder.build(0).faults:
        if fault.column in names and fault.value:
            found.setdefault(names[fault.column], []).append(fault.value)
    for name in frame.columns if frame is not None else ():
        assert frame is not None
        texts = frame[name].head(ROWS_MAX).drop_nulls().unique(maintain_order=True).to_list()
        found.setdefault(names[name], []).extend(text for text in texts if text.strip())
    return found


def _texts(names: Sequence[str]) -> Schema:
    """A schema of texts; its key is only there because a schema has one."""
    document = {
        "name": "colonnes",
        "version": "1.0.0",
        "fields": [
            {"name": name, "type": "string", "constraints": {"required": number == 0}}
            for number, name in enumerate(names)
        ],
        "primaryKey": [names[0]],
        "maillage": {
            "kind": "register",
            "competence": ["commune"],
            "origin": "own",
            "sharing": {"default": "open"},
            "licence": "etalab-2.0",
            "labels": {"fr": "Colonnes"},
        },
    }
    return parse_schema(json.dumps(document).encode())
