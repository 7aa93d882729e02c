"""Proposed mappings: what they say of each column, and that what is used was confirmed."""

import json

import pytest
from reading_world import REQUIRED, of, one, schema_of

from schemas.reading import MappingFault, parse_mapping, read
from schemas.reading.peeking import HEAD_BYTES, peek
from schemas.reading.proposing import Proposal, Sure, propose

SCHEMA = schema_of(
    [
        {"name": "id", "type": "string", "constraints": REQUIRED},
        {"name": "insee", "type": "string", "constraints": REQUIRED},
        {"name": "date_maj", "type": "date", "maillage:synonyms": ["Modifié le"]},
        {"name": "places", "type": "integer"},
        {"name": "genre", "type": "string", "constraints": {"enum": ["privé", "public"]}},
        {"name": "debit", "type": "number", "maillage:labels": {"fr": "Débit moyen"}},
    ],
)
CSV = (
    "ID;Modifié le;Nb de places;Genre;Remarque;Débit (l/s)\n"
    "a;2026-01-31;douze;PRIVE;=1+1;1,5\n"
    "b;2026-02-01;treize;Public;;2,5\n"
)


def proposed(text: str, filename: str = "f.csv") -> Proposal:
    return propose(peek(text.encode(), filename=filename, schema=SCHEMA), SCHEMA)


def test_what_is_said_of_each_column() -> None:
    found = proposed(CSV)
    assert [(one.label, one.column, one.sure) for one in found.columns] == [
        ("ID", "id", Sure.CERTAIN),
        ("Modifié le", "date_maj", Sure.LIKELY),
        ("Nb de places", None, Sure.UNKNOWN),
        ("Genre", "genre", Sure.CERTAIN),
        ("Remarque", None, Sure.UNKNOWN),
        ("Débit (l/s)", "debit", Sure.GUESS),
    ]
    assert "type" in found.columns[2].why("fr")
    assert found.columns[2].candidates == ("places",)
    assert found.columns[5].examples == ("1,5", "2,5")
    assert found.lacking == ("insee",)
    assert found.values == {"genre": {"PRIVE": "privé", "Public": "public"}}
    for column in found.columns:
        assert column.why("fr") != column.why("en") != ""


def test_it_is_used_once_its_guesses_are_confirmed() -> None:
    document = proposed(CSV).to_json()
    with pytest.raises(MappingFault) as caught:
        parse_mapping(document, SCHEMA)
    assert caught.value.code == "mapping-confirm"
    edited = json.loads(document)
    assert edited.pop("confirm") == ["Nb de places", "Remarque", "Débit (l/s)"]
    edited["constants"] = {"insee": "12011"}
    mapping = parse_mapping(json.dumps(edited).encode(), SCHEMA)
    found = read(CSV.encode(), filename="f.csv", schema=SCHEMA, mapping=mapping)
    assert found.rows is not None, found.report.text("en")
    assert found.rows["genre"].to_list() == ["privé", "public"]
    assert [str(value) for value in found.rows["debit"]] == ["1.500", "2.500"]
    again = propose(
        peek(CSV.encode(), filename="f.csv", schema=SCHEMA, mapping=mapping), SCHEMA, mapping
    )
    assert again.confirm == ()
    assert again.mapping() == mapping


def test_a_column_is_proposed_once() -> None:
    found = proposed("id,place,plase\na,1,2\n")
    assert [one.column for one in found.columns] == ["id", "places", None]
    taken = proposed("id,ID\na,b\n").columns[1]
    assert (taken.column, taken.sure, taken.candidates) == (None, Sure.AMBIGUOUS, ("id",))


def test_values_of_json_are_shown_as_they_stand() -> None:
    text = '[{"ID": 1.50, "Nombre": true, "x": [1]}, {"ID": "b", "Nombre": null}]'
    by_label = {one.label: one.examples for one in proposed(text, "f.json").columns}
    assert by_label == {"ID": ("1.50", "b"), "Nombre": ("true",), "x": ()}


def test_what_a_geometry_holds_isn_t_lacking() -> None:
    schema = schema_of(
        [
            {"name": "id", "type": "string", "constraints": REQUIRED},
            {"name": "latitude", "type": "number", "constraints": REQUIRED},
            {"name": "longitude", "type": "number", "constraints": REQUIRED},
            {"name": "nom", "type": "string", "constraints": REQUIRED},
        ]
    )
    point = {"type": "Point", "coordinates": [2.79, 44.19]}
    features = [{"type": "Feature", "properties": {"ID": "a"}, "geometry": point}]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    found = propose(peek(text.encode(), filename="f.geojson", schema=schema), schema)
    assert [(one.label, one.column) for one in found.columns] == [("ID", "id")]
    assert found.lacking == ("nom",)


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"PK\x03\x04", b'"', b"{", b"[]", b"\xff\xfea"])
def test_nothing_is_proposed_of_what_can_t_be_read(data: bytes) -> None:
    assert propose(peek(data, filename="f", schema=SCHEMA), SCHEMA).columns == ()


def test_the_head_of_a_large_file_is_enough() -> None:
    text = "ID;Nb\n" + "".join(f"{number};{number}\n" for number in range(HEAD_BYTES // 8))
    assert len(text) > HEAD_BYTES
    assert proposed(text).columns[1].examples == ("0", "1", "2")
    # a quoted text may be open where the head ends: then the whole file is read
    quoted = 'ID;Nb\na;"' + "x\n" * HEAD_BYTES + '"\nb;2\n'
    found = peek(quoted.encode(), filename="f.csv", schema=SCHEMA)
    assert found.labels == ("ID", "Nb")


def test_hostile_labels_and_values() -> None:
    label = "<script>\x1b[31m" + "x" * 2_000
    found = proposed(f'id,"{label}"\n=cmd,"\x1b]0;x"\n')
    assert found.columns[1].label == label
    assert found.columns[1].examples == ("\\x1b]0;x",)
    assert len(proposed(",".join(f"c{n}" for n in range(900)) + "\n").columns) == 900
    assert of("id,x\na,b\n", one("string")).labels == ("id", "x")
