"""A drinking-water network: two metered sectors, one of which may leak or fall silent."""

import datetime as dt
import math
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from federation.places import zone_of
from node.demo.simulator.traffic import STEP

SECTORS: Final = ("bourg", "hameaux")
"""Of every commune; the first is the one that leaks or falls silent."""

LEAK_ALARM_AFTER: Final = dt.timedelta(hours=3)
"""So long a flow that never rests has to last before the meter calls it a leak."""

_LEAK_GROWS: Final = dt.timedelta(hours=2)
_LEAK_L: Final = 450
"""What a grown leak adds, in litres a quarter of an hour: 1.8 m³/h."""
_NIGHT: Final = range(1, 5)
"""Hours of the local clock in which hardly anybody draws water."""
_LITRES_PER_M3: Final = 1000
_PER_HOUR: Final = dt.timedelta(hours=1) // STEP
_COLUMNS: Final = (
    "secteur_id",
    "debut",
    "fin",
    "volume_m3",
    "debit_m3h",
    "pression_bar",
    "debit_nuit_min",
    "lineaire_km",
    "alarme_fuite",
)


@dataclass(frozen=True, slots=True)
class Water:
    """A file of a network's readings and what it says.

    Attributes:
        csv: Under the schema `eau-reseau`.
        volumes: (sector, start, m³), in the file's order.
        alarms: (sector, start) of intervals with a leak alarm.
    """

    csv: bytes
    volumes: tuple[tuple[str, dt.datetime, Decimal], ...]
    alarms: tuple[tuple[str, dt.datetime], ...]


def water(
    seed: int,
    participant: str,
    start: dt.datetime,
    end: dt.datetime,
    *,
    leak_from: dt.datetime | None = None,
    silent_from: dt.datetime | None = None,
) -> Water:
    """Readings of a network in [start, end), one a quarter of an hour and sector.

    Args:
        seed: Of the whole simulation.
        participant: A commune, or a municipality abroad.
        start: A whole quarter of an hour, with a time zone.
        end: Likewise.
        leak_from: From here on the first sector leaks: its night flow rises, its pressure falls,
            and after `LEAK_ALARM_AFTER` it is in alarm.
        silent_from: From here on the first sector's sensor sends nothing; it has no rows.
    """
    zone = ZoneInfo(zone_of(participant))
    lines = [",".join(_COLUMNS)]
    volumes: list[tuple[str, dt.datetime, Decimal]] = []
    alarms: list[tuple[str, dt.datetime]] = []
    for sector in SECTORS:
        first = sector == SECTORS[0]
        steady = random.Random(f"{seed}/{participant}/eau/{sector}")  # noqa: S311 - a simulation
        people = steady.randint(60, 400)
        length = Decimal(steady.randint(3_000, 15_000)).scaleb(-3)
        name = f"{participant}-{sector}"
        moment = start.astimezone(dt.UTC)  # in UTC, because local clocks jump
        while moment < end:
            if first and silent_from is not None and moment >= silent_from:
                break
            leak = _leak_l(moment, leak_from) if first else 0
            random_ = random.Random(f"{seed}/{name}/{moment.timestamp():.0f}")  # noqa: S311 - likewise
            local = moment.astimezone(zone)
            litres = max(1, round(people * _draw(local) * random_.gauss(1, 0.08))) + leak
            volume = Decimal(litres) / _LITRES_PER_M3
            flow = volume * _PER_HOUR
            night = f"{flow * Decimal('0.9'):.3f}" if local.hour in _NIGHT else ""
            pressure = Decimal(random_.randint(4_150, 4_350) - leak).scaleb(-3)
            alarm = int(
                leak > 0 and leak_from is not None and moment >= leak_from + LEAK_ALARM_AFTER
            )
            after = moment + STEP
            lines.append(
                f"{name},{moment.isoformat()},{after.isoformat()},{volume:.3f},{flow:.3f},"
                f"{pressure},{night},{length},{alarm}"
            )
            volumes.append((name, moment, volume))
            if alarm:
                alarms.append((name, moment))
            moment = after
    return Water("\n".join(lines).encode() + b"\n", tuple(volumes), tuple(alarms))


def _draw(local: dt.datetime) -> float:
    """Litres that one inhabitant draws in a quarter of an hour: some 130 a day, little at night."""
    hour = local.hour + local.minute / 60
    morning = math.exp(-((hour - 7.5) ** 2) / 3)
    evening = 1.1 * math.exp(-((hour - 19.5) ** 2) / 5)
    return 0.12 + 0.7 * math.exp(-((hour - 13) ** 2) / 18) + 2.2 * (morning + evening)


def _lasts(moment: dt.datetime, since: dt.datetime | None) -> bool:
    return since is not None and moment >= since + LEAK_ALARM_AFTER


def _leak_l(moment: dt.datetime, since: dt.datetime | None) -> int:
    if since is None or moment < since:
        return 0
    return round(_LEAK_L * min(1.0, (moment - since + STEP) / _LEAK_GROWS))
