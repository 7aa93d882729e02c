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
from federation.places import VINTAGE, place_of, zone_of, zone_of_place
from schemas.model import Schema


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one publication of a series.

    Attributes:
        order: (epoch, sequence).
        mode: `append` or `withdraw`.
        frame: Rows, or keys.
    """

    order: tuple[int, int]
    mode: str
    frame: pl.DataFrame


@lru_cache(maxsize=65_536)
def part_of(owner: str, dataset: str) -> Part:
    """What the cells of a dataset must know of it."""
    return Part(dataset, place_of(owner) or "", zone_of(owner), VINTAGE)


def replay(schema: Schema, rows: Sequence[Rows]) -> pl.DataFrame:
    """Rows that stand after all publications: upserts by primary key, keys withdrawn."""
    key = list(schema.primary_key)
    table: pl.DataFrame | None = None
    for one in sorted(rows, key=lambda row: row.order):
        if one.mode == "withdraw":
            if table is not None:
                table = table.join(one.frame, on=key, how="anti", maintain_order="left")
            continue
        frame = one.frame
        table = (
            frame if table is None else pl.concat([table.join(frame, on=key, how="anti"), frame])
        )
    return pl.DataFrame(schema=schema.polars_schema()) if table is None else table


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
