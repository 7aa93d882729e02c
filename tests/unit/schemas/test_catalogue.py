"""The schemas that come with the program: what they say, and what they take."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest
from schema_documents import schema_with

from schemas.catalogue import FOLDER, Catalogue, bundled
from schemas.checks import check_rows
from schemas.document import Lang
from schemas.model import Schema, parse_schema
from schemas.reading import read

SHARED = Path(__file__).parents[3].parent / "shared"
NAMES = ("comptage-mobilites", "projets", "synthese")
DIGEST = "0" * 64


def latest(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def reference(name: str) -> bytes:
    path = SHARED / "reference" / name
    if not path.exists():
        pytest.skip(f"the reference data {name} is missing")
    return path.read_bytes()


def frame_of(schema: Schema, row: dict[str, Any]) -> pl.DataFrame:
    whole = {field.name: row.get(field.name) for field in schema.wire_fields}
    return pl.DataFrame([whole], schema=schema.polars_schema())


# --- the catalogue -----------------------------------------------------------------------------


def test_names_versions_and_digests_lead_to_schemas() -> None:
    catalogue = bundled()
    assert catalogue.names() == NAMES
    assert bundled() is catalogue
    for schema in catalogue:
        assert catalogue.get(schema.name, schema.version) is schema
        assert catalogue.by_digest(schema.digest) is schema
        path = FOLDER / schema.name / f"{schema.version}.json"
        assert path.read_bytes() == schema.document
    assert catalogue.latest("none") is None
    assert catalogue.get("projets", "9.0.0") is None
    assert catalogue.by_digest(DIGEST) is None


def test_the_latest_is_by_number_not_by_text() -> None:
    old, new = schema_with(("version", "1.9.0")), schema_with(("version", "1.10.0"))
    assert Catalogue([new, old]).latest("essai") is new
    assert Catalogue([old, new]).latest("essai") is new


def test_a_schema_added_leaves_the_catalogue_as_it_was() -> None:
    more = bundled().with_schema(schema_with())
    assert more.latest("essai") == schema_with()
    assert more.names() == ("comptage-mobilites", "essai", "projets", "synthese")
    assert bundled().latest("essai") is None
    assert more.with_schema(schema_with()) is more


def test_a_version_taken_keeps_its_first_document() -> None:
    mine = latest("projets")
    theirs = parse_schema(mine.document + b"\n")
    both = bundled().with_schema(theirs)
    assert both.get("projets", "1.0.0") is mine
    assert both.latest("projets") is mine
    assert both.by_digest(theirs.digest) is theirs


def test_no_member_replaces_what_the_program_has_by_a_higher_number() -> None:
    mine = latest("projets")
    theirs = parse_schema(mine.document.replace(b'"1.0.0"', b'"99.0.0"', 1))
    both = bundled().with_schema(theirs)
    assert both.latest("projets") is mine
    assert both.get("projets", "99.0.0") is theirs


def test_of_a_name_that_was_learned_the_newest_is_the_latest() -> None:
    versions = [schema_with(("version", text)) for text in ("1.2.0", "1.10.0", "1.9.0")]
    catalogue = bundled()
    for schema in versions:
        catalogue = catalogue.with_schema(schema)
    assert catalogue.latest("essai") is versions[1]
    assert len(list(catalogue)) == len(NAMES) + 3


# --- every schema ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_named_in_five_languages(name: str) -> None:
    schema = latest(name)
    languages = set(get_args(Lang))
    assert set(schema.labels) == languages
    for field in schema.fields:
        assert set(field.labels) == languages, field.name
        assert field.labels["fr"] == field.title
    for measure in schema.measures:
        assert set(measure.labels) == languages, measure.name
    assert all(text.strip() for field in schema.fields for text in field.labels.values())


@pytest.mark.parametrize("name", NAMES)
def test_documents_are_written_one_way(name: str) -> None:
    text = latest(name).document.decode()
    assert json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n" == text


@pytest.mark.parametrize(
    ("name", "national", "more"),
    [
        ("comptage-mobilites", "etalab__schema-comptage-mobilites-measure.json", set()),
        ("projets", "betagouv__projets-territoire.json", {"theme_manifeste"}),
    ],
)
def test_fields_are_those_of_the_national_schema(name: str, national: str, more: set[str]) -> None:
    facts = json.loads(reference(f"fr/{national}"))
    schema = latest(name)
    theirs = {field["name"]: field for field in facts["fields"]}
    assert {field.name for field in schema.fields} - more == set(theirs)
    for field in schema.fields:
        if field.name in more:
            continue
        fact = theirs[field.name]
        assert field.type == fact["type"]
        assert field.constraints.required == fact["required"]
        assert field.format == fact.get("format", "default")
        allowed = fact.get("constraints", {}).get("enum")
        assert field.constraints.enum == (None if allowed is None else tuple(allowed))
    standard = schema.block.aligns_with[0]
    assert (standard.standard, standard.version) == (facts["name"], facts["version"])
    assert set(standard.mapping) == set(theirs)


# --- rows: minimal, full, without a required field ---------------------------------------------

START = dt.datetime(2026, 3, 30, 22, tzinfo=dt.UTC)
FULL: dict[str, dict[str, Any]] = {
    "comptage-mobilites": {
        "channel_id": "C-C-01-Baix",
        "counter_id": "C01-Baix",
        "start_datetime": START,
        "end_datetime": START + dt.timedelta(minutes=15),
        "count": Decimal(20),
    },
    "projets": {
        "id": "01890e30-5a80-7c22-9842-8263d0d0d890",
        "createdAt": "2025-04-15T14:30:00.000Z",
        "updatedAt": "2025-04-15T14:30:00+02:00",
        "nom": "Rénovation énergétique",
        "description": "École\nMairie",
        "budgetPrevisionnel": 450_000,
        "dateDebutPrevisionnelle": "2025-03-01",
        "phase": "Étude",
        "phaseStatut": "Bloqué",
        "programme": "CRTE",
        "porteurCodeSiret": "21690123400019",
        "competences": '["90-211","90-212"]',
        "leviers": '["Sobriété des bâtiments (tertiaire)"]',
        "mecId": "MEC-7652",
        "tetId": "12345",
        "recocoId": "REC-789",
        "collectiviteIds": "[]",
        "theme_manifeste": 10,
    },
    "synthese": {
        "measure": "comptage-mobilites.count",
        "dataset": "fr-com-2a004/comptage-mobilites.pont-neuf",
        "place": "2A004",
        "window": "day",
        "window_start": START,
        "count": 96,
        "total": "-12.50",
        "squares": "156.2500",
        "minimum": "-12.50",
        "maximum": "0.00",
        "input_epoch": 1,
        "input_sequence": 12,
        "input_digest": "9f" * 32,
    },
}
REQUIRED = [
    (name, field.name)
    for name in NAMES
    for field in latest(name).wire_fields
    if field.constraints.required
]


@pytest.mark.parametrize("name", NAMES)
def test_a_minimal_row_is_valid(name: str) -> None:
    schema = latest(name)
    needed = {column: FULL[name][column] for schema_, column in REQUIRED if schema_ == name}
    assert len(needed) < len(FULL[name])
    report = check_rows(schema, frame_of(schema, needed))
    assert report.valid, report.text("en")


@pytest.mark.parametrize("name", NAMES)
def test_a_full_row_is_valid(name: str) -> None:
    schema = latest(name)
    assert set(FULL[name]) == {field.name for field in schema.wire_fields}
    report = check_rows(schema, frame_of(schema, FULL[name]))
    assert report.valid, report.text("en")


@pytest.mark.parametrize(("name", "column"), REQUIRED)
def test_a_row_without_a_required_field_is_not(name: str, column: str) -> None:
    schema = latest(name)
    report = check_rows(schema, frame_of(schema, FULL[name] | {column: None}))
    [fault] = report.faults
    assert (fault.rule, fault.case, fault.column, fault.row) == (
        "constraint-error",
        "required",
        column,
        1,
    )


@pytest.mark.parametrize(
    ("name", "column", "value", "rule"),
    [
        ("comptage-mobilites", "count", Decimal(-1), "constraint-error"),
        ("comptage-mobilites", "channel_id", "", "constraint-error"),
        ("comptage-mobilites", "channel_id", "x" * 201, "constraint-error"),
        ("comptage-mobilites", "end_datetime", START, "interval-error"),
        ("projets", "id", "1", "type-error"),
        ("projets", "createdAt", "15/04/2025", "constraint-error"),
        ("projets", "phase", "idée", "constraint-error"),
        ("projets", "phaseStatut", "Fini", "constraint-error"),
        ("projets", "porteurCodeSiret", "2169012340001", "constraint-error"),
        ("projets", "theme_manifeste", 11, "constraint-error"),
        ("projets", "theme_manifeste", 0, "constraint-error"),
        ("projets", "leviers", "Vélo", "type-error"),
        ("projets", "nom", "a\x00b", "text-error"),
        ("projets", "description", "x" * 10_001, "limit-error"),
        ("synthese", "measure", "count", "constraint-error"),
        ("synthese", "dataset", "comptage-mobilites", "constraint-error"),
        ("synthese", "place", "fr-com-12011", "constraint-error"),
        ("synthese", "place", "2C004", "constraint-error"),
        ("synthese", "window", "week", "constraint-error"),
        ("synthese", "count", 0, "constraint-error"),
        ("synthese", "total", "1e3", "constraint-error"),
        ("synthese", "total", "01", "constraint-error"),
        ("synthese", "squares", "-1", "constraint-error"),
        ("synthese", "input_sequence", 0, "constraint-error"),
        ("synthese", "input_digest", "9F" * 32, "constraint-error"),
    ],
)
def test_a_wrong_value_is_found(name: str, column: str, value: Any, rule: str) -> None:
    schema = latest(name)
    report = check_rows(schema, frame_of(schema, FULL[name] | {column: value}))
    assert [(fault.rule, fault.column) for fault in report.faults] == [(rule, column)]


def test_places_abroad_can_stand_in_a_composition() -> None:
    schema = latest("synthese")
    row = FULL["synthese"] | {
        "dataset": "de-lau-08111000/comptage-mobilites",
        "place": "de-lau-08111000",
    }
    assert check_rows(schema, frame_of(schema, row)).valid


# --- what the parts of the program rely on -----------------------------------------------------


def test_counts() -> None:
    schema = latest("comptage-mobilites")
    [count] = schema.measures
    assert (count.name, count.scale, count.unit) == ("comptage-mobilites.count", 0, "{count}")
    assert count.aggregates == ("sum", "mean", "min", "max", "count")
    assert (schema.base_window, schema.cadence, schema.place) == ("hour", "PT15M", None)
    assert schema.competence == ("commune", "epci", "departement")


def test_projects_keep_people_at_home() -> None:
    schema = latest("projets")
    assert schema.personal == {
        f"porteurReferent{what}" for what in ("Email", "Telephone", "Prenom", "Nom", "Fonction")
    }
    assert not schema.personal & set(schema.arrow_schema().names)
    assert [measure.name for measure in schema.measures] == [
        "projets.id",
        "projets.budgetPrevisionnel",
    ]
    assert schema.measures[0].aggregates == ("count",)


def test_compositions_have_no_measures() -> None:
    schema = latest("synthese")
    assert schema.measures == ()
    assert (schema.time, schema.place, schema.base_window) == ("window_start", "place", "day")


@pytest.mark.parametrize(
    ("name", "file", "rows"),
    [
        (
            "projets",
            "betagouv+schema-projet-collectivites-transition-ecologique__projets-territoire_exemple-valide.csv",
            5,
        ),
        (
            "comptage-mobilites",
            "etalab+schema-comptage-mobilites__measure_exemple-valide-eco-compteur.csv",
            3_650,
        ),
    ],
)
def test_the_national_example_is_valid(name: str, file: str, rows: int) -> None:
    found = read(reference(f"examples/{file}"), filename=file, schema=latest(name))
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    assert found.rows.height == rows
    assert check_rows(latest(name), found.rows).valid
