"""Mapping documents: what they change, and what in them is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from reading_world import REQUIRED, guesses, schema_of, told, values

from schemas.catalogue import bundled
from schemas.reading import ColumnMapping, MappingFault, Reading, parse_mapping, read
from schemas.reading.mapping import MAPPING_MAX_BYTES

SCHEMA = schema_of(
    [
        {"name": "id", "type": "string", "constraints": REQUIRED},
        {"name": "insee", "type": "string", "constraints": REQUIRED | {"pattern": "^[0-9]{5}$"}},
        {"name": "ouvert", "type": "boolean"},
        {"name": "prix", "type": "number"},
        {"name": "genre", "type": "string", "constraints": {"enum": ["a", "b"]}},
        {"name": "courriel", "type": "string"},
    ],
    personal=["courriel"],
)


def document(**members: Any) -> bytes:
    return json.dumps({"version": 1, "schema": "essai", **members}).encode()


def mapped(text: str, filename: str = "f.csv", **members: Any) -> Reading:
    mapping = parse_mapping(document(**members), SCHEMA)
    return read(text.encode(), filename=filename, schema=SCHEMA, mapping=mapping)


def test_labels_constants_and_values() -> None:
    found = mapped(
        "Référence;Ouvert ?;Remarques;Type\na; Fermé ;x;premier\nb;Ouvert;y;b\nc;;z;premier\n",
        columns={"Référence": "id", "Ouvert ?": "ouvert", "Remarques": None, "Type": "genre"},
        constants={"insee": "12011"},
        values={"ouvert": {"Ouvert": "true", "Fermé": "false"}, "genre": {"premier": "a"}},
    )
    assert values(found, "ouvert") == [False, True, None]
    assert values(found, "insee") == ["12011"] * 3
    assert values(found, "genre") == ["a", "b", "a"]
    assert guesses(found) == [
        ("delimiter", None, ";"),
        ("mapped", "Référence", "id"),
        ("mapped", "Ouvert ?", "ouvert"),
        ("left-out", "Remarques", None),
        ("mapped", "Type", "genre"),
        ("constant", "insee", "12011"),
        ("translated", "ouvert", None),
        ("translated", "genre", None),
    ]


def test_the_same_of_json() -> None:
    found = mapped(
        '[{"Réf": "a", "ouvert": "Ouvert", "x": {"a": 1}}, {"Réf": "b", "ouvert": true}]',
        "f.json",
        columns={"Réf": "id", "x": None},
        constants={"insee": "12011"},
        values={"ouvert": {"Ouvert": "true"}},
    )
    assert values(found, "ouvert") == [True, True]
    assert values(found, "insee") == ["12011"] * 2


def test_all_columns_from_constants_and_a_decimal_sign() -> None:
    found = mapped("x\n1\n2\n", columns={"x": None}, constants={"id": "a", "insee": "12011"})
    assert told(found) == [("primary-key", 3, None)]
    comma = mapped('id,insee,prix\na,12011,"1,5"\n', decimal=",")
    assert [str(one) for one in values(comma, "prix")] == ["1.500"]
    plain = read(b'id,insee,prix\na,12011,"1,5"\n', filename="f.csv", schema=SCHEMA)
    assert told(plain) == [("type-error", 2, "prix")]
    point = mapped("id;insee;prix\na;12011;1,5\n", decimal=".")
    assert told(point) == [("type-error", 2, "prix")]


def test_a_mapping_covers_labels_that_differ_by_case() -> None:
    found = mapped("ID,INSEE,OBJET\na,12011,x\n", columns={"Objet": None})
    assert values(found, "id") == ["a"]
    assert ("left-out", "OBJET", None) in guesses(found)


def test_a_mapping_s_likeness_is_less_than_a_column_s_own_name() -> None:
    found = mapped("id,insee,Genre,genre\na,12011,x,b\n", columns={"Genre": None})
    assert values(found, "genre") == ["b"]
    long = "x" * 300
    other = mapped(f"id,insee,{long}y\na,12011,1\n", columns={f"{long}z": None})
    assert [rule for rule, _, _ in told(other)] == ["extra-label"]


def test_nothing_to_translate() -> None:
    assert values(mapped("id,insee,genre\na,12011,b\n", values={"genre": {}}), "genre") == ["b"]
    filled = mapped("id,insee,genre\na,12011,\n", values={"genre": {"": "a"}})
    assert values(filled, "genre") == ["a"]


def test_what_the_mapping_knows_and_the_file_lacks_or_the_other_way_round() -> None:
    found = mapped("id,insee,nouveau\na,12011,x\n", columns={"Objet": None, "Réf.": "genre"})
    assert told(found) == [("extra-label", 1, "nouveau")]
    assert "correspondance" in found.report.faults[0].message("fr")
    assert [one for one in guesses(found) if one[0] == "absent"] == [
        ("absent", "Objet", None),
        ("absent", "Réf.", None),
    ]
    near = mapped("id,insee,genres\na,12011,x\n", columns={}).report.faults[0]
    assert "genre" in near.remedy("en")


def test_the_mapping_s_word_stands_before_a_name() -> None:
    found = mapped("id,insee,genre,Type\na,12011,zzz,b\n", columns={"Type": "genre"})
    assert told(found) == [("extra-label", 1, "genre")]
    swapped = mapped(
        "id,insee,genre,Type\na,12011,zzz,b\n", columns={"Type": "genre", "genre": None}
    )
    assert values(swapped, "genre") == ["b"]


def test_a_constant_for_a_column_that_the_file_has() -> None:
    found = mapped("id,Insee\na,12011\n", constants={"insee": "12012"})
    assert told(found) == [("extra-label", 1, "Insee")]


def test_columns_without_a_name_may_be_left_out() -> None:
    found = mapped("id;insee;;\na;12011;x;\n", columns={"": None})
    assert values(found, "id") == ["a"]
    assert ("unnamed", None, None) in guesses(found)


def test_a_column_left_out_may_stand_twice() -> None:
    assert values(mapped("id,insee,x,x\na,12011,1,2\n", columns={"x": None}), "id") == ["a"]


def test_a_personal_column_is_dropped_under_whatever_label() -> None:
    found = mapped("id,insee,Mél\na,12011,a@b.fr\n", columns={"Mél": "courriel"})
    assert found.rows is not None
    assert "courriel" not in found.rows.columns
    assert ("personal", "courriel", None) in guesses(found)


def test_a_constant_that_breaks_a_rule_is_told_like_any_cell() -> None:
    found = mapped("id\na\n", constants={"insee": "x"})
    assert told(found) == [("constraint-error", 2, "insee")]


def test_a_mapping_is_written_as_it_is_read() -> None:
    whole = document(
        columns={"é": "id", "x": None},
        constants={"insee": "12011"},
        values={"genre": {"A": "a"}},
        sheet="Feuil1",
        decimal=",",
    )
    mapping = parse_mapping(whole, SCHEMA)
    assert parse_mapping(mapping.to_json(), SCHEMA) == mapping
    assert json.loads(mapping.to_json()) == json.loads(whole)
    assert not mapping.empty
    assert ColumnMapping("essai").empty
    assert json.loads(ColumnMapping("essai").to_json()) == {
        "version": 1,
        "schema": "essai",
        "columns": {},
    }


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"", "line 1"),
        (b'{\n  "version": 1,\n}', "line 3"),
        (b"[]", "valid dictionary"),
        (b"\xff\xfe", "not a mapping document"),
        (b'"\\ud800"', "not a mapping document"),
        (b"[" * 100_000, "not"),
        (b'{"version": 1, "version": 1}', "'version' stands twice"),
        (b"{}", "version"),
        (document(version=2), "version"),
        (document(schema="projets"), "projets"),
        (document(schema=1), "schema"),
        (document(colums={}), "colums"),
        (document(columns={"x": "nom"}), "columns.x: essai has no column 'nom'"),
        (document(columns={"x": 1}), "columns.x"),
        (document(columns={"x": "id", "y": "id"}), "'x' and 'y' are both id"),
        (document(columns={" ": "id"}), "blank"),
        (document(columns={"Courriel": "genre"}), "courriel, which is personal"),
        (document(columns={"x": "insee"}, constants={"insee": "1"}), "constants.insee"),
        (document(constants={"nom": "x"}), "constants.nom"),
        (document(constants={"courriel": "x"}), "personal"),
        (document(constants={"prix": "x"}), "constants.prix: 'x' isn't of the column's type"),
        (document(constants={"prix": 1}), "constants.prix"),
        (document(values={"ouvert": {"Oui": "si"}}), "values.ouvert.Oui"),
        (document(values={"nom": {}}), "values.nom"),
        (document(values={"ouvert": {str(n): "true" for n in range(3_000)}}), "values.ouvert"),
        (document(decimal=";"), "decimal"),
        (document(sheet=""), "sheet"),
        (b" " * (MAPPING_MAX_BYTES + 1), "bytes"),
    ],
)
def test_what_is_refused_says_where(text: bytes, where: str) -> None:
    with pytest.raises(MappingFault) as caught:
        parse_mapping(text, SCHEMA)
    assert where in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.code == "mapping"


def test_guesses_are_confirmed_before_they_are_used() -> None:
    text = document(columns={"Types": "genre"}, confirm=["Types"])
    with pytest.raises(MappingFault) as caught:
        parse_mapping(text, SCHEMA)
    assert caught.value.code == "mapping-confirm"
    assert "Types" in str(caught.value)


def test_a_mapping_of_another_schema_is_refused_by_reading_too() -> None:
    with pytest.raises(MappingFault):
        read(b"id\na\n", filename="f.csv", schema=SCHEMA, mapping=ColumnMapping("projets"))


def test_the_documented_example_fits_its_schema() -> None:
    page = Path(__file__).parents[3] / "docs" / "reports.md"
    text = page.read_text("utf-8").partition("```jsonc\n")[2].partition("```")[0]
    schema = bundled().latest(json.loads(text)["schema"])
    assert schema is not None
    assert not parse_mapping(text.encode(), schema).empty
