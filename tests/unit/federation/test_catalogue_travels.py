"""Every schema of the catalogue on its way: rows of its example signed, verified, made into cells.

What a schema can't do here, no commune could do with it.
"""

import csv
import io

import polars as pl
import pytest

from federation.author import draft_rows
from federation.cells import PART, Part, cells_of_batch
from federation.judge import Candidate, Verified, judge
from federation.manifest import Mode, Sharing
from federation.verify import Opened, open_all
from schemas.catalogue import bundled
from schemas.model import Schema
from schemas.reading import read
from tests.cases.kit import KNOWN, message
from tests.pipeline import arrival_of
from tests.world import ARVIEU, SALT, World, documents, made

NAMES = [
    name
    for name in bundled().names()
    # compositions have rules of their own
    if name != "synthese"
]


def latest(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def example(schema: Schema) -> pl.DataFrame:
    """A row of the document's examples, in Arvieu."""
    row = {field.name: str(field.example) for field in schema.fields}
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    found = read(text.getvalue().encode(), filename="exemple.csv", schema=schema).rows
    assert found is not None
    if schema.place is not None:
        found = found.with_columns(pl.lit("12011").alias(schema.place))
    return found


def protected(schema: Schema) -> bool:
    """Whether no row may go to others: each is of one household, enterprise or meter."""
    return schema.block.secrecy is not None and schema.block.secrecy.count is None


@pytest.mark.parametrize("name", NAMES)
def test_each_measure_of_an_example_gets_its_cell(name: str) -> None:
    schema = latest(name)
    rows = example(schema).with_columns(pl.lit(0, pl.UInt32).alias(PART))
    part = Part(f"{ARVIEU}/{name}", "12011", "Europe/Paris", 2026)
    cells = cells_of_batch(schema, rows, [part])
    counted = {name for one in schema.measures for name in one.counted}
    assert {key.measure for key, _ in cells} == counted
    assert {key.place for key, _ in cells} <= {"12011"}


@pytest.mark.parametrize("name", [name for name in NAMES if not protected(latest(name))])
def test_an_example_is_signed_and_verified(name: str) -> None:
    schema = latest(name)
    found = documents()
    world = World({**{one: found[one] for one in KNOWN}, "schema-x.json": schema.document})
    rows = example(schema)
    mode: Mode = "append" if schema.kind == "series" else "snapshot"
    result = rows if mode == "snapshot" else None
    dataset = f"{ARVIEU}/{name}"
    share = Sharing(level="open")
    draft = draft_rows(schema, dataset, rows, salt=SALT, mode=mode, result=result, sharing=share)
    (opened,) = open_all([arrival_of(message(made(draft)))], world)
    assert isinstance(opened, Opened), opened
    (judged,) = judge([Candidate(opened, draft.blob)], world, lambda _dataset: None)
    assert isinstance(judged, Verified), judged
