"""Dates and instants from text (ISO 8601; RFC 3339 with offset), and what people write instead."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from schemas.reading.typed import Trouble, Typed, nulls, trouble

LOCAL_ZONE: Final = "Europe/Paris"
"""Zone of times without offset. Overseas files should give offsets; a note says what was taken."""

_DATE: Final = r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$"
_DAY_FIRST: Final = r"^(?:0[1-9]|[12][0-9]|3[01])/(?:0[1-9]|1[0-2])/[0-9]{4}$"
_SHORT_YEAR: Final = r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}(?:[T ].*)?$"
_MONTH: Final = r"^[0-9]{4}-(?:0[1-9]|1[0-2])$"
_MONTH_FIRST: Final = r"^(?:0[1-9]|1[0-2])/[0-9]{4}$"
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_FRACTION: Final = r"(?:\.[0-9]{1,6}0*)?"
_OFFSET: Final = r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
# one regex per thing that polars needs another format for
_SECONDS: Final = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_CLOCK}:[0-5][0-9]{_FRACTION}"
_MINUTES: Final = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_CLOCK}"
_FRENCH: Final = (
    r"^(0[1-9]|[12][0-9]|3[01])/(0[1-9]|1[0-2])/([0-9]{4})[T ]([01][0-9]|2[0-3])[:h]([0-5][0-9])"
)
_NO_SECONDS: Final = r"^(.{10}[T ].{5})(.*)$"
_ISO_FORMATS: Final = ("default", "any")
_INSTANT: Final = pl.Datetime("us", "UTC")
_CLOCK_FORMAT: Final = "%Y-%m-%dT%H:%M:%S%.f"


def to_date(cells: pl.Series, form: str) -> Typed:
    """Dates: ISO 8601, or as the schema's format says; else day/month/year, which is a guess.

    A month alone, `2026-03` or `03/2026`, is its first day, which is a guess too.

    Args:
        cells: Texts without spaces around them.
        form: Table Schema format: `default`, `any`, or one of strptime's.
    """
    if form not in _ISO_FORMATS:
        values = _in_range(cells.str.to_date(form, strict=False))
        return Typed(values, _unread(cells, values, "date"))
    values = cells.str.to_date("%Y-%m-%d", strict=False)
    iso = cells.str.contains(_DATE).fill_null(value=False)
    guesses: list[str] = []
    troubles: tuple[Trouble, ...] = ()
    if not iso.all():
        values = values.zip_with(iso, nulls(values))
        for pattern, start, layout, code in (
            (_DAY_FIRST, "", "%d/%m/%Y", "day-first"),
            (_MONTH, "01-", "%d-%Y-%m", "month"),
            (_MONTH_FIRST, "01/", "%d/%m/%Y", "month"),
        ):
            other = cells.str.contains(pattern).fill_null(value=False)
            if other.any():
                found = (start + cells).str.to_date(layout, strict=False)
                values = found.zip_with(other, values)
                guesses.append(code)
        troubles = _short_years(cells, "date")
    values = _in_range(values)
    return Typed(
        values, troubles + _unread(cells, values, "date", troubles), tuple(dict.fromkeys(guesses))
    )


def _short_years(cells: pl.Series, kind: str) -> tuple[Trouble, ...]:
    return trouble(cells.str.contains(_SHORT_YEAR), "type-error", case="short-year", type=kind)


def to_instant(cells: pl.Series, form: str) -> Typed:
    """Instants in UTC to the microsecond.

    Seconds may be left out; a text without offset is local time of `LOCAL_ZONE`. Day/month/year
    is a guess.

    Args:
        cells: Texts without spaces around them.
        form: Table Schema format: `default`, `any`, or one of strptime's.
    """
    if form not in _ISO_FORMATS:
        return _formatted(cells, form)
    full = cells.str.contains(f"{_SECONDS}{_OFFSET}$")
    if full.all() and not cells.str.contains(" ", literal=True).any():
        values = _in_range(_with_offset(cells))
        return Typed(values, _unread(cells, values, "datetime"))
    french = cells.str.contains(_FRENCH).fill_null(value=False)
    texts = _regular(
        cells.str.replace(_FRENCH, "${3}-${2}-${1}T${4}:${5}") if french.any() else cells
    )
    aware = texts.str.contains(f"{_SECONDS}{_OFFSET}$").fill_null(value=False)
    naive = texts.str.contains(f"{_SECONDS}$").fill_null(value=False)
    values = _with_offset(texts.zip_with(aware, nulls(texts)))
    clock = texts.zip_with(naive, nulls(texts)).str.to_datetime(
        _CLOCK_FORMAT, time_unit="us", strict=False
    )
    local, troubles = _localised(clock)
    values = _in_range(local.zip_with(naive, values))
    troubles += _short_years(cells, "datetime")
    guesses = ("local-time",) if naive.any() else ()
    return Typed(
        values,
        troubles + _unread(cells, values, "datetime", troubles),
        (*guesses, "day-first") if french.any() else guesses,
    )


def _formatted(cells: pl.Series, form: str) -> Typed:
    if "%z" in form or "%:z" in form or "%#z" in form:
        values = cells.str.to_datetime(form, time_unit="us", strict=False)
        values = _in_range(values.dt.convert_time_zone("UTC"))
        return Typed(values, _unread(cells, values, "datetime"))
    clock = cells.str.to_datetime(form, time_unit="us", time_zone=None, strict=False)
    local, troubles = _localised(clock)
    values = _in_range(local)
    guesses = ("local-time",) if clock.null_count() < clock.len() else ()
    return Typed(values, troubles + _unread(cells, values, "datetime", troubles), guesses)


def _regular(cells: pl.Series) -> pl.Series:
    """With a T, and with seconds; texts that are no instants stay as they are."""
    texts = cells.str.replace(r"^(.{10}) ", "${1}T")
    short = texts.str.contains(f"{_MINUTES}{_OFFSET}?$").fill_null(value=False)
    return texts.str.replace(_NO_SECONDS, "${1}:00${2}").zip_with(short, texts)


def _with_offset(texts: pl.Series) -> pl.Series:
    found = texts.str.to_datetime(f"{_CLOCK_FORMAT}%#z", time_unit="us", strict=False)
    return found.cast(_INSTANT)


def _localised(clock: pl.Series) -> tuple[pl.Series, tuple[Trouble, ...]]:
    """Instants of local times, and those that local time skips or has twice."""
    once = clock.dt.replace_time_zone(LOCAL_ZONE, ambiguous="null", non_existent="null")
    troubles: tuple[Trouble, ...] = ()
    if once.null_count() > clock.null_count():
        first = clock.dt.replace_time_zone(LOCAL_ZONE, ambiguous="earliest", non_existent="null")
        params: Mapping[str, str] = {"type": "datetime", "zone": LOCAL_ZONE}
        skipped, twice = clock.is_not_null() & first.is_null(), once.is_null() & first.is_not_null()
        troubles += trouble(skipped, "type-error", case="local-missing", **params)
        troubles += trouble(twice, "type-error", case="local-twice", **params)
    return once.dt.convert_time_zone("UTC"), troubles


def _in_range(values: pl.Series) -> pl.Series:
    """Null where the year is not one of 1 to 9999: no other reader could hold it."""
    year = values.dt.year()
    inside = ((year >= 1) & (year <= 9999)).fill_null(value=False)  # noqa: PLR2004 - ISO 8601
    return values if inside.all() else values.zip_with(inside, nulls(values))


def _unread(
    cells: pl.Series, values: pl.Series, kind: str, told: tuple[Trouble, ...] = ()
) -> tuple[Trouble, ...]:
    """Type errors where there is a text but no value, and no other trouble says why."""
    if values.null_count() == cells.null_count():
        return ()
    mask = cells.is_not_null() & values.is_null()
    for other in told:
        mask &= ~other.mask
    return trouble(mask, "type-error", case=kind, type=kind)
