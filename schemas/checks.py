"""Checks of typed rows: the same rules for one table and for many at once.

One pass over the probes tells whether anything is wrong; only then is looked for what, and where.
A composer's hot path: publications of one schema are checked in one frame.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from schemas.bounds import DATE_MAX, DATE_MIN, DATETIME_MAX, DATETIME_MIN
from schemas.model import Schema
from schemas.report import LIMIT, Fault, Report, ReportBuilder
from schemas.rules import Compiled, Probe, Rule, compiled

FIRST_ROW: Final = 1
"""Number of a table's first row in faults; wire rows have no header line."""
PART: Final = "_part"


def check_rows(
    schema: Schema, frame: pl.DataFrame, *, across: bool = True, clean: bool = False
) -> Report:
    """Check the rows of one publication.

    Args:
        schema: Theirs.
        frame: The wire's columns and types, in the order that they are to be published.
        across: Whether rows are compared with one another too: their order, what stands twice.
        clean: Whether it is known that no cell had a control character.

    Returns:
        All faults, bounded; rows count from 1.

    Raises:
        ValueError: The frame has not the schema's columns and types.
    """
    rules = compiled(schema, None)
    _fit(rules, frame)
    builder = ReportBuilder()
    probes = [
        probe
        for probe in rules.probes
        if (across or not probe.across) and not (clean and probe.control)
    ]
    for rule in _broken(probes, frame):
        rows = frame.select(_mask(rule).arg_true()).to_series()
        shown = rows.head(LIMIT).to_list()
        for row in shown:
            builder.add(_fault(rule, frame, row, row))
        builder.count(rule.rule, rows.len() - len(shown), rule.column)
    return builder.build(frame.height)


def check_batch(schema: Schema, frame: pl.DataFrame, part: str = PART) -> dict[int, Fault]:
    """Check many publications at once.

    Args:
        schema: That of all of them.
        frame: The wire's columns and types, and the column `part`. Rows ascend by part, and are
            in the order that they were published.
        part: Column of whole numbers that tells publications apart.

    Returns:
        The first fault of each publication that has one, by part; rows count from 1 in each. Empty:
        all are valid.

    Raises:
        ValueError: The frame has not the schema's columns and types, or parts don't ascend.
    """
    rules = compiled(schema, part)
    _fit(rules, frame)
    parts = frame.get_column(part)
    if not parts.is_sorted():
        raise ValueError(f"{part}: the rows of a publication stand together, ascending")
    first: dict[int, tuple[int, Rule]] = {}
    for rule in _broken(rules.probes, frame):
        rows = frame.select(_mask(rule).arg_true()).to_series()
        found = pl.DataFrame({"part": parts.gather(rows), "row": rows})
        for at, row in found.unique("part", keep="first", maintain_order=True).iter_rows():
            known = first.get(at)
            if known is None or row < known[0]:
                first[at] = row, rule
    return {
        at: _fault(rule, frame, row, row - int(parts.search_sorted(at, side="left")))
        for at, (row, rule) in sorted(first.items())
    }


def _fit(rules: Compiled, frame: pl.DataFrame) -> None:
    found = frame.schema
    for name, kind in rules.types.items():
        if found.get(name) != kind:
            raise ValueError(f"{name}: the schema has {kind}, the frame {found.get(name)}")


def _mask(rule: Rule) -> pl.Expr:
    return rule.broken.fill_null(value=False)


def _broken(probes: Sequence[Probe], frame: pl.DataFrame) -> Iterator[Rule]:
    """Rules that may be broken, in their order."""
    if frame.is_empty() or not probes:
        return
    alarms = frame.select(
        probe.alarm.alias(str(number)) for number, probe in enumerate(probes)
    ).row(0)
    for probe, alarm in zip(probes, alarms, strict=True):
        if alarm:
            yield from probe.rules


def _fault(rule: Rule, frame: pl.DataFrame, at: int, row: int) -> Fault:
    values = [_shown(frame.get_column(name), at) for name in rule.shows]
    texts = [value for value in values if value is not None]
    beside = {name: _shown(frame.get_column(column), at) for name, column in rule.beside}
    return Fault.of(
        rule.rule,
        row=row + FIRST_ROW,
        column=rule.column,
        value=", ".join(texts) if texts else None,
        **dict(rule.params),
        **beside,
    )


def _shown(column: pl.Series, at: int) -> str | None:
    """A value as people read it; of a moment outside the calendar its number."""
    one = column.slice(at, 1)
    kind = one.dtype
    if one.null_count():
        return None
    if kind.is_temporal():
        number = one.to_physical().item()
        least, most = (DATE_MIN, DATE_MAX) if kind == pl.Date else (DATETIME_MIN, DATETIME_MAX)
        return (
            str(one.item().isoformat()).replace("+00:00", "Z")
            if least <= number <= most
            else str(number)
        )
    return str(one.cast(pl.String).item())
