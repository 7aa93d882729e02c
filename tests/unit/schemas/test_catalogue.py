"""The schemas that come with the program: what they say, and what they take."""

import csv
import datetime as dt
import io
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
NAMES = (
    "comptage-mobilites",
    "covoiturage-lieux",
    "eau-reseau",
    "energie-batiments",
    "jumelages",
    "mediation-numerique",
    "projets",
    "synthese",
)
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
    assert set(NAMES) <= set(catalogue.names())
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
    assert more.names() == tuple(sorted((*bundled().names(), "essai")))
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
    assert len(list(catalogue)) == len(list(bundled())) + 3


# --- every schema ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", bundled().names())
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
        ("covoiturage-lieux", "etalab__schema-lieux-covoiturage.json", set()),
        ("mediation-numerique", "LaMednum__standard-mediation-num.json", set()),
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
        # which commune a row is of is never left open
        assert field.constraints.required == (fact["required"] or field.name == schema.place)
        assert field.format == fact.get("format", "default")
        allowed = fact.get("constraints", {}).get("enum")
        assert field.constraints.enum == (None if allowed is None else tuple(allowed))
        if name in ("covoiturage-lieux", "mediation-numerique"):
            assert field.constraints.pattern == fact.get("constraints", {}).get("pattern")
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
    "covoiturage-lieux": {
        "id_local": "76217-C-001",
        "nom_lieu": "Gare",
        "ad_lieu": "2 Boulevard Georges Clemenceau",
        "com_lieu": "Dieppe",
        "insee": "76217",
        "type": "Parking relais",
        "date_maj": dt.date(2026, 6, 25),
        "ouvert": True,
        "source": "217602176",
        "Xlong": Decimal("1.081183000"),
        "Ylat": Decimal("49.921823000"),
        "nbre_pl": 20,
        "nbre_pmr": 2,
        "duree": 60,
        "horaires": "24/7",
        "proprio": "Ville de Dieppe",
        "lumiere": False,
        "comm": "Correspondance avec la ligne TER",
    },
    "eau-reseau": {
        "secteur_id": "BOURG-1",
        "debut": START,
        "fin": START + dt.timedelta(minutes=15),
        "volume_m3": Decimal("12.345"),
        "debit_m3h": Decimal("49.380"),
        "pression_bar": Decimal("4.200"),
        "debit_nuit_min": Decimal("1.800"),
        "lineaire_km": Decimal("8.350"),
        "alarme_fuite": 1,
    },
    "energie-batiments": {
        "batiment_id": "ECOLE-1",
        "rnb_id": "ABCD1234EFGH",
        "usage": "ecole",
        "surface_m2": Decimal("850.00"),
        "energie": "gaz_pcs",
        "debut": START,
        "fin": START + dt.timedelta(days=1),
        "kwh": Decimal("412.500"),
        "dju": Decimal("16.3"),
    },
    "jumelages": {
        "code_insee": "12011",
        "pays": "XX",
        "lau_partenaire": "0811-A",
        "nom_partenaire": "Musterdorf (simulé)",
        "annee": 1987,
        "statut": "en_sommeil",
        "domaines": "jeunesse|economie",
    },
    "mediation-numerique": {
        "id": "structure-1",
        "pivot": "43493312300029",
        "nom": "Anonymal",
        "commune": "Reims",
        "code_postal": "51100",
        "code_insee": "2A004",
        "adresse": "12 bis rue de Leclercq",
        "complement_adresse": "Le patio",
        "latitude": Decimal("43.526090000"),
        "longitude": Decimal("5.414230000"),
        "typologie": "TIERS_LIEUX|ASSO",
        "site_web": "https://example.org/",
        "horaires": "Mo-Fr 09:00-12:00",
        "presentation_resume": "Formations",
        "presentation_detail": "Formations\nAteliers",
        "source": "Hubik",
        "itinerance": "Fixe",
        "structure_parente": "43493312300029",
        "date_maj": dt.date(2026, 4, 2),
        "services": "Accès internet et matériel informatique|Insertion professionnelle via le "
        "numérique",
        "publics_specifiquement_adresses": "Jeunes|Femmes",
        "prise_en_charge_specifique": "Surdité|Langues étrangères (anglais)",
        "frais_a_charge": "Gratuit sous condition|Payant",
        "dispositif_programmes_nationaux": "Aidants Connect|Relais numérique (Emmaüs Connect)",
        "formations_labels": "Formé à « Mon Espace Santé »|ORDI 3.0",
        "autres_formations_labels": "Label et la bête",
        "modalites_acces": "Se présenter|Prendre un RDV en ligne",
        "modalites_accompagnement": "À distance|En autonomie",
        "fiche_acces_libre": "https://acceslibre.beta.gouv.fr/",
        "prise_rdv": "https://www.rdv-solidarites.fr/",
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
        ("covoiturage-lieux", "insee", "2C004", "constraint-error"),
        ("covoiturage-lieux", "type", "Aire", "constraint-error"),
        ("covoiturage-lieux", "nbre_pl", -1, "constraint-error"),
        ("covoiturage-lieux", "Xlong", Decimal("180.000000001"), "constraint-error"),
        ("eau-reseau", "volume_m3", Decimal("-0.001"), "constraint-error"),
        ("eau-reseau", "alarme_fuite", 2, "constraint-error"),
        ("eau-reseau", "pression_bar", Decimal("40.001"), "constraint-error"),
        ("eau-reseau", "fin", START, "interval-error"),
        ("energie-batiments", "energie", "gaz", "constraint-error"),
        ("energie-batiments", "rnb_id", "abcd1234efgh", "constraint-error"),
        ("energie-batiments", "usage", "piscine olympique", "constraint-error"),
        ("jumelages", "pays", "de", "constraint-error"),
        ("jumelages", "domaines", "jeunesse|", "constraint-error"),
        ("jumelages", "code_insee", "fr-com-12011", "constraint-error"),
        ("mediation-numerique", "code_insee", "1234", "constraint-error"),
        ("mediation-numerique", "services", "Tricot", "constraint-error"),
        ("mediation-numerique", "latitude", Decimal("90.5"), "constraint-error"),
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


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_values_of_their_columns(name: str) -> None:
    """What a document shows as an example is valid under it, as the file of a commune would be."""
    schema = latest(name)
    row = {field.name: str(field.example) for field in schema.fields}
    if name == "energie-batiments":
        row["fin"] = "2026-01-12T23:00:00Z"
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    found = read(text.getvalue().encode(), filename=f"{name}.csv", schema=schema)
    assert found.report.valid, found.report.text("en")


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


def test_people_to_be_called_or_written_to_stay_at_home() -> None:
    schema = latest("mediation-numerique")
    assert schema.personal == {"telephone", "courriels"}
    assert not schema.personal & set(schema.arrow_schema().names)


def test_water_stays_in_the_federation_and_its_figures_are_those_of_the_publisher() -> None:
    schema = latest("eau-reseau")
    assert (schema.base_window, schema.cadence, schema.place) == ("hour", "PT15M", None)
    assert schema.primary_key == ("secteur_id", "debut")
    assert schema.sharing_default == "federation"
    assert "partners" in schema.block.sharing.reason
    units = {measure.field: (measure.unit, measure.scale) for measure in schema.measures}
    assert units == {
        "volume_m3": ("m3", 3),
        "debit_m3h": ("m3/h", 3),
        "pression_bar": ("bar", 3),
        "debit_nuit_min": ("m3/h", 3),
        "alarme_fuite": ("{alarm}", 0),
    }
    # a flow or a pressure of two sectors is no sum
    assert all(
        ("sum" in measure.aggregates) == (measure.field in ("volume_m3", "alarme_fuite"))
        for measure in schema.measures
    )


def test_energy_is_by_the_day_as_finer_curves_say_who_is_in() -> None:
    schema = latest("energie-batiments")
    assert (schema.base_window, schema.cadence, schema.place) == ("day", "P1D", None)
    assert schema.primary_key == ("batiment_id", "energie", "debut")
    assert schema.sharing_default == "open"
    assert [(measure.field, measure.unit) for measure in schema.measures] == [
        ("kwh", "kW.h"),
        ("dju", "K.d"),
    ]


@pytest.mark.parametrize("name", ["covoiturage-lieux", "jumelages", "mediation-numerique"])
def test_registers_say_which_commune_a_row_is_of(name: str) -> None:
    schema = latest(name)
    assert schema.kind == "register"
    assert schema.place is not None
    assert schema.by_name[schema.place].constraints.required
    assert schema.measures[0].aggregates == ("count",)


def test_coordinates_keep_the_digits_of_a_receiver() -> None:
    for name, column in (("covoiturage-lieux", "Xlong"), ("mediation-numerique", "latitude")):
        assert latest(name).scale(column) == 9


def test_the_national_example_of_carpooling_has_an_old_column_and_is_told_so() -> None:
    """The example of version 0.3.0 calls the key `id_lieu`, which 0.3.1 calls `id_local`."""
    file = "etalab+schema-lieux-covoiturage__exemple-valide.csv"
    schema = latest("covoiturage-lieux")
    data = reference(f"examples/{file}")
    found = read(data, filename=file, schema=schema)
    assert found.rows is None
    assert {(fault.rule, fault.column) for fault in found.report.faults} == {
        ("extra-label", "id_lieu"),
        ("missing-label", "id_local"),
    }
    mended = read(data.replace(b"id_lieu", b"id_local", 1), filename=file, schema=schema)
    assert mended.report.valid, mended.report.text("en")
    assert mended.rows is not None
    assert mended.rows["id_local"].to_list() == ["76217-C-001"]


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
