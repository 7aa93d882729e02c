"""A bounded fuzz of the whole way of verification; `make fuzz` does a longer one."""

import sys

import pytest

from federation.reasons import REASONS
from tests.fuzz import BATCH, GROWTH_MAX_MIB, VERDICTS, run
from tests.mutations import LAYERS, mutants

CASES = 50_000
DECODED_LEAST = 10_000
"""Of them must come as far as step 13: a fuzz that ends at the signature tests little."""


@pytest.mark.slow
def test_only_documented_verdicts_in_bounded_memory() -> None:
    found = run(CASES, seed=2026)
    assert found["failures"] == []
    assert found["cases"] == CASES
    assert found["decoded"] >= DECODED_LEAST
    assert found["growth_mib"] <= GROWTH_MAX_MIB
    assert set(found["layers"]) == set(LAYERS)
    verdicts = {outcome.split()[0] for outcome in found["outcomes"]}
    assert verdicts == set(VERDICTS)
    reasons = {outcome.split()[1] for outcome in found["outcomes"] if " " in outcome}
    assert reasons <= set(REASONS)
    assert {REASONS[reason].step for reason in reasons} >= {
        1,
        2,
        3,
        4,
        5,
        6,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
    }


def test_cases_follow_from_the_seed() -> None:
    one, again = mutants("7:1", 200), mutants("7:1", 200)
    assert [(name, mutant.arrival) for name, mutant in one] == [
        (name, mutant.arrival) for name, mutant in again
    ]


def test_a_process_that_ends_is_a_failure() -> None:
    stops = "import os, signal, sys; print(3, file=sys.stderr); sys.stderr.flush();"
    stops += "os.kill(os.getpid(), signal.SIGSEGV)"
    found = run(1_000, seed=1, worker=[sys.executable, "-c", stops])
    assert found["failures"] == [f"seed 1, batch 3: the process ended with -11: {['3']}"]


def test_one_batch_can_be_run_again() -> None:
    found = run(0, seed=1, only=12)
    assert (found["cases"], found["failures"]) == (BATCH, [])
