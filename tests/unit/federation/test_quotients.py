"""Ratios and weighted means: the sums go up, what is shown is divided last."""

import datetime as dt
import json
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.cells import PART, Cell, CellKey, Part, cells_of_batch, merge_cells
from federation.compose import CoverageInputs, view
from federation.composition import Input, build, cells_from
from federation.figures import QUOTIENT_DIGITS, quotient_of
from federation.views import View
from schemas.document import SchemaFault
from schemas.model import Schema, parse_schema
from schemas.territory import VINTAGE, territory

LEVEZOU = territory("fr-epci-241200765")
PLACES = ("12011", "12253", "12266")
MONDAY = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
NOTHING = CoverageInputs(now=0, sources=())


def document(**measures: dict[str, Any]) -> bytes:
    numbers = {"kwh": "0.01", "m2": "1", "share": "0.1", "seats": "1"}
    bounded = {"share": {"minimum": 0, "maximum": 100}, "seats": {"minimum": 0, "maximum": 100_000}}
    fields: list[dict[str, Any]] = [
        {"name": "id", "type": "string", "constraints": {"required": True}},
        {"name": "start", "type": "datetime", "constraints": {"required": True}},
        *(
            {
                "name": name,
                "type": "number",
                "maillage:resolution": step,
                "constraints": bounded.get(name, {}),
            }
            for name, step in numbers.items()
        ),
    ]
    for one in fields:
        if one["name"] in measures:
            del one["maillage:resolution"]
    return json.dumps(
        {
            "name": "essai",
            "version": "1.0.0",
            "fields": fields,
            "primaryKey": ["id", "start"],
            "maillage": {
                "kind": "series",
                "time": "start",
                "baseWindow": "day",
                "measures": measures,
                "competence": ["commune"],
                "origin": "own",
                "sharing": {"default": "open"},
                "licence": "etalab-2.0",
                "labels": {"fr": "Essai"},
            },
        }
    ).encode()


RATIO = {
    "unit": "kW.h",
    "resolution": "0.01",
    "aggregates": ["sum", "ratio"],
    "numerator": "kwh",
    "denominator": "m2",
    "ratioUnit": "kW.h/m2",
}
WEIGHTED = {
    "unit": "%",
    "resolution": "0.1",
    "aggregates": ["weighted_mean"],
    "weight": "seats",
}


def schema_of(**measures: dict[str, Any]) -> Schema:
    return parse_schema(document(**measures))


SCHEMA = schema_of(kwh=RATIO, share=WEIGHTED)


def cells_of(rows: list[tuple[Any, ...]]) -> dict[CellKey, Cell]:
    """Rows: place, kwh, m2, share, seats."""
    whole = [
        (PLACES.index(place), f"{number}", MONDAY, *values)
        for number, (place, *values) in enumerate(rows)
    ]
    types = {PART: pl.UInt32(), **SCHEMA.polars_schema()}
    frame = pl.DataFrame(whole, schema=types, orient="row")
    parts = [Part(f"fr-com-{place}/essai", place, "Europe/Paris", VINTAGE) for place in PLACES]
    return dict(cells_of_batch(SCHEMA, frame, parts))


def shown(cells: dict[CellKey, Cell], field: str) -> View:
    (measure,) = (one for one in SCHEMA.measures if one.field == field)
    return view(
        LEVEZOU,
        measure.name,
        "day",
        cells,
        NOTHING,
        aggregates=measure.aggregates,
        quotients=measure.quotients,
    )


def test_a_mean_of_means_would_be_another() -> None:
    cells = cells_of(
        [
            ("12011", Decimal(900), Decimal(10), Decimal(50), Decimal(2)),
            ("12253", Decimal(100), Decimal(90), Decimal(100), Decimal(6)),
        ]
    )
    (total,) = shown(cells, "kwh").totals
    assert total.figures.ratio == Decimal(10)  # 1000 / 100; the mean of 90 and 1.11 is 45.56
    (total,) = shown(cells, "share").totals
    assert total.figures.weighted_mean == Decimal("87.5")
    assert [row.figures.ratio for row in shown(cells, "kwh").rows] == [
        Decimal(90),
        Decimal("1.111111"),
    ]


def test_only_rows_that_have_both_are_divided() -> None:
    cells = cells_of(
        [
            ("12011", Decimal(30), Decimal(10), None, None),
            ("12011", Decimal(70), None, None, None),
            ("12011", None, Decimal(40), Decimal(10), None),
        ]
    )
    (total,) = shown(cells, "kwh").totals
    assert (total.figures.total, total.figures.ratio) == (Decimal(100), Decimal(3))
    assert shown(cells, "share").totals[0].figures.weighted_mean is None


