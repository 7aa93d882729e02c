"""What stands after a dataset's publications, and the cells that follow from it.

There is no table of rows: whoever needs the rows of a series plays its publications again, in
order, upserts by primary key and withdrawn keys; a receiver that corrects windows, a reader that
exports, and whoever recomputes figures do it alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from federation.cell import Cell, CellKey
from federation.cells import PART, Part, cells_of_batch, roll_up
from federation.composition_claim import WindowKind
from federation.errors import StateError
from federation.places import VINTAGE, place_of, zone_of, zone_of_place
from schemas.model import Schema
from schemas.versions import holds, order, widened


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one publication of a series.

    Attributes:
        order: (epoch, sequence).
        mode: `append` or `withdraw`.
        frame: Rows, or keys.
        schema: Of the rows.
    """

    order: tuple[int, int]
    mode: str
    frame: pl.DataFrame
    schema: Schema


@lru_cache(maxsize=65_536)
def part_of(owner: str, dataset: str) -> Part:
    """What the cells of a dataset must know of it."""
    return Part(dataset, place_of(owner) or "", zone_of(owner), VINTAGE)


Tables = Sequence[tuple[Schema, pl.DataFrame]]
"""Rows of one dataset, each once, by the version of the schema under which they were published."""


def replay(rows: Sequence[Rows]) -> Tables:
    """Rows that stand after all publications: upserts by primary key, keys withdrawn.

    Rows keep the version of the schema under which they were published, one table for each: a row
    of one replaces a row of another, as `schemas.versions.same_series` has it.

    Returns:
        The versions that have rows, the oldest first.
    """
    tables: dict[Schema, pl.DataFrame] = {}
    for one in sorted(rows, key=lambda row: row.order):
        key = list(one.schema.primary_key)
        for schema, table in tables.items():
            tables[schema] = table.join(one.frame, on=key, how="anti", maintain_order="left")
        if one.mode != "withdraw":
            before = tables.get(one.schema)
            tables[one.schema] = one.frame if before is None else pl.concat([before, one.frame])
    found = [(schema, table) for schema, table in tables.items() if table.height]
    return sorted(found, key=lambda pair: (order(pair[0]), pair[0].digest))


def together(dataset: str, tables: Tables) -> tuple[Schema, pl.DataFrame]:
    """Rows of several versions in the form of the newest, sorted by key.

    Args:
        dataset: Its id, for people.
        tables: At least one.

    Raises:
        StateError: `schema-versions`: an older version's rows have no exact form under it.
    """
    newest = tables[-1][0]
    strange = [older.version for older, _ in tables if not holds(newest, older)]
    if strange:
        raise StateError(
            f"rows of {dataset} under version {', '.join(strange)} of {newest.name} have no exact "
            f"form under version {newest.version}",
            code="schema-versions",
            remedy="take them as a bundle, which keeps every publication as it was signed",
        )
    frame = pl.concat([widened(rows, newest) for _, rows in tables])
    return newest, frame.sort(newest.primary_key)


def cells_of_tables(dataset: str, tables: Tables) -> dict[CellKey, Cell]:
    """The cells of one dataset in its own windows, whatever the versions of its rows.

    Raises:
        ExactnessError: A figure passes 128 bits.
    """
    part = part_of(dataset.partition("/")[0], dataset)
    found: dict[CellKey, Cell] = {}
    for schema, table in tables:
        marked = table.with_columns(pl.lit(0, pl.UInt32).alias(PART))
        for key, cell in cells_of_batch(schema, marked, [part]):
            known = found.get(key)
            found[key] = cell if known is None else known.merge(cell)
    return found


def cells_of_table(
    schema: Schema, dataset: str, table: pl.DataFrame, window: WindowKind
) -> dict[CellKey, Cell]:
    """All cells of a dataset's rows as they stand.

    Args:
        schema: Of the rows.
        dataset: Its id.
        table: Each row once, as `replay` or a register's table has it.
        window: Finer windows are rolled up to this one; `none` for registers.

    Raises:
        ExactnessError: A figure passes 128 bits.
        MalformedError: `window-finer`: the schema's own windows are coarser.
    """
    marked = table.with_columns(pl.lit(0, pl.UInt32).alias(PART))
    cells = dict(cells_of_batch(schema, marked, [part_of(dataset.partition("/")[0], dataset)]))
    if window == "none":
        return {key: cell for key, cell in cells.items() if key.window == "none"}
    return roll_up(cells, window, timezone_of=zone_of_place)
