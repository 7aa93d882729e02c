"""A dataset's rows as they stand, piece by piece: in order, in bounded memory, from any row on.

Series are ordered by time, then key; registers by key. A series is replayed a stretch of time at a
time, from the publications whose periods meet it; a register is one table, which a publication
bounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from federation.errors import MalformedError, StateError, UnknownError
from node.datasets import Dataset
from node.knowledge import Knowledge
from node.receive.contents import Contents
from node.store.rows import Span
from node.store.store import Store
from schemas.instants import instant, instants
from schemas.model import Schema
from schemas.versions import holds, order, widened

STRETCH_BYTES: Final = 32 * 1024 * 1024
"""Decompressed contents replayed together. More only where a single moment has more."""

PIECE_ROWS: Final = 10_000
"""Rows of one piece."""

_READ_AT_ONCE: Final = 500
_ALWAYS: Final = 2**62

Place = tuple[Any, ...]
"""A row's place in the order: its values in `order_of`, as text, whole numbers or booleans."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows.

    Attributes:
        since_us: Rows of this instant or later; None for all. Series only.
        until_us: Rows before this instant; None for all. Series only.
        after: Rows behind this place; None for all.
    """

    since_us: int | None = None
    until_us: int | None = None
    after: Place | None = None


def order_of(schema: Schema) -> tuple[str, ...]:
    """The columns that rows are ordered by: time first, then the rest of the key."""
    time = () if schema.time is None else (schema.time,)
    return (*time, *(name for name in schema.primary_key if name not in time))


def schema_of(store: Store, knowledge: Knowledge, dataset: Dataset) -> Schema:
    """The schema of a dataset's rows: the newest version where there are several.

    Raises:
        UnknownError: `schema`: it isn't known here.
        StateError: `schema-versions`: rows of an older version have no exact form under it.
    """
    if dataset.schema is None:
        raise UnknownError(
            f"the schema {dataset.head.schema_digest} of {dataset.id} isn't known here",
            code="schema",
            remedy="it is fetched from the hub; ask again later",
        )
    spans = _standing(store.publications.spans(dataset.id))
    if dataset.schema.kind == "register":
        spans = [one for one in spans if one.mode == "snapshot"][-1:]
    found = {knowledge.schema(one.schema_digest) for one in spans if one.mode != "withdraw"}
    known = sorted((one for one in found if one is not None), key=order)
    if not known:
        return dataset.schema
    strange = [one.version for one in known if not holds(known[-1], one)]
    if strange:
        raise StateError(
            f"rows of {dataset.id} under version {', '.join(strange)} have no exact form under "
            f"version {known[-1].version}",
            code="schema-versions",
            remedy="take them as a bundle, which keeps every publication as it was signed",
        )
    return known[-1]


def pieces(
    store: Store, knowledge: Knowledge, dataset: Dataset, schema: Schema, wanted: Wanted
) -> Iterator[pl.DataFrame]:
    """The rows, in order, at most `PIECE_ROWS` at a time.

    Args:
        store: Holds them.
        knowledge: Has the schemas.
        dataset: Which.
        schema: In whose columns: as `schema_of` says.
        wanted: Which rows.

    Raises:
        MalformedError: `parameter`: times of a register; `position`: a place that is none.
        StoreError: A content is damaged, or was erased meanwhile.
    """
    if schema.time is None and (wanted.since_us, wanted.until_us) != (None, None):
        raise MalformedError(
            f"{dataset.id} is an inventory: its rows have no time",
            code="parameter",
            remedy="leave from and to out",
        )
    columns = list(order_of(schema))
    behind = None if wanted.after is None else _behind(schema, columns, wanted.after)
    contents = Contents(store, knowledge.schema)
    for table in _tables(store, contents, dataset, schema, wanted):
        found = table if behind is None else table.filter(behind)
        found = found.sort(columns)
        for start in range(0, found.height, PIECE_ROWS):
            yield found.slice(start, PIECE_ROWS)


def place_of_last(schema: Schema, frame: pl.DataFrame) -> Place:
    """The place of a frame's last row."""
    last = frame.tail(1).select(order_of(schema))
    return tuple(
        value if isinstance(value, (str, bool, int)) else str(value)
        for value in (column.to_physical().item() for column in _undecimal(last))
    )


def _undecimal(frame: pl.DataFrame) -> list[pl.Series]:
    return [
        column.cast(pl.String) if column.dtype.is_decimal() else column
        for column in frame.get_columns()
    ]


