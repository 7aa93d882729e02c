"""Verification of figures: do those of a composition follow from its inputs?"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from federation.composition import FIGURES, KEY, Input

DIFFERENCES_SHOWN: Final = 100
"""Differences named one by one; the count says when there are more."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The figures claimed follow from the inputs named.

    Attributes:
        cells: How many were compared.
    """

    cells: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that was claimed otherwise than it was recomputed.

    Attributes:
        key: Measure, dataset, place, window and start, as texts.
        claimed: Count, total, squares, minimum and maximum; None if there is no such row.
        recomputed: Likewise.
    """

    key: tuple[str, ...]
    claimed: tuple[str | None, ...] | None
    recomputed: tuple[str | None, ...] | None


@dataclass(frozen=True, slots=True)
class Differs:
    """The figures claimed do not follow from the inputs named.

    Attributes:
        count: How many cells differ.
        differences: The first of them by key, `DIFFERENCES_SHOWN` at most.
    """

    count: int
    differences: tuple[Difference, ...]


Absence = Literal["withheld", "withdrawn", "not-held"]


@dataclass(frozen=True, slots=True)
class NotRecomputable:
    """Inputs are missing here, so that nothing can be said.

    Attributes:
        missing: Each input and why: the owner withholds it, has withdrawn it, or it has not come.
    """

    missing: tuple[tuple[Input, Absence], ...]

    def count(self, why: Absence) -> int:
        """Return how many inputs are missing for a reason."""
        return sum(absence == why for _, absence in self.missing)


def compare(
    claimed: pl.DataFrame,
    recomputed: pl.DataFrame,
    missing: Collection[tuple[Input, Absence]] = (),
) -> Recomputed | Differs | NotRecomputable:
    """Say whether claimed figures follow from their inputs.

    Args:
        claimed: The whole table of the composition.
        recomputed: That which was built here from the same inputs.
        missing: Inputs that are not here, and why.
    """
    if missing:
        return NotRecomputable(tuple(sorted(missing)))
    names = [*KEY, *FIGURES]
    alone = claimed.select(names).join(
        recomputed.select(names), on=names, how="anti", nulls_equal=True
    )
    other = recomputed.select(names).join(
        claimed.select(names), on=names, how="anti", nulls_equal=True
    )
    ours, theirs = _by_key(other), _by_key(alone)
    keys = sorted(ours.keys() | theirs.keys())
    if not keys:
        return Recomputed(len(claimed))
    shown = (Difference(key, theirs.get(key), ours.get(key)) for key in keys[:DIFFERENCES_SHOWN])
    return Differs(len(keys), tuple(shown))


def _by_key(frame: pl.DataFrame) -> dict[tuple[str, ...], tuple[str | None, ...]]:
    return {
        tuple(str(part) for part in row[: len(KEY)]): tuple(
            None if part is None else str(part) for part in row[len(KEY) :]
        )
        for row in frame.iter_rows()
    }
