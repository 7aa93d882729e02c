"""What stands twice in a file: keys, and values of columns that are unique.

Rows are told apart by a hash first; those that share one are then compared by value, so that two
values with one hash are never taken for the same. What is to be compared can be kept in drawers
by hash, so that of a file of any size one drawer is held at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import polars as pl

from schemas.model import Schema
from schemas.progress import Progress, silent
from schemas.reading.cells import LINE
from schemas.reading.faults import ReadingFault
from schemas.reading.limits import REPEATS_ROWS
from schemas.report import LIMIT, Fault, ReportBuilder

_DRAWER: Final = "_drawer"
_FIRST: Final = "_first"
_NUMBER: Final = "_number"
_TEXT: Final = "_text"


class Drawers(Protocol):
    """Keeps frames until they are taken out again, outside memory or in it."""

    def put(self, drawer: str, frame: pl.DataFrame) -> None:
        """Add rows to a drawer; those of one drawer have the same columns."""

    def take(self, drawer: str) -> Iterator[pl.DataFrame]:
        """What was put in, in that order; the drawer is empty then."""


class Held:
    """Drawers in memory."""

    def __init__(self) -> None:
        self._frames: Final[dict[str, list[pl.DataFrame]]] = {}

    def put(self, drawer: str, frame: pl.DataFrame) -> None:
        """Add rows to a drawer."""
        self._frames.setdefault(drawer, []).append(frame)

    def take(self, drawer: str) -> Iterator[pl.DataFrame]:
        """What was put in."""
        return iter(self._frames.pop(drawer, ()))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Columns that no two rows may have the same values in.

    Attributes:
        names: Columns.
        column: Whose fault it is; None: the key's.
    """

    names: tuple[str, ...]
    column: str | None


class Repeats:
    """Finds what stands twice, in rows that come bit by bit."""

    def __init__(
        self, schema: Schema, drawers: Drawers | None = None, *, count: int = 1, seed: int = 0
    ) -> None:
        """Know of no rows yet.

        Args:
            schema: Theirs.
            drawers: Keep what is to be compared; None: in memory.
            count: Among how many drawers it is shared out.
            seed: Of hashes; drawn at random, nobody can make rows that all go into one drawer.
        """
        self._schema: Final = schema
        self._drawers: Final[Drawers] = Held() if drawers is None else drawers
        self._count: Final = count
        self._seed: Final = seed
        self._asked: Final = tuple(_asked(schema))

    def add(self, rows: pl.DataFrame, texts: pl.DataFrame) -> None:
        """Add rows, in the order of the file.

        Args:
            rows: The wire's columns and types, and the column `LINE`.
            texts: The same rows as the file has them, those columns that it has.
        """
        for number, asked in enumerate(self._asked):
            if not all(name in texts.columns for name in asked.names):
                continue
            kept = rows.select(*asked.names, LINE).with_columns(
                texts[name].alias(_TEXT + name)
                for name in asked.names
                if rows.schema[name] != pl.String
            )
            # null is the same as nothing
            kept = kept.drop_nulls(asked.names)
            if self._count == 1:
                self._drawers.put(f"{number}-0", kept)
                continue
            drawer = (self._hash(kept, asked.names) % self._count).alias(_DRAWER)
            parts = kept.with_columns(drawer).partition_by(_DRAWER, as_dict=True, include_key=False)
            for (at,), part in parts.items():
                self._drawers.put(f"{number}-{at}", part)

    def tell(self, builder: ReportBuilder, progress: Progress = silent) -> None:
        """Report what stands twice, each time after the first.

        Args:
            builder: Takes `constraint-error` (unique) and `primary-key`.
            progress: Told of the step `repeats`.
        """
        total = len(self._asked) * self._count
        for number, asked in enumerate(self._asked):
            for at in range(self._count):
                progress("repeats", number * self._count + at, total)
                self._tell(asked, self._drawers.take(f"{number}-{at}"), builder)
        progress("repeats", total, total)

    def _tell(self, asked: _Asked, frames: Iterable[pl.DataFrame], builder: ReportBuilder) -> None:
        known: pl.DataFrame | None = None
        for frame in _gathered(frames):
            old = 0 if known is None else known.height
            whole = frame if known is None else pl.concat([known, frame])
            again = self._again(whole, asked.names).filter(pl.col(_NUMBER) >= old)
            self._report(asked, again, builder)
            # of what stands twice the first is enough
            new = ~pl.int_range(pl.len()).is_in(again[_NUMBER].implode())
            known = whole.filter(new) if again.height else whole

    def _again(self, rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
        """Rows that stand further up already, with the line of the first such one."""
        numbered = rows.with_row_index(_NUMBER)
        hashes = self._hash(rows, names)
        if hashes.n_unique() == rows.height:
            return numbered.clear().with_columns(pl.lit(0, dtype=pl.Int64).alias(_FIRST))
        alike = numbered.filter(hashes.is_duplicated())
        first = alike.with_columns(pl.col(LINE).first().over(names).alias(_FIRST))
        return first.filter(pl.col(_NUMBER) != pl.col(_NUMBER).first().over(names))

    def _hash(self, rows: pl.DataFrame, names: Sequence[str]) -> pl.Series:
        return rows.select(names).hash_rows(self._seed)

    def _report(self, asked: _Asked, again: pl.DataFrame, builder: ReportBuilder) -> None:
        rule = "primary-key" if asked.column is None else "constraint-error"
        if not again.height:
            return
        room = builder.room(rule, asked.column, again[LINE][0])
        shown = again.head(max(0, min(LIMIT, room)))
        columns = [_TEXT + name if _TEXT + name in again.columns else name for name in asked.names]
        for line, first, *texts in shown.select(LINE, _FIRST, *columns).iter_rows():
            builder.add(_fault(asked, line, first, texts))
        builder.count(rule, again.height - shown.height, asked.column)


def _asked(schema: Schema) -> Iterator[_Asked]:
    for field in schema.wire_fields:
        if field.constraints.unique and schema.primary_key != (field.name,):
            yield _Asked((field.name,), field.name)
    yield _Asked(schema.primary_key, None)


def _gathered(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The frames, joined to larger ones."""
    held: list[pl.DataFrame] = []
    height = 0
    for frame in frames:
        held.append(frame)
        height += frame.height
        if height >= REPEATS_ROWS:
            yield pl.concat(held)
            held, height = [], 0
    if held:
        yield pl.concat(held)


def _fault(asked: _Asked, line: int, first: int, texts: Sequence[str]) -> Fault:
    if asked.column is not None:
        return ReadingFault.of(
            "constraint-error",
            row=line,
            column=asked.column,
            value=texts[0],
            case="unique",
            first=first,
        )
    return ReadingFault.of(
        "primary-key",
        row=line,
        value=", ".join(text.strip() for text in texts),
        case="twice",
        key=", ".join(asked.names),
        first=first,
    )
