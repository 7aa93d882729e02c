"""Which cells change when publications are accepted (design, section 7, corrections).

A publication whose period lies behind everything held of its dataset is merged directly; an
overlap, a withdrawal or an abandoned epoch recomputes the windows touched from the stored
contents. There is no table of rows.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from federation.cell import Cell, CellKey
from federation.cells import Part, cells_of_batch
from federation.judge import PART, Publication
from federation.manifest import Manifest
from federation.places import zone_of
from federation.replay import Rows, part_of, replay
from federation.windows import bounds, window_of
from node.store.rows import CellRange
from schemas.model import Schema

__all__ = [
    "SECOND_US",
    "CellChanges",
    "Rows",
    "Stored",
    "part_of",
    "register_changes",
    "replay",
    "series_changes",
    "span_of",
    "touched",
]

SECOND_US: Final = 1_000_000


Stored = Callable[[str, int, int], Sequence[Rows]]
"""(dataset, start µs, end µs) to the stored, unvoided publications that overlap."""


@dataclass(slots=True)
class CellChanges:
    """What a batch does to the cells: first removed, then replaced, then merged."""

    removed: list[CellRange] = field(default_factory=list)
    replaced: dict[CellKey, Cell] = field(default_factory=dict)
    merged: list[tuple[CellKey, Cell]] = field(default_factory=list)


def _cells(
    schema: Schema, frames: Sequence[pl.DataFrame], parts: Sequence[Part]
) -> list[tuple[CellKey, Cell]]:
    numbers = pl.Series(PART, range(len(frames)), dtype=pl.UInt32)
    sizes = pl.Series([frame.height for frame in frames], dtype=pl.UInt32)
    column = numbers.repeat_by(sizes).explode(empty_as_null=False).alias(PART)
    return cells_of_batch(schema, pl.concat(frames).with_columns(column), parts)


def touched(schema: Schema, owner: str, start_us: int, end_us: int) -> tuple[int, int]:
    """The base windows that a period touches: [first start, last end) in epoch seconds."""
    kind = schema.base_window
    assert kind is not None
    zone = zone_of(owner)
    first = window_of(start_us // SECOND_US, kind, zone)
    last = window_of(max(start_us, end_us - 1) // SECOND_US, kind, zone)
    return first, bounds(kind, last, zone)[1]


def span_of(
    manifest: Manifest, schema: Schema, frame: pl.DataFrame | None
) -> tuple[int, int] | None:
    """The period that a publication changes, in µs; None when it changes none."""
    if manifest.period is not None and manifest.mode == "append":
        return manifest.period.start_us, manifest.period.end_us
    if (
        manifest.mode == "withdraw"
        and frame is not None
        and frame.height
        and schema.time is not None
    ):
        time = frame.get_column(schema.time).to_physical()
        low, high = time.min(), time.max()
        assert isinstance(low, int)
        assert isinstance(high, int)
        return low, high + 1
    return None


def register_changes(publication: Publication, changes: CellChanges) -> None:
    """A register's cells are those of its whole table."""
    schema, manifest = publication.schema, publication.manifest
    if not schema.measures or manifest.mode == "unchanged":
        return
    register_cells(schema, manifest.owner, manifest.dataset, publication.table, changes)


def register_cells(
    schema: Schema, owner: str, dataset: str, table: pl.DataFrame | None, changes: CellChanges
) -> None:
    """A register's cells as they follow from its table, in place of all that it had."""
    changes.removed.append(_all_of(schema, dataset, "none", 0, 1))
    for key in [key for key in changes.replaced if key.dataset == dataset]:
        del changes.replaced[key]
    if table is not None and table.height:
        changes.replaced.update(_cells(schema, [table], [part_of(owner, dataset)]))


def _all_of(schema: Schema, dataset: str, window: str, start: int, end: int) -> CellRange:
    return CellRange(
        dataset=dataset,
        window=window,
        start=start,
        end=end,
        measures=tuple(m.name for m in schema.measures),
    )


