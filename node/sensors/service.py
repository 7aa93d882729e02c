"""The sensors of a node: readings taken in, published on their cadence, and how each one stands."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from federation.errors import MaillageError
from federation.model import instant_text
from node.publishing import Publisher
from node.sensors.convert import reading_of
from node.sensors.devices import TABLE_MAX_BYTES, parse_devices
from node.sensors.durations import SECOND_US
from node.sensors.errors import DevicesError, DeviceUnknownError, ReadingError
from node.sensors.faults import TableFault
from node.sensors.flush import Batch, Made, due, make, marked_with
from node.sensors.table import EMPTY, Device, Table
from node.sensors.uplink import Ignored, parse_uplink
from node.steps import step
from node.store.inbox import DeviceState
from node.store.store import Store
from node.telemetry.context import Parent, current
from schemas.model import Schema

FILE_NAME: Final = "devices.csv"
"""In the data directory."""

FLUSH_READINGS_MAX: Final = 20_000
"""Looked at in one round; the rest in the next."""

SILENT_INTERVALS: Final = 4
"""A device is silent once so many of its intervals have passed without a reading."""
SILENT_MIN_S: Final = 3_600
"""And not before so long: many sensors send once in half an hour."""

_PRUNE_EVERY_US: Final = 3_600 * SECOND_US

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a webhook's body.

    Attributes:
        device: Whose reading it is; empty where it carries none.
        new: Whether a reading was stored.
        why: `stored`, `replayed`, or why nothing was looked for: `event`, `f-port`.
    """

    device: str
    new: bool
    why: str


