"""Compositions: rows, inputs, digests, changes, recomputation."""

import datetime as dt
import random
from collections.abc import Mapping

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import merkle
from federation.cells import EXACT_LIMIT, Cell, CellKey, DoubleCountError, ExactnessError
from federation.comparison import DIFFERENCES_SHOWN, Differs, NotRecomputable, Recomputed, compare
from federation.composition import (
    FIGURES,
    KEY,
    Input,
    apply_changes,
    build,
    cells_from,
    changed_rows,
    claim_of,
    closed_windows,
    figures_digest,
    inputs_of,
    inputs_root,
    misfits,
    row_schema,
)
from federation.composition_claim import CompositionClaim, CoverageClaim, LocalDays, ReadingsClaim
from federation.errors import MalformedError, StateError
from federation.figures import decimal_text, steps_of
from federation.windows import WindowKind, window_of
from schemas.checks import check_rows

VINTAGE = 2026
PLACES = ("12011", "12253", "2A004", "97302")
COVERAGE = CoverageClaim(
    expected=4,
    received=4,
    late=0,
    refused=0,
    withheld=0,
    suppressed=0,
    readings=ReadingsClaim(received=4),
)
DAYS = LocalDays(start="2026-11-01", end="2026-12-01")


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


MONDAY = at("2026-11-23T00:00+01:00")


def dataset_of(place: str) -> str:
    return f"fr-com-{place.lower()}/comptage-mobilites"


def key(place: str, start: int = MONDAY, window: WindowKind = "day") -> CellKey:
    return CellKey(dataset_of(place), "comptage-mobilites.count", place, window, start, VINTAGE)


def one(value: int, scale: int = 0) -> Cell:
    return Cell(1, value, value * value, value, value, scale)


def heads(sequence: int = 1) -> dict[str, Input]:
    return {
        dataset_of(place): Input(dataset_of(place), 1, sequence, f"{at_:02x}" * 32)
        for at_, place in enumerate(PLACES, start=sequence)
    }


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    scale = draw(st.integers(0, 9))
    steps = draw(st.lists(st.integers(-(2**124), 2**124), min_size=1, max_size=4))
    if draw(st.booleans()):
        return Cell(len(steps), 0, 0, None, None, 0)
    squares = sum(step * step for step in steps)
    return Cell(len(steps), sum(steps), squares, min(steps), max(steps), scale)


keys = st.builds(
    lambda place, day, window: (
        key(place, MONDAY + day * 86_400, window) if window != "none" else key(place, 0, window)
    ),
    st.sampled_from(PLACES),
    st.integers(-400, 400),
    st.sampled_from(("hour", "day", "none")),
)
tables = st.dictionaries(keys, cells(), max_size=12)


# --- rows --------------------------------------------------------------------------------------


@settings(deadline=None)
@given(tables)
def test_rows_say_the_cells_exactly(held: dict[CellKey, Cell]) -> None:
    frame = build(held, heads())
    assert frame.schema == row_schema().polars_schema()
    assert cells_from(frame, VINTAGE) == held
    assert frame.sort(KEY).equals(frame)
    assert check_rows(row_schema(), frame).valid


@settings(deadline=None)
@given(tables, st.randoms(use_true_random=False))
def test_rows_do_not_depend_on_the_order(held: dict[CellKey, Cell], rng: random.Random) -> None:
    items = list(held.items())
    rng.shuffle(items)
    assert build(dict(items), heads()).equals(build(held, heads()))


def test_the_key_is_that_of_the_schema() -> None:
    assert row_schema().primary_key == KEY


def test_figures_are_written_in_one_way() -> None:
    frame = build({key("12011"): Cell(2, -150, 12500, -100, -50, 2)}, heads())
    assert frame.select(FIGURES).row(0) == (2, "-1.50", "1.2500", "-1.00", "-0.50")
    assert frame["window_start"][0] == dt.datetime(2026, 11, 22, 23, tzinfo=dt.UTC)
    counted = build({key("12011"): Cell(5, 0, 0, None, None, 0)}, heads())
    assert counted.select(FIGURES).row(0) == (5, None, None, None, None)


@given(st.integers(-(10**60), 10**60), st.integers(0, 18))
def test_steps_lead_back(steps: int, scale: int) -> None:
    assert steps_of(decimal_text(steps, scale)) == (steps, scale)


