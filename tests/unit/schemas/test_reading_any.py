"""Reading for any input: what is written is read back, and no bytes raise."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_world import ALL, of

from schemas.reading import Reading, read


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


COLUMNS = ("nom", "montant", "ouvert", "jour", "instant", "annee", "themes", "detail")
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1
) | st.text("ab,;\t\n\" '", min_size=1)
decimals = st.integers(-(10**18) + 1, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-3))
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
rows = st.fixed_dictionaries(
    {
        "nom": st.none() | texts,
        "montant": st.none() | decimals,
        "ouvert": st.none() | st.booleans(),
        "jour": st.none() | st.dates(),
        "instant": st.none() | instants,
        "annee": st.none() | st.integers(1000, 9999),
        "themes": st.none() | st.lists(texts, max_size=3).map(_compact),
        "detail": st.none() | st.dictionaries(texts, st.integers(), max_size=2).map(_compact),
    }
)
tables = st.dictionaries(st.integers(-(2**63), 2**63 - 1), rows, min_size=1, max_size=6)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value:04}" if isinstance(value, int) and 0 <= value < 10000 else str(value)


def _frame(table: dict[int, dict[str, Any]]) -> pl.DataFrame:
    order = ALL.polars_schema()
    ordered = [{"id": key} | row for key, row in sorted(table.items())]
    return pl.DataFrame(ordered, schema=order, orient="row")


@given(tables, st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]))
@settings(deadline=None)
def test_what_is_written_as_csv_is_read_back(
    table: dict[int, dict[str, Any]], delimiter: str, end: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(["id", *COLUMNS])
    writer.writerows(
        [str(key), *(_text(row[name]) for name in COLUMNS)] for key, row in table.items()
    )
    found = of(out.getvalue())
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    assert found.rows.equals(_frame(table))


@given(tables, st.booleans(), st.booleans())
@settings(deadline=None)
def test_what_is_written_as_json_is_read_back(
    table: dict[int, dict[str, Any]],
    lines: bool,  # noqa: FBT001 - drawn
    escaped: bool,  # noqa: FBT001 - drawn
) -> None:
    ready: list[str] = []
    for key, row in table.items():
        members = {"id": str(key)}
        for name, value in row.items():
            if value is None:
                members[name] = "null"
            elif name in ("montant", "themes", "detail"):
                members[name] = str(value)
            else:
                kept = value if isinstance(value, bool | int) else _text(value)
                members[name] = json.dumps(kept, ensure_ascii=escaped)
        ready.append("{" + ", ".join(f'"{name}": {text}' for name, text in members.items()) + "}")
    text = "\n".join(ready) if lines else f"[{', '.join(ready)}]"
    found = of(text, filename="f.json")
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    assert found.rows.equals(_frame(table))


def _sound(found: Reading) -> None:
    assert (found.rows is None) != found.report.valid
    assert isinstance(found.report.text(), str)
    assert isinstance(found.report.to_json(), dict)
    assert all(note.text() for note in found.guessed)


names = st.sampled_from(["f.csv", "f.json", "f"])
HEADS = st.sampled_from(
    ["id,nom,montant,ouvert,jour,instant,annee,themes,detail,courriel", "id;montant", "id\tinstant"]
)
odd = st.sampled_from(
    [
        "1e400",
        "NaN",
        "-0",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-10:00",
        "é",
        "[",
        "{}",
        "\x85",
        "0000-00-00",
        "2026-03-29T02:30:00",
        "29/02/2023",
        "9" * 40,
        '"',
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ]
)


@given(st.binary(), names)
@settings(deadline=None)
def test_any_bytes_are_a_report(data: bytes, name: str) -> None:
    _sound(read(data, filename=name, schema=ALL))


@given(HEADS, st.lists(st.text('1,;\t\n\r"ab:-T./Z ') | odd, max_size=12), names)
@settings(deadline=None, max_examples=120)
def test_any_table_is_a_report(head: str, parts: list[str], name: str) -> None:
    _sound(of(f"{head}\n{','.join(parts)}", filename=name))


loose = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
members = st.sampled_from([field.name for field in ALL.fields]) | st.text(max_size=3)


nested = st.dictionaries(members | st.sampled_from(["a.b", "detail.id"]), loose, max_size=3)
wrapped = st.recursive(
    st.lists(nested | loose, max_size=3),
    lambda inner: st.dictionaries(members, inner | loose, max_size=3),
    max_leaves=4,
)


@given(wrapped, st.sampled_from(["", "}", "]", " {}", "\n{}", ","]), st.integers(0, 200))
@settings(deadline=None, max_examples=100)
def test_any_wrapper_is_a_report(value: Any, more: str, cut: int) -> None:
    text = json.dumps(value)
    _sound(of(text + more, filename="f.json"))
    _sound(of(text[:cut], filename="f.json"))


@given(st.lists(st.dictionaries(members, loose, max_size=4) | loose, max_size=4) | loose)
@settings(deadline=None, max_examples=100)
def test_any_json_is_a_report(value: Any) -> None:
    _sound(of(json.dumps(value), filename="f.json"))
