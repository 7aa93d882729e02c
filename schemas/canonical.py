"""The canonical form of a table and its digest, the same whichever library holds the table.

Rows ascend by key: texts by their UTF-8 bytes, false before true, null before all. Each value is a
netstring without the comma, `<bytes>:<text>`, null is `-`; a row is its values and a line feed, and
the first row is the column names. Texts of values:

- text: itself; whole number: decimal; boolean: `true` or `false`;
- decimal: as many digits after the point as its scale, no point at scale 0, never `-0`;
- date `YYYY-MM-DD`; datetime `YYYY-MM-DDTHH:MM:SS.ffffffZ` in UTC.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

_SLICE_ROWS: Final = 65_536
"""Rows written at once; bounds memory, and changes no digest."""

_DATE: Final = "%Y-%m-%d"
_DATETIME: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"


def table_digest(frame: pl.DataFrame, key: Sequence[str]) -> str:
    """Digest of a table in canonical form.

    Args:
        frame: Columns in the order of the schema: texts, whole numbers, decimals, booleans, dates
            and datetimes in UTC, of the years 1 to 9999. No two rows have the same key.
        key: Key columns, one at least.

    Returns:
        64 hex digits of SHA-256.

    Raises:
        ValueError: A column has another type, or none is the key.
    """
    if not key:
        raise ValueError("a table without a key has no order")
    digest = hashlib.sha256(_header(frame.columns))
    line = pl.concat_str(
        [*(_netstring(name, of) for name, of in frame.schema.items()), pl.lit("\n")]
    )
    ordered = frame.sort(key, nulls_last=False, maintain_order=True)
    for rows in ordered.iter_slices(_SLICE_ROWS):
        digest.update(rows.select(line.str.join("")).item().encode())
    return digest.hexdigest()


def _header(names: Sequence[str]) -> bytes:
    encoded = [name.encode() for name in names]
    return b"".join(b"%d:%s" % (len(name), name) for name in encoded) + b"\n"


def _netstring(name: str, of: Any) -> pl.Expr:
    text = _text(name, of)
    length = text.str.len_bytes().cast(pl.String)
    # concat_str is null where one part is
    return pl.concat_str([length, pl.lit(":"), text]).fill_null("-")


def _text(name: str, of: Any) -> pl.Expr:
    column = pl.col(name)
    if of == pl.String:
        return column
    if of == pl.Boolean or of.is_integer() or of.is_decimal():
        return column.cast(pl.String)
    if of == pl.Date:
        return column.dt.strftime(_DATE)
    if of == pl.Datetime("us", "UTC"):
        return column.dt.strftime(_DATETIME)
    raise ValueError(f"{name}: {of} has no canonical text")