@pytest.mark.parametrize(
    "text", ["", "-", "+1", "01", "1.", ".5", "-0", "-0.00", "1e3", " 1", "1\n", "٣", "9" * 161]
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        steps_of(text)
    assert caught.value.code == "figure-form"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"count": 0}, "figure-form"),
        ({"count": -1}, "figure-form"),
        ({"total": None}, "figure-form"),
        ({"total": "3.0"}, "figure-form"),
        ({"squares": "9.0"}, "figure-form"),
        ({"total": "4"}, "cell-impossible"),
        ({"squares": "10"}, "cell-impossible"),
        ({"minimum": "5"}, "cell-impossible"),
        ({"window": "week"}, "figure-form"),
        ({"total": str(EXACT_LIMIT), "maximum": str(EXACT_LIMIT)}, "exactness"),
    ],
)
def test_rows_of_others_are_checked(change: dict[str, object], code: str) -> None:
    frame = build({key("12011"): one(3)}, heads())
    changed = frame.with_columns(
        pl.lit(value).cast(frame.schema[name]).alias(name) for name, value in change.items()
    )
    with pytest.raises((MalformedError, ExactnessError)) as caught:
        cells_from(changed, VINTAGE)
    assert caught.value.code == code


def test_a_row_twice_is_refused() -> None:
    frame = build({key("12011"): one(3)}, heads())
    with pytest.raises(DoubleCountError):
        cells_from(pl.concat([frame, frame]), VINTAGE)
    both = {key("12011"): one(3), key("12011")._replace(vintage=2025): one(3)}
    with pytest.raises(DoubleCountError):
        build(both, heads())


def test_every_dataset_needs_its_input() -> None:
    with pytest.raises(StateError) as caught:
        build({key("12011"): one(3)}, {})
    assert caught.value.code == "composition-input"


# --- what binds them ---------------------------------------------------------------------------


def test_the_root_over_inputs() -> None:
    first, second = Input("a/x", 1, 9, "0" * 64), Input("a/x", 1, 10, "1" * 64)
    leaves = [f"a/x 1 9 {'0' * 64}".encode(), f"a/x 1 10 {'1' * 64}".encode()]
    assert inputs_root((second, first, second)) == merkle.root(leaves)
    assert inputs_root(()) == merkle.root([])


def test_inputs_are_those_of_the_rows() -> None:
    held = {key(place, MONDAY + day): one(1) for place in PLACES[:2] for day in (0, 86_400)}
    frame = build(held, heads())
    assert inputs_of(frame) == tuple(sorted(heads()[dataset_of(place)] for place in PLACES[:2]))
    assert inputs_of(frame.clear()) == ()


@settings(deadline=None)
@given(tables)
def test_figures_do_not_depend_on_how_inputs_were_cut(held: dict[CellKey, Cell]) -> None:
    once, often = build(held, heads(1)), build(held, heads(9))
    assert figures_digest(once) == figures_digest(often)
    assert figures_digest(once) == figures_digest(once.sample(fraction=1, shuffle=True, seed=1))
    if held:
        first, cell = next(iter(held.items()))
        other = held | {first: Cell(cell.count + 1, 0, 0, None, None, 0)}
        assert figures_digest(build(other, heads())) != figures_digest(once)


def claimed(frame: pl.DataFrame) -> CompositionClaim:
    return claim_of(
        frame,
        territory="fr-epci-241200765",
        vintage=VINTAGE,
        window="day",
        days=DAYS,
        coverage=COVERAGE,
    )


def test_a_claim_fits_its_rows_and_no_others() -> None:
    held = {key(place): one(3) for place in PLACES}
    frame = build(held, heads())
    claim = claimed(frame)
    assert CompositionClaim.read(claim.write()) == claim
    assert claim.measures == ("comptage-mobilites.count",)
    assert claim.inputs.count == 4
    assert misfits(claim, frame) == ()
    assert misfits(claim, build(held, heads(2))) == ("inputs",)
    assert misfits(claim, build(held | {key("12011"): one(4)}, heads())) == ("figures",)
    hours = {each._replace(window="hour"): cell for each, cell in held.items()}
    assert misfits(claim, build(hours, heads())) == ("figures", "window")
    others = {each._replace(measure="autre.valeur"): cell for each, cell in held.items()}
    assert misfits(claim, build(others, heads())) == ("figures", "measures")


def test_an_empty_composition() -> None:
    frame = build({}, {})
    claim = claimed(frame)
    assert (claim.measures, claim.inputs.count) == (None, 0)
    assert misfits(claim, frame) == ()
    assert compare(frame, frame) == Recomputed(0)


# --- closed windows ----------------------------------------------------------------------------


def test_only_days_that_are_over() -> None:
    now = MONDAY + 86_400  # the end of Monday in Paris
    hours = {key("12011", MONDAY + hour * 3600, "hour"): one(1) for hour in range(30)}
    assert set(closed_windows(hours, now)) == {
        each for each in hours if each.start < MONDAY + 86_400
    }
    assert closed_windows(hours, now - 1) == {}
    cayenne = key("97302", at("2026-11-23T00:00-03:00"))
    timeless = key("12011", 0, "none")
    month = key("12011", at("2026-11-01T00:00+01:00"), "month")
    year = key("12011", at("2026-01-01T00:00+01:00"), "year")
    held = dict.fromkeys((key("12011"), cayenne, timeless, month, year), one(1))
    assert set(closed_windows(held, now)) == {key("12011"), timeless}
    assert set(closed_windows(held, now + 4 * 3600)) == {key("12011"), timeless, cayenne}
    december = at("2026-12-01T00:00+01:00")
    assert month not in closed_windows(held, december - 1)
    assert month in closed_windows(held, december)
    assert year in closed_windows(held, at("2027-01-01T00:00+01:00"))


