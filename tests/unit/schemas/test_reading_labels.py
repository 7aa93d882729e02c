"""Labels that aren't the columns' names: which are taken, which are told, which are refused."""

import csv
import io
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_world import REQUIRED, guesses, of, schema_of, told, values

from schemas.catalogue import bundled
from schemas.reading import read
from schemas.reading.meanings import FORM_MAX_CHARS, How, Meanings, normal_form

SCHEMA = schema_of(
    [
        {"name": "id", "type": "string", "constraints": REQUIRED},
        {
            "name": "date_maj",
            "type": "date",
            "maillage:synonyms": ["Dernière mise à jour", "Modifié le"],
            "maillage:labels": {"fr": "Date de mise à jour", "de": "Stand vom"},
        },
        {"name": "nb_places", "type": "integer", "maillage:synonyms": ["capacité"]},
        {"name": "nb_pmr", "type": "integer", "maillage:synonyms": ["capacité"]},
        {"name": "numero", "type": "string", "title": "Numéro de série"},
        {"name": "contact", "type": "string", "maillage:labels": {"fr": "Téléphone"}},
    ],
    personal=["contact"],
    alignsWith=[{"standard": "Norme X", "version": "1", "mapping": {"nb_places": "totalSpots"}}],
)


@pytest.mark.parametrize(
    ("label", "form"),
    [
        ("Date MAJ", "datemaj"),
        ("\ufeffdate_maj", "datemaj"),
        ("N°\xa0de série", "ndeserie"),
        ("CO₂ (t)", "co2t"),
        ("Œuvre", "oeuvre"),
        ("Straße", "strasse"),
        ("İ", "i"),
        ("É" * 200, "e" * 200),
        ("a" * 201, ""),
        ("– ? –", ""),
        ("日期", "日期"),
    ],
)
def test_normal_form(label: str, form: str) -> None:
    assert normal_form(label) == form
    if len(label) < FORM_MAX_CHARS:
        assert normal_form(unicodedata.normalize("NFD", label)) == form
    assert normal_form(form) == form


@pytest.mark.parametrize(
    ("label", "column", "how"),
    [
        ("date_maj", "date_maj", How.NAME),
        ("Date MAJ", "date_maj", How.FORM),
        ("DERNIERE MISE A JOUR", "date_maj", How.SYNONYM),
        ("Total spots", "nb_places", How.STANDARD),
        ("date de mise à jour", "date_maj", How.TITLE),
        ("Stand vom", "date_maj", How.TITLE),
        ("numéro de série", "numero", How.TITLE),
        ("Numéro", "numero", How.FORM),
        ("Prix", None, How.UNKNOWN),
    ],
)
def test_what_a_label_stands_for(label: str, column: str | None, how: How) -> None:
    found = Meanings(SCHEMA).of(label)
    assert (found.field, found.how) == (column, how)


def test_what_was_understood_is_said() -> None:
    found = of("ID;Modifié le;Total Spots;Téléphone\na;2026-01-31;12;06 00\n", SCHEMA)
    assert values(found, "nb_places") == [12]
    assert guesses(found)[1:] == [
        ("label", "ID", "id"),
        ("synonym", "Modifié le", "date_maj"),
        ("synonym", "Total Spots", "nb_places"),
        ("synonym", "Téléphone", "contact"),
        ("personal", "contact", None),
    ]
    assert found.rows is not None
    assert "contact" not in found.rows.columns
    assert found.guessed[2].text("fr") == "Colonne « Modifié le » lue comme date_maj (synonyme)."


def test_what_could_be_several_columns_is_a_fault_that_names_them() -> None:
    found = of("id,Capacité\na,1\n", SCHEMA)
    assert told(found) == [("incorrect-label", 1, "Capacité")]
    fault = found.report.faults[0]
    assert "nb_places, nb_pmr" in fault.message("fr")
    assert "nb_places, nb_pmr" in fault.message("en")


def test_two_labels_for_one_column() -> None:
    surer = of("id,Modifié le,Date Maj\na,2026-01-31,2026-01-31\n", SCHEMA)
    assert told(surer) == [("extra-label", 1, "Modifié le")]
    assert "Date Maj" in surer.report.faults[0].message("fr")
    same = of("id,DATE MAJ,Date-Maj\na,2026-01-31,2026-01-31\n", SCHEMA)
    assert told(same) == [("incorrect-label", 1, "Date-Maj")]
    # a list of the schema's and one of a standard's weigh the same
    schema = schema_of(
        [{"name": "id", "type": "string", "constraints": REQUIRED, "maillage:synonyms": ["ref"]}],
        alignsWith=[{"standard": "X", "version": "1", "mapping": {"id": "code"}}],
    )
    assert told(of("code,ref\na,b\n", schema)) == [("incorrect-label", 1, "ref")]


