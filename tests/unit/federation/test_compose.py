"""Views and coverage, on the real territory data."""

import dataclasses
import datetime as dt
import json
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.cells import Cell, CellKey, DoubleCountError, merge_cells, merged
from federation.compose import CoverageInputs, view
from federation.coverage import ALWAYS, Source, State
from federation.figures import Figures, decimal_of, figures_of
from federation.views import View
from schemas.territory import VINTAGE, commune, free, territory

MEASURE = "comptage-mobilites.count"
LEVEZOU = territory("fr-epci-241200765")
DAY_S = 86_400
NOTHING = CoverageInputs(now=0, sources=())


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


MONDAY = at("2026-11-23T00:00+01:00")


def dataset_of(place: str) -> str:
    return f"fr-com-{place.lower()}/comptage-mobilites"


def key(place: str, start: int, window: str = "hour", vintage: int = VINTAGE) -> CellKey:
    assert window in ("hour", "day", "month", "year", "none")
    return CellKey(dataset_of(place), MEASURE, place, window, start, vintage)


def one(value: int, scale: int = 0) -> Cell:
    return Cell(1, value, value * value, value, value, scale)


def source(place: str, **more: Any) -> Source:
    plain = Source(f"fr-com-{place.lower()}", dataset_of(place), "Europe/Paris", origin="own")
    return dataclasses.replace(plain, **more)


# --- figures -----------------------------------------------------------------------------------


@given(st.lists(st.integers(-(10**40), 10**40), min_size=1, max_size=6), st.integers(0, 9))
def test_figures_are_exact_at_any_size(steps: list[int], scale: int) -> None:
    figures = figures_of(
        Cell(len(steps), sum(steps), 0, min(steps), max(steps), scale),
    )
    unit = Fraction(1, 10**scale)
    assert figures.count == len(steps)
    assert figures.total is not None
    assert Fraction(figures.total) == sum(steps) * unit
    assert figures.minimum is not None
    assert Fraction(figures.minimum) == min(steps) * unit
    assert figures.mean is not None
    off = abs(Fraction(figures.mean) - sum(steps) * unit / len(steps))
    assert off <= unit / 2000


def test_means_are_rounded_half_to_even() -> None:
    assert figures_of(Cell(2000, 1, 1, 0, 1, 0)).mean == Decimal("0.000")
    assert figures_of(Cell(2000, 3, 3, 0, 1, 0)).mean == Decimal("0.002")
    assert figures_of(Cell(2000, -3, 3, -1, 0, 0)).mean == Decimal("-0.002")
    assert figures_of(Cell(3, 2, 2, 0, 1, 1)).mean == Decimal("0.0667")


def test_only_what_makes_sense_is_shown() -> None:
    cell = Cell(2, 50, 1300, 20, 30, 1)
    assert figures_of(cell, {"mean", "max"}) == Figures(
        2, None, Decimal("2.5000"), None, Decimal(3)
    )
    assert figures_of(Cell(7, 0, 0, None, None, 0)) == Figures(count=7)
    assert figures_of(Cell(0, 0, 0, None, None, 0)) == Figures()
    assert figures_of(cell).to_json() == {
        "count": 2,
        "sum": "5.0",
        "mean": "2.5000",
        "min": "2.0",
        "max": "3.0",
    }
    assert Figures().to_json() == dict.fromkeys(("count", "sum", "mean", "min", "max"))


def test_small_steps_are_not_written_with_an_exponent() -> None:
    assert f"{decimal_of(-1, 9):f}" == "-0.000000001"
    assert f"{decimal_of(0, 9):f}" == "0.000000000"


# --- views -------------------------------------------------------------------------------------


def test_a_day_of_an_epci() -> None:
    cells = {
        key("12011", MONDAY): one(3),
        key("12011", MONDAY + 23 * 3600): one(5),
        key("12011", MONDAY + 24 * 3600): one(100),
        key("12253", MONDAY): one(2),
        key("12202", MONDAY): one(1000),  # Rodez lies in another EPCI
        key("12011", MONDAY)._replace(measure="autre.valeur"): one(9),
    }
    assert "12253" in LEVEZOU
    found = view(LEVEZOU, MEASURE, "day", cells, NOTHING)
    assert [(row.place, row.window, row.figures.total) for row in found.rows] == [
        ("12011", "2026-11-23", 8),
        ("12253", "2026-11-23", 2),
        ("12011", "2026-11-24", 100),
    ]
    assert [(total.window, total.figures.total) for total in found.totals] == [
        ("2026-11-23", 10),
        ("2026-11-24", 100),
    ]
    monday = found.totals[0].coverage
    assert (monday.communes, monday.communes_total, monday.readings) == (2, 10, 3)
    assert monday.population == sum(commune(code).population or 0 for code in ("12011", "12253"))
    assert monday.population_years == (2023,)
    assert found.coverage.readings == 4
    assert not found.simulated


