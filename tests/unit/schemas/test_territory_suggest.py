"""Codes one slip away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.territory.suggest import SUGGESTIONS, close_codes
from schemas.territory.tables import load

CODES = load().row_of


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1001", "01001"),  # a spreadsheet ate the zero
        ("21011", "12011"),  # swapped
        ("120111", "12011"),  # surplus
        ("1211", "12011"),  # missing
        ("12O11", "12011"),  # a letter
    ],
)
def test_slips(typed: str, meant: str):
    assert meant in close_codes(typed, {meant: 0})


def test_the_likeliest_come_first_and_the_code_itself_is_no_suggestion():
    assert close_codes("1001", CODES)[0] == "01001"
    assert "12011" not in close_codes("12011", CODES)


@given(st.text(alphabet="0123456789AB", max_size=7))
def test_suggestions_exist_are_few_and_differ(code: str):
    found = close_codes(code, CODES)
    assert len(found) == len(set(found)) <= SUGGESTIONS
    assert all(each in CODES for each in found)