class Sensors:
    """The sensors of one node. All of it blocks, and may be called from any thread."""

    def __init__(
        self, store: Store, publisher: Publisher, data_dir: Path, participants: Iterable[str]
    ) -> None:
        """Read the table when it is first needed, and again whenever the file has changed."""
        self._store = store
        self._publisher = publisher
        self._path: Final = data_dir / FILE_NAME
        self._participants = tuple(participants)
        self._lock = Lock()
        self._flushing = Lock()
        self._seen: tuple[int, int, int] | None = None
        self._table = EMPTY
        self._good: Table | None = None
        self._faults: tuple[TableFault, ...] = ()
        self._failed: dict[str, str] = {}
        self._spans: dict[str, Parent] = {}  # of the last reading, per dataset of the table
        self._pruned_us = 0

    # -- the table -----------------------------------------------------------------------------

    @property
    def wanted(self) -> bool:
        """Whether this node has a table of devices."""
        return self._path.exists()

    def table(self) -> Table:
        """The devices, as the file says now; while it is being mended, as it said before.

        Raises:
            DevicesError: `devices-table`: there is no file, or something in it is wrong and it was
                never right since the node started.
        """
        table, faults = self.read()
        if not faults:
            self._good = table
        if self._good is None:
            raise DevicesError(
                f"{FILE_NAME}: {faults[0].text('en')}",
                code="devices-table",
                remedy="maillage devices check lists what is wrong",
            )
        return self._good

    def read(self) -> tuple[Table, tuple[TableFault, ...]]:
        """The devices, and what is wrong in the file.

        Raises:
            DevicesError: `devices-table`: there is no file, or it can't be read.
        """
        with self._lock:
            try:
                found = self._path.stat()
                seen = found.st_mtime_ns, found.st_size, found.st_ino
                if seen != self._seen:
                    with self._path.open("rb") as file:
                        data = file.read(TABLE_MAX_BYTES + 1)
                    self._table, self._faults = parse_devices(
                        data, self._schemas(), self._participants
                    )
                    self._seen = seen
            except OSError as error:
                raise DevicesError(
                    f"{FILE_NAME} can't be read: {error.strerror or error}",
                    code="devices-table",
                    remedy=f"write {FILE_NAME} in the data directory; docs/sensors.md shows one",
                ) from error
            return self._table, self._faults

    def _schemas(self) -> Mapping[str, Schema]:
        known = self._publisher.schemas()
        found = {name: known.latest(name) for name in known.names()}
        return {name: schema for name, schema in found.items() if schema is not None}

    # -- taking in -----------------------------------------------------------------------------

    def take(self, body: bytes, now_us: int) -> Answer:
        """Take in a webhook's body of The Things Stack v3; stored and fsynced when it returns.

        Raises:
            ReadingError: It is refused, and counted under its device.
            DevicesError: `devices-table`.
            StoreError: Nothing was stored; the network may hand it in again.
        """
        metrics = self._publisher.telemetry.metrics
        try:
            answer = self._take(body, now_us)
        except ReadingError as error:
            metrics.add("maillage.readings", labels={"outcome": "refused"})
            self._store.inbox.refuse(error.device, error.code, str(error), now_us)
            raise
        metrics.add("maillage.readings", labels={"outcome": answer.why})
        return answer

    def refused(self, code: str, detail: str, now_us: int) -> None:
        """Count what was refused before it was known whose it is."""
        self._publisher.telemetry.metrics.add("maillage.readings", labels={"outcome": "refused"})
        self._store.inbox.refuse("", code, detail, now_us)

    def _take(self, body: bytes, now_us: int) -> Answer:
        found = parse_uplink(body)
        if isinstance(found, Ignored):
            return Answer("", new=False, why="event")
        device = self.table().devices.get(found.key)
        if device is None:
            raise DeviceUnknownError(
                f"the device {found.key} isn't in {FILE_NAME}",
                code="device-unknown",
                remedy=f"add it to {FILE_NAME}, which is read again when it changes",
                device=found.key,
            )
        reading = reading_of(found, device, now_us)
        if reading is None:
            return Answer(device.key, new=False, why="f-port")
        new = self._store.inbox.add(reading)
        span = current.get()
        if new and span is not None:
            self._spans[device.dataset] = span
        step("devices.received")
        return Answer(device.key, new=new, why="stored" if new else "replayed")

    # -- publishing ----------------------------------------------------------------------------

    def flush(self, now_us: int) -> list[int]:
        """Draft what is due. What can't be drafted waits on, and is shown in the status.

        Returns:
            The store's numbers of the drafts.

        Raises:
            DevicesError: `devices-table`.
            StoreError: The store failed.
        """
        with self._flushing:
            table = self.table()
            waiting = self._store.inbox.waiting(table.devices, FLUSH_READINGS_MAX)
            drafts: list[int] = []
            for dataset, batches in due(table, waiting, now_us).items():
                try:
                    with self._publisher.telemetry.tracing.span(
                        "ingest", parent=self._spans.pop(dataset, None), maillage__dataset=dataset
                    ):
                        drafts += self._publish(dataset, batches, now_us)
                    self._failed.pop(dataset, None)
                except MaillageError as error:
                    _log.warning("%s: readings wait: %s", dataset, error)
                    self._failed[dataset] = f"[{error.code}] {error}"
            if now_us - self._pruned_us > _PRUNE_EVERY_US:
                self._store.inbox.prune(now_us)
                self._pruned_us = now_us
            return drafts

    def _publish(self, dataset: str, batches: Sequence[Batch], now_us: int) -> list[int]:
        readings = {
            batch.device.key: self._store.inbox.between(batch.device.key, *batch.span_us)
            for batch in batches
        }
        made, notes = make(batches, readings, now_us)
        step("devices.before-draft")
        drafts = self._draft(dataset, batches, made, now_us)
        step("devices.drafted")
        for device, note in notes:
            self._store.inbox.refuse(device, note.code, note.detail, now_us)
        return drafts

    def _draft(
        self, dataset: str, batches: Sequence[Batch], made: Sequence[Made], now_us: int
    ) -> list[int]:
        """Store the drafts; each one's transaction marks the readings that are in it."""
        inbox = self._store.inbox
        if not made:
            inbox.mark([one.id for batch in batches for one in batch.waiting], now_us)
            return []
        schema = batches[0].device.schema
        drafts = [
            self._publisher.draft(
                schema, dataset, one.frame, origin="simulated" if one.simulated else None
            )
            for one in made
        ]
        return [
            self._publisher.store_draft(
                draft, source=FILE_NAME, now_us=now_us, also=inbox.marking(numbers, now_us)
            )
            for draft, numbers in zip(drafts, marked_with(batches, made), strict=True)
        ]

    # -- how they stand ------------------------------------------------------------------------

    def report(self, now_us: int) -> dict[str, Any]:
        """How the sensors stand, as JSON values; never an error.

        Returns:
            `table` (empty, or what is wrong), `devices` (`device`, `dataset`, `lastReading`,
            `silent`, `waiting`), `failed` (dataset to why its readings wait) and `refused`
            (`device`, `reason`, `count`, `detail`, `at`), the newest first.
        """
        wrong = ""
        table = EMPTY
        if self.wanted:
            try:
                table = self.table()
                wrong = self._faults[0].text("en") if self._faults else ""
            except DevicesError as error:
                wrong = str(error)
        states = self._store.inbox.states() if self.wanted else {}
        return {
            "table": wrong,
            "devices": [
                _device_json(one, states.get(key), now_us)
                for key, one in sorted(table.devices.items())
            ],
            "failed": dict(self._failed),
            "refused": [
                {
                    "device": one.device,
                    "reason": one.reason,
                    "count": one.count,
                    "detail": one.detail,
                    "at": instant_text(one.last_at),
                }
                for one in self._store.inbox.refusals()
            ],
        }


def _device_json(device: Device, state: DeviceState | None, now_us: int) -> dict[str, Any]:
    limit = max(SILENT_MIN_S, SILENT_INTERVALS * device.interval_s) * SECOND_US
    return {
        "device": device.key,
        "dataset": device.dataset,
        "lastReading": None if state is None else instant_text(state.last_at),
        "silent": state is None or now_us - state.last_at > limit,
        "waiting": 0 if state is None else state.waiting,
    }
