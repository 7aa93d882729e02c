"""Workbooks: the values that a CSV export has, the right sheet, and what can't be trusted."""

import io
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from reading_world import ALL, REQUIRED, guesses, of, one, schema_of, told, values
from workbook_world import ods, ods_of, ods_row, saved, sheet_xml, taken, unzipped, xlsx, zipped

from schemas.reading import ColumnMapping, read
from schemas.reading.xlsx import clock_text, instant
from schemas.reading.xlsx_parts import look

HEAD = ["id", "nom", "montant", "ouvert", "jour", "instant", "annee"]
ROWS: list[list[Any]] = [
    HEAD,
    [1, "Arvieu", 0.1 + 0.2, True, date(2026, 3, 31), datetime(2026, 3, 31, 14, 5, 30), 2026],  # noqa: DTZ001
    [2.0, "é\nè", 1e-3, False, datetime(2026, 4, 1), datetime(2026, 4, 1), 2025],  # noqa: DTZ001
    [3, None, -12.5, None, None, None, None],
]
AS_CSV = (
    "id,nom,montant,ouvert,jour,instant,annee\n"
    "1,Arvieu,0.3,true,2026-03-31,2026-03-31T14:05:30,2026\n"
    '2,"é\nè",0.001,false,2026-04-01,2026-04-01T00:00:00,2025\n'
    "3,,-12.5,,,,\n"
)


def _xlsxwriter(rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "dd/mm/yyyy hh:mm"})
    sheet = book.add_worksheet("Données")
    for number, row in enumerate(rows):
        for at, value in enumerate(row):
            if value is not None:
                sheet.write(number, at, value)
    book.close()
    return out.getvalue()


@pytest.mark.parametrize(
    "data", [xlsx(ROWS), _xlsxwriter(ROWS), ods(ROWS)], ids=["openpyxl", "xlsxwriter", "ods"]
)
def test_a_workbook_gives_what_its_csv_gives(data: bytes) -> None:
    found, csv = taken(data), of(AS_CSV)
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    assert csv.rows is not None
    assert found.rows.equals(csv.rows)
    assert ("local-time", "instant", "Europe/Paris") in guesses(found)
    assert found.report.rows == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333333333333"),
        (3.0, "3"),
        (-0.0, "0"),
        (1e-7, "0.0000001"),
        (1e20, "100000000000000000000"),
        (21200000700016, "21200000700016"),
        (12011, "12011"),
        (True, "true"),
        (date(2026, 3, 31), "2026-03-31"),
        (datetime(2026, 3, 31, 14, 5), "2026-03-31T14:05:00"),  # noqa: DTZ001
        (time(8, 30), "08:30:00"),
        (timedelta(hours=30, seconds=1), "30:00:01"),
        ("0123", "0123"),
        (" a ", " a "),
        ("=1+1", None),
        ("_x000D_", "\r"),
    ],
)
def test_what_a_cell_becomes_as_text(value: Any, text: str | None) -> None:
    schema = one("string")
    found = taken(xlsx([["id", "x"], ["a", value]]), schema)
    if text is None:
        assert told(found) == [("type-error", 2, "x")]
    else:
        assert values(found, "x") == [text]


def test_dates_follow_the_format_that_a_schema_states() -> None:
    schema = one("date", format="%d/%m/%Y")
    data = xlsx([["id", "x"], ["a", date(2026, 3, 31)], ["b", "01/04/2026"]])
    assert values(taken(data, schema), "x") == [date(2026, 3, 31), date(2026, 4, 1)]


