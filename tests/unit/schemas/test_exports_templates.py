"""Templates: what is filled in is taken by the reader, whatever the schema and the language."""

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any, get_args

import openpyxl
import pytest
from schema_documents import register, schema_with

from schemas.catalogue import bundled
from schemas.document import Field, Lang
from schemas.exports import FORMS, export, file_name
from schemas.exports.values import example_row
from schemas.model import Schema
from schemas.reading import Reading, read

NAMES = bundled().names()
LANGUAGES: tuple[Lang, ...] = get_args(Lang)


def latest(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def typed(field: Field, text: str) -> Any:
    """What a spreadsheet has after somebody typed it."""
    if field.type in ("integer", "year"):
        return int(text)
    if field.type == "number":
        return float(Decimal(text))
    if field.type == "date" and field.format in ("default", "any", "%Y-%m-%d"):
        return dt.date.fromisoformat(text)
    return text


def filled(schema: Schema, lang: Lang, row: dict[str, str]) -> bytes:
    book = opened(export(schema, "xlsx", lang))
    sheet = book.worksheets[0]
    for cell in sheet[1]:
        field = schema.by_name[str(cell.value)]
        below = sheet.cell(2, cell.column)
        below.value = typed(field, row[field.name])
        below.number_format = sheet.column_dimensions[cell.column_letter].number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def taken(schema: Schema, data: bytes, form: str) -> Reading:
    return read(data, filename=f"{schema.name}.{form}", schema=schema)


@pytest.mark.parametrize("name", NAMES)
def test_a_workbook_that_was_filled_in_is_taken(name: str) -> None:
    schema = latest(name)
    reading = taken(schema, filled(schema, "fr", example_row(schema)), "xlsx")
    assert reading.report.valid, reading.report.text("en")
    assert reading.rows is not None
    by_csv = taken(schema, _csv(schema, "\n"), "csv").rows
    assert by_csv is not None
    assert reading.rows.equals(by_csv)
    assert reading.guessed[0].value == "À remplir"


def _csv(schema: Schema, ending: str) -> bytes:
    row = example_row(schema, personal=False)
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator=ending).writerow(row.values())
    return export(schema, "csv") + text.getvalue().encode()


