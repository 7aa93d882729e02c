"""Checking part by part: the report of `read`, however small the parts are."""

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_world import ALL, REQUIRED, schema_of

from schemas.model import Schema
from schemas.reading import Reading, read
from schemas.reading.encoding import Pieces
from schemas.reading.feed import pieces_of
from schemas.reading.repeats import Held
from schemas.reading.stream import check_parts, has_parts
from schemas.report import LIMIT

SCHEMA = schema_of(
    [
        {"name": "id", "type": "string", "constraints": REQUIRED | {"minLength": 1}},
        {"name": "jour", "type": "date", "constraints": REQUIRED},
        {"name": "instant", "type": "datetime"},
        {"name": "nombre", "type": "number", "constraints": {"minimum": 0}},
        {"name": "code", "type": "integer", "constraints": {"unique": True, "maximum": 50}},
        {"name": "nom", "type": "string", "constraints": {"unique": True, "pattern": "[a-zé]*"}},
        {"name": "ouvert", "type": "boolean"},
        {"name": "themes", "type": "array"},
        {"name": "drapeau", "type": "integer", "constraints": {"minimum": 0, "maximum": 1}},
        {"name": "courriel", "type": "string"},
    ],
    ("id", "jour"),
    personal=["courriel"],
)
NAMES = [field.name for field in SCHEMA.fields]


def in_pieces(data: bytes, size: int) -> Pieces:
    return lambda: pieces_of(data, size)


def same(data: bytes, part: int, schema: Schema = SCHEMA, *, drawers: int = 3) -> Reading:
    whole = read(data, filename="f.csv", schema=schema)
    pieces = in_pieces(data, max(1, part // 3))
    found = check_parts(
        pieces,
        schema=schema,
        part_bytes=part,
        drawers=Held(),
        drawer_count=drawers,
        seed=part,
    )
    assert found.report == whole.report
    assert found.guessed == whole.guessed
    assert found.labels == whole.labels
    return found


VALUES = {
    "id": st.sampled_from(["a", "b", "c", " a", "", "é"]),
    "jour": st.sampled_from(["2026-01-01", "01/01/2026", "2026-01-02", "2026-13-01", ""]),
    "instant": st.sampled_from(
        ["2026-01-01T00:00:00Z", "2026-03-29 02:30", "2026-10-25T02:30:00", "?", ""]
    ),
    "nombre": st.sampled_from(["1", "-1", "1,5", "1.5", "1e3", "x", ""]),
    "code": st.sampled_from(["1", "01", "2", "99", "x", "", "9999999999999999999"]),
    "nom": st.sampled_from(["a", "é", "a\nb", 'a"b', "A", "", "x\x01"]),
    "ouvert": st.sampled_from(["true", "oui", "0", "peut-être", ""]),
    "themes": st.sampled_from(["bio|local", "bio", '["a"]', "[]", "a;b", "a|", ""]),
    "drapeau": st.sampled_from(["0", "1", "oui", "false", "2", "x", ""]),
    "courriel": st.sampled_from(["a@b.fr", ""]),
}
ROWS = st.lists(st.fixed_dictionaries(VALUES), max_size=12)


def table(names: Sequence[str], rows: Sequence[dict[str, str]], delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerows([names, *([row.get(name, "") for name in names] for row in rows)])
    return text.getvalue()


@given(
    ROWS,
    st.lists(st.sampled_from(NAMES), unique=True, min_size=1) | st.just(NAMES),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    st.sampled_from(["", "\n\n\n", "a,b\n", '"', "a\n\na\n", "\n,,;\n"]),
    st.integers(1, 400),
)
@settings(deadline=None)
def test_the_report_is_that_of_reading_at_once(  # noqa: PLR0917 - drawn ones
    rows: list[dict[str, str]],
    names: list[str],
    delimiter: str,
    encoding: str,
    last: str,
    part: int,
) -> None:
    same((table(names, rows, delimiter) + last).encode(encoding), part)


@given(
    st.binary(max_size=60) | st.text('id,jour\n\r"é;', max_size=60).map(str.encode),
    st.integers(1, 9),
)
@settings(deadline=None)
def test_any_bytes_have_the_same_report(data: bytes, part: int) -> None:
    if has_parts(in_pieces(data, part), "f.csv"):
        same(data, part)
        same(b"id,jour\n" + data, part)


def test_more_faults_than_are_told_are_the_same_first_ones() -> None:
    lines = []
    for number in range(300):
        # kinds of faults take turns, so that parts meet them in another order than columns do
        jour = "2026-01-01" if number % 3 else "?"
        instant = ("2026-03-29 02:30", "2026-10-25T02:30:00", "?", "")[number // 30 % 4]
        open_ = "?" if number % 9 == 0 else "oui"
        lines.append(f"{number % 40},{jour},{instant},-1,{number % 60},{number % 7},{open_},,,")
    data = (",".join(NAMES) + "\n" + "\n".join(lines)).encode()
    for part in (1, 100, 1_000, 10**6):
        found = same(data, part, drawers=1 + part % 4)
        told = [one.row for one in found.report.faults if one.rule == "primary-key"]
        assert told == sorted(told)
        assert len(told) == LIMIT


def test_a_key_in_another_spelling_is_the_same_key() -> None:
    data = b"id,jour\n" + b"".join(b"%d,2026-01-01\n" % n for n in range(50)) + b"7,01/01/2026\n"
    found = same(data, 40)
    (fault,) = found.report.faults
    assert fault.text("en") == (
        "Line 52: The key id, jour = 7, 01/01/2026 stands on line 9 already. "
        "Keep one line per key. [primary-key]"
    )


def test_values_with_one_hash_are_not_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl  # noqa: PLC0415 - only here

    monkeypatch.setattr(
        "schemas.reading.repeats.Repeats._hash",
        lambda _self, rows, _names: pl.repeat(7, rows.height, dtype=pl.UInt64, eager=True),
    )
    monkeypatch.setattr("schemas.reading.repeats.REPEATS_ROWS", 5)
    clean = b"id,jour\n" + b"".join(b"%d,2026-01-01\n" % n for n in range(50))
    assert same(clean, 40).report.valid
    found = same(clean + b"3,2026-01-01\n3,2026-01-01\n", 40)
    assert [(one.row, dict(one.params)["first"]) for one in found.report.faults] == [
        (52, "5"),
        (53, "5"),
    ]


@pytest.mark.parametrize(
    ("start", "name", "parts"),
    [
        (b"a,b\n", "f.csv", True),
        (b"[", "f.csv", True),
        (b"[", "f", False),
        (b" \n{", "f", False),
        (b"a,b", "f.json", False),
        (b"a,b", "f.xlsx", False),
        (b"PK\x03\x04", "f.csv", False),
        (b"PAR1\0", "f.csv", False),
        (b"\n<?xml", "f.csv", False),
        (b"", "f.csv", True),
        ("id".encode("utf-16"), "f", True),
        (" [".encode("utf-16"), "f", False),
        ("id".encode("utf-16") + b"a", "f", True),
    ],
)
def test_which_files_have_parts(start: bytes, name: str, parts: bool) -> None:  # noqa: FBT001 - a value
    assert has_parts(in_pieces(start, 2), name) is parts


def test_a_file_without_its_key_has_no_faults_per_row() -> None:
    found = same(b"nom\nA\nB\n", 3)
    assert found.report.counts == {"missing-label": 2}
    assert same(b"", 3, ALL).report.counts == {"source-error": 1}