def test_an_hour_is_no_date() -> None:
    found = taken(xlsx([["id", "x"], ["a", datetime(2026, 3, 31, 14)]]), one("date"))  # noqa: DTZ001
    assert told(found) == [("type-error", 2, "x")]
    assert found.report.faults[0].value == "2026-03-31T14:00:00"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", None),
        ("0.00", None),
        ('0.00" kWh/d"', None),
        ("0.00\\d", None),
        ("#,##0.00 [$€-40C]", None),
        ("[Red]0;[Blue]-0", None),
        ("0*d", None),
        ("0_d", None),
        ("dd/mm/yyyy", "date"),
        ("yyyy", "date"),
        ("mmm-yy;@", "date"),
        ("[$-40C]d mmmm yyyy", "date"),
        ("hh:mm", "date"),
        ("[h]:mm", "duration"),
        ("[SS].00", "duration"),
        ("0.0%", "percent"),
        ('0" %"', None),
    ],
)
def test_what_a_number_format_looks_like(code: str, kind: str | None) -> None:
    assert look(code) == kind


@pytest.mark.parametrize(
    ("days", "epoch_1904", "moment"),
    [
        (1, False, datetime(1900, 1, 1)),  # noqa: DTZ001
        (59, False, datetime(1900, 2, 28)),  # noqa: DTZ001
        (61, False, datetime(1900, 3, 1)),  # noqa: DTZ001
        (46112.587152777779, False, datetime(2026, 3, 31, 14, 5, 30)),  # noqa: DTZ001
        (44650, True, datetime(2026, 3, 31)),  # noqa: DTZ001
        (2958466, False, None),
        (-1, False, None),
    ],
)
def test_serial_numbers(days: float, epoch_1904: bool, moment: datetime | None) -> None:  # noqa: FBT001
    assert instant(days, epoch_1904=epoch_1904) == moment


def test_a_workbook_of_1904() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "x"])
    sheet.append(["a", date(2026, 3, 31)])
    assert values(taken(saved(book), one("date")), "x") == [date(2026, 3, 31)]
    assert clock_text(0.5 + 0.25 / 86400) == "12:00:00.25"


# -- which sheet, which row --------------------------------------------------------------------


def _several() -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "Lisez-moi"
    first.append(["id", "remarques"])
    data = book.create_sheet("Données")
    data.append(["Inventaire de la commune"])
    data.append([])
    data.append([None, "id", "x"])
    data.append([None, "a", 1])
    data.append([None, "b", "deux"])
    hidden = book.create_sheet("Listes")
    hidden.sheet_state = "hidden"
    hidden.append(["id", "x"])
    hidden.append(["c", 3])
    return saved(book)


def test_the_sheet_and_row_that_match_are_read_and_said() -> None:
    found = taken(_several(), one("integer"))
    assert told(found) == [("type-error", 5, "x")]
    assert guesses(found) == [
        ("sheet", None, "Données"),
        ("sheets-unread", None, "Lisez-moi"),
        ("sheets-hidden", None, "Listes"),
        ("header-row", None, "3"),
    ]
    french = [note.text() for note in found.guessed]
    assert french[0] == "Feuille lue : « Données »."
    assert found.report.rows == 2


def test_a_mapping_may_name_the_sheet_and_the_columns() -> None:
    def mapped(sheet: str) -> ColumnMapping:
        return ColumnMapping("essai", {"remarques": "x", "": None}, sheet=sheet)

    schema = one("string")
    found = read(_several(), filename="f.xlsx", schema=schema, mapping=mapped("Lisez-moi"))
    assert guesses(found)[0] == ("sheet", None, "Lisez-moi")
    assert [fault.case for fault in found.report.faults] == ["rows"]
    for absent in ("Listes", "Ailleurs"):
        found = read(_several(), filename="f.xlsx", schema=schema, mapping=mapped(absent))
        assert [fault.case for fault in found.report.faults] == ["no-sheet"]


def test_columns_without_a_name_may_be_left_out_by_a_mapping() -> None:
    data = xlsx([["id", "x", None], ["a", "b", "note"]])
    assert told(taken(data, one("string"))) == [("blank-label", 1, None)]
    found = read(
        data, filename="f.xlsx", schema=one("string"), mapping=ColumnMapping("essai", {"": None})
    )
    assert values(found, "x") == ["b"]
    assert ("unnamed", None, None) in guesses(found)


