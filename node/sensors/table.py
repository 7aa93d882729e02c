"""The devices of a node, as their table says."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from schemas.model import Schema


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One field of a payload, and the column that it fills.

    Attributes:
        path: Names from the decoded payload inwards.
        column: Of the schema.
        scale: Digits after the point of the column.
        counter: Whether it is a meter's reading, of which the difference counts.
        factor: Exact.
        offset: Exact, in the column's unit.
        minimum: Least plausible value in the column's unit; None for any.
        maximum: Greatest.
        f_port: Only messages of this port; None for any.
    """

    path: tuple[str, ...]
    column: str
    scale: int
    counter: bool
    factor: Decimal
    offset: Decimal
    minimum: Decimal | None
    maximum: Decimal | None
    f_port: int | None


@dataclass(frozen=True, slots=True)
class Device:
    """One sensor.

    Attributes:
        key: `<application>/<device>`.
        participant: In whose name it is published.
        dataset: Its id.
        schema: Of the dataset.
        fixed: Values of the columns that are the same in every row.
        interval_s: What a row covers; a day is a local one.
        cadence_s: How often what came is published.
        by_gateway: Whether the gateway's clock tells the time.
        fields: What is taken of its messages.
    """

    key: str
    participant: str
    dataset: str
    schema: Schema
    fixed: Mapping[str, Any]
    interval_s: int
    cadence_s: int
    by_gateway: bool
    fields: tuple[FieldMap, ...]

    @property
    def counts(self) -> bool:
        """Whether one of its columns is a counter's difference."""
        return any(one.counter for one in self.fields)


@dataclass(frozen=True, slots=True)
class Table:
    """All devices, by key."""

    devices: Mapping[str, Device]

    def of_dataset(self, dataset: str) -> list[Device]:
        """The devices that fill a dataset."""
        return [one for one in self.devices.values() if one.dataset == dataset]

    @property
    def datasets(self) -> tuple[str, ...]:
        """Every dataset that some device fills."""
        return tuple(sorted({one.dataset for one in self.devices.values()}))


EMPTY: Final = Table({})
