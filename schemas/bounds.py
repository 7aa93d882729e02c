"""Constraints that compare: `minimum`, `maximum` and `enum` as whole numbers of steps.

A column of numbers is compared as polars stores it: decimals in steps of their scale, dates in
days and datetimes in microseconds since 1970. So no comparison rounds.
"""

import datetime as dt
import math
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

from schemas.document import Constraints, Field, SchemaFault

DECIMAL_PRECISION: Final = 18
"""Digits of a number: 10**18 fits a signed 64-bit integer, so that minima and maxima do too."""
STEPS_MAX: Final = 10**DECIMAL_PRECISION - 1
_INTEGER_MAX: Final = 2**63 - 1
_EXPONENT_MAX: Final = 40
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)

YEAR_MIN: Final = dt.MINYEAR
YEAR_MAX: Final = dt.MAXYEAR
DATE_MIN: Final = (dt.date.min - _EPOCH.date()).days
DATE_MAX: Final = (dt.date.max - _EPOCH.date()).days
DATETIME_MIN: Final = (dt.datetime.min.replace(tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND
DATETIME_MAX: Final = (dt.datetime.max.replace(tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND

_COMPARED: Final = ("integer", "number", "year", "date", "datetime")
_MEASURED: Final = ("string", "array")


def lower(field: Field, scale: int) -> int | None:
    """The least step that `minimum` allows; None without one.

    Args:
        field: Column.
        scale: Digits after the point of its values.

    Raises:
        SchemaFault: It isn't a value of the column's type.
    """
    exact = _steps(field, field.constraints.minimum, scale)
    return None if exact is None else _within(field, math.ceil(exact))


def upper(field: Field, scale: int) -> int | None:
    """The greatest step that `maximum` allows; None without one.

    Args:
        field: Column.
        scale: Digits after the point of its values.

    Raises:
        SchemaFault: It isn't a value of the column's type.
    """
    exact = _steps(field, field.constraints.maximum, scale)
    return None if exact is None else _within(field, math.floor(exact))


def allowed(field: Field, scale: int) -> tuple[str, ...] | tuple[int, ...] | None:
    """The values of `enum`: texts, or steps; None without one.

    Args:
        field: Column.
        scale: Digits after the point of its values.

    Raises:
        SchemaFault: A value isn't of the column's type.
    """
    values = field.constraints.enum
    if values is None:
        return None
    if field.type == "string":
        texts = tuple(value for value in values if isinstance(value, str))
        if len(texts) != len(values):
            raise SchemaFault(f"{field.name}: enum: a text column has texts")
        return texts
    steps = [_steps(field, value, scale) for value in values]
    whole = tuple(_within(field, int(step)) for step in steps if step is not None)
    if any(step is None or step.denominator != 1 for step in steps):
        raise SchemaFault(f"{field.name}: enum: finer than the column's scale")
    return whole


def check_constraints(field: Field, scale: int) -> None:
    """Refuse constraints that no value can be held to.

    Args:
        field: Column.
        scale: Digits after the point of its values.

    Raises:
        SchemaFault: Which one, and why.
    """
    found = field.constraints
    low, high = lower(field, scale), upper(field, scale)
    if low is not None and high is not None and low > high:
        raise SchemaFault(f"{field.name}: minimum is above maximum")
    allowed(field, scale)
    if found.pattern is not None and field.type != "string":
        raise SchemaFault(f"{field.name}: pattern: texts only")
    _check_lengths(field, found)


def _check_lengths(field: Field, found: Constraints) -> None:
    least, most = found.min_length, found.max_length
    if (least is not None or most is not None) and field.type not in _MEASURED:
        raise SchemaFault(f"{field.name}: minLength, maxLength: texts and arrays only")
    if max(least or 0, most or 0) > 2**31:
        raise SchemaFault(f"{field.name}: minLength, maxLength: too large")
    if least is not None and most is not None and least > most:
        raise SchemaFault(f"{field.name}: minLength is above maxLength")


def _steps(field: Field, value: float | str | None, scale: int) -> Fraction | None:
    if value is None:
        return None
    if field.type not in _COMPARED:
        raise SchemaFault(f"{field.name}: minimum, maximum, enum: not for {field.type} columns")
    try:
        return _parsed(field.type, str(value), scale)
    except (ValueError, TypeError, OverflowError, InvalidOperation) as error:
        raise SchemaFault(f"{field.name}: {str(value)[:80]!r} is no {field.type}") from error


def _parsed(kind: str, text: str, scale: int) -> Fraction:
    if kind == "date":
        return Fraction((dt.date.fromisoformat(text) - _EPOCH.date()).days)
    if kind == "datetime":
        return Fraction((dt.datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND)
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > _EXPONENT_MAX:
        raise ValueError("out of range")
    return Fraction(number) * int(10**scale)


def _within(field: Field, steps: int) -> int:
    most = STEPS_MAX if field.type == "number" else _INTEGER_MAX
    if abs(steps) > most:
        raise SchemaFault(f"{field.name}: minimum, maximum, enum: too many digits")
    return steps