def test_labels_of_a_sheet_are_understood_as_those_of_a_csv() -> None:
    found = taken(xlsx([["Titre"], ["ID ", "X"], ["a", "b"]]), one("string"))
    assert values(found, "x") == ["b"]
    assert ("header-row", None, "2") in guesses(found)


def test_hidden_sheets_of_an_ods_are_not_read() -> None:
    rows = ods_row(["id", "x"]) + ods_row(["a", 1])
    found = taken(ods_of({"A": rows, "B": rows}, hidden="A"), one("integer"), "f.ods")
    assert guesses(found) == [("sheet", None, "B"), ("sheets-hidden", None, "A")]
    assert values(found, "x") == [1]
    only = taken(ods_of({"A": rows}, hidden="A"), one("integer"), "f.ods")
    assert [fault.case for fault in only.report.faults] == ["sheet"]


def test_rows_count_as_on_the_sheet_and_hidden_ones_are_read() -> None:
    def edit(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True

    data = xlsx([["id", "x"], ["a", 1], ["b", 2], [], ["c", "trois"]], edit)
    found = taken(data, one("integer"))
    assert told(found) == [("blank-row", 4, None), ("type-error", 5, "x")]
    assert ("rows-hidden", None, "1") in guesses(found)
    assert found.report.rows == 4


def test_a_filled_column_without_name_is_told_with_its_cell() -> None:
    def edit(sheet: Any) -> None:
        sheet["D3"] = "à vérifier"
        sheet["F9"] = "  "

    found = taken(xlsx([["id", "x"], ["a", 1], ["b", 2]], edit), one("integer"))
    assert told(found) == [("blank-label", 1, None)]
    assert found.report.faults[0].message() == "La colonne D n'a pas de nom, mais D3 est remplie."


# -- formulas, errors, merged cells ------------------------------------------------------------


def _cell(xml: str) -> bytes:
    """A workbook whose cell B2 is written by hand."""
    data = xlsx([["id", "x"], ["a", 1]])
    data = sheet_xml(data, lambda text: text.replace(' fullCalcOnLoad="1"', ""), "xl/workbook.xml")
    return sheet_xml(data, lambda text: text.replace('<c r="B2" t="n"><v>1</v></c>', xml))


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ('<c r="B2"><f>1+1</f><v>2</v></c>', 2),
        ('<c r="B2"><f>1+1</f><v>2.0000000000000004</v></c>', 2),
        ('<c r="B2" t="str"><f>IF(1,"","")</f><v></v></c>', None),
        ('<c r="B2" t="str"><f>"7"</f><v>7</v></c>', 7),
    ],
)
def test_formulas_give_their_stored_result_and_it_is_said(xml: str, value: int | None) -> None:
    found = taken(_cell(xml), one("integer"))
    assert values(found, "x") == [value]
    said = ("formulas", None, "1") in guesses(found)
    assert said is (value is not None)


@pytest.mark.parametrize(
    ("xml", "case", "value"),
    [
        ('<c r="B2"><f>1+1</f></c>', "formula", None),
        ('<c r="B2"><f>1+1</f><v/></c>', "formula", None),
        ('<c r="B2" t="e"><v>#REF!</v></c>', "error-cell", "#REF!"),
        ('<c r="B2" t="e"><f>A9/0</f><v>#DIV/0!</v></c>', "error-cell", "#DIV/0!"),
    ],
)
def test_cells_without_a_value_are_faults_at_their_place(
    xml: str, case: str, value: str | None
) -> None:
    found = taken(_cell(xml), one("integer"))
    assert told(found) == [("type-error", 2, "x")]
    fault = found.report.faults[0]
    assert (fault.case, fault.value, dict(fault.params)["cell"]) == (case, value, "B2")


