"""Local windows: the hours, days, months and years of a place, as instants.

A window is named by the instant at which it begins (seconds since 1970-01-01T00:00:00Z, without
leap seconds), so that two windows of one kind and zone are told apart even where the clock shows
the same hour twice. The windows of one kind and zone follow each other without gap or overlap:

- an **hour** begins wherever the local clock shows a full hour, and wherever it is changed: the
  repeated hour of autumn is a window of its own, and in spring the hour that the clock leaves out
  has none;
- a **day** begins at the first instant whose local date is that day or later: 23, 24 or 25 hours
  as a rule, and begun at 01:00 where the clock leaves midnight out;
- a **month** and a **year** begin with their first day.

So each hour lies in one day, each day in one month, each month in one year. Time zone data come
from the `tzdata` package alone, never from the machine, so that two nodes draw the same windows;
a composition names their version.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from federation.composition_claim import WindowKind
from federation.errors import MalformedError, UnknownError

HOUR_S: Final = 3600
DAY_S: Final = 86_400

FINENESS: Final[dict[WindowKind, int]] = {"none": -1, "hour": 0, "day": 1, "month": 2, "year": 3}
"""Kinds from fine to coarse; `none` stands outside of time, and rolls up to nothing."""

EARLIEST: Final = int(dt.datetime(1, 1, 3, tzinfo=dt.UTC).timestamp())
LATEST: Final = int(dt.datetime(9998, 12, 30, tzinfo=dt.UTC).timestamp())
"""Instants outside are refused: the calendar of dates ends there."""

_ZONE_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")
_ZONE_STRIDE: Final = 2**40  # wider than all instants between EARLIEST and LATEST
# No zone has changed before; after, rules repeat with the calendar, every 400 years.
_FIRST_CHANGES: Final = 1840
_RULES_ONLY: Final = 2400
_CYCLE_YEARS: Final = 400
_CYCLE_S: Final = 146_097 * DAY_S


def timezones_version() -> str:
    """Return the version of the time zone data, such as `2026f`."""
    return str(import_module("tzdata").IANA_VERSION)  # it publishes no types


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return a time zone of the packaged data.

    Args:
        name: IANA name, such as `Europe/Paris`.

    Raises:
        UnknownError: `timezone`, if the data hold no zone of that name.
    """
    if _ZONE_NAME.fullmatch(name):
        path = files("tzdata.zoneinfo").joinpath(*name.split("/"))
        if path.is_file():
            with path.open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
    raise UnknownError(
        f"no time zone {name[:80]!r} in the data of {timezones_version()}",
        code="timezone",
        remedy="use an IANA name, such as Europe/Paris or Pacific/Marquesas",
    )


def window_of(instant: int, kind: WindowKind, tz: str) -> int:
    """Return the start of the window in which an instant lies.

    Args:
        instant: Seconds since 1970 UTC.
        kind: Kind of window; the only window `none` starts at 0.
        tz: IANA name of the place's zone.

    Raises:
        MalformedError: `window-instant`, if it lies outside `EARLIEST` to `LATEST`.
        UnknownError: `timezone`.
    """
    if kind == "none":
        return 0
    _check_range(instant)
    if kind == "hour":
        return _hour_start(instant, tz)
    return _start_of_date(_first_date(_date_of(instant, tz), kind), tz)


def bounds(kind: WindowKind, start: int, tz: str) -> tuple[int, int]:
    """Return where a window begins and ends, the end exclusive.

    Raises:
        MalformedError: `window-start`, if no window of that kind begins there;
            `window-instant`, if it lies outside `EARLIEST` to `LATEST`.
        UnknownError: `timezone`.
    """
    if kind == "none" or window_of(start, kind, tz) != start:
        raise MalformedError(
            f"no {kind} window of {tz} begins at {start}",
            code="window-start",
            remedy="take the start from window_of, with the time zone of the place",
        )
    if kind == "hour":
        full_hour = start + HOUR_S - (start + _offset(start, tz)) % HOUR_S
        return start, _change_between(start, full_hour, tz) or full_hour
    date = _local(start, tz).date()
    return start, _start_of_date(_next_date(date, kind), tz)


@lru_cache(maxsize=262_144)
def roll(start: int, kind: WindowKind, tz: str) -> int:
    """Return the start of the coarser window in which a window lies: `window_of`, remembered."""
    return window_of(start, kind, tz)


def closed(kind: WindowKind, start: int, tz: str, now: int) -> bool:
    """Tell whether a window is over at an instant. The window `none` always is.

    Raises:
        MalformedError: `window-start` or `window-instant`.
        UnknownError: `timezone`.
    """
    return kind == "none" or bounds(kind, start, tz)[1] <= now


