"""Views: what the cells say of a territory, live, local and unsigned.

A view is computed from cells of communes, so that those of an EPCI, a département and a région are
views of the same cells. What it says is `federation.views`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from federation.cells import Cell, CellKey, merge_cells, merged, roll_up
from federation.composition_claim import WindowKind
from federation.coverage import (
    ALWAYS,
    Coverage,
    CoverageInputs,
    Span,
    State,
    by_state,
    expected_readings,
)
from federation.figures import Figures, figures_of, with_quotients
from federation.views import Row, Total, View, sums_of
from federation.windows import FINENESS, between, label, of_label
from schemas.quotients import Divided, Quotient
from schemas.territory import VINTAGE, Territory, commune, population_year, resolve
from schemas.territory import timezone_of as timezone_of_commune
from schemas.territory.ids import is_abroad


def view(
    territory: Territory,
    measure: str,
    window: WindowKind,
    cells: Mapping[CellKey, Cell],
    coverage_inputs: CoverageInputs,
    *,
    aggregates: Collection[str] | None = None,
    quotients: Sequence[Quotient] = (),
    timezone_of: Callable[[str], str] = timezone_of_commune,
) -> View:
    """Compute what a territory shows of a measure.

    Windows are added up by the local calendar: the day 2026-03-01 of a territory that has several
    time zones is that day in each of its communes.

    Args:
        territory: Of any level, or a free set.
        measure: Schema and field, such as `comptage-mobilites.count`.
        window: `none` for registers.
        cells: Any; those of other measures and places are left out, finer windows rolled up, and
            communes of an older vintage counted as what they belong to today.
        coverage_inputs: Who is expected, and how far each has come.
        aggregates: Those that make sense for the measure; None for all.
        quotients: Its figures that are divided; the cells of their sums are among the cells.
        timezone_of: IANA zone of a place.

    Raises:
        DoubleCountError: The same window of a dataset is held twice.
        ExactnessError: A figure passes 128 bits.
    """
    allowed = None if aggregates is None else frozenset(aggregates)
    held = _held(territory, measure, window, cells, timezone_of)
    sums = {
        one.aggregate: tuple(
            _held(territory, part.name, window, cells, timezone_of).cells
            for part in (one.numerator, one.denominator)
        )
        for one in quotients
    }
    rows = tuple(
        _row(
            at,
            window,
            cell,
            allowed,
            {name: (pair[0][at], pair[1][at]) for name, pair in sums.items() if at in pair[0]},
        )
        for at, cell in sorted(held.cells.items())
    )
    datasets = held.datasets
    labels = sorted(set(datasets) | _windows_due(window, coverage_inputs))
    by_window: dict[str, list[Row]] = {text: [] for text in labels}
    for row in rows:
        by_window[row.window].append(row)
    scope = _Scope(territory, window, coverage_inputs, datasets)
    totals = tuple(
        _total(text, some, scope.coverage([text], some), allowed)
        for text, some in by_window.items()
    )
    return View(
        territory=territory,
        vintage=VINTAGE,
        measure=measure,
        window=window,
        aggregates=allowed,
        rows=rows,
        totals=totals,
        coverage=scope.coverage(labels, rows),
        other_windows=held.other_windows,
        simulated=any(source.origin == "simulated" for source in coverage_inputs.sources),
        divided=tuple(one.aggregate for one in quotients),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """The cells of one name by (label, place of today, start), and whose they are by label."""

    cells: dict["_At", Cell]
    datasets: dict[str, set[str]]
    other_windows: tuple[str, ...]


_At = tuple[str, str, int]


def _held(
    territory: Territory,
    measure: str,
    window: WindowKind,
    cells: Mapping[CellKey, Cell],
    timezone_of: Callable[[str], str],
) -> _Held:
    chosen, other_windows = _chosen(territory, measure, window, cells)
    if window != "none":
        chosen = roll_up(chosen, window, timezone_of=timezone_of)
    chosen = merge_cells((chosen.items(),))
    zones = {key.place: "" if window == "none" else timezone_of(key.place) for key in chosen}
    parts: dict[_At, list[Cell]] = {}
    datasets: dict[str, set[str]] = {}
    for key, cell in chosen.items():
        text = label(window, key.start, zones[key.place])
        parts.setdefault((text, _place_today(key), key.start), []).append(cell)
        datasets.setdefault(text, set()).add(key.dataset)
    return _Held({at: merged(some) for at, some in parts.items()}, datasets, other_windows)


class _Scope:
    """Coverage of one view."""

    def __init__(
        self,
        territory: Territory,
        window: WindowKind,
        inputs: CoverageInputs,
        datasets: Mapping[str, Collection[str]],
    ) -> None:
        self.communes = territory.communes
        self.population = _population_of(territory.communes)
        self.window = window
        self.inputs = inputs
        self.datasets = datasets

    def coverage(self, labels: Iterable[str], rows: Collection[Row]) -> Coverage:
        """Return the coverage of some windows, given their rows."""
        now = self.inputs.now
        states: list[tuple[str, State]] = []
        readings: list[int | None] = []
        for text in labels:
            present = self.datasets.get(text, ())
            for source in self.inputs.sources:
                span = _span(self.window, text, source.timezone)
                if span is not None and source.expected_in(span, now):
                    has_figures = source.dataset in present
                    state = source.state(span, now, has_figures=has_figures)
                    if state in ("late", "awaited") and not source.owes(span, now):
                        continue
                    states.append((source.participant, state))
                    readings.append(source.readings_in(span, now))
        places = {row.place for row in rows}
        in_cog = [place for place in places if not is_abroad(place)]
        years = {population_year(place) for place in in_cog} - {None}
        return Coverage(
            **by_state(states),
            readings=sum(row.cell.count for row in rows) if rows else None,
            readings_expected=expected_readings(readings),
            communes=len(places),
            communes_total=len(self.communes),
            population=_population(places),
            population_total=self.population,
            population_years=tuple(sorted(year for year in years if year is not None)),
        )


def _chosen(
    territory: Territory, measure: str, window: WindowKind, cells: Mapping[CellKey, Cell]
) -> tuple[dict[CellKey, Cell], tuple[str, ...]]:
    """Return the cells of a view, and the communes with others of unfit windows."""
    chosen: dict[CellKey, Cell] = {}
    others: set[str] = set()
    for key, cell in cells.items():
        if key.measure != measure:
            continue
        place = _place_today(key)
        if place not in territory.communes:
            continue
        if key.window == window or 0 <= FINENESS[key.window] < FINENESS[window]:
            chosen[key] = cell
        else:
            others.add(place)
    return chosen, tuple(sorted(others))


def _place_today(key: CellKey) -> str:
    """Return the commune of this vintage to which a cell's place belongs."""
    return key.place if key.vintage == VINTAGE else resolve(key.place) or key.place


