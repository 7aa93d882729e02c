"""Pages that can't drift: what is generated, what is named, what is linked, what is listed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from federation.charter import Charter, Member
from federation.charter_end import CharterEnd
from federation.checkpoint import Checkpoint
from federation.composition_claim import CompositionClaim
from federation.descriptor import Descriptor
from federation.identity import Identity
from federation.manifest import Manifest
from federation.model import WireModel
from federation.reasons import REASONS, STEPS
from federation.receipt import Receipt
from node.steps import STEPS as MOMENTS
from schemas.catalogue import bundled

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "docker" / "README.md"])
SCHEMAS = sorted(set((DOCS / "catalogue").glob("*.md")) - {DOCS / "catalogue" / "README.md"})
ADRS = sorted((DOCS / "adr").glob("[0-9]*.md"))
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _members(model: type[WireModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _section(start: str, end: str) -> str:
    text = (DOCS / "wire.md").read_text(encoding="utf-8")
    return text[text.index(start) : text.index(end)]


def test_generated_parts_have_not_drifted() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run docs/generate.py: {done.stdout}{done.stderr}"


def test_every_step_and_reason_is_in_the_wire_page() -> None:
    verification = _section("## 6 Verification", "## 7 Chain")
    assert all(f"| {number} | {name} |" in verification for number, name in STEPS.items())
    assert all(f"| `{code}` |" in verification for code in REASONS)


@pytest.mark.parametrize(
    ("model", "start", "end"),
    [
        (Manifest, "## 4 Manifest", "## 5 Content"),
        (Identity, "### 8.1", "### 8.2"),
        (Charter, "### 8.2", "### 8.3"),
        (Member, "### 8.2", "### 8.3"),
        (Descriptor, "### 8.3", "### 8.4"),
        (Receipt, "### 8.4", "### 8.5"),
        (Checkpoint, "### 8.5", "### 8.6"),
        (CharterEnd, "### 8.6", "## 9 Bundle"),
        (CompositionClaim, "## 11 Composition", "## 12 Limits"),
    ],
)
def test_every_member_of_a_document_is_in_its_section(
    model: type[WireModel], start: str, end: str
) -> None:
    section = _section(start, end)
    named = set(re.findall(r"[A-Za-z]+", " ".join(re.findall(r"`[^`]+`", section))))
    assert _members(model) <= named


def test_every_kill_point_is_in_the_data_flow() -> None:
    text = (DOCS / "data-flow.md").read_text(encoding="utf-8")
    table = text[text.index("## Kill points") :]
    assert all(f"| `{moment}` |" in table for moment in MOMENTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        path = target.partition("#")[0]
        if path and "://" not in target:
            assert (page.parent / path).exists(), target


def test_the_index_lists_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    missing = [
        str(page.relative_to(DOCS))
        for page in DOCS.rglob("*.md")
        if page not in (DOCS / "README.md", *SCHEMAS)
        and f"]({page.relative_to(DOCS)})" not in index
    ]
    assert missing == []


def test_the_catalogue_lists_every_schema() -> None:
    index = (DOCS / "catalogue" / "README.md").read_text(encoding="utf-8")
    assert {page.stem for page in SCHEMAS} == set(bundled().names())
    assert all(f"]({page.name})" in index for page in SCHEMAS)


@pytest.mark.parametrize("page", ADRS, ids=lambda page: page.stem)
def test_a_decision_says_context_decision_and_consequences(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parts = [text.find(f"\n## {name}\n") for name in ("Context", "Decision", "Consequences")]
    assert -1 not in parts
    assert parts == sorted(parts)


def test_decisions_are_numbered_without_gap() -> None:
    numbers = [int(page.name[:4]) for page in ADRS]
    assert numbers == list(range(1, len(numbers) + 1))
