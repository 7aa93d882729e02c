"""A transaction from what has gathered: cells, heads, marks of receipts, and what is held."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from federation.chain import Head
from federation.errors import MaillageError
from federation.judge import Publication
from federation.limits import HELD_MAX_BYTES, HELD_MAX_MESSAGES
from federation.places import covered
from node.knowledge import Knowledge
from node.receive.batch import Batch
from node.receive.contents import Contents
from node.receive.ended import changes_of
from node.receive.figures import (
    CellChanges,
    Lost,
    register_changes,
    register_reverted,
    series_changes,
)
from node.store.rows import HeadRow, HeldLimits, ReceiptMark, Write

LIMITS: Final = HeldLimits(messages=HELD_MAX_MESSAGES, size_bytes=HELD_MAX_BYTES)


class Heads:
    """What the heads of datasets say besides the place in the chain."""

    def __init__(self, rows: Iterable[HeadRow]) -> None:
        """Start from what the store has."""
        self.ends: Final[dict[str, int | None]] = {}
        self.schemas: Final[dict[str, str]] = {}
        for row in rows:
            self.ends[row.dataset] = row.period_end
            self.schemas[row.dataset] = row.schema_digest


def write_of(
    batch: Batch,
    known: Heads,
    heads: Mapping[str, Head],
    *,
    contents: Contents,
    knowledge: Knowledge,
    receivers: Sequence[str],
    limits: HeldLimits,
) -> Write:
    """What is to be stored.

    Args:
        batch: Worked through.
        known: Before the batch; brought up to date.
        heads: After it.
        contents: Before it.
        knowledge: Schemas.
        receivers: Participants of this node that sign receipts.
        limits: Of what each carrier may have held.

    Raises:
        StoreError: Contents that figures are recomputed from can't be read.
    """
    changes = _cells(batch, known, contents, knowledge)
    return Write(
        day=dt.datetime.fromtimestamp(batch.now_us / 1e6, tz=dt.UTC).date(),
        contents=tuple(batch.contents),
        publications=tuple(batch.rows),
        heads=tuple(_heads(batch, known, heads)),
        voids=tuple(batch.voids),
        erasures=tuple(batch.erasures),
        cells_removed=tuple(changes.removed),
        cells=changes.replaced,
        cells_merged=tuple(changes.merged),
        hold=tuple(batch.hold.values()),
        hold_limits=limits,
        release=tuple(batch.release),
        evidence=tuple(batch.evidence),
        receipt_marks=tuple(_marks(batch, receivers, knowledge)),
        refusals=tuple(batch.refusals),
    )


def _cells(batch: Batch, known: Heads, contents: Contents, knowledge: Knowledge) -> CellChanges:
    changes = CellChanges()
    series: list[Publication] = []
    voids = frozenset(batch.voids)
    for publication in batch.accepted:
        if publication.digest in voids:
            continue
        if publication.schema.kind == "register":
            register_changes(publication, changes)
        else:
            series.append(publication)
    for dataset, schema in batch.given_up.items():
        if schema.kind == "register":
            register_reverted(dataset, batch.standing.table(dataset), changes)
    series_changes(
        series,
        known.ends,
        _lost(batch, knowledge),
        lambda dataset, start, end: contents.overlapping(dataset, start, end, without=voids),
        changes,
    )
    changes_of(batch.late, knowledge, contents, changes)
    return changes


def _lost(batch: Batch, knowledge: Knowledge) -> dict[str, Lost]:
    found = {}
    for dataset, gone in batch.lost.items():
        schemas = [knowledge.schema(digest) for digest, _, _ in gone]
        found[dataset] = Lost(
            [*(one for one in schemas if one is not None), batch.given_up[dataset]],
            [(start, end) for _, start, end in gone],
        )
    return found


def _heads(batch: Batch, known: Heads, heads: Mapping[str, Head]) -> list[HeadRow]:
    for row in batch.rows:
        if row.verdict == "accepted" and row.period_end is not None:
            known.ends[row.dataset] = max(known.ends.get(row.dataset) or 0, row.period_end)
    rows = []
    for dataset, (schema_digest, origin) in batch.datasets.items():
        head = heads[dataset]
        known.schemas[dataset] = schema_digest
        rows.append(
            HeadRow(
                dataset,
                head.epoch,
                head.sequence,
                head.digest,
                schema_digest,
                origin,
                head.accepted,
                head.refused,
                known.ends.get(dataset),
                batch.now_us,
            )
        )
    return rows


def _marks(batch: Batch, receivers: Sequence[str], knowledge: Knowledge) -> list[ReceiptMark]:
    return [
        ReceiptMark(receiver=receiver, owner=owner, urgent=urgent)
        for owner, urgent in batch.marks.items()
        for receiver in receivers
        if in_scope(receiver, owner) or _shares(receiver, owner, batch.shared[owner], knowledge)
    ]


def _shares(receiver: str, owner: str, charters: set[str], knowledge: Knowledge) -> bool:
    """Whether a receiver answers for an owner as a member of the charter it shares under."""
    known = knowledge.charters
    found = (known[digest] for digest in charters if digest in known)
    return receiver != owner and any(receiver in one.members for one in found)


def in_scope(receiver: str, owner: str) -> bool:
    """Whether a receiver answers for an owner: their territories meet, and they are two bodies."""
    if receiver == owner:
        return False
    try:
        return not covered(receiver).isdisjoint(covered(owner))
    except (MaillageError, LookupError):
        return False
