"""The cells of a file as text, before types: where delimited files and JSON meet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from schemas.reading.limits import CHUNK_ROWS

LINE: Final = "_line"
"""Column of line numbers; no field name starts with an underscore."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of the wire's columns as text.

    Attributes:
        frame: String columns by name, those that the file has; a null is a cell that JSON says
            is null or that has a fault already.
        lines: Line of the file that each row starts on, ascending.
        broken: Rows (positions in the frame) that have a fault already.
        dropped: Rows of the file that aren't in the frame because of a fault.
        decimal_comma: Whether `12,5` may be a number.
        clean: Whether it is known that no cell has a control character, but tabs and line ends.
    """

    frame: pl.DataFrame
    lines: pl.Series
    broken: frozenset[int] = frozenset()
    dropped: int = 0
    decimal_comma: bool = False
    clean: bool = False


def joined(parts: Sequence[Cells]) -> Cells:
    """The cells of a file from those of its parts, one at least.

    Args:
        parts: In their order, all with the same columns.
    """
    if len(parts) == 1:
        return parts[0]
    broken: set[int] = set()
    height = 0
    for part in parts:
        broken.update(height + position for position in part.broken)
        height += part.lines.len()
    return Cells(
        pl.concat([part.frame for part in parts], rechunk=True),
        pl.concat([part.lines for part in parts], rechunk=True),
        frozenset(broken),
        sum(part.dropped for part in parts),
        parts[0].decimal_comma,
        all(part.clean for part in parts),
    )


class CellsBuilder:
    """Turns rows into columns, some thousands at a time so that memory stays bounded."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names: Final = tuple(names)
        self._rows: list[Sequence[str | None]] = []
        self._lines: list[int] = []
        self._chunks: Final[list[pl.DataFrame]] = []
        self._height = 0

    @property
    def height(self) -> int:
        """Rows so far."""
        return self._height

    def add(self, line: int, row: Sequence[str | None]) -> None:
        """Add a row.

        Args:
            line: Line of the file.
            row: Cells, one per name.
        """
        self._lines.append(line)
        self._rows.append(row)
        self._height += 1
        if len(self._rows) == CHUNK_ROWS:
            self._flush()

    def build(self) -> tuple[pl.DataFrame, pl.Series]:
        """The columns, and the line of each row."""
        self._flush()
        whole = pl.concat(self._chunks, rechunk=True)
        return whole.drop(LINE), whole[LINE]

    def _flush(self) -> None:
        columns: Iterable[Sequence[str | None]] = (
            zip(*self._rows, strict=True) if self._rows else ((),) * len(self._names)
        )
        series = [
            pl.Series(name, values, dtype=pl.String)
            for name, values in zip(self._names, columns, strict=True)
        ]
        self._chunks.append(pl.DataFrame([*series, pl.Series(LINE, self._lines, dtype=pl.Int64)]))
        self._rows, self._lines = [], []
