"""What files may be wrong with, whatever their form: each a clear answer in both languages."""

import io
import json
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading_world import guesses, one
from workbook_world import ods, saved, unzipped, xlsx, zipped

from schemas.reading import opening, read


def parquet(names: list[str], row: list[str]) -> bytes:
    out = io.BytesIO()
    arrays = [pa.array([item]) for item in row]
    pq.write_table(pa.Table.from_arrays(arrays, names=names), out)
    return out.getvalue()


WIDE = ["id", "x", *(f"c{number}" for number in range(10_000))]
DOUBLE = ["id", "x", "x"]
CELLS = ["a", "b", "c"]
MIXED = b"id;x\n" + "a;été\n".encode() + "b;été\n".encode("cp1252")


def sheets() -> bytes:
    """Formulas without results, merged cells, several sheets."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.append(["Titre"])
    first.append(["id", "x"])
    first.append(["a", "=1+1"])
    first.append(["b", "2"])
    first.merge_cells("A4:B4")
    book.create_sheet("Autre").append(["rien"])
    return saved(book)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("f.csv", b"", [("source-error", None)]),
        ("f.json", b"", [("source-error", None)]),
        ("f.xlsx", xlsx([]), [("source-error", "sheet")]),
        ("f.ods", ods([]), [("source-error", "sheet")]),
        ("f.csv", b"id,x\n", [("source-error", "rows")]),
        ("f.json", b"[]", [("source-error", "rows")]),
        ("f.xlsx", xlsx([["id", "x"]]), [("source-error", "rows")]),
        ("f.ods", ods([["id", "x"]]), [("source-error", "rows")]),
        ("f.geojson", b'{"type":"FeatureCollection","features":[]}', [("source-error", "rows")]),
        ("f.csv", ",".join(WIDE).encode() + b"\n", [("limit-error", "columns")]),
        ("f.json", json.dumps([dict.fromkeys(WIDE, "a")]).encode(), [("limit-error", "columns")]),
        ("f.xlsx", xlsx([WIDE]), [("limit-error", "wide")]),
        ("f.ods", ods([WIDE]), [("limit-error", "wide")]),
        ("f.parquet", parquet(WIDE, ["a"] * len(WIDE)), [("limit-error", "columns")]),
        ("f.csv", b"id,x,x\na,b,c\n", [("duplicate-label", None)]),
        ("f.json", b'[{"id": "a", "x": "b", "x": "c"}]', [("format-error", "twice")]),
        ("f.xlsx", xlsx([DOUBLE, CELLS]), [("duplicate-label", None)]),
        ("f.ods", ods([DOUBLE, CELLS]), [("duplicate-label", None)]),
        ("f.parquet", parquet(DOUBLE, CELLS), [("duplicate-label", None)]),
        ("f.csv", MIXED, [("encoding-error", None)]),
        ("f.xlsx", sheets(), [("type-error", "formula"), ("missing-cell", "merged")]),
        ("f.xlsx", b"id;x\na", [("missing-cell", None)]),
        ("f.csv", b"%PDF-1.7\n", [("format-error", "workbook")]),
        ("f.csv", b"<html>", [("format-error", "markup")]),
    ],
)
def test_each_has_a_clear_answer(name: str, data: bytes, expected: Any) -> None:
    found = read(data, filename=name, schema=one("string"))
    assert found.rows is None
    told = [(fault.rule, fault.case) for fault in found.report.faults]
    assert [one for one in told if one[0] not in ("extra-label", "missing-label")] == expected
    for lang in ("fr", "en"):
        text = found.report.text(lang)
        assert "{" not in text
        assert "Traceback" not in text


def test_formulas_and_sheets_are_told_beside_the_faults() -> None:
    found = read(sheets(), filename="f.xlsx", schema=one("string"))
    assert {code for code, _, _ in guesses(found)} == {
        "sheet",
        "sheets-unread",
        "header-row",
        "formulas",
    }


def test_a_bomb_in_a_workbook_costs_nothing() -> None:
    parts = unzipped(xlsx([["id", "x"], ["a", "b"]]))
    bomb = zipped({**parts, "xl/worksheets/sheet1.xml": b"\0" * (64 * 1024 * 1024)})
    assert len(bomb) < 100_000
    found = read(bomb, filename="f.xlsx", schema=one("string"))
    assert [fault.case for fault in found.report.faults] == ["archive-ratio"]


def test_what_is_larger_than_any_file_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "FILE_MAX_BYTES", 100)
    found = read(b"x" * 101, filename="f.csv", schema=one("string"))
    assert [fault.rule for fault in found.report.faults] == ["byte-count"]
