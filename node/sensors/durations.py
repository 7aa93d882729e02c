"""ISO 8601 durations of a table of devices, and the intervals that rows cover."""

import re
from typing import Final

from federation.windows import bounds, window_of

DAY_S: Final = 86_400
HOUR_S: Final = 3_600
MINUTE_S: Final = 60
SECOND_US: Final = 1_000_000
_LONGEST_S: Final = 366 * DAY_S

_DURATION: Final = re.compile(
    r"P(?=.)(?:([0-9]{1,4})D)?(?:T(?=.)(?:([0-9]{1,4})H)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})S)?)?"
)


def duration_s(text: str) -> int | None:
    """Seconds of a duration of days, hours, minutes and seconds; None if it is none.

    Args:
        text: Such as `PT15M`, `P1D`. Months and years have no length, and are none.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = days * DAY_S + hours * HOUR_S + minutes * MINUTE_S + seconds
    return total if 0 < total <= _LONGEST_S else None


def is_interval(seconds: int) -> bool:
    """Whether rows may cover so long: a local day, or a whole part of an hour from a minute on."""
    return seconds == DAY_S or (MINUTE_S <= seconds <= HOUR_S and HOUR_S % seconds == 0)


def interval_of(at_us: int, interval_s: int, zone: str) -> tuple[int, int]:
    """The interval in which a moment lies: where it begins and ends, in microseconds since 1970.

    Args:
        at_us: Microseconds since 1970.
        interval_s: As `is_interval` allows. A day is one of the local calendar.
        zone: IANA name.
    """
    if interval_s == DAY_S:
        start, end = bounds("day", window_of(at_us // SECOND_US, "day", zone), zone)
        return start * SECOND_US, end * SECOND_US
    long = interval_s * SECOND_US
    start = at_us // long * long
    return start, start + long
