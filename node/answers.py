"""Answering: an owner's node hears what receivers miss, and sends it again."""

import asyncio
import logging
from collections import OrderedDict
from typing import Annotated, Final

from pydantic import Field

from federation.errors import MaillageError
from federation.ids import parse_dataset, parse_subject
from federation.limits import SEQUENCE_MAX
from federation.message import Message
from federation.model import DatasetText, Ordinal, WireModel
from node.link.errors import CasConflictError, UnconfirmedError
from node.link.link import Link, TailMessage
from node.send import BATCH_MAX, PUSH_MAX_BYTES, TRIES, Sender, publication_messages
from node.store.rows import PublicationRow
from node.store.store import Store

_log = logging.getLogger(__name__)

ASKS_MAX: Final = 1_000
"""Asks that wait for their answer, and asks remembered as answered: bounds the memory."""

AGAIN_S: Final = 600.0
"""The same ask of the same receiver is answered once in this time: the answer may be lost."""

_BODY_MAX_BYTES: Final = 4 * 1024


class After(WireModel):
    """The position behind which something is missing."""

    epoch: Ordinal
    sequence: Annotated[int, Field(ge=0, le=SEQUENCE_MAX)]


class AskBody(WireModel):
    """What a receiver asks for: a dataset's publications after a position, or all of them."""

    dataset: DatasetText
    after: After | None = None

    @property
    def order(self) -> tuple[int, int]:
        """What positions are compared by; (0, 0) for all."""
        return (0, 0) if self.after is None else (self.after.epoch, self.after.sequence)


class Answers:
    """Answers the asks of one hub for this node's participants."""

    def __init__(
        self, link: Link, store: Store, sender: Sender, participants: tuple[str, ...]
    ) -> None:
        """Hear over a link that the caller opens, and send through the sender of the same hub."""
        self._link = link
        self._store = store
        self._sender = sender
        self._participants = participants
        self._waiting: dict[str, tuple[int, int]] = {}
        self._answered: OrderedDict[tuple[str, bytes], float] = OrderedDict()
        self._wake = asyncio.Event()

    async def listen(self) -> None:
        """Hear asks as they come. Those missed come again: receivers repeat what they miss."""
        for participant in self._participants:
            await self._link.subscribe_tail(f"mlg.1.z.*.*.ask.{participant}", self._heard)

    async def run(self, stop: asyncio.Event, *, pause_s: float = 1.0) -> None:
        """Answer until stopped. What can't be sent now is tried again."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                waking = asyncio.create_task(self._wake.wait())
                await asyncio.wait({waking, stopping}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
                self._wake.clear()
                while self._waiting and not stop.is_set():
                    dataset, order = next(iter(self._waiting.items()))
                    try:
                        await self._answer(dataset, order)
                    except (MaillageError, OSError) as error:
                        _log.warning("%s can't be sent again: %s", dataset, error)
                        self._answered.clear()  # so that the repeated ask is heard
                        await asyncio.wait({stopping}, timeout=pause_s)
                    if self._waiting.get(dataset) == order:
                        del self._waiting[dataset]  # receivers repeat what they still miss
        finally:
            stopping.cancel()

    async def _heard(self, tail: TailMessage) -> None:
        body = tail.message.body
        try:
            subject = parse_subject(tail.message.subject)
            ask = AskBody.read(body) if len(body) <= _BODY_MAX_BYTES else None
        except MaillageError:
            return
        if ask is None or parse_dataset(ask.dataset).owner not in self._participants:
            return
        now = asyncio.get_running_loop().time()
        key = subject.carrier, body
        if now - self._answered.get(key, -AGAIN_S) < AGAIN_S:
            return
        full = len(self._waiting) >= ASKS_MAX and ask.dataset not in self._waiting
        if full:
            return
        self._answered[key] = now
        self._answered.move_to_end(key)
        if len(self._answered) > ASKS_MAX:
            self._answered.popitem(last=False)
        self._waiting[ask.dataset] = min(ask.order, self._waiting.get(ask.dataset, ask.order))
        self._wake.set()

    async def _answer(self, dataset: str, order: tuple[int, int]) -> None:
        """Send a dataset's publications after a position again, as they were signed."""
        owner = parse_dataset(dataset).owner
        for left in range(TRIES, 0, -1):
            try:
                await self._send(owner, await asyncio.to_thread(self._sent, owner, dataset, order))
            except (CasConflictError, UnconfirmedError):
                # a hub that lost its disk gets all of it from the outbox: not once more from here
                await self._sender.compare(owner)
                self._sender.wake()
                if left == 1:
                    raise
            else:
                return

    async def _send(self, owner: str, rows: list[PublicationRow]) -> None:
        outgoing: list[Message] = []
        size = 0
        for row in rows:
            more = await asyncio.to_thread(publication_messages, self._store, row)
            outgoing += more
            size += sum(len(message.body) for message in more)
            if size > PUSH_MAX_BYTES or len(outgoing) >= BATCH_MAX:
                await self._sender.pass_on(owner, outgoing, tries=1)
                outgoing, size = [], 0
        if outgoing:
            await self._sender.pass_on(owner, outgoing, tries=1)

    def _sent(self, owner: str, dataset: str, order: tuple[int, int]) -> list[PublicationRow]:
        """Own publications in order; those that still wait go by themselves."""
        own = self._store.own
        waiting = {
            row.publication for row in own.outbox_waiting(self._sender.hub, owner, 1_000_000)
        }
        rows = self._store.publications.of(dataset, after=order, everything=True)
        return [
            row
            for row in rows
            if row.own and not row.void and row.digest not in waiting and self._sender.sends(row)
        ]
