"""From text to types: exactly, or a fault with its line."""

from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_world import ALL, REQUIRED, guesses, of, one, schema_of, told, values

from schemas.catalogue import bundled
from schemas.model import Schema
from schemas.reading.casting import is_flag
from schemas.reading.limits import CELL_MAX_CHARS
from schemas.reading.numbers import plain_decimal


def column(kind: str | Schema, *texts: str, delimiter: str = ";") -> Any:
    """A reading of one column of texts; each gets a key."""
    schema = one(kind) if isinstance(kind, str) else kind
    body = "".join(f'k{n:04}{delimiter}"{text}"\n' for n, text in enumerate(texts))
    return of(f"id{delimiter}x\n{body}", schema)


def bad(kind: str | Schema, *texts: str, delimiter: str = ";") -> list[str]:
    """Rule and case of the fault of each text, all of which must have one."""
    found = [column(kind, text, delimiter=delimiter).report.faults for text in texts]
    assert all(len(faults) == 1 for faults in found), found
    assert all((faults[0].row, faults[0].column) == (2, "x") for faults in found)
    together = column(kind, *texts, delimiter=delimiter)
    assert [fault.row for fault in together.report.faults] == list(range(2, 2 + len(texts)))
    assert [fault.value for fault in together.report.faults] == [
        faults[0].value for faults in found
    ]
    return [f"{faults[0].rule}/{faults[0].case}" for faults in found]


def test_integers() -> None:
    texts = ("0", "-0", "+7", "007", " 12 ", "\u00a05", str(2**63 - 1), str(-(2**63)))
    assert values(column("integer", *texts), "x") == [
        0, 0, 7, 7, 12, 5, 2**63 - 1, -(2**63),
    ]  # fmt: skip
    wrong = ("1.0", "1,0", "1e3", "1_0", "0x1", "--1", "+", "1 00", "1000 000", "١", "NaN", "true")
    assert bad("integer", *wrong) == ["type-error/integer"] * len(wrong)
    assert bad("integer", str(2**63), str(-(2**63) - 1), "9" * 30) == ["limit-error/number"] * 3


def test_numbers_near_the_end_of_their_range() -> None:
    whole = schema_of(
        [
            {"name": "id", "type": "string", "constraints": REQUIRED},
            {"name": "x", "type": "number"},
        ],
        measures={"x": {"unit": "1", "resolution": "1", "aggregates": ["sum"]}},
    )
    top = 10**18 - 1
    texts = [str(n) for n in (10**17 + 1, 10**17 - 1, 10**17, top, -top, 9007199254740993)]
    assert values(column(whole, *texts), "x") == [Decimal(text) for text in texts]
    assert bad(whole, str(10**18), "1e18", "-1e400") == ["limit-error/number"] * 3
    assert bad(whole, "0.5", "1e-1") == ["constraint-error/scale"] * 2
    found = column("number", "99999999999999.999", "100000000000000.001", "-999999999999999.999")
    assert values(found, "x") == [
        Decimal("99999999999999.999"),
        Decimal("100000000000000.001"),
        Decimal("-999999999999999.999"),
    ]
    assert bad("number", "1000000000000000", "1e15") == ["limit-error/number"] * 2


def test_numbers_however_written() -> None:
    texts = (
        "1",
        "-1.5",
        "+.5",
        "5.",
        "00012.500000",
        "1.5e3",
        "15E-1",
        "0e9999",
        "-0",
        "-0.0000",
        " 2 ",
    )
    expected = ("1", "-1.5", "0.5", "5", "12.5", "1500", "1.5", "0", "0", "0", "2")
    assert values(column("number", *texts), "x") == [Decimal(text) for text in expected]
    wrong = (
        "NaN",
        "INF",
        "-inf",
        "1 00",
        "1e",
        ".",
        "-",
        "1.2.3",
        "1'000",
        "1e99999",
        "12 £",
        "٣",
    )
    assert bad("number", *wrong) == ["type-error/number"] * len(wrong)


