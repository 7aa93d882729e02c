"""A view computed again from verified rows, and compared with the one that a node shows.

Nothing of the node's own state is used. What it shows is taken as text and compared figure by
figure; a figure that is shown for a place from which nothing was handed out differs, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import polars as pl

from federation.cell import Cell, CellKey
from federation.compose import view
from federation.composition_claim import WindowKind
from federation.coverage import CoverageInputs, Source, Span
from federation.ids import parse_dataset
from federation.places import covered, zone_of, zone_of_place
from federation.replay import cells_of_table
from federation.views import View
from schemas.instants import instant
from schemas.model import Measure, Schema
from schemas.territory import Territory, UnknownTerritoryError

FIGURES: Final = ("count", "sum", "mean", "min", "max")


class Difference(NamedTuple):
    """A figure that the node shows otherwise than it was computed here.

    Attributes:
        place: Commune code; None for the whole territory.
        window: Label.
        figure: `count`, `sum`, `mean`, `min`, `max`, `ratio` or `weighted_mean`.
        node: As the node shows it; None if it shows none.
        here: As computed here; None if nothing that was handed out leads to one.
    """

    place: str | None
    window: str
    figure: str
    node: str | None
    here: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """How two views relate.

    Attributes:
        figures: How many figures were compared.
        differences: By window, then place; the territory's own first.
    """

    figures: int
    differences: tuple[Difference, ...]


def recomputed(
    ground: Territory,
    measure: str,
    window: WindowKind,
    tables: Mapping[str, tuple[Schema, pl.DataFrame]],
    *,
    now: int,
    span: Span | None,
) -> View:
    """Compute what a territory shows of a measure from rows alone.

    Args:
        ground: The territory.
        measure: Schema and field.
        window: `none` for registers.
        tables: Schema and rows as they stand, by dataset.
        now: Seconds since 1970 UTC.
        span: Only windows that begin in it; None for all.

    Raises:
        ExactnessError: A figure passes 128 bits.
        MalformedError: `window-finer`: the schema's own windows are coarser.
    """
    cells: dict[CellKey, Cell] = {}
    sources = []
    about: Measure | None = None
    for dataset, (schema, table) in tables.items():
        about = next((one for one in schema.measures if one.name == measure), about)
        names = (measure,) if about is None else about.counted
        kind: WindowKind = "none" if schema.base_window is None else window
        found = cells_of_table(schema, dataset, _within(schema, table, span), kind)
        cells |= {key: cell for key, cell in found.items() if key.measure in names}
        owner = parse_dataset(dataset).owner
        sources.append(Source(owner, dataset, zone_of(owner)))
    return view(
        ground,
        measure,
        window,
        cells,
        CoverageInputs(now=now, sources=tuple(sources), span=span),
        aggregates=None if about is None else about.aggregates,
        quotients=() if about is None else about.quotients,
        timezone_of=zone_of_place,
    )


def _within(schema: Schema, table: pl.DataFrame, span: Span | None) -> pl.DataFrame:
    """Rows whose time lies in a span; the windows asked for are whole windows of every zone."""
    if span is None or schema.time is None:
        return table
    seconds = instant(schema) // 1_000_000
    return table.filter((seconds >= span[0]) & (seconds < span[1]))


def compare(
    shown: Mapping[str, Any], here: View, *, without: Iterable[str] = (), whole: bool = True
) -> Compared:
    """Compare a view's JSON with one computed here.

    Args:
        shown: As the node answered: nothing of its form is relied on.
        here: From verified rows.
        without: Commune codes of which not everything could be had: they are left out.
        whole: Compare the figures of the territory, too: everything could be had.
    """
    computed = here.to_json()
    names = (*FIGURES, *here.divided)
    left = frozenset(without)
    pairs: list[tuple[str | None, str, Mapping[str, Any], Mapping[str, Any]]] = []
    if whole:
        theirs, ours = _by_window(shown.get("totals")), _by_window(computed["totals"])
        for label in sorted(theirs.keys() | ours.keys()):
            pairs.append((None, label, theirs.get(label, {}), ours.get(label, {})))
    rows, mine = _by_place(shown.get("rows")), _by_place(computed["rows"])
    for label, place in sorted(rows.keys() | mine.keys()):
        if place not in left:
            at = label, place
            pairs.append((place, label, rows.get(at, {}), mine.get(at, {})))
    found = [
        Difference(place, label, figure, _text(theirs.get(figure)), _text(ours.get(figure)))
        for place, label, theirs, ours in pairs
        for figure in names
        if _text(theirs.get(figure)) != _text(ours.get(figure))
    ]
    return Compared(len(pairs) * len(names), tuple(found))


def places_of(dataset: str) -> frozenset[str]:
    """The places that a dataset can have rows of: all that its owner covers."""
    try:
        return covered(parse_dataset(dataset).owner)
    except UnknownTerritoryError:
        return frozenset()


def entries(found: object) -> Sequence[Mapping[str, Any]]:
    """What a node sent as a list of objects; all else is left out."""
    listed = found if isinstance(found, list | tuple) else ()
    return [one for one in listed if isinstance(one, dict)]


def _by_window(found: object) -> dict[str, Mapping[str, Any]]:
    return {str(one.get("window", "")): one for one in entries(found)}


def _by_place(found: object) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(str(one.get("window", "")), str(one.get("place"))): one for one in entries(found)}


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:200]