# --- changes -----------------------------------------------------------------------------------


@settings(deadline=None)
@given(tables, tables)
def test_changes_lead_from_one_table_to_the_other(
    before: dict[CellKey, Cell], after: dict[CellKey, Cell]
) -> None:
    base, new = build(before, heads(1)), build(after, heads(2))
    reached = apply_changes(base, changed_rows(base, new))
    assert cells_from(reached, VINTAGE) == after
    assert figures_digest(reached) == figures_digest(new)
    assert changed_rows(reached, new).is_empty()
    assert reached.sort(KEY).equals(reached)


def test_only_what_changed_is_published() -> None:
    before = {key(place): one(3) for place in PLACES}
    after: Mapping[CellKey, Cell] = {
        **{each: cell for each, cell in before.items() if each.place != "2A004"},
        key("12253"): one(4),
        key("12011", MONDAY + 86_400): one(5),
    }
    base, new = build(before, heads(1)), build(after, heads(2))
    changes = changed_rows(base, new)
    assert changes.select("place", "total", "input_sequence", "_deleted").rows() == [
        ("12011", "5", 2, False),
        ("12253", "4", 2, False),
        ("2A004", None, None, True),
    ]
    reached = apply_changes(base, changes)
    # a row whose figures stand keeps the input at which they were counted
    sequences = dict(
        reached.filter(pl.col("total") == "3").select("place", "input_sequence").rows()
    )
    assert sequences == {"12011": 1, "97302": 1}


def test_rows_of_void_inputs_are_counted_anew() -> None:
    held = {key(place): one(3) for place in PLACES}
    base, new = build(held, heads(1)), build(held, heads(2))
    assert changed_rows(base, new).is_empty()
    void = heads(1)[dataset_of("12011")]
    changes = changed_rows(base, new, (void,))
    assert changes.select("place", "input_sequence").rows() == [("12011", 2)]
    assert void not in inputs_of(apply_changes(base, changes))


# --- recomputation -----------------------------------------------------------------------------


@settings(deadline=None)
@given(tables)
def test_the_same_cells_recompute(held: dict[CellKey, Cell]) -> None:
    assert compare(build(held, heads(1)), build(held, heads(2))) == Recomputed(len(held))


def test_what_differs_is_named() -> None:
    held = {key(place): one(3) for place in PLACES[:3]}
    ours = {key("12011"): one(3), key("12253"): one(4), key("97302"): one(3)}
    found = compare(build(held, heads()), build(ours, heads()))
    assert isinstance(found, Differs)
    assert found.count == 3
    by_place = {each.key[2]: (each.claimed, each.recomputed) for each in found.differences}
    three, four = ("1", "3", "9", "3", "3"), ("1", "4", "16", "4", "4")
    assert by_place == {"12253": (three, four), "2A004": (three, None), "97302": (None, three)}


def test_many_differences_are_counted() -> None:
    many = {key("12011", MONDAY + 3600 * hour, "hour"): one(1) for hour in range(500)}
    found = compare(build(many, heads()), build({}, {}))
    assert isinstance(found, Differs)
    assert (found.count, len(found.differences)) == (500, DIFFERENCES_SHOWN)


def test_what_is_missing_says_why() -> None:
    frame = build({key("12011"): one(3)}, heads())
    first, second = heads()[dataset_of("12011")], heads()[dataset_of("12253")]
    found = compare(frame, frame, [(second, "withdrawn"), (first, "withheld")])
    assert found == NotRecomputable(((first, "withheld"), (second, "withdrawn")))
    assert (found.count("withheld"), found.count("withdrawn"), found.count("not-held")) == (1, 1, 0)


def test_a_recomputation_by_another_path_up() -> None:
    """Hours merged to days by one, readings counted to days at once by the other."""
    rng = random.Random(3)
    readings = [(rng.choice(PLACES[:3]), MONDAY + rng.randrange(3 * 86_400)) for _ in range(200)]
    by_day: dict[CellKey, Cell] = {}
    for place, moment in readings:
        each = key(place, window_of(moment, "day", "Europe/Paris"))
        by_day[each] = by_day[each].merge(one(7)) if each in by_day else one(7)
    rng.shuffle(readings)
    anew: dict[CellKey, Cell] = {}
    for place, moment in readings:
        each = key(place, window_of(moment, "day", "Europe/Paris"))
        anew[each] = one(7).merge(anew[each]) if each in anew else one(7)
    assert figures_digest(build(by_day, heads(1))) == figures_digest(build(anew, heads(5)))
