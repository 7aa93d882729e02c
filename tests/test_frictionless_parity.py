"""The same files and cells are refused as by frictionless, or it is known why not."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import pytest

from tests import parity
from tests.parity import DIFFERENCES, Compared, Frictionless, Who
from tests.parity_files import cases

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> list[Compared]:
    theirs = Frictionless(tmp_path_factory.mktemp("parity"))
    return [Compared(one, parity.found_here(one), theirs.found(one)) for one in cases()]


def test_the_same_cells_are_refused_but_for_what_is_listed(compared: list[Compared]):
    assert len(compared) >= 300
    found: Mapping[str, set[Who | None]] = defaultdict(set)
    for one in compared:
        found[one.case.kind].add(one.who)
    differing = {kind: who for kind, who in found.items() if who != {None}}
    assert differing == {kind: set(who) for kind, (who, _) in DIFFERENCES.items()}


def test_files_of_each_kind_of_fault_are_among_them(compared: list[Compared]):
    rules = Counter(rule for one in compared for _, _, rule in one.ours)
    for rule in (
        "type-error",
        "constraint-error",
        "missing-label",
        "extra-label",
        "blank-label",
        "duplicate-label",
        "blank-row",
        "missing-cell",
        "extra-cell",
        "primary-key",
        "source-error",
        "encoding-error",
    ):
        assert rules[rule], rule
    assert sum(not one.ours for one in compared) > 50


def test_the_page_has_the_table():
    text = parity.PAGE.read_text(encoding="utf-8")
    assert "\n".join(parity.table()) in text, "run python -m tests.parity"
