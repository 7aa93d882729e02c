"""Versions of a schema: which changes leave old rows good, and that claims are kept."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schema_documents import SERIES, document, schema_with

from schemas.catalogue import Catalogue, bundled
from schemas.checks import check_rows
from schemas.document import SchemaFault
from schemas.evolution import backward, broken_promise, broken_promises, codes, compare
from schemas.model import Schema
from schemas.reading import read
from schemas.versions import holds, widened

BASE: list[tuple[str, Any]] = [
    (
        "fields",
        [
            *SERIES["fields"],
            {
                "name": "kind",
                "type": "string",
                "constraints": {"enum": ["a", "b"], "minLength": 1, "maxLength": 20},
            },
            {
                "name": "number",
                "type": "integer",
                "constraints": {"minimum": 0, "maximum": 10, "unique": True},
            },
            {"name": "lon", "type": "number", "maillage:resolution": "0.01"},
            {"name": "code", "type": "string", "constraints": {"pattern": "[a-z]+"}},
        ],
    ),
    ("version", "1.0.0"),
]
SECRECY = {"unit": "household", "field": "site", "k": 11, "dominancePercent": 85}


def old(*changes: tuple[str, Any]) -> Schema:
    return schema_with(*deepcopy([*BASE, *changes]))


def new(*changes: tuple[str, Any]) -> Schema:
    return old(("version", "1.1.0"), *changes)


def field(number: int, member: str, value: Any) -> tuple[str, Any]:
    return f"fields.{number}.{member}", value


FIELDS = document(*BASE)["fields"]
MORE = {"name": "more", "type": "string"}
NEEDED = {"name": "needed", "type": "string", "constraints": {"required": True}}
MEASURE = SERIES["maillage"]["measures"]["value"]

GOOD: dict[str, list[tuple[str, Any]]] = {
    "field-added": [("fields", [*FIELDS, MORE])],
    "type-widened": [field(6, "type", "number")],
    "constraint-relaxed": [field(5, "constraints", {"enum": ["a", "b", "c"]})],
    "constraint-relaxed ": [field(6, "constraints", {"minimum": -1, "maximum": 11})],
    "constraint-relaxed  ": [field(8, "constraints", {})],
    "resolution-finer": [("maillage.measures.value.resolution", "0.001")],
    "resolution-finer ": [field(7, "maillage:resolution", "0.0001")],
    "measure-added": [("maillage.measures.number", MEASURE | {"resolution": "1"})],
    "aggregates-added": [("maillage.measures.value.aggregates", ["sum", "mean"])],
    "sharing-narrower": [("maillage.sharing", {"default": "federation"})],
    "words-changed": [("maillage.labels", {"fr": "Autre nom"})],
    "words-changed ": [("maillage.competence", ["epci"])],
}
BAD: dict[str, list[tuple[str, Any]]] = {
    "field-required-added": [("fields", [*FIELDS, NEEDED])],
    "field-removed": [("fields", FIELDS[:-1])],
    "field-removed ": [("fields", [*FIELDS[:-1], FIELDS[-1] | {"name": "renamed"}])],
    "type-changed": [field(5, "type", "geopoint"), field(5, "constraints", {})],
    "type-changed ": [field(3, "type", "integer"), ("maillage.measures.value.resolution", "1")],
    "format-changed": [field(8, "format", "email")],
    "constraint-tightened": [field(5, "constraints", {"enum": ["a"]})],
    "constraint-tightened ": [field(6, "constraints", {"minimum": 1, "maximum": 10})],
    "constraint-tightened  ": [field(3, "constraints", {"required": True})],
    "constraint-tightened   ": [field(8, "constraints", {"pattern": "[a-z]*"})],
    "constraint-tightened    ": [field(8, "constraints", {"pattern": "[a-z]+", "maxLength": 3})],
    "resolution-coarser": [("maillage.measures.value.resolution", "0.1")],
    "identity-changed": [("maillage.baseWindow", "day")],
    "identity-changed ": [("maillage.timeEnd", ...)],
    "identity-changed  ": [("primaryKey", ["start"])],
    "missing-values-changed": [("missingValues", ["", "NA"])],
    "measure-removed": [("maillage.measures", {})],
    "unit-changed": [("maillage.measures.value.unit", "L")],
    "aggregates-removed": [("maillage.measures.value.aggregates", ["mean"])],
    "personal-added": [("maillage.personal", ["secret", "code"])],
    "personal-removed": [("maillage.personal", [])],
    "secrecy-changed": [("maillage.secrecy", SECRECY)],
    "terms-changed": [("maillage.licence", "ODbL-1.0")],
}


@pytest.mark.parametrize("code", GOOD)
def test_what_leaves_old_rows_good(code: str) -> None:
    changes = compare(old(), new(*GOOD[code]))
    assert code.strip() in {one.code for one in changes}
    assert backward(changes), [one.text("en") for one in changes]
    assert holds(new(*GOOD[code]), old())


@pytest.mark.parametrize("code", BAD)
def test_what_does_not(code: str) -> None:
    changes = compare(old(), new(*BAD[code]))
    assert code.strip() in {one.code for one in changes if not one.backward}
    claimed = new(*BAD[code], ("maillage.compatible", "backward"))
    assert broken_promise(old(), claimed)


def test_a_wider_sharing_shows_more_than_was_agreed() -> None:
    (change,) = compare(old(("maillage.sharing", {"default": "federation"})), new())
    assert (change.code, change.backward) == ("sharing-wider", False)


def test_a_divided_figure_keeps_its_formula() -> None:
    ratio = MEASURE | {"aggregates": ["ratio"], "numerator": "value", "denominator": "number"}
    before = old(("maillage.measures.value", ratio))
    after = new(("maillage.measures.value", ratio | {"denominator": "lon"}))
    assert [one.code for one in compare(before, after)] == ["formula-changed"]


def test_each_kind_of_change_has_a_case_and_sentences() -> None:
    tried = {code.strip() for code in (*GOOD, *BAD)} | {"sharing-wider", "formula-changed"}
    assert tried == codes()
    for changes in (*GOOD.values(), *BAD.values()):
        for change in compare(old(), new(*changes)):
            assert change.text("fr") != change.text("en") or change.code in (
                "identity-changed",
                "terms-changed",
            )
            assert "{" not in change.text("fr") + change.text("en")


def test_two_schemas_are_not_two_versions() -> None:
    with pytest.raises(SchemaFault, match="two schemas"):
        compare(old(), new(("name", "autre")))


def test_the_same_document_has_no_changes() -> None:
    assert compare(old(), old()) == ()


# --- claims ------------------------------------------------------------------------------------


def test_the_catalogue_keeps_what_it_claims() -> None:
    assert broken_promises(bundled()) == {}


def test_a_version_says_what_it_is() -> None:
    silent = new(("fields", [*FIELDS, MORE]))
    found = broken_promises(Catalogue([old(), silent]))
    assert list(found) == ["essai 1.1.0"]
    assert "must say" in found["essai 1.1.0"][0]
    kept = new(("fields", [*FIELDS, MORE]), ("maillage.compatible", "backward"))
    assert broken_promises(Catalogue([kept, old()])) == {}
    honest = new(*BAD["unit-changed"], ("maillage.compatible", "none"))
    assert broken_promises(Catalogue([honest, old()])) == {}


ALL = [*GOOD.values(), *BAD.values()]
CSV = """site,start,end,value,kind,number,lon,code
S1,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,1.25,a,0,2.79,abc
S1,2026-03-02T00:00:00Z,,,b,10,,zz
S2,2026-03-01T00:00:00Z,2026-03-01T00:15:00Z,-3.5,,,-1.5,
"""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ALL), min_size=1, max_size=3))
def test_a_kept_promise_keeps_rows(several: list[list[tuple[str, Any]]]) -> None:
    """What is called backward holds old rows, which are valid under the new version."""
    changes = [change for some in several for change in some]
    try:
        after = new(*changes)
    except (SchemaFault, LookupError, TypeError, KeyError):
        return  # these changes don't go together
    if not backward(compare(old(), after)):
        return
    assert holds(after, old())
    rows = read(CSV.encode(), filename="essai.csv", schema=old()).rows
    assert rows is not None
    report = check_rows(after, widened(rows, after))
    assert report.valid, report.text("en")
