"""From typed rows to rows that can be published: checked, keyed once, sorted by key."""

from collections import Counter
from dataclasses import replace
from typing import Final

import polars as pl

from schemas.checks import FIRST_ROW, check_rows
from schemas.model import Schema
from schemas.reading.casting import TypedRows
from schemas.reading.cells import LINE, Cells
from schemas.reading.faults import ReadingFault
from schemas.report import LIMIT, Fault, ReportBuilder

_POSITION: Final = "_position"
_RUN: Final = "_run"
_FIRST: Final = "_first"
_OURS: Final = frozenset({"order", "primary-key"})
"""Rules told here: a file may have any order, and a double key is told with both lines."""


def publishable(
    typed: TypedRows, cells: Cells, schema: Schema, builder: ReportBuilder
) -> pl.DataFrame:
    """Check rows and sort them by key.

    Args:
        typed: Rows in the order of the file.
        cells: The texts they come from, for what a fault shows.
        schema: Schema of the rows.
        builder: Takes the faults of sound rows, by line of the file.

    Returns:
        All sound rows with the wire's columns, ascending by key; publishable if the builder has
        no fault.
    """
    wire = [field.name for field in schema.wire_fields]
    key = list(schema.primary_key)
    frame = typed.frame.with_row_index(_POSITION).filter(typed.sound)
    ordered = frame.sort(key, maintain_order=True)
    if not check_rows(schema, ordered.select(wire)).valid:
        # again in the order of the file, so that the first faults told are the first in the file
        _tell_checks(frame, cells, schema, builder)
        _tell_double(ordered, key, cells, builder)
    return ordered.select(wire)


def _tell_checks(frame: pl.DataFrame, cells: Cells, schema: Schema, builder: ReportBuilder) -> None:
    report = check_rows(schema, frame.select(field.name for field in schema.wire_fields))
    told = [fault for fault in report.faults if fault.rule not in _OURS]
    for fault in told:
        builder.add(_in_file(fault, frame, cells))
    shown = Counter((fault.rule, fault.column) for fault in told)
    for (rule, column), total in report.tally.items():
        if rule not in _OURS:
            builder.count(rule, total - shown[rule, column], column)


def _in_file(fault: Fault, frame: pl.DataFrame, cells: Cells) -> Fault:
    """A fault with the line of the file, and the value as it is written there."""
    if fault.row is None:
        return fault
    at = fault.row - FIRST_ROW
    value = fault.value
    if value is not None and fault.column in cells.frame.columns:
        value = cells.frame[fault.column][frame[_POSITION][at]]
    return replace(fault, row=frame[LINE][at], value=value)


def _tell_double(
    ordered: pl.DataFrame, key: list[str], cells: Cells, builder: ReportBuilder
) -> None:
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in key)
    runs = ordered.with_columns((~same.fill_null(value=False)).cum_sum().alias(_RUN))
    double = (
        runs.with_columns(pl.col(LINE).first().over(_RUN).alias(_FIRST))
        .filter(pl.col(_RUN) == pl.col(_RUN).shift(1))
        .sort(_POSITION)
    )
    for position, line, first in double.head(LIMIT).select(_POSITION, LINE, _FIRST).iter_rows():
        texts = cells.frame.select(key).row(position)
        builder.add(
            ReadingFault.of(
                "primary-key",
                row=line,
                value=", ".join((text or "").strip() for text in texts),
                case="twice",
                key=", ".join(key),
                first=first,
            )
        )
    builder.count("primary-key", double.height - LIMIT)