@lru_cache(maxsize=262_144)
def label(kind: WindowKind, start: int, tz: str) -> str:
    """Return a window as the local calendar writes it.

    The same window has the same label in every zone, and labels sort by time: `2026-10-25T02:00`
    (the hour that the clock then shows again is `2026-10-25T02:00/2`), `2026-10-25`, `2026-10`,
    `2026`; empty for `none`.
    """
    if kind == "none":
        return ""
    local = _local(start, tz)
    if kind == "hour":
        return f"{local:%Y-%m-%dT%H:00}".zfill(16) + ("/2" if local.fold else "")
    date = local.date().isoformat()
    return {"day": date, "month": date[:7], "year": date[:4]}[kind]


@lru_cache(maxsize=262_144)
def of_label(kind: WindowKind, text: str, tz: str) -> tuple[int, int] | None:
    """Return where the window of a label begins and ends in a zone, None if it has none there.

    Args:
        kind: Any but `none`.
        text: As `label` writes it.
        tz: IANA name.

    Raises:
        ValueError: The text isn't a label of that kind.
        UnknownError: `timezone`.
    """
    if kind == "hour":
        clock, _, again = text.partition("/")
        local = dt.datetime.fromisoformat(clock).replace(tzinfo=zone(tz), fold=1 if again else 0)
        start = window_of(int(local.timestamp()), kind, tz)
    else:
        date = dt.date.fromisoformat(text + {"day": "", "month": "-01", "year": "-01-01"}[kind])
        start = _start_of_date(date, tz)
    return bounds(kind, start, tz) if label(kind, start, tz) == text else None


def between(kind: WindowKind, start: int, end: int, tz: str) -> Iterator[tuple[int, int]]:
    """Yield where each window that meets [`start`, `end`) begins and ends.

    Raises:
        MalformedError: `window-instant`.
        UnknownError: `timezone`.
    """
    at = window_of(start, kind, tz)
    while at < end:
        after = bounds(kind, at, tz)[1]
        yield at, after
        at = after


