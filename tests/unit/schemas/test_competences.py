"""Who holds a competence: the law, BANATIC, the operator's word; strict files."""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from typing import get_args

import openpyxl
import pytest

from schemas.competences import Competences, Decision, kind_of, sheets
from schemas.competences import banatic as module
from schemas.competences.banatic import LABELS, BanaticFault, Groupings, read, read_export, write
from schemas.competences.local import (
    COLUMNS,
    FIELDS,
    CompetenceFault,
    parse_decisions,
    write_decisions,
)
from schemas.competences.rules import FORMS, RULES, rule_of
from schemas.document import CompetenceField
from tests.banatic_sample import HEAD, WATER_SYNDICAT, sample

DAY = dt.date(2026, 11, 26)
ARVIEU = "12011"  # in a communauté de communes
LEVEZOU = "fr-epci-241200765"
RODEZ, RODEZ_AGGLO = "12202", "fr-epci-241200187"
NANTES, NANTES_METRO = "44109", "fr-epci-244400404"
YEU = "85113"  # in no EPCI


# -- the law -----------------------------------------------------------------------------------


def test_each_field_has_one_rule_for_each_form() -> None:
    assert set(RULES) == set(get_args(CompetenceField)) == set(FIELDS)
    for rules in RULES.values():
        forms = [form for rule in rules for form in rule.forms]
        assert sorted(forms) == sorted(FORMS)
        assert all(rule.source and rule.holders for rule in rules)


@pytest.mark.parametrize("field", ["water", "wastewater"])
def test_water_is_an_agglomeration_s_and_stays_open_in_a_communaute(field: CompetenceField) -> None:
    held = Competences().holder(RODEZ, field, DAY)
    assert held.participants == {RODEZ_AGGLO}
    assert not held.may_be("fr-com-12202")
    assert held.may_be("fr-syn-200012345"), "it may have joined a syndicat"
    assert "L.5216-5" in held.source
    held = Competences().holder(ARVIEU, field, DAY)
    assert held.participants == {"fr-com-12011", LEVEZOU}
    assert "2025-327" in held.source
    assert held.origin == "law"


def test_waste_is_every_epci_s_and_of_an_island_its_own() -> None:
    assert Competences().holder(ARVIEU, "waste", DAY).participants == {LEVEZOU}
    assert Competences().holder(YEU, "waste", DAY).participants == {"fr-com-85113"}
    held = Competences().holder(NANTES, "roads", DAY)
    assert held.participants == {NANTES_METRO, "fr-dep-44"}


@pytest.mark.parametrize("field", FIELDS)
def test_a_commune_of_a_communaute_may_hold_all_but_waste(field: CompetenceField) -> None:
    assert Competences().holder(ARVIEU, field, DAY).may_be("fr-com-12011") is (field != "waste")


def test_stands_and_stops_may_be_a_commune_s_where_its_roads_are() -> None:
    table = Competences()
    assert table.holder(RODEZ, "transport", DAY).may_be("fr-com-12202")
    assert table.holder(RODEZ, "transport", DAY).may_be(RODEZ_AGGLO)
    assert not table.holder(NANTES, "transport", DAY).may_be("fr-com-44109")


def test_kinds() -> None:
    assert kind_of("fr-syn-200012345") == "syndicat"
    assert kind_of("de-lau-08111000") is None
    assert rule_of("fire", "METRO").holders == ("epci",)


# -- the operator's word -----------------------------------------------------------------------


def test_the_nearest_and_latest_word_counts() -> None:
    table = Competences(
        [
            Decision(LEVEZOU, "water", "fr-syn-200012345"),
            Decision(LEVEZOU, "water", LEVEZOU, dt.date(2027, 1, 1)),
            Decision("fr-com-12011", "water", "fr-com-12011", dt.date(2026, 6, 1)),
        ]
    )
    before, after = dt.date(2026, 5, 31), dt.date(2026, 6, 1)
    assert table.holder(ARVIEU, "water", before).participants == {"fr-syn-200012345"}
    held = table.holder(ARVIEU, "water", after)
    assert (held.participants, held.origin) == ({"fr-com-12011"}, "local")
    assert held.since == after
    # a neighbour goes by the EPCI's line, and by the later one from its day on
    assert table.holder("12266", "water", DAY).participants == {"fr-syn-200012345"}
    assert table.holder("12266", "water", dt.date(2027, 1, 1)).participants == {LEVEZOU}
    assert table.holder("12266", "wastewater", DAY).origin == "law"


