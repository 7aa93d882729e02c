"""The short way for plain columns: the same values as the long one, or none."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.document import Field
from schemas.reading.casting import cast_column
from schemas.reading.plain import plain_values

DIGITS = st.text("0123456789+-.,eE _", max_size=8)
TEXTS = {
    "integer": DIGITS | st.integers(-(2**65), 2**65).map(str) | st.text(max_size=3),
    "number": DIGITS | st.decimals(allow_nan=False, allow_infinity=False).map(str),
    "year": DIGITS | st.integers(-9999, 99999).map(str),
    "boolean": st.sampled_from(["true", "TRUE", "1", "0", "oui", "Faux", "no", "", " true"]),
    "date": st.dates().map(str)
    | st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]", fullmatch=True)
    | st.text("0123456789-/T ", max_size=12),
    "datetime": st.from_regex(
        r"(?:20[0-9]{2}|0000|9999)-[01][0-9]-[0-3][0-9][T t]"
        r"(?:[0-2][0-9](?::[0-6][0-9](?::[0-6][0-9](?:[.,][0-9]{0,9})?)?)?)?"
        r" ?(?:Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
        fullmatch=True,
    )
    | st.datetimes().map(lambda moment: f"{moment.isoformat()}+01:00"),
}


@pytest.mark.parametrize(("kind", "scale"), [("number", 2), *((kind, 0) for kind in TEXTS)])
def test_plain_values_are_those_of_the_long_way(kind: str, scale: int) -> None:
    field = Field.model_validate({"name": "x", "type": kind})

    @given(st.lists(TEXTS[kind], min_size=1, max_size=2))
    @settings(deadline=None)
    def same(texts: list[str]) -> None:
        cells = pl.Series("x", [*texts, None], dtype=pl.String)
        found = plain_values(cells, field, scale)
        if found is None:
            return
        slowly = cast_column(cells, field, scale, comma=False)
        assert slowly.troubles == ()
        assert slowly.guesses == ()
        assert found.dtype == slowly.values.dtype
        assert found.equals(slowly.values)

    same()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "+12"),
        ("number", "12.5"),
        ("year", "2026"),
        ("boolean", "true"),
        ("date", "2026-02-28"),
        ("datetime", "2026-02-28T12:00:00Z"),
        ("datetime", "2026-02-28 12:00:00.123456+01:00"),
    ],
)
def test_what_most_files_have_is_plain(kind: str, text: str) -> None:
    field = Field.model_validate({"name": "x", "type": kind})
    assert plain_values(pl.Series([text, None]), field, 2) is not None


@pytest.mark.parametrize("kind", ["string", "array", "object", "geojson", "geopoint"])
def test_other_types_have_no_plain_form(kind: str) -> None:
    field = Field.model_validate({"name": "x", "type": kind})
    assert plain_values(pl.Series(["[]"]), field, 0) is None


def test_a_schema_with_another_form_of_dates_is_read_the_long_way() -> None:
    field = Field.model_validate({"name": "x", "type": "date", "format": "%d.%m.%Y"})
    assert plain_values(pl.Series(["2026-02-28"]), field, 0) is None
