"""What gathers while a batch is worked through, and what it led to."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from federation.judge import Publication
from federation.manifest import Manifest
from federation.replica import Ask, Fetch
from federation.standing import Standing
from federation.verify import Arrival, Failed, Finding, Opened
from node.receive.ended import Late
from node.store.rows import EvidenceRow, HeldMessage, PublicationRow, RefusalRow
from schemas.model import Schema


class Decided(NamedTuple):
    """A publication that was decided on. Its rows are in the store.

    Attributes:
        digest: The manifest's.
        manifest: As signed.
        trace: What came as `traceparent`, whatever it is.
        reason: Code of a refusal; empty for what was accepted.
    """

    digest: str
    manifest: Manifest
    trace: str | None = None
    reason: str = ""


@dataclass(slots=True)
class Taken:
    """What messages led to, for the shell to carry on with.

    Attributes:
        verdicts: How many of each verdict.
        reasons: How many of each reason code.
        accepted: What was stored, in order.
        refused: Whose manifest could be read.
        asks: Gaps to be asked for.
        fetches: Documents to be fetched.
        at_once: Owners whose receipt goes out now.
        turned_away: Messages that could not be held, in order: their carrier's limit is reached.
            Nothing of them is kept here; they must come again.
        passed_over: Messages that are for the members of charters to which nobody here belongs.
        verified_ns: When the steps were through and the last transaction began; 0 without one.
    """

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    accepted: list[Decided] = field(default_factory=list)
    refused: list[Decided] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    fetches: list[Fetch] = field(default_factory=list)
    at_once: set[str] = field(default_factory=set)
    turned_away: list[Arrival] = field(default_factory=list)
    passed_over: int = 0
    verified_ns: int = 0

    def add(self, other: "Taken") -> None:
        """Take in what a following transaction led to."""
        self.verdicts += other.verdicts
        self.reasons += other.reasons
        self.accepted += other.accepted
        self.refused += other.refused
        self.verified_ns = other.verified_ns
        self.asks += other.asks
        self.fetches += other.fetches
        self.at_once |= other.at_once
        self.turned_away += other.turned_away
        self.passed_over += other.passed_over


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch whose steps 1 to 10 were done ahead.

    Attributes:
        arrivals: As they came.
        version: Of the knowledge under which they were opened.
        opened: One per arrival.
    """

    arrivals: tuple[Arrival, ...]
    version: int
    opened: tuple[Opened | Failed, ...]


@dataclass(slots=True)
class Batch:
    """One transaction in the making.

    Attributes:
        now_us: Microseconds since 1970.
        standing: Of the datasets, kept up by the judge.
        taken: What it leads to.
        accepted: Verified publications, in order.
        plain_bytes: Of the contents judged so far, decompressed.
        hold: To be held, by digest.
        origins: What came, by the same digest.
        release: Numbers of what is held no longer.
        voids: Digests of what is no longer in force.
        given_up: Datasets of which an epoch was given up, with the schema of the opener.
        lost: Of what is void of series: schema digest and period in µs.
        datasets: Schema digest and origin of the datasets decided on.
        shared: Charters under which an owner shares what was decided on.
        late: What an end of a charter takes out of force.
    """

    now_us: int
    standing: Standing
    taken: Taken = field(default_factory=Taken)
    accepted: list[Publication] = field(default_factory=list)
    plain_bytes: int = 0
    hold: dict[str, HeldMessage] = field(default_factory=dict)
    origins: dict[str, Arrival] = field(default_factory=dict)
    release: dict[int, None] = field(default_factory=dict)
    evidence: list[EvidenceRow] = field(default_factory=list)
    refusals: list[RefusalRow] = field(default_factory=list)
    rows: list[PublicationRow] = field(default_factory=list)
    marks: dict[str, bool] = field(default_factory=dict)
    voids: dict[str, None] = field(default_factory=dict)
    given_up: dict[str, Schema] = field(default_factory=dict)
    erasures: list[str] = field(default_factory=list)
    lost: defaultdict[str, list[tuple[str, int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    contents: list[bytes] = field(default_factory=list)
    datasets: dict[str, tuple[str, str]] = field(default_factory=dict)
    shared: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    late: list[Late] = field(default_factory=list)

    def note_shared(self, manifest: Manifest) -> None:
        """The owner is to hear of what it shares under a charter from the charter's members."""
        if manifest.sharing.charter is not None:
            self.shared[manifest.owner].add(manifest.sharing.charter)

    def count(self, finding: Finding) -> None:
        """Count how a message ended."""
        self.taken.verdicts[finding.verdict] += 1
        self.taken.reasons[finding.code] += 1
