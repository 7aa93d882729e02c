"""The node: one program for every role, put together from its parts.

ingest → validate → draft → sign → outbox → hub → reader → intake → cells → view, receipt
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from aiohttp import web

from federation.charter import KnownCharter
from federation.comparison import Differs, NotRecomputable, Recomputed
from federation.compose import View
from federation.composition_claim import WindowKind
from federation.errors import MaillageError, StateError, UnknownError
from federation.manifest import Level, Origin
from node import catching_up, documents, founding
from node.answers import Answers
from node.clock import now_us
from node.composer import Composer
from node.documents import Documents
from node.exporting import export
from node.forward import Forwarder
from node.founding import InitResult
from node.keys import KeyStore
from node.knowledge import Knowledge
from node.link.link import Link
from node.link.reader import Reader
from node.link.route import Route
from node.networks import keep_notes, route_of
from node.publishing import Published, Publisher
from node.receipts import DueReceipts, Receipts
from node.receive.batch import Taken
from node.receive.intake import Intake
from node.receive.loop import Receiving
from node.routes import Routes
from node.send import Sender
from node.sensors.service import Sensors
from node.settings import HubAddress, Settings, load_settings
from node.sharing_choice import SharingChoice
from node.signing import Signing
from node.status import StatusReport, status_of
from node.store.store import Store
from node.telemetry.gauges import read_gauges
from node.telemetry.metrics import Point
from node.telemetry.receiving import Told
from node.telemetry.setup import Telemetry
from schemas.progress import Progress, silent

_log = logging.getLogger(__name__)

COMPOSE_EVERY_S: Final = 5.0
"""How often closed days are looked at; a composition follows only where figures changed."""

COMPOSE_REST: Final = 10
"""Times as long as a look took, the node rests before the next: it has other things to do, and a
day that is over can wait a minute."""

FLUSH_EVERY_S: Final = 5.0
"""How often readings of sensors are looked at; when they go out is their cadence's."""