def test_nothing_is_divided_by_zero() -> None:
    cells = cells_of([("12011", Decimal(30), Decimal(0), Decimal(10), Decimal(0))])
    (total,) = shown(cells, "kwh").totals
    assert total.figures.ratio is None
    told = shown(cells, "kwh").to_json()["totals"][0]
    assert told["ratio"] is None
    assert "weighted_mean" not in told
    assert shown(cells, "share").to_json()["rows"][0]["weighted_mean"] is None


amounts = st.none() | st.decimals(0, 10**9, places=2)
shares = st.none() | st.decimals(0, 100, places=1)
seats = st.none() | st.integers(0, 100_000).map(Decimal)
some_rows = st.lists(
    st.tuples(st.sampled_from(PLACES), amounts, seats, shares, seats), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(some_rows, st.integers(0, 2**32))
def test_any_way_up_gives_the_same_figure(rows: list[tuple[Any, ...]], seed: int) -> None:
    """As fractions over all rows, whatever publications they came in."""
    parts: list[list[tuple[Any, ...]]] = [[], [], []]
    chance = random.Random(seed)
    for row in rows:
        parts[chance.randrange(3)].append(row)
    together: dict[CellKey, Cell] = {}
    for some in parts:
        for key, cell in cells_of(some).items() if some else ():
            together[key] = cell if key not in together else together[key].merge(cell)
    both = [(Fraction(kwh), Fraction(m2)) for _, kwh, m2, _, _ in rows if None not in (kwh, m2)]
    expected = divided(sum(one for one, _ in both), sum(one for _, one in both))
    totals = shown(together, "kwh").totals
    assert (totals[0].figures.ratio if totals else None) == expected
    both = [
        (Fraction(share) * Fraction(weight), Fraction(weight))
        for *_, share, weight in rows
        if None not in (share, weight)
    ]
    expected = divided(sum(one for one, _ in both), sum(one for _, one in both))
    totals = shown(together, "share").totals
    assert (totals[0].figures.weighted_mean if totals else None) == expected


def divided(above: Fraction | int, below: Fraction | int) -> Decimal | None:
    if not below:
        return None
    steps = round(Fraction(above) / below * 10**QUOTIENT_DIGITS)
    return Decimal(steps) / 10**QUOTIENT_DIGITS


@pytest.mark.parametrize(
    ("above", "below", "expected"), [(1, 3, "0.333333"), (-1, 3, "-0.333333"), (2, -3, "-0.666667")]
)
def test_signs(above: int, below: int, expected: str) -> None:
    pair = (Cell(1, one, one * one, one, one, 0) for one in (above, below))
    assert quotient_of(*pair) == Decimal(expected)


def test_the_sums_travel_in_a_composition() -> None:
    cells = cells_of([("12011", Decimal(30), Decimal(10), Decimal(10), Decimal(5))])
    name = "fr-com-12011/essai"
    frame = build(cells, {name: Input(name, 1, 1, "0" * 64)})
    assert cells_from(frame, VINTAGE) == merge_cells((cells.items(),))
    assert {key.measure for key in cells} == {
        one for measure in SCHEMA.measures for one in measure.counted
    }


# --- documents ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measures", "told"),
    [
        ({"kwh": RATIO | {"aggregates": ["weighted_mean"], "weight": "m2"}}, "fits 64 bits"),
        ({"share": WEIGHTED | {"weight": "m2"}}, "fits 64 bits"),
        ({"m2": RATIO | {"resolution": "1"}}, "column of its numerator"),
    ],
)
def test_figures_that_could_not_be_divided_are_refused(
    measures: dict[str, dict[str, Any]], told: str
) -> None:
    with pytest.raises(SchemaFault, match=told):
        schema_of(**measures)


def test_names_of_sums_are_not_taken_by_columns() -> None:
    renamed = document(kwh=RATIO).replace(b'"seats"', b'"KWH_ratio_den"')
    with pytest.raises(SchemaFault, match="name of a part"):
        parse_schema(renamed)


def test_units() -> None:
    (ratio,) = SCHEMA.measures[0].quotients
    (mean,) = SCHEMA.measures[1].quotients
    assert (ratio.unit, mean.unit) == ("kW.h/m2", "%")
    other = RATIO | {"ratioUnit": None}
    plain = schema_of(kwh={k: v for k, v in other.items() if v is not None})
    assert plain.measures[0].quotients[0].unit == ""