def window_starts(
    times: pl.Series, kind: WindowKind, zones: Sequence[str], which: pl.Series | None = None
) -> pl.Series:
    """Return the starts of the windows of many instants at once: `window_of` for each.

    Args:
        times: Int64, seconds since 1970 UTC, without nulls, `EARLIEST` to `LATEST`.
        kind: Kind of window.
        zones: IANA names.
        which: For each instant the index of its zone; None if there is one zone only.

    Returns:
        Int64, as long as `times`.

    Raises:
        MalformedError: `window-instant`.
        UnknownError: `timezone`.
    """
    if kind == "none" or times.is_empty():
        return pl.repeat(0, len(times), dtype=pl.Int64, eager=True)
    if which is None:
        index = pl.repeat(0, len(times), dtype=pl.Int64, eager=True)
    else:
        index = which.cast(pl.Int64)
    lowest, highest = times.min(), times.max()
    assert isinstance(lowest, int)
    assert isinstance(highest, int)
    _check_range(lowest)
    _check_range(highest)
    pieces = [_pieces(name, lowest - 2 * HOUR_S, highest) for name in zones]
    if kind == "hour":
        rest = _common_rest(pieces)
        if rest is not None:
            return times - (times + rest) % HOUR_S
        offset, since = _offsets(times, index, pieces)
        full_hour = times - (times + offset) % HOUR_S
        return pl.select(pl.max_horizontal(full_hour, since)).to_series()
    offset, _ = _offsets(times, index, pieces)
    return _date_starts(times, (times + offset) // DAY_S, index, zones, kind)


def _date_starts(
    times: pl.Series, days: pl.Series, index: pl.Series, zones: Sequence[str], kind: WindowKind
) -> pl.Series:
    """Look up windows by local date (days since 1970), each distinct date and zone once."""
    frame = pl.select(time=times, day=days, zone=index)
    table = frame.select("day", "zone").unique()
    first: list[int] = []
    following: list[int] = []
    second: list[int] = []
    for day, at in table.iter_rows():
        tz = zones[at]
        date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
        after = date + dt.timedelta(days=1)
        first.append(_start_of_date(_first_date(date, kind), tz))
        following.append(_start_of_date(after, tz))
        second.append(_start_of_date(_first_date(after, kind), tz))
    table = table.with_columns(
        pl.Series("first", first, dtype=pl.Int64),
        pl.Series("following", following, dtype=pl.Int64),
        pl.Series("second", second, dtype=pl.Int64),
    )
    found = frame.join(table, on=["day", "zone"], how="left", maintain_order="left")
    # a clock set back over midnight shows yesterday's date again: that stays today
    start = pl.when(pl.col("time") < pl.col("following")).then("first").otherwise("second")
    return found.select(start).to_series()


def _offsets(
    instants: pl.Series, index: pl.Series, pieces: list[list[tuple[int, int]]]
) -> tuple[pl.Series, pl.Series]:
    """Return the UTC offset (seconds) at each instant, and since when it holds."""
    since = [at + i * _ZONE_STRIDE for i, piece in enumerate(pieces) for at, _ in piece]
    keyed = instants + index * _ZONE_STRIDE
    place = pl.Series(since, dtype=pl.Int64).search_sorted(keyed, side="right") - 1
    offsets = pl.Series([offset for piece in pieces for _, offset in piece], dtype=pl.Int64)
    begins = pl.Series([at for piece in pieces for at, _ in piece], dtype=pl.Int64)
    return offsets.gather(place), begins.gather(place)


def _common_rest(pieces: list[list[tuple[int, int]]]) -> int | None:
    """Return what all offsets leave over a full hour, if every clock changes on the full hour."""
    rests = {offset % HOUR_S for piece in pieces for _, offset in piece}
    aligned = all((at + offset) % HOUR_S == 0 for piece in pieces for at, offset in piece[1:])
    return rests.pop() if aligned and len(rests) == 1 else None


def _pieces(name: str, lowest: int, highest: int) -> list[tuple[int, int]]:
    """Return since when (seconds since 1970) which UTC offset (seconds) holds, from `lowest` on."""
    found = [(lowest, _offset(lowest, name))]
    last = dt.datetime.fromtimestamp(highest, dt.UTC).year
    first = dt.datetime.fromtimestamp(lowest, dt.UTC).year
    for year in range(max(first, _FIRST_CHANGES), last + 1):
        cycles = max(0, (year - _RULES_ONLY) // _CYCLE_YEARS)
        shift = cycles * _CYCLE_S
        for at, offset in _changes(name, year - cycles * _CYCLE_YEARS):
            if lowest < at + shift <= highest:
                found.append((at + shift, offset))
    return found


@lru_cache(maxsize=65_536)
def _changes(name: str, year: int) -> tuple[tuple[int, int], ...]:
    """Return when in a year of UTC a zone's offset changes, and to what. No zone does twice a day.

    Looks once a day, then halves the day in which something changed.
    """
    at = int(dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp())
    end = int(dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC).timestamp())
    found = []
    while at < end:
        change = _change_between(at - 1, at + DAY_S - 1, name)
        if change is not None:
            found.append((change, _offset(change, name)))
        at += DAY_S
    return tuple(found)


def _change_between(after: int, until: int, tz: str) -> int | None:
    """Return the instant in `(after, until]` from which another UTC offset holds, if there is."""
    before = _offset(after, tz)
    if _offset(until, tz) == before:
        return None
    while until - after > 1:
        middle = (after + until) // 2
        if _offset(middle, tz) == before:
            after = middle
        else:
            until = middle
    return until


def _hour_start(instant: int, tz: str) -> int:
    full_hour = instant - (instant + _offset(instant, tz)) % HOUR_S
    return _change_between(full_hour, instant, tz) or full_hour


def _date_of(instant: int, tz: str) -> dt.date:
    date = _local(instant, tz).date()
    after = date + dt.timedelta(days=1)
    return after if _start_of_date(after, tz) <= instant else date


@lru_cache(maxsize=65_536)
def _start_of_date(date: dt.date, tz: str) -> int:
    """Return the first instant whose local date is this one or a later one."""
    midnight = dt.datetime(date.year, date.month, date.day, tzinfo=zone(tz))
    instant = int(midnight.timestamp())
    if _local(instant, tz).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return instant
    # The clock leaves midnight out. Read with the offset before, it lies after the change, by
    # less than the clock was put forward: at most a day (Apia, 2011-12-30).
    return _change_between(instant - DAY_S - 1, instant, tz) or instant


def _first_date(date: dt.date, kind: WindowKind) -> dt.date:
    if kind == "month":
        return date.replace(day=1)
    return date.replace(month=1, day=1) if kind == "year" else date


def _next_date(date: dt.date, kind: WindowKind) -> dt.date:
    if kind == "day":
        return date + dt.timedelta(days=1)
    if kind == "year":
        return dt.date(date.year + 1, 1, 1)
    return (date.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def _local(instant: int, tz: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant, zone(tz))


def _offset(instant: int, tz: str) -> int:
    offset = _local(instant, tz).utcoffset()
    assert offset is not None
    return offset // dt.timedelta(seconds=1)


def _check_range(instant: int) -> None:
    if not EARLIEST <= instant < LATEST:
        raise MalformedError(
            f"the instant {instant} lies outside the calendar (years 1 to 9998)",
            code="window-instant",
            remedy="check the time of the reading: seconds since 1970-01-01T00:00:00Z",
        )
