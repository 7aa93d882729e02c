"""Datasets as a node lists them, as a frame."""

from collections.abc import Container, Iterable
from typing import Any, Final

import polars as pl

from federation.client.entries import Listed
from federation.ids import parse_dataset

_KINDS: Final[dict[str, Any]] = {
    "dataset": pl.String(),
    "owner": pl.String(),
    "name": pl.String(),
    "schema": pl.String(),
    "version": pl.String(),
    "kind": pl.String(),
    "label": pl.String(),
    "sharing": pl.String(),
    "licence": pl.String(),
    "origin": pl.String(),
    "custodian": pl.String(),
    "accepted": pl.Int64(),
    "refused": pl.Int64(),
    "period_end": pl.String(),
    "updated": pl.String(),
    "trusted": pl.Boolean(),
}


def frame_of(listed: Iterable[Listed], trusted: Container[str]) -> pl.DataFrame:
    """The node's list, and of each owner whether it is believed here.

    Args:
        listed: As the node says.
        trusted: Participants that are believed.
    """
    rows = [
        (
            one.id,
            parse_dataset(one.id).owner,
            one.owner_name,
            one.schema_name,
            one.schema_version,
            one.kind,
            one.labels.get("fr") or one.schema_name,
            one.sharing,
            one.licence,
            one.origin,
            one.custodian,
            one.accepted,
            one.refused,
            one.period_end,
            one.updated,
            parse_dataset(one.id).owner in trusted,
        )
        for one in listed
    ]
    frame = pl.DataFrame(rows, schema=_KINDS, orient="row")
    return frame.with_columns(_instant("period_end"), _instant("updated"))


def _instant(name: str) -> pl.Expr:
    """The node's instants as instants; what is none becomes null."""
    return pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False, time_zone="UTC")
