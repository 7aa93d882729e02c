"""Rows as analysts read them."""

import ast
from pathlib import Path

import polars as pl
import pytest

from federation.tabular import FORMULA_BEGINS, defused, with_places
from tests.world import ARVIEU, EPCI, counts, projects, schema, types_schema


def test_rows_have_the_code_and_name_of_their_commune():
    form = schema("comptage-mobilites")
    found = with_places(form, ARVIEU, counts())
    assert found.columns[:2] == ["codgeo", "libgeo"]
    assert found["codgeo"].unique().to_list() == ["12011"]
    assert found["libgeo"].unique().to_list() == ["Arvieu"]
    assert found.drop("codgeo", "libgeo").equals(counts())
    assert with_places(form, ARVIEU, counts().clear()).height == 0


def test_a_body_without_a_place_adds_nothing():
    assert with_places(schema("projets"), EPCI, projects()).equals(projects())


def test_a_municipality_abroad_is_its_own_place():
    found = with_places(schema("comptage-mobilites"), "xx-lau-musterstadt", counts())
    assert found["codgeo"].unique().to_list() == ["xx-lau-musterstadt"]
    assert found["libgeo"].unique().to_list() == [None]


def test_rows_that_name_their_place_have_that_ones_name():
    form = types_schema()
    assert form.place is not None
    frame = pl.DataFrame({form.place: ["12011", "2A004", "99999", None], "x": [1, 2, 3, 4]})
    found = with_places(form, EPCI, frame)
    assert found["codgeo"].to_list() == ["12011", "2A004", "99999", None]
    assert found["libgeo"].to_list() == ["Arvieu", "Ajaccio", None, None]


def test_names_that_are_taken_stay():
    frame = pl.DataFrame({"codgeo": ["x"]})
    assert with_places(schema("comptage-mobilites"), ARVIEU, frame).equals(frame)


def test_texts_that_a_spreadsheet_would_run_are_defused():
    frame = pl.DataFrame({"a": ["=1+1", "@x", "ok", None], "n": [-1, 2, 3, 4]})
    assert defused(frame)["a"].to_list() == ["'=1+1", "'@x", "ok", None]
    assert defused(frame)["n"].to_list() == [-1, 2, 3, 4]


@pytest.mark.parametrize("begin", FORMULA_BEGINS)
def test_every_begin_of_a_formula_is_defused(begin: str):
    frame = pl.DataFrame({"a": [f"{begin}1+1", f"x{begin}"]})
    assert defused(frame)["a"].to_list() == [f"'{begin}1+1", f"x{begin}"]


WRITERS = {"write_csv", "writer", "DictWriter", "write_excel", "Workbook"}
ROOT = Path(__file__).parents[3]


def test_whoever_writes_tables_for_spreadsheets_defuses_them():
    """A new way out has to say how it keeps formulas from running."""
    found = set()
    for path in (*(ROOT / "federation").rglob("*.py"), *(ROOT / "node").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        names = {
            node.func.attr
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        if names & WRITERS and "csv" in text:
            found.add(path.relative_to(ROOT).as_posix())
            assert "defused" in text, path
    assert {"node/exporting.py", "node/rowforms.py", "node/web/api/figures.py"} <= found
