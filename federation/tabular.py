"""Rows as analysts read them: with the commune's code and name, and harmless in a spreadsheet."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import polars as pl

from federation.places import place_of
from schemas.model import Schema
from schemas.territory import UnknownTerritoryError, commune
from schemas.territory.ids import is_abroad

CODE: Final = "codgeo"
NAME: Final = "libgeo"
"""Columns as INSEE's own files name them."""

FORMULA: Final = r"^[=+\-@\t\r\n＝＋－＠]"
"""A cell that begins so would run as a formula when a spreadsheet opens the CSV (CWE-1236).

The wide forms are read as the plain ones by spreadsheets in East Asian settings (OWASP).
"""

FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The same, for `str.startswith`."""


@lru_cache(maxsize=65_536)
def name_of_place(place: str) -> str | None:
    """What a commune is called today; None abroad and for a code of none."""
    if is_abroad(place):
        return None
    try:
        return commune(place).name
    except UnknownTerritoryError:
        return None


def with_places(
    schema: Schema,
    owner: str,
    frame: pl.DataFrame,
    *,
    name_of: Callable[[str], str | None] = name_of_place,
) -> pl.DataFrame:
    """Put `codgeo` and `libgeo` before the columns, where a row has a place.

    Args:
        schema: Of the rows: says which column names the place; else it is the owner's.
        owner: Participant id.
        frame: Rows.
        name_of: What a place is called, by COG code or, abroad, participant id.

    Returns:
        The frame as it is where there is no place, or where a column has such a name already.
    """
    if {CODE, NAME} & set(frame.columns):
        return frame
    if schema.place is not None:
        if schema.place not in frame.columns:
            return frame
        places = frame.get_column(schema.place).cast(pl.String)
        names = {one: name_of(one) for one in places.unique().to_list() if one is not None}
        named = places.replace_strict(names, default=None, return_dtype=pl.String)
        return _before(frame, places, named)
    own = place_of(owner)
    if own is None:
        return frame
    code, name = pl.lit(own, pl.String), pl.lit(name_of(own), pl.String)
    return _before(frame, code, name)


def _before(
    frame: pl.DataFrame, codes: pl.Series | pl.Expr, names: pl.Series | pl.Expr
) -> pl.DataFrame:
    named = frame.with_columns(codes.alias(CODE), names.alias(NAME))
    return named.select(CODE, NAME, *frame.columns)


def defused(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts that a spreadsheet would run get an apostrophe in front."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(FORMULA))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )
