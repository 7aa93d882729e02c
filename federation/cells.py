"""Cells: from rows, brought together, rolled up.

Everything that a territory shows is merged from cells: the exact state of one measure, for one
commune and one local window. Merging is associative and commutative, so that any order and any
path up give the same figures. What is not there has no cell: absent is never zero.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Final, NamedTuple

import polars as pl

from federation.cell import (
    EXACT_LIMIT,
    IDENTITY,
    About,
    Cell,
    CellKey,
    DoubleCountError,
    ExactnessError,
    Sums,
    merged,
)
from federation.composition_claim import WindowKind
from federation.errors import MalformedError
from federation.windows import FINENESS, roll, window_starts
from schemas.instants import instants
from schemas.model import Measure, Schema
from schemas.territory import resolve
from schemas.territory import timezone_of as timezone_of_commune

__all__ = [
    "EXACT_LIMIT",
    "IDENTITY",
    "PART",
    "About",
    "Cell",
    "CellKey",
    "DoubleCountError",
    "ExactnessError",
    "Part",
    "cells_of_batch",
    "in_france",
    "merge_cells",
    "merged",
    "roll_up",
]

PART: Final = "_part"
"""Column of a batch that says which part a row belongs to."""

_START_STRIDE: Final = 2**40  # wider than the starts of all windows
_HALF: Final = 2**31  # a square of a smaller number fits 62 bits
_INT64: Final = 2**63


class Part(NamedTuple):
    """What a batch must know of one publication.

    Attributes:
        dataset: Id of its dataset.
        place: Commune code of its owner; for rows that name none themselves.
        timezone: IANA zone of that place.
        vintage: Year of the territory data.
    """

    dataset: str
    place: str
    timezone: str
    vintage: int


Locate = Callable[[str], tuple[str, str] | None]


def in_france(code: str) -> tuple[str, str] | None:
    """Find the commune of a COG code, as `cells_of_batch` does for rows that name their place.

    Args:
        code: Of a commune, a commune déléguée or associée, an arrondissement municipal, or one
            that a commune bore before; upper case.

    Returns:
        The code of today's commune and its IANA zone; None if the COG doesn't know it.
    """
    commune = resolve(code)
    return None if commune is None else (commune, timezone_of_commune(commune))


def cells_of_batch(
    schema: Schema, frame: pl.DataFrame, parts: Sequence[Part], *, locate: Locate = in_france
) -> list[tuple[CellKey, Cell]]:
    """Make the cells of the rows of many publications of one schema.

    A row belongs to the window in which it begins, in the time zone of its place. Null values are
    not counted; where a measure has no value, it has no cell. Each row must be in the frame once:
    what a later publication corrects is recomputed from contents, not from a batch of both.

    Args:
        schema: Of all rows.
        frame: Checked wire rows, and the column `_part`: an index of `parts`.
        parts: The publications. Those of one dataset share their cells.
        locate: Finds the commune and time zone of a place named in a row. A place that it doesn't
            find keeps its code, and the time zone of its part.

    Returns:
        Each key once, ascending by measure (the sums that measures divide last), then dataset,
        place and start in order of `parts`.

    Raises:
        ExactnessError: A figure passes 128 bits.
        MalformedError: `window-instant`: a row has no time, or one outside the calendar.
    """
    if frame.is_empty():
        return []
    groups, group = _grouped(schema, frame, parts, locate)
    window: WindowKind = schema.base_window or "none"
    start = _starts(schema, frame, window, groups, group)
    packed = group * _START_STRIDE + (start + _START_STRIDE // 2)
    columns = [_column(measure, frame) for measure in schema.measures]
    columns += [
        _Column(part.name, part.values(frame), part.scale, counts_only=False)
        for measure in schema.measures
        for part in measure.parts
    ]
    values = pl.DataFrame([packed.alias("key"), *(column.values for column in columns)])
    states = values.group_by("key").agg(sum_ for column in columns for sum_ in column.sums())
    states = states.sort("key")
    keys = [
        (groups[key // _START_STRIDE], key % _START_STRIDE - _START_STRIDE // 2)
        for key in states["key"].to_list()
    ]
    new_key = tuple.__new__  # what the named tuple's own does, without a Python call for each cell
    return [
        (new_key(CellKey, (at.dataset, name, at.place, window, begin, at.vintage)), cell)
        for column in columns
        for name in (column.values.name,)
        for (at, begin), cell in zip(keys, column.cells(states), strict=True)
        if cell.count
    ]


def merge_cells(sources: Iterable[Iterable[tuple[CellKey, Cell]]]) -> dict[CellKey, Cell]:
    """Bring the cells of several sources together, each held once.

    Args:
        sources: For example those of the EPCI of a département, of its compositions.

    Raises:
        DoubleCountError: Two have the same dataset, measure, place, window and start, of whatever
            vintage.
    """
    found: dict[CellKey, Cell] = {}
    seen: set[About] = set()
    for source in sources:
        for key, cell in source:
            if key.about in seen:
                raise _double(key)
            seen.add(key.about)
            found[key] = cell
    return found


def roll_up(
    cells: Mapping[CellKey, Cell],
    window: WindowKind,
    *,
    timezone_of: Callable[[str], str] = timezone_of_commune,
) -> dict[CellKey, Cell]:
    """Merge the cells of finer windows into those of a coarser kind.

    Args:
        cells: Of windows as fine as `window` or finer; those of `none` stay as they are. Each
            cell held once, as `merge_cells` returns them.
        window: `hour`, `day`, `month` or `year`.
        timezone_of: IANA zone of a place; that of France knows communes of the COG only, and
            raises UnknownTerritoryError for a place abroad.

    Returns:
        Cells of `window` and `none`. One merged from cells of several vintages has the newest.

    Raises:
        DoubleCountError: A window of the result is held as it is and in parts, too.
        ExactnessError: A figure passes 128 bits.
        MalformedError: `window-finer`: a cell's window is coarser than what was asked.
    """
    wanted = FINENESS[window]
    rolled: dict[tuple[str, str, str, int], Sums] = {}
    newest: dict[tuple[str, str, str, int], int] = {}
    kept: dict[CellKey, Cell] = {}
    zones: dict[str, str] = {}
    for key, cell in cells.items():
        dataset, measure, place, kind, start, vintage = key
        if kind in (window, "none"):
            kept[key] = cell
            continue
        if FINENESS[kind] > wanted:
            raise _too_fine(key, window)
        tz = zones.get(place)
        if tz is None:
            tz = zones[place] = timezone_of(place)
        up = dataset, measure, place, roll(start, window, tz)
        sums = rolled.get(up)
        if sums is None:
            sums = rolled[up] = Sums()
            newest[up] = vintage
        elif vintage > newest[up]:
            newest[up] = vintage
        sums.add(cell)
    parts = (
        (CellKey(up[0], up[1], up[2], window, up[3], newest[up]), sums.cell())
        for up, sums in rolled.items()
    )
    return merge_cells((kept.items(), parts))


def _grouped(
    schema: Schema, frame: pl.DataFrame, parts: Sequence[Part], locate: Locate
) -> tuple[list[Part], pl.Series]:
    """Return the distinct (dataset, place, zone, vintage), and for each row the index of its."""
    distinct: dict[Part, int] = {}
    if schema.place is None:
        of_part = [distinct.setdefault(part, len(distinct)) for part in parts]
        group = pl.Series(of_part, dtype=pl.Int64).gather(frame[PART])
        return list(distinct), group
    pairs = frame.select(PART, place=pl.col(schema.place))
    table = pairs.unique()
    index = []
    for at, code in table.iter_rows():
        part = parts[at]
        if code is not None:
            written = code if "-" in code else code.upper()  # places abroad are ids, lower case
            place, timezone = locate(written) or (written, part.timezone)
            part = part._replace(place=place, timezone=timezone)
        index.append(distinct.setdefault(part, len(distinct)))
    table = table.with_columns(pl.Series("group", index, dtype=pl.Int64))
    joined = pairs.join(
        table, on=[PART, "place"], how="left", nulls_equal=True, maintain_order="left"
    )
    return list(distinct), joined["group"]


def _starts(
    schema: Schema, frame: pl.DataFrame, window: WindowKind, groups: list[Part], group: pl.Series
) -> pl.Series:
    """Return for each row the start of its window."""
    if window == "none" or schema.time is None:
        return pl.repeat(0, len(frame), dtype=pl.Int64, eager=True)
    times = instants(schema, frame)
    if times.null_count():
        raise MalformedError(
            f"{schema.time}: {times.null_count()} rows have no time",
            code="window-instant",
            remedy="check the rows before cells are made of them",
        )
    times = times // 1_000_000
    zones = list(dict.fromkeys(item.timezone for item in groups))
    if len(zones) == 1:
        return window_starts(times, window, zones)
    zone = pl.Series([zones.index(item.timezone) for item in groups], dtype=pl.Int64)
    return window_starts(times, window, zones, zone.gather(group))


class _Column:
    """A measure's values in a batch, and how their sums stay exact.

    Each sum is taken in the narrowest integer that provably holds it: polars wraps in silence.
    """

    def __init__(self, name: str, values: pl.Series, scale: int, *, counts_only: bool) -> None:
        self.values = values.alias(name)
        self.scale = scale
        largest = 0 if counts_only else max(_abs(values.min()), _abs(values.max()))
        rows = len(values)
        self.counts_only = counts_only
        self.wide_sum = rows * largest >= _INT64
        self.wide_squares = rows * largest**2 >= _INT64
        self.split = rows * largest**2 >= EXACT_LIMIT
        if largest > _INT64:
            raise ExactnessError(
                f"{name}: the value {largest} at scale {scale} passes 64 bits",
                code="exactness",
                remedy="check the values for a wrong unit",
            )

    def sums(self) -> Iterator[pl.Expr]:
        """Yield what to aggregate."""
        name = self.values.name
        value = pl.col(name)
        yield value.count().alias(f"{name} count")
        if self.counts_only:
            return
        wide = value.cast(pl.Int128)
        yield (wide if self.wide_sum else value).sum().alias(f"{name} total")
        yield value.min().alias(f"{name} min")
        yield value.max().alias(f"{name} max")
        if self.split:
            high, low = wide // _HALF, wide % _HALF
            yield (high * high).sum().alias(f"{name} high")
            yield (high * low).sum().alias(f"{name} mixed")
            yield (low * low).sum().alias(f"{name} low")
        else:
            number = wide if self.wide_squares else value
            yield (number * number).sum().alias(f"{name} squares")

    def cells(self, states: pl.DataFrame) -> Iterator[Cell]:
        """Yield the cell of each row of the aggregate; of count 0 where there are no values."""
        name, scale = self.values.name, self.scale
        counts = states[f"{name} count"].to_list()
        if self.counts_only:
            return (Cell(count, 0, 0, None, None, 0) for count in counts)
        if self.split:
            pieces = (states[f"{name} {piece}"].to_list() for piece in ("high", "mixed", "low"))
            squares = [
                high * _HALF**2 + 2 * mixed * _HALF + low
                for high, mixed, low in zip(*pieces, strict=True)
            ]
        else:
            squares = states[f"{name} squares"].to_list()
        totals, lows, highs = (
            states[f"{name} {figure}"].to_list() for figure in ("total", "min", "max")
        )
        return map(Cell, counts, totals, squares, lows, highs, repeat(scale))


def _column(measure: Measure, frame: pl.DataFrame) -> _Column:
    values = frame[measure.field]
    numeric = values.dtype.is_numeric()
    if not numeric or set(measure.aggregates) <= {"count", "distinct"}:
        return _Column(measure.name, values, 0, counts_only=True)
    scale = values.dtype.scale if isinstance(values.dtype, pl.Decimal) else 0
    return _Column(measure.name, values.to_physical(), scale, counts_only=False)


def _abs(value: object) -> int:
    return abs(value) if isinstance(value, int) else 0


def _too_fine(key: CellKey, window: WindowKind) -> MalformedError:
    return MalformedError(
        f"{key.dataset} {key.measure} for {key.place}: no {window} figures in {key.window} windows",
        code="window-finer",
        remedy=f"ask for windows of a {key.window} or coarser",
    )


def _double(key: CellKey) -> DoubleCountError:
    return DoubleCountError(
        f"{key.dataset} {key.measure} for {key.place}, {key.window} window {key.start}, came twice",
        code="double-count",
        remedy="compose from one source for each dataset: the publications, or one composition",
    )
