"""What the demo must have shown: every figure equal to the one computed from the simulated rows."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from federation.compose import View
from federation.places import zone_of
from node.demo.simulator import Counts, Projects


@dataclass(slots=True)
class Truth:
    """The simulated rows, added up the plain way.

    Attributes:
        days: (commune code, local day) to (sum, number of values).
        budgets: Commune code to budgets of its projects.
    """

    days: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    budgets: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def add_counts(self, commune: str, counts: Counts) -> None:
        """Add a file of counts that was published."""
        zone = ZoneInfo(zone_of(commune))
        code = commune.rsplit("-", 1)[1].upper()
        for _channel, moment, value in counts.values:
            if value is None:
                continue
            day = moment.astimezone(zone).date().isoformat()
            total, number = self.days.get((code, day), (0, 0))
            self.days[code, day] = total + value, number + 1

    def add_projects(self, commune: str, projects: Projects) -> None:
        """Add a file of projects that was published."""
        self.budgets[commune.rsplit("-", 1)[1].upper()] = projects.budgets


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
        expected = _expected(truth, view, measure)
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


def _expected(truth: Truth, view: View, measure: str) -> dict[str, tuple[int | None, int]]:
    places = view.territory.communes
    if measure == "comptage-mobilites.count":
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for (code, day), (total, number) in truth.days.items():
            if code in places:
                sums[day][0] += total
                sums[day][1] += number
        return {day: (total, number) for day, (total, number) in sums.items()}
    budgets = [budget for code, some in truth.budgets.items() if code in places for budget in some]
    if not budgets:
        return {}
    return {"": (None if measure == "projets.id" else sum(budgets), len(budgets))}


def yesterday(now: dt.datetime) -> dt.datetime:
    """The begin of yesterday, local time of Paris."""
    local = now.astimezone(ZoneInfo("Europe/Paris"))
    return dt.datetime.combine(
        local.date() - dt.timedelta(days=1), dt.time(), tzinfo=ZoneInfo("Europe/Paris")
    )


__all__: Sequence[str] = ("Truth", "differences", "yesterday")
