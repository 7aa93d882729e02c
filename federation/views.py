"""What a view says: rows of communes, totals of the territory, and whose figures they are.

What is absent is None, in JSON null; it is never 0. `federation.compose` makes views of cells.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from federation.cells import Cell, merged
from federation.composition_claim import WindowKind
from federation.coverage import Coverage
from federation.figures import Figures, figures_of, with_quotients
from schemas.quotients import Divided
from schemas.territory import Territory, commune

GroupLevel = Literal["epci", "departement", "region"]


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one commune in one window.

    Attributes:
        place: Commune code, or the id of a municipality abroad.
        name: Of the commune; None abroad.
        window: Label, see `federation.windows.label`; empty for registers.
        start: Seconds since 1970 UTC at which the window begins in that place; None for registers.
        cell: The exact state, of all its datasets together.
        figures: For display.
        sums: What is divided: numerator and denominator, exact.
    """

    place: str
    name: str | None
    window: str
    start: int | None
    cell: Cell
    figures: Figures
    sums: Mapping[Divided, tuple[Cell, Cell]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Total:
    """The figures of the whole territory in one window of the local calendar.

    Attributes:
        window: Label.
        cell: The exact state; None if nothing came.
        figures: For display.
        coverage: Whose they are.
    """

    window: str
    cell: Cell | None
    figures: Figures
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """The figures of the part of a territory that lies in an EPCI, a département or a région.

    Attributes:
        code: Of the EPCI, département or région; None for the communes that lie in none.
        window: Label.
        communes: How many have figures.
        cell: The exact state.
        figures: For display.
    """

    code: str | None
    window: str
    communes: int
    cell: Cell
    figures: Figures


@dataclass(frozen=True, slots=True)
class View:
    """What is known of one measure in one territory.

    Attributes:
        territory: The communes, and their name.
        vintage: Year of the territory data.
        measure: Schema and field.
        window: Kind of window.
        aggregates: Those that make sense for the measure; None for all.
        rows: By window, then commune; those with figures.
        totals: By window.
        coverage: Over all windows.
        other_windows: Communes with figures in windows that don't add up to those asked (coarser
            ones), which are not in the view.
        simulated: Something in it is simulated; wherever it is shown, this is said.
        divided: Figures of the measure that are one sum divided by another.
    """

    territory: Territory
    vintage: int
    measure: str
    window: WindowKind
    aggregates: frozenset[str] | None
    rows: tuple[Row, ...]
    totals: tuple[Total, ...]
    coverage: Coverage
    other_windows: tuple[str, ...]
    simulated: bool
    divided: tuple[Divided, ...] = ()

    def grouped(self, level: GroupLevel) -> tuple[GroupTotal, ...]:
        """Return the figures by EPCI, département or région, by window, then code.

        An EPCI that lies across the territory's border has its part within only.
        """
        groups: dict[tuple[str, str | None], list[Row]] = {}
        for row in self.rows:
            code = None if row.name is None else getattr(commune(row.place), level)
            groups.setdefault((row.window, code), []).append(row)
        found = []
        for (window, code), rows in groups.items():
            cell = merged(row.cell for row in rows)
            figures = with_quotients(figures_of(cell, self.aggregates), sums_of(rows))
            found.append(GroupTotal(code, window, len(rows), cell, figures))
        return tuple(sorted(found, key=lambda group: (group.window, group.code or "")))

    def to_json(self) -> dict[str, Any]:
        """Return the view as JSON values; its form is kept.

        Returns:
            `territory` (`id`, `level`, `code`, `name`), `vintage`, `measure`, `window`,
            `simulated`, `coverage`, `otherWindows`, then `totals` and `rows`. A total has `window`,
            `coverage` and its figures; a row `place`, `name`, `window`, `start` (instant in UTC)
            and its figures: `count` a number, `sum`, `mean`, `min`, `max` decimal texts, and
            `ratio` and `weighted_mean` where the measure has them. Null is absent or unknown.
        """
        ground = self.territory
        return {
            "territory": {
                "id": ground.id,
                "level": ground.level,
                "code": ground.code,
                "name": ground.name,
            },
            "vintage": self.vintage,
            "measure": self.measure,
            "window": self.window,
            "simulated": self.simulated,
            "coverage": self.coverage.to_json(),
            "otherWindows": list(self.other_windows),
            "totals": [
                {"window": total.window}
                | total.figures.to_json()
                | total.figures.divided_json(self.divided)
                | {"coverage": total.coverage.to_json()}
                for total in self.totals
            ],
            "rows": [
                {
                    "place": row.place,
                    "name": row.name,
                    "window": row.window,
                    "start": None if row.start is None else _instant_text(row.start),
                }
                | row.figures.to_json()
                | row.figures.divided_json(self.divided)
                for row in self.rows
            ],
        }


def sums_of(rows: Collection[Row]) -> dict[Divided, tuple[Cell, Cell]]:
    """What is divided, of several rows together."""
    found: dict[Divided, list[tuple[Cell, Cell]]] = {}
    for row in rows:
        for name, pair in row.sums.items():
            found.setdefault(name, []).append(pair)
    return {
        name: (merged(one for one, _ in pairs), merged(one for _, one in pairs))
        for name, pairs in found.items()
    }


def _instant_text(instant: int) -> str:
    return dt.datetime.fromtimestamp(instant, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)
