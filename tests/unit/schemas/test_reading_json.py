"""JSON rows."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_world import ALL, guesses, of, one, told, values

from schemas.reading import Reading, limits
from schemas.reading.jsontext import JsonError, compact, decode

TEXT = one("string")


def rows(text: str, schema: Any = ALL) -> Reading:
    return of(text, schema, "f.json")


@pytest.mark.parametrize(
    "text",
    [
        '[{"id":"a","x":"b"},{"id":"c","x":null}]',
        ' [ {"id":"a","x":"b"}\n,\n{"id":"c"} ] \n',
        '{"id":"a","x":"b"}\n{"id":"c","x":""}\n\n',
        '\n{"x":"b",\n"id":"a"}\r\n{"id":"c"}',
    ],
)
def test_a_list_or_an_object_per_line(text: str) -> None:
    found = rows(text, TEXT)
    assert values(found, "id") == ["a", "c"]
    assert values(found, "x") == ["b", None]
    assert found.report.rows == 2
    assert found.guessed == ()


def test_numbers_are_exact() -> None:
    found = rows('[{"id": 9223372036854775807, "montant": 123456789012345.678, "annee": 2026}]')
    assert values(found, "id") == [2**63 - 1]
    assert values(found, "montant") == [Decimal("123456789012345.678")]
    assert values(rows('[{"id": 1, "montant": 1.5e3}]'), "montant") == [Decimal("1500.000")]
    assert told(rows('[{"id": 1, "montant": 0.0001}]')) == [("constraint-error", 1, "montant")]
    assert told(rows('[{"id": 1.5}]')) == [("type-error", 1, "id")]


def test_texts_in_place_of_numbers_are_read() -> None:
    found = rows('[{"id": "1", "montant": "2.5", "ouvert": "true", "jour": "2026-01-31"}]')
    assert values(found, "montant") == [Decimal("2.500")]
    assert values(found, "ouvert") == [True]
    # a comma in JSON is nobody's decimal point
    assert told(rows('[{"id": 1, "montant": "2,5"}]')) == [("type-error", 1, "montant")]


@pytest.mark.parametrize(
    ("member", "case"),
    [
        ('"nom": 12011', "bare"),
        ('"nom": true', "string"),
        ('"nom": ["a"]', "nested"),
        ('"nom": {"a": 1}', "nested"),
        ('"montant": true', "number"),
        ('"montant": [1]', "nested"),
        ('"ouvert": 1', "boolean"),
        ('"jour": 2026', "date"),
        ('"themes": {"a": 1}', "array"),
        ('"themes": "a;b"', "array"),
        ('"themes": 1', "array"),
        ('"detail": ["a"]', "object"),
        ('"nom": "\\ud800"', "surrogate"),
        ('"themes": ["\\ud800"]', "surrogate"),
        ('"themes": "[\\"\\\\ud800\\"]"', "array"),
    ],
)
def test_values_of_the_wrong_kind(member: str, case: str) -> None:
    found = rows(f'[{{"id": 1}},\n{{"id": 2, {member}}}]')
    column = member.split('"')[1]
    assert told(found) == [("type-error", 2, column)]
    assert found.report.faults[0].case == case
    assert found.report.faults[0].message() != found.report.faults[0].message("en")


def test_a_code_without_quotes_is_told_to_be_quoted() -> None:
    fault = rows('[{"id": 1, "nom": 12011}]').report.faults[0]
    assert fault.remedy("en") == 'Put it in quotes: "12011".'


def test_lists_and_objects_become_compact_text() -> None:
    found = rows(
        '[{"id": 1, "themes": [ "é", "\\u00e0\\"" ], "detail": { "b" : [ 1.50, true, null, {} ] }},'
        ' {"id": 2, "themes": "[ \\"a b\\" , \\"c\\" ]", "detail": "{ }"}]'
    )
    assert values(found, "themes") == ['["é","à\\""]', '["a b","c"]']
    assert values(found, "detail") == ['{"b":[1.50,true,null,{}]}', "{}"]
    # what may stand in a list is for the checks to say
    assert told(rows('[{"id": 1, "themes": ["a"]},\n{"id": 2, "themes": [1]}]')) == [
        ("type-error", 2, "themes")
    ]


def test_depth_is_bounded() -> None:
    levels = limits.JSON_DEPTH_MAX - 1
    deep = "[" * levels + "]" * levels
    text = f'{{"a":{deep}}}'
    assert values(rows(f'[{{"id": 1, "detail": {text}}}]'), "detail") == [text]
    found = rows(f'[{{"id": 1, "detail": {{"b": {text}}}}}]')
    assert told(found) == [("format-error", 1, "detail")]
    assert told(of(f"id;detail\n1;{{'b':[{text}]}}\n".replace("'", '"'))) == [
        ("type-error", 2, "detail")
    ]
    bomb = "[" * 200_000
    assert told(rows(f'[{{"id": 1, "themes": {bomb}')) == [("format-error", 1, None)]
    assert told(rows(bomb)) == [("format-error", 1, None)]
    assert told(of("id,themes\n1,[" + "[" * 100_000 + "\n")) == [("type-error", 2, "themes")]


@pytest.mark.parametrize(
    ("text", "case", "row"),
    [
        ('[{"id": 1},\n{"id": 2, "id": 3}]', "twice", 2),
        ('[{"id": 1, "detail": {"a": 1, "a": 1}}]', "twice", 1),
        ('[{"id": 1, "montant": NaN}]', "constant", 1),
        ('[{"id": 1, "montant": -Infinity}]', "constant", 1),
        ('[{"id": 1},\n\n{"id": }]', "json", 3),
        ('[{"id": 1}\n{"id": 2}]', "json", 2),
        ('[{"id": 1}', "json", 1),
        ('[{"id": 1},]', "json", 1),
        ('[{"id": 1}] x', "json", 1),
        ('{"id": 1}{"id": 2}', "json", 1),
        ('{"id": 1}\n{"id": 2', "json", 2),
        ('{"id": 1}, {"id": 2}', "json", 1),
        ('[{"id": 1, "nom": "a\tb"}]', "json", 1),
        ("[", "json", 1),
        ("nothing", "json", 1),
    ],
)
def test_what_is_not_json(text: str, case: str, row: int) -> None:
    found = rows(text)
    fault = found.report.faults[0]
    assert (fault.rule, fault.case, fault.row) == ("format-error", case, row)
    assert len(found.report.faults) == 1


def test_what_stands_before_the_break_is_told_too() -> None:
    found = rows('[{"id": 1, "nomm": "a"},\n{"id": 1, "nom": 5},\nx')
    assert told(found) == [
        ("extra-label", 1, "nomm"),
        ("type-error", 2, "nom"),
        ("format-error", 3, None),
    ]


@pytest.mark.parametrize("text", ["[]", " [ ] "])
def test_no_rows(text: str) -> None:
    found = rows(text)
    assert told(found) == [("source-error", None, None)]
    assert found.report.faults[0].case == "rows"


def test_elements_that_are_no_objects() -> None:
    found = rows('[{"id": 1},\n2, "a",\n[{"id": 3}], null]')
    assert told(found) == [("format-error", row, None) for row in (2, 2, 3, 3)]
    assert found.report.rows == 5
    assert "{…}" in found.report.faults[0].remedy("fr")


def test_unknown_and_missing_members() -> None:
    found = rows('[{"id": 1, "Montants": 2},\n{"id": 2, "autre": 1, "Montants": 3}]')
    assert told(found) == [("extra-label", 1, "Montants"), ("extra-label", 2, "autre")]
    assert "montant" in found.report.faults[0].remedy("en")
    assert told(rows('[{"nom": "a"}, {"nom": "b"}]')) == [("missing-label", None, "id")]
    assert told(rows('[{"id": 1}, {"nom": "b"}]')) == [("constraint-error", 1, "id")]


def test_personal_members_are_left_out() -> None:
    found = rows('[{"id": 1, "courriel": {"even": ["nested"]}}, {"id": 2, "courriel": "a@b"}]')
    assert values(found, "id") == [1, 2]
    assert guesses(found) == [("personal", "courriel", None)]


def test_lines_are_those_of_the_file() -> None:
    text = '[\n  {\n    "id": 1,\n    "nom": "a"\n  },\n  {\n    "id": "x"\n  }\n]'
    assert told(rows(text)) == [("type-error", 6, "id")]
    double = '{"id": 1}\n\n{"id": 2}\n{"id": 1}\n'
    found = rows(double)
    assert told(found) == [("primary-key", 4, None)]
    assert dict(found.report.faults[0].params)["first"] == "1"


def test_all_faults_of_a_row_are_told() -> None:
    found = rows('[{"id": "a", "nom": 5, "annee": 26}]')
    assert told(found) == [
        ("type-error", 1, "nom"),
        ("type-error", 1, "id"),
        ("type-error", 1, "annee"),
    ]


def test_long_texts_are_refused() -> None:
    long = "a" * (limits.CELL_MAX_CHARS + 1)
    assert told(rows(f'[{{"id": 1, "nom": "{long}"}}]')) == [("limit-error", 1, "nom")]
    assert told(rows(f'[{{"id": 1, "themes": ["{long}"]}}]')) == [("limit-error", 1, "themes")]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('abé"\\'), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(json_values)
def test_compact_is_json_with_the_same_meaning(value: Any) -> None:
    text = compact(decode(json.dumps(value)))
    assert json.loads(text) == value
    assert text == json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@given(st.text('[]{}",:0123.eE+-ntf \n\\u'))
def test_decode_takes_nothing_that_json_refuses(text: str) -> None:
    try:
        decode(text)
    except JsonError:
        return
    json.loads(text)
