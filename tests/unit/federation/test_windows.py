"""Local windows: DST, odd zones, and the vectorised form against the scalar one."""

import datetime as dt
import itertools

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import windows
from federation.composition_claim import WindowKind
from federation.errors import MalformedError, UnknownError
from schemas.territory import zones as french

HOUR = 3600
KINDS: tuple[WindowKind, ...] = ("hour", "day", "month", "year")
ODD_ZONES = (
    "Europe/Paris",
    "Pacific/Marquesas",  # -09:30
    "America/St_Johns",  # -03:30, changed at 00:01 until 2011
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # had no 2011-12-30
    "America/Sao_Paulo",  # left midnight out in spring
    "America/Havana",  # sets back to midnight
    "America/Toronto",  # 1919: from 23:30 to 00:30
    "Asia/Kathmandu",  # +05:45
    "Africa/Monrovia",  # -00:44:30 until 1972
    "Africa/Casablanca",  # summer time but for Ramadan
)
instants = st.integers(windows.EARLIEST, windows.LATEST - 1)
near_changes = st.integers(-3_000_000_000, 5_000_000_000)


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


def local(instant: int, tz: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant, windows.zone(tz))


def test_the_repeated_hour_of_autumn_is_two_windows() -> None:
    first = windows.window_of(at("2026-10-25T02:30+02:00"), "hour", "Europe/Paris")
    second = windows.window_of(at("2026-10-25T02:30+01:00"), "hour", "Europe/Paris")
    assert (first, second) == (at("2026-10-25T02:00+02:00"), at("2026-10-25T02:00+01:00"))
    assert second - first == HOUR
    assert windows.label("hour", first, "Europe/Paris") == "2026-10-25T02:00"
    assert windows.label("hour", second, "Europe/Paris") == "2026-10-25T02:00/2"


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)]
)
def test_days_of_23_24_and_25_hours(day: str, hours: int) -> None:
    found = windows.of_label("day", day, "Europe/Paris")
    assert found is not None
    start, end = found
    assert end - start == hours * HOUR
    parts = list(windows.between("hour", start, end, "Europe/Paris"))
    assert len(parts) == hours
    assert all(windows.roll(first, "day", "Europe/Paris") == start for first, _ in parts)
    labels = [windows.label("hour", first, "Europe/Paris") for first, _ in parts]
    assert labels == sorted(set(labels))


def test_marquises_half_hours() -> None:
    start = windows.window_of(at("2026-05-01T12:10+00:00"), "hour", "Pacific/Marquesas")
    assert start == at("2026-05-01T02:00-09:30")
    assert windows.window_of(start, "day", "Pacific/Marquesas") == at("2026-05-01T00:00-09:30")


def test_a_skipped_midnight_and_a_skipped_day() -> None:
    assert windows.of_label("day", "2017-10-15", "America/Sao_Paulo") == (
        at("2017-10-15T01:00-02:00"),
        at("2017-10-16T00:00-02:00"),
    )
    assert windows.of_label("day", "2011-12-30", "Pacific/Apia") is None
    before = windows.of_label("day", "2011-12-29", "Pacific/Apia")
    after = windows.of_label("day", "2011-12-31", "Pacific/Apia")
    assert before is not None
    assert after is not None
    assert before[1] == after[0]
    # 23:30 became 00:30: the day begins in the middle of the hour that its clock shows
    started = windows.of_label("day", "1919-03-31", "America/Toronto")
    assert started is not None
    assert local(started[0], "America/Toronto").isoformat() == "1919-03-31T00:30:00-04:00"


def test_a_clock_set_back_over_midnight_stays_in_the_new_day() -> None:
    # 2010-11-07T00:01 became 2010-11-06T23:01
    tz = "America/St_Johns"
    again = at("2010-11-06T23:30-03:30")
    assert local(again, tz).date() == dt.date(2010, 11, 6)
    assert windows.label("day", windows.window_of(again, "day", tz), tz) == "2010-11-07"
    start = windows.window_starts(pl.Series([again]), "day", [tz])
    assert start.to_list() == [windows.window_of(again, "day", tz)]


@given(near_changes, st.sampled_from(ODD_ZONES), st.sampled_from(KINDS))
def test_a_window_holds_its_instants_and_the_next_begins_at_its_end(
    instant: int, tz: str, kind: WindowKind
) -> None:
    start = windows.window_of(instant, kind, tz)
    first, end = windows.bounds(kind, start, tz)
    assert first == start <= instant < end
    assert windows.window_of(end - 1, kind, tz) == start
    assert windows.window_of(end, kind, tz) == end
    assert not windows.closed(kind, start, tz, end - 1)
    assert windows.closed(kind, start, tz, end)