def test_numbers_are_never_rounded() -> None:
    assert bad("number", "1.0005", "0.0001", "-2.99999", "1e-4") == ["constraint-error/scale"] * 4
    fault = column("number", "1.0005").report.faults[0]
    assert fault.remedy("en").startswith("At most 3 digits after the point")


def test_decimal_comma_where_it_is_no_separator() -> None:
    found = column("number", "1,5", "-,25", "2.5", "3")
    assert values(found, "x") == [Decimal(text) for text in ("1.5", "-0.25", "2.5", "3")]
    assert ("decimal-comma", "x", None) in guesses(found)
    assert "decimal-comma" not in [note.code for note in column("number", "1.5").guessed]
    assert bad("number", "1,2,3", "1.234,5", ",", "1,5e3") == ["type-error/number"] * 4
    assert bad("number", "1,0005") == ["constraint-error/scale"]
    assert bad("number", "1,5", delimiter=",") == ["type-error/number"]


@given(
    st.integers(-(10**18) + 1, 10**18 - 1),
    st.integers(0, 9),
    st.integers(-3, 3),
    st.sampled_from(["", "0", "000"]),
)
@settings(deadline=None)
def test_plain_decimals_keep_their_value(steps: int, scale: int, shift: int, zeros: str) -> None:
    with localcontext() as context:
        context.prec = 60
        value = Decimal(steps).scaleb(-scale)
        moved = value.scaleb(shift)
    text = f"{moved:f}{zeros if '.' in f'{moved:f}' else ''}e{-shift}"
    assert Decimal(plain_decimal(text, scale)) == value
    one_more = f"{abs(steps)}1e{-scale - 1}"
    assert plain_decimal(one_more, scale) == "scale"
    assert plain_decimal(f"1e{18 - scale}", scale) == "digits"


@given(st.integers(-(10**18) + 1, 10**18 - 1))
@settings(deadline=None)
def test_numbers_come_back_from_either_way(steps: int) -> None:
    value = Decimal(steps).scaleb(-3)
    found = column("number", f"{value:f}", f"{value:f}e0", f"{value:f}".replace(".", ","))
    assert values(found, "x") == [value] * 3


def test_booleans() -> None:
    texts = ("true", "True", "TRUE", "1", "false", "False", "FALSE", "0")
    found = column("boolean", *texts, "")
    assert values(found, "x") == [True] * 4 + [False] * 4 + [None]
    assert "boolean-words" not in [note.code for note in found.guessed]
    assert bad("boolean", "yes", "2", "vRAI", "o", "x") == ["type-error/boolean"] * 5


def test_french_booleans_are_a_guess() -> None:
    found = column("boolean", "oui", "Non", "VRAI", "FAUX", "true")
    assert values(found, "x") == [True, False, True, False, True]
    assert ("boolean-words", "x", None) in guesses(found)


@pytest.mark.parametrize(
    "asked", [{"minimum": 0, "maximum": 1}, {"enum": [0, 1]}, {"enum": ["1", "0"]}]
)
def test_words_are_taken_in_a_column_of_0_and_1(asked: dict[str, Any]) -> None:
    flag = one("integer", constraints=asked)
    found = column(flag, "1", "0", "true", "FALSE", " oui ", "Non", "")
    assert values(found, "x") == [1, 0, 1, 0, 1, 0, None]
    assert ("boolean-words", "x", None) in guesses(found)
    found = column(flag, "1", "0", "+1", "")
    assert values(found, "x") == [1, 0, 1, None]
    assert "boolean-words" not in [note.code for note in found.guessed]
    assert bad(flag, "yes", "1.0", "x", "vRAI") == ["type-error/integer"] * 4
    assert {rule.split("/")[0] for rule in bad(flag, "2", "-1")} == {"constraint-error"}


