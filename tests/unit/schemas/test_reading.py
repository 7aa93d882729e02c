"""Whole files: real ones, bad ones, any bytes."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from reading_world import MEASURE, guesses, of, one, reference, schema_of, told, values

from schemas.catalogue import bundled
from schemas.reading import Note, limits, read
from schemas.reading.faults import ReadingFault, cases
from schemas.reading.notes import codes
from schemas.report import Fault

COUNTS = "etalab+schema-comptage-mobilites__measure_exemple-valide-eco-compteur.csv"
PROJECTS = (
    "betagouv+schema-projet-collectivites-transition-ecologique"
    "__projets-territoire_exemple-valide.csv"
)
PEOPLE = (
    "porteurReferentEmail",
    "porteurReferentTelephone",
    "porteurReferentPrenom",
    "porteurReferentNom",
    "porteurReferentFonction",
)


def test_real_counts_read_whole() -> None:
    path = reference(f"examples/{COUNTS}")
    found = read(path.read_bytes(), filename=path.name, schema=MEASURE)
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    assert found.rows.height == found.report.rows == 3650
    assert found.rows.schema == MEASURE.polars_schema()
    assert found.guessed == ()
    with path.open(newline="", encoding="utf-8") as file:
        direct = sum(Decimal(row["count"] or 0) for row in csv.DictReader(file))
    assert found.rows["count"].sum() == direct > 0
    key = list(MEASURE.primary_key)
    assert found.rows.equals(found.rows.sort(key))
    first = found.rows.filter(pl.col("channel_id") == "353226361").row(0, named=True)
    assert first["start_datetime"] == datetime(2021, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "schema", "rows"), [(COUNTS, "comptage-mobilites", 3650), (PROJECTS, "projets", 5)]
)
def test_real_files_are_valid_under_the_bundled_schemas(name: str, schema: str, rows: int) -> None:
    bundle = bundled().latest(schema)
    assert bundle is not None
    found = read(reference(f"examples/{name}").read_bytes(), filename=name, schema=bundle)
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    assert found.rows.height == rows
    assert found.rows.schema == bundle.polars_schema()
    assert not bundle.personal & set(found.rows.columns)


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_real_counts_read_the_same_however_exported(
    delimiter: str, encoding: str, newline: str
) -> None:
    path = reference(f"examples/{COUNTS}")
    plain = read(path.read_bytes(), filename=path.name, schema=MEASURE)
    text = path.read_text(encoding="utf-8").replace(",", delimiter).replace("\n", newline)
    found = read(text.encode(encoding), filename=path.name, schema=MEASURE)
    assert plain.rows is not None
    assert found.rows is not None
    assert found.rows.equals(plain.rows)


def _projects_schema() -> Any:
    document = json.loads(reference("fr/betagouv__projets-territoire.json").read_text("utf-8"))
    fields = [
        field | {"constraints": field.get("constraints", {}) | {"required": field["required"]}}
        for field in document["fields"]
    ]
    return schema_of(fields, personal=list(PEOPLE))


def test_real_projects_lose_their_personal_columns_first() -> None:
    path = reference(f"examples/{PROJECTS}")
    schema = _projects_schema()
    found = read(path.read_bytes(), filename=path.name, schema=schema)
    assert values(found, "competences")[0] == '["90-211","90-212"]'
    assert found.rows is not None
    assert found.rows.height == 5
    assert not set(PEOPLE) & set(found.rows.columns)
    assert [note.column for note in found.guessed if note.code == "personal"] == list(PEOPLE)
    assert b"@ville-exemple.fr" not in str(found).encode()


def test_personal_values_are_in_no_fault() -> None:
    path = reference(f"examples/{PROJECTS}")
    broken = path.read_text("utf-8").replace("450000", "beaucoup")
    found = read(broken.encode(), filename=path.name, schema=_projects_schema())
    assert told(found) == [("type-error", 2, "budgetPrevisionnel")]
    assert "marie.dupont" not in found.report.text()


@pytest.mark.parametrize(
    ("data", "rule", "case", "row"),
    [
        (b"", "source-error", None, None),
        (b"\xef\xbb\xbf \r\n\n", "source-error", None, None),
        (b"id,x\n", "source-error", "rows", None),
        (b"id,x", "source-error", "rows", None),
        (b'"id","x"\n\n\n', "source-error", "rows", None),
        (b"\n\nid,x\na,b\n", "blank-header", None, 1),
        (b",,\na,b,c\n", "blank-header", None, 1),
        (b"id,x\na,\0b\n", "format-error", "binary", None),
        (b"\x00\x01\xff\xfe" * 9, "format-error", "binary", None),
        (b"PK\x03\x04 rest of a workbook", "format-error", "archive", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "format-error", "old-workbook", None),
        (b"<!DOCTYPE html><html></html>", "format-error", "markup", None),
        (b"id,x\na,\x81\n", "encoding-error", None, 2),
        (b"\xff\xfei\0d\0", "source-error", "rows", None),
        (b"\xff\xfei\0d", "encoding-error", None, None),
        (b"\xff\xfei\0d\0\x00\xd8", "encoding-error", None, None),
        (b'id,x\na,b\n"c,d\n', "format-error", "quote", 3),
        (b'id,x\na,b\n"c"c,d\n', "format-error", "quote", 3),
    ],
)
def test_files_that_are_none(data: bytes, rule: str, case: str | None, row: int | None) -> None:
    found = of(
        data, schema_of([{"name": "id", "type": "string", "constraints": {"required": True}}])
    )
    fault = next(fault for fault in found.report.faults if fault.rule != "extra-label")
    assert (fault.rule, fault.case, fault.row) == (rule, case, row)
    assert found.rows is None


def test_a_workbook_is_told_to_be_exported() -> None:
    fault = of(b"PK\x03\x04", filename="compteurs.xlsx").report.faults[0]
    assert "exporter en CSV" in fault.remedy("fr")
    assert "export it as CSV" in fault.remedy("en")


def test_huge_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.reading.opening.FILE_MAX_BYTES", 10)
    assert told(of("id,x\naaaa,bbbb\n", one("string"))) == [("byte-count", None, None)]
    monkeypatch.undo()
    monkeypatch.setattr("schemas.reading.delimited.ROWS_MAX", 2)
    assert told(of("id,x\na,1\nb,2\nc,3\n", one("string"))) == [("row-count", None, None)]
    assert told(of('id,x\na,1\n"b",2\nc,3\n', one("string"))) == [("row-count", None, None)]
    monkeypatch.setattr("schemas.reading.json_rows.ROWS_MAX", 2)
    rows = json.dumps([{"id": str(n), "x": "y"} for n in range(3)])
    assert told(of(rows, one("string"), "f.json")) == [("row-count", None, None)]


def test_too_many_columns() -> None:
    labels = ",".join(f"c{n}" for n in range(limits.COLUMNS_MAX + 1))
    assert told(of(f"{labels}\n", one("string"))) == [("limit-error", 1, None)]
    row = json.dumps([dict.fromkeys(labels.split(","), "")])
    found = of(row, one("string"), "f.json")
    assert told(found) == [("limit-error", 1, None)]


def test_ending_tells_the_format_and_else_the_first_character() -> None:
    text = '[{"id":"a","x":"b"}]'
    assert values(of(text, one("string"), "f.JSON"), "x") == ["b"]
    assert values(of(text, one("string"), "upload"), "x") == ["b"]
    assert values(of("id,x\na,b", one("string"), "upload"), "x") == ["b"]
    assert guesses(of(text, one("string"), "f.csv")) == [("suffix", None, "JSON")]
    assert values(of(text, one("string"), "f.csv"), "x") == ["b"]
    assert guesses(of("id,x\na,b", one("string"), "f.xlsx")) == [("suffix", None, "CSV")]
    assert values(of("[id],x\na,b", one("string"), "f.csv"), "x") == ["b"]
    assert of("id,x\na,b", one("string"), "f.json").rows is None


def test_checks_of_the_schema_tell_the_line_of_the_file() -> None:
    schema = schema_of(
        [
            {"name": "id", "type": "string", "constraints": {"required": True}},
            {"name": "x", "type": "integer", "constraints": {"minimum": 0}},
        ]
    )
    found = of('id,x\nz,1\n"y\ny",2\nb,-1\na,-2\n', schema)
    assert told(found) == [("constraint-error", 5, "x"), ("constraint-error", 6, "x")]
    assert [fault.value for fault in found.report.faults] == ["-1", "-2"]
    assert found.report.counts == {"constraint-error": 2}
    assert told(of("id,x\nz,1\n,2\n", schema)) == [("constraint-error", 3, "id")]


def test_rows_with_bad_cells_are_not_told_twice() -> None:
    schema = schema_of(
        [
            {"name": "id", "type": "integer", "constraints": {"required": True}},
            {"name": "x", "type": "integer", "constraints": {"required": True}},
        ]
    )
    assert told(of("id,x\na,1\n1,b\n2,3\n", schema)) == [
        ("type-error", 2, "id"),
        ("type-error", 3, "x"),
    ]


def test_interval_that_ends_before_it_starts() -> None:
    head = "channel_id,counter_id,start_datetime,end_datetime,count\n"
    found = of(head + "a,b,2026-01-02T00:00:00Z,2026-01-01T00:00:00Z,1\n", MEASURE)
    assert [(fault.row, fault.column) for fault in found.report.faults] == [(2, "end_datetime")]


def test_rows_come_sorted_by_key() -> None:
    found = of("id,nom\n10,a\n9,b\n-1,c\n")
    assert values(found, "id") == [-1, 9, 10]
    assert values(of("id,x\né,1\nz,2\nZ,3\n", one("integer")), "id") == ["Z", "z", "é"]


def test_double_keys_name_both_lines() -> None:
    found = of("id,nom\n2,a\n1,b\n 2,c\n1,d\n2,e\n")
    assert told(found) == [("primary-key", row, None) for row in (4, 5, 6)]
    assert found.report.counts == {"primary-key": 3}
    assert [dict(fault.params)["first"] for fault in found.report.faults] == ["2", "3", "2"]
    assert found.report.faults[0].message() == "La clé id = 2 figure déjà à la ligne 2."
    assert found.report.faults[0].message("en") == "The key id = 2 stands on line 2 already."


def test_many_faults_are_counted_and_the_first_told() -> None:
    found = of("id,x\n" + "".join(f"{n},a\n" for n in range(100)), one("integer"))
    assert told(found) == [("type-error", row, "x") for row in range(2, 22)]
    assert found.report.counts == {"type-error": 100}
    double = of("id,x\n" + "a,1\n" * 100, one("integer"))
    assert told(double) == [("primary-key", row, None) for row in range(3, 23)]
    assert double.report.counts == {"primary-key": 99}


def test_a_panic_inside_polars_is_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object) -> None:
        raise pl.exceptions.PanicException("index out of bounds")

    monkeypatch.setattr("schemas.reading.cast_cells", give_up)
    assert told(of("id,x\na,b\n", one("string"))) == [("source-error", None, None)]


@pytest.mark.parametrize("form", ["%", "%Q", "%Y", "", "%s", "x" * 9, "%d/%m", "%+", "%z"])
@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_a_strange_format_of_the_schema_is_a_report(kind: str, form: str) -> None:
    found = of("id,x\na,2026-01-01\nb,x\nc,2026\n", one(kind, format=form))
    assert not found.report.valid


def test_every_fault_and_note_has_both_languages() -> None:
    slots = (
        *("near", "number", "found", "expected", "key", "first", "kind", "name", "limit", "zone"),
        *("cell", "letters", "key"),
    )
    for name in cases():
        rule, _, case = name.partition("/")
        fault = _reading_fault(rule, case, slots)
        for lang in ("fr", "en"):
            assert fault.message(lang) != fault.remedy(lang)
            assert "?" not in fault.message(lang)
        assert fault.message("fr") != fault.message("en")
    for code in codes():
        note = Note(code, "colonne", "valeur")
        assert note.text("fr") != note.text("en")


def _reading_fault(rule: str, case: str, slots: tuple[str, ...]) -> Fault:
    params = dict.fromkeys(slots, "p")
    return ReadingFault.of(rule, row=1, column="c", value="v", case=case or None, **params)


def test_extremes_of_time() -> None:
    found = of("id,x\na,0001-01-01T00:00:00Z\nb,9999-12-31T23:59:59.999999Z\n", one("datetime"))
    assert values(found, "x") == [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ]
    assert values(of("id,x\na,0001-01-01\n", one("date")), "x") == [date(1, 1, 1)]
    for text in ("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "0000-06-01T00:00:00Z"):
        assert told(of(f"id,x\na,{text}\n", one("datetime"))) == [("type-error", 2, "x")]
    assert timedelta(0) == values(found, "x")[0].utcoffset()


def test_notes_come_once_and_in_order() -> None:
    found = of("id;montant;courriel\n1;1,5;a@b\n2;2,5;c@d\n")
    assert guesses(found) == [
        ("delimiter", None, ";"),
        ("personal", "courriel", None),
        ("decimal-comma", "montant", None),
    ]
