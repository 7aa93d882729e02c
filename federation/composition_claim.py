"""What a signed composition says of itself: the `composition` member of its manifest.

Every member has a one-word name, so that the field and the wire name are the same and a value has
one spelling only. The rows are the composition's content; this claim binds them to where they
came from (`inputs`) and to what they say (`figures`), see `federation.composition`.
"""

import datetime as dt
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from federation.model import Count, Digest, WireModel

METHOD: Final = "cells-1"
"""Name of the rules by which cells are made, merged and rolled up: those of `federation.cells`."""

MAX_MEASURES: Final = 256
"""A composition that names more measures than this is refused: a manifest stays small."""

WindowKind = Literal["hour", "day", "month", "year", "none"]
"""Kinds of local windows; `none` is that of registers."""

MeasureName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*\.[A-Za-z0-9_-]+$", max_length=128)]


def _real_date(text: str) -> str:
    """Refuse what looks like a date and is none, such as 2026-02-30."""
    dt.date.fromisoformat(text)
    return text


LocalDate = Annotated[
    str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_real_date)
]


class LocalDays(WireModel):
    """The local days that the figures cover: `start` inclusive, `end` exclusive.

    A day is that of each commune's own time zone: 2026-03-01 in Cayenne begins four hours
    after 2026-03-01 in Paris (summer: five).
    """

    start: LocalDate
    end: LocalDate

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"days: end {self.end} must lie after start {self.start}")
        return self


class InputsClaim(WireModel):
    """The publications that the figures were computed from: a Merkle root, and how many."""

    root: Digest
    count: Count


class ReadingsClaim(WireModel):
    """Readings received in the days covered, and expected (absent where no cadence says so)."""

    received: Count
    expected: Count | None = None


class CoverageClaim(WireModel):
    """How many bodies are in each state; who they are, a view says.

    The five states exclude each other; what is left of `expected` has nothing due yet.
    """

    expected: Count
    received: Count
    late: Count
    refused: Count
    withheld: Count
    suppressed: Count
    readings: ReadingsClaim

    @model_validator(mode="after")
    def _no_more_than_expected(self) -> Self:
        stated = self.received + self.late + self.refused + self.withheld + self.suppressed
        if stated > self.expected:
            raise ValueError(f"coverage: {stated} bodies have a state, {self.expected} expected")
        return self


class CompositionClaim(WireModel):
    """The statement of a signed composition.

    Attributes:
        territory: Id of the territory, such as `fr-epci-241200765`.
        vintage: Year of the territory data (millésime) that says which communes that is.
        measures: Names of the measures composed (`comptage-mobilites.count`), sorted; absent means
            every measure of the datasets named in the inputs.
        window: Kind of window to which series are rolled up; rows of registers are `none` in any
            case, and a composition of registers only says `none` here.
        days: Local days covered; absent if and only if `window` is `none`.
        method: Always `cells-1`.
        timezones: Version of the IANA time zone data that drew the windows, such as `2026f`.
        charter: Digest of the charter under which it is made, if any.
        inputs: Merkle root over the sorted inputs, and their number.
        figures: Digest of the canonical table of all figures, however the inputs were cut.
        base: Digest of the composition's manifest on which this one builds (its content then holds
            only rows changed since), absent for one that stands alone.
        coverage: How complete it is.
    """

    territory: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.:_-]{0,127}$")]
    vintage: Annotated[int, Field(ge=1900, le=9999)]
    measures: Annotated[
        # a JSON array that went through Python's json is a list; its items stay strict
        tuple[MeasureName, ...] | None, Field(strict=False, min_length=1, max_length=MAX_MEASURES)
    ] = None
    window: WindowKind
    days: LocalDays | None = None
    method: Literal["cells-1"]
    timezones: Annotated[str, Field(pattern=r"^[0-9]{4}[a-z]{1,2}$")]
    charter: Digest | None = None
    inputs: InputsClaim
    figures: Digest
    base: Digest | None = None
    coverage: CoverageClaim

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if (self.days is None) != (self.window == "none"):
            raise ValueError("days must be absent for window 'none', and given for any other")
        if self.measures is not None and list(self.measures) != sorted(set(self.measures)):
            raise ValueError("measures must be sorted, each named once")
        if self.days is not None:
            first = {"month": "-01", "year": "-01-01"}.get(self.window, "")
            if not (self.days.start.endswith(first) and self.days.end.endswith(first)):
                raise ValueError(f"days must begin and end at the start of a {self.window}")
        return self