def test_results_that_the_workbook_itself_distrusts_are_not_taken() -> None:
    # xlsxwriter writes 0 as the result of every formula, and asks for calculation on opening
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["id", "x"])
    sheet.write(1, 0, "a")
    sheet.write_formula(1, 1, "=SUM(1,2)")
    book.close()
    found = taken(out.getvalue(), one("integer"))
    assert [fault.case for fault in found.report.faults] == ["stale"]


def test_merged_cells_are_told_but_not_those_of_a_title() -> None:
    def edit(sheet: Any) -> None:
        sheet.merge_cells("A1:C1")
        sheet.merge_cells("A4:A5")

    rows = [["Titre"], [], ["id", "x"], ["a", 1], [None, 2]]
    found = taken(xlsx(rows, edit), one("integer"))
    faults = [fault for fault in found.report.faults if fault.case == "merged"]
    assert [(fault.row, dict(fault.params)["cell"]) for fault in faults] == [(4, "A4:A5")]


def test_the_same_in_an_ods() -> None:
    head = ods_row(["Titre"]) + ods_row([]) + ods_row(["id", "x"])
    cells = {
        "formula": '<table:table-cell table:formula="of:=1+1"/>',
        "error-cell": '<table:table-cell table:formula="of:=1/0" office:value-type="string" '
        'office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p>'
        "</table:table-cell>",
        None: '<table:table-cell table:formula="of:=1+1" office:value-type="float" '
        'office:value="2"><text:p>2</text:p></table:table-cell>',
    }
    for case, cell in cells.items():
        row = (
            '<table:table-row><table:table-cell office:value-type="string"><text:p>a</text:p>'
            f"</table:table-cell>{cell}</table:table-row>"
        )
        found = taken(ods_of({"F": head + row}), one("integer"), "f.ods")
        assert [fault.case for fault in found.report.faults] == ([case] if case else [])
        assert ("header-row", None, "3") in guesses(found)
    merged = (
        '<table:table-row><table:table-cell office:value-type="string" '
        'table:number-columns-spanned="2" table:number-rows-spanned="1"><text:p>a</text:p>'
        "</table:table-cell><table:covered-table-cell/></table:table-row>"
    )
    found = taken(ods_of({"F": head + merged}), one("integer"), "f.ods")
    assert [(fault.row, fault.case) for fault in found.report.faults] == [(4, "merged")]


def test_texts_of_an_ods() -> None:
    cell = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>a</text:p>'
        '</table:table-cell><table:table-cell office:value-type="string">'
        "<office:annotation><text:p>note</text:p></office:annotation>"
        '<text:p>un<text:s text:c="2"/><text:span>deux</text:span><text:tab/>'
        "<text:note><text:p>bas de page</text:p></text:note>trois</text:p>"
        "<text:p>quatre</text:p></table:table-cell></table:table-row>"
    )
    found = taken(ods_of({"F": ods_row(["id", "x"]) + cell}), one("string"), "f.ods")
    assert values(found, "x") == ["un  deux\ttrois\nquatre"]


def test_rich_text_and_readings_of_shared_texts() -> None:
    data = _xlsxwriter([["id", "x"], ["a", "b"]])
    rich = (
        "<si><r><t>ro</t></r><r><t xml:space='preserve'>nd </t></r>"
        "<rPh sb='0' eb='1'><t>x</t></rPh></si>"
    )

    def shared(text: str) -> str:
        return text.replace("<si><t>b</t></si>", rich)

    assert values(taken(sheet_xml(data, shared, "xl/sharedStrings.xml"), one("string")), "x") == [
        "rond "
    ]
    inline = '<c r="B2" t="inlineStr"><is><r><t>en </t></r><r><t>ligne</t></r></is></c>'
    data = sheet_xml(data, lambda text: text.replace('<c r="B2" t="s"><v>3</v></c>', inline))
    assert values(taken(data, one("string")), "x") == ["en ligne"]