def test_several_bodies_may_each_have_a_part() -> None:
    table = Competences([Decision(LEVEZOU, "waste", one) for one in (LEVEZOU, "fr-syn-200012345")])
    held = table.holder(ARVIEU, "waste", DAY)
    assert held.participants == {LEVEZOU, "fr-syn-200012345"}
    assert held.kinds == {"epci", "syndicat"}


HEADER = ",".join(COLUMNS) + "\n"


def test_the_table_is_written_as_it_is_read() -> None:
    text = f"{HEADER}fr-com-12011,water,fr-syn-200012345,2026-01-01\n{LEVEZOU},waste,{LEVEZOU},\n"
    assert write_decisions(parse_decisions(text.encode())) == text.encode()
    assert parse_decisions(b"") == ()
    assert parse_decisions(HEADER.encode()) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("place,field,holder\n", "line 1: the header must be"),
        (HEADER + "fr-com-12011,water,fr-com-12011\n", "line 2: 3 cells"),
        (HEADER + "fr-com-99999,water,fr-com-12011,\n", "line 2: 'fr-com-99999'"),
        (HEADER + "fr-dep-12,water,fr-com-12011,\n", "neither a commune nor an EPCI"),
        (HEADER + "fr-com-12011,eau,fr-com-12011,\n", "is no field"),
        (HEADER + "fr-com-12011,water,Veolia,\n", "is no body"),
        (HEADER + "fr-com-12011,water,fr-syn-12,\n", "line 2"),
        (HEADER + "fr-com-12011,water,fr-com-12011,2026-13-01\n", "is no date"),
        (HEADER + "fr-com-12011,water,fr-com-12011,20260101\n", "is no date"),
        (HEADER + 2 * "fr-com-12011,water,fr-com-12011,\n", "line 3: the same as line 2"),
        (HEADER + '"fr-com-12011,water\n', "not a CSV file"),
        ("\udcff", "not a CSV file"),
    ],
)
def test_a_faulty_table_is_refused_whole(text: str, said: str) -> None:
    with pytest.raises(CompetenceFault, match=said):
        parse_decisions(text.encode("utf-8", "surrogateescape"))


# -- BANATIC -----------------------------------------------------------------------------------


def export() -> Groupings:
    return read_export(sample(), "export du 26/11/2026")


def test_an_export_says_who_exercises_what_for_whom() -> None:
    table = Competences(groupings=export())
    held = table.holder(ARVIEU, "water", DAY)
    assert held.participants == {f"fr-syn-{WATER_SYNDICAT}"}, "by way of its communauté"
    assert held.origin == "banatic"
    assert not held.may_be("fr-com-12011")
    assert table.holder(ARVIEU, "wastewater", DAY).participants == {LEVEZOU}
    assert table.holder(RODEZ, "water", DAY).participants == {f"fr-syn-{WATER_SYNDICAT}"}


def test_what_nobody_exercises_the_commune_has_kept() -> None:
    rows = [[*row[:8], "NON", *row[9:]] for row in sample()]
    rows[0] = HEAD
    held = Competences(groupings=read_export(rows, "x")).holder(ARVIEU, "wastewater", DAY)
    assert held.participants == {"fr-com-12011"}


def test_where_both_have_a_part_the_commune_stays_among_them() -> None:
    held = Competences(groupings=export()).holder(ARVIEU, "lighting", DAY)
    assert held.participants == {"fr-com-12011", LEVEZOU}
    assert held.origin == "banatic"