@pytest.mark.parametrize("name", NAMES)
def test_a_csv_file_that_was_filled_in_is_taken(name: str) -> None:
    schema = latest(name)
    empty = export(schema, "csv")
    assert empty.startswith(b"\xef\xbb\xbf")
    assert empty[3:].decode().strip().split(";") == [one.name for one in schema.wire_fields]
    reading = taken(schema, _csv(schema, "\r\n"), "csv")
    assert reading.report.valid, reading.report.text("en")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_nobody_takes_an_empty_template_for_rows(name: str, form: str) -> None:
    schema = latest(name)
    report = taken(schema, export(schema, "csv" if form == "csv" else "xlsx"), form).report
    assert {one.rule for one in report.faults} == {"source-error"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_template_speaks_five_languages_and_is_the_same_each_time(lang: Lang) -> None:
    schema = latest("jumelages")
    data = export(schema, "xlsx", lang)
    assert data == export(schema, "xlsx", lang)
    rows, told = opened(data).worksheets
    label = schema.by_name["pays"].labels[lang]
    assert any(label in str(row[0]) for row in told.iter_rows(values_only=True))
    comments = [cell.comment.text for cell in rows[1] if cell.comment is not None]
    assert len(comments) == len(schema.wire_fields)
    assert label in comments[1]
    assert taken(schema, filled(schema, lang, example_row(schema)), "xlsx").report.valid


def test_what_is_typed_stays_what_it_is() -> None:
    """Codes keep their zeros, lists are offered, the header doesn't scroll away."""
    schema = register(
        {"name": "code", "type": "string", "constraints": {"required": True}},
        {"name": "pris", "type": "date"},
        {"name": "part", "type": "number", "constraints": {"minimum": 0, "maximum": 100}},
        {"name": "sorte", "type": "string", "constraints": {"enum": ["a", "b, c"]}},
        {"name": "etat", "type": "string", "constraints": {"enum": ["bon", "usé"]}},
        {
            "name": "long",
            "type": "string",
            "constraints": {"enum": [f"v{n:05}" for n in range(99)]},
        },
        {"name": "ouvert", "type": "boolean"},
    )
    book = opened(export(schema, "xlsx", "fr"))
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["B"].number_format == "@"
    assert sheet.column_dimensions["C"].number_format == "yyyy-mm-dd"
    rules = {str(one.sqref).split(":")[0]: one for one in sheet.data_validations.dataValidation}
    assert rules["E2"].formula1 == "'Listes'!$A$1:$A$2"
    assert rules["F2"].formula1 == '"bon,usé"'
    assert rules["G2"].formula1 == "'Listes'!$B$1:$B$99"
    assert rules["H2"].formula1 == '"oui,non"'
    assert (rules["D2"].formula1, rules["D2"].formula2) == ("0", "100")
    lists = book["Listes"]
    assert lists.sheet_state == "hidden"
    assert [lists["A1"].value, lists["A2"].value] == ["a", "b, c"]
    assert sheet["B1"].fill.fgColor.rgb != sheet["C1"].fill.fgColor.rgb, "required is marked"


def test_a_register_of_one_column_is_read_from_the_sheet_that_was_filled_in() -> None:
    labels = {"fr": "Identifiant", "en": "Identifier"}
    schema = schema_with(
        (
            "fields",
            [
                {
                    "name": "id",
                    "type": "string",
                    "maillage:labels": labels,
                    "title": "Identifiant",
                    "description": "Identifiant",
                    "example": "id",
                    "constraints": {"required": True},
                }
            ],
        ),
        ("primaryKey", "id"),
        *(
            (f"maillage.{one}", ...)
            for one in ("time", "timeEnd", "baseWindow", "measures", "personal")
        ),
        ("maillage.kind", "register"),
    )
    reading = taken(schema, filled(schema, "fr", {"id": "007"}), "xlsx")
    assert reading.rows is not None, reading.report.text("en")
    assert reading.rows.to_dicts() == [{"id": "007"}]


def test_nothing_personal_is_asked_for() -> None:
    schema = latest("mediation-numerique")
    sheet, told = opened(export(schema, "xlsx", "fr")).worksheets
    assert not schema.personal & {cell.value for cell in sheet[1]}
    assert "telephone" in str(told["A3"].value)
    assert b"telephone" not in export(schema, "csv")


HOSTILE = '=HYPERLINK("http://x")\x07 | `a` <script> [b](javascript:x)'


def test_a_schema_of_somebody_else_writes_no_formula_and_no_markup() -> None:
    schema = schema_with(
        ("title", HOSTILE),
        ("description", HOSTILE),
        ("maillage.labels", {"fr": HOSTILE}),
        ("fields.3.title", HOSTILE),
        ("fields.3.description", HOSTILE),
        ("fields.3.example", HOSTILE),
        ("fields.0.constraints", {"required": True, "enum": [HOSTILE, "=1+1"]}),
    )
    for sheet in opened(export(schema, "xlsx", "fr")).worksheets:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    page = export(schema, "markdown", "fr").decode()
    tables = page.split("```")[0]
    for line in tables.splitlines():
        if line.startswith("|"):
            assert "<script>" not in _without_code(line)
            assert "[" not in _without_code(line).replace("\\[", "")


def _without_code(line: str) -> str:
    """A line without its code, of two backticks where one stands in it."""
    return "".join(line.split("``")[::2])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_page_names_every_column_and_what_is_owed(name: str, lang: Lang) -> None:
    schema = latest(name)
    page = export(schema, "markdown", lang).decode()
    assert page.startswith(f"# {schema.labels[lang]}")
    assert all(f"| `{field.name}` |" in page for field in schema.fields)
    assert all(f"`{one.name}`" in page for one in schema.measures)
    for line in page.splitlines():
        assert not line.startswith("| |")
    heads = [line for line in page.splitlines() if line.startswith("|---")]
    assert len(heads) >= 2


def test_the_document_goes_out_as_it_stands_and_files_have_names() -> None:
    schema = latest("projets")
    assert export(schema, "table-schema") == schema.document
    assert {one: file_name(schema, one) for one in FORMS} == {
        "table-schema": "projets-1.0.0.json",
        "json-schema": "projets-1.0.0.schema.json",
        "markdown": "projets-1.0.0.md",
        "csv": "projets-1.0.0.csv",
        "xlsx": "projets-1.0.0.xlsx",
    }
