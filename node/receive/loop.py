"""The receiving loop of one hub: fetch, take in, acknowledge, answer.

A batch is committed in one transaction, then acknowledged; receipts, questions and fetched
documents follow. Whatever comes twice is decided once.
"""

import asyncio
import contextlib
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from federation.errors import MaillageError
from federation.ids import ask_subject, parse_dataset, prefix, pub_subject
from federation.replica import Ask
from federation.strict import dump
from federation.verify import Arrival
from node.clock import now_us
from node.documents import Documents
from node.link.link import Link
from node.link.reader import Fetched, Reader
from node.link.reading import Page
from node.receipts import DueReceipts
from node.receive.ahead import WAIT_S, Ahead
from node.receive.batch import Prepared, Taken
from node.receive.intake import Intake
from node.receive.parts import PREFIX as PARTS
from node.receive.turned_away import Gap, TurnedAway
from node.steps import step
from node.telemetry.receiving import Told
from node.telemetry.setup import Telemetry

_log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
FORGET_S: Final = 30.0
"""After this long, what is still missing is asked for again."""

REWIND_MIN_S: Final = 30.0
REWIND_MAX_S: Final = 1800.0
"""Pause before the reader is set back, doubled each time: whoever passes on what nobody can hold
mustn't have everything read again for ever."""

_DIGEST: Final = re.compile("[0-9a-f]{64}")

ASK_HEADERS: Final = {"ce-specversion": "1.0", "ce-type": "org.maillage.ask.v1"}


