"""What stands of datasets while a batch is judged: a register's table, a series' schema.

The store knows how things stood before the batch; what the batch adds, takes back or makes void
is remembered here until it is stored. A new epoch goes back to its predecessor, whether its
opener is accepted or refused (docs/wire.md, 6, step 12).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from schemas.model import Schema
from schemas.versions import same_series

Order = tuple[int, int]
"""(epoch, sequence)."""

BEGINNING: Final[Order] = (0, 0)


@dataclass(frozen=True, slots=True)
class Table:
    """A register's canonical table.

    Attributes:
        frame: Rows, sorted by key.
        schema: Of the rows; None where only the frame was at hand.
    """

    frame: pl.DataFrame
    schema: Schema | None = None


StoredTable = Callable[[str, Order | None], Table | None]
"""(dataset, order) to the stored table at that order, or the newest; None when there is none."""

StoredSchema = Callable[[str, Order | None], Schema | None]
"""(dataset, order) to the schema of the last stored rows in force at that order, or of all."""


class Standing:
    """Made for a batch, thrown away after it."""

    def __init__(
        self,
        table: StoredTable,
        schema: StoredSchema = lambda _dataset, _at: None,
        *,
        likely: Callable[[str], Schema | None] | None = None,
    ) -> None:
        """Start from what the store has.

        Args:
            table: Of registers.
            schema: Of series.
            likely: Likewise, answered quickly, and wrong at most where all was withdrawn: only
                what another schema follows on is looked up.
        """
        self._stored_table: Final = table
        self._stored_schema: Final = schema
        self._likely: Final = likely
        self._tables: Final[defaultdict[str, list[tuple[Order, Table | None]]]] = defaultdict(list)
        self._present: Final[dict[str, Table | None]] = {}
        self._schemas: Final[dict[str, Schema | None]] = {}

    # -- registers -----------------------------------------------------------------------------

    def table(self, dataset: str) -> Table | None:
        """A register's table as it stands now."""
        steps = self._tables.get(dataset)
        if steps:
            return steps[-1][1]
        if dataset not in self._present:
            self._present[dataset] = self._stored_table(dataset, None)
        return self._present[dataset]

    def moved(self, dataset: str, order: Order, table: Table) -> None:
        """A publication led to this table."""
        self._tables[dataset].append((order, table))

    def emptied(self, dataset: str) -> None:
        """All of it was withdrawn: nothing stands any more, at no earlier place either."""
        self._tables[dataset] = [(BEGINNING, None)]
        self._schemas[dataset] = None

    def back(self, dataset: str, after: Order, *, register: bool) -> None:
        """A new epoch: what came behind this place is void."""
        if not register:
            self._schemas[dataset] = self._stored_schema(dataset, after)
            return
        steps = [step for step in self._tables[dataset] if step[0] <= after]
        self._tables[dataset] = steps or [(after, self._stored_table(dataset, after))]

    # -- series --------------------------------------------------------------------------------

    def follows(self, dataset: str, schema: Schema) -> Schema | None:
        """Whether rows of a schema may follow on those of a series.

        Returns:
            None if they may; else the schema of the rows before.
        """
        before = self._schemas.get(dataset)
        if dataset not in self._schemas:
            before = self._likely(dataset) if self._likely is not None else None
            if before != schema:
                before = self._schemas[dataset] = self._stored_schema(dataset, None)
        if before is None or before == schema or same_series(before, schema):
            return None
        return before

    def grown(self, dataset: str, schema: Schema) -> None:
        """Rows of a schema were added to a series."""
        self._schemas[dataset] = schema
