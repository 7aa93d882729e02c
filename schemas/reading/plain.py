"""Columns of the plainest form, which most files have: cast at once, or not at all.

It is a short way to what `cast_column` finds where nothing is wrong and nothing is guessed; a
property test holds the two to the same values.
"""

from collections.abc import Callable
from typing import Any, Final, cast

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from schemas.bounds import (
    DATE_MAX,
    DATE_MIN,
    DATETIME_MAX,
    DATETIME_MIN,
    DECIMAL_PRECISION,
    STEPS_MAX,
)
from schemas.model import Field

_INSTANT_MIN_BYTES: Final = len("2024-01-01T00:00:00Z")
"""Shorter ones may lack minutes, which Arrow takes for zero."""
_YEAR_BYTES: Final = 4
_YEAR_MIN: Final = 1_000
_ISO_FORMATS: Final = ("default", "any")
TRUE: Final = ("true", "True", "TRUE", "1")
FALSE: Final = ("false", "False", "FALSE", "0")
"""Table Schema's words."""


def plain_values(cells: pl.Series, field: Field, scale: int) -> pl.Series | None:
    """Values of a column whose cells are all of the plainest form.

    Args:
        cells: Texts as they stand; null where the cell is missing.
        field: Its field.
        scale: Digits after the point, for numbers.

    Returns:
        None if any cell is written otherwise, or if the type has no plain form.
    """
    by_type: dict[str, Callable[[pl.Series], pl.Series | None]] = {
        "integer": _whole,
        "number": lambda found: _decimal(found, scale),
        "year": _year,
        "boolean": _boolean,
    }
    if field.format in _ISO_FORMATS:
        by_type |= {"date": _date, "datetime": _instant}
    way = by_type.get(field.type)
    return None if way is None else way(cells)


def _whole(cells: pl.Series) -> pl.Series | None:
    # polars takes digits with a sign, and nothing else
    values = cells.cast(pl.Int64, strict=False)
    return values if values.null_count() == cells.null_count() else None


def _decimal(cells: pl.Series, scale: int) -> pl.Series | None:
    kind = pl.Decimal(DECIMAL_PRECISION, scale)
    if scale == 0:
        values = _whole(cells)
        if values is None or not _within(values, -STEPS_MAX, STEPS_MAX):
            return None
        return values.cast(kind)
    form = rf"^[+-]?[0-9]{{1,{DECIMAL_PRECISION - scale}}}(?:\.[0-9]{{0,{scale}}})?$"
    return cells.cast(kind) if cells.str.contains(form).all() else None


def _year(cells: pl.Series) -> pl.Series | None:
    lengths = cells.str.len_bytes()
    values = _whole(cells) if _within(lengths, _YEAR_BYTES, _YEAR_BYTES) else None
    # a sign is no digit
    return values if values is not None and _within(values, _YEAR_MIN, None) else None


def _boolean(cells: pl.Series) -> pl.Series | None:
    # most columns have one pair of words
    for yes, no in zip(TRUE, FALSE, strict=True):
        values = cells == yes
        if (values | (cells == no)).all():
            return values
    values = cells.is_in(list(TRUE))
    return values if (values | cells.is_in(list(FALSE))).all() else None


def _date(cells: pl.Series) -> pl.Series | None:
    return _in_arrow(cells, pa.date32(), DATE_MIN, DATE_MAX)


def _instant(cells: pl.Series) -> pl.Series | None:
    if not _within(cells.str.len_bytes(), _INSTANT_MIN_BYTES, None):
        return None
    # with an offset each, or Arrow refuses
    return _in_arrow(cells, pa.timestamp("us", "UTC"), DATETIME_MIN, DATETIME_MAX)


def _in_arrow(cells: pl.Series, kind: Any, least: int, most: int) -> pl.Series | None:
    try:
        found = pc.cast(cells.to_arrow(), kind)
    except pa.ArrowInvalid:
        return None
    values = cast("pl.Series", pl.from_arrow(found))
    # Arrow knows the years 0 and 10000
    return values if _within(values.to_physical(), least, most) else None


def _within(values: pl.Series, least: int, most: int | None) -> bool:
    low, high = values.min(), values.max()
    if low is None or high is None:
        return True
    return cast("int", low) >= least and (most is None or cast("int", high) <= most)
