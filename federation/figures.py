"""Figures as people and documents read them. Only here something is divided and rounded."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from federation.cell import Cell
from federation.errors import MalformedError
from schemas.quotients import Divided

MEAN_DIGITS: Final = 3
"""Digits that a mean shows beyond those of the values."""


QUOTIENT_DIGITS: Final = 6
"""Digits after the point of what is divided: a share of a millionth still shows."""

FIGURE_MAX_CHARS: Final = 160
"""A figure's text, at most: a sum of squares of 2**63 values of 128 bits has 96 digits."""

_DECIMAL: Final = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one cell, for display.

    Attributes:
        count: Values that are not null; None if there are none.
        total: Their exact sum.
        mean: Rounded half to even, `MEAN_DIGITS` beyond the values' own.
        minimum: The least.
        maximum: The greatest.
        ratio: Of two sums; None where the denominator is 0 or nothing is known.
        weighted_mean: Likewise, of the weighted values and the weights.
    """

    count: int | None = None
    total: Decimal | None = None
    mean: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    ratio: Decimal | None = None
    weighted_mean: Decimal | None = None

    def to_json(self) -> dict[str, Any]:
        """Return `count` as a number, `sum`, `mean`, `min`, `max` as decimal texts, or null.

        What is divided is said by the view, for measures that have it: `divided_json`.
        """
        exact = {"sum": self.total, "mean": self.mean, "min": self.minimum, "max": self.maximum}
        return {"count": self.count} | {
            name: None if value is None else f"{value:f}" for name, value in exact.items()
        }

    def divided_json(self, names: Collection[str]) -> dict[str, str | None]:
        """Return those of `ratio` and `weighted_mean` that a measure has, as decimal texts."""
        pairs = (("ratio", self.ratio), ("weighted_mean", self.weighted_mean))
        return {
            name: None if value is None else f"{value:f}" for name, value in pairs if name in names
        }


def with_quotients(figures: Figures, sums: Mapping[Divided, tuple[Cell, Cell]]) -> Figures:
    """Return the figures, and those that are divided.

    Args:
        figures: Of the measure itself.
        sums: Numerator and denominator, exact.
    """
    found = {name: quotient_of(*pair) for name, pair in sums.items()}
    return replace(figures, ratio=found.get("ratio"), weighted_mean=found.get("weighted_mean"))


def quotient_of(numerator: Cell, denominator: Cell) -> Decimal | None:
    """Return one sum divided by another, `QUOTIENT_DIGITS` after the point, half to even.

    Returns:
        None for a denominator of 0, whatever the numerator: no figure is made up.
    """
    if not denominator.total:
        return None
    above = numerator.total * 10 ** (denominator.scale + QUOTIENT_DIGITS)
    below = denominator.total * 10**numerator.scale
    sign = -1 if (above < 0) != (below < 0) else 1
    return decimal_of(sign * _divided(abs(above), abs(below)), QUOTIENT_DIGITS)


def figures_of(cell: Cell, aggregates: Collection[str] | None = None) -> Figures:
    """Return what a cell says.

    Args:
        cell: The state of any number of values.
        aggregates: Those that make sense for the measure (`sum`, `mean`, `min`, `max`); the
            others are None. None for all.
    """
    if not cell.count:
        return Figures()
    if cell.minimum is None or cell.maximum is None:
        return Figures(count=cell.count)

    def shown(name: str, steps: int, scale: int) -> Decimal | None:
        return decimal_of(steps, scale) if aggregates is None or name in aggregates else None

    mean = _divided(cell.total * 10**MEAN_DIGITS, cell.count)
    return Figures(
        count=cell.count,
        total=shown("sum", cell.total, cell.scale),
        mean=shown("mean", mean, cell.scale + MEAN_DIGITS),
        minimum=shown("min", cell.minimum, cell.scale),
        maximum=shown("max", cell.maximum, cell.scale),
    )


def decimal_of(steps: int, scale: int) -> Decimal:
    """Return `steps * 10**-scale`, exactly, whatever the precision of the decimal context."""
    return Decimal(decimal_text(steps, scale))


def _divided(number: int, by: int) -> int:
    """Divide, half to even."""
    quotient, rest = divmod(number, by)
    return quotient + (2 * rest > by or (2 * rest == by and quotient % 2 == 1))


def decimal_text(steps: int, scale: int) -> str:
    """Return `steps * 10**-scale` with exactly `scale` digits after the point, none at scale 0."""
    if not scale:
        return str(steps)
    digits = str(abs(steps)).zfill(scale + 1)
    return f"{'-' if steps < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def steps_of(text: str) -> tuple[int, int]:
    """Read what `decimal_text` writes: the only spelling of a figure at its scale.

    Args:
        text: Of `FIGURE_MAX_CHARS` at most, such as `12`, `-0.50`.

    Returns:
        The steps and the scale.

    Raises:
        MalformedError: `figure-form`.
    """
    found = _DECIMAL.fullmatch(text) if len(text) <= FIGURE_MAX_CHARS else None
    if found is not None:
        sign, whole, rest = found[1], found[2], found[3] or ""
        steps = int(sign + whole + rest)
        if steps or not sign:
            return steps, len(rest)
    raise MalformedError(
        f"{text[:80]!r} is not an exact figure",
        code="figure-form",
        remedy="digits, a point if there are decimals, and a minus only before what isn't zero",
    )
