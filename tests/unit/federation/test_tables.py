"""Registers as tables: changes and applying them."""

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from federation.tables import apply_delta, make_delta
from schemas.model import DELETED

KIND = {"id": pl.String(), "nom": pl.String(), "nom_old": pl.Int64()}
rows = st.dictionaries(
    st.text("abé", min_size=1, max_size=2),
    st.tuples(st.none() | st.text(max_size=2), st.none() | st.integers(-3, 3)),
    max_size=6,
)


def table(found: dict[str, tuple[Any, Any]]) -> pl.DataFrame:
    listed = [(key, *found[key]) for key in sorted(found, key=str.encode)]
    return pl.DataFrame(listed, schema=KIND, orient="row")


@given(rows, rows)
def test_a_change_leads_from_one_table_to_the_other(
    before: dict[str, tuple[Any, Any]], after: dict[str, tuple[Any, Any]]
) -> None:
    old, new = table(before), table(after)
    delta = make_delta(old, new, ["id"])
    assert apply_delta(old, delta, ["id"]).equals(new)
    assert delta["id"].to_list() == sorted(delta["id"].to_list(), key=str.encode)


@given(rows, rows)
def test_a_change_is_the_smallest(
    before: dict[str, tuple[Any, Any]], after: dict[str, tuple[Any, Any]]
) -> None:
    delta = make_delta(table(before), table(after), ["id"])
    touched = {key for key in {*before, *after} if before.get(key, ()) != after.get(key, ())}
    assert set(delta["id"]) == touched
    gone = set(delta.filter(pl.col(DELETED))["id"])
    assert gone == set(before) - set(after)


@given(rows)
def test_nothing_changed_is_an_empty_change(found: dict[str, tuple[Any, Any]]) -> None:
    assert make_delta(table(found), table(found), ["id"]).is_empty()


def test_of_a_deleted_row_only_the_key_is_said() -> None:
    delta = make_delta(table({"a": ("secret", 1)}), table({}), ["id"])
    assert delta.rows() == [("a", None, None, True)]


def test_a_deletion_mark_that_is_null_is_no_deletion() -> None:
    delta = table({"a": ("x", 1)}).with_columns(pl.lit(None, pl.Boolean).alias(DELETED))
    assert apply_delta(table({}), delta, ["id"]).rows() == [("a", "x", 1)]


def test_deleting_what_is_not_there_changes_nothing() -> None:
    delta = table({"b": (None, None)}).with_columns(pl.lit(value=True).alias(DELETED))
    before = table({"a": ("x", 1)})
    assert apply_delta(before, delta, ["id"]).equals(before)
