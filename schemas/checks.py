"""Checks of typed rows: one compilation per schema, one meaning of valid.

A schema becomes polars expressions that are true where a row is at fault. A composer runs them
over many publications at once; a report names row, column, value and rule.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import polars as pl

from schemas.model import Field, Schema
from schemas.report import Fault, Report, ReportBuilder

TEXT_MAX_CHARS: Final = 10_000
"""Longest text of a column that states no bound of its own."""

CONTROL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
"""Control characters other than tab, line feed and carriage return: no text of a person has them."""

_ROW: Final = "_row"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule.

    Attributes:
        rule: Frictionless error code.
        column: Column name, or None for the whole row.
        fault: True where the row is at fault; never null.
        params: For the report's sentence.
    """

    rule: str
    column: str | None
    fault: pl.Expr
    params: tuple[tuple[str, str], ...]


def _check(rule: str, column: str | None, fault: pl.Expr, **params: object) -> Check:
    return Check(
        rule, column, fault.fill_null(value=False), tuple((k, str(v)) for k, v in params.items())
    )


def _bound(field: Field, value: Any) -> Any:
    if field.type in ("date", "datetime"):
        kind = pl.Date() if field.type == "date" else pl.Datetime("us", "UTC")
        return (
            pl.lit(str(value)).str.to_datetime(time_zone="UTC").cast(kind)
            if field.type == "datetime"
            else pl.lit(str(value)).str.to_date()
        )
    return pl.lit(value)


def _of_field(field: Field) -> list[Check]:
    column, rules = pl.col(field.name), field.constraints
    found = []
    if rules.required:
        found.append(_check("constraint-error", field.name, column.is_null(), case="required"))
    if rules.enum is not None:
        found.append(
            _check(
                "constraint-error",
                field.name,
                ~column.is_in(list(rules.enum)),
                case="enum",
                allowed=", ".join(map(str, rules.enum)),
            )
        )
    if rules.minimum is not None:
        found.append(
            _check(
                "constraint-error",
                field.name,
                column < _bound(field, rules.minimum),
                case="minimum",
                bound=rules.minimum,
            )
        )
    if rules.maximum is not None:
        found.append(
            _check(
                "constraint-error",
                field.name,
                column > _bound(field, rules.maximum),
                case="maximum",
                bound=rules.maximum,
            )
        )
    if field.type in ("string", "array", "object", "geopoint"):
        found += _of_text(field)
    if field.type == "datetime":
        year = column.dt.year()
        found.append(_check("type-error", field.name, (year < 1) | (year > 9999), case="datetime"))
    return found


def _of_text(field: Field) -> list[Check]:
    column, rules = pl.col(field.name), field.constraints
    longest = TEXT_MAX_CHARS if rules.max_length is None else rules.max_length
    found = [
        _check(
            "constraint-error",
            field.name,
            column.str.len_chars() > longest,
            case="maxLength",
            bound=longest,
        ),
        _check("constraint-error", field.name, column.str.contains(CONTROL), case="control"),
    ]
    if rules.min_length is not None:
        found.append(
            _check(
                "constraint-error",
                field.name,
                column.str.len_chars() < rules.min_length,
                case="minLength",
                bound=rules.min_length,
            )
        )
    if rules.pattern is not None:
        whole = f"^(?:{rules.pattern})$"
        found.append(
            _check(
                "constraint-error",
                field.name,
                ~column.str.contains(whole),
                case="pattern",
                pattern=rules.pattern,
            )
        )
    if field.type in ("array", "object"):
        wanted = list if field.type == "array" else dict
        fault = column.map_elements(
            lambda text: not _is_json(text, wanted), return_dtype=pl.Boolean
        )
        found.append(_check("type-error", field.name, fault, case=field.type))
    return found


def _is_json(text: str, wanted: type) -> bool:
    try:
        return isinstance(json.loads(text), wanted)
    except (ValueError, RecursionError):
        return False


def _order(schema: Schema, part: str) -> tuple[pl.Expr, pl.Expr]:
    """(the key is that of the row before, the key is smaller) within a part."""
    same = pl.col(part) == pl.col(part).shift(1)
    smaller = pl.lit(value=False)
    equal = pl.lit(value=True)
    for name in schema.primary_key:
        column, before = pl.col(name), pl.col(name).shift(1)
        smaller = smaller | (equal & (column < before))
        equal = equal & (column == before)
    return same & equal, same & smaller


@lru_cache(maxsize=1024)
def compiled(schema: Schema, part: str) -> tuple[Check, ...]:
    """All checks of a schema, for frames with a part column."""
    found = [check for field in schema.wire_fields for check in _of_field(field)]
    if schema.time is not None and schema.time_end is not None:
        fault = pl.col(schema.time_end) <= pl.col(schema.time)
        found.append(
            _check("constraint-error", schema.time_end, fault, case="end", start=schema.time)
        )
    double, disorder = _order(schema, part)
    found.append(_check("primary-key", ", ".join(schema.primary_key), double))
    found.append(_check("order", ", ".join(schema.primary_key), disorder))
    return tuple(found)


def _broken(checks: Sequence[Check], frame: pl.DataFrame) -> list[Check]:
    flags = frame.select(check.fault.any().alias(str(at)) for at, check in enumerate(checks)).row(0)
    return [check for check, flag in zip(checks, flags, strict=True) if flag]


def check_batch(schema: Schema, frame: pl.DataFrame, part: str = "_part") -> dict[int, Fault]:
    """Check many publications at once.

    Args:
        schema: Of all rows.
        frame: Wire columns and a u32 column that says which publication a row is of; the rows of
            one stand together, in their order.
        part: Name of that column.

    Returns:
        The first fault of each publication that has one; `row` counts its rows from 1.
    """
    broken = _broken(compiled(schema, part), frame)
    faults: dict[int, Fault] = {}
    if not broken:
        return faults
    numbered = frame.with_columns(pl.int_range(1, pl.len() + 1).over(part).alias(_ROW))
    for check in broken:
        columns = [name for name in (check.column,) if name in frame.columns]
        rows = numbered.filter(check.fault).group_by(part, maintain_order=True).first()
        for row in rows.select(part, _ROW, *columns).iter_rows():
            known = faults.get(row[0])
            if known is None or (known.row or 0) > row[1]:
                value = row[2] if columns else None
                faults[row[0]] = Fault(
                    check.rule,
                    row[1],
                    check.column,
                    None if value is None else str(value),
                    tuple(sorted(check.params)),
                )
    return faults


def check_rows(schema: Schema, frame: pl.DataFrame) -> Report:
    """Check the typed rows of one publication.

    Returns:
        Every fault, bounded; `row` counts rows from 1.
    """
    marked = frame.with_columns(pl.lit(0, pl.UInt32).alias("_part"))
    builder = ReportBuilder()
    broken = _broken(compiled(schema, "_part"), marked)
    numbered = marked.with_row_index(_ROW, offset=1)
    for check in broken:
        columns = [name for name in (check.column,) if name in frame.columns]
        for row in numbered.filter(check.fault).select(_ROW, *columns).iter_rows():
            value = row[1] if columns else None
            builder.add(
                Fault(
                    check.rule,
                    row[0],
                    check.column,
                    None if value is None else str(value),
                    tuple(sorted(check.params)),
                )
            )
    return builder.build(frame.height)
