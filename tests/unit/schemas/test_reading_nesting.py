"""JSON that nests: wrappers around rows, objects inside rows, lists of objects as text."""

import json
from typing import Any

import pytest
from reading_world import ALL, REQUIRED, guesses, of, schema_of, told, values

from schemas.catalogue import bundled
from schemas.model import Schema
from schemas.reading import Reading, limits, read
from schemas.reading.mapping import ColumnMapping
from schemas.reading.notes import Note

BUYERS = schema_of(
    [
        {"name": "id", "type": "string", "constraints": REQUIRED},
        {"name": "acheteur_id", "type": "string"},
        {"name": "lieu", "type": "string", "maillage:synonyms": ["execution.lieu.code"]},
        {"name": "titulaires", "type": "string"},
        {"name": "detail", "type": "object"},
        {"name": "drapeau", "type": "integer", "constraints": {"enum": [0, 1]}},
    ]
)
ROW = '{"id": "a"}'


def rows(text: str, schema: Schema = BUYERS) -> Reading:
    return of(text, schema, "f.json")


def codes(found: Reading) -> list[tuple[str, str | None]]:
    return [(note.code, note.value) for note in found.guessed]


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (f'{{"marches": [{ROW}]}}', [("wrapper", "marches")]),
        (f' {{ "marches" : {{ "marche" : [ {ROW} ] }} }} \n', [("wrapper", "marches.marche")]),
        (
            f'{{"a": null, "b": [], "c": {{}}, "d": {{"e": [{ROW}], "f": {{}}}}}}',
            [("wrapper", "d.e")],
        ),
        (
            f'{{"total": 1, "b": [1], "d": {{"e": [{ROW}], "f": {{"g": {{"h": 1}}}}}}, "z": ""}}',
            [("wrapper", "d.e"), ("wrapper-unread", "total, b, d.f, z")],
        ),
        (
            json.dumps({f"m{n}": n for n in range(9)} | {"x": [{"id": "a"}]}),
            [("wrapper", "x"), ("wrapper-unread", "m0, m1, m2, m3, m4, m5, m6, …")],
        ),
    ],
)
def test_the_one_list_in_a_wrapper_has_the_rows(text: str, notes: list[tuple[str, str]]) -> None:
    found = rows(text)
    assert values(found, "id") == ["a"]
    assert codes(found) == notes


@pytest.mark.parametrize(
    "text",
    [
        f'{{"a": [{ROW}], "b": [{ROW}]}}',
        f'{{"a": {{"b": [{ROW}], "c": [{ROW}]}}}}',
        f'{{"a": {{"b": {{"c": [{ROW}]}}}}}}',
        '{"a": []}',
        '{"a": [1]}',
        "{}",
        f'{{"crs": {{"type": "name"}}, "a": [{ROW}]}}',
        f'{{"lieu": null, "a": [{ROW}]}}',
        f'{{"acheteur": {{"id": "b"}}, "a": [{ROW}]}}',
        f'{{"a": [{ROW}]}}\n{{"a": [{ROW}]}}',
        json.dumps({f"m{n}": n for n in range(limits.COLUMNS_MAX)} | {"x": [{"id": "a"}]}),
    ],
)
def test_anything_else_is_a_row(text: str) -> None:
    found = rows(text)
    assert found.rows is None
    assert {rule for rule, _, _ in told(found)} <= {"extra-label", "missing-label", "limit-error"}
    assert "wrapper" not in [note.code for note in found.guessed]


@pytest.mark.parametrize(
    ("text", "case", "row"),
    [
        (f'{{"a": [\n{ROW},\n]}}', "json", 3),
        (f'{{"a": [\n{ROW}\n}}', "json", 3),
        (f'{{"a": [{ROW}],\n}}', "json", 2),
        (f'{{"a": [{ROW}]}} x', "json", 1),
        (f'{{"a": [{ROW}], "a": 1}}', "twice", 1),
        ('{"a": [{"id": NaN}]}', "constant", 1),
        ('{"a": [{"id": ' + "[" * 200_000, "depth", 1),
        ('{"a": ' * 200_000, "depth", 1),
        ("{1: 2}", "json", 1),
    ],
)
def test_a_broken_wrapper_is_told_where_it_breaks(text: str, case: str, row: int) -> None:
    faults = [one for one in rows(text).report.faults if one.rule == "format-error"]
    assert [(one.case, one.row) for one in faults] == [(case, row)]


