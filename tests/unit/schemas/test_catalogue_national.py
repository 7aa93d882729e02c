"""Mobility schemas ask for what the national standards they follow ask for, and take their files.

A column may only be stricter where the key or the place of a row needs it.
"""

import json

import pytest
from reading_world import reference

from schemas.catalogue import bundled
from schemas.reading import read

NATIONAL = {
    "amenagements-cyclables": "etalab__schema-amenagements-cyclables",
    "comptage-canaux": "etalab__schema-comptage-mobilites-channel",
    "comptage-sites": "etalab__schema-comptage-mobilites-site",
    "irve": "etalab__schema-irve-statique",
    "irve-dynamique": "etalab__schema-irve-dynamique",
    "stationnement": "etalab__schema-stationnement",
    "stationnement-cyclable": "etalab__schema-stationnement-cyclable",
}
EXAMPLES = (
    ("comptage-sites", "comptage-mobilites__site_exemple-valide", 1),
    ("comptage-sites", "comptage-mobilites__site_exemple-valide-eco-compteur", 3),
    ("comptage-canaux", "comptage-mobilites__channel_exemple-valide", 1),
    ("comptage-canaux", "comptage-mobilites__channel_exemple-valide-eco-compteur", 10),
    ("stationnement-cyclable", "stationnement-cyclable__exemple-valide", 1),
)


@pytest.mark.parametrize(("name", "national"), NATIONAL.items())
def test_columns_codes_and_duties_are_the_national_ones(name: str, national: str) -> None:
    schema = bundled().latest(name)
    assert schema is not None
    ours = json.loads(schema.document)
    needed = {*ours["primaryKey"], ours["maillage"].get("place")}
    columns = {field["name"]: field for field in ours["fields"]}
    theirs = json.loads(reference(f"fr/{national}.json").read_text(encoding="utf-8"))["fields"]
    for field in theirs:
        bounds = columns[field["name"]].get("constraints", {})
        required = bool(field.get("required")) or field["name"] in needed
        assert bounds.get("required", False) == required, field["name"]
        wanted = field.get("constraints", {}).get("enum", [])
        assert set(bounds.get("enum", [])) == set(wanted), field["name"]


@pytest.mark.parametrize(("name", "file", "rows"), EXAMPLES)
def test_national_example_files_are_taken(name: str, file: str, rows: int) -> None:
    schema = bundled().latest(name)
    assert schema is not None
    path = reference(f"examples/etalab+schema-{file}.csv")
    reading = read(path.read_bytes(), filename=path.name, schema=schema)
    assert reading.report.faults == ()
    assert reading.report.rows == rows
