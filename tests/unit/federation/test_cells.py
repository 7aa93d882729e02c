"""Cells: exact against a plain reference, and the algebra of merging."""

import csv
import datetime as dt
import json
import random
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.cells import (
    EXACT_LIMIT,
    IDENTITY,
    PART,
    Cell,
    CellKey,
    DoubleCountError,
    ExactnessError,
    Part,
    cells_of_batch,
    merge_cells,
    merged,
    roll_up,
)
from federation.errors import MalformedError
from federation.windows import window_of, zone
from schemas.model import Schema, parse_schema
from schemas.territory import territory, timezone_of

PARIS, CAYENNE, MARQUISES = "Europe/Paris", "America/Cayenne", "Pacific/Marquesas"
ALL = ["sum", "mean", "min", "max", "count"]


def schema_of(
    fields: dict[str, str],
    key: list[str],
    measures: dict[str, dict[str, Any]],
    **block: Any,
) -> Schema:
    kind = "series" if "time" in block else "register"
    document = {
        "name": "essai",
        "version": "1.0.0",
        "title": "Essai",
        "fields": [
            {"name": name, "type": kind_, "constraints": {"required": name in key}}
            for name, kind_ in fields.items()
        ],
        "primaryKey": key,
        "maillage": {
            "kind": kind,
            "competence": ["commune"],
            "origin": "own",
            "sharing": {"default": "open"},
            "licence": "etalab-2.0",
            "labels": {"fr": "Essai"},
            "measures": {
                name: {"unit": "1", "aggregates": ALL} | more for name, more in measures.items()
            },
        }
        | block,
    }
    return parse_schema(json.dumps(document).encode())


def hourly(base_window: str = "hour", value: str = "integer", resolution: str = "1") -> Schema:
    return schema_of(
        {"site": "string", "start": "datetime", "value": value},
        ["site", "start"],
        {"value": {"resolution": resolution}},
        time="start",
        baseWindow=base_window,
        cadence="PT15M",
    )