def series_changes(
    accepted: Sequence[Publication],
    ends_us: Mapping[str, int | None],
    lost_spans: Mapping[str, Sequence[tuple[int, int]]],
    stored: Stored,
    changes: CellChanges,
) -> None:
    """The cells of a batch of series.

    All times of a dataset's rows lie before its latest end: a window that begins there or later has
    no cell yet, and its first one needn't be looked for.

    Args:
        accepted: In chain order per dataset.
        ends_us: Before the batch, the latest end of a period held, per dataset.
        lost_spans: Periods of publications that this batch makes void, per dataset.
        stored: Reads what is held; it must leave out what this batch makes void.
        changes: Takes the result.
    """
    by_dataset: defaultdict[str, list[Publication]] = defaultdict(list)
    for publication in accepted:
        if publication.schema.measures:
            by_dataset[publication.manifest.dataset].append(publication)
    straight: defaultdict[str, list[Publication]] = defaultdict(list)
    for dataset, publications in by_dataset.items():
        if not lost_spans.get(dataset) and _disjoint(publications, ends_us.get(dataset)):
            straight[publications[0].schema.digest] += publications
        else:
            _recompute(dataset, publications, lost_spans.get(dataset, ()), stored, changes)
    for publications in straight.values():
        carrying = [one for one in publications if one.frame is not None]
        if carrying:
            frames = [one.frame for one in carrying if one.frame is not None]
            parts = [part_of(one.manifest.owner, one.manifest.dataset) for one in carrying]
            for key, cell in _cells(carrying[0].schema, frames, parts):
                end_us = ends_us.get(key.dataset)
                if end_us is None or key.start * SECOND_US >= end_us:
                    changes.replaced[key] = cell
                else:
                    changes.merged.append((key, cell))


def _disjoint(publications: Sequence[Publication], end_us: int | None) -> bool:
    for one in publications:
        manifest = one.manifest
        if manifest.mode == "unchanged":
            continue
        if manifest.mode != "append":
            return False
        assert manifest.period is not None
        if end_us is not None and manifest.period.start_us < end_us:
            return False
        end_us = manifest.period.end_us
    return True


def _recompute(
    dataset: str,
    publications: Sequence[Publication],
    lost: Sequence[tuple[int, int]],
    stored: Stored,
    changes: CellChanges,
) -> None:
    schema = publications[0].schema
    assert schema.base_window is not None
    fresh: list[Rows] = []
    spans = list(lost)
    for one in publications:
        manifest = one.manifest
        span = span_of(manifest, schema, one.frame)
        if span is not None and one.frame is not None:
            spans.append(span)
            fresh.append(Rows(manifest.order, manifest.mode, one.frame))
        elif manifest.mode == "withdraw":
            # the whole dataset: nothing before it stands
            fresh.clear()
            changes.removed.append(_all_of(schema, dataset, schema.base_window, -(2**62), 2**62))
    lost_changes(
        schema,
        dataset,
        spans,
        lambda name, start, end: [*stored(name, start, end), *fresh],
        changes,
    )


def lost_changes(
    schema: Schema,
    dataset: str,
    spans: Sequence[tuple[int, int]],
    stored: Stored,
    changes: CellChanges,
) -> None:
    """The windows that these periods touch, anew from what is stored."""
    owner = dataset.partition("/")[0]
    assert schema.time is not None
    assert schema.base_window is not None
    time = pl.col(schema.time).to_physical()
    for start, end in _merged([touched(schema, owner, *span) for span in spans]):
        start_us, end_us = start * SECOND_US, end * SECOND_US
        table = replay(schema, stored(dataset, start_us, end_us)).filter(
            (time >= start_us) & (time < end_us)
        )
        changes.removed.append(_all_of(schema, dataset, schema.base_window, start, end))
        if table.height:
            changes.replaced.update(_cells(schema, [table], [part_of(owner, dataset)]))


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping or touching spans joined, so that no window is recomputed twice."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
