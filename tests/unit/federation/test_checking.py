"""Views computed again, and compared with what a node shows."""

import copy

import pytest

from federation.asked import asked_span
from federation.checking import Difference, compare, places_of, recomputed
from federation.errors import MalformedError
from schemas.territory import territory
from tests.world import ARVIEU, COUNTS, EPCI, NOW_US, NOWHERE, counts, schema

GROUND = territory(EPCI)
MEASURE = "comptage-mobilites.count"
NOW = NOW_US // 1_000_000


def computed():
    tables = {COUNTS: (schema("comptage-mobilites"), counts())}
    return recomputed(GROUND, MEASURE, "day", tables, now=NOW, span=None)


def test_a_view_is_equal_to_itself():
    found = compare(computed().to_json(), computed())
    assert found.differences == ()
    assert found.figures > 0
    assert {row.place for row in computed().rows} == {"12011"}


@pytest.mark.parametrize("figure", ["count", "sum", "mean", "min", "max"])
def test_every_figure_is_compared(figure: str):
    shown = copy.deepcopy(computed().to_json())
    window = shown["rows"][0]["window"]
    true = shown["rows"][0][figure]
    shown["rows"][0][figure] = "7.5"
    told = None if true is None else str(true)
    assert compare(shown, computed()).differences == (
        Difference("12011", window, figure, "7.5", told),
    )


def test_what_could_not_be_had_is_left_out():
    shown = computed().to_json() | {"rows": []}
    assert compare(shown, computed()).differences
    assert compare(shown, computed(), without={"12011"}, whole=False) == compare(
        {}, computed(), without={"12011"}, whole=False
    )
    assert compare(shown, computed(), without={"12011"}, whole=False).figures == 0


@pytest.mark.parametrize("junk", [None, 7, "x", [1, None, "x"], {"a": 1}])
def test_junk_is_no_figure(junk: object):
    found = compare({"totals": junk, "rows": junk}, computed())
    assert found.differences
    assert all(one.node is None for one in found.differences)


def test_nothing_leads_to_nothing():
    empty = recomputed(GROUND, MEASURE, "day", {}, now=NOW, span=None)
    assert empty.rows == ()
    assert compare(empty.to_json(), empty).differences == ()


def test_places_are_those_of_the_owner():
    assert places_of(COUNTS) == {"12011"}
    assert places_of(f"{EPCI}/projets") == GROUND.communes
    assert places_of(f"{NOWHERE}/projets") == frozenset()
    assert ARVIEU in COUNTS


def test_the_span_asked_for_is_whole_windows_of_every_zone():
    one = asked_span(GROUND, "day", "2026-03-01", None)
    assert one == asked_span(GROUND, "day", None, "2026-03-01")
    assert one is not None
    assert one[1] - one[0] == 86_400
    assert asked_span(GROUND, "day", None, None) is None
    assert asked_span(GROUND, "none", "2026-03-01", None) is None
    wide = asked_span(territory("fr"), "day", "2026-03-01", "2026-03-02")
    assert wide is not None
    assert wide[1] - wide[0] > 2 * 86_400
    with pytest.raises(MalformedError) as caught:
        asked_span(GROUND, "day", "yesterday", None)
    assert caught.value.code == "window"
