"""Cells in SQL. Their figures are exact whole numbers, and therefore texts."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from federation.cell import Cell, CellKey
from federation.composition_claim import WindowKind
from node.store.bulk import Bulk, Lookup
from node.store.database import Database
from node.store.rows import CellRange
from node.store.tables import CELL

_KEY: Final = ("measure", "window", "start", "place", "dataset", "vintage")
_FIGURES: Final = ("count", "total", "squares", "minimum", "maximum", "scale")
_PUT = Bulk(
    CELL,
    lambda new: new.on_conflict_do_update(
        index_elements=_KEY, set_={name: new.excluded[name] for name in _FIGURES}
    ),
)
_FIND = Lookup([CELL.c[name] for name in _KEY], list(CELL.columns))
_REMOVE = Bulk(
    CELL,
    lambda _: delete(CELL).where(and_(*(CELL.c[name] == bindparam(f"k_{name}") for name in _KEY))),
    [f"k_{name}" for name in _KEY],
)

BATCH_ROWS: Final = 2_000
"""Rows fetched at once while streaming."""

PLACES_SOUGHT: Final = 500
"""Up to so many places are sought one by one at each start; of more, all rows are walked along and
the others passed over: a région of 4,000 communes would cost as many steps down the key a start."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Cells of one measure and window kind that begin in [start, end), of all or some places."""

    measure: str
    window: str
    start: int
    end: int
    places: Sequence[str] | None

    @property
    def where(self) -> ColumnElement[bool]:
        return and_(CELL.c.measure == self.measure, CELL.c.window == self.window)


class Cells:
    """Reading cells; `commit` writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, keys: Sequence[CellKey]) -> dict[CellKey, Cell]:
        """Those of the cells that there are."""
        with self._database.read() as connection:
            return find(connection, keys)

    def where(
        self,
        measure: str,
        window: WindowKind,
        *,
        start: int = 0,
        end: int = 1,
        places: Sequence[str] | None = None,
    ) -> Iterator[tuple[CellKey, Cell]]:
        """Cells of one measure, streamed in order of start, place, dataset, vintage.

        The transaction stays open until the iterator is used up or closed; what is written
        meanwhile isn't seen.

        Args:
            measure: Schema and field, such as `comptage-mobilites.count`.
            window: Kind of window.
            start: First start of a window, in seconds; 0 for `none`.
            end: End of the range of starts, not included; 1 for `none`.
            places: Communes; None for all.
        """
        with self._database.read() as connection:
            span = _Span(measure, window, start, end, places)
            for wanted in _pieces(connection, span):
                streaming = connection.execution_options(yield_per=BATCH_ROWS)
                with streaming.execute(wanted) as found:
                    for rows in found.partitions():
                        yield from map(_cell, rows)

    def starts(self, measure: str, window: WindowKind, start: int, end: int) -> list[int]:
        """The starts in [start, end) of the windows of which there is any cell, ascending."""
        with self._database.read() as connection:
            return _starts(connection, _Span(measure, window, start, end, None))

    def measures(self) -> list[str]:
        """The measures of which there is any cell, ascending."""
        with self._database.read() as connection:
            return _measures(connection)


def find(connection: Connection, keys: Sequence[CellKey]) -> dict[CellKey, Cell]:
    """Those of the cells that there are."""
    return dict(map(_cell, _FIND.run(connection, [_key_values(key) for key in keys])))


def put(connection: Connection, cells: Mapping[CellKey, Cell]) -> None:
    """Store cells in place of those there are."""
    # In the order of the key: neighbours go to the same page of the database.
    _PUT.run(connection, sorted(_values(key, cell) for key, cell in cells.items()))


def merge(connection: Connection, cells: Iterable[tuple[CellKey, Cell]]) -> None:
    """Merge cells with those that there are.

    Raises:
        ExactnessError: A figure passes 128 bits; the transaction must be given up.
    """
    sums: dict[CellKey, Cell] = {}
    for key, cell in cells:
        known = sums.get(key)
        sums[key] = cell if known is None else known.merge(cell)
    for key, stored in find(connection, list(sums)).items():
        sums[key] = stored.merge(sums[key])
    put(connection, sums)


def remove(connection: Connection, wanted: CellRange) -> int:
    """Remove a dataset's cells; answers how many there were."""
    if wanted.measures is None:
        measures: Sequence[str] = _measures(connection)
    else:
        measures = wanted.measures
    keys = []
    for measure in measures:
        span = _Span(measure, wanted.window, wanted.start, wanted.end, wanted.places)
        for piece in _pieces(connection, span):
            own = piece.where(CELL.c.dataset == wanted.dataset).with_only_columns(
                *(CELL.c[name] for name in _KEY)
            )
            keys += [tuple(row) for row in connection.execute(own)]
    _REMOVE.run(connection, keys)
    return len(keys)


