"""The demo's table: four levels, with coverage, marked as simulated."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from rich.table import Table

from federation.views import Total, View
from schemas.territory import commune

MEASURES: Final = ("comptage-mobilites.count", "projets.budgetPrevisionnel", "projets.id")
"""What the table shows."""

_LEVELS = {
    "epci": "Intercommunalité",
    "departement": "Département",
    "region": "Région",
    "commune": "Commune",
}


def _number(value: Decimal | int | None) -> str:
    """A number as the French write it; absent is a dash, never zero."""
    return "–" if value is None else f"{value:,}".replace(",", " ").replace(".", ",")


def table(views: Mapping[tuple[str, str], View], detailed: str) -> Table:
    """Lay the views out.

    Args:
        views: By (territory id, measure).
        detailed: Territory of which the communes are shown too.
    """
    shown = Table(
        title="Maillage — vue du territoire (DONNÉES SIMULÉES)",
        caption="Seules les communes de la démonstration publient.",
    )
    for heading in (
        "Niveau",
        "Territoire",
        "Jour",
        "Passages",
        "Relevés",
        "Complétude",
        "Projets",
        "Budget (€)",
    ):
        shown.add_column(
            heading,
            justify="right"
            if heading in {"Passages", "Relevés", "Projets", "Budget (€)"}
            else "left",
        )
    order = {"epci": 0, "departement": 1, "region": 2}
    territories = sorted(
        {one for one, _ in views},
        key=lambda one: (order.get(views[one, "projets.id"].territory.level, 9), one),
    )
    for territory_id in territories:
        counted = views[territory_id, "comptage-mobilites.count"]
        budget = views[territory_id, "projets.budgetPrevisionnel"]
        projects = views[territory_id, "projets.id"]
        for total in counted.totals[-2:]:
            _add(shown, counted, total, projects, budget)
        if territory_id == detailed and counted.totals:
            _add_communes(shown, counted, counted.totals[-1].window, projects, budget)
    return shown


def _add(shown: Table, counted: View, total: Total, projects: View, budget: View) -> None:
    coverage = total.coverage
    ground = counted.territory
    shown.add_row(
        _LEVELS.get(ground.level, ground.level),
        ground.name,
        total.window,
        _number(total.figures.total),
        _number(total.figures.count),
        f"{len(coverage.received)}/{len(coverage.expected)} organismes",
        _number(projects.totals[0].figures.count if projects.totals else None),
        _number(budget.totals[0].figures.total if budget.totals else None),
    )


def _add_communes(shown: Table, counted: View, window: str, projects: View, budget: View) -> None:
    numbers = {row.place: row.figures.count for row in projects.rows}
    budgets = {row.place: row.figures.total for row in budget.rows}
    for row in counted.rows:
        if row.window == window:
            shown.add_row(
                "  Commune",
                row.name or commune(row.place).name,
                row.window,
                _number(row.figures.total),
                _number(row.figures.count),
                "",
                _number(numbers.get(row.place)),
                _number(budgets.get(row.place)),
            )
