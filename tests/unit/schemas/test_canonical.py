"""The canonical digest against a slow reference that shares nothing with it."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import canonical
from schemas.bounds import DATETIME_MAX, DATETIME_MIN
from schemas.canonical import table_digest

WIDE = Context(prec=60)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SCALES = (0, 3, 9)
TYPES: dict[str, Any] = {
    "text": pl.String(),
    "whole": pl.Int64(),
    "yes": pl.Boolean(),
    "day": pl.Date(),
    "moment": pl.Datetime("us", "UTC"),
    **{f"number{scale}": pl.Decimal(18, scale) for scale in SCALES},
}


def moment(microseconds: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=microseconds)


def decimals(scale: int) -> st.SearchStrategy[Decimal]:
    steps = st.integers(-(10**18) + 1, 10**18 - 1) | st.integers(-20, 20)
    return steps.map(
        lambda step: Decimal((int(step < 0), tuple(int(d) for d in str(abs(step))), -scale))
    )


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(max_size=6),
    "whole": st.integers(-(2**63), 2**63 - 1),
    "yes": st.booleans(),
    "day": st.dates(),
    "moment": st.integers(DATETIME_MIN, DATETIME_MAX).map(moment),
    **{f"number{scale}": decimals(scale) for scale in SCALES},
}
rows = st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()})


def slow_text(name: str, value: Any) -> str:
    """A value's text, from its digits up."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if name == "day":
        return f"{value.year:04}-{value.month:02}-{value.day:02}"
    if name == "moment":
        clock = f"{value.hour:02}:{value.minute:02}:{value.second:02}.{value.microsecond:06}"
        return f"{slow_text('day', value)}T{clock}Z"
    if isinstance(value, Decimal):
        scale = int(name[len("number") :])
        steps = int(value.scaleb(scale, context=WIDE))
        digits = str(abs(steps)).rjust(scale + 1, "0")
        whole, rest = digits[: len(digits) - scale], digits[len(digits) - scale :]
        return ("-" if steps < 0 else "") + whole + ("." + rest if rest else "")
    return str(value)


def slow_netstring(text: str | None) -> bytes:
    if text is None:
        return b"-"
    data = text.encode()
    return str(len(data)).encode() + b":" + data


def slow_rank(value: Any) -> tuple[Any, ...]:
    """None before all, texts by their bytes."""
    if value is None:
        return (0,)
    return (1, value.encode() if isinstance(value, str) else value)


def slow_digest(names: Sequence[str], table: list[dict[str, Any]], key: Sequence[str]) -> str:
    ordered = sorted(table, key=lambda row: [slow_rank(row[name]) for name in key])
    lines = [b"".join(slow_netstring(name) for name in names)]
    lines += [
        b"".join(
            slow_netstring(None if row[name] is None else slow_text(name, row[name]))
            for name in names
        )
        for row in ordered
    ]
    return hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()


def frame_of(table: list[dict[str, Any]], names: Sequence[str] = tuple(TYPES)) -> pl.DataFrame:
    return pl.DataFrame(
        [pl.Series(name, [row[name] for row in table], dtype=TYPES[name]) for name in names]
    )


@settings(deadline=None, max_examples=200)
@given(
    st.lists(rows, max_size=6),
    st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=3, unique=True),
)
def test_it_is_the_digest_of_the_text_written_slowly(
    table: list[dict[str, Any]], key: list[str]
) -> None:
    distinct = {tuple(map(str, (slow_rank(row[name]) for name in key))): row for row in table}
    table = list(distinct.values())
    assert table_digest(frame_of(table), key) == slow_digest(tuple(TYPES), table, key)


@settings(deadline=None)
@given(st.lists(rows, max_size=6, unique_by=lambda row: row["whole"]), st.randoms())
def test_the_order_of_rows_changes_nothing(table: list[dict[str, Any]], chance: Any) -> None:
    digest = table_digest(frame_of(table), ["whole"])
    chance.shuffle(table)
    assert table_digest(frame_of(table), ["whole"]) == digest


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=4) | st.none(), st.text(max_size=4) | st.none())))
def test_tables_that_differ_have_other_digests(pairs: list[tuple[str | None, str | None]]) -> None:
    def table(cells: list[tuple[str | None, str | None]]) -> pl.DataFrame:
        types = {"whole": pl.Int64, "one": pl.String, "two": pl.String}
        numbered = [(at, *cell) for at, cell in enumerate(cells)]
        return pl.DataFrame(numbered, schema=types, orient="row")

    turned = [(two, one) for one, two in pairs]
    same = table_digest(table(pairs), ["whole"]) == table_digest(table(turned), ["whole"])
    assert same == (pairs == turned)


def test_what_is_written() -> None:
    frame = pl.DataFrame(
        {
            "nom": ["b", "Z", "é", "\n"],
            "n": [Decimal("-0.5"), Decimal(0), None, Decimal(12)],
        },
        schema={"nom": pl.String, "n": pl.Decimal(18, 2)},
    )
    text = "3:nom1:n\n1:\n5:12.00\n1:Z4:0.00\n1:b5:-0.50\n2:é-\n"
    assert table_digest(frame, ["nom"]) == hashlib.sha256(text.encode()).hexdigest()


def test_columns_stay_in_the_order_of_the_frame() -> None:
    frame = pl.DataFrame({"a": [1], "b": [2]})
    assert table_digest(frame, ["a"]) == hashlib.sha256(b"1:a1:b\n1:11:2\n").hexdigest()
    assert table_digest(frame, ["a"]) != table_digest(frame.select("b", "a"), ["a"])


def test_an_empty_table_has_its_column_names() -> None:
    frame = pl.DataFrame(schema={"a": pl.String})
    assert table_digest(frame, ["a"]) == hashlib.sha256(b"1:a\n").hexdigest()


def test_slices_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"a": range(100), "b": [None, "x"] * 50})
    digest = table_digest(frame, ["a"])
    monkeypatch.setattr(canonical, "_SLICE_ROWS", 7)
    assert table_digest(frame, ["a"]) == digest


def test_what_has_no_canonical_text_is_refused() -> None:
    with pytest.raises(ValueError, match="no canonical text"):
        table_digest(pl.DataFrame({"a": [1.5]}), ["a"])
    with pytest.raises(ValueError, match="no canonical text"):
        table_digest(pl.DataFrame({"a": [dt.datetime(2026, 1, 1)]}), ["a"])  # noqa: DTZ001 - so
    with pytest.raises(ValueError, match="without a key"):
        table_digest(pl.DataFrame({"a": [1]}), [])
