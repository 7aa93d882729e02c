"""Readings of sensors: durable before they are acknowledged, published exactly once.

A reading that was published stays for `KEPT_US`, because a counter's next reading is told from it
and a late one may still come between. Its publication and its mark are one transaction.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, select, update

from node.store.bulk import new_insert
from node.store.database import Database
from node.store.errors import StoreFullError
from node.store.mapping import clean
from node.store.own import Also
from node.store.tables import READING, READING_REFUSAL

WAITING_MAX: Final = 10_000
"""Readings of one device that wait: a quarter-hourly one for a hundred days."""

REFUSALS_MAX: Final = 1_000
"""Pairs of device and reason that are told apart; names of unknown devices are others' words."""

OTHERS: Final = ""
"""What refusals beyond that are counted under."""

_DAY_US: Final = 86_400_000_000
KEPT_US: Final = 21 * _DAY_US
"""Published readings are kept so long: longer than a late one is taken."""

_R, _F = READING.c, READING_REFUSAL.c
_MARKED_TOGETHER: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """One reading of a device.

    Attributes:
        id: Given by the store; 0 before.
        device: Application and device id, `<application>/<device>`.
        identity: Of its transmission: what is handed in twice has the same one.
        at: When it was measured, in microseconds since 1970.
        columns: Values by column, as decimal texts in the column's unit.
        simulated: The network says that no sensor sent it.
        received_at: In microseconds since 1970.
        flushed_at: When it went into a publication; None while it waits.
    """

    id: int = 0
    device: str
    identity: str
    at: int
    columns: Mapping[str, str]
    simulated: bool
    received_at: int
    flushed_at: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceState:
    """How a device stands.

    Attributes:
        last_at: When its newest reading was measured, in microseconds since 1970.
        last_received: When its newest reading came.
        waiting: Readings not yet published.
    """

    last_at: int
    last_received: int
    waiting: int


@dataclass(frozen=True, slots=True)
class ReadingRefusalRow:
    """What was refused of a device for one reason; `last_at` in microseconds since 1970."""

    device: str
    reason: str
    count: int
    detail: str
    last_at: int


class Inbox:
    """The readings of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, reading: ReadingRow) -> bool:
        """Store a reading, fsynced.

        Returns:
            False if it was there before; nothing is changed then.

        Raises:
            StoreFullError: Too many of the device's readings wait.
        """
        waiting = (
            select(func.count())
            .select_from(READING)
            .where(_R.device == reading.device, _R.flushed_at.is_(None))
        )
        with self._database.write() as connection:
            if (connection.scalar(waiting) or 0) >= WAITING_MAX:
                raise StoreFullError(
                    f"{WAITING_MAX} readings of {reading.device} wait to be published",
                    code="inbox-full",
                    remedy="maillage status says what holds publishing up",
                )
            query = new_insert(connection, READING).values(
                device=reading.device,
                identity=reading.identity,
                at=reading.at,
                columns=json.dumps(dict(reading.columns)),
                simulated=reading.simulated,
                received_at=reading.received_at,
                flushed_at=None,
            )
            once = query.on_conflict_do_nothing(index_elements=["device", "identity"])
            return connection.scalar(once.returning(_R.id)) is not None

    def waiting(self, devices: Collection[str], limit: int) -> list[ReadingRow]:
        """Readings that wait, in the order in which they came.

        Args:
            devices: Whose.
            limit: At most so many.
        """
        query = (
            select(*READING.columns)
            .where(_R.flushed_at.is_(None), _R.device.in_(sorted(devices)))
            .order_by(_R.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_reading(row) for row in connection.execute(query)]

    def between(self, device: str, start: int, end: int) -> list[ReadingRow]:
        """A device's readings measured in [start, end), published or not, by time."""
        query = (
            select(*READING.columns)
            .where(_R.device == device, _R.at >= start, _R.at < end)
            .order_by(_R.at, _R.id)
        )
        with self._database.read() as connection:
            return [_reading(row) for row in connection.execute(query)]

    def states(self) -> dict[str, DeviceState]:
        """How every device stands of which there is a reading."""
        query = select(
            _R.device,
            func.max(_R.at),
            func.max(_R.received_at),
            func.count() - func.count(_R.flushed_at),
        ).group_by(_R.device)
        with self._database.read() as connection:
            return {
                row[0]: DeviceState(row[1], row[2], row[3]) for row in connection.execute(query)
            }

    def marking(self, ids: Sequence[int], now_us: int) -> Also:
        """What marks readings as published, inside the transaction that stores their draft."""

        def mark(connection: Connection) -> None:
            for at in range(0, len(ids), _MARKED_TOGETHER):
                connection.execute(
                    update(READING)
                    .where(_R.id.in_(ids[at : at + _MARKED_TOGETHER]))
                    .values(flushed_at=now_us)
                )

        return mark

    def mark(self, ids: Sequence[int], now_us: int) -> None:
        """Mark readings that give no row as done."""
        if ids:
            with self._database.write() as connection:
                self.marking(ids, now_us)(connection)

    def prune(self, now_us: int) -> int:
        """Delete what was published long ago, but the newest reading of each device.

        Returns:
            How many.
        """
        inner = READING.alias("inner_reading")
        newest = select(func.max(inner.c.at)).where(inner.c.device == _R.device).scalar_subquery()
        query = delete(READING).where(
            _R.flushed_at.is_not(None), _R.at < now_us - KEPT_US, _R.at < newest
        )
        with self._database.write() as connection:
            return connection.execute(query).rowcount

    def refuse(self, device: str, reason: str, detail: str, now_us: int) -> None:
        """Count a refusal.

        Args:
            device: As it was named; others have a part in it.
            reason: Code.
            detail: In words.
            now_us: Microseconds since 1970.
        """
        with self._database.write() as connection:
            here = (_F.device == device, _F.reason == reason)
            known = connection.scalar(select(func.count()).where(*here))
            if not known:
                held = connection.scalar(select(func.count()).select_from(READING_REFUSAL)) or 0
                device = device if held < REFUSALS_MAX else OTHERS
            query = new_insert(connection, READING_REFUSAL).values(
                device=clean(device), reason=reason, count=1, detail=clean(detail), last_at=now_us
            )
            connection.execute(
                query.on_conflict_do_update(
                    index_elements=["device", "reason"],
                    set_={
                        "count": _F["count"] + 1,
                        "detail": query.excluded.detail,
                        "last_at": query.excluded.last_at,
                    },
                )
            )

    def refusals(self) -> list[ReadingRefusalRow]:
        """What was refused, the newest first."""
        query = select(*READING_REFUSAL.columns).order_by(_F.last_at.desc(), _F.device, _F.reason)
        with self._database.read() as connection:
            return [ReadingRefusalRow(*row) for row in connection.execute(query)]


def _reading(row: Row[Any]) -> ReadingRow:
    found = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's names
    return ReadingRow(
        **found | {"columns": json.loads(found["columns"]), "simulated": bool(found["simulated"])}
    )
