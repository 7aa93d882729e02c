"""What waits becomes publications: which datasets are due, and their rows as a checked frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from federation.places import zone_of
from node.sensors.durations import SECOND_US, interval_of
from node.sensors.rows import GAP_MAX_US, Note, SensorRow, rows_of
from node.sensors.table import Device, Table
from node.store.inbox import ReadingRow
from schemas.checks import check_rows
from schemas.model import Schema

_TRIES: Final = 100
"""Rounds of taking faulty rows out: each report names many, so that one or two do."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings of one device whose intervals are over.

    Attributes:
        device: Whose.
        waiting: Those not yet published.
        starts: Starts of their intervals.
        span_us: The time in which readings have a part in their rows: [from, to).
    """

    device: Device
    waiting: tuple[ReadingRow, ...]
    starts: frozenset[int]
    span_us: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Made:
    """Rows of one dataset to be published.

    Attributes:
        frame: Checked, sorted by key; simulated ones and others stand in frames of their own.
        simulated: Which it is.
    """

    frame: pl.DataFrame
    simulated: bool


def due(table: Table, waiting: Sequence[ReadingRow], now_us: int) -> dict[str, list[Batch]]:
    """The datasets to be published now, and what goes into them.

    A dataset is due once a multiple of its cadence has passed since the oldest reading came whose
    interval is over. So a late reading goes with the next publication.

    Args:
        table: Of devices.
        waiting: In the order in which they came.
        now_us: Microseconds since 1970.
    """
    closed: dict[str, dict[str, list[ReadingRow]]] = {}
    for one in waiting:
        device = table.devices.get(one.device)
        if device is None:
            continue
        _, end = interval_of(one.at, device.interval_s, zone_of(device.participant))
        if end <= now_us:
            closed.setdefault(device.dataset, {}).setdefault(one.device, []).append(one)
    found = {}
    for dataset, by_device in closed.items():
        cadence = min(table.devices[key].cadence_s for key in by_device) * SECOND_US
        oldest = min(
            max(one.received_at, _end(table.devices[one.device], one))
            for readings in by_device.values()
            for one in readings
        )
        if now_us // cadence > (oldest - 1) // cadence:
            found[dataset] = [
                _batch(table.devices[key], readings) for key, readings in by_device.items()
            ]
    return found


def _end(device: Device, reading: ReadingRow) -> int:
    return interval_of(reading.at, device.interval_s, zone_of(device.participant))[1]


def _batch(device: Device, readings: Sequence[ReadingRow]) -> Batch:
    zone = zone_of(device.participant)
    spans = [interval_of(one.at, device.interval_s, zone) for one in readings]
    # an interval on either side, beyond the longest gap, so that neighbours are whole
    margin = GAP_MAX_US + 2 * device.interval_s * SECOND_US
    low, high = min(start for start, _ in spans), max(end for _, end in spans)
    return Batch(
        device,
        tuple(readings),
        frozenset(start for start, _ in spans),
        (low - margin, high + margin),
    )


def make(
    batches: Sequence[Batch], readings: Mapping[str, Sequence[ReadingRow]], now_us: int
) -> tuple[list[Made], list[tuple[str, Note]]]:
    """Make the rows of a dataset.

    Args:
        batches: Of devices of one dataset.
        readings: By device: all of the batch's span, by time.
        now_us: Microseconds since 1970.

    Returns:
        Frames to be published, and per device why values are missing.
    """
    notes: list[tuple[str, Note]] = []
    split: dict[bool, list[tuple[Device, SensorRow]]] = {}
    for batch in batches:
        device = batch.device
        rows, found = rows_of(
            device, readings[device.key], batch.starts, now_us, zone_of(device.participant)
        )
        notes += [(device.key, note) for note in found]
        for row in rows:
            split.setdefault(row.simulated, []).append((device, row))
    made = []
    for simulated, of_kind in sorted(split.items()):
        frame, refused = _frame(of_kind)
        notes += refused
        if frame.height:
            made.append(Made(frame, simulated))
    return made, notes


_DEVICE: Final = "_device"


def _frame(
    rows: Sequence[tuple[Device, SensorRow]],
) -> tuple[pl.DataFrame, list[tuple[str, Note]]]:
    """Rows under their schema, and those that it doesn't take."""
    schema = rows[0][0].schema
    types = dict(schema.polars_schema())
    frame = pl.DataFrame(
        [_values(schema, device, row) for device, row in rows], schema=types | {_DEVICE: pl.String}
    )
    frame = frame.unique(list(schema.primary_key), keep="last", maintain_order=True)
    frame = frame.sort(schema.primary_key)
    notes: list[tuple[str, Note]] = []
    for _ in range(_TRIES):
        report = check_rows(schema, frame.select(list(types)))
        if report.valid:
            break
        bad = {fault.row - 1: fault for fault in report.faults if fault.row is not None}
        for at, fault in sorted(bad.items()):
            notes.append((str(frame[_DEVICE][at]), Note("row-invalid", fault.text("en")[:300])))
        keep = pl.Series([at not in bad for at in range(frame.height)], dtype=pl.Boolean)
        frame = frame.filter(keep)
    else:
        frame = frame.clear()
    return frame.select(list(types)), notes


def _values(schema: Schema, device: Device, row: SensorRow) -> dict[str, Any]:
    found: dict[str, Any] = dict(device.fixed)
    for name, value in row.values.items():
        found[name] = int(value) if schema.by_name[name].type == "integer" else value
    assert schema.time is not None
    found[schema.time] = _moment(row.start_us)
    if schema.time_end is not None:
        found[schema.time_end] = _moment(row.end_us)
    return found | {_DEVICE: device.key}


def _moment(us: int) -> Any:
    return pl.Series([us], dtype=pl.Datetime("us", "UTC"))[0]


def marked_with(batches: Sequence[Batch], made: Sequence[Made]) -> list[list[int]]:
    """The store's numbers of the readings that each frame's draft marks as published.

    Simulated readings go with simulated rows, the others with the others; a kind of which there is
    no frame goes with the last one. So what is drafted is marked with it, whatever comes between.
    """
    kinds = [one.simulated for one in made]
    found: list[list[int]] = [[] for _ in made]
    for batch in batches:
        for one in batch.waiting:
            at = kinds.index(one.simulated) if one.simulated in kinds else -1
            found[at].append(one.id)
    return found
