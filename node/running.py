"""The roles of a node while it runs: its hubs, what it receives, composes, senses and serves.

`node.node.Node` is what a node has; here is what it does, each role a task. The first that ends,
ends all.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from federation.errors import MaillageError, StateError
from node import catching_up, documents
from node.answers import Answers
from node.clock import now_us
from node.documents import Documents
from node.forward import Forwarder
from node.link.link import Link
from node.link.reader import Reader
from node.networks import keep_notes, route_of
from node.receipts import DueReceipts, Receipts
from node.receive.batch import Taken
from node.receive.intake import Intake
from node.receive.loop import Receiving
from node.send import Sender
from node.settings import HubAddress
from node.signing import Signing

if TYPE_CHECKING:
    from node.node import Node

_log = logging.getLogger(__name__)

COMPOSE_EVERY_S: Final = 5.0
"""How often closed days are looked at; a composition follows only where figures changed."""

COMPOSE_REST: Final = 10
"""Times as long as a look took, the node rests before the next: it has other things to do, and a
day that is over can wait a minute."""

FLUSH_EVERY_S: Final = 5.0
"""How often readings of sensors are looked at; when they go out is their cadence's."""


class Roles:
    """What a node does while it runs."""

    def __init__(self, node: "Node") -> None:
        """Of this node; once."""
        self.node: Final = node
        self._papers: Final[list[Documents]] = []
        self._dirty: Final = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Run every role until stopped."""
        node, settings = self.node, self.node.settings
        node.count()
        node.ways = {
            hub.name: route_of(hub, settings, node.data_dir, os.environ) for hub in settings.hubs
        }
        receives = any(hub.read for hub in settings.hubs)
        async with contextlib.AsyncExitStack() as stack:
            tasks: list[asyncio.Task[Any]] = [asyncio.create_task(stop.wait(), name="stop")]
            if settings.http_host:
                tasks.append(asyncio.create_task(self._serve(stop), name="http"))
            intake = None
            if receives:
                intake = Intake(node.store, node.knowledge, settings.compose or node.participants)
                stack.callback(intake.close)
            await self._open(stack)
            tasks += self._hubs(intake, stop)
            tasks.append(asyncio.create_task(self._watch(stop), name="documents"))
            tasks.append(asyncio.create_task(self._sense(stop), name="sensors"))
            if settings.compose:
                tasks.append(asyncio.create_task(self._compose(stop), name="compose"))
            if receives:
                notes = catching_up.keep_notes(node.store, node.receiving, stop)
                tasks.append(asyncio.create_task(notes, name="notes of catching up"))
            if node.links:
                states = keep_notes(node.store, dict(node.links), stop)
                tasks.append(asyncio.create_task(states, name="notes of hubs"))
            await self._until_stopped(tasks, stop)

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        """Open a link to each hub, and what sends over it."""
        node = self.node
        signing = Signing(
            node.store,
            node.keys,
            node.knowledge.schema,
            [hub.name for hub in node.settings.hubs],
            routes=node.routes,
            ending=lambda charter, who: node.knowledge.ending(charter, who, sending=True),
            clock=lambda: node.clock(),  # noqa: PLW0108 - as it is at each moment
            telemetry=node.telemetry,
        )
        signing.on_schema = self._documents_changed
        for hub in node.settings.hubs:
            link = await stack.enter_async_context(
                Link.open(node.ways[hub.name], node.keys.link, node=node.name)
            )
            node.links[hub.name] = link
            node.senders[hub.name] = Sender(hub.name, link, node.store, signing, node.participants)

    def _hubs(self, intake: Intake | None, stop: asyncio.Event) -> list[asyncio.Task[Any]]:
        """Begin what is done with each hub."""
        node, busy = self.node, asyncio.Lock()
        due = DueReceipts(node.store, node.keys, node.links, node.routes.confirms, node.told)
        tasks: list[asyncio.Task[Any]] = []
        for hub in node.settings.hubs:
            sender = node.senders[hub.name]
            tasks.append(asyncio.create_task(sender.run(stop), name=f"send {hub.name}"))
            work = self._hub(hub, sender=sender, due=due, intake=intake, busy=busy, stop=stop)
            tasks.append(asyncio.create_task(work, name=f"hub {hub.name}"))
        return tasks

    async def _until_stopped(self, tasks: Sequence[asyncio.Task[Any]], stop: asyncio.Event) -> None:
        """Wait for the first role to end, then end all."""
        node = self.node
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
            node.senders.clear()
            node.links.clear()
            node.receiving.clear()
            node.forwarder = None
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
        link = self.node.links[hub.name]
        carrier = self._carrier if self.node.settings.forward else ""
        speakers = self.node.routes.speakers(hub.name)
        papers = Documents(
            link,
            self.node.store,
            self.node.knowledge,
            self.node.participants,
            self._learned,
            carrier=carrier,
            brings=lambda row: self.node.routes.brings(hub.name, row, self.node.store),
            speakers=speakers,
        )
        self._papers.append(papers)
        receipts = Receipts(link, self.node.store, self.node.knowledge, speakers, self.node.told)
        answers = Answers(link, self.node.store, sender, speakers)
        if not await self._introduce(link, papers, receipts, answers, stop):
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._refresh(link, papers, receipts, stop))
            group.create_task(answers.run(stop))
            if hub.name == self.node.settings.forward:
                forwarder = Forwarder(sender, self.node.store, papers, carrier, self.node.links)
                self.node.forwarder = forwarder
                group.create_task(forwarder.run(stop))
            if not hub.read or intake is None:
                await stop.wait()
                return
            async with Reader.open(
                self.node.ways[hub.name], self.node.keys.reader, node=self.node.name
            ) as reader:
                receiving = Receiving(
                    reader,
                    link,
                    intake,
                    papers,
                    due,
                    hub=hub.name,
                    asker=speakers[0],
                    batch=self.node.settings.batch_messages,
                    receipt_interval_s=self.node.settings.receipt_interval_s,
                    taken=self._taken,
                    takes=lambda subject: self.node.routes.takes(hub.name, subject),
                    told=self.node.told,
                )
                self.node.receiving[hub.name] = receiving
                await receiving.run(stop, busy)

    @property
    def _carrier(self) -> str:
        """In whose name this node passes on."""
        return (*self.node.settings.compose, *self.node.participants)[0]

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
                if now.connected and (papers.stale or self.node.settings.forward):
                    await papers.bring_new()
            except (MaillageError, OSError) as error:
                _log.info("hub not ready: %s", error)

    def _learned(self, names: list[str]) -> None:
        """What waits for documents goes on, from whichever hub they came."""
        for receiving in self.node.receiving.values():
            receiving.learned(names)

    def _documents_changed(self) -> None:
        """Documents of this node are new: they go to the hubs with the next look."""
        for papers in self._papers:
            papers.stale = True

    async def _watch(self, stop: asyncio.Event) -> None:
        """Take in what another process has put into the store.

        Charters accepted and ended, schemas added; at first also what came between the opening of
        this node and now.
        """
        seen: str | None = None
        while not stop.is_set():
            await _pause(stop, 1.0)
            now = await asyncio.to_thread(self.node.store.settings.get, documents.TOUCHED)
            if now == seen:
                continue
            seen = now
            names = await asyncio.to_thread(documents.refresh, self.node.knowledge, self.node.store)
            self._documents_changed()
            self._learned(names)
            for sender in self.node.senders.values():
                sender.wake()

    def _taken(self, taken: Taken) -> None:
        if taken.accepted:
            self._dirty.set()
            if self.node.forwarder is not None:
                self.node.forwarder.wake()
        if self.node.on_taken is not None:
            self.node.on_taken(taken)

    async def _compose(self, stop: asyncio.Event) -> None:
        took_s = 0.0
        while not stop.is_set():
            await _pause(stop, max(COMPOSE_EVERY_S, COMPOSE_REST * took_s))
            if self._dirty.is_set():
                self._dirty.clear()
                begun = time.monotonic()
                try:
                    await self.node.compose_now()
                except (MaillageError, OSError) as error:
                    _log.warning("no composition: %s", error)
                    self._dirty.set()  # tried again
                took_s = time.monotonic() - begun

    async def _sense(self, stop: asyncio.Event) -> None:
        """Publish readings as they become due."""
        while not stop.is_set():
            if self.node.sensors.wanted:
                try:
                    drafts = await asyncio.to_thread(self.node.sensors.flush, now_us())
                except MaillageError as error:
                    _log.warning("readings wait: %s", error)
                    drafts = []
                for sender in self.node.senders.values() if drafts else ():
                    sender.wake()
            await _pause(stop, FLUSH_EVERY_S)

    async def _serve(self, stop: asyncio.Event) -> None:
        from node.web.app import create_app  # noqa: PLC0415 - a node that is only asked for a view needs no web

        runner = web.AppRunner(create_app(self.node), access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.node.settings.http_host, self.node.settings.http_port)
            try:
                await site.start()
            except OSError as error:
                raise StateError(
                    f"the HTTP interface can't listen on {self.node.settings.http_host}:"
                    f"{self.node.settings.http_port}: {error.strerror or error}",
                    code="http-address",
                    remedy="end what uses the port, or choose another with MAILLAGE_HTTP_PORT",
                ) from error
            self.node.http_url = (
                site.name
                if self.node.settings.http_port
                else f"http://{self.node.settings.http_host}:{_port(runner)}"
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
