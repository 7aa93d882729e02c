"""Which instant a date or a year means: one that no clock from UTC-11 to UTC+12 puts elsewhere."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from schema_documents import schema_with

from schemas.instants import instants
from schemas.model import Schema


def series(kind: str, window: str) -> Schema:
    return schema_with(
        ("fields.1.type", kind), ("fields.2.type", kind), ("maillage.baseWindow", window)
    )


def moments(schema: Schema, *values: Any) -> list[dt.datetime | None]:
    frame = pl.DataFrame({"start": list(values)}, schema={"start": schema.polars_schema()["start"]})
    return instants(schema, frame).cast(pl.Datetime("us", "UTC")).to_list()


def test_a_datetime_is_its_own_instant() -> None:
    moment = dt.datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=dt.UTC)
    assert moments(series("datetime", "hour"), moment, None) == [moment, None]


@given(st.dates(dt.date(1, 1, 2), dt.date(9999, 12, 30)), st.integers(-11, 12))
def test_a_date_is_on_that_day_by_every_clock(date: dt.date, offset_h: int) -> None:
    (found,) = moments(series("date", "day"), date)
    assert found is not None
    assert (found + dt.timedelta(hours=offset_h)).date() == date


@given(st.integers(1, 9999), st.integers(-11, 12))
def test_a_year_is_that_year_by_every_clock(year: int, offset_h: int) -> None:
    (found,) = moments(series("year", "year"), year)
    assert found is not None
    assert (found + dt.timedelta(hours=offset_h)).year == year


@pytest.mark.parametrize("year", [-(2**63), -1, 0, 10_000, 2**63 - 1])
def test_a_year_that_no_calendar_has_stops_nothing(year: int) -> None:
    (found,) = moments(series("year", "year"), year)
    assert found is not None
    assert found.year == (1 if year < 1 else 9999)
