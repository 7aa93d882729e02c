"""All fifteen steps in one straight line, as a receiver without a store goes through them."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import zstandard

from federation.chain import Head, Next, place
from federation.content import decode
from federation.judge import Candidate, Judgement, Publication, Tables, judge
from federation.model import Position
from federation.reasons import REASONS
from federation.verify import Arrival, Failed, Finding, Opened, Trust, bind_content, open_all


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a publication ended.

    Attributes:
        verdict: One of the four.
        step: Number of the step that found the reason; None for accepted ones.
        reason: Code; None for accepted ones.
        detail: For people.
        publication: Of accepted ones.
    """

    verdict: str
    step: int | None = None
    reason: str | None = None
    detail: str = ""
    publication: Publication | None = None


def outcome_of(finding: Finding) -> Outcome:
    """A finding as an outcome; an undocumented code is a KeyError."""
    reason = REASONS[finding.code]
    return Outcome(reason.verdict.value, reason.step, reason.code, finding.detail)


@dataclass(frozen=True, slots=True)
class State:
    """What a receiver decided before.

    Attributes:
        head: Of the dataset.
        decided: Earlier positions of the dataset.
        table: Of the register.
    """

    head: Head | None = None
    decided: Sequence[Position] = ()
    table: pl.DataFrame | None = None

    def position(self, _dataset: str, digest: str) -> Position | None:
        """The `History` of the chain."""
        found = [one for one in self.decided if one.digest == digest]
        return found[0] if found else None


def assemble(opened: Sequence[Opened]) -> tuple[Opened, bytes | None] | Finding:
    """Step 11: the messages of one publication to its content."""
    parts: dict[int, bytes] = {}
    for one in opened:
        finding = bind_content(one, one.arrival.body)
        if finding is not None:
            return finding
        parts[one.part[0]] = one.arrival.body
    first = opened[0]
    if len(parts) < first.part[1]:
        return Finding("part-missing", f"{len(parts)} of {first.part[1]}")
    whole = b"".join(parts[number] for number in sorted(parts))
    return first, None if first.manifest.content is None else whole


def settle(
    candidates: Sequence[Candidate], trust: Trust, states: Mapping[int, State]
) -> list[Outcome]:
    """Steps 12 to 15 for publications that know nothing of each other.

    Args:
        candidates: Steps 1 to 11 hold.
        trust: What is known.
        states: By place in the candidates; a new receiver where there is none.
    """
    outcomes: list[Outcome | None] = []
    for at, one in enumerate(candidates):
        state = states.get(at, State())
        found = place(state.head, one.opened.manifest, one.opened.digest, state.position)
        outcomes.append(None if isinstance(found, Next) else outcome_of(Finding(found.code)))
    left = [at for at, outcome in enumerate(outcomes) if outcome is None]
    # a register's table is looked up by dataset: those that have one are judged alone
    alone = [at for at in left if at in states]
    together = [at for at in left if at not in states]
    judged = dict(
        zip(together, judge([candidates[at] for at in together], trust, _always(None)), strict=True)
    )
    for at in alone:
        judged[at] = judge([candidates[at]], trust, _always(states[at].table))[0]
    return [
        _outcome(judged[at]) if outcome is None else outcome for at, outcome in enumerate(outcomes)
    ]


def _outcome(judgement: Judgement) -> Outcome:
    if isinstance(judgement, Finding):
        return outcome_of(judgement)
    return Outcome("accepted", publication=judgement.value)


def _always(table: pl.DataFrame | None) -> Tables:
    return lambda _dataset: table


def run(case: Mapping[str, Any], trust: Trust) -> Outcome:
    """A vector through all steps."""
    arrivals = [arrival_of(message) for message in case["messages"]]
    opened: list[Opened] = []
    for one in open_all(arrivals, trust):
        if isinstance(one, Failed):
            return outcome_of(one.finding)
        opened.append(one)
    whole = assemble(opened)
    if isinstance(whole, Finding):
        return outcome_of(whole)
    candidate = Candidate(*whole)
    return settle([candidate], trust, {0: state_of(case, candidate)})[0]


def arrival_of(message: Mapping[str, Any]) -> Arrival:
    """A message of a vector."""
    if "bodyZstdBase64" in message:
        body = zstandard.decompress(base64.b64decode(message["bodyZstdBase64"]))
    else:
        body = base64.b64decode(message["bodyBase64"])
    return Arrival(message["subject"], message["headers"], body)


def state_of(case: Mapping[str, Any], candidate: Candidate) -> State:
    """What the receiver of a vector decided before."""
    head = case["head"]
    decided = tuple(Position(**one) for one in case["decided"])
    table = None
    if case["tableBase64"] is not None:
        blob = base64.b64decode(case["tableBase64"])
        size = zstandard.get_frame_parameters(blob).content_size
        found = pl.from_arrow(decode(blob, candidate.opened.schema.arrow_schema(), size))
        assert isinstance(found, pl.DataFrame)
        table = found
    return State(Head(**head) if head is not None else None, decided, table)