def frame_of(schema: Schema, rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows begin with the index of their part."""
    types: dict[str, Any] = {PART: pl.UInt32(), **schema.polars_schema()}
    return pl.DataFrame(rows, schema=types, orient="row")


def by_hand(
    schema: Schema, rows: Sequence[tuple[Any, ...]], parts: Sequence[Part], scale: int
) -> dict[CellKey, Cell]:
    """Add up row by row, with fractions."""
    values: dict[CellKey, list[Fraction]] = {}
    for at, _, moment, value in rows:
        if value is None:
            continue
        part = parts[at]
        kind = schema.base_window
        assert kind is not None
        start = window_of(int(moment.timestamp() // 1), kind, part.timezone)
        key = CellKey(part.dataset, "essai.value", part.place, kind, start, part.vintage)
        values.setdefault(key, []).append(Fraction(value))
    found = {}
    for key, held in values.items():
        steps = [value * 10**scale for value in held]
        figures = (sum(steps), sum(step * step for step in steps), min(steps), max(steps))
        assert all(Fraction(figure).denominator == 1 for figure in figures)
        total, squares, low, high = (int(figure) for figure in figures)
        found[key] = Cell(len(held), total, squares, low, high, scale)
    return found


INTEGERS = hourly()
DECIMALS = hourly("day", "number", "0.001")
PARTS = (
    Part("fr-com-12011/essai", "12011", PARIS, 2026),
    Part("fr-com-97302/essai", "97302", CAYENNE, 2026),
    Part("fr-com-12011/essai", "12011", PARIS, 2026),
    Part("fr-com-98731/essai", "98731", MARQUISES, 2026),
    Part("fr-com-12011/essai.autre", "12011", PARIS, 2026),
)
SPRING = int(dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC).timestamp())
AUTUMN = int(dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC).timestamp())
near_changes = st.integers(-129_600, 129_600).flatmap(
    lambda after: st.sampled_from((SPRING + after, AUTUMN + after))
)
utc_moments = st.builds(
    lambda seconds, micros: dt.datetime.fromtimestamp(seconds, dt.UTC).replace(microsecond=micros),
    near_changes,
    st.sampled_from((0, 1, 999_999)),
)
whole = st.integers(-(2**63), 2**63 - 1) | st.integers(-1000, 1000)
exact = st.decimals(-(10**15) + 1, 10**15 - 1, places=3)


def rows_with(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    row = st.tuples(
        st.integers(0, len(PARTS) - 1), st.text(max_size=2), utc_moments, st.none() | values
    )
    return st.lists(row, max_size=40)


@settings(deadline=None)  # the first use of a zone reads its changes
@given(rows_with(whole))
def test_integers_equal_a_plain_sum(rows: list[tuple[Any, ...]]) -> None:
    found = cells_of_batch(INTEGERS, frame_of(INTEGERS, rows), PARTS)
    assert dict(found) == by_hand(INTEGERS, rows, PARTS, 0)
    assert len(dict(found)) == len(found)


@settings(deadline=None)
@given(rows_with(st.integers(-(2**31), 2**31)))
def test_small_integers_equal_a_plain_sum(rows: list[tuple[Any, ...]]) -> None:
    found = cells_of_batch(INTEGERS, frame_of(INTEGERS, rows), PARTS)
    assert dict(found) == by_hand(INTEGERS, rows, PARTS, 0)


@settings(deadline=None)
@given(rows_with(exact))
def test_decimals_equal_a_plain_sum(rows: list[tuple[Any, ...]]) -> None:
    found = cells_of_batch(DECIMALS, frame_of(DECIMALS, rows), PARTS)
    assert dict(found) == by_hand(DECIMALS, rows, PARTS, 3)


@settings(deadline=None)
@given(rows_with(st.integers(-1000, 1000)), st.randoms(use_true_random=False))
def test_a_batch_equals_its_parts_one_by_one(
    rows: list[tuple[Any, ...]], rng: random.Random
) -> None:
    together = dict(cells_of_batch(INTEGERS, frame_of(INTEGERS, rows), PARTS))
    apart: dict[CellKey, list[Cell]] = {}
    order = list(range(len(PARTS)))
    rng.shuffle(order)
    for at in order:
        mine = [row for row in rows if row[0] == at]
        for key, cell in cells_of_batch(INTEGERS, frame_of(INTEGERS, mine), PARTS):
            apart.setdefault(key, []).append(cell)
    assert together == {key: merged(cells) for key, cells in apart.items()}


@settings(deadline=None)
@given(rows_with(st.integers(-1000, 1000)))
def test_a_window_recomputed_from_contents_equals_merging(rows: list[tuple[Any, ...]]) -> None:
    """Disjoint publications merged, and their rows counted anew after one was corrected."""
    first = [row for row in rows if row[0] == 0]
    second = [row for row in rows if row[0] == 2]  # the same dataset, published later
    held = dict(cells_of_batch(INTEGERS, frame_of(INTEGERS, first), PARTS))
    for key, cell in cells_of_batch(INTEGERS, frame_of(INTEGERS, second), PARTS):
        held[key] = held[key].merge(cell) if key in held else cell
    both = [*first, *second]
    assert held == dict(cells_of_batch(INTEGERS, frame_of(INTEGERS, both), PARTS))
    corrected = [(*row[:3], 7) for row in second]
    anew = dict(cells_of_batch(INTEGERS, frame_of(INTEGERS, [*first, *corrected]), PARTS))
    touched = {key for key in anew if key in by_hand(INTEGERS, corrected, PARTS, 0)}
    assert {key: cell for key, cell in anew.items() if key not in touched} == {
        key: cell for key, cell in held.items() if key not in touched
    }


MOMENT = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)


def test_sums_do_not_wrap_at_64_bits() -> None:
    least = -(2**63)
    rows = [(0, str(at), MOMENT, least) for at in range(100)]
    ((_, cell),) = cells_of_batch(INTEGERS, frame_of(INTEGERS, rows), PARTS)
    assert cell == Cell(100, 100 * least, 100 * least**2, least, least, 0)
    largest = 2**63 - 1
    rows = [(0, str(at), MOMENT, largest) for at in range(100)]
    ((_, cell),) = cells_of_batch(INTEGERS, frame_of(INTEGERS, rows), PARTS)
    assert cell == Cell(100, 100 * largest, 100 * largest**2, largest, largest, 0)
    rows = [(0, str(at), MOMENT, -largest if at % 2 else 2**62) for at in range(101)]
    ((_, cell),) = cells_of_batch(INTEGERS, frame_of(INTEGERS, rows), PARTS)
    assert cell.total == 51 * 2**62 - 50 * largest
    assert cell.squares == 51 * 2**124 + 50 * largest**2


def test_values_wider_than_the_wire_has_are_refused() -> None:
    frame = frame_of(DECIMALS, [(0, "a", MOMENT, Decimal(1))])
    wider = frame.with_columns(pl.lit(Decimal(2**64)).cast(pl.Decimal(38, 3)).alias("value"))
    with pytest.raises(ExactnessError) as caught:
        cells_of_batch(DECIMALS, wider, PARTS)
    assert caught.value.code == "exactness"


def test_absent_is_no_cell() -> None:
    assert cells_of_batch(INTEGERS, frame_of(INTEGERS, []), PARTS) == []
    assert cells_of_batch(INTEGERS, frame_of(INTEGERS, [(0, "a", MOMENT, None)]), PARTS) == []
    ((_, zero),) = cells_of_batch(INTEGERS, frame_of(INTEGERS, [(0, "a", MOMENT, 0)]), PARTS)
    assert zero == Cell(1, 0, 0, 0, 0, 0)


def test_rows_without_a_time_are_refused() -> None:
    with pytest.raises(MalformedError) as caught:
        cells_of_batch(INTEGERS, frame_of(INTEGERS, [(0, "a", None, 1)]), PARTS)
    assert caught.value.code == "window-instant"


def test_two_measures_keep_their_own_cells() -> None:
    schema = schema_of(
        {"start": "datetime", "a": "integer", "b": "number", "note": "string"},
        ["start"],
        {"a": {}, "b": {"resolution": "0.1"}, "note": {"aggregates": ["count"]}},
        time="start",
        baseWindow="month",
    )
    rows = [
        (0, MOMENT, 3, Decimal("0.5"), "x"),
        (0, MOMENT + dt.timedelta(days=1), None, Decimal("-1.5"), None),
        (0, MOMENT + dt.timedelta(days=40), None, Decimal("9.0"), None),
    ]
    found = cells_of_batch(schema, frame_of(schema, rows), PARTS)
    may, june = (
        int(dt.datetime.fromisoformat(f"2026-0{month}-01T00:00+02:00").timestamp())
        for month in (5, 6)
    )
    assert [(key.measure, key.start, cell) for key, cell in found] == [
        ("essai.a", may, Cell(1, 3, 9, 3, 3, 0)),
        ("essai.b", may, Cell(2, -10, 250, -15, 5, 1)),
        ("essai.b", june, Cell(1, 90, 8100, 90, 90, 1)),
        ("essai.note", may, Cell(1, 0, 0, None, None, 0)),
    ]


def register() -> Schema:
    return schema_of(
        {"id": "string", "commune": "string", "cost": "number"},
        ["id"],
        {"id": {"aggregates": ["count"]}, "cost": {"resolution": "0.01"}},
        place="commune",
    )


def test_a_register_counts_entities_where_they_are() -> None:
    schema = register()
    rows = [
        (0, "a", "12011", Decimal("10.00")),
        (0, "b", "69381", None),  # an arrondissement of Lyon
        (1, "c", "2a004", Decimal("0.01")),
        (1, "d", "de-lau-08111000", Decimal("1.00")),
        (1, "e", "00000", None),
        (1, "f", None, None),
    ]
    found = cells_of_batch(schema, frame_of(schema, rows), PARTS)
    counts = {key.place: cell.count for key, cell in found if key.measure == "essai.id"}
    here = {"12011": 1, "69123": 1, "2A004": 1, "de-lau-08111000": 1, "00000": 1, "97302": 1}
    assert counts == here
    assert all((key.window, key.start) == ("none", 0) for key, _ in found)
    costs = {key.place: cell.total for key, cell in found if key.measure == "essai.cost"}
    assert costs == {"12011": 1000, "2A004": 1, "de-lau-08111000": 100}


def test_rows_take_the_zone_of_their_own_place() -> None:
    schema = schema_of(
        {"start": "datetime", "commune": "string", "value": "integer"},
        ["start", "commune"],
        {"value": {}},
        time="start",
        place="commune",
        baseWindow="day",
    )
    night = dt.datetime(2026, 5, 1, 1, tzinfo=dt.UTC)  # still April in Cayenne
    frame = frame_of(schema, [(0, night, "12011", 1), (0, night, "97302", 2)])
    found = {key.place: key.start for key, _ in cells_of_batch(schema, frame, PARTS)}
    assert found == {
        "12011": int(dt.datetime.fromisoformat("2026-05-01T00:00+02:00").timestamp()),
        "97302": int(dt.datetime.fromisoformat("2026-04-30T00:00-03:00").timestamp()),
    }


# --- merging -----------------------------------------------------------------------------------

near = st.integers(-(2**126), 2**126) | st.integers(-(2**63) - 2, 2**63 + 2)


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    scale = draw(st.integers(0, 4))
    steps = draw(st.lists(st.integers(-(2**70), 2**70), max_size=4))
    if not steps:
        return IDENTITY
    squares = sum(step * step for step in steps)
    return Cell(len(steps), sum(steps), squares, min(steps), max(steps), scale).checked()


@given(cells(), cells(), cells())
def test_merging_is_associative_and_commutative(a: Cell, b: Cell, c: Cell) -> None:
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == merged((c, b, a))
    assert a.merge(IDENTITY) == a == IDENTITY.merge(a)


@given(st.lists(near, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_exactness_does_not_depend_on_the_order(steps: list[int], rng: random.Random) -> None:
    parts = [Cell(1, step, step * step, step, step, 0) for step in steps]
    rng.shuffle(parts)
    total = Fraction(sum(steps))
    if abs(total) < EXACT_LIMIT:
        cell = merged(parts)
        assert cell.total == total
        assert cell.squares == sum(step**2 for step in steps)
        assert cell.checked() == cell
    else:
        with pytest.raises(ExactnessError):
            merged(parts)


@given(cells(), st.integers(0, 6))
def test_a_finer_scale_says_the_same(cell: Cell, more: int) -> None:
    fine = cell.at_scale(cell.scale + more)
    assert fine.scale == cell.scale + more
    assert Fraction(fine.total, 10**fine.scale) == Fraction(cell.total, 10**cell.scale)
    assert Fraction(fine.squares, 100**fine.scale) == Fraction(cell.squares, 100**cell.scale)
    assert (fine.minimum is None) == (cell.minimum is None)


def test_a_coarser_scale_would_round() -> None:
    with pytest.raises(ValueError, match="no exact form"):
        Cell(1, 15, 225, 15, 15, 1).at_scale(0)


def test_versions_merge_at_the_finer_scale() -> None:
    old, new = Cell(1, 3, 9, 3, 3, 0), Cell(1, -25, 625, -25, -25, 1)
    assert old.merge(new) == Cell(2, 5, 900 + 625, -25, 30, 1)


@pytest.mark.parametrize(
    "cell",
    [
        Cell(-1, 0, 0, None, None, 0),
        Cell(1, 0, -1, 0, 0, 0),
        Cell(1, 5, 25, None, None, 0),
        Cell(1, 5, 25, 5, None, 0),
        Cell(0, 0, 0, 0, 0, 0),
        Cell(2, 21, 221, 0, 10, 0),
        Cell(2, 10, 10, 0, 10, 0),
        Cell(2, 10, 201, 0, 10, 0),
        Cell(1, 0, 0, 0, 0, 39),
    ],
)
def test_impossible_figures_are_refused(cell: Cell) -> None:
    with pytest.raises(MalformedError) as caught:
        cell.checked()
    assert caught.value.code == "cell-impossible"


@pytest.mark.parametrize("figure", [EXACT_LIMIT, -EXACT_LIMIT])
def test_128_bits_is_the_end(figure: int) -> None:
    with pytest.raises(ExactnessError):
        Cell(1, figure, figure**2, figure, figure, 0).checked()
    inside = figure - 1 if figure > 0 else figure + 1
    held = Cell(1, inside, inside**2, inside, inside, 0)
    assert held.checked() == held
    with pytest.raises(ExactnessError):
        held.merge(held)
    with pytest.raises(ExactnessError):
        held.at_scale(1)


ONE = Cell(1, 2, 4, 2, 2, 0)


def hour(place: str, start: int, dataset: str = "", vintage: int = 2026) -> CellKey:
    owner = dataset or f"fr-com-{place.lower()}/essai"
    return CellKey(owner, "essai.value", place, "hour", start, vintage)


def test_two_paths_up_do_not_count_a_commune_twice() -> None:
    a, b = hour("12011", 0), hour("12021", 0)
    assert merge_cells([[(a, ONE)], [(b, ONE)]]) == {a: ONE, b: ONE}
    with pytest.raises(
        DoubleCountError, match=r"fr-com-12011/essai essai.value for 12011"
    ) as caught:
        merge_cells([[(a, ONE), (b, ONE)], [(a._replace(vintage=2025), ONE)]])
    assert caught.value.code == "double-count"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("12011", "98731", "97302")), utc_moments), max_size=30))
def test_rolling_up_in_steps_or_at_once(rows: list[tuple[str, dt.datetime]]) -> None:
    held: dict[CellKey, Cell] = {}
    for place, moment in rows:
        key = hour(place, window_of(int(moment.timestamp()), "hour", timezone_of(place)))
        held[key] = held.get(key, IDENTITY).merge(ONE)
    days = roll_up(held, "day")
    assert roll_up(held, "month") == roll_up(days, "month")
    assert roll_up(held, "year") == roll_up(roll_up(days, "month"), "year")
    assert sum(cell.count for cell in days.values()) == len(rows)
    for place, moment in rows:
        start = window_of(int(moment.timestamp()), "day", timezone_of(place))
        assert hour(place, start)._replace(window="day") in days


def test_days_of_23_and_25_hours_hold_all_their_hours() -> None:
    for day, length in (("2026-03-29T00:00+01:00", 23), ("2026-10-25T00:00+02:00", 25)):
        start = int(dt.datetime.fromisoformat(day).timestamp())
        held = {hour("12011", start + at * 3600): ONE for at in range(length)}
        ((key, cell),) = roll_up(held, "day").items()
        assert (key.window, key.start, cell.count) == ("day", start, length)


def test_a_day_over_a_change_of_vintage_is_one_day() -> None:
    start = int(dt.datetime.fromisoformat("2026-05-01T00:00+02:00").timestamp())
    held = {hour("12011", start): ONE, hour("12011", start + 3600, vintage=2025): ONE}
    ((key, cell),) = roll_up(held, "day").items()
    assert (key.vintage, cell.count) == (2026, 2)


def test_a_window_held_whole_and_in_parts_is_refused() -> None:
    start = int(dt.datetime.fromisoformat("2026-05-01T00:00+02:00").timestamp())
    whole_day = hour("12011", start)._replace(window="day")
    with pytest.raises(DoubleCountError):
        roll_up({hour("12011", start): ONE, whole_day: ONE}, "day")
    with pytest.raises(MalformedError) as caught:
        roll_up({whole_day: ONE}, "hour")
    assert caught.value.code == "window-finer"
    timeless = CellKey("fr-com-12011/essai", "essai.id", "12011", "none", 0, 2026)
    assert roll_up({timeless: ONE}, "day") == {timeless: ONE}


@settings(deadline=None)
@given(st.data())
def test_any_path_up_gives_the_same_figures(data: st.DataObject) -> None:
    """Communes to EPCI to département, and communes to département directly, on real data.

    Redon Agglomération lies in three départements and two régions.
    """
    redon = territory("fr-epci-243500741")
    departement = territory("fr-dep-35")
    assert not redon.communes <= departement.communes
    inside = sorted(departement.communes)[::9]
    values = data.draw(
        st.fixed_dictionaries(
            {place: st.integers(-(2**80), 2**80) for place in {*redon.communes, *inside}}
        )
    )
    held = {
        hour(place, 0): Cell(1, value, value * value, value, value, 0)
        for place, value in values.items()
    }
    mine = {key: cell for key, cell in held.items() if key.place in departement.communes}
    directly = merged(mine.values())
    by_epci: dict[bool, list[Cell]] = {True: [], False: []}
    for key, cell in mine.items():
        by_epci[key.place in redon.communes].append(cell)
    assert merged((merged(by_epci[False]), merged(by_epci[True]))) == directly
    total = sum(value for place, value in values.items() if place in departement.communes)
    assert directly.total == total


EXAMPLE = (
    Path(__file__).parents[3].parent
    / "shared/reference/examples"
    / "etalab+schema-comptage-mobilites__measure_exemple-valide-eco-compteur.csv"
)


def test_real_counts_by_local_day() -> None:
    """3,650 counts of an eco-counter: the cells' local days equal a direct sum of the file."""
    if not EXAMPLE.exists():
        pytest.skip(f"the reference file is not here: {EXAMPLE}")
    with EXAMPLE.open(encoding="utf-8", newline="") as file:
        counts = [
            (row["channel_id"], dt.datetime.fromisoformat(row["start_datetime"]), int(row["count"]))
            for row in csv.DictReader(file)
        ]
    paris = zone(PARIS)
    direct: dict[dt.date, int] = {}
    for _, moment, count in counts:
        day = moment.astimezone(paris).date()
        direct[day] = direct.get(day, 0) + count
    rows = [(0, channel, moment.astimezone(dt.UTC), count) for channel, moment, count in counts]
    days = roll_up(dict(cells_of_batch(INTEGERS, frame_of(INTEGERS, rows), PARTS)), "day")
    found = {
        dt.datetime.fromtimestamp(key.start, paris).date(): cell.total for key, cell in days.items()
    }
    assert len(counts) == 3650
    assert found == direct
