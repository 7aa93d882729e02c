"""Fuzzing of the whole way of verification: `python -m tests.fuzz --cases N --seed S`.

Mutants of good publications go through all fifteen steps in batches. Each must end in one of the
four verdicts with a documented reason; the process must neither stop nor grow. The work is done
in a child process, so that a crash of the interpreter is seen and named: each batch follows from
the seed and its number alone, and `--batch K` runs it again.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from federation.judge import Candidate
from federation.replica import Replica
from federation.verify import Failed, Finding, Trust, open_all
from tests.cases.kit import KNOWN
from tests.mutation_bases import Mutant
from tests.mutations import mutants
from tests.pipeline import Outcome, State, assemble, outcome_of, settle
from tests.world import TYPES_DOCUMENT, World, documents

ROOT: Final = Path(__file__).parents[1]
BATCH: Final = 500
GROWTH_MAX_MIB: Final = 256
"""Among the mutants are bombs that state 64 MiB and hold up to 8 GiB."""
SHOWN_MAX: Final = 20
VERDICTS: Final = ("accepted", "refused", "held", "transport-fault")


@dataclass
class Report:
    """What came out.

    Attributes:
        cases: How many.
        decoded: How many reached step 13.
        outcomes: Count by verdict and reason.
        layers: Count by layer.
        failures: What must not happen, with batch and place.
        growth_mib: How much more memory the process had at its peak than after its first batch.
        seconds: How long it took.
    """

    cases: int = 0
    decoded: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    layers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    growth_mib: float = 0.0
    seconds: float = 0.0


def verify(batch: Sequence[Mutant], trust: Trust) -> list[Outcome]:
    """All steps for a batch of publications that know nothing of each other."""
    opened = open_all([one.arrival for one in batch], trust)
    replica = Replica({}, [], lambda _dataset, _digest: None)
    outcomes: list[Outcome | None] = []
    candidates: list[Candidate] = []
    states: dict[int, State] = {}
    for one, found in zip(batch, opened, strict=True):
        if isinstance(found, Failed):
            # what a receiver does about it must not fail either
            replica.failed(found)
            assert (found.manifest is None) or found.digest is not None
            outcomes.append(outcome_of(found.finding))
            continue
        whole = assemble([found])
        if isinstance(whole, Finding):
            outcomes.append(outcome_of(whole))
            continue
        outcomes.append(None)
        if one.state is not None:
            states[len(candidates)] = one.state
        candidates.append(Candidate(*whole))
    settled = iter(settle(candidates, trust, states))
    return [next(settled) if outcome is None else outcome for outcome in outcomes]


def _sound(outcome: Outcome) -> None:
    """What an outcome must be, whatever it is."""
    assert outcome.verdict in VERDICTS
    assert (outcome.verdict == "accepted") == (outcome.publication is not None)
    if outcome.publication is None:
        assert outcome.reason is not None
        outcome.detail.encode()
        return
    publication = outcome.publication
    rows = publication.manifest.rows
    assert (0 if publication.frame is None else publication.frame.height) == rows


def _batch(number: int, seed: int, count: int, trust: Trust, report: Report) -> None:
    cases = mutants(f"{seed}:{number}", count)
    report.cases += len(cases)
    report.layers.update(name for name, _ in cases)
    batch = [mutant for _, mutant in cases]
    try:
        outcomes = verify(batch, trust)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        outcomes = _one_by_one(number, cases, trust, report)
    for outcome in outcomes:
        _sound(outcome)
        report.outcomes[f"{outcome.verdict} {outcome.reason or ''}".strip()] += 1
        report.decoded += outcome.step is None or outcome.step >= 13


def _one_by_one(
    number: int, cases: list[tuple[str, Mutant]], trust: Trust, report: Report
) -> list[Outcome]:
    """After an error in a batch: whose it is."""
    outcomes = []
    before = len(report.failures)
    for at, (layer, mutant) in enumerate(cases):
        try:
            outcomes += verify([mutant], trust)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            last = traceback.extract_tb(error.__traceback__)[-3:]
            where = " < ".join(
                f"{one.filename.rsplit('/', 1)[-1]}:{one.lineno}" for one in last[::-1]
            )
            report.failures.append(f"batch {number} case {at} ({layer}): {error!r:.300} at {where}")
    if len(report.failures) == before:
        report.failures.append(f"batch {number}: fails together, but no case of it alone")
    return outcomes


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def work(cases: int, seed: int, only: int | None = None) -> Report:
    """Run here, in this process; the number of each batch goes to standard error."""
    report = Report()
    trust = World({name: documents()[name] for name in (*KNOWN, TYPES_DOCUMENT)})
    started = time.monotonic()
    numbers = range(-(-cases // BATCH)) if only is None else [only]
    base = 0.0
    for number in numbers:
        print(number, file=sys.stderr, flush=True)  # noqa: T201 - read by the parent process
        count = BATCH if only is not None else min(BATCH, cases - report.cases)
        _batch(number, seed, count, trust, report)
        base = base or _peak_mib()
    report.growth_mib = round(_peak_mib() - base, 1)
    report.seconds = round(time.monotonic() - started, 1)
    if report.growth_mib > GROWTH_MAX_MIB:
        report.failures.append(f"the process grew by {report.growth_mib} MiB")
    return report


WORKER: Final = (sys.executable, "-m", "tests.fuzz", "--worker")


def run(
    cases: int, seed: int, *, only: int | None = None, worker: Sequence[str] = WORKER
) -> dict[str, Any]:
    """Run in a child process, and see how it ends.

    Args:
        cases: How many.
        seed: All follows from it.
        only: Number of the one batch to run.
        worker: Command of the child process.

    Returns:
        The report's members; a child that didn't end by itself is a failure.
    """
    arguments = [*worker, "--cases", str(cases), "--seed", str(seed)]
    arguments += ["--batch", str(only)] if only is not None else []
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    lines = done.stderr.strip().splitlines()
    batches = [line for line in lines if line.isdecimal()]
    at = batches[-1] if batches else "none"
    why = f"seed {seed}, batch {at}: the process ended with {done.returncode}: {lines[-6:]}"
    return {**vars(Report()), "failures": [why]}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--batch", type=int, help="run this batch only, here")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        print(json.dumps(vars(work(given.cases, given.seed, given.batch))))  # noqa: T201
        return
    found = run(given.cases, given.seed, only=given.batch)
    found["failures"], more = found["failures"][:SHOWN_MAX], found["failures"][SHOWN_MAX:]
    print(json.dumps(found, indent=2))  # noqa: T201 - the answer
    if found["failures"]:
        sys.exit(f"{len(found['failures']) + len(more)} failures")


if __name__ == "__main__":
    main()
