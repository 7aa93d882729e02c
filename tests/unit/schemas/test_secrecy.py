"""Which rows are below the threshold of their schema."""

import json
from typing import Any

import polars as pl

from schemas.model import DELETED, Schema, parse_schema
from schemas.secrecy import KEYS_SHOWN, Below, below_threshold
from tests.sample_rows import counts, dwellings, dwellings_schema, schema


def protecting(**changes: Any) -> Schema:
    """The schema of dwellings with another `secrecy`; a member that is None is left out."""
    found = json.loads(dwellings_schema().document)
    secrecy = found["maillage"]["secrecy"] | changes
    found["maillage"]["secrecy"] = {name: one for name, one in secrecy.items() if one is not None}
    return parse_schema(json.dumps(found).encode())


def test_a_schema_that_protects_nobody() -> None:
    assert below_threshold(schema("comptage-mobilites"), counts()) is None


def test_the_threshold_itself_is_enough() -> None:
    for households in (11, 12, 5_000):
        frame = dwellings(bourg=40, gare=households)
        assert below_threshold(dwellings_schema(), frame) is None
    for households in (10, 1, 0):
        found = below_threshold(dwellings_schema(), dwellings(bourg=40, gare=households))
        assert found == Below("household", 11, "foyers", 2, 1, ("gare",))


def test_a_row_that_does_not_say_how_many_is_below() -> None:
    found = below_threshold(dwellings_schema(), dwellings(bourg=40, gare=None))
    assert found is not None
    assert found.keys == ("gare",)


def test_without_a_count_every_row_is_of_one() -> None:
    alone = protecting(count=None)
    found = below_threshold(alone, dwellings(bourg=40, gare=900))
    assert found == Below("household", 11, None, 2, 2, ("bourg", "gare"))
    assert below_threshold(alone, dwellings()) is None
    assert below_threshold(protecting(count=None, k=1), dwellings(bourg=1)) is None


def test_of_many_the_first_are_named() -> None:
    found = below_threshold(dwellings_schema(), dwellings(**{f"q{at:02d}": at for at in range(30)}))
    assert found is not None
    assert (found.rows, found.below, len(found.keys)) == (30, 11, KEYS_SHOWN)


def test_what_a_delta_deletes_shows_nothing() -> None:
    gone = dwellings(bourg=40, gare=None).with_columns(
        pl.Series(DELETED, [False, True], dtype=pl.Boolean)
    )
    assert below_threshold(dwellings_schema(), gone) is None
    kept = gone.with_columns(pl.lit(value=None, dtype=pl.Boolean).alias(DELETED))
    assert below_threshold(dwellings_schema(), kept) is not None
