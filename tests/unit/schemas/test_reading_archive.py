"""Archives that claim more than they hold, or hold more than they claim; any damage is a report."""

import io
import random
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_world import ALL, one, told
from workbook_world import ods, ods_of, ods_row, sheet_xml, taken, unzipped, xlsx, zipped

from schemas.reading import archive, limits, markup
from schemas.reading.archive import Archive
from schemas.reading.faults import Unreadable

SIMPLE = xlsx([["id", "x"], ["a", 1]])


def _case(data: bytes, filename: str = "f.xlsx") -> tuple[str, str | None]:
    found = taken(data, one("integer"), filename)
    assert found.rows is None
    assert "{" not in found.report.text() + found.report.text("en")
    return found.report.faults[0].rule, found.report.faults[0].case


def test_an_archive_with_too_many_files() -> None:
    many = zipped({f"{n}": "" for n in range(limits.ARCHIVE_ENTRIES_MAX + 1)}, zipfile.ZIP_STORED)
    assert _case(many) == ("limit-error", "archive-entries")


def test_a_part_that_is_all_the_same_byte() -> None:
    bomb = zipped({**unzipped(SIMPLE), "xl/worksheets/sheet1.xml": b" " * (20 * 1024 * 1024)})
    assert len(bomb) < 40_000
    assert _case(bomb) == ("limit-error", "archive-ratio")


def test_a_directory_that_claims_a_gigabyte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ARCHIVE_MAX_BYTES", 10_000)
    assert _case(SIMPLE) == ("limit-error", "archive-bytes")


def test_a_directory_that_claims_too_little() -> None:
    data = zipped({**unzipped(SIMPLE), "xl/worksheets/sheet1.xml": b" " * 200_000})
    real = (200_000).to_bytes(4, "little")
    assert data.count(real) == 2
    lied = data.replace(real, (100).to_bytes(4, "little"))
    assert _case(lied) in {("limit-error", "archive-bytes"), ("format-error", "archive")}


def test_two_parts_by_one_name() -> None:
    out = io.BytesIO(SIMPLE)
    with zipfile.ZipFile(out, "a") as file:
        file.writestr("XL\\WORKBOOK.XML", "<workbook/>")
    assert _case(out.getvalue()) == ("format-error", "archive")


def test_encrypted_parts() -> None:
    data = bytearray(SIMPLE)
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    assert _case(bytes(data)) == ("format-error", "encrypted")


def test_small_parts_are_bounded_while_they_come() -> None:
    with pytest.raises(Unreadable):
        Archive(zipped({"a": b"x" * 3_000})).read("a", 2_000)
    assert Archive(zipped({"a": b"x" * 3_000})).read("A", 3_000) == b"x" * 3_000


ENTITIES = (
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d SYSTEM '
    '"file:///etc/passwd">]>'
)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_entities_cannot_be_declared(part: str) -> None:
    def declared(text: str) -> str:
        at = text.find("<", text.find("?>") + 1 if text.startswith("<?") else 0)
        return f"{text[:at]}{ENTITIES}{text[at:]}"

    assert _case(sheet_xml(SIMPLE, declared, part)) == ("format-error", "archive")


def test_markup_that_is_deep_or_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(text: str) -> str:
        return text.replace("<sheetData>", "<a>" * 70 + "</a>" * 70 + "<sheetData>")

    assert _case(sheet_xml(SIMPLE, deep)) == ("format-error", "archive")
    monkeypatch.setattr(markup, "MARKUP_TOKEN_MAX_BYTES", 200_000)
    noise = "".join(random.Random(1).choices("abcdef", k=600_000))

    def long(text: str) -> str:
        return text.replace("<sheetData>", f"<!--{noise}--><sheetData>")

    assert _case(sheet_xml(SIMPLE, long)) == ("format-error", "archive")


def test_a_sheet_in_another_encoding_is_not_guessed() -> None:
    def other(text: str) -> str:
        return f'<?xml version="1.0" encoding="utf-16"?>{text}'

    assert _case(sheet_xml(SIMPLE, other)) == ("format-error", "archive")


def _far(address: str) -> Callable[[str], str]:
    row = address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    cell = f'<row r="{row}"><c r="{address}"><v>1</v></c></row></sheetData>'
    return lambda text: text.replace("</sheetData>", cell)