@given(near_changes, st.sampled_from(ODD_ZONES))
def test_each_window_lies_in_one_coarser_window(instant: int, tz: str) -> None:
    for fine, coarse in itertools.combinations(KINDS, 2):
        start, end = windows.bounds(fine, windows.window_of(instant, fine, tz), tz)
        outer = windows.window_of(instant, coarse, tz)
        assert windows.roll(start, coarse, tz) == outer
        assert windows.window_of(end - 1, coarse, tz) == outer


@given(st.integers(0, 5_000_000_000), st.sampled_from(sorted(french.ALL)), st.sampled_from(KINDS))
def test_labels_lead_back_in_every_french_zone(instant: int, tz: str, kind: WindowKind) -> None:
    start = windows.window_of(instant, kind, tz)
    assert windows.of_label(kind, windows.label(kind, start, tz), tz) == windows.bounds(
        kind, start, tz
    )


@settings(deadline=None)  # the first use of a zone reads its changes
@given(
    st.lists(st.tuples(near_changes, st.sampled_from(ODD_ZONES)), min_size=1, max_size=40),
    st.sampled_from(KINDS),
)
def test_many_at_once_equal_one_by_one(rows: list[tuple[int, str]], kind: WindowKind) -> None:
    zones = list(ODD_ZONES)
    found = windows.window_starts(
        pl.Series([instant for instant, _ in rows]),
        kind,
        zones,
        pl.Series([zones.index(tz) for _, tz in rows], dtype=pl.UInt32),
    )
    assert found.to_list() == [windows.window_of(instant, kind, tz) for instant, tz in rows]


@given(
    st.lists(st.integers(1_700_000_000, 1_900_000_000), min_size=1, max_size=40),
    st.sampled_from(ODD_ZONES),
    st.sampled_from(KINDS),
)
def test_one_zone_at_once(rows: list[int], tz: str, kind: WindowKind) -> None:
    found = windows.window_starts(pl.Series(rows), kind, [tz])
    assert found.to_list() == [windows.window_of(instant, kind, tz) for instant in rows]


@settings(deadline=None)  # the first use of a zone reads its changes
@given(st.lists(instants, min_size=1, max_size=5), st.sampled_from(("hour", "day")))
def test_the_whole_calendar(rows: list[int], kind: WindowKind) -> None:
    found = windows.window_starts(pl.Series(rows), kind, ["Europe/Paris"])
    assert found.to_list() == [windows.window_of(row, kind, "Europe/Paris") for row in rows]


def test_none_has_one_window() -> None:
    assert windows.window_of(at("2026-05-01T12:10+00:00"), "none", "Europe/Paris") == 0
    assert windows.window_starts(pl.Series([1, 2]), "none", ["Europe/Paris"]).to_list() == [0, 0]
    assert windows.label("none", 0, "Europe/Paris") == ""
    assert windows.closed("none", 0, "Europe/Paris", 0)
    with pytest.raises(MalformedError, match="no none window"):
        windows.bounds("none", 0, "Europe/Paris")


def test_no_times_have_no_windows() -> None:
    none = pl.Series([], dtype=pl.Int64)
    assert windows.window_starts(none, "hour", ["Europe/Paris"]).to_list() == []


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../zones", "/etc/passwd", "", "Europe", "a/b"])
def test_unknown_zones(name: str) -> None:
    with pytest.raises(UnknownError) as caught:
        windows.zone(name)
    assert caught.value.code == "timezone"


@pytest.mark.parametrize("instant", [windows.EARLIEST - 1, windows.LATEST, 2**62, -(2**62)])
def test_outside_the_calendar(instant: int) -> None:
    with pytest.raises(MalformedError) as caught:
        windows.window_of(instant, "day", "Europe/Paris")
    assert caught.value.code == "window-instant"
    with pytest.raises(MalformedError, match="calendar"):
        windows.window_starts(pl.Series([0, instant]), "hour", ["Europe/Paris"])


def test_what_is_no_start_has_no_bounds() -> None:
    with pytest.raises(MalformedError) as caught:
        windows.bounds("day", at("2026-05-01T12:00+02:00"), "Europe/Paris")
    assert caught.value.code == "window-start"


def test_zones_come_from_the_package() -> None:
    assert windows.timezones_version()[:2] == "20"
    assert windows.zone("Europe/Paris").key == "Europe/Paris"
