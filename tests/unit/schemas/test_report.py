"""Reports: bounded, in two languages, safe to show."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import texts
from schemas.report import (
    LIMIT,
    PARAM_MAX_CHARS,
    TOTAL_LIMIT,
    VALUE_MAX_CHARS,
    Fault,
    Report,
    ReportBuilder,
    shorten,
)

BELOW = Fault.of(
    "constraint-error", row=3, column="count", value=-1, case="minimum", limit=0, absent=None
)


def test_a_fault_says_where_what_and_what_to_do() -> None:
    assert BELOW.params == (("case", "minimum"), ("limit", "0"))
    assert BELOW.case == "minimum"
    assert BELOW.message() == "-1 est inférieur au minimum 0."
    assert BELOW.remedy() == "Mettre au moins 0."
    assert BELOW.text() == (
        "Ligne 3, colonne « count » : -1 est inférieur au minimum 0. "
        "Mettre au moins 0. [constraint-error]"
    )
    assert BELOW.text("en") == (
        "Line 3, column “count”: -1 is below the minimum 0. Put at least 0. [constraint-error]"
    )
    assert Fault("source-error").text("en").startswith("The file has no data. ")
    assert Fault("x", row=2).where("en") == "line 2"


def test_other_languages_are_told_in_english() -> None:
    assert BELOW.text("de") == BELOW.text("en")


def test_json_has_six_members() -> None:
    assert BELOW.to_json("en") == {
        "rule": "constraint-error",
        "row": 3,
        "column": "count",
        "value": "-1",
        "message": "-1 is below the minimum 0.",
        "remedy": "Put at least 0.",
    }


@given(st.text())
def test_values_are_short_and_printable(text: str) -> None:
    shown = shorten(text)
    assert shown.isprintable()
    assert len(shown) <= VALUE_MAX_CHARS
    if text.isprintable() and len(text) <= VALUE_MAX_CHARS:
        assert shown == text
    assert Fault("x", column=text, value=text).column == shown


def test_controls_and_overrides_are_shown_escaped() -> None:
    assert shorten("a\n\x00\u202eb\ud800") == "a\\n\\x00\\u202eb\\ud800"
    assert shorten("é" * 81) == "é" * 79 + "…"
    assert shorten("x" * 10**6).endswith("x…")


def test_parameters_are_bounded_too() -> None:
    fault = Fault.of("constraint-error", case="enum", allowed="x" * 1000)
    assert len(dict(fault.params)["allowed"]) == PARAM_MAX_CHARS


@pytest.mark.parametrize("name", sorted(texts.cases()))
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_case_has_both_sentences_in_both_languages(name: str, lang: str) -> None:
    rule, _, case = name.partition("/")
    fault = Fault.of(rule, column="a", value="{b}", case=case or None)
    for sentence in (fault.message(lang), fault.remedy(lang)):
        assert sentence
        assert sentence[-1] in ".:"
    assert fault.message("fr") != fault.message("en")
    assert texts.phrase("no such rule", {}, lang) == texts.phrase("error", {}, lang)


@given(st.text(), st.text(), st.dictionaries(st.sampled_from(["limit", "key", "x"]), st.text()))
def test_no_value_breaks_a_sentence(rule: str, value: str, params: dict[str, Any]) -> None:
    for name in (rule, "constraint-error", "primary-key"):
        fault = Fault.of(name, value=value, case="pattern", **params)
        assert fault.message("fr")
        assert fault.text("en")


def test_braces_in_values_stay_as_they_are() -> None:
    fault = Fault.of("type-error", case="object", value="{limit}", limit="x")
    assert fault.message("en") == "“{limit}” is not a JSON object."
    assert '{"a": 1}' in fault.remedy("en")


# --- reports -----------------------------------------------------------------------------------


def test_the_first_faults_per_rule_and_column_are_kept_and_all_counted() -> None:
    builder = ReportBuilder()
    for row in range(100):
        assert builder.room("a", "x") == max(0, LIMIT - row)
        builder.add(Fault("a", row=row, column="x"))
        builder.add(Fault("a", row=row, column="y"))
    builder.count("b", 7)
    builder.count("c", 0)
    report = builder.build(100)
    assert len(report.faults) == 2 * LIMIT
    assert report.counts == {"a": 200, "b": 7}
    assert max(fault.row or 0 for fault in report.faults) == LIMIT - 1
    assert not report.valid


def test_a_report_is_bounded_however_many_columns_there_are() -> None:
    report = Report.of(1, (Fault("extra-label", column=f"c{at}") for at in range(5_000)))
    assert len(report.faults) == TOTAL_LIMIT
    assert report.counts == {"extra-label": 5_000}


def test_faults_stand_by_line_and_those_of_the_file_first() -> None:
    report = Report.of(9, [Fault("a", row=5), Fault("b", row=2), Fault("c")])
    assert [fault.rule for fault in report.faults] == ["c", "b", "a"]


def test_a_report_can_take_in_another() -> None:
    inner = Report.of(50, [Fault("a", row=row) for row in range(50)])
    builder = ReportBuilder()
    builder.add(Fault("a", row=99))
    builder.extend(inner)
    report = builder.build(50)
    assert report.counts == {"a": 51}
    assert len(report.faults) == LIMIT


def test_a_valid_report() -> None:
    report = Report(12)
    assert report.valid
    assert report.text() == "Valide. Lignes : 12."
    assert report.text("en") == "Valid. Rows: 12."
    assert report.to_json() == {"valid": True, "rows": 12, "faults": [], "counts": {}}


def test_counts_alone_make_a_report_invalid() -> None:
    assert not Report(1, (), {"a": 1}).valid


def test_a_report_reads_as_json_and_as_text() -> None:
    report = Report.of(30, [BELOW] * 25)
    found = json.loads(json.dumps(report.to_json("en")))
    assert found["valid"] is False
    assert found["counts"] == {"constraint-error": 25}
    assert found["faults"] == [BELOW.to_json("en")] * LIMIT
    *lines, last = report.text().splitlines()
    assert lines == [BELOW.text()] * LIMIT
    assert last == "Erreurs : 25, montrées : 20, lignes : 30."
    assert report.text("en").endswith("Errors: 25, shown: 20, rows: 30.")


def test_a_report_is_made_once() -> None:
    builder = ReportBuilder()
    builder.add(Fault("a"))
    report = builder.build(1)
    builder.add(Fault("b"))
    assert report.counts == {"a": 1}