def test_lines_in_a_wrapper_are_those_of_the_file() -> None:
    found = rows('{\n"marches": {\n"marche": [\n{"id": "a"},\n{"id": 5},\n7\n]}}')
    assert told(found) == [("type-error", 5, "id"), ("format-error", 6, None)]


def test_objects_in_rows_are_columns_by_their_path() -> None:
    found = rows(
        '[{"id": "a", "acheteur": {"id": "1"}, "execution": {"lieu": {"code": "2"}}},'
        ' {"id": "b", "acheteur": null, "execution": {"lieu": {}}, "detail": {"id": 1}},'
        ' {"id": "c", "acheteur": {"id": null}}]'
    )
    assert values(found, "acheteur_id") == ["1", None, None]
    assert values(found, "lieu") == ["2", None, None]
    assert values(found, "detail") == [None, '{"id":1}', None]
    assert set(found.labels) == {"id", "acheteur.id", "execution.lieu.code", "detail"}
    assert guesses(found) == [
        ("label", "acheteur.id", "acheteur_id"),
        ("synonym", "execution.lieu.code", "lieu"),
    ]


def test_null_before_the_object_is_no_column() -> None:
    found = rows('[{"id": "b", "acheteur": null}, {"id": "a", "acheteur": {"id": "1"}}]')
    assert sorted(map(str, values(found, "acheteur_id"))) == ["1", "None"]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ('[{"id": "a", "x": null}]', [("extra-label", 1, "x")]),
        ('[{"id": "a", "x": {}}]', [("extra-label", 1, "x")]),
        ('[{"id": "a", "x": {"y": null}}]', [("extra-label", 1, "x.y")]),
        ('[{"id": "a", "x": {"y": [1]}},\n{"id": "b", "x": 1}]',
         [("extra-label", 1, "x.y"), ("extra-label", 2, "x")]),
        ('[{"id": "a", "acheteur": {"id": {"z": "1"}}}]', [("type-error", 1, "acheteur_id")]),
        ('[{"id": "a", "acheteur": {"id": "1"}, "acheteur.id": "1"}]', [("format-error", 1, None)]),
        ('[{"id": "a", "acheteur": {"id": "1"}, "acheteur_id": "1"}]',
         [("extra-label", 1, "acheteur.id")]),
        ('[{"id": "a", "a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}]',
         [("extra-label", 1, "a.b.c.d.e")]),
    ],
)  # fmt: skip
def test_what_no_column_takes_is_told(text: str, faults: list[tuple[str, int, str]]) -> None:
    assert told(rows(text)) == faults


def test_labels_are_bounded_however_they_nest() -> None:
    many = {f"m{n}": {f"k{m}": None for m in range(40)} for n in range(40)}
    assert ("limit-error", 1, None) in told(rows(json.dumps([{"id": "a"} | many])))
    blank: dict[str, Any] = {f"m{n}": None for n in range(600)}
    filled = {f"n{n}": 1 for n in range(600)}
    assert ("limit-error", 1, None) in told(rows(json.dumps([{"id": "a"} | blank | filled])))


def test_a_mapping_knows_paths() -> None:
    text = b'[{"id": "a", "lot": {"code": "7", "nom": "x"}, "autre": {"y": 1}}]'
    mapping = ColumnMapping("essai", {"lot.code": "lieu", "lot.nom": None, "autre": None})
    found = read(text, filename="f.json", schema=BUYERS, mapping=mapping)
    assert values(found, "lieu") == ["7"]
    assert ("left-out", "autre", None) in guesses(found)


def test_properties_of_features_nest_too() -> None:
    feature = {"type": "Feature", "geometry": None, "properties": {"acheteur": {"id": "1"}}}
    found = rows(json.dumps([feature | {"id": "a"}]))
    assert values(found, "acheteur_id") == ["1"]