ExportFormat = Literal["csv", "json", "parquet", "bundle"]


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
        self.composer: Final = Composer(store, self.knowledge, settings.compose)
        self.senders: dict[str, Sender] = {}
        self.links: dict[str, Link] = {}
        self.ways: dict[str, Route] = {}
        self.receiving: dict[str, Receiving] = {}
        self.forwarder: Forwarder | None = None
        self.on_taken: Callable[[Taken], None] | None = None
        self.http_url = ""
        self.clock: Callable[[], int] = now_us
        self._papers: list[Documents] = []
        self._dirty = asyncio.Event()

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

    def export(self, dataset: str, form: ExportFormat, progress: Progress = silent) -> bytes:
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
        busy = asyncio.Lock()
        self.count()
        self.ways = {
            hub.name: route_of(hub, self.settings, self.data_dir, os.environ)
            for hub in self.settings.hubs
        }
        async with contextlib.AsyncExitStack() as stack:
            tasks: list[asyncio.Task[object]] = []
            if self.settings.http_host:
                tasks.append(asyncio.create_task(self._serve(stop), name="http"))
            receivers = [hub for hub in self.settings.hubs if hub.read]
            intake = (
                Intake(self.store, self.knowledge, self.settings.compose or self.participants)
                if receivers
                else None
            )
            if intake is not None:
                stack.callback(intake.close)
            signing = Signing(
                self.store,
                self.keys,
                self.knowledge.schema,
                [hub.name for hub in self.settings.hubs],
                routes=self.routes,
                ending=lambda charter, who: self.knowledge.ending(charter, who, sending=True),
                clock=lambda: self.clock(),  # noqa: PLW0108 - as it is at each moment
                telemetry=self.telemetry,
            )
            signing.on_schema = self._documents_changed
            for hub in self.settings.hubs:
                link = await stack.enter_async_context(
                    Link.open(self.ways[hub.name], self.keys.link, node=self.name)
                )
                self.links[hub.name] = link
                self.senders[hub.name] = Sender(
                    hub.name, link, self.store, signing, self.participants
                )
            due = DueReceipts(self.store, self.keys, self.links, self.routes.confirms, self.told)
            tasks.append(asyncio.create_task(self._watch(stop), name="documents"))
            for hub in self.settings.hubs:
                sender = self.senders[hub.name]
                tasks.append(asyncio.create_task(sender.run(stop), name=f"send {hub.name}"))
                work = self._hub(hub, sender=sender, due=due, intake=intake, busy=busy, stop=stop)
                tasks.append(asyncio.create_task(work, name=f"hub {hub.name}"))
            tasks.append(asyncio.create_task(self._sense(stop), name="sensors"))
            if self.settings.compose:
                tasks.append(asyncio.create_task(self._compose(stop), name="compose"))
            if receivers:
                notes = catching_up.keep_notes(self.store, self.receiving, stop)
                tasks.append(asyncio.create_task(notes, name="notes of catching up"))
            if self.links:
                states = keep_notes(self.store, dict(self.links), stop)
                tasks.append(asyncio.create_task(states, name="notes of hubs"))
            tasks.append(asyncio.create_task(stop.wait(), name="stop"))
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()  # a role that ended by an error ends the node, with the error
            finally:
                stop.set()
                await asyncio.wait(tasks, timeout=10)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self.senders.clear()
                self.links.clear()
                self.receiving.clear()
                self.forwarder = None
                self._papers.clear()

    async def _hub(
        self,
        hub: HubAddress,
        *,
        sender: Sender,
        due: DueReceipts,
        intake: Intake | None,
        busy: asyncio.Lock,
        stop: asyncio.Event,
    ) -> None:
        """One hub: documents, receipts, answers; what it holds, if this node receives from it."""
        link = self.links[hub.name]
        carrier = self._carrier if self.settings.forward else ""
        speakers = self.routes.speakers(hub.name)
        papers = Documents(
            link,
            self.store,
            self.knowledge,
            self.participants,
            self._learned,
            carrier=carrier,
            brings=lambda row: self.routes.brings(hub.name, row, self.store),
            speakers=speakers,
        )
        self._papers.append(papers)
        receipts = Receipts(link, self.store, self.knowledge, speakers, self.told)
        answers = Answers(link, self.store, sender, speakers)
        if not await self._introduce(link, papers, receipts, answers, stop):
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._refresh(link, papers, receipts, stop))
            group.create_task(answers.run(stop))
            if hub.name == self.settings.forward:
                forwarder = Forwarder(sender, self.store, papers, carrier, self.links)
                self.forwarder = forwarder
                group.create_task(forwarder.run(stop))
            if not hub.read or intake is None:
                await stop.wait()
                return
            async with Reader.open(self.ways[hub.name], self.keys.reader, node=self.name) as reader:
                receiving = Receiving(
                    reader,
                    link,
                    intake,
                    papers,
                    due,
                    hub=hub.name,
                    asker=speakers[0],
                    batch=self.settings.batch_messages,
                    receipt_interval_s=self.settings.receipt_interval_s,
                    taken=self._taken,
                    takes=lambda subject: self.routes.takes(hub.name, subject),
                    told=self.told,
                )
                self.receiving[hub.name] = receiving
                await receiving.run(stop, busy)

    def count(self) -> None:
        """Begin to count for metrics, unless that has begun."""
        self.telemetry.count(self.settings, self.name, self._gauges)

    def _gauges(self) -> dict[str, list[Point]]:
        return read_gauges(self.store, [hub.name for hub in self.settings.hubs], dict(self.links))

    @property
    def _carrier(self) -> str:
        """In whose name this node passes on."""
        return (*self.settings.compose, *self.participants)[0]

    async def _introduce(
        self,
        link: Link,
        papers: Documents,
        receipts: Receipts,
        answers: Answers,
        stop: asyncio.Event,
    ) -> bool:
        """Listen, and exchange what the hub keeps; until it worked or the node stops."""
        while not stop.is_set():
            try:
                await link.ready(2.0)
                await papers.listen()
                await receipts.listen()
                await answers.listen()
                await papers.bring()
                await papers.catch_up()
                await receipts.catch_up()
            except (MaillageError, OSError) as error:
                _log.info("hub not ready: %s", error)
                await _pause(stop, 0.5)
            else:
                return True
        return False

    async def _refresh(
        self, link: Link, papers: Documents, receipts: Receipts, stop: asyncio.Event
    ) -> None:
        """After a reconnection the tail may have missed something: read what the hub keeps."""
        connects = link.status.connects
        while not stop.is_set():
            await _pause(stop, 1.0)
            now = link.status
            try:
                if now.connected and now.connects != connects:
                    await papers.bring()
                    await papers.catch_up()
                    await receipts.catch_up()
                    connects = now.connects
                if now.connected and (papers.stale or self.settings.forward):
                    await papers.bring_new()
            except (MaillageError, OSError) as error:
                _log.info("hub not ready: %s", error)

    def _learned(self, names: list[str]) -> None:
        """What waits for documents goes on, from whichever hub they came."""
        for receiving in self.receiving.values():
            receiving.learned(names)

    def _documents_changed(self) -> None:
        """Documents of this node are new: they go to the hubs with the next look."""
        for papers in self._papers:
            papers.stale = True

    async def _watch(self, stop: asyncio.Event) -> None:
        """Take in what another process has put into the store: charters accepted, and ended."""
        seen = self.store.settings.get(documents.TOUCHED)
        while not stop.is_set():
            await _pause(stop, 1.0)
            now = await asyncio.to_thread(self.store.settings.get, documents.TOUCHED)
            if now == seen:
                continue
            seen = now
            names = await asyncio.to_thread(documents.refresh, self.knowledge, self.store)
            self._documents_changed()
            self._learned(names)
            for sender in self.senders.values():
                sender.wake()

    def _taken(self, taken: Taken) -> None:
        if taken.accepted:
            self._dirty.set()
            if self.forwarder is not None:
                self.forwarder.wake()
        if self.on_taken is not None:
            self.on_taken(taken)

    async def _compose(self, stop: asyncio.Event) -> None:
        took_s = 0.0
        while not stop.is_set():
            await _pause(stop, max(COMPOSE_EVERY_S, COMPOSE_REST * took_s))
            if self._dirty.is_set():
                self._dirty.clear()
                begun = time.monotonic()
                try:
                    await self.compose_now()
                except (MaillageError, OSError) as error:
                    _log.warning("no composition: %s", error)
                    self._dirty.set()  # tried again
                took_s = time.monotonic() - begun

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

    async def _sense(self, stop: asyncio.Event) -> None:
        """Publish readings as they become due."""
        while not stop.is_set():
            if self.sensors.wanted:
                try:
                    drafts = await asyncio.to_thread(self.sensors.flush, now_us())
                except MaillageError as error:
                    _log.warning("readings wait: %s", error)
                    drafts = []
                for sender in self.senders.values() if drafts else ():
                    sender.wake()
            await _pause(stop, FLUSH_EVERY_S)

    async def _serve(self, stop: asyncio.Event) -> None:
        from node.web.app import create_app  # noqa: PLC0415 - a node that is only asked for a view needs no web

        runner = web.AppRunner(create_app(self), access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.settings.http_host, self.settings.http_port)
            try:
                await site.start()
            except OSError as error:
                raise StateError(
                    f"the HTTP interface can't listen on {self.settings.http_host}:"
                    f"{self.settings.http_port}: {error.strerror or error}",
                    code="http-address",
                    remedy="end what uses the port, or choose another with MAILLAGE_HTTP_PORT",
                ) from error
            self.http_url = (
                site.name
                if self.settings.http_port
                else f"http://{self.settings.http_host}:{_port(runner)}"
            )
            await stop.wait()
        finally:
            await runner.cleanup()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _port(runner: web.AppRunner) -> int:
    address = runner.addresses[0]
    return int(address[1])