def test_what_the_export_does_not_know_the_law_says() -> None:
    table = Competences(groupings=export())
    assert table.holder(ARVIEU, "waste", DAY).origin == "law", "no such column"
    assert table.holder(YEU, "water", DAY).origin == "law", "no such commune"
    assert table.holder(ARVIEU, "transport", DAY).origin == "law", "nobody has it there"
    own = Competences([Decision("fr-com-12011", "water", "fr-com-12011")], export())
    assert own.holder(ARVIEU, "water", DAY).origin == "local"


def test_what_is_kept_of_an_export_is_the_same() -> None:
    assert read(write(export())) == export()
    for bad in (b"", b"[]", b'{"source":1}', b'{"source":"x","known":[],"groups":[{}]}', b"\xff"):
        with pytest.raises(BanaticFault):
            read(bad)


def test_members_that_contain_each_other_come_to_an_end() -> None:
    rows = sample()
    yes_no = ["NON"] * 5
    rows.append(["", "241200765", "CC", "CC", WATER_SYNDICAT, "SM", "groupement", *yes_no])
    (first, second) = read_export(rows, "x").groups
    assert first.communes == second.communes == ("12011", "12202", "12266", "12307")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "empty"),
        ([["a", "b"]], "not BANATIC's export"),
        ([HEAD[:7]], "one for each competence"),
        ([HEAD], "no groupement"),
        ([HEAD, ["12", "24120", *HEAD[2:]]], "line 2: '24120' is no SIREN"),
        ([HEAD, [*sample()[1][:7], "peut-être", *sample()[1][8:]]], "line 2: a competence is"),
    ],
)
def test_another_file_is_refused(rows: list[Sequence[str]], said: str) -> None:
    with pytest.raises(BanaticFault, match=said):
        read_export(rows, "x")


def test_no_head_begins_like_another() -> None:
    plain = [module.plain(label) for label in LABELS]
    for one in plain:
        assert sum(other.startswith(one) for other in plain) == 1
    assert set(LABELS.values()) <= set(FIELDS)


# -- its files ---------------------------------------------------------------------------------


def workbook(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    found = io.BytesIO()
    book.save(found)
    return found.getvalue()


def test_a_workbook_and_a_csv_file_are_read_alike() -> None:
    text = "\n".join(";".join(f'"{cell}"' for cell in row) for row in sample())
    forms = [
        workbook(sample()),
        text.encode(),
        text.encode("cp1252"),
        b"\xef\xbb\xbf" + text.encode(),
    ]
    for data in forms:
        rows = sheets.rows_of(io.BytesIO(data))
        assert read_export(rows, "export du 26/11/2026") == export()


def test_numbers_and_texts_in_the_cell_itself_are_read() -> None:
    inline = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>N° </t><t>SIREN</t></is></c>'
        '<c r="C1"><v>7</v></c></row><row/></sheetData></worksheet>'
    )
    assert list(sheets.rows_of(io.BytesIO(zipped(inline)))) == [["N° SIREN", "", "7"], []]


def zipped(sheet: str, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr(name, sheet)
    return found.getvalue()


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04nothing", "not a workbook"),
        (zipped("x", "other.xml"), "without a sheet"),
        (zipped("<worksheet><row>"), "not a workbook"),
        (zipped(BOMB), "document type"),
        (zipped('<w><row><c r="ZZZ1"><v>1</v></c></row></w>'), "more than 1000 cells"),
        (zipped('<w><row><c r="A1" t="s"><v>9</v></c></row></w>'), "isn't there"),
        (b"a;b\n" + b";" * 2_000, "more than 1000 cells"),
        (b'a;"b\n', "not a CSV file"),
        (b"a;b\n\x81", "not a CSV file"),
    ],
)
def test_a_hostile_file_is_a_fault(data: bytes, said: str) -> None:
    with pytest.raises(BanaticFault, match=said):
        list(sheets.rows_of(io.BytesIO(data)))


def test_more_than_any_export_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "SHEET_MAX_BYTES", 1_000)
    with pytest.raises(BanaticFault, match="more than 1000 bytes"):
        list(sheets.rows_of(io.BytesIO(zipped("<w>" + " " * 5_000 + "</w>"))))