def test_the_strict_flavour_and_other_prefixes() -> None:
    parts = unzipped(_xlsxwriter([["id", "x"], ["a", 7]]))
    strict = {
        name: content.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ).replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
        for name, content in parts.items()
    }
    assert values(taken(zipped(strict), one("integer")), "x") == [7]
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    sheet = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1s:", sheet).replace("xmlns=", "xmlns:s=")
    prefixed = {**parts, "xl/worksheets/sheet1.xml": sheet}
    assert values(taken(zipped(prefixed), one("integer")), "x") == [7]


def test_percentages() -> None:
    def edit(sheet: Any) -> None:
        sheet["B2"].number_format = "0.0%"

    data = xlsx([["id", "x"], ["a", 0.07]], edit)
    assert values(taken(data, one("string")), "x") == ["7%"]


# -- names, and what is no workbook ------------------------------------------------------------


def test_content_tells_the_form_and_a_wrong_ending_is_noted() -> None:
    data = xlsx([["id", "x"], ["a", 1]])
    assert ("suffix", None, "XLSX") in guesses(taken(data, one("integer"), "f.csv"))
    assert values(taken(data, one("integer"), "f.csv"), "x") == [1]
    assert ("suffix", None, "ODS") in guesses(
        taken(ods([["id", "x"], ["a", 1]]), one("integer"), "f.xlsx")
    )


@pytest.mark.parametrize(
    ("data", "case"),
    [
        (b"PK\x03\x04 no archive", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old-workbook"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
        (zipped({"readme.txt": "rien"}), "zip"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "workbook"),
        (zipped({"[Content_Types].xml": "<a/>", "xl/workbook.bin": "x"}), "old-workbook"),
        (zipped({"[Content_Types].xml": "<a/>", "word/document.xml": "<a/>"}), "workbook"),
        (zipped({"[Content_Types].xml": "<a/>"}), "archive"),
        (b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><a/>", "old-workbook"),
    ],
)
def test_what_is_no_workbook_that_is_read(data: bytes, case: str) -> None:
    found = taken(data, one("string"))
    assert [(fault.rule, fault.case) for fault in found.report.faults] == [("format-error", case)]
    for lang in ("fr", "en"):
        assert "{" not in found.report.text(lang)


def _encrypted_ods() -> bytes:
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/>'
        "</manifest:file-entry></manifest:manifest>"
    )
    return ods_of({"A": ""}, {"META-INF/manifest.xml": manifest})


def test_an_encrypted_ods_says_so() -> None:
    found = taken(_encrypted_ods(), one("string"), "f.ods")
    assert [fault.case for fault in found.report.faults] == ["encrypted"]


def test_personal_columns_of_a_workbook_are_left_out() -> None:
    found = taken(xlsx([["id", "courriel"], [1, "a@exemple.fr"]]), ALL)
    assert found.rows is not None
    assert "courriel" not in found.rows.columns
    assert ("personal", "courriel", None) in guesses(found)
    assert "exemple.fr" not in str(found)


def test_a_header_without_rows_and_an_empty_sheet() -> None:
    assert [fault.case for fault in taken(xlsx([["id", "x"]]), one("string")).report.faults] == [
        "rows"
    ]
    assert [fault.case for fault in taken(xlsx([]), one("string")).report.faults] == ["sheet"]


def test_numbers_keep_all_digits_that_a_schema_allows() -> None:
    schema = schema_of(
        [
            {"name": "id", "type": "string", "constraints": REQUIRED},
            {"name": "x", "type": "number", "maillage:resolution": "0.00001"},
        ]
    )
    found = taken(xlsx([["id", "x"], ["a", 44.19234], ["b", 1234567890.12345]]), schema)
    assert values(found, "x") == [Decimal("44.19234"), Decimal("1234567890.12345")]


def test_times_with_offset_in_texts_stay_what_they_are() -> None:
    found = taken(xlsx([["id", "x"], ["a", "2026-03-31T14:00:00Z"]]), one("datetime"))
    assert values(found, "x") == [datetime(2026, 3, 31, 14, tzinfo=UTC)]
