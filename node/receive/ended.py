"""What was accepted under a charter before its end was known, and was issued after it.

It would have been refused: it is taken out of force, so that all receivers who know the same
documents hold the same (docs/wire.md, section 8.6).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from federation.jose import parse_compact
from federation.manifest import TYP, Manifest
from federation.model import instant_us
from node.knowledge import Knowledge
from node.receive.contents import Contents
from node.receive.figures import CellChanges, lost_changes, register_reverted
from node.store.rows import PublicationRow, RefusalRow
from node.store.store import Store
from schemas.model import Schema

CODE: Final = "charter-ended"


@dataclass(frozen=True, slots=True)
class Late:
    """A publication that was accepted and isn't shared any more.

    Attributes:
        row: As stored.
        why: By which end.
    """

    row: PublicationRow
    why: str

    def refusal(self, now_us: int) -> RefusalRow:
        """As the owner's receipt lists it."""
        row = self.row
        return RefusalRow(
            digest=row.digest,
            owner=row.owner,
            dataset=row.dataset,
            epoch=row.epoch,
            sequence=row.sequence,
            reason=CODE,
            detail=self.why,
            refused_at=now_us,
        )


def late(store: Store, knowledge: Knowledge, names: Iterable[str]) -> list[Late]:
    """What an end that was just learned takes out of force.

    Args:
        store: Of this receiver.
        knowledge: Knows the ends.
        names: What became known; the digests of charters among them are looked at.
    """
    found: list[Late] = []
    for charter in names:
        ends = knowledge.ends_of(charter)
        if not ends:
            continue
        for row in store.publications.issued_since("federation", ends[0].ends_us):
            manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
            bare = manifest.mode == "withdraw" and manifest.content is None
            if manifest.sharing.charter != charter or bare:
                continue
            issued = instant_us(manifest.issued)
            why = knowledge.charter_ended(charter, manifest.publisher, issued)
            if why:
                found.append(Late(row, why))
    return found


def changes_of(
    gone: Sequence[Late], knowledge: Knowledge, contents: Contents, changes: CellChanges
) -> None:
    """The cells of the datasets without what is out of force."""
    voids = frozenset(one.row.digest for one in gone)
    by_dataset: defaultdict[str, list[PublicationRow]] = defaultdict(list)
    for one in gone:
        by_dataset[one.row.dataset].append(one.row)
    for dataset, rows in by_dataset.items():
        schema = knowledge.schema(rows[0].schema_digest)
        if schema is None or not schema.measures:
            continue
        if schema.kind == "register":
            register_reverted(dataset, contents.register(dataset, without=voids), changes)
            continue
        spans = [
            (row.period_start, row.period_end)
            for row in rows
            if row.period_start is not None and row.period_end is not None
        ]
        lost_changes(
            schema,
            dataset,
            spans,
            lambda name, start, end: contents.overlapping(name, start, end, without=voids),
            changes,
            versions=[one for one in _versions(rows, knowledge) if one is not None],
        )


def _versions(rows: Sequence[PublicationRow], knowledge: Knowledge) -> list[Schema | None]:
    return [knowledge.schema(digest) for digest in {row.schema_digest for row in rows}]