def test_absent_is_none_and_never_zero() -> None:
    inputs = CoverageInputs(
        now=MONDAY + 3 * DAY_S,
        sources=(source("12011", through=MONDAY, grace_s=0),),
        span=(MONDAY, MONDAY + 2 * DAY_S),
    )
    found = view(LEVEZOU, MEASURE, "day", {}, inputs)
    assert found.rows == ()
    assert [total.window for total in found.totals] == ["2026-11-23", "2026-11-24"]
    for total in found.totals:
        assert (total.cell, total.figures) == (None, Figures())
        assert total.coverage.late == ("fr-com-12011",)
        assert (total.coverage.readings, total.coverage.readings_expected) == (None, None)
    zero = view(LEVEZOU, MEASURE, "day", {key("12011", MONDAY): one(0)}, inputs)
    assert [total.figures.total for total in zero.totals] == [0, None]


def test_the_days_of_several_zones_are_one_day() -> None:
    pair = free("Paris et Cayenne", ["75056", "97302", "98731"])
    cells = {}
    for place in pair.communes:
        offset = {"75056": "+01:00", "97302": "-03:00", "98731": "-09:30"}[place]
        for hour in ("T00:00", "T23:00"):
            cells[key(place, at(f"2026-11-23{hour}{offset}"))] = one(1)
    found = view(pair, MEASURE, "day", cells, NOTHING)
    assert [(total.window, total.figures.total) for total in found.totals] == [("2026-11-23", 6)]
    hours = view(pair, MEASURE, "hour", cells, NOTHING)
    assert [(total.window, total.figures.total) for total in hours.totals] == [
        ("2026-11-23T00:00", 3),
        ("2026-11-23T23:00", 3),
    ]
    assert len({row.start for row in hours.rows}) == 6


def test_finer_windows_are_rolled_up_and_coarser_ones_named() -> None:
    cells = {
        key("12011", MONDAY): one(3),
        key("12253", MONDAY, "day"): one(4),
        key("12307", at("2026-11-01T00:00+01:00"), "month"): one(90),
    }
    found = view(LEVEZOU, MEASURE, "day", cells, NOTHING)
    assert [total.figures.total for total in found.totals] == [7]
    assert found.other_windows == ("12307",)
    month = view(LEVEZOU, MEASURE, "month", cells, NOTHING)
    assert [(total.window, total.figures.total) for total in month.totals] == [("2026-11", 97)]
    with pytest.raises(DoubleCountError):
        view(LEVEZOU, MEASURE, "day", cells | {key("12011", MONDAY, "day"): one(3)}, NOTHING)


def test_a_register_has_one_total() -> None:
    cells = {key("12011", 0, "none"): Cell(4, 0, 0, None, None, 0)}
    found = view(LEVEZOU, MEASURE, "none", cells, NOTHING)
    assert [(total.window, total.figures) for total in found.totals] == [("", Figures(count=4))]
    assert found.rows[0].start is None
    assert view(LEVEZOU, MEASURE, "day", cells, NOTHING).other_windows == ("12011",)


def test_a_commune_that_was_merged_counts_where_it_is_today() -> None:
    # Arrondissements stand for what an older vintage may have called a commune.
    lyon = territory("fr-com-69123")
    cells = {
        key("69381", MONDAY, vintage=VINTAGE - 1): one(1),
        key("69123", MONDAY): one(2),
    }
    found = view(lyon, MEASURE, "hour", cells, NOTHING)
    assert [(row.place, row.figures.total) for row in found.rows] == [("69123", 3)]


def test_abroad_has_no_population_that_we_know() -> None:
    pair = free("Arvieu und drüben", ["12011", "xx-lau-1"])
    cells = {key("12011", MONDAY): one(1), key("xx-lau-1", MONDAY): one(2)}
    found = view(pair, MEASURE, "hour", cells, NOTHING, timezone_of=lambda _: "Europe/Paris")
    assert [(row.place, row.name) for row in found.rows] == [
        ("12011", "Arvieu"),
        ("xx-lau-1", None),
    ]
    assert (found.coverage.population, found.coverage.population_total) == (None, None)
    assert [group.code for group in found.grouped("departement")] == [None, "12"]


