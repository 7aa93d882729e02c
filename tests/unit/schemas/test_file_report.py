"""The report of one file: its three forms, its rules, and that nothing in it acts."""

import datetime as dt
import inspect
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from frictionless import errors
from reading_world import MEASURE, REQUIRED, of, schema_of

from schemas.model import Schema
from schemas.reading.faults import cases as own_cases
from schemas.reading.file_report import HEAD, OWN_RULES, FileReport
from schemas.reading.report_page import report_page
from schemas.texts import cases

DOCS = Path(__file__).parents[3] / "docs" / "reports.md"
RULES = {name.partition("/")[0] for name in cases() | own_cases()} - {"error"}
NOON = dt.datetime(2026, 11, 26, 13, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))
SCHEMA = schema_of(
    [
        {"name": "id", "type": "string", "constraints": REQUIRED},
        {"name": "nb", "type": "integer"},
        {"name": "jour", "type": "date", "maillage:synonyms": ["Date"]},
    ]
)
CSV = "ID;nb;Date;zzz\na;douze;31/12/2026;\na;13;hier;\n"


def report_of(text: str, schema: Schema = SCHEMA, filename: str = "f.csv") -> FileReport:
    reading = of(text, schema, filename)
    return FileReport.of(
        reading, filename=filename, size_bytes=len(text), schema=schema, checked_at=NOON
    )


# -- JSON --------------------------------------------------------------------------------------


def test_the_documented_example_is_what_is_written() -> None:
    """Whoever changes a member changes a form that others read: add one, don't change one."""
    block = re.search(r"```json\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == report_of(CSV).to_json("en")


def test_a_valid_file() -> None:
    found = report_of("id,nb\na,1\n").to_json()
    assert (found["valid"], found["rows"], found["counts"], found["columns"]) == (True, 1, {}, {})
    assert found["checked"] == "2026-11-26T12:00:00Z"
    assert found["language"] == "fr"
    assert report_of("id,nb\na,1\n").to_json("de")["language"] == "en"


def test_all_are_counted_by_rule_and_column_though_the_first_are_shown() -> None:
    lines = "".join(f"a{number},x{number},y\n" for number in range(50))
    found = report_of(f"id,nb,jour\n{lines}").to_json()
    assert found["counts"] == {"type-error": 100}
    assert found["columns"] == {"nb": 50, "jour": 50}
    assert len(found["faults"]) == 40
    many = "".join(f"C,2026-01-01T00:00Z,2025-01-01T00:00Z,{n}.5\n" for n in range(50))
    counted = report_of(f"channel_id,start_datetime,end_datetime,count\n{many}", MEASURE)
    assert counted.report.by_column() == {"count": 50}
    ends = many.replace(".5", "")
    bad = report_of(f"channel_id,start_datetime,end_datetime,count\n{ends}", MEASURE)
    assert bad.report.by_column() == {"end_datetime": 50, None: 49}
    assert sum(bad.report.tally.values()) == bad.report.total


# -- rules -------------------------------------------------------------------------------------


def test_rules_are_those_of_frictionless_or_listed_as_ours() -> None:
    theirs = {getattr(one, "type", None) for _, one in inspect.getmembers(errors)}
    assert RULES - theirs == OWN_RULES


def test_every_rule_is_documented() -> None:
    part = DOCS.read_text("utf-8").partition("### Rules")[2]
    rows = re.findall(r"^\| `([a-z-]+)` \| (.)", part, re.MULTILINE)
    assert {name for name, _ in rows} == RULES
    assert {name for name, mark in rows if mark == "o"} == OWN_RULES


# -- text and page -----------------------------------------------------------------------------

HOSTILE = (
    'id;nb;"<script>alert(1)</script>";"\u202egnp.exe"\n'
    '"=cmd|calc";"<img src=x onerror=alert(1)>";"""\'><b>";\x1b[31m\n'
)


class _Tags(HTMLParser):
    """What a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> _Tags:
    found = _Tags()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


@pytest.mark.parametrize("lang", ["fr", "en", "it"])
@pytest.mark.parametrize("text", [CSV, HOSTILE, "id,nb\na,1\n", "", "\x00"])
def test_the_page_is_whole_and_needs_nothing_else(text: str, lang: str) -> None:
    page = report_page(report_of(text, filename='<x y="z">.csv'), lang)
    found = parsed(page)
    assert not {"script", "img", "b", "link", "iframe", "a", "form", "object"} & set(found.tags)
    names = {name for _, name, _ in found.attributes}
    assert names <= {
        "lang", "charset", "http-equiv", "content", "name", "class", "role", "datetime", "id",
        "aria-labelledby", "tabindex", "scope",
    }  # fmt: skip
    assert ("html", "lang", "fr" if lang == "fr" else "en") in found.attributes
    assert "url(" not in page
    assert "@import" not in page
    assert not set(page) & {"\x1b", "\u202e", "\x00"}


def test_the_page_s_policy_allows_its_own_style_only() -> None:
    page = report_page(report_of(CSV))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src &#x27;none&#x27;; style-src &#x27;sha256-")
    assert "unsafe" not in policy


def test_the_page_says_all_that_the_report_says() -> None:
    found = report_of(CSV)
    page = report_page(found, "fr")
    for fault in found.report.faults:
        for word in (fault.rule, fault.message("fr"), fault.remedy("fr")):
            assert re.sub(r"'", "&#x27;", word) in page
    for note in found.notes:
        assert note.text("fr").split(" : ")[0] in page
    tags = parsed(page).attributes
    assert sum(tag == "th" and value == "col" for tag, _, value in tags) == 3 + 2 + 6


def test_text_has_counts_and_one_line_per_fault() -> None:
    found = report_of(HOSTILE, filename="f\n.csv").text("en")
    assert "f\\n.csv" in found
    assert "Errors by rule" in found
    assert all(line.isprintable() for line in found.split("\n"))
    assert "Valide" in report_of("id\na\n").text("fr")


def test_words_are_in_both_languages() -> None:
    same = {key for key, (french, english) in HEAD.items() if french == english}
    assert same == set()


def test_json_of_hostile_files_is_json() -> None:
    found: Any = json.loads(json.dumps(report_of(HOSTILE).to_json()))
    assert found["reportVersion"] == 1
