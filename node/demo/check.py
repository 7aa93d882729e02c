"""What the demo must have shown: every figure equal to the one computed from the simulated rows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from federation.places import zone_of
from federation.views import View

Figure = tuple[Decimal | None, int]
"""Sum, None where a measure is counted only, and number of values."""


@dataclass(slots=True)
class Truth:
    """The simulated rows, added up the plain way.

    Attributes:
        days: (measure, commune code, local day) to sum and number of values.
        registers: (measure, commune code) to the same.
    """

    days: dict[tuple[str, str, str], tuple[Decimal, int]] = field(default_factory=dict)
    registers: dict[tuple[str, str], Figure] = field(default_factory=dict)

    def add(self, measure: str, commune: str, moment: dt.datetime, value: Decimal | int) -> None:
        """Add a value of a series that was published.

        Args:
            measure: Schema and field.
            commune: Participant id.
            moment: Begin of its interval.
            value: Exact.
        """
        day = moment.astimezone(ZoneInfo(zone_of(commune))).date().isoformat()
        key = measure, _code(commune), day
        total, number = self.days.get(key, (Decimal(0), 0))
        self.days[key] = total + value, number + 1

    def put(
        self, measure: str, commune: str, values: Sequence[Decimal | int], *, adds: bool = True
    ) -> None:
        """Set what a register that was published says.

        Args:
            measure: Schema and field.
            commune: Participant id.
            values: Of its rows, those that have one.
            adds: False where the measure is counted only.
        """
        total = sum((Decimal(one) for one in values), Decimal(0)) if adds else None
        self.registers[measure, _code(commune)] = total, len(values)

    def expected(self, view: View) -> dict[str, Figure]:
        """What a view must show, by window."""
        places = view.territory.communes
        found: dict[str, Figure] = {}
        for (measure, code, day), (total, number) in self.days.items():
            if measure == view.measure and code in places:
                before = found.get(day, (Decimal(0), 0))
                found[day] = (before[0] or Decimal(0)) + total, before[1] + number
        for (measure, code), (some, number) in self.registers.items():
            if measure == view.measure and code in places:
                before = found.get("", (None if some is None else Decimal(0), 0))
                added = None if some is None else (before[0] or Decimal(0)) + some
                found[""] = added, before[1] + number
        return {window: figure for window, figure in found.items() if figure[1]}


def differences(truth: Truth, views: Mapping[tuple[str, str], View]) -> list[dict[str, Any]]:
    """Every figure of the views that isn't what the rows give.

    Args:
        truth: The rows, added up.
        views: By (territory id, measure).

    Returns:
        Territory, measure, window, shown and expected; empty when all agree.
    """
    found = []
    for (territory, measure), view in views.items():
        expected = truth.expected(view)
        shown = {total.window: (total.figures.total, total.figures.count) for total in view.totals}
        for window in sorted(set(expected) | set(shown)):
            have, want = shown.get(window), expected.get(window)
            if (
                have is None
                or want is None
                or have[1] != want[1]
                or (want[0] is not None and have[0] != want[0])
            ):
                found.append(
                    {
                        "territory": territory,
                        "measure": measure,
                        "window": window,
                        "shown": str(have),
                        "expected": str(want),
                    }
                )
    return found


def yesterday(now: dt.datetime) -> dt.datetime:
    """The begin of yesterday, local time of Paris."""
    local = now.astimezone(ZoneInfo("Europe/Paris"))
    return dt.datetime.combine(
        local.date() - dt.timedelta(days=1), dt.time(), tzinfo=ZoneInfo("Europe/Paris")
    )


def _code(commune: str) -> str:
    return commune.rsplit("-", 1)[1].upper()


__all__: Sequence[str] = ("Truth", "differences", "yesterday")
