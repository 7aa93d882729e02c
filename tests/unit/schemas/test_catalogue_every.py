"""What holds of every schema of the catalogue: three tests a schema, and what none may lack.

The rows are made of each document's own examples: the minimal one of the columns that are
required, the full one of all of them.
"""

import csv
import io
from typing import get_args

import pytest

from schemas.catalogue import bundled
from schemas.document import Lang
from schemas.model import Schema
from schemas.reading import Reading, read

NAMES = bundled().names()
LANGUAGES = set(get_args(Lang))


def latest(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def taken(schema: Schema, row: dict[str, str]) -> Reading:
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    return read(text.getvalue().encode(), filename=f"{schema.name}.csv", schema=schema)


def full_row(schema: Schema) -> dict[str, str]:
    return {field.name: str(field.example) for field in schema.fields}


def minimal_row(schema: Schema) -> dict[str, str]:
    whole = full_row(schema)
    return {field.name: whole[field.name] for field in schema.fields if field.constraints.required}


@pytest.mark.parametrize("name", NAMES)
def test_a_minimal_row_is_taken(name: str) -> None:
    schema = latest(name)
    found = taken(schema, minimal_row(schema))
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    assert found.rows.height == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_full_row_is_taken_and_nothing_personal_is_left_in_it(name: str) -> None:
    schema = latest(name)
    found = taken(schema, full_row(schema))
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    assert not schema.personal & set(found.rows.columns)
    empty = [column for column in found.rows.columns if found.rows[column].null_count()]
    assert not empty, "an example that is an empty text shows nothing"


@pytest.mark.parametrize("name", NAMES)
def test_a_row_without_its_key_is_told_so(name: str) -> None:
    schema = latest(name)
    for column in schema.primary_key:
        without = {key: value for key, value in full_row(schema).items() if key != column}
        report = taken(schema, without).report
        assert ("missing-label", column) in {(one.rule, one.column) for one in report.faults}
        report = taken(schema, full_row(schema) | {column: ""}).report
        assert "constraint-error" in {one.rule for one in report.faults if one.column == column}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_unsaid(name: str) -> None:
    schema = latest(name)
    block = schema.block
    assert set(schema.labels) == LANGUAGES
    assert schema.parsed.description
    assert block.sharing.reason
    assert block.themes.eu_theme
    if name == "synthese":
        return  # made by a node, held by nobody
    assert block.themes.commitments or block.themes.domains
    assert block.obligation.level == "none" or block.obligation.source
    assert block.processing is not None
    assert set(block.processing.purpose) == LANGUAGES
    about_people = bool(schema.personal) or (
        block.secrecy is not None and block.secrecy.unit == "household"
    )
    if about_people:
        assert set(block.processing.subjects) == LANGUAGES
    for measure in block.measures.values():
        assert set(measure.labels) == LANGUAGES
    for field in schema.fields:
        assert field.description or field.title, field.name


DOMAINS = frozenset({"traffic", "air", "waste", "safety", "energy", "utilities"})
OF_ALL = frozenset({"projets", "synthese"})
"""Projects serve every commitment, compositions none of their own."""


def test_each_commitment_and_domain_has_two_schemas_of_its_own() -> None:
    themes = {name: latest(name).block.themes for name in NAMES if name not in OF_ALL}
    for number in range(1, 11):
        assert sum(number in one.commitments for one in themes.values()) >= 2, number
    for domain in DOMAINS:
        assert sum(domain in one.domains for one in themes.values()) >= 2, domain
