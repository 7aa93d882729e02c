"""Coverage: whose figures are in a view, and whose are not, and why.

A body is in one state for each window; silence is a state, too. What isn't due is not late: a body
without data of the kind isn't expected at all, and one that announced none is awaited.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

from federation.composition_claim import CoverageClaim, ReadingsClaim
from federation.manifest import Origin
from federation.windows import DAY_S

State = Literal["refused", "late", "withheld", "suppressed", "received", "awaited"]
"""From what most needs a look to what needs none; a body with several datasets is in the first."""

STATES: Final[tuple[State, ...]] = get_args(State)

Span = tuple[int, int]
"""Seconds since 1970 UTC, the end exclusive."""

ALWAYS: Final[Span] = (-(2**62), 2**62)
"""The window of registers, and the span of what concerns a whole dataset."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of one dataset that is expected to be in a view.

    Attributes:
        participant: Id of its owner.
        dataset: Its id; None as long as its owner has announced none.
        timezone: IANA zone of the owner's place.
        origin: What its publications claim; None if none came.
        through: Seconds since 1970 UTC up to which everything is here, by the periods accepted and
            the heartbeats; for registers the time of the last publication. None if none came.
        since: From when on data are announced; None for always.
        grace_s: How long after its time a reading may come without being late, by the dataset's
            cadence; None if it has stated no cadence.
        readings_per_day: Values expected in 24 hours; None if unknown.
        withheld: It says that it keeps these data to itself.
        refused: Periods of publications that were refused; `ALWAYS` for a register.
        suppressed: Periods whose figures are held back to protect those counted.
        until: Seconds since 1970 UTC from which on another body holds such data; None for never.
            What is missing from then on isn't this one's.
    """

    participant: str
    dataset: str | None
    timezone: str
    origin: Origin | None = None
    through: int | None = None
    since: int | None = None
    grace_s: int | None = None
    readings_per_day: int | None = None
    withheld: bool = False
    refused: tuple[Span, ...] = ()
    suppressed: tuple[Span, ...] = ()
    until: int | None = None

    def owes(self, window: Span, now: int) -> bool:
        """Whether what is missing of a window is missing here: it holds such data in that time."""
        begin = now if window == ALWAYS else window[0]
        return self.until is None or begin < self.until

    def expected_in(self, window: Span, now: int) -> bool:
        """Tell whether the window has begun, and not ended before the data begin."""
        return window[0] < now and (self.since is None or window[1] > self.since)

    def state(self, window: Span, now: int, *, has_figures: bool) -> State:
        """Return the state for one window in which it is expected.

        Args:
            window: Where it begins and ends.
            now: Seconds since 1970 UTC.
            has_figures: It has a cell there.
        """
        start, end = window
        if any(first < end and start < last for first, last in self.refused):
            return "refused"
        if self.withheld:
            return "withheld"
        if any(first < end and start < last for first, last in self.suppressed):
            return "suppressed"
        if self.dataset is None:
            return "awaited"
        begin = start if self.since is None else max(start, self.since)
        if self.grace_s is not None:
            due = min(end, now - self.grace_s)
        else:
            due = end if end <= now else begin
        through = ALWAYS[0] if self.through is None else self.through
        if due > begin:
            return "received" if through >= due else "late"
        return "received" if has_figures or through > begin else "awaited"

    def readings_in(self, window: Span, now: int) -> int | None:
        """Return how many values are expected until now in one window, None if unknown."""
        if self.readings_per_day is None or window == ALWAYS:
            return None
        start = window[0] if self.since is None else max(window[0], self.since)
        return max(0, min(window[1], now) - start) * self.readings_per_day // DAY_S


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who is in the figures of one window, or of all windows of a view.

    Each body expected is in one state. Over several windows it is in the state that most needs a
    look: `received` only if nothing else applies anywhere.

    Attributes:
        expected: Participant ids, ascending, like the following.
        received: Everything due has come.
        late: Something due has not.
        refused: A publication was refused.
        withheld: Kept to themselves.
        suppressed: Held back to protect those counted.
        awaited: Nothing is due yet, or nothing announced.
        readings: Values received; None if there are none.
        readings_expected: Values expected; None if unknown for one of those expected.
        communes: Communes with figures.
        communes_total: Communes in the territory.
        population: Inhabitants of the communes with figures; None if unknown for one of them.
        population_total: Inhabitants of the territory; None if unknown for one commune.
        population_years: The years for which `population` stands, ascending; rates must say them.
    """

    expected: tuple[str, ...]
    received: tuple[str, ...]
    late: tuple[str, ...]
    refused: tuple[str, ...]
    withheld: tuple[str, ...]
    suppressed: tuple[str, ...]
    awaited: tuple[str, ...]
    readings: int | None
    readings_expected: int | None
    communes: int
    communes_total: int
    population: int | None
    population_total: int | None
    population_years: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the attributes by their names in camelCase; ids and years as lists."""
        found: dict[str, Any] = {}
        for field in fields(self):
            first, *rest = field.name.split("_")
            value = getattr(self, field.name)
            name = first + "".join(word.capitalize() for word in rest)
            found[name] = list(value) if isinstance(value, tuple) else value
        return found

    def claim(self) -> CoverageClaim:
        """Return the counts that a signed composition states."""
        return CoverageClaim(
            expected=len(self.expected),
            received=len(self.received),
            late=len(self.late),
            refused=len(self.refused),
            withheld=len(self.withheld),
            suppressed=len(self.suppressed),
            readings=ReadingsClaim(received=self.readings or 0, expected=self.readings_expected),
        )


@dataclass(frozen=True, slots=True)
class CoverageInputs:
    """What a view must know beside its cells.

    Attributes:
        now: Seconds since 1970 UTC.
        sources: Of all bodies expected; each dataset once.
        span: Windows that meet it are in the view even if nothing came for them; None for those
            with figures only.
    """

    now: int
    sources: tuple[Source, ...]
    span: Span | None = None


def kept_back(sources: Iterable[Source], datasets: Collection[str]) -> tuple[Source, ...]:
    """The sources as they are shown to those who may not see some of the datasets.

    Of these it is told that they are withheld, and nothing else: not how far they have come, not
    what was refused of them, not what they claim to be.

    Args:
        sources: Of a view.
        datasets: Ids of those not to be shown.
    """
    return tuple(
        Source(one.participant, one.dataset, one.timezone, withheld=True)
        if one.dataset in datasets
        else one
        for one in sources
    )


def by_state(states: Iterable[tuple[str, State]]) -> dict[str, tuple[str, ...]]:
    """Return the participants, and those in each state; of several states the first applies.

    Args:
        states: Participant ids and a state of theirs, in any order and number.
    """
    rank: Mapping[State, int] = {state: at for at, state in enumerate(STATES)}
    worst: dict[str, State] = {}
    for participant, state in states:
        held = worst.get(participant)
        if held is None or rank[state] < rank[held]:
            worst[participant] = state
    found: dict[str, tuple[str, ...]] = {
        state: tuple(sorted(who for who, held in worst.items() if held == state))
        for state in STATES
    }
    return found | {"expected": tuple(sorted(worst))}


def expected_readings(counts: Collection[int | None]) -> int | None:
    """Return the sum, None if there is none or one is unknown."""
    if not counts or None in counts:
        return None
    return sum(count for count in counts if count is not None)
