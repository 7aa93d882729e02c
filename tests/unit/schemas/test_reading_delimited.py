"""Delimited text: header, lines, quotes, and two ways to the same cells."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_world import ALL, guesses, of, one, schema_of, told, values

from schemas.reading import delimited, limits
from schemas.reading.cells import Cells, joined
from schemas.reading.delimited import delimited_parts
from schemas.reading.faults import Unreadable
from schemas.reading.feed import Feed, line_count, pieces_of
from schemas.report import LIMIT, Report, ReportBuilder

TEXT = one("string")
ID = {"name": "id", "type": "integer", "constraints": {"required": True}}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    others = "".join({",", ";", "\t"} - {delimiter})
    found = of(f"id{delimiter}x\na{delimiter}e{others}f\n", TEXT)
    assert values(found, "x") == [f"e{others}f"]
    assert guesses(found) == ([] if delimiter == "," else [("delimiter", None, delimiter)])


def test_names_of_the_schema_outweigh_other_separators() -> None:
    found = of("id;x, en mètres, au sol\na;b\n", TEXT)
    assert told(found) == [("extra-label", 1, "x, en mètres, au sol")]


def test_one_column_needs_no_delimiter() -> None:
    schema = schema_of([{"name": "id", "type": "string", "constraints": {"required": True}}])
    assert values(of("id\nb\na\n", schema), "id") == ["a", "b"]
    assert told(of("id\nb\n\na\n", schema)) == [("blank-row", 3, None)]


def test_labels_are_trimmed() -> None:
    assert values(of(' id ,"x "\na,b\n', TEXT), "x") == ["b"]


def test_columns_may_stand_in_any_order_and_optional_ones_may_lack() -> None:
    assert values(of("x,id\nb,a\n", TEXT), "x") == ["b"]
    assert values(of("id\na\n", TEXT), "x") == [None]


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        ("id,x,id", [("duplicate-label", 1, "id")]),
        ("id,,x", [("blank-label", 1, None)]),
        ("id,x, ", [("blank-label", 1, None)]),
        ("x", [("missing-label", None, "id")]),
        ("id,x,zzz", [("extra-label", 1, "zzz")]),
        ("ID,x,id", [("extra-label", 1, "ID")]),
    ],
)
def test_faults_of_the_header(
    header: str, faults: list[tuple[str, int | None, str | None]]
) -> None:
    line = ",".join("a" for _ in header.split(","))
    assert told(of(f"{header}\n{line}\n", TEXT)) == faults
    assert told(of(f'{header}\n"{line.replace(",", chr(34) + "," + chr(34))}"\n', TEXT)) == faults


def test_an_unknown_column_has_the_nearest_name_as_remedy() -> None:
    fault = of("id,Montants\na,1\n").report.faults[0]
    assert fault.rule == "extra-label"
    assert fault.remedy("fr") == "La renommer en « montant », ou la retirer."
    assert fault.remedy("en") == "Rename it “montant”, or remove it."
    taken = of("id,montant,Montants\na,1,1\n").report.faults[0]
    assert "montant »" not in taken.remedy("fr")
    far = of("id,Montant" + "s" * limits.LABEL_MAX_CHARS + "\n1,1\n").report.faults[0]
    assert "renommer en" not in far.remedy("fr")


def test_a_missing_column_is_one_fault_and_cells_are_still_looked_at() -> None:
    assert told(of("nom,annee\na,b\nc,2026\n")) == [
        ("missing-label", None, "id"),
        ("type-error", 2, "annee"),
    ]


def test_lines_with_another_number_of_cells() -> None:
    found = of("id,x\na,1\nb\nc,1,2\nd,2\n", TEXT)
    assert told(found) == [("missing-cell", 3, None), ("extra-cell", 4, None)]
    assert found.report.rows == 4
    assert "1 cellules, l'en-tête 2" in found.report.faults[0].message()
    # as many separators as there should be in all, but not on each line
    assert told(of("id,x\nb\nc,1,2\n", TEXT)) == [
        ("missing-cell", 2, None),
        ("extra-cell", 3, None),
    ]


def test_blank_lines_at_the_end_are_no_rows() -> None:
    for end in ("\n", "\n\n\n", "\r\n\r\n", "\n \n", "\n,\n,\n", "\n , \n"):
        found = of(f"id,x\na,b{end}", TEXT)
        assert values(found, "x") == ["b"]
        assert found.report.rows == 1


def test_blank_lines_inside_are_faults() -> None:
    assert told(of("id,x\n\na,b\n,\n  \nc,d\n\n", TEXT)) == [
        ("blank-row", row, None) for row in (2, 4, 5)
    ]
    many = of("id,x\n" + "\n" * 100 + "a,b\n", TEXT)
    assert told(many) == [("blank-row", row, None) for row in range(2, 2 + LIMIT)]
    assert many.report.counts == {"blank-row": 100}
    assert many.report.rows == 101


def test_endless_blank_lines_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.reading.delimited.ROWS_MAX", 50)
    assert told(of("id,x\n" + "\n" * 100 + "a,b\n", TEXT)) == [("row-count", None, None)]


def test_row_numbers_are_lines_of_the_file_with_breaks_inside_quotes() -> None:
    text = 'id,x\n"1\n2\n3",1\nb,?\n"c\r\nd",2\r\ne,??\n'
    found = of(text, one("integer"))
    assert told(found) == [("type-error", 5, "x"), ("type-error", 8, "x")]
    assert [fault.value for fault in found.report.faults] == ["?", "??"]


def test_a_broken_record_is_told_at_its_first_line() -> None:
    assert told(of('id,x\na,1\n"b\nb",1,2\n', TEXT)) == [("extra-cell", 3, None)]


def test_quoted_texts_stay_as_they_are() -> None:
    found = of('id,x\na," ""b"", c;\r\nd "\n', TEXT)
    assert values(found, "x") == [' "b", c;\r\nd ']


def test_an_open_quote_does_not_swallow_the_file() -> None:
    csv.field_size_limit(10**9)  # as frictionless does on import
    found = of('id,x\na,1\nb,"' + "c\n" * limits.CELL_MAX_CHARS, TEXT)
    assert told(found) == [("limit-error", 3, None)]
    assert told(of("id,x\na," + "c" * (limits.CELL_MAX_CHARS + 1), TEXT)) == [
        ("limit-error", 2, None)
    ]
    assert told(of("c" * (limits.CELL_MAX_CHARS + 1), TEXT)) == [("limit-error", 1, None)]


def test_many_quoted_rows_come_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.reading.cells.CHUNK_ROWS", 7)
    for count in (6, 7, 8, 21):
        body = "".join(f'"{n:03}",{n}\n' for n in range(count))
        assert values(of(f"id,x\n{body}", one("integer")), "x") == list(range(count))


CELL = st.text("1é ;\t'#\xa0\x1c", max_size=3)
ROW = st.tuples(st.just("1") | CELL, CELL, CELL).map(list)
ANY = st.text('ab1,;\t\n\r é"')


def _all(utf8: bytes, part_bytes: int = 10**6) -> tuple[Cells | str, Report]:
    """The cells of a file, or the rule that says why it can't be read; and the report."""
    builder = ReportBuilder()
    found: Cells | str
    try:
        found = joined(
            list(
                delimited_parts(
                    pieces_of(utf8, max(1, part_bytes // 2)),
                    ALL,
                    builder,
                    lambda _: None,
                    part_bytes=part_bytes,
                )
            )
        )
    except Unreadable as stop:
        found = stop.fault.text("en")
    return found, builder.build(0)


def _same(one: tuple[Cells | str, Report], other: tuple[Cells | str, Report]) -> None:
    assert one[1] == other[1]
    if isinstance(one[0], str) or isinstance(other[0], str):
        assert one[0] == other[0]
        return
    assert one[0].frame.equals(other[0].frame)
    assert one[0].lines.to_list() == other[0].lines.to_list()
    assert (one[0].decimal_comma, one[0].dropped) == (other[0].decimal_comma, other[0].dropped)


def _both_ways(utf8: bytes, part_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "plain_cells", lambda *_: None)
        slowly = _all(utf8)
        _same(slowly, _all(utf8, part_bytes))
    _same(slowly, _all(utf8))
    _same(slowly, _all(utf8, part_bytes))


@given(
    st.lists(ROW, max_size=5),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\n", "\n\n", "\r", " \n", "1,2\n"]),
    st.integers(1, 30),
)
@settings(deadline=None)
def test_all_ways_give_the_same_cells(
    table: list[list[str]], delimiter: str, end: str, last: str, part_bytes: int
) -> None:
    lines = [delimiter.join(row) for row in (["id", "x", "nom"], *table)]
    _both_ways((end.join(lines) + end + last).encode(), part_bytes)


QUOTED = st.lists(
    st.lists(
        st.sampled_from(['"a,b"', '""', '"a""b"', '""""', "", "a", 'a"', '"a"b', ' "a"', '"a\nb"']),
        min_size=3,
        max_size=3,
    ),
    min_size=1,
    max_size=4,
)


@given(QUOTED, st.sampled_from([",", ";"]), st.sampled_from(["\n", "\r\n"]), st.integers(1, 30))
@settings(deadline=None)
def test_all_ways_agree_on_quotes(
    table: list[list[str]], delimiter: str, end: str, part_bytes: int
) -> None:
    lines = (delimiter.join(row) for row in (["id", "x", "nom"], *table))
    _both_ways(end.join(lines).encode(), part_bytes)


@given(ANY, st.integers(1, 30))
@settings(deadline=None)
def test_all_ways_agree_on_any_text(text: str, part_bytes: int) -> None:
    _both_ways(f"id,x,nom\n{text}".encode(), part_bytes)
    text = text.replace("a", ",,").replace("b", "a,b,c")
    _both_ways(f"id,x,nom\n{text}".encode(), part_bytes)


@pytest.mark.parametrize("start", ["x\x01", "x^", "xڀ", "\ufeffx", "(", "\x1fé"])
def test_text_is_not_taken_for_something_compressed(start: str) -> None:
    found = of(
        f"nom,id\n{start}2,1\n{start}3,2\n", schema_of([ID, {"name": "nom", "type": "string"}])
    )
    assert {one.rule for one in found.report.faults} <= {"text-error"}
    _both_ways(f"nom,id\n{start}2,1\n{start}3,2\n".encode(), 1)


@given(ANY, st.integers(1, 9), st.integers(1, 9))
@settings(deadline=None)
def test_parts_are_whole_lines_and_make_the_text(text: str, piece: int, part: int) -> None:
    utf8 = text.encode()
    feed = Feed(pieces_of(utf8, piece), part)
    parts = list(iter(feed.part, b""))
    assert b"".join(parts) == utf8
    assert sum(map(line_count, parts)) == line_count(utf8)
    assert line_count(utf8) == len(list(io.StringIO(text, newline="")))
    assert list(Feed(pieces_of(utf8, piece)).lines()) == list(io.StringIO(text, newline=""))


def test_a_line_without_end_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.reading.feed.LINE_MAX_BYTES", 100)
    monkeypatch.setattr("schemas.reading.feed.OPENING_BYTES", 10)
    told = (
        "The line is too long; the rest is not read. "
        "At most 100 bytes a line: check line ends and quotes. [limit-error]"
    )
    short, long = b"a,b\n" * 100, b"c,d" * 100
    for text in (b"id,nom\n" + short + long + b"\n" + short, b"id,nom\n" + short + long):
        assert _all(text, 10)[0] == f"Line 102: {told}"
    assert isinstance(_all(b"id,nom\n" + short, 10)[0], Cells)
    assert _all(long, 10)[0] == f"Line 1: {told}"
    quoted = b'id,nom\na,b\nc,"' + b"d\n" * 100
    assert _all(quoted, 10)[0] == f"Line 3: {told}"


def test_most_files_go_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_way(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(delimited._Body, "_quoted", no_way)
    for text in (
        b'"id",x,"nom"\r\n1,2,3\r\n4,,\r\n',
        b"id,x,nom\n1,2,3\n\n\n",
        b'id,x,nom\n1,"a, ""b""",""\n',
    ):
        assert isinstance(_all(text)[0], Cells)


def test_no_reader_lets_its_signal_out() -> None:
    assert of('id,nom\n"', ALL).rows is None


@pytest.mark.parametrize("line", ["sep=;\n", '"sep=;"\r\n', "SEP=;\r\n"])
def test_a_line_for_excel_is_no_header(line: str) -> None:
    found = of(f"{line}id;x\na;1\nb;c\n", one("integer"))
    assert told(found) == [("type-error", 4, "x")]
    assert ("sep-line", None, ";") in guesses(found)
    assert told(of(f"{line}id;y\na;1\n", one("integer"))) == [("extra-label", 2, "y")]
    assert told(of("sep=;\n;\na;1\n", one("integer"))) == [("blank-header", 2, None)]
    assert told(of("sep=;\n", one("integer")))[0][0] in ("source-error", "blank-header")