def test_a_name_stands_before_another_column_s_synonym_or_title() -> None:
    schema = schema_of(
        [
            {"name": "id", "type": "string", "constraints": REQUIRED},
            {"name": "nom", "type": "string", "maillage:labels": {"en": "Name"}},
            {"name": "name", "type": "string", "maillage:labels": {"fr": "Nom"}},
        ]
    )
    found = of("id,Nom,Name\na,b,c\n", schema)
    assert values(found, "nom") == ["b"]
    assert values(found, "name") == ["c"]


def test_a_required_column_that_a_label_may_be_isn_t_missing_too() -> None:
    schema = schema_of(
        [
            {"name": name, "type": "string", "constraints": REQUIRED, "maillage:synonyms": ["n"]}
            for name in ("id", "x")
        ]
    )
    assert told(of("N,y\na,b\n", schema)) == [
        ("incorrect-label", 1, "N"),
        ("extra-label", 1, "y"),
    ]


def test_members_of_json_are_understood_object_by_object() -> None:
    text = '[{"Id": "a", "Date MAJ": "2026-01-31"},\n{"id": "b", "date_maj": "2026-02-01"}]'
    found = of(text, SCHEMA, "f.json")
    assert values(found, "id") == ["a", "b"]
    assert [str(day) for day in values(found, "date_maj")] == ["2026-01-31", "2026-02-01"]
    assert guesses(found) == [("label", "Id", "id"), ("label", "Date MAJ", "date_maj")]
    both = of('[{"id": "a"},\n{"id": "b", "ID": "c"},\n{"id": "d", "ID": "e"}]', SCHEMA, "f.json")
    assert told(both) == [("extra-label", 2, "ID")]
    spaced = of('[{"id": "a", "id ": "b"}]', SCHEMA, "f.json")
    assert told(spaced) == [("extra-label", 1, "id ")]


# -- whatever a header is spelled like --------------------------------------------------------

PLACES = bundled().latest("mediation-numerique")
assert PLACES is not None
NAMES = [field.name for field in PLACES.wire_fields]
_spaces = st.sampled_from(["_", " ", "\xa0", "-", ".", "", " - "])
_case = st.sampled_from([str, str.upper, str.title, str.lower, str.capitalize])


def _spelled(name: str, space: str, case: Any, marks: str) -> str:
    accented = name.replace("e", "é" if marks == "é" else "e" + marks)
    return str(case(accented.replace("_", space)))


spellings = st.permutations(NAMES).flatmap(
    lambda order: st.tuples(
        *(
            st.builds(_spelled, st.just(name), _spaces, _case, st.sampled_from(["", "é", "\u0301"]))
            for name in order
        )
    ).map(lambda labels: list(zip(order, labels, strict=True)))
)


@given(spellings, st.sampled_from([",", ";", "\t"]), st.sampled_from(["", "\ufeff"]))
@settings(deadline=None, max_examples=25)
def test_order_case_accents_and_spaces_make_no_difference(
    columns: list[tuple[str, str]], delimiter: str, mark: str
) -> None:
    assert PLACES is not None
    row = {field.name: str(field.example) for field in PLACES.wire_fields}
    for name in ("horaires", "date_maj"):
        row.setdefault(name, "")
    plain = _csv([(name, name) for name in NAMES], row, ",")
    expected = read(plain.encode(), filename="f.csv", schema=PLACES)
    text = mark + _csv(columns, row, delimiter)
    found = read(text.encode(), filename="f.csv", schema=PLACES)
    assert (found.rows is None) == (expected.rows is None)
    assert {(one.rule, one.column) for one in found.report.faults} == {
        (one.rule, one.column) for one in expected.report.faults
    }
    if expected.rows is not None:
        assert found.rows is not None
        assert found.rows.equals(expected.rows)
    assert json.dumps(found.report.to_json("en"))


def _csv(columns: list[tuple[str, str]], row: dict[str, str], delimiter: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([label for _, label in columns])
    writer.writerow([row[name] for name, _ in columns])
    return out.getvalue()


def test_no_schema_of_the_catalogue_has_a_name_that_means_two_columns() -> None:
    for schema in bundled():
        meanings = Meanings(schema)
        for field in schema.fields:
            spelled = field.name.replace("_", " ").upper()
            assert meanings.of(spelled).field == field.name, (schema.name, spelled)