def _behind(schema: Schema, columns: Sequence[str], place: Place) -> pl.Expr:
    """The condition that a row comes later in the order."""
    types = schema.polars_schema()
    if len(place) != len(columns):
        raise _no_place()
    found = pl.lit(value=False)
    for name, value in reversed(list(zip(columns, place, strict=True))):
        try:
            literal = pl.select(_literal(types[name], value)).to_series()
        except (pl.exceptions.PolarsError, ValueError, OverflowError) as error:
            raise _no_place() from error
        if literal.null_count():
            raise _no_place()
        one = pl.lit(literal.item(), dtype=types[name])
        found = (pl.col(name) > one) | ((pl.col(name) == one) & found)
    return found


def _literal(kind: pl.DataType, value: object) -> pl.Expr:
    temporal = kind.is_temporal() or kind.is_integer()
    fits = isinstance(value, bool) if kind == pl.Boolean else not isinstance(value, bool)
    if not fits or isinstance(value, int) != (temporal or kind == pl.Boolean):
        raise _no_place()
    return pl.lit(value).cast(kind, strict=True)


def _no_place() -> MalformedError:
    return MalformedError(
        "the place to go on from isn't one of this dataset",
        code="position",
        remedy="follow the answer's Link, or begin again",
    )


def _tables(
    store: Store, contents: Contents, dataset: Dataset, schema: Schema, wanted: Wanted
) -> Iterator[pl.DataFrame]:
    if schema.time is None:
        table = contents.table(dataset.id)
        if table is not None:
            yield table
        return
    spans = _standing(store.publications.spans(dataset.id))
    low = max([-_ALWAYS if wanted.since_us is None else wanted.since_us, _begin(schema, wanted)])
    high = _ALWAYS if wanted.until_us is None else wanted.until_us
    for start, end in _stretches(spans, low, high):
        yield _replayed(store, contents, schema, _meeting(spans, start, end), (start, end))


def _begin(schema: Schema, wanted: Wanted) -> int:
    """Rows behind a place aren't earlier than it: the time stands first in the order."""
    if wanted.after is None or schema.time is None:
        return -_ALWAYS
    kind = schema.polars_schema()[schema.time]
    behind = pl.DataFrame([pl.Series(schema.time, wanted.after[:1]).cast(kind)])
    return int(instants(schema, behind).item())


def _standing(spans: Sequence[Span]) -> list[Span]:
    """Publications that change rows; what was before the withdrawal of a whole dataset is gone."""
    found: list[Span] = []
    for one in spans:
        if one.mode == "withdraw" and one.content_digest is None:
            found.clear()
        elif one.content_digest is not None:
            found.append(one)
    return found


def _bounds(one: Span) -> tuple[int, int]:
    if one.period_start is None or one.period_end is None:
        return -_ALWAYS, _ALWAYS  # a withdrawal that was signed here says no period
    return one.period_start, one.period_end


def _meeting(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    return [one for one in spans if _bounds(one)[0] < end and _bounds(one)[1] > start]


def _stretches(spans: Sequence[Span], low: int, high: int) -> Iterator[tuple[int, int]]:
    """Stretches of time from low to high, cut where publications begin."""
    starts = sorted(
        (max(_bounds(one)[0], low), one.plain_size)
        for one in spans
        if one.mode != "withdraw" and _bounds(one)[1] > low and _bounds(one)[0] < high
    )
    if not starts:
        return
    begin, size = low, 0
    for start, plain in starts:
        if size and size + plain > STRETCH_BYTES and start > begin:
            yield begin, start
            begin, size = start, 0
        size += plain
    yield begin, high


def _replayed(
    store: Store,
    contents: Contents,
    schema: Schema,
    spans: Sequence[Span],
    stretch: tuple[int, int],
) -> pl.DataFrame:
    """The rows that stand within a stretch."""
    key = list(schema.primary_key)
    assert schema.time is not None
    time = instant(schema)
    within = (time >= stretch[0]) & (time < stretch[1])
    table = pl.DataFrame(schema=schema.polars_schema())
    later: list[pl.DataFrame] = []

    def upserted() -> pl.DataFrame:
        whole = pl.concat([table, *later])
        later.clear()
        return whole.unique(key, keep="last", maintain_order=True)

    for at in range(0, len(spans), _READ_AT_ONCE):
        some = spans[at : at + _READ_AT_ONCE]
        rows = store.publications.get([one.digest for one in some])
        for one in some:
            frame = contents.frame(rows[one.digest])
            if frame is None:
                continue
            if one.mode == "withdraw":
                table = upserted().join(frame, on=key, how="anti", maintain_order="left")
            else:
                later.append(widened(frame, schema).filter(within))
    return upserted()
