"""Statistical secrecy of single rows: which of them are about too few units to be shown.

A schema with a protected unit (`secrecy`) says how many units a figure must be made of. Rows that
count the units behind them may be shown from that number on; rows of one unit each never. The
other threshold, the share of the largest unit, can't be seen in a row: it counts when figures are
made, not here.
"""

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from schemas.model import DELETED, Schema

Unit = Literal["household", "enterprise", "delivery_point"]

KEYS_SHOWN: Final = 5
"""Rows named in a message to their owner."""


@dataclass(frozen=True, slots=True)
class Below:
    """Rows that are below the threshold of their schema.

    Attributes:
        unit: Who is protected.
        k: Units that a row must be about, at least.
        count: Column that says how many it is about; None: every row is about one.
        rows: Rows looked at.
        below: Rows of them that are about fewer, or don't say how many.
        keys: The first of these, each by its key columns as text. For their owner's eyes: a key may
            name the unit.
    """

    unit: Unit
    k: int
    count: str | None
    rows: int
    below: int
    keys: tuple[str, ...]


def below_threshold(schema: Schema, frame: pl.DataFrame) -> Below | None:
    """Find the rows that may be shown in totals only.

    Args:
        schema: Of the rows.
        frame: The wire's columns; of a delta with `_deleted`, whose deleted rows show nothing.

    Returns:
        None where the schema protects nobody, or every row is about enough units.
    """
    secrecy = schema.block.secrecy
    if secrecy is None:
        return None
    if DELETED in frame.columns:
        frame = frame.filter(~pl.col(DELETED).fill_null(value=False))
    found = frame
    if secrecy.count is not None:
        enough = (pl.col(secrecy.count) >= secrecy.k).fill_null(value=False)
        found = frame.filter(~enough)
    elif secrecy.k == 1:
        return None  # one unit is enough
    if found.is_empty():
        return None
    keys = found.select(schema.primary_key).head(KEYS_SHOWN)
    return Below(
        secrecy.unit,
        secrecy.k,
        secrecy.count,
        frame.height,
        found.height,
        tuple(
            ", ".join("" if one is None else str(one) for one in row) for row in keys.iter_rows()
        ),
    )
