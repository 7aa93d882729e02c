"""From typed rows to rows that can be published: checked, keyed once, sorted by key."""

from collections import Counter
from dataclasses import replace

import polars as pl

from schemas.checks import FIRST_ROW, check_rows
from schemas.model import Schema
from schemas.reading.casting import TypedRows
from schemas.reading.cells import LINE, Cells
from schemas.reading.repeats import Repeats
from schemas.report import Fault, ReportBuilder


def publishable(
    typed: TypedRows, cells: Cells, schema: Schema, builder: ReportBuilder
) -> pl.DataFrame | None:
    """Check rows and sort them by key.

    Args:
        typed: Rows in the order of the file.
        cells: The texts they come from, for what a fault shows.
        schema: Schema of the rows.
        builder: Takes the faults of sound rows, by line of the file.

    Returns:
        All rows with the wire's columns, ascending by key; None if the builder has any fault.
    """
    repeats = Repeats(schema)
    rows = check_part(typed, cells, schema, builder, repeats)
    repeats.tell(builder)
    if not builder.valid:
        return None
    wire = [field.name for field in schema.wire_fields]
    return rows.select(wire).sort(schema.primary_key, maintain_order=True)


def check_part(
    typed: TypedRows, cells: Cells, schema: Schema, builder: ReportBuilder, repeats: Repeats
) -> pl.DataFrame:
    """Check a part of a file's rows, each by itself; a file may have them in any order.

    Args:
        typed: Rows in the order of the file.
        cells: The texts they come from.
        schema: Schema of the rows.
        builder: Takes the faults of sound rows, by line of the file.
        repeats: Takes what no other row may have.

    Returns:
        The sound rows, with the wire's columns and `LINE`.
    """
    frame, texts = typed.frame, cells.frame
    if not typed.sound.all():
        frame, texts = frame.filter(typed.sound), texts.filter(typed.sound)
    wire = frame.select(field.name for field in schema.wire_fields)
    report = check_rows(schema, wire, across=False, clean=cells.clean)
    for fault in report.faults:
        builder.add(_in_file(fault, frame, texts))
    shown = Counter((fault.rule, fault.column) for fault in report.faults)
    for (rule, column), total in report.tally.items():
        builder.count(rule, total - shown[rule, column], column)
    repeats.add(frame, texts)
    return frame


def _in_file(fault: Fault, frame: pl.DataFrame, texts: pl.DataFrame) -> Fault:
    """A fault with the line of the file, and the value as it is written there."""
    if fault.row is None:
        return fault
    at = fault.row - FIRST_ROW
    value = fault.value
    if value is not None and fault.column in texts.columns:
        value = texts[fault.column][at]
    return replace(fault, row=frame[LINE][at], value=value)
