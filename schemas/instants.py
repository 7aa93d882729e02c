"""The instant that the time of a row means: what periods, windows and corrections go by.

A datetime is an instant. A date or a year is none until somebody says where: here it is the
instant at 11:00 UTC on that date, or on the first of January. That instant lies on the same date
by every clock from UTC-11 to UTC+12, so in the same local day, month and year for all of France,
its overseas parts and its twins but those beyond (Tonga, Samoa, Kiribati; New Zealand in its
summer); no time zone data decide what a date means.
"""

from typing import Final

import polars as pl

from schemas.bounds import YEAR_MAX, YEAR_MIN
from schemas.model import Schema

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
OF_DAY_US: Final = 11 * HOUR_US
"""After midnight UTC: the instant that stands for a date."""


def instant(schema: Schema, column: str | None = None) -> pl.Expr:
    """The instants of a series' rows.

    Args:
        schema: Of a series.
        column: Its time unless said; or the end of the interval.

    Returns:
        Microseconds since 1970 UTC, Int64; null where the row has no time. Years outside of
        1 to 9999, which the rules refuse, count as the nearest of these.
    """
    name = column or schema.time
    assert name is not None, "a series has a time"
    kind = schema.by_name[name].type
    values = pl.col(name)
    if kind == "datetime":
        return values.to_physical()
    if kind == "year":
        values = pl.date(values.clip(YEAR_MIN, YEAR_MAX), 1, 1)
    return values.to_physical().cast(pl.Int64) * DAY_US + OF_DAY_US


def instants(schema: Schema, frame: pl.DataFrame, column: str | None = None) -> pl.Series:
    """The same of a frame, as a series.

    Args:
        schema: Of a series.
        frame: Its rows.
        column: Its time unless said.
    """
    return frame.select(instant(schema, column)).to_series()
