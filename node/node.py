"""The node: one program for every role, put together from its parts.

ingest → validate → draft → sign → outbox → hub → reader → intake → cells → view, receipt
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from federation.charter import KnownCharter
from federation.comparison import Differs, NotRecomputable, Recomputed
from federation.composition_claim import WindowKind
from federation.errors import UnknownError
from federation.manifest import Level, Origin
from federation.views import View
from node import documents, founding
from node.clock import now_us
from node.competences import CompetenceFiles
from node.composer import Composer
from node.exporting import ExportForm, export
from node.forward import Forwarder
from node.founding import InitResult
from node.keys import KeyStore
from node.knowledge import Knowledge
from node.link.link import Link
from node.link.route import Route
from node.publishing import Published, Publisher
from node.receive.batch import Taken
from node.receive.loop import Receiving
from node.routes import Routes
from node.running import Roles
from node.send import Sender
from node.sensors.service import Sensors
from node.settings import Settings, load_settings
from node.sharing_choice import SharingChoice
from node.status import StatusReport, status_of
from node.store.store import Store
from node.telemetry.gauges import read_gauges
from node.telemetry.metrics import Point
from node.telemetry.receiving import Told
from node.telemetry.setup import Telemetry
from schemas.progress import Progress, silent
from schemas.reading import ColumnMapping


class Node:
    """A node on its data directory."""

    def __init__(self, data_dir: Path, settings: Settings, store: Store) -> None:
        """Put a node together; `open` does this."""
        self.data_dir: Final = data_dir
        self.settings: Final = settings
        self.store: Final = store
        self.keys: Final = KeyStore(data_dir)
        self.participants: Final = tuple(sorted(row.id for row in store.own.participants()))
        self.name: Final = store.settings.get(founding.NODE_SETTING) or "node"
        self.knowledge: Final = Knowledge(self.participants)
        for digest in settings.charters:
            self.knowledge.pin_charter(digest)
        documents.restore(self.knowledge, store)
        self.telemetry: Final = Telemetry.of(settings, self.name)
        self.told: Final = Told(self.telemetry)
        self.routes: Final = Routes(settings.hubs, self.knowledge, self.participants)
        self.publisher: Final = Publisher(
            store,
            lambda: self.knowledge.catalogue,
            self.participants,
            self.charters_in_order,
            SharingChoice(store, self.knowledge, self.routes, settings.charters),
            telemetry=self.telemetry,
        )
        self.sensors: Final = Sensors(store, self.publisher, data_dir, self.participants)
        self.competences: Final = CompetenceFiles(data_dir)
        self.composer: Final = Composer(
            store, self.knowledge, settings.compose, self.competences.table
        )
        self.senders: dict[str, Sender] = {}
        self.links: dict[str, Link] = {}
        self.ways: dict[str, Route] = {}
        self.receiving: dict[str, Receiving] = {}
        self.forwarder: Forwarder | None = None
        self.on_taken: Callable[[Taken], None] | None = None
        self.http_url = ""
        self.clock: Callable[[], int] = now_us

    @staticmethod
    def init(
        data_dir: Path,
        participants: Sequence[str],
        *,
        custodian: str | None = None,
        names: Mapping[str, str] | None = None,
        now_us: int,
    ) -> InitResult:
        """Make a data directory, or add participants to one; see `node.founding.found`."""
        settings = load_settings(data_dir)
        return founding.found(
            data_dir,
            participants,
            custodian=custodian,
            names=names,
            database_url=settings.database_url,
            now_us=now_us,
        )

    @classmethod
    def open(cls, data_dir: Path, **overrides: object) -> "Node":
        """Open a data directory.

        Args:
            data_dir: Made by `init`.
            overrides: Settings that go before file and environment.

        Raises:
            UnknownError: `data-dir`: it was never initialised.
            MalformedError: `settings`.
            StoreError: The store can't be opened.
        """
        if not (data_dir / founding.TOKEN_FILE).exists():
            raise UnknownError(
                f"{data_dir} is no data directory",
                code="data-dir",
                remedy=f"maillage init --data {data_dir} --participant fr-com-12011",
            )
        settings = load_settings(data_dir, **overrides)
        return cls(data_dir, settings, Store.open(data_dir, settings.database_url or None))

    def charters_in_order(self) -> tuple[KnownCharter, ...]:
        """Charters in force: the operator's list first, in its order."""
        charters = self.knowledge.charters
        order = [*self.settings.charters, *sorted(charters)]
        return tuple(charters[one] for one in dict.fromkeys(order) if one in charters)

    def close(self) -> None:
        """Close the store, and send what telemetry is left."""
        self.telemetry.close()
        self.store.close()

    # -- what people do ------------------------------------------------------------------------

    def publish(
        self,
        data: bytes,
        *,
        filename: str,
        schema: str,
        participant: str,
        slug: str | None = None,
        origin: Origin | None = None,
        sharing: Level | None = None,
        charter: str | None = None,
        mapping: ColumnMapping | None = None,
        now_us: int,
        progress: Progress = silent,
    ) -> Published:
        """Read, check and draft a file (`Publisher.publish_file`); the senders are woken."""
        published = self.publisher.publish_file(
            data,
            filename=filename,
            schema_name=schema,
            participant=participant,
            slug=slug,
            origin=origin,
            sharing=sharing,
            charter=charter,
            mapping=mapping,
            now_us=now_us,
            progress=progress,
        )
        for sender in self.senders.values():
            sender.wake()
        return published

    def view(
        self,
        territory: str,
        measure: str,
        window: WindowKind | None = None,
        *,
        start: str | None = None,
        end: str | None = None,
        now_us: int,
        public: bool = False,
    ) -> View:
        """A live view; see `node.composer.Composer.view`."""
        return self.composer.view(
            territory, measure, window, start=start, end=end, now_us=now_us, public=public
        )

    def status(self, now_us: int) -> StatusReport:
        """How everything stands."""
        return status_of(self, now_us)

    def export(self, dataset: str, form: ExportForm, progress: Progress = silent) -> bytes:
        """A dataset's rows, or its publications as a bundle."""
        return export(self.store, self.knowledge, dataset, form, progress)

    def recompute(self, composition: str | bytes) -> Recomputed | Differs | NotRecomputable:
        """Compute a composition's figures again."""
        return self.composer.recompute(composition)[2]

    @property
    def simulated(self) -> bool:
        """Whether something held here is simulated; wherever it is shown, this is said."""
        return any(row.origin == "simulated" for row in self.store.publications.heads())

    # -- running -------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Run every role until stopped."""
        await Roles(self).run(stop)

    def count(self) -> None:
        """Begin to count for metrics, unless that has begun."""
        self.telemetry.count(self.settings, self.name, self._gauges)

    def _gauges(self) -> dict[str, list[Point]]:
        return read_gauges(self.store, [hub.name for hub in self.settings.hubs], dict(self.links))

    async def compose_now(self) -> int:
        """Draft the compositions that are due.

        Returns:
            How many.
        """
        with self.told.composing() as outcome:
            done = await asyncio.to_thread(self.composer.compose_closed, self.publisher, now_us())
            outcome(len(done))
        for sender in self.senders.values():
            sender.wake()
        return len(done)
