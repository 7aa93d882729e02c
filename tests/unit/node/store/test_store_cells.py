"""Cells beside a dictionary, on both databases."""

from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import DATASET, DAY, cell, key

from federation.cell import EXACT_LIMIT, Cell, CellKey
from node.store import Store, Write
from node.store.cells import PLACES_SOUGHT
from node.store.rows import CellRange

EXACT = st.integers(-(2**100), 2**100)
CELLS = st.lists(EXACT, min_size=1, max_size=3).map(lambda values: cell(*values))
DATASETS = ("fr-com-12011/a", "fr-com-12011/b")
MEASURES = ("a.x", "b.y")
PLACES = ("12011", "12050", "2A004")


@st.composite
def keys(draw: st.DrawFn) -> CellKey:
    window = draw(st.sampled_from(["hour", "day", "none"]))
    return CellKey(
        draw(st.sampled_from(DATASETS)),
        draw(st.sampled_from(MEASURES)),
        draw(st.sampled_from(PLACES)),
        window,
        0 if window == "none" else draw(st.integers(-2, 4)) * 3600,
        draw(st.sampled_from([2025, 2026])),
    )


RANGES = st.builds(
    CellRange,
    dataset=st.sampled_from(DATASETS),
    window=st.sampled_from(["hour", "day", "none"]),
    start=st.integers(-2, 4).map(lambda n: n * 3600),
    end=st.integers(-2, 5).map(lambda n: n * 3600 + 1),
    measures=st.none() | st.lists(st.sampled_from(MEASURES), max_size=2, unique=True).map(tuple),
    places=st.none() | st.lists(st.sampled_from(PLACES), max_size=2, unique=True).map(tuple),
)
WRITES = st.builds(
    lambda removed, put, merged: {
        "cells_removed": tuple(removed),
        "cells": dict(put),
        "cells_merged": tuple(merged),
    },
    st.lists(RANGES, max_size=2),
    st.lists(st.tuples(keys(), CELLS), max_size=6),
    st.lists(st.tuples(keys(), CELLS), max_size=6),
)


def _inside(at: CellKey, removed: CellRange) -> bool:
    return (
        (at.dataset, at.window) == (removed.dataset, removed.window)
        and removed.start <= at.start < removed.end
        and (removed.measures is None or at.measure in removed.measures)
        and (removed.places is None or at.place in removed.places)
    )


def _apply(model: dict[CellKey, Cell], write: dict[str, Any]) -> None:
    for removed in write["cells_removed"]:
        for at in [at for at in model if _inside(at, removed)]:
            del model[at]
    model.update(write["cells"])
    for at, one in write["cells_merged"]:
        model[at] = model[at].merge(one) if at in model else one


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    writes=st.lists(WRITES, min_size=1, max_size=4),
    places=st.none() | st.just(["12011", "2A004"]),
)
def test_any_writes_give_what_a_dictionary_gives(
    store: Store, writes: list[dict[str, Any]], places: list[str] | None
) -> None:
    everything = tuple(
        CellRange(dataset=name, window=window, start=-(10**6), end=10**6)
        for name in DATASETS
        for window in ("hour", "day", "none")
    )
    store.commit(Write(day=DAY, cells_removed=everything))
    assert store.cells.measures() == []
    model: dict[CellKey, Cell] = {}
    for write in writes:
        store.commit(Write(day=DAY, **write))
        _apply(model, write)
    assert store.cells.get(list(model)) == model
    assert store.cells.measures() == sorted({at.measure for at in model})
    found: dict[CellKey, Cell] = {}
    for measure in MEASURES:
        for window in ("hour", "day", "none"):
            part = list(store.cells.where(measure, window, start=-3600, end=7201, places=places))
            assert part == sorted(part, key=lambda pair: _order(pair[0]))
            assert not found.keys() & dict(part).keys()
            found |= dict(part)
    assert found == {
        at: one
        for at, one in model.items()
        if -3600 <= at.start < 7201 and (places is None or at.place in places)
    }


def _order(at: CellKey) -> tuple[Any, ...]:
    return at.start, at.place, at.dataset, at.vintage


@pytest.mark.parametrize(
    "state",
    [
        Cell(0, 0, 0, None, None, 0),
        Cell(1, EXACT_LIMIT - 1, EXACT_LIMIT**3, 1 - EXACT_LIMIT, EXACT_LIMIT - 1, 38),
        Cell(2**62, 1 - EXACT_LIMIT, 0, None, None, 3),
    ],
)
def test_figures_of_any_size_are_exact(store: Store, state: Cell) -> None:
    store.commit(Write(day=DAY, cells={key(): state}))
    assert store.cells.get([key()]) == {key(): state}


def test_many_cells_are_streamed_and_found(store: Store) -> None:
    pairs = product(range(90), range(70))
    cells = {key(start, f"{place:05}"): cell(start, place) for start, place in pairs}
    store.commit(Write(day=DAY, cells=cells))
    assert dict(store.cells.where(key().measure, "day", end=90)) == cells
    assert store.cells.get(list(cells)) == cells
    assert store.cells.starts(key().measure, "day", 10, 13) == [10, 11, 12]
    chosen = dict(store.cells.where(key().measure, "day", start=5, end=7, places=["00003"]))
    assert list(chosen) == [key(5, "00003"), key(6, "00003")]
    # more places than are sought one by one, most of them without a cell
    many = [f"{place:05}" for place in range(60, 60 + 2 * PLACES_SOUGHT)]
    found = dict(store.cells.where(key().measure, "day", start=5, end=7, places=many))
    assert list(found) == [key(at, f"{place:05}") for at in (5, 6) for place in range(60, 70)]
    store.commit(Write(day=DAY, cells_merged=tuple(cells.items())))
    at = key(7, "00009")
    assert store.cells.get([at]) == {at: cells[at].merge(cells[at])}


def test_an_iterator_given_up_early_frees_its_connection(store: Store) -> None:
    store.commit(Write(day=DAY, cells={key(n): cell(n) for n in range(10)}))
    for _ in range(30):
        stream = store.cells.where(key().measure, "day", end=10)
        assert next(stream)[0] == key(0)
        stream.close()  # type: ignore[attr-defined]
    removed = CellRange(dataset=DATASET, window="day", start=0, end=10)
    store.commit(Write(day=DAY, cells_removed=(removed,)))
    assert list(store.cells.where(key().measure, "day", end=10)) == []
