"""Registers as tables: changes between two of them, applying them, and what a step leads to."""

from collections.abc import Sequence

import polars as pl

from federation.verify import Finding, Opened
from schemas.canonical import table_digest
from schemas.checks import PART, check_batch
from schemas.model import DELETED


def apply_delta(before: pl.DataFrame, delta: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The table after a delta.

    Args:
        before: Canonical table, sorted by key.
        delta: The same columns and a last bool `_deleted`; where it is true only the key counts.
        key: Key columns.
    """
    gone = before.join(delta, on=list(key), how="anti", maintain_order="left")
    come = delta.filter(~pl.col(DELETED).fill_null(value=False)).drop(DELETED)
    return pl.concat([gone, come]).sort(key)


def make_delta(before: pl.DataFrame, after: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The smallest delta from one canonical table to another, sorted by key.

    Rows that stay as they are don't appear; an empty frame means that nothing changed.
    """
    # no column of a schema begins with an underscore, so these names are free
    others = [name for name in after.columns if name not in key]
    old = before.rename({name: f"_old_{name}" for name in others})
    marked = old.with_columns(pl.lit(value=True).alias("_before"))
    joined = after.join(marked, on=list(key), how="left", maintain_order="left")
    same = pl.all_horizontal(
        pl.col("_before").fill_null(value=False),
        *(pl.col(name).eq_missing(pl.col(f"_old_{name}")) for name in others),
    )
    upserts = (
        joined.filter(~same).select(after.columns).with_columns(pl.lit(value=False).alias(DELETED))
    )
    gone = before.join(after, on=list(key), how="anti", maintain_order="left").select(
        *(
            pl.col(name) if name in key else pl.lit(None, before.schema[name]).alias(name)
            for name in before.columns
        ),
        pl.lit(value=True).alias(DELETED),
    )
    return pl.concat([upserts, gone]).sort(key)


def next_table(
    opened: Opened, frame: pl.DataFrame | None, before: pl.DataFrame | None
) -> pl.DataFrame | Finding | None:
    """A register's table after a publication, compared with the digest that its owner signed.

    Args:
        opened: The publication.
        frame: Its rows; None without content.
        before: The table before it; None when there is none.

    Returns:
        The table, None when there is none afterwards, or why it is refused: `table-missing`,
        `invalid` or `result`.
    """
    mode, schema = opened.manifest.mode, opened.schema
    if mode == "unchanged":
        return before
    if mode == "withdraw" and (frame is None or before is None):
        return None
    assert frame is not None
    if mode == "snapshot":
        return _as_signed(opened, frame)
    # a table under another version of the schema has other columns: only a snapshot mends that
    if before is None or before.schema != schema.polars_schema():
        return Finding("table-missing")
    if mode == "withdraw":
        return before.join(frame, on=list(schema.primary_key), how="anti", maintain_order="left")
    return _changed(opened, before, frame)


def _changed(opened: Opened, before: pl.DataFrame, delta: pl.DataFrame) -> pl.DataFrame | Finding:
    schema = opened.schema
    after = apply_delta(before, delta, schema.primary_key)
    fault = check_batch(schema, after.with_columns(pl.lit(0, pl.UInt32).alias(PART)), PART).get(0)
    if fault is not None:
        return Finding("invalid", f"after the change: {fault.text('en')}"[:300])
    return _as_signed(opened, after)


def _as_signed(opened: Opened, after: pl.DataFrame) -> pl.DataFrame | Finding:
    digest = table_digest(after, opened.schema.primary_key)
    return after if digest == opened.manifest.result else Finding("result")