def test_lists_of_objects_are_text_in_a_column_of_text() -> None:
    found = rows(
        '[{"id": "a", "titulaires": [ {"titulaire": {"id": "é", "n": 1.50}}, {} ]},'
        ' {"id": "b", "titulaires": []}]'
    )
    assert values(found, "titulaires") == ['[{"titulaire":{"id":"é","n":1.50}},{}]', None]
    assert guesses(found) == [("json-text", "titulaires", None)]
    for wrong in ('["a"]', "[{}, 1]", '{"a": 1}', "[[]]"):
        assert told(rows(f'[{{"id": "a", "titulaires": {wrong}}}]')) == [
            ("type-error", 1, "titulaires")
        ]
    levels = limits.JSON_DEPTH_MAX
    deep = '[{"a":' + "[" * levels + "]" * levels + "}]"
    assert told(rows(f'[{{"id": "a", "titulaires": {deep}}}]')) == [
        ("format-error", 1, "titulaires")
    ]
    long = json.dumps([{"a": "b" * limits.CELL_MAX_CHARS}])
    assert told(rows(f'[{{"id": "a", "titulaires": {long}}}]')) == [
        ("limit-error", 1, "titulaires")
    ]
    half = '[{"a": "\\ud800"}]'
    assert told(rows(f'[{{"id": "a", "titulaires": {half}}}]')) == [("type-error", 1, "titulaires")]


def test_booleans_in_a_column_of_0_and_1() -> None:
    found = rows('[{"id": "a", "drapeau": true}, {"id": "b", "drapeau": 0}]')
    assert values(found, "drapeau") == [1, 0]
    assert guesses(found) == [("boolean-words", "drapeau", None)]
    assert told(of('[{"id": true}]', ALL, "f.json")) == [("type-error", 1, "id")]


def test_notes_have_sentences() -> None:
    for code in ("wrapper", "wrapper-unread", "json-text", "bars"):
        note = Note(code, "x", "y")
        assert note.text() != note.text("en")


CONTRACT: dict[str, Any] = {
    "id": "2026-TX-07",
    "_type": "Marché",
    "acheteur": {"id": "21120096700018"},
    "nature": "Marché",
    "objet": "Rénovation de l'école",
    "codeCPV": "45214200",
    "techniques": {"technique": ["Sans objet"]},
    "modalitesExecution": {"modaliteExecution": ["Tranches"]},
    "marcheInnovant": False,
    "ccag": "Travaux",
    "offresRecues": 4,
    "attributionAvance": True,
    "tauxAvance": 0.3,
    "typeGroupementOperateurs": "Pas de groupement",
    "sousTraitanceDeclaree": False,
    "procedure": "Procédure adaptée",
    "lieuExecution": {"code": "12096", "typeCode": "Code commune"},
    "dureeMois": 12,
    "dateNotification": "2026-04-15",
    "datePublicationDonnees": "2026-05-10",
    "montant": 184500.0,
    "typesPrix": {"typePrix": ["Définitif ferme"]},
    "formePrix": "Forfaitaire",
    "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": "38047555800058"}}],
    "considerationsSociales": {"considerationSociale": ["Clause sociale"]},
    "considerationsEnvironnementales": {"considerationEnvironnementale": ["Critère"]},
    "modifications": [
        {"modification": {"id": 1, "dureeMois": 18, "dateNotificationModification": "2026-09-01"}}
    ],
}  # fmt: skip


def test_contracts_in_the_national_form() -> None:
    other = CONTRACT | {"id": "2026-TX-08", "modifications": [], "actesSousTraitance": None}
    text = json.dumps(
        {"marches": {"marche": [CONTRACT, other], "contrat-concession": []}},
        ensure_ascii=False,
        indent=1,
    )
    schema = bundled().latest("commande-publique")
    assert schema is not None
    found = of(text, schema, "decp.json")
    assert values(found, "acheteur_id") == ["21120096700018"] * 2
    assert values(found, "type_objet") == ["Marché"] * 2
    assert json.loads(values(found, "titulaires")[0]) == CONTRACT["titulaires"]
    assert [None if one is None else json.loads(one) for one in values(found, "modifications")] == [
        CONTRACT["modifications"],
        None,
    ]
    assert ("wrapper", None, "marches.marche") in guesses(found)
    assert not any(note.code == "wrapper-unread" for note in found.guessed)
