"""Passing on: what was received on one hub goes, as it was signed, to the readers of another.

A dataset's publications go in the order of its chain, under the carrier's prefix. How far each
dataset has come is kept in the store after the hub has confirmed: after a crash some go twice,
which readers drop, and none is lost.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from federation.errors import MaillageError, StateError
from federation.ids import fwd_subject, parse_dataset, prefix, pub_subject
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest
from federation.message import MANIFEST_HEADER, Message
from node.documents import Documents
from node.link.errors import HubUnreachableError, LinkError, UnconfirmedError
from node.link.link import Link
from node.send import BATCH_MAX, PUSH_MAX_BYTES, Sender, publication_messages
from node.store.rows import PublicationRow
from node.store.store import Store

_log = logging.getLogger(__name__)

CURSOR: Final = "forwarded."
"""Settings of the store: `forwarded.<hub>.<dataset>` is the epoch/sequence that went last."""

PAUSE_S: Final = 5.0
"""Pause after a failure, and the longest time until new heads are looked at."""

_SHARED: Final = frozenset({"open", "federation"})


class Forwarder:
    """Brings what this node received to one more hub."""

    def __init__(
        self,
        sender: Sender,
        store: Store,
        papers: Documents,
        carrier: str,
        links: Mapping[str, Link],
    ) -> None:
        """Pass on in the name of a participant of this node.

        Args:
            sender: Of the hub to which is passed on.
            store: Of what was received.
            papers: Documents of that hub, brought before what they explain.
            carrier: The participant.
            links: To all hubs by name: a refused publication's content isn't stored here.
        """
        self._sender = sender
        self._store = store
        self._papers = papers
        self._carrier = carrier
        self._links = links
        self._cursor: dict[str, tuple[int, int]] | None = None
        self._wake = asyncio.Event()
        self.stuck: dict[str, str] = {}
        self.last_error = ""
        sender.on_lost = self._lost

    def wake(self) -> None:
        """Something was received."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Pass on until stopped. Errors are shown, never the end."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._wake.clear()
                pause = PAUSE_S
                try:
                    await self._papers.bring_new()
                    await self.forward_all()
                    self.last_error = ""
                except (MaillageError, OSError) as error:
                    if str(error) != self.last_error:
                        _log.warning("nothing is passed on to %s: %s", self._sender.hub, error)
                    self.last_error = str(error)
                    await asyncio.wait({stopping}, timeout=1.0)
                waking = asyncio.create_task(self._wake.wait())
                await asyncio.wait(
                    {waking, stopping}, timeout=pause, return_when=asyncio.FIRST_COMPLETED
                )
                waking.cancel()
        finally:
            stopping.cancel()

    async def forward_all(self) -> int:
        """Pass on what is new of every dataset.

        Returns:
            How many publications.

        Raises:
            MaillageError: The hub or the store can't go on now; nothing is lost.
        """
        await self._sender.compare(self._carrier)  # tells by `on_lost` if the hub lost something
        if self._cursor is None:
            self._cursor = await asyncio.to_thread(self._load)
        count = 0
        own = {row.id for row in await asyncio.to_thread(self._store.own.participants)}
        for head in await asyncio.to_thread(self._store.publications.heads):
            cursor = self._now()
            if cursor is None:
                break  # the hub lost something meanwhile: from the start with the next round
            behind = (head.epoch, head.sequence) > cursor.get(head.dataset, (0, 0))
            if not behind or parse_dataset(head.dataset).owner in own:
                continue
            try:
                count += await self._dataset(head.dataset, cursor)
                self.stuck.pop(head.dataset, None)
            except (HubUnreachableError, UnconfirmedError):
                raise
            except MaillageError as error:
                if self._sender.halted.get(self._carrier):
                    raise
                if self.stuck.get(head.dataset) != str(error):
                    _log.warning("%s isn't passed on: %s", head.dataset, error)
                self.stuck[head.dataset] = str(error)
        return count

    async def _dataset(self, dataset: str, cursor: dict[str, tuple[int, int]]) -> int:
        """Pass on a dataset's publications behind the cursor, in order."""
        rows = await asyncio.to_thread(self._rows, dataset, cursor.get(dataset, (0, 0)))
        subject = fwd_subject(self._carrier, parse_dataset(dataset).owner)
        outgoing: list[Message] = []
        size = count = 0
        for at, row in enumerate(rows):
            more = await self._messages(row, subject)
            outgoing += more
            count += 1
            size += sum(len(message.body) for message in more)
            if size > PUSH_MAX_BYTES or len(outgoing) >= BATCH_MAX or at == len(rows) - 1:
                await self._sender.pass_on(self._carrier, outgoing)
                if self._now() is not cursor:
                    return count  # what the hub lost goes again: this cursor is void
                await asyncio.to_thread(self._store.settings.set, self._key(dataset), _text(row))
                cursor[dataset] = row.order
                outgoing, size = [], 0
        return count

    def _rows(self, dataset: str, after: tuple[int, int]) -> list[PublicationRow]:
        """Those that took a place in the chain; refused ones too, their successors need them."""
        rows = self._store.publications.of(dataset, after=after, everything=True)
        decided = [row for row in rows if row.verdict != "signed"]
        for at, row in enumerate(decided):
            if row.sharing not in _SHARED:
                return decided[:at]
        return decided

    async def _messages(self, row: PublicationRow, subject: str) -> list[Message]:
        manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
        if manifest.content is None or row.content_digest is not None:
            return await asyncio.to_thread(publication_messages, self._store, row, subject=subject)
        return await self._from_hub(row, subject)

    async def _from_hub(self, row: PublicationRow, subject: str) -> list[Message]:
        """A publication that was refused here is read once more where it came from.

        Raises:
            StateError: `forward-content`: no hub has it any more.
        """
        where = pub_subject(parse_dataset(row.dataset))
        for name, link in self._links.items():
            if name == self._sender.hub:
                continue
            after, found = 0, []
            try:
                while True:
                    page = await link.read_range(prefix(self._carrier), where, after=after)
                    found += [
                        Message(subject, _headers(one.headers), one.body)
                        for one in page.messages
                        if one.headers.get(MANIFEST_HEADER) == row.jws
                    ]
                    if page.next is None:
                        break
                    after = page.next
            except LinkError as error:
                _log.info("%s isn't read from %s: %s", row.dataset, name, error)
                continue
            if found:
                return found
        raise StateError(
            f"{row.dataset} {row.epoch}/{row.sequence}: its content is on no hub any more",
            code="forward-content",
            remedy="let its readers read the hub where it was published",
        )

    # -- how far ------------------------------------------------------------------------------

    def _key(self, dataset: str) -> str:
        return f"{CURSOR}{self._sender.hub}.{dataset}"

    def _now(self) -> dict[str, tuple[int, int]] | None:
        return self._cursor  # `_lost` may have taken it away in the meantime

    def _load(self) -> dict[str, tuple[int, int]]:
        start = self._key("")
        found = {}
        for key, text in self._store.settings.all().items():
            epoch, slash, sequence = text.partition("/")
            if key.startswith(start) and slash:
                found[key.removeprefix(start)] = int(epoch), int(sequence)
        return found

    def _lost(self, participant: str) -> None:
        """The hub lost what it had confirmed: everything goes there again; readers drop doubles."""
        if participant != self._carrier:
            return
        for dataset in self._load():
            self._store.settings.set(self._key(dataset), "0/0")
        self._cursor = None


def _text(row: PublicationRow) -> str:
    return f"{row.epoch}/{row.sequence}"


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Without the broker's own, which can't be sent."""
    return {name: value for name, value in headers.items() if not name.lower().startswith("nats-")}