class Receiving:
    """Receives everything of one hub through this node's durable reader."""

    def __init__(
        self,
        reader: Reader,
        link: Link,
        intake: Intake,
        documents: Documents,
        receipts: DueReceipts,
        *,
        hub: str,
        asker: str,
        batch: int,
        receipt_interval_s: float,
        taken: Callable[[Taken], None],
        takes: Callable[[str], bool] = lambda _subject: True,
        told: Told | None = None,
    ) -> None:
        """Receive over connections that the caller opens.

        Args:
            reader: Durable pull of the data stream.
            link: To ask and answer with.
            intake: Shared by all hubs of this node; calls to it are serialised here.
            documents: Of the same hub.
            receipts: Of all hubs of this node.
            hub: Its name here, under which is remembered what was turned away.
            asker: Participant in whose name is asked.
            batch: Messages verified and stored together.
            receipt_interval_s: Longest wait before a changed receipt is sent.
            taken: Told after each batch.
            takes: Whether what the hub offers under a subject is taken.
            told: Tells telemetry.
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
        self._takes = takes
        self._hub = hub
        self._told = told or Told(Telemetry())
        self._away = TurnedAway(intake.store, hub, intake.limits)
        self._rewind_s = REWIND_MIN_S
        self._rewound_at = -REWIND_MAX_S
        self._names: list[str] = []
        self._read: dict[str, int] = {}
        link.on_change(lambda _status: self._read.clear())  # the hub may have lost its disk
        self._ahead: Ahead | None = None
        self._in_hand = 0
        self.last_error = ""

    @property
    def behind(self) -> int | None:
        """How many messages of the hub aren't stored here yet; None while nobody knows."""
        waiting = self._reader.waiting
        if waiting is None or self._ahead is None:
            return None
        return waiting + self._ahead.waiting + self._in_hand

    def learned(self, names: list[str]) -> None:
        """Documents became known; what waits for them goes through with the next batch."""
        self._names += names

    async def run(self, stop: asyncio.Event, busy: asyncio.Lock) -> None:
        """Receive until stopped.

        Args:
            stop: Ends the loop after the batch under way.
            busy: Held while the intake works; shared by the hubs of a node.
        """
        ahead = Ahead(self._reader, self._intake, self._batch, self._takes)
        self._ahead = ahead
        try:
            if await self._again(lambda: self._start(busy), stop):
                await self._receive(ahead, stop, busy)
        finally:
            await ahead.close()

    async def _again(self, work: Callable[[], Awaitable[None]], stop: asyncio.Event) -> bool:
        """Work until it is done or the node stops; what hinders it is shown and passes, or not."""
        while not stop.is_set():
            try:
                await work()
            except (MaillageError, OSError) as error:
                await self._show(error, stop)
            else:
                return True
        return False

    async def _show(self, error: Exception, stop: asyncio.Event) -> None:
        if str(error) != self.last_error:
            _log.warning("receiving waits: %s", error)
        self.last_error = str(error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), RETRY_S)

    async def _start(self, busy: asyncio.Lock) -> None:
        async with busy:
            first = await asyncio.to_thread(self._intake.retry_held, now_us())
        await self._follow(first, busy)

    async def _receive(self, ahead: Ahead, stop: asyncio.Event, busy: asyncio.Lock) -> None:
        clock = asyncio.get_running_loop().time
        forgotten_at = clock()
        batch: tuple[list[Fetched], Prepared] | None = None
        while not stop.is_set():
            try:
                if batch is None:
                    batch = await ahead.get()
                    self._in_hand = len(batch[0])
                    step("receive.fetched")
                taken = await self._take(batch, busy)
                fetched, batch = batch[0], None
                if fetched:
                    await self._acknowledge(fetched, taken)
                    self._in_hand = 0
                    await self._follow(taken, busy)
                await self._receipts.send(self._interval_s)
                if clock() - forgotten_at > FORGET_S:
                    forgotten_at = clock()
                    await self._forgotten(ahead, busy)
                self.last_error = ""
            except (MaillageError, OSError) as error:
                await self._show(error, stop)  # a batch that wasn't stored is taken again

    async def _take(self, batch: tuple[list[Fetched], Prepared], busy: asyncio.Lock) -> Taken:
        if self._names:
            names, self._names = self._names, []
            try:
                async with busy:
                    taken = await asyncio.to_thread(self._intake.learned, names, now_us())
            except BaseException:
                self._names = names + self._names
                raise
            await self._follow(taken, busy)
        fetched, prepared = batch
        if not fetched:
            return Taken()
        async with busy:
            with self._told.batch(self._hub, prepared.arrivals) as outcome:
                taken = await asyncio.to_thread(self._intake.take, prepared, now_us())
                outcome(taken)
        return taken

    async def _acknowledge(self, fetched: Sequence[Fetched], taken: Taken) -> None:
        """What was turned away is remembered first: it is read again once there is room."""
        if taken.turned_away:
            await asyncio.to_thread(self._away.note, taken.turned_away)
        await self._reader.ack_all(fetched)
        step("receive.acknowledged")

    async def _forgotten(self, ahead: Ahead, busy: asyncio.Lock) -> None:
        """What is still missing, publications and documents, is asked for again."""
        waiting = list(self._intake.replica.waiting())
        asks = self._intake.forgotten()
        for name in waiting:
            if _DIGEST.fullmatch(name):
                await self._documents.fetch(name)
        if any("/" not in name and not name.startswith(PARTS) for name in waiting):
            await self._documents.catch_up()
        await self._follow(Taken(asks=asks), busy)
        for gap in await asyncio.to_thread(self._away.with_room):
            await (self._read_again(gap, busy) if gap.kind == "pub" else self._rewind(gap, ahead))

    async def _read_again(self, gap: Gap, busy: asyncio.Lock) -> None:
        """What was turned away of a carrier's own, as far as there is room now."""
        after = gap.after
        while True:
            page = await self._link.read_range(prefix(self._asker), gap.pattern, after=after)
            taken = await self._take_page(page, busy)
            await self._follow(taken, busy)
            if taken.turned_away:
                first = min(one.ref for one in taken.turned_away)
                await asyncio.to_thread(self._away.done, gap, first - 1)
                return
            if page.next is None:
                await asyncio.to_thread(self._away.done, gap, None)
                return
            after = page.next

    async def _rewind(self, gap: Gap, ahead: Ahead) -> None:
        """What was turned away and was passed on: only the reader itself may have it again."""
        clock = asyncio.get_running_loop().time()
        if clock - self._rewound_at < self._rewind_s:
            return
        await ahead.close()
        # what the broker hands out to a pull that nobody waits for any more would come much later
        await asyncio.sleep(2 * WAIT_S)
        await self._reader.rewind(gap.after + 1)
        await asyncio.to_thread(self._away.done, gap, None)
        self._rewound_at = clock
        self._rewind_s = min(2 * self._rewind_s, REWIND_MAX_S)

    async def _take_page(self, page: Page, busy: asyncio.Lock) -> Taken:
        arrivals = [
            Arrival(one.subject, one.headers, one.body, one.stream_sequence)
            for one in page.messages
        ]
        if not arrivals:
            return Taken()
        async with busy:
            with self._told.batch(self._hub, arrivals) as outcome:
                taken = await asyncio.to_thread(self._intake.take, arrivals, now_us())
                outcome(taken)
        return taken

    async def _follow(self, taken: Taken, busy: asyncio.Lock) -> None:
        """Do what a batch led to, and what that leads to: each gap is read once."""
        queue = deque([taken])
        asked: set[tuple[str, tuple[int, int]]] = set()
        while queue:
            one = queue.popleft()
            self._taken(one)
            self._told.taken(one, now_us())
            if one.turned_away:
                _log.warning(
                    "%d messages could not be held: a carrier's limit is reached; they are read "
                    "again once it has room",
                    len(one.turned_away),
                )
            await self._fetch(one)
            for ask in one.asks:
                gap = ask.dataset, ask.after.order if ask.after else (0, 0)
                if gap not in asked:
                    asked.add(gap)
                    queue += await self._ask(ask, busy)

    async def _fetch(self, taken: Taken) -> None:
        for fetch in taken.fetches:
            if fetch.what == "schema":
                await self._documents.fetch(fetch.name)
        if any(fetch.what != "schema" for fetch in taken.fetches):
            await self._documents.catch_up()  # signed documents aren't found by their own digest

    async def _ask(self, ask: Ask, busy: asyncio.Lock) -> list[Taken]:
        """Read the gap from the hub's stream; what isn't there any more the owner is asked for.

        Returns:
            What its pages led to.
        """
        dataset = parse_dataset(ask.dataset)
        found: list[Taken] = []
        while True:
            # what was read for this dataset before is held or decided on: not again
            page = await self._link.read_range(
                prefix(self._asker), pub_subject(dataset), after=self._read.get(ask.dataset, 0)
            )
            if page.messages:
                taken = await self._take_page(page, busy)
                found.append(taken)
                if taken.turned_away:
                    break  # the gap is asked for again
                self._read[ask.dataset] = page.messages[-1].stream_sequence
            if page.next is None:
                break
        head = self._intake.replica.heads.get(ask.dataset)
        if (head.order if head else (0, 0)) > (ask.after.order if ask.after else (0, 0)):
            return found
        wanted: dict[str, Any] = {"dataset": ask.dataset}
        if ask.after is not None:
            wanted["after"] = {"epoch": ask.after.epoch, "sequence": ask.after.sequence}
        body = dump(wanted)
        await self._link.publish_document(
            ask_subject(self._asker, dataset.owner), ASK_HEADERS, body
        )
        return found
