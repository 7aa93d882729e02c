"""The receiving loop of one hub: fetch, take in, acknowledge, answer.

A batch is committed in one transaction, then acknowledged; receipts, questions and fetched
documents follow. Whatever comes twice is decided once.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from typing import Final

from federation.ids import ask_subject, parse_dataset, prefix, pub_subject
from federation.replica import Ask
from federation.verify import Arrival
from node.documents import Documents
from node.link.errors import LinkError
from node.link.link import Link
from node.link.reader import Fetched, Reader
from node.receipts import Receipts
from node.receive.ahead import Ahead
from node.receive.intake import Intake, Prepared, Taken
from node.clock import now_us
from node.steps import step

_log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
FORGET_S: Final = 30.0
"""After this long, what is still missing is asked for again."""

ASK_HEADERS: Final = {"ce-specversion": "1.0", "ce-type": "org.maillage.ask.v1"}


class Receiving:
    """Receives everything of one hub through this node's durable reader."""

    def __init__(
        self,
        reader: Reader,
        link: Link,
        intake: Intake,
        documents: Documents,
        receipts: Receipts,
        *,
        asker: str,
        batch: int,
        receipt_interval_s: float,
        taken: Callable[[Taken], None],
    ) -> None:
        """Receive over connections that the caller opens.

        Args:
            reader: Durable pull of the data stream.
            link: To ask and answer with.
            intake: Shared by all hubs of this node; calls to it are serialised here.
            documents: Of the same hub.
            receipts: Of the same hub.
            asker: Participant in whose name is asked.
            batch: Messages verified and stored together.
            receipt_interval_s: Longest wait before a changed receipt is sent.
            taken: Told after each batch.
        """
        self._reader = reader
        self._link = link
        self._intake = intake
        self._documents = documents
        self._receipts = receipts
        self._asker = asker
        self._batch = batch
        self._interval_s = receipt_interval_s
        self._taken = taken
        self._names: list[str] = []
        self.last_error = ""

    def learned(self, names: list[str]) -> None:
        """Documents became known; what waits for them goes through with the next batch."""
        self._names += names

    async def run(self, stop: asyncio.Event, busy: asyncio.Lock) -> None:
        """Receive until stopped.

        Args:
            stop: Ends the loop after the batch under way.
            busy: Held while the intake works; shared by the hubs of a node.
        """
        async with busy:
            first = await asyncio.to_thread(self._intake.retry_held, now_us())
        await self._follow(first, busy)
        ahead = Ahead(self._reader, self._intake, self._batch)
        try:
            await self._receive(ahead, stop, busy)
        finally:
            await ahead.close()

    async def _receive(self, ahead: Ahead, stop: asyncio.Event, busy: asyncio.Lock) -> None:
        forgotten_at = asyncio.get_running_loop().time()
        while not stop.is_set():
            try:
                fetched, prepared = await ahead.get()
                step("receive.fetched")
                await self._take(fetched, prepared, busy)
                await self._receipts.send_due(self._interval_s)
                if asyncio.get_running_loop().time() - forgotten_at > FORGET_S:
                    forgotten_at = asyncio.get_running_loop().time()
                    for one in self._intake.replica.forgotten():
                        assert isinstance(one, Ask)
                        await self._ask(one, busy)
                self.last_error = ""
            except LinkError as error:
                self.last_error = str(error)
                await asyncio.sleep(RETRY_S)

    async def _take(
        self, fetched: Sequence[Fetched], prepared: Prepared, busy: asyncio.Lock
    ) -> None:
        names, self._names = self._names, []
        if names:
            async with busy:
                taken = await asyncio.to_thread(self._intake.learned, names, now_us())
            await self._follow(taken, busy)
        if not fetched:
            return
        async with busy:
            taken = await asyncio.to_thread(self._intake.take, prepared, now_us())
        await self._reader.ack_all(fetched)
        step("receive.acknowledged")
        await self._follow(taken, busy)

    async def _follow(self, taken: Taken, busy: asyncio.Lock) -> None:
        self._taken(taken)
        if taken.turned_away:
            _log.warning(
                "%d messages could not be held: a carrier's limit is reached", taken.turned_away
            )
        for fetch in taken.fetches:
            if fetch.what == "key":
                await self._documents.catch_up()
            else:
                await self._documents.fetch(fetch.name)
        for ask in taken.asks:
            await self._ask(ask, busy)

    async def _ask(self, ask: Ask, busy: asyncio.Lock) -> None:
        """Read the gap from the hub's stream; what isn't there any more the owner is asked for."""
        dataset = parse_dataset(ask.dataset)
        after_sequence = 0
        while True:
            page = await self._link.read_range(
                prefix(self._asker), pub_subject(dataset), after=after_sequence
            )
            arrivals = [Arrival(one.subject, one.headers, one.body) for one in page.messages]
            if arrivals:
                async with busy:
                    taken = await asyncio.to_thread(self._intake.take, arrivals, now_us())
                self._taken(taken)
            if page.next is None:
                break
            after_sequence = page.next
        head = self._intake.replica.heads.get(ask.dataset)
        if (head.order if head else (0, 0)) > (ask.after.order if ask.after else (0, 0)):
            return
        wanted = {"epoch": ask.after.epoch, "sequence": ask.after.sequence} if ask.after else None
        body = json.dumps({"dataset": ask.dataset, "after": wanted}).encode()
        await self._link.publish_document(
            ask_subject(self._asker, dataset.owner), ASK_HEADERS, body
        )
