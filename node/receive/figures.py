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
from federation.composition_claim import WindowKind
from federation.judge import PART, Publication
from federation.manifest import Manifest
from federation.places import zone_of
from federation.replay import Rows, cells_of_tables, part_of, replay
from federation.standing import Table
from federation.windows import bounds, window_of
from node.store.rows import CellRange
from schemas.instants import instant, instants
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
SERIES_WINDOWS: Final[tuple[WindowKind, ...]] = ("hour", "day", "month", "year")


Stored = Callable[[str, int, int], Sequence[Rows]]
"""(dataset, start µs, end µs) to the stored, unvoided publications that overlap."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What a batch makes void of a series.

    Attributes:
        schemas: Of the publications that are void, and last of the one that made them so.
        spans_us: Their periods.
    """

    schemas: Sequence[Schema]
    spans_us: Sequence[tuple[int, int]]


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
        time = instants(schema, frame)
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


def register_reverted(dataset: str, table: Table | None, changes: CellChanges) -> None:
    """A register went back to what it was: its cells are those of that table, and no others."""
    changes.removed.append(CellRange(dataset=dataset, window="none", start=0, end=1))
    for key in [key for key in changes.replaced if key.dataset == dataset]:
        del changes.replaced[key]
    if table is not None and table.schema is not None and table.schema.measures:
        owner = dataset.partition("/")[0]
        register_cells(table.schema, owner, dataset, table.frame, changes)


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
        measures=tuple(name for one in schema.measures for name in one.counted),
    )


def series_changes(
    accepted: Sequence[Publication],
    ends_us: Mapping[str, int | None],
    lost: Mapping[str, Lost],
    stored: Stored,
    changes: CellChanges,
) -> None:
    """The cells of a batch of series.

    All times of a dataset's rows lie before its latest end: a window that begins there or later has
    no cell yet, and its first one needn't be looked for.

    Args:
        accepted: In chain order per dataset.
        ends_us: Before the batch, the latest end of a period held, per dataset.
        lost: What this batch makes void, per dataset.
        stored: Reads what is held; it must leave out what this batch makes void.
        changes: Takes the result.
    """
    by_dataset: defaultdict[str, list[Publication]] = defaultdict(list)
    for publication in accepted:
        if publication.schema.measures:
            by_dataset[publication.manifest.dataset].append(publication)
    straight: defaultdict[Schema, list[Publication]] = defaultdict(list)
    for dataset, publications in by_dataset.items():
        if dataset not in lost and _disjoint(publications, ends_us.get(dataset)):
            for one in publications:
                straight[one.schema].append(one)
        else:
            _recompute(dataset, publications, lost.get(dataset), stored, changes)
    for dataset, gone in lost.items():
        if dataset not in by_dataset and gone.spans_us:
            _recompute(dataset, (), gone, stored, changes)
    for publications in straight.values():
        _straight(publications, ends_us, changes)


def _straight(
    publications: Sequence[Publication], ends_us: Mapping[str, int | None], changes: CellChanges
) -> None:
    """Publications of one schema, each behind all that is held of its dataset."""
    carrying = [one for one in publications if one.frame is not None]
    if not carrying:
        return
    frames = [one.frame for one in carrying if one.frame is not None]
    parts = [part_of(one.manifest.owner, one.manifest.dataset) for one in carrying]
    for key, cell in _cells(carrying[0].schema, frames, parts):
        end_us = ends_us.get(key.dataset)
        known = changes.replaced.get(key)
        if known is not None:
            changes.replaced[key] = known.merge(cell)  # of another version in the same batch
        elif end_us is None or key.start * SECOND_US >= end_us:
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
    lost: Lost | None,
    stored: Stored,
    changes: CellChanges,
) -> None:
    versions = [one.schema for one in publications] + list(lost.schemas if lost else ())
    # rows of all versions that stand lie in the same windows (`same_series`)
    schema = publications[-1].schema if publications else versions[-1]
    assert schema.base_window is not None
    fresh: list[Rows] = []
    spans = list(lost.spans_us) if lost else []
    for one in publications:
        manifest = one.manifest
        span = span_of(manifest, one.schema, one.frame)
        if span is not None and one.frame is not None:
            spans.append(span)
            fresh.append(Rows(manifest.order, manifest.mode, one.frame, one.schema))
        elif manifest.mode == "withdraw":
            # the whole dataset: nothing before it stands, of whatever version
            fresh.clear()
            changes.removed += [
                CellRange(dataset=dataset, window=kind, start=-(2**62), end=2**62)
                for kind in SERIES_WINDOWS
            ]
    lost_changes(
        schema,
        dataset,
        spans,
        lambda name, start, end: [*stored(name, start, end), *fresh],
        changes,
        versions=versions,
    )


def lost_changes(
    schema: Schema,
    dataset: str,
    spans: Sequence[tuple[int, int]],
    stored: Stored,
    changes: CellChanges,
    *,
    versions: Sequence[Schema] = (),
) -> None:
    """The windows that these periods touch, anew from what is stored.

    Args:
        schema: Of the series: its windows.
        dataset: Its id.
        spans: Periods in µs.
        stored: What stands.
        changes: Takes the result.
        versions: Other versions of the schema under which there may be cells.
    """
    owner = dataset.partition("/")[0]
    assert schema.time is not None
    assert schema.base_window is not None
    time = instant(schema)
    for start, end in _merged([touched(schema, owner, *span) for span in spans]):
        start_us, end_us = start * SECOND_US, end * SECOND_US
        inside = (time >= start_us) & (time < end_us)
        rows = stored(dataset, start_us, end_us)
        measures = {
            name
            for version in {schema, *versions, *(one.schema for one in rows)}
            for measure in version.measures
            for name in measure.counted
        }
        changes.removed.append(
            CellRange(
                dataset=dataset,
                window=schema.base_window,
                start=start,
                end=end,
                measures=tuple(sorted(measures)),
            )
        )
        tables = [(one, table.filter(inside)) for one, table in replay(rows)]
        changes.replaced.update(cells_of_tables(dataset, tables))


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping or touching spans joined, so that no window is recomputed twice."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
