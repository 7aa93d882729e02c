"""What a composer's dataset says of a day: own publications, received back or not, and drafts."""

import datetime as dt
from typing import Final

import polars as pl

from federation.composition import row_schema
from federation.content import decode
from federation.ids import parse_dataset
from federation.judge import arrow_schema_of
from federation.manifest import Mode
from federation.windows import label
from node.receive.contents import Contents
from node.receive.figures import Rows, replay
from node.recomputing import zone_of_place
from node.store.rows import DraftRow, PublicationRow
from node.store.store import Store

_DRAFTS_MAX: Final = 1_000_000
_LAST: Final = 2**62
_DAY: Final = dt.timedelta(days=1)
_SECOND_US: Final = 1_000_000


class Ledger:
    """The rows of one composer's dataset as they will stand once all drafts are signed."""

    def __init__(self, store: Store, contents: Contents, dataset: str) -> None:
        """Read when first asked."""
        self._store = store
        self._contents = contents
        self._dataset = dataset
        self._held: tuple[list[PublicationRow], list[DraftRow]] | None = None

    def of(self, day: str) -> tuple[pl.DataFrame, bool]:
        """The rows of a local day (`2026-11-22`), and whether a composition says just these.

        Returns:
            The columns of the schema `synthese`; False if rows were withdrawn since the last
            composition, so that its claim speaks of more.

        Raises:
            StoreError: A content is damaged.
        """
        publications, drafts = self._read()
        date = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
        low = int((date - _DAY).timestamp()) * _SECOND_US
        high = int((date + 2 * _DAY).timestamp()) * _SECOND_US
        found: list[Rows] = []
        for row in publications:
            if _touches(row, low, high):
                frame = self._contents.frame(row)
                if frame is not None:
                    found.append(Rows(row.order, row.mode, _within(frame, day), row_schema()))
                elif row.mode == "withdraw":
                    found.clear()
        found += [
            Rows((_LAST, one.id), one.mode, _within(self._rows(one), day), row_schema())
            for one in drafts
            if _touches(one, low, high)
        ]
        found = [one for one in found if one.frame.height]
        claimed = bool(found) and found[-1].mode == "append"
        tables = replay(found)
        rows = tables[0][1] if tables else pl.DataFrame(schema=row_schema().polars_schema())
        return rows, claimed

    def _read(self) -> tuple[list[PublicationRow], list[DraftRow]]:
        if self._held is None:
            digest = row_schema().digest
            owner = parse_dataset(self._dataset).owner
            # drafts first: one that is signed meanwhile is read twice, which changes nothing
            drafts = [
                one
                for one in self._store.own.next_drafts(owner, _DRAFTS_MAX)
                if one.dataset == self._dataset and one.schema_digest == digest
            ]
            publications = [
                row
                for row in self._store.publications.of(self._dataset, everything=True)
                if row.own
                and not row.void
                and row.verdict != "refused"
                and row.schema_digest == digest
            ]
            self._held = publications, drafts
        return self._held

    def _rows(self, draft: DraftRow) -> pl.DataFrame:
        assert draft.content_digest is not None
        blob = self._store.contents.get(draft.content_digest)
        mode: Mode = "withdraw" if draft.mode == "withdraw" else "append"
        wanted = arrow_schema_of(mode, row_schema())
        frame = pl.from_arrow(decode(blob, wanted, draft.plain_size))
        assert isinstance(frame, pl.DataFrame)
        return frame


def _within(frame: pl.DataFrame, day: str) -> pl.DataFrame:
    """The rows, or keys, of a local day."""
    starts = (frame["window_start"].dt.epoch("us") // _SECOND_US).to_list()
    here = [
        label("day", start, zone_of_place(place)) == day
        for start, place in zip(starts, frame["place"].to_list(), strict=True)
    ]
    return frame.filter(pl.Series(here, dtype=pl.Boolean))


def _touches(row: PublicationRow | DraftRow, low: int, high: int) -> bool:
    """Whether rows of a period may be there; a withdrawal that names none may reach anything."""
    if row.period_start is None or row.period_end is None:
        return True
    return row.period_start < high and row.period_end > low