def test_levels_from_the_same_cells() -> None:
    redon = territory("fr-epci-243500741")  # in three départements and two régions
    rng = random.Random(7)
    cells = {key(place, MONDAY): one(rng.randrange(1000)) for place in sorted(redon.communes)}
    inputs = CoverageInputs(now=MONDAY + DAY_S, sources=())
    whole = view(redon, MEASURE, "day", cells, inputs)
    groups = whole.grouped("departement")
    assert [group.code for group in groups] == ["35", "44", "56"]
    for group in groups:
        departement = territory(f"fr-dep-{group.code}")
        assert group.cell == view(departement, MEASURE, "day", cells, inputs).totals[0].cell
        assert group.communes == len(redon.communes & departement.communes)
    regions = whole.grouped("region")
    assert [group.code for group in regions] == ["52", "53"]
    assert merged(group.cell for group in regions) == whole.totals[0].cell
    assert [group.code for group in whole.grouped("epci")] == ["243500741"]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32))
def test_any_path_up_gives_the_same_figures(seed: int) -> None:
    """Commune to EPCI to département against commune to département, on the whole of Redon's."""
    rng = random.Random(seed)
    departement = territory("fr-dep-35")
    places = sorted(departement.communes | territory("fr-epci-243500741").communes)
    cells = {
        key(place, MONDAY + 3600 * rng.randrange(24)): one(
            rng.randrange(-(2**100), 2**100), rng.randrange(3)
        )
        for place in rng.sample(places, 60)
    }
    directly = view(departement, MEASURE, "day", cells, NOTHING)
    by_epci: dict[str | None, dict[CellKey, Cell]] = {}
    for held, cell in cells.items():
        by_epci.setdefault(commune(held.place).epci, {})[held] = cell
    parts = list(by_epci.values())
    rng.shuffle(parts)
    up = view(departement, MEASURE, "day", merge_cells(part.items() for part in parts), NOTHING)
    assert up == directly
    grouped = directly.grouped("epci")
    assert merged(group.cell for group in grouped) == directly.totals[0].cell
    with pytest.raises(DoubleCountError):
        merge_cells([*(part.items() for part in parts), parts[0].items()])


# --- coverage ----------------------------------------------------------------------------------

HOURS = (MONDAY, MONDAY + 24 * 3600)


@pytest.mark.parametrize(
    ("more", "now", "has_figures", "state"),
    [
        # the day is over
        ({"through": HOURS[1], "grace_s": 900}, HOURS[1] + DAY_S, True, "received"),
        ({"through": HOURS[1], "grace_s": 900}, HOURS[1] + DAY_S, False, "received"),
        ({"through": HOURS[1] - 1, "grace_s": 900}, HOURS[1] + DAY_S, True, "late"),
        ({"through": HOURS[1] - 60, "grace_s": 900}, HOURS[1] + 840, True, "received"),
        ({"through": HOURS[0], "grace_s": None}, HOURS[1], False, "late"),
        ({"grace_s": None}, HOURS[1], False, "late"),
        # the day is not over
        ({"through": HOURS[0] + 3600, "grace_s": 900}, HOURS[0] + 4500, True, "received"),
        ({"through": HOURS[0] + 3600, "grace_s": 900}, HOURS[0] + 4501, True, "late"),
        ({"grace_s": 900}, HOURS[0] + 900, False, "awaited"),
        ({"grace_s": None}, HOURS[1] - 1, False, "awaited"),
        ({"grace_s": None, "through": HOURS[0] + 60}, HOURS[1] - 1, False, "received"),
        ({"grace_s": None}, HOURS[1] - 1, True, "received"),
        # the data begin within the day
        ({"since": HOURS[0] + 7200, "grace_s": 900}, HOURS[0] + 8000, False, "awaited"),
        ({"since": HOURS[0] + 7200, "grace_s": 900}, HOURS[0] + 8101, False, "late"),
        # what else there is
        (
            {"refused": ((HOURS[0] - 60, HOURS[0] + 1),), "through": HOURS[1]},
            HOURS[1],
            True,
            "refused",
        ),
        (
            {"refused": ((HOURS[0] - 60, HOURS[0]),), "through": HOURS[1]},
            HOURS[1],
            True,
            "received",
        ),
        ({"withheld": True}, HOURS[1], False, "withheld"),
        ({"suppressed": (ALWAYS,), "through": HOURS[1]}, HOURS[1], False, "suppressed"),
        ({"dataset": None}, HOURS[1] + DAY_S, False, "awaited"),
    ],
)
def test_states(more: dict[str, object], now: int, has_figures: bool, state: State) -> None:  # noqa: FBT001 - a column of the table
    assert source("12011", **more).state(HOURS, now, has_figures=has_figures) == state


