"""One cell: its key, its figures, and merging them exactly.

Figures are whole numbers of the schema's smallest step (`10**-scale`). Sums are 128-bit integers,
checked; sums of squares are as wide as they must be. Nothing is divided here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from federation.composition_claim import WindowKind
from federation.errors import LimitError, MalformedError, StateError

EXACT_LIMIT: Final = 2**127
"""Totals, minima and maxima lie strictly between plus and minus this: 128-bit integers."""

SCALE_MAX: Final = 38
"""Digits after the point, at most: those of the widest decimal of Arrow's 128 bits."""


class ExactnessError(LimitError):
    """A figure passes 128 bits. Show the measure as not computable; there is no rounded figure.

    Its code is `exactness`.
    """


class DoubleCountError(StateError):
    """The same cell came by two ways. Take one of them; adding both counts a commune twice.

    Its code is `double-count`. Where the newer is meant to take the place of the older, replace it
    in a mapping of one's own instead of merging.
    """


About = tuple[str, str, str, WindowKind, int]
"""Dataset, measure, place, window and start: what tells cells apart."""


class CellKey(NamedTuple):
    """What a cell is about.

    Attributes:
        dataset: Id, such as `fr-com-12011/comptage-mobilites`.
        measure: Schema and field, such as `comptage-mobilites.count`.
        place: Commune code as INSEE writes it, `12011` or `2A004`.
        window: Kind of local window; `none` for registers.
        start: Seconds since 1970 UTC of the local window's start; 0 for `none`.
        vintage: Year of the territory data by which the place was found. It doesn't tell cells
            apart: of two cells that differ in their vintage only, at most one may be counted.
    """

    dataset: str
    measure: str
    place: str
    window: WindowKind
    start: int
    vintage: int

    @property
    def about(self) -> "About":
        """What tells the cell apart: all but the vintage."""
        return self[:5]


@dataclass(frozen=True, slots=True)
class Cell:
    """The state of one measure. Built directly it is not checked: see `checked`.

    Attributes:
        count: Values that are not null.
        total: Their sum, in steps of `10**-scale`.
        squares: The sum of their squares, in steps of `10**(-2 * scale)`; not bounded.
        minimum: The least, in steps of `10**-scale`; None if nothing is counted, and for measures
            that count only.
        maximum: The greatest, likewise.
        scale: Digits after the point, 0 to 38.
    """

    count: int
    total: int
    squares: int
    minimum: int | None
    maximum: int | None
    scale: int

    def merge(self, other: "Cell") -> "Cell":
        """Return the state of both together, at the finer of the two scales.

        Raises:
            ExactnessError: A figure passes 128 bits.
        """
        return merged((self, other))

    def at_scale(self, scale: int) -> "Cell":
        """Return the same figures in finer steps.

        Raises:
            ExactnessError: A figure passes 128 bits.
            ValueError: The steps would be coarser.
        """
        if scale < self.scale:
            raise ValueError(f"a cell of scale {self.scale} has no exact form at scale {scale}")
        return merged((self, Cell(0, 0, 0, None, None, scale)))

    def checked(self) -> "Cell":
        """Return the cell, if it can be the state of any values at all.

        Raises:
            ExactnessError: A figure passes 128 bits.
            MalformedError: `cell-impossible`: no values have these figures.
        """
        _bounded(self)
        low, high = self.minimum, self.maximum
        if not 0 <= self.scale <= SCALE_MAX:
            raise _impossible(self, f"its scale is not 0 to {SCALE_MAX}")
        if self.count < 0 or self.squares < 0:
            raise _impossible(self, "a count or a sum of squares is negative")
        if low is None or high is None:
            if low is not high or self.total or self.squares:
                raise _impossible(self, "a total without both a minimum and a maximum")
        elif self.count == 0 or not self.count * low <= self.total <= self.count * high:
            raise _impossible(self, "its total doesn't lie between its extremes")
        elif not self.total**2 <= self.squares * self.count <= (max(-low, high) * self.count) ** 2:
            raise _impossible(self, "its sum of squares doesn't fit its total and extremes")
        return self


IDENTITY: Final = Cell(0, 0, 0, None, None, 0)
"""Merging it changes nothing. It is the state of no values, and is never stored."""


def merged(cells: Iterable[Cell]) -> Cell:
    """Return the state of all together. Whether it can be exact doesn't depend on the order.

    Raises:
        ExactnessError: A figure of the result passes 128 bits.
    """
    sums = Sums()
    for cell in cells:
        sums.add(cell)
    return sums.cell()


class Sums:
    """A cell being added up: whole numbers of any size, bounded at the end only.

    So neither the result nor its being exact depends on the order.
    """

    __slots__ = ("count", "maximum", "minimum", "scale", "squares", "total")

    def __init__(self) -> None:
        self.count = self.total = self.squares = self.scale = 0
        self.minimum: int | None = None
        self.maximum: int | None = None

    def add(self, cell: Cell) -> None:
        """Merge a cell into this one."""
        total, squares, low, high = cell.total, cell.squares, cell.minimum, cell.maximum
        if cell.scale != self.scale:
            if cell.scale > self.scale:
                self._refine(cell.scale)
            else:
                step = 10 ** (self.scale - cell.scale)
                total, squares = total * step, squares * step**2
                low = None if low is None else low * step
                high = None if high is None else high * step
        self.count += cell.count
        self.total += total
        self.squares += squares
        if low is not None and (self.minimum is None or low < self.minimum):
            self.minimum = low
        if high is not None and (self.maximum is None or high > self.maximum):
            self.maximum = high

    def _refine(self, scale: int) -> None:
        step = 10 ** (scale - self.scale)
        self.total *= step
        self.squares *= step**2
        self.minimum = None if self.minimum is None else self.minimum * step
        self.maximum = None if self.maximum is None else self.maximum * step
        self.scale = scale

    def cell(self) -> Cell:
        """Return what was added up.

        Raises:
            ExactnessError: A figure passes 128 bits.
        """
        found = Cell(self.count, self.total, self.squares, self.minimum, self.maximum, self.scale)
        _bounded(found)
        return found


def _bounded(cell: Cell) -> None:
    for figure in (cell.total, cell.minimum or 0, cell.maximum or 0):
        if not -EXACT_LIMIT < figure < EXACT_LIMIT:
            raise ExactnessError(
                f"a figure of {len(str(abs(figure)))} digits at scale {cell.scale} passes 128 bits",
                code="exactness",
                remedy="check the values for a wrong unit, or take a smaller territory or window",
            )


def _impossible(cell: Cell, why: str) -> MalformedError:
    return MalformedError(
        f"{cell}: {why}", code="cell-impossible", remedy="ask its author to compose it again"
    )
