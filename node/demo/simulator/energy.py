"""Energy of public buildings by the day, with heating that follows the weather."""

import datetime as dt
import math
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from federation.places import zone_of

_HEATED_FROM_C: Final = 18
"""Base of French degree days (DJU)."""
_COLD_K: Final = 9
"""How much colder a cold spell is."""
_DAYS_A_YEAR: Final = 365.25
_COLDEST_DAY: Final = 15
"""Of the year."""
_BUILDINGS: Final = (
    # name, use, surface in m², heating, kWh per m² and degree day
    ("mairie", "mairie", 320, "elec", Decimal("0.030")),
    ("ecole", "ecole", 850, "gaz_pcs", Decimal("0.052")),
    ("salle", "culture", 410, "granules", Decimal("0.061")),
)
_COLUMNS: Final = "batiment_id,rnb_id,usage,surface_m2,energie,debut,fin,kwh,dju"


@dataclass(frozen=True, slots=True)
class Energy:
    """A file of daily consumption and what it says.

    Attributes:
        csv: Under the schema `energie-batiments`.
        values: (building, energy carrier, start of the day, kWh), in the file's order.
        degree_days: (start of the day, degree days).
    """

    csv: bytes
    values: tuple[tuple[str, str, dt.datetime, Decimal], ...]
    degree_days: tuple[tuple[dt.datetime, Decimal], ...]


def energy(
    seed: int,
    participant: str,
    start: dt.datetime,
    end: dt.datetime,
    *,
    cold: tuple[dt.datetime, dt.datetime] | None = None,
) -> Energy:
    """Daily consumption of three buildings: electricity, and what heats them.

    Args:
        seed: Of the whole simulation; the weather is one for all its participants.
        participant: A commune, or a municipality abroad.
        start: Every local day that begins in [start, end) is in the file.
        end: Likewise.
        cold: Begin and end of a cold spell: degree days and heating rise.
    """
    zone = ZoneInfo(zone_of(participant))
    lines = [_COLUMNS]
    values: list[tuple[str, str, dt.datetime, Decimal]] = []
    weather: list[tuple[dt.datetime, Decimal]] = []
    date = start.astimezone(zone).date()
    while (begin := _midnight(date, zone)) < end:
        following = date + dt.timedelta(days=1)
        if begin >= start:
            after = _midnight(following, zone)
            frosty = cold is not None and cold[0] <= begin < cold[1]
            dju = _degree_days(seed, participant, date, frosty=frosty)
            weather.append((begin, dju))
            for row in _of_day(seed, participant, date, dju):
                name, use, surface, carrier, kwh = row
                lines.append(
                    f"{name},,{use},{surface},{carrier},{begin.isoformat()},{after.isoformat()},"
                    f"{kwh},{dju}"
                )
                values.append((name, carrier, begin, kwh))
        date = following
    return Energy("\n".join(lines).encode() + b"\n", tuple(values), tuple(weather))


def _midnight(date: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(), zone).astimezone(dt.UTC)


def _degree_days(seed: int, participant: str, date: dt.date, *, frosty: bool) -> Decimal:
    """18 °C less the day's mean temperature, not below zero, to a tenth."""
    year = math.cos(2 * math.pi * (date.timetuple().tm_yday - _COLDEST_DAY) / _DAYS_A_YEAR)
    day = random.Random(f"{seed}/météo/{date}").gauss(0, 2.5)  # noqa: S311 - a simulation
    place = random.Random(f"{seed}/{participant}/météo").uniform(-1.5, 1.5)  # noqa: S311 - likewise
    temperature = 11 - 8 * year + day + place - (_COLD_K if frosty else 0)
    return Decimal(max(0, round(10 * (_HEATED_FROM_C - temperature)))).scaleb(-1)


def _of_day(
    seed: int, participant: str, date: dt.date, dju: Decimal
) -> list[tuple[str, str, int, str, Decimal]]:
    """Building, use, surface, carrier and kWh of a day; a building has one row a carrier."""
    found = []
    weekend = date.weekday() >= 5  # noqa: PLR2004 - Saturday and Sunday
    for kind, use, surface, carrier, per_degree in _BUILDINGS:
        name = f"{participant}-{kind}"
        random_ = random.Random(f"{seed}/{name}/{date}")  # noqa: S311 - likewise
        plugs = Decimal(surface) * Decimal("0.06") * (Decimal("0.4") if weekend else 1)
        heat = Decimal(surface) * per_degree * dju
        used = {"elec": plugs}
        used[carrier] = used.get(carrier, Decimal(0)) + heat
        for each, kwh in used.items():
            wobble = Decimal(random_.randint(950, 1_050)).scaleb(-3)
            found.append((name, use, surface, each, (kwh * wobble).quantize(Decimal("0.1"))))
    return found