def _windows_due(window: WindowKind, inputs: CoverageInputs) -> set[str]:
    """Return the labels of windows that belong in the view even if nothing came."""
    if window == "none":
        return {""}
    if inputs.span is None:
        return set()
    start, end = inputs.span
    return {
        label(window, first, tz)
        for tz in {source.timezone for source in inputs.sources}
        for first, _ in between(window, start, min(end, inputs.now), tz)
    }


def _span(window: WindowKind, text: str, tz: str) -> Span | None:
    return ALWAYS if window == "none" else of_label(window, text, tz)


def _row(
    at: _At,
    window: WindowKind,
    cell: Cell,
    aggregates: frozenset[str] | None,
    sums: Mapping[Divided, tuple[Cell, Cell]],
) -> Row:
    text, place, start = at
    name = None if is_abroad(place) else commune(place).name
    figures = with_quotients(figures_of(cell, aggregates), sums)
    return Row(place, name, text, None if window == "none" else start, cell, figures, sums)


def _total(
    window: str, rows: Collection[Row], coverage: Coverage, aggregates: frozenset[str] | None
) -> Total:
    cell = merged(row.cell for row in rows) if rows else None
    figures = Figures() if cell is None else figures_of(cell, aggregates)
    figures = with_quotients(figures, sums_of(rows))
    return Total(window, cell, figures, coverage)


@lru_cache(maxsize=512)
def _population_of(communes: frozenset[str]) -> int | None:
    """The inhabitants of a whole territory, which are asked for again and again."""
    return _population(communes)


def _population(places: Iterable[str]) -> int | None:
    """Return the inhabitants; None as soon as one place is abroad, where we know none."""
    total = 0
    for place in places:
        if is_abroad(place):
            return None
        total += commune(place).population or 0  # None: nobody is counted there, nobody lives there
    return total