def test_what_is_not_due_is_not_expected() -> None:
    later = source("12011", since=HOURS[1])
    assert not later.expected_in(HOURS, HOURS[1] + DAY_S)
    assert later.expected_in((HOURS[1], HOURS[1] + DAY_S), HOURS[1] + 1)
    assert not source("12011").expected_in(HOURS, HOURS[0])


def test_registers_are_received_late_or_awaited() -> None:
    now = MONDAY
    assert (
        source("12011", through=now - 10, grace_s=20).state(ALWAYS, now, has_figures=True)
        == "received"
    )
    assert (
        source("12011", through=now - 30, grace_s=20).state(ALWAYS, now, has_figures=True) == "late"
    )
    assert source("12011", grace_s=20).state(ALWAYS, now, has_figures=False) == "late"
    assert source("12011").state(ALWAYS, now, has_figures=False) == "awaited"
    assert source("12011", through=now - 10).state(ALWAYS, now, has_figures=True) == "received"


def three_states() -> View:
    sources = (
        source("12011", through=HOURS[1], grace_s=900, readings_per_day=24),
        source("12253", through=HOURS[0], grace_s=900, readings_per_day=96),
        source("12307", withheld=True, readings_per_day=0),
        source("12133", refused=(HOURS,), readings_per_day=24),
        source("12120", dataset=None, readings_per_day=0, origin="simulated"),
    )
    inputs = CoverageInputs(HOURS[1] + DAY_S, sources, span=HOURS)
    return view(LEVEZOU, MEASURE, "day", {key("12011", MONDAY): one(3)}, inputs)


def test_coverage_names_everybody() -> None:
    found = three_states()
    coverage = found.totals[0].coverage
    assert coverage.expected == tuple(
        f"fr-com-{code}" for code in ("12011", "12120", "12133", "12253", "12307")
    )
    assert coverage.received == ("fr-com-12011",)
    assert coverage.late == ("fr-com-12253",)
    assert coverage.withheld == ("fr-com-12307",)
    assert coverage.refused == ("fr-com-12133",)
    assert coverage.awaited == ("fr-com-12120",)
    assert coverage.suppressed == ()
    assert (coverage.readings, coverage.readings_expected) == (1, 24 + 96 + 24)
    assert found.simulated
    claim = coverage.claim()
    assert (claim.expected, claim.received, claim.late, claim.refused) == (5, 1, 1, 1)
    assert (claim.readings.received, claim.readings.expected) == (1, 144)


def test_a_body_with_two_datasets_is_in_the_state_that_needs_a_look() -> None:
    good = source("12011", through=HOURS[1])
    late = source("12011", through=HOURS[0], dataset=dataset_of("12011") + ".pont")
    inputs = CoverageInputs(HOURS[1] + DAY_S, (good, late), span=HOURS)
    coverage = view(LEVEZOU, MEASURE, "day", {}, inputs).coverage
    assert (coverage.expected, coverage.late) == (("fr-com-12011",), ("fr-com-12011",))
    assert coverage.received == ()


def test_a_day_of_25_hours_expects_an_hour_more() -> None:
    day = at("2026-10-25T00:00+02:00")
    steady = source("12011", readings_per_day=96, through=day + 2 * DAY_S)
    inputs = CoverageInputs(day + 2 * DAY_S, (steady,), span=(day, day + 1))
    coverage = view(LEVEZOU, MEASURE, "day", {}, inputs).coverage
    assert coverage.readings_expected == 100
    assert steady.readings_in((day, day + DAY_S), day + 3600) == 4


def test_json_is_stable() -> None:
    found = three_states().to_json()
    assert json.loads(json.dumps(found)) == found
    assert list(found) == [
        "territory",
        "vintage",
        "measure",
        "window",
        "simulated",
        "coverage",
        "otherWindows",
        "totals",
        "rows",
    ]
    assert found["territory"]["id"] == "fr-epci-241200765"
    assert found["simulated"] is True
    assert found["rows"] == [
        {
            "place": "12011",
            "name": "Arvieu",
            "window": "2026-11-23",
            "start": "2026-11-22T23:00:00Z",
            "count": 1,
            "sum": "3",
            "mean": "3.000",
            "min": "3",
            "max": "3",
        }
    ]
    (total,) = found["totals"]
    assert total["coverage"]["readingsExpected"] == 144
    assert total["coverage"]["populationYears"] == [2023]
    assert set(total["coverage"]) == {
        "expected",
        "received",
        "late",
        "refused",
        "withheld",
        "suppressed",
        "awaited",
        "readings",
        "readingsExpected",
        "communes",
        "communesTotal",
        "population",
        "populationTotal",
        "populationYears",
    }
