"""Which part of a content a message carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import MalformedError
from federation.limits import PARTS_MAX
from federation.message import PART_HEADER, parse_part


@given(st.integers(1, PARTS_MAX), st.integers(1, PARTS_MAX))
def test_parts(one: int, other: int) -> None:
    number, total = sorted((one, other))
    assert parse_part({PART_HEADER: f"{number}/{total}"}) == (number, total)


def test_a_content_in_one_piece() -> None:
    assert parse_part({}) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        *["", "1", "/", "1/", "/1", "0/1", "2/1", "1/0", "01/2", "1/02", "+1/2", "-1/2", "1/2/3"],
        *[" 1/2", "1/2\n", "1.0/2", "١/٢", "²/3", "1e1/20"],
        *[f"1/{PARTS_MAX + 1}", "1/" + "9" * 5000],
    ],
)
def test_no_parts(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_part({PART_HEADER: text})
    assert caught.value.code == "part"
