"""Passages of bicycles and walkers, with a daily and weekly shape."""

import datetime as dt
import math
import random
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

_ZONE: Final = ZoneInfo("Europe/Paris")
STEP: Final = dt.timedelta(minutes=15)
CHANNELS: Final = ("velo-bourg", "pieton-bourg")
"""Two counters per commune."""


@dataclass(frozen=True, slots=True)
class Counts:
    """A file of counts and what it says.

    Attributes:
        csv: In the form of the national schema.
        values: (channel, start, count or None), in the file's order.
    """

    csv: bytes
    values: tuple[tuple[str, dt.datetime, int | None], ...]


def _shape(moment: dt.datetime) -> float:
    """How busy a quarter of an hour is, 0 to 1: two peaks a day, quieter at the weekend."""
    moment = moment.astimezone(_ZONE)
    hour = moment.hour + moment.minute / 60
    peaks = math.exp(-((hour - 8.25) ** 2) / 2.5) + 1.2 * math.exp(-((hour - 17.5) ** 2) / 4)
    return peaks * (0.6 if moment.weekday() >= 5 else 1.0)  # noqa: PLR2004 - Saturday and Sunday


def counts(seed: int, commune: str, start: dt.datetime, end: dt.datetime) -> Counts:
    """Counts of a commune in [start, end), one a quarter of an hour and counter.

    Args:
        seed: Of the whole simulation.
        commune: Participant id.
        start: A whole quarter of an hour, with a time zone.
        end: Likewise.
    """
    values: list[tuple[str, dt.datetime, int | None]] = []
    lines = ["channel_id,counter_id,start_datetime,end_datetime,count"]
    for channel in CHANNELS:
        moment = start.astimezone(dt.UTC)  # in UTC, because local clocks jump
        while moment < end:
            place = f"{seed}/{commune}/{channel}/{moment.timestamp():.0f}"
            random_ = random.Random(place)  # noqa: S311 - a simulation
            mean = 4 + random.Random(f"{seed}/{commune}").random() * 20  # noqa: S311 - likewise
            value: int | None = max(0, round(random_.gauss(mean * _shape(moment), 1.5)))
            if random_.random() < 0.01:  # noqa: PLR2004 - a counter misses one in a hundred
                value = None
            after = moment + STEP
            name = f"{commune}-{channel}"
            lines.append(
                f"{name},,{moment.isoformat()},{after.isoformat()},{'' if value is None else value}"
            )
            values.append((name, moment, value))
            moment = after
    return Counts("\n".join(lines).encode() + b"\n", tuple(values))
