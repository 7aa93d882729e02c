"""From readings to rows: intervals, last values, and the differences of counters.

A row covers one interval of the device's grid, and has the last value read in it. A counter's
value is the difference to the last reading of the interval before that had one, and the row then
begins where that interval ends: it says the time that the difference is of. So differences add up
to what the meter went on, whatever was missing in between, and a late reading corrects the row
that spanned its gap. After a silence of more than `GAP_MAX_US` a meter starts anew: what it went on
meanwhile can't be laid into one hour or day.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from node.sensors.convert import plausible
from node.sensors.durations import interval_of
from node.sensors.table import Device, FieldMap
from node.store.inbox import ReadingRow

GAP_MAX_US: Final = 86_400_000_000
"""One day: a difference over a longer time says nothing of any of its days."""


@dataclass(frozen=True, slots=True)
class Note:
    """Why a value is missing that a reading could have given.

    Attributes:
        code: `counter-reset`: the meter went back; `counter-range`: it went on by more, or less,
            than is plausible.
        detail: In words.
    """

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class SensorRow:
    """One row of a device.

    Attributes:
        start_us: Where it begins, in microseconds since 1970.
        end_us: Where it ends.
        values: By column; what is missing is unknown.
        simulated: Some reading of it is.
    """

    start_us: int
    end_us: int
    values: Mapping[str, Decimal]
    simulated: bool


@dataclass(slots=True)
class _Slot:
    """The readings of one interval together: of each column the last one."""

    start_us: int
    end_us: int
    last: dict[str, Decimal] = field(default_factory=dict)
    simulated: bool = False


def slots_of(device: Device, readings: Sequence[ReadingRow], zone: str) -> list[_Slot]:
    """Lay readings, ascending by time, into the device's intervals."""
    found: dict[int, _Slot] = {}
    for one in readings:
        start, end = interval_of(one.at, device.interval_s, zone)
        slot = found.setdefault(start, _Slot(start, end))
        slot.last |= {name: Decimal(text) for name, text in one.columns.items()}
        slot.simulated |= one.simulated
    return list(found.values())


def rows_of(
    device: Device, readings: Sequence[ReadingRow], wanted: Collection[int], now_us: int, zone: str
) -> tuple[list[SensorRow], list[Note]]:
    """Make the rows of a device that changed.

    Args:
        device: Whose.
        readings: Ascending by time; those of a day before and after the wanted ones too.
        wanted: Starts of the intervals in which something new was read. For counters the row that
            follows each is made, too, since its difference has changed.
        now_us: Microseconds since 1970; an interval that isn't over has no row.
        zone: IANA name of the publisher's time zone.

    Returns:
        Rows by time, and why values are missing.
    """
    rows: list[SensorRow] = []
    notes: list[Note] = []
    before: _Slot | None = None
    changed = False  # whether the interval before is among the wanted ones
    for slot in slots_of(device, readings, zone):
        if slot.end_us > now_us:
            break
        if slot.start_us in wanted or (changed and device.counts):
            row, found = _row(device, slot, before)
            notes += found
            if row is not None:  # without a value, too: it may replace one that had some
                rows.append(row)
        changed = slot.start_us in wanted
        before = slot
    return rows, notes


def _row(device: Device, slot: _Slot, before: _Slot | None) -> tuple[SensorRow | None, list[Note]]:
    start = slot.start_us
    if device.counts:
        if before is None or slot.start_us - before.end_us > GAP_MAX_US:
            return None, []
        start = before.end_us
    values: dict[str, Decimal] = {}
    notes: list[Note] = []
    for one in device.fields:
        value = slot.last.get(one.column)
        if value is None:
            continue
        if not one.counter:
            values[one.column] = value
            continue
        assert before is not None
        for found in _difference(one, before.last.get(one.column), value):
            if isinstance(found, Note):
                notes.append(found)
            else:
                values[one.column] = found
    return SensorRow(start, slot.end_us, values, slot.simulated), notes


def _difference(one: FieldMap, before: Decimal | None, now: Decimal) -> Iterator[Decimal | Note]:
    if before is None:
        return
    step = now - before
    if step < 0:
        yield Note("counter-reset", f"{one.column}: the meter went back from {before} to {now}")
    elif not plausible(step, one):
        yield Note("counter-range", f"{one.column}: the meter went on by {step}")
    else:
        yield step