def test_a_stray_cell_in_the_last_corner_costs_nothing() -> None:
    """A dense table up to XFD1048576 would take 400 GB: other readers are killed by this file."""
    tracemalloc.start()
    try:
        assert _case(sheet_xml(SIMPLE, _far("XFD1048576"))) == ("limit-error", "wide")
        # empty rows between are counted, not made
        found = taken(sheet_xml(SIMPLE, _far("A1048576")), one("integer"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.report.counts["blank-row"] == 1_048_573
    assert peak < 20_000_000


_CELL = (
    '<table:table-cell table:number-columns-repeated="{}" office:value-type="float" '
    'office:value="1"/>'
)


def _repeated(rows: int, columns: int) -> str:
    return (
        f'<table:table-row table:number-rows-repeated="{rows}">'
        f"{_CELL.format(columns)}</table:table-row>"
    )


@pytest.mark.parametrize(
    ("rows", "rule", "case"),
    [
        (_repeated(1, 16_384) * 2_000, "limit-error", "wide"),
        (_repeated(1_048_570, 900), "limit-error", "cells"),
        (_repeated(999_999_999, 1), "limit-error", "cells"),
        (_repeated(9_000_000, 1), "format-error", "archive"),
        (_repeated(99_999_999_999, 1), "format-error", "archive"),
        (
            ods_row(["a"]).replace("a</text", 'a<text:s text:c="999999999"/></text'),
            "limit-error",
            "cell",
        ),
    ],
)
def test_few_bytes_that_stand_for_many_cells(rows: str, rule: str, case: str) -> None:
    tracemalloc.start()
    try:
        found = _case(ods_of({"A": ods_row(["id", "x"]) + rows}), "f.ods")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == (rule, case)
    assert peak < 60_000_000


def test_ten_thousand_columns() -> None:
    wide = xlsx([["id", "x", *(f"c{n}" for n in range(10_000))]])
    assert _case(wide) == ("limit-error", "wide")


# -- any damage --------------------------------------------------------------------------------

BASES = (
    (
        "f.xlsx",
        xlsx([["id", "nom", "montant", "ouvert", "jour"], [1, "é", 0.5, True, None], [2, "b"]]),
    ),
    ("f.ods", ods([["id", "nom", "montant", "ouvert"], [1, "é", 0.5, True], [2, "b"]])),
)
SPLICES = (
    b"",
    b"-1",
    b"99999999999999999999",
    b"1e999",
    b"nan",
    b"A0",
    b"<c/>",
    b"</row>",
    b"<row>",
    b'<c r="ZZZ9999999"/>',
    b"\xff",
    b"&a;",
    b"_xD800_",
    b'<mergeCell ref="A1:"/>',
    b"<v>",
)


def _sound(data: bytes, filename: str) -> None:
    found = taken(data, ALL, filename)
    assert (found.rows is None) != found.report.valid
    assert found.report.text()
    assert all(note.text() for note in found.guessed)
    assert all(rule for rule, _, _ in (told(found) if found.rows is None else []))


@given(st.sampled_from(BASES), st.integers(0, 2**32), st.integers(1, 8))
@settings(deadline=None, max_examples=150)
def test_any_bytes_of_a_workbook_may_be_wrong(
    base: tuple[str, bytes], seed: int, changes: int
) -> None:
    chance = random.Random(seed)
    data = bytearray(base[1])
    for _ in range(changes):
        data[chance.randrange(len(data))] = chance.randrange(256)
    _sound(bytes(data[: chance.choice((len(data), chance.randrange(len(data))))]), base[0])


@given(st.sampled_from(BASES), st.integers(0, 2**32), st.sampled_from(SPLICES), st.integers(0, 30))
@settings(deadline=None, max_examples=300)
def test_any_part_of_a_workbook_may_be_wrong(
    base: tuple[str, bytes], seed: int, splice: bytes, cut: int
) -> None:
    chance = random.Random(seed)
    parts = unzipped(base[1])
    name = chance.choice(sorted(parts))
    content = parts[name]
    at = chance.randrange(len(content) + 1)
    parts[name] = content[:at] + splice + content[at + cut :]
    _sound(zipped(parts, zipfile.ZIP_STORED), base[0])
