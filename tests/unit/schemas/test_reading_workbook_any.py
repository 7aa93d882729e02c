"""Any workbook: what others write and read, we read the same."""

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook
from workbook_world import ods, xlsx

from schemas.reading.archive import Archive
from schemas.reading.ods import Ods
from schemas.reading.sheets import Book, Cell, number_text
from schemas.reading.xlsx import Xlsx

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="_"),
    min_size=1,
    max_size=12,
).filter(lambda text: text[0] not in "=#" and text == text.strip())
numbers = (
    st.integers(-(10**14), 10**14)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.decimals(-(10**6), 10**6, places=3).map(float)
)
dates = st.dates(date(1900, 3, 2), date(9999, 12, 30))
moments = st.datetimes(datetime(1900, 3, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
cells = st.none() | texts | numbers | st.booleans() | dates | moments
tables = st.lists(st.lists(cells, min_size=1, max_size=5), min_size=1, max_size=6)


def _ours(book: Book) -> dict[tuple[int, int], str]:
    return {
        (row.number - 1, at): cell if isinstance(cell, str) else cell.text
        for row in book.open(0, lambda _done, _all: None).rows
        for at, cell in row.cells.items()
    }


def _theirs(data: bytes) -> dict[tuple[int, int], Any]:
    sheet = load_workbook(io.BytesIO(data)).get_sheet_by_index(0)
    if sheet.start is None:
        return {}
    return {
        (top, at): value
        for top, row in enumerate(sheet.to_python(skip_empty_area=False))
        for at, value in enumerate(row)
        if value != ""
    }


def _same(ours: Cell, theirs: Any) -> bool:
    if isinstance(theirs, bool):
        return ours == str(theirs).lower()
    if isinstance(theirs, datetime | date):
        text = theirs.isoformat()
        return ours.removesuffix("T00:00:00") == text.removesuffix("T00:00:00")
    if isinstance(theirs, int | float):
        # a whole number that is written out keeps all its digits
        return ours == number_text(repr(theirs)) or float(str(ours)) == theirs
    return bool(ours == theirs)


def _compare(book: Book, data: bytes) -> None:
    ours, theirs = _ours(book), _theirs(data)
    assert ours.keys() == theirs.keys()
    for place, value in theirs.items():
        assert _same(ours[place], value), (place, ours[place], value)


@given(tables)
@settings(deadline=None, max_examples=60)
def test_an_xlsx_is_read_as_calamine_reads_it(table: list[list[Any]]) -> None:
    data = xlsx(table)
    _compare(Xlsx(Archive(data)), data)


@given(tables)
@settings(deadline=None, max_examples=60)
def test_an_ods_is_read_as_calamine_reads_it(table: list[list[Any]]) -> None:
    data = ods(table)
    _compare(Ods(Archive(data)), data)


@given(numbers)
@settings(deadline=None)
def test_a_number_keeps_fifteen_digits(value: float) -> None:
    text = number_text(repr(value))
    assert text is not None
    assert "e" not in text.lower()
    assert float(f"{value:.15g}") == float(text) or Decimal(text) == Decimal(value)
