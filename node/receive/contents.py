"""Stored contents read back as rows: for recomputing windows, registers and exports."""

from collections.abc import Callable, Sequence

import polars as pl

from federation.content import decode
from federation.jose import parse_compact
from federation.judge import arrow_schema_of
from federation.manifest import TYP, Manifest
from federation.standing import Order, Table
from federation.tables import apply_delta
from node.receive.figures import Rows
from node.store.rows import PublicationRow
from node.store.store import Store
from schemas.model import Schema
from schemas.progress import Progress, silent

SchemaOf = Callable[[str], Schema | None]


class Contents:
    """Rows of stored publications. They were verified when they were stored."""

    def __init__(self, store: Store, schema_of: SchemaOf, progress: Progress = silent) -> None:
        """Read from a store.

        Args:
            store: Holds them.
            schema_of: Schemas by digest.
            progress: Told of the step `publications`.
        """
        self._store = store
        self._schema_of = schema_of
        self._progress = progress
        self._read = 0

    def frame(self, row: PublicationRow) -> pl.DataFrame | None:
        """The rows of one publication; None where it carries none.

        Raises:
            StoreError: The content is gone or damaged.
        """
        self._progress("publications", self._read, None)
        self._read += 1
        manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
        schema = self._schema_of(row.schema_digest)
        if manifest.content is None or schema is None:
            return None
        blob = self._store.contents.get(manifest.content.digest)
        table = decode(blob, arrow_schema_of(manifest.mode, schema), manifest.content.plain_size)
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def rows(self, row: PublicationRow) -> Rows | None:
        """The same, with what is needed to replay them."""
        schema = self._schema_of(row.schema_digest)
        frame = None if schema is None else self.frame(row)
        if schema is None or frame is None:
            return None
        return Rows(row.order, row.mode, frame, schema)

    def overlapping(
        self, dataset: str, start_us: int, end_us: int, *, without: frozenset[str] = frozenset()
    ) -> Sequence[Rows]:
        """Rows of the publications of a series that overlap a period, withdrawals too."""
        found = (
            self.rows(row)
            for row in self._store.publications.overlapping(dataset, start_us, end_us)
            if row.digest not in without
        )
        return [rows for rows in found if rows is not None]

    def table(self, dataset: str, *, until: Order | None = None) -> pl.DataFrame | None:
        """A register's canonical table, replayed from its last snapshot; None without one."""
        found = self.register(dataset, until)
        return None if found is None else found.frame

    def register(
        self,
        dataset: str,
        until: Order | None = None,
        *,
        without: frozenset[str] = frozenset(),
    ) -> Table | None:
        """The same, with the schema of its rows."""
        rows = self._store.publications.of(dataset, upto=until, everything=False) or self._signed(
            dataset, until
        )
        rows = [row for row in rows if row.digest not in without]
        start = max((at for at, row in enumerate(rows) if row.mode == "snapshot"), default=None)
        if start is None:
            return None
        table: pl.DataFrame | None = None
        # a change applies to a table of its own version only: the snapshot's is that of all
        schema = self._schema_of(rows[start].schema_digest)
        assert schema is not None
        for row in rows[start:]:
            frame = self.frame(row)
            if row.mode == "withdraw":
                if frame is None:
                    table = None
                elif table is not None:
                    table = table.join(
                        frame, on=list(schema.primary_key), how="anti", maintain_order="left"
                    )
            elif row.mode == "snapshot":
                table = frame
            elif frame is not None and table is not None:
                table = apply_delta(table, frame, schema.primary_key)
        return None if table is None else Table(table, schema)

    def _signed(self, dataset: str, until: Order | None) -> list[PublicationRow]:
        """A dataset of this node's own that it has not received back: what it signed."""
        rows = self._store.publications.of(dataset, upto=until, everything=True)
        return [row for row in rows if row.own and not row.void]

    def series(self, dataset: str, *, until: Order | None = None) -> list[Rows]:
        """All rows of a series, publication by publication, of whatever version of its schema."""
        found: list[Rows] = []
        for row in self._store.publications.of(dataset, upto=until) or self._signed(dataset, until):
            rows = self.rows(row)
            if rows is not None:
                found.append(rows)
            elif row.mode == "withdraw":
                found.clear()
        return found

    def schema_of_series(self, dataset: str, until: Order | None = None) -> Schema | None:
        """The schema of the last rows of a series that are in force; None when none are."""
        rows = self._store.publications.of(dataset, upto=until)
        last = next((row for row in reversed(rows) if row.mode == "append"), None)
        return None if last is None else self._schema_of(last.schema_digest)
