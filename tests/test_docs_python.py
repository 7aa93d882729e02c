"""The pages for analysts: their code runs as it stands, and prints what they show."""

import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.small_federation import Small, small_federation

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("python.md", "fr/python.md")
HOST = "https://noeud.example"
_BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_URL = re.compile(r"https://noeud\.example(/api/v1/[^\s\"`)]+)")


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks_of(page: str) -> list[tuple[str, str]]:
    """(kind, content) in order."""
    return [(found[1], found[2]) for found in _BLOCK.finditer(text_of(page))]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with small_federation(tmp_path_factory.mktemp("small")) as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_the_page_prints_what_the_page_shows(
    page: str, small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MAILLAGE_URL", small.url)
    monkeypatch.setenv("MAILLAGE_TRUST", small.charter)
    monkeypatch.setenv("MAILLAGE_TOKEN", small.token)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed = ""
    for kind, content in blocks_of(page):
        if kind == "text":
            assert printed == content
            continue
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            exec(compile(content, page, "exec"), names)  # noqa: S102 - our own page
        printed = told.getvalue()
    assert (tmp_path / "arvieu.parquet").exists()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_addresses_for_other_programs_answer(page: str, small: Small):
    paths = sorted(set(_URL.findall(text_of(page))))
    assert {path.rpartition("format=")[2] for path in paths} == {"csv", "parquet", "geojson"}
    with httpx.Client(headers={"Authorization": f"Bearer {small.token}"}, trust_env=False) as http:
        for path in paths:
            answer = http.get(small.url + path)
            assert answer.status_code == 200, (path, answer.text)
            if path.endswith("csv"):
                assert answer.text.startswith("codgeo,libgeo,")
                assert answer.text.splitlines()[1].startswith("12011,Arvieu,")
            if path.endswith("parquet"):
                assert answer.content.startswith(b"PAR1")


def test_both_pages_have_the_same_code():
    english, french = (
        [
            re.sub(r"\s*#.*$", "", content, flags=re.MULTILINE)
            for kind, content in blocks_of(page)
            if kind == "python"
        ]
        for page in PAGES
    )
    assert english == french
    assert len(english) >= 9