def _pieces(connection: Connection, span: _Span) -> Iterator[Select[Any]]:
    """Queries that together answer the cells, in order, each a straight walk along the key.

    For a few places in a long range, walking through all would pass every other commune: each
    start is sought by itself then.
    """
    ordered = select(*CELL.columns).where(span.where).order_by(*(CELL.c[n] for n in _KEY[2:]))
    whole = ordered.where(CELL.c.start >= span.start, CELL.c.start < span.end)
    if span.places is None:
        yield whole
        return
    places = sorted(set(span.places))
    chosen = _among(connection, places)
    if len(places) > PLACES_SOUGHT:
        yield whole.where(chosen)
        return
    for begin in _starts(connection, span):
        yield ordered.where(CELL.c.start == begin, chosen)


def _among(connection: Connection, places: Sequence[str]) -> ColumnElement[bool]:
    """Places as one parameter: a parameter each would cost more than the query."""
    if connection.dialect.name == "postgresql":
        listed = bindparam("places", list(places), type_=ARRAY(Text))
        return CELL.c.place == func.any(listed)
    given = bindparam("places", json.dumps(places), type_=Text)
    return CELL.c.place.in_(select(func.json_each(given).table_valued("value").c.value))


def _starts(connection: Connection, span: _Span) -> list[int]:
    """The distinct starts, each found by one step down the key."""
    least = func.min(CELL.c.start)
    first = select(least.label("start")).where(span.where, CELL.c.start >= span.start)
    walk = first.cte("walk", recursive=True)
    after = select(least).where(span.where, CELL.c.start > walk.c.start).scalar_subquery()
    walk = walk.union_all(select(after).where(walk.c.start < span.end))
    found = connection.execute(select(walk.c.start).where(walk.c.start < span.end))
    return [row[0] for row in found]


def _measures(connection: Connection) -> list[str]:
    """The distinct measures, each found by one step down the key."""
    least = func.min(CELL.c.measure)
    walk = select(least.label("measure")).cte("walk", recursive=True)
    after = select(least).where(CELL.c.measure > walk.c.measure).scalar_subquery()
    walk = walk.union_all(select(after).where(walk.c.measure.is_not(None)))
    found = connection.execute(select(walk.c.measure).where(walk.c.measure.is_not(None)))
    return [row[0] for row in found]


def _key_values(key: CellKey) -> tuple[Any, ...]:
    return (key.measure, key.window, key.start, key.place, key.dataset, key.vintage)


def _values(key: CellKey, cell: Cell) -> tuple[Any, ...]:
    dataset, measure, place, window, start, vintage = key
    low, high = cell.minimum, cell.maximum
    return (
        measure,
        window,
        start,
        place,
        dataset,
        vintage,
        cell.count,
        str(cell.total),
        str(cell.squares),
        None if low is None else str(low),
        None if high is None else str(high),
        cell.scale,
    )


def _cell(row: Sequence[Any]) -> tuple[CellKey, Cell]:
    measure, window, start, place, dataset, vintage, count, total, squares, low, high, scale = row
    return (
        CellKey(dataset, measure, place, window, start, vintage),
        Cell(
            count,
            int(total),
            int(squares),
            None if low is None else int(low),
            None if high is None else int(high),
            scale,
        ),
    )