@pytest.mark.parametrize(
    "asked", [{}, {"minimum": 0}, {"maximum": 1}, {"minimum": 0, "maximum": 2}, {"enum": [0, 1, 2]}]
)
def test_words_are_no_other_integers(asked: dict[str, Any]) -> None:
    texts = ("oui", "true")
    assert bad(one("integer", constraints=asked), *texts) == ["type-error/integer"] * 2


def test_the_certification_of_addresses_takes_words() -> None:
    schema = bundled().latest("adresses")
    assert schema is not None
    assert is_flag(schema.by_name["certification_commune"])


def test_lists_with_bars() -> None:
    found = column("array", "bio|local", " bio | lait, oeufs ", "bio", "é ", '[""a|b""]', "[]", "")
    assert values(found, "x") == [
        '["bio","local"]', '["bio","lait, oeufs"]', '["bio"]', '["é"]', '["a|b"]', "[]", None,
    ]  # fmt: skip
    assert ("bars", "x", None) in guesses(found)
    assert guesses(column("array", '[""a|b""]', "[ ]", "")) == guesses(column("array", "[]"))
    wrong = (
        "a;b", "a,b", "|", "a|", "a||b", "[a|b]", "{a|b", 'a|""b', "null", "true", '""a""',
        "|".join("a" * (CELL_MAX_CHARS // 3)),
    )  # fmt: skip
    assert bad("array", *wrong) == ["type-error/array"] * len(wrong)
    # what is told is what stands there
    assert column("array", "a|b", "a;b").report.faults[0].value == "a;b"


def test_dates() -> None:
    found = column("date", "2026-02-28", "2024-02-29", "", "0001-01-01", "9999-12-31")
    assert values(found, "x") == [
        date(2026, 2, 28), date(2024, 2, 29), None, date(1, 1, 1), date(9999, 12, 31),
    ]  # fmt: skip
    assert "day-first" not in [note.code for note in found.guessed]
    wrong = (
        "2026-02-29", "2026-2-1", "26-02-01", "2026/02/01", "20260201", "2026-13-01", "0000-01-01",
        "2026-02-01T00:00:00Z", "1/2/2026", "31/02/2026", "12/31/2026", "01.02.2026",
        "2026-13", "13/2026", "2026",
    )  # fmt: skip
    assert bad("date", *wrong) == ["type-error/date"] * len(wrong)


def test_day_month_year_is_a_guess() -> None:
    found = column("date", "01/02/2026", "2026-02-03", "31/12/2025")
    assert values(found, "x") == [date(2026, 2, 1), date(2026, 2, 3), date(2025, 12, 31)]
    assert ("day-first", "x", None) in guesses(found)


def test_formats_of_the_schema() -> None:
    dated = one("date", format="%d.%m.%Y")
    assert values(column(dated, "01.02.2026"), "x") == [date(2026, 2, 1)]
    assert bad(dated, "2026-02-01") == ["type-error/date"]
    clock = one("datetime", format="%d/%m/%Y %H:%M")
    found = column(clock, "01/07/2026 14:00", "")
    assert values(found, "x") == [datetime(2026, 7, 1, 12, tzinfo=UTC), None]
    assert ("local-time", "x", "Europe/Paris") in guesses(found)
    assert bad(clock, "29/03/2026 02:30", "2026-07-01T14:00Z") == [
        "type-error/local-missing",
        "type-error/datetime",
    ]
    offset = one("datetime", format="%d/%m/%Y %H:%M %z")
    found = column(offset, "01/07/2026 14:00 +0100")
    assert values(found, "x") == [datetime(2026, 7, 1, 13, tzinfo=UTC)]
    assert "local-time" not in [note.code for note in found.guessed]


NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_instants_with_offset() -> None:
    texts = (
        "2026-03-31T12:00:00Z",
        "2026-03-31T14:00:00+02:00",
        "2026-03-31T12:00Z",
        "2026-03-31 12:00:00Z",
        "2026-03-31T14:00+02",
        "2026-03-31T02:00:00-1000",
        "2026-03-31T12:00:00.0Z",
        "2026-03-31T12:00:00.000000000Z",
        " 2026-03-31T12:00:00+00:00 ",
        "2026-03-31 17:30+05:30",
    )
    found = column("datetime", *texts)
    assert values(found, "x") == [NOON] * len(texts)
    assert "local-time" not in [note.code for note in found.guessed]
    precise = column("datetime", "2026-03-31T12:00:00.1Z", "2026-03-31T12:00:00.123456+00:00")
    assert [value.microsecond for value in values(precise, "x")] == [100_000, 123_456]


def test_what_is_no_instant() -> None:
    wrong = (
        "2026-03-31",
        "2026-02-30T12:00:00Z",
        "2026-03-31T24:00:00Z",
        "2026-03-31T12:60:00Z",
        "2026-03-31T12:00:60Z",
        "2026-03-31T12:00:00.1234567Z",
        "2026-03-31T12:00:00,5Z",
        "2026-03-31T12:00:00+25:00",
        "2026-03-31T12:00:00 Z",
        "2026-3-31T12:00:00Z",
        "20260331T120000Z",
        "2026-03-31T12Z",
        "2026-03-31T12:00.5Z",
        "1774958400",
        "2026-03-31T12:00:00\u221201:00",
        "+2026-03-31T12:00:00Z",
        "31/02/2026 14:00",
        "31/03/2026 24:00",
        "31/03/2026",
        "maintenant",
    )
    assert bad("datetime", *wrong) == ["type-error/datetime"] * len(wrong)


def test_times_without_offset_are_local() -> None:
    texts = (
        "2026-03-31T14:00:00",
        "2026-03-31 14:00",
        "2026-03-31T14:00:00.000",
        "2026-03-31T12:00:00Z",
    )
    found = column("datetime", *texts)
    assert values(found, "x") == [NOON] * len(texts)
    assert guesses(found)[-1] == ("local-time", "x", "Europe/Paris")
    winter = column("datetime", "2026-01-01T00:00")
    assert values(winter, "x") == [datetime(2025, 12, 31, 23, tzinfo=UTC)]


def test_local_times_that_summer_time_skips_or_doubles() -> None:
    found = column(
        "datetime",
        "2026-03-29T01:59:59",
        "2026-03-29T02:00:00",
        "2026-03-29T02:30",
        "2026-03-29T03:00:00",
        "2026-10-25T01:59:59",
        "2026-10-25T02:00:00",
        "2026-10-25T02:59:59",
        "2026-10-25T03:00:00",
        "2026-10-25T02:30:00+02:00",
        "x",
    )
    assert [(fault.row, fault.case) for fault in found.report.faults] == [
        (3, "local-missing"),
        (4, "local-missing"),
        (7, "local-twice"),
        (8, "local-twice"),
        (11, "datetime"),
    ]
    assert "Europe/Paris" in found.report.faults[0].message()
    assert found.report.counts == {"type-error": 5}


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
@settings(deadline=None)
def test_instants_are_those_of_the_standard_library(clock: datetime, minutes: int) -> None:
    sign, size = ("-", -minutes) if minutes < 0 else ("+", minutes)
    text = f"{clock.isoformat()}{sign}{size // 60:02}:{size % 60:02}"
    assert values(column("datetime", text), "x") == [datetime.fromisoformat(text)]


def test_years() -> None:
    assert values(column("year", "2026", "1000", ""), "x") == [2026, 1000, None]
    assert bad("year", "26", "20260", "+202", "-2026", "MMXX") == ["type-error/year"] * 5


def test_texts_stay_as_they_are() -> None:
    texts = (" a ", "  ", "007", "1,5", "true", "é\u00a0")
    assert values(column("string", *texts), "x") == list(texts)


def test_missing_values_are_those_of_the_schema() -> None:
    fields = [
        {"name": "id", "type": "string", "constraints": REQUIRED},
        {"name": "x", "type": "integer"},
        {"name": "y", "type": "string"},
    ]
    several = schema_of(fields, missing=["", "NA", "-999"])
    found = of("id,x,y\na,NA,NA\nb, -999 ,-999 \nc,,\nd,1,na\n", several)
    assert values(found, "x") == [None, None, None, 1]
    assert values(found, "y") == [None, "-999 ", None, "na"]
    strict = schema_of(fields, missing=["-"])
    assert told(of("id,x,y\na,-,\nb,,-\n", strict)) == [("type-error", 3, "x")]
    assert values(of("id,x,y\na,-,\nb,-,-\n", strict), "y") == ["", None]
    assert told(of("id,x,y\na,NA,\n", schema_of(fields))) == [("type-error", 2, "x")]
    none = schema_of(fields, missing=[])
    assert values(of("id,x,y\na,1,\n", none), "y") == [""]


def test_lists_and_objects_of_a_csv() -> None:
    found = of('id,themes,detail\n1,"[""a"" , ""b""]","{""a"": 1.50}"\n2,,\n3,[],{}\n')
    assert values(found, "themes") == ['["a","b"]', None, "[]"]
    assert values(found, "detail") == ['{"a":1.50}', None, "{}"]
    wrong = of(
        'id,themes,detail\n1,"a, b",[]\n2,{},1\n3,"[""a""",NaN\n4,[NaN],"{""a"":1,""a"":1}"\n'
    )
    assert told(wrong) == [
        ("type-error", row, name) for row in (2, 3, 4, 5) for name in ("themes", "detail")
    ]


def test_every_column_of_a_row_is_told() -> None:
    found = of(
        "id;montant;ouvert;jour;instant;annee\na;b;c;d;e;f\n1;1;1;2026-01-01;2026-01-01T00:00Z;2026\n"
    )
    assert told(found) == [
        ("type-error", 2, name) for name in ("id", "montant", "ouvert", "jour", "instant", "annee")
    ]
    assert found.report.rows == 2
    assert all(fault.message() != fault.message("en") for fault in found.report.faults)


def test_columns_without_any_value() -> None:
    found = of("id,nom,montant,ouvert,jour,instant,annee,themes,detail\n1,,,,,,,,\n")
    assert found.report.valid
    assert found.rows is not None
    assert found.rows.row(0) == (1, *[None] * 8)
    assert found.rows.schema == ALL.polars_schema()
    assert found.guessed == ()


# -- what French files write -------------------------------------------------------------------


def test_thousands_apart() -> None:
    texts = ("1 000", "12\u00a0345", "1\u202f234\u202f567", "-1 000", "7")
    found = column("integer", *texts)
    assert values(found, "x") == [1000, 12345, 1234567, -1000, 7]
    assert ("thousands", "x", None) in guesses(found)
    found = column("number", "1 000,5", "12\u202f345,25", "1 000", "1 000.5", "2,5")
    assert values(found, "x") == [
        Decimal(n) for n in ("1000.5", "12345.25", "1000", "1000.5", "2.5")
    ]
    codes = [code for code, _, _ in guesses(found)]
    assert {"thousands", "decimal-comma"} <= set(codes)
    assert "thousands" not in [code for code, _, _ in guesses(column("number", "1000", "2,5"))]
    # no French file has these
    assert bad("number", "1'000", "1.000,5", "1,000.5", "10 00") == ["type-error/number"] * 4


def test_months_are_their_first_day_and_it_is_said() -> None:
    found = column("date", "2026-03", "04/2026", "2026-05-02", "")
    assert values(found, "x") == [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 2), None]
    assert guesses(found)[-1] == ("month", "x", None)
    assert "month" not in [code for code, _, _ in guesses(column("date", "31/03/2026"))]


def test_french_instants() -> None:
    texts = ("31/03/2026 14:05", "31/03/2026 14:05:30", "31/03/2026 14h05", "2026-03-31T12:05:00Z")
    found = column("datetime", *texts)
    minute = datetime(2026, 3, 31, 12, 5, tzinfo=UTC)
    assert values(found, "x") == [minute, minute.replace(second=30), minute, minute]
    assert {("day-first", "x", None), ("local-time", "x", "Europe/Paris")} <= set(guesses(found))


def test_years_of_two_digits_are_refused_with_a_remedy() -> None:
    wrong = ("31/03/26", "1/3/26")
    assert bad("date", *wrong) == ["type-error/short-year"] * 2
    assert bad("datetime", "31/03/26 14:05", "31/03/26") == ["type-error/short-year"] * 2
    fault = column("date", "31/03/26").report.faults[0]
    assert fault.remedy() == "Écrire l'année en entier, par exemple 31/03/2026."


def _signed(kind: str, description: str = "", unit: str | None = None) -> Schema:
    resolution = "0.01" if kind == "number" else "1"
    measures = {"x": {"unit": unit, "resolution": resolution, "aggregates": ["sum"]}}
    return schema_of(
        [
            {"name": "id", "type": "string", "constraints": REQUIRED},
            {"name": "x", "type": kind, "description": description},
        ],
        measures=measures if unit else {},
    )


def test_signs_are_taken_where_the_schema_leaves_no_doubt() -> None:
    euros = ("1 250,50 €", "12€", "3\u00a0EUR", "4")
    for schema in (_signed("number", unit="EUR"), _signed("number", "Montant en euros")):
        found = column(schema, *euros)
        assert values(found, "x") == [Decimal(n) for n in ("1250.5", "12", "3", "4")]
        assert ("sign", "x", None) in guesses(found)
    for schema in (_signed("integer", unit="%"), _signed("integer", "Part, en %")):
        assert values(column(schema, "45 %", "7%"), "x") == [45, 7]
    for schema in (
        _signed("number"),
        _signed("number", unit="1"),
        _signed("number", "Montant en milliers d'euros (k€)"),
    ):
        assert bad(schema, "12 €", "45 %") == ["type-error/sign"] * 2
    assert bad(_signed("number", unit="EUR"), "45 %") == ["type-error/sign"]


def test_percentages_of_a_workbook_and_of_its_csv_agree() -> None:
    schema = _signed("number", unit="%")
    assert values(column(schema, "12,5 %", "12.5%"), "x") == [Decimal("12.5")] * 2


def test_a_coordinate_finer_than_its_schema_is_rounded_and_that_is_said() -> None:
    field = {"name": "x", "type": "number", "maillage:resolution": "0.000001"}
    schema = schema_of([{"name": "id", "type": "string", "constraints": REQUIRED}, field])
    found = column(schema, "2.3128939116029996", "-0.0000005", "0.0000015", "1e-9", "48.5")
    assert values(found, "x") == [
        Decimal(text) for text in ("2.312894", "0.000000", "0.000002", "0.000000", "48.500000")
    ]
    assert ("rounded", "x", None) in guesses(found)
    assert "rounded" not in [code for code, _, _ in guesses(column(schema, "2.312894000"))]
    assert bad(schema, "1e400", "12,5.1") == [
        "limit-error/number",
        "type-error/number",
    ]


def test_a_point_may_be_written_as_a_list() -> None:
    schema = schema_of(
        [
            {"name": "id", "type": "string", "constraints": REQUIRED},
            {"name": "x", "type": "geopoint"},
        ]
    )
    found = column(schema, "[5.7145295,45.191463]\n", "[ -5 , 45.1 ]", "2.79,44.19", "")
    assert values(found, "x") == ["5.7145295,45.191463", "-5,45.1", "2.79,44.19", None]
    assert ("point-list", "x", None) in guesses(found)
    assert "point-list" not in [code for code, _, _ in guesses(column(schema, "2.79,44.19"))]
    assert bad(schema, "[200,45]", "[5]", "[a,b]", "[1,2,3]") == ["type-error/geopoint"] * 4
