"""Publishing, the second half: drafts are signed and go to every hub (design, section 6).

Sequence and signature are given just before sending, after one's head was compared with the
hub's, so that a node restored from an old copy doesn't fork itself. A signed publication and
its outbox rows are one transaction; it goes up with compare-and-set on the participant's
prefix, so that no retry after any delay makes a duplicate or a gap.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from federation.author import messages
from federation.errors import MaillageError, StateError
from federation.ids import parse_subject, prefix
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest
from federation.message import MANIFEST_HEADER, TRACE_HEADER, Message, parse_part
from node.link.errors import (
    CasConflictError,
    HubUnreachableError,
    LinkError,
    RejectedError,
    UnconfirmedError,
)
from node.link.link import Link
from node.link.stored import StoredMessage
from node.signing import Signing
from node.steps import step
from node.store.errors import (
    CorruptContentError,
    ErasedContentError,
    StoreError,
    StoreVersionError,
    UnknownRowError,
)
from node.store.rows import OutboxRow, PublicationRow
from node.store.store import Store
from node.telemetry.context import Parent, parse

BATCH_MAX: Final = 200
"""Publications handed to the hub in one go."""

PUSH_MAX_BYTES: Final = 16 * 1024 * 1024
"""Bytes of them loaded at once; a single larger one goes alone."""

TRIES: Final = 5
"""Conflicts or lost answers in a row before a participant has to wait."""

BACK_OFF_S: Final = 1.0
"""First wait after a failure that may pass; doubled each time, up to `BACK_OFF_MAX_S`."""

BACK_OFF_MAX_S: Final = 300.0


class Sender:
    """Brings the outbox of this node's participants to one hub."""

    def __init__(
        self, hub: str, link: Link, store: Store, signing: Signing, participants: Sequence[str]
    ) -> None:
        """Send over a link that the caller opens."""
        self.hub = hub
        self._link = link
        self._store = store
        self._signing = signing
        self._participants = tuple(participants)
        self._compared: set[str] = set()
        self._later: dict[str, tuple[float, float]] = {}
        self._one = asyncio.Lock()
        self.halted: dict[str, str] = {}
        self.last_error = ""
        self.on_lost: Callable[[str], None] | None = None
        self._wake = asyncio.Event()
        link.on_change(lambda _status: self._on_change())
        signing.hubs.append(self)

    def wake(self) -> None:
        """Something is waiting."""
        self._wake.set()

    def _on_change(self) -> None:
        self._compared.clear()  # on reconnection one's place is looked up again
        self._later.clear()
        self._wake.set()

    async def run(self, stop: asyncio.Event, *, pause_s: float = 1.0) -> None:
        """Send until stopped. Errors are shown in `status`, never the end."""
        while not stop.is_set():
            try:
                await self._link.ready(5.0)
                await self.push_all()
            except (MaillageError, OSError) as error:
                self._compared.clear()
                self.last_error = str(error)
            self._wake.clear()
            wait = asyncio.create_task(self._wake.wait())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait(
                {wait, stopping}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED
            )
            for task in (wait, stopping):
                task.cancel()
            await asyncio.gather(wait, stopping, return_exceptions=True)

    async def push_all(self) -> int:
        """Send everything that waits. What fails for one participant holds up no other.

        Returns:
            How many publications were stored by the hub.

        Raises:
            HubUnreachableError, UnconfirmedError: Try again later.
            StoreError: What waits can't be read now.
        """
        sent = 0
        clock = asyncio.get_running_loop().time
        wrong = ""
        for participant in await asyncio.to_thread(self._with_work):
            if participant not in self._participants or participant in self.halted:
                continue
            if participant in self._later and clock() < self._later[participant][0]:
                wrong = wrong or self.last_error
                continue
            try:
                sent += await self._push(participant)
                self._later.pop(participant, None)
            except (HubUnreachableError, UnconfirmedError) as error:
                await self._note(participant, error)
                raise
            except (MaillageError, OSError) as error:
                wrong = f"{participant}: {error}"
                self._compared.discard(participant)
                await self._note(participant, error)
                if _passes(error):
                    _, wait = self._later.get(participant, (0.0, BACK_OFF_S / 2))
                    wait = min(2 * wait, BACK_OFF_MAX_S)
                    self._later[participant] = clock() + wait, wait
                else:
                    self.halted[participant] = str(error)
        self.last_error = wrong
        return sent

    async def _push(self, participant: str) -> int:
        await self._signing.compare_all(participant, self)
        await asyncio.to_thread(self._signing.sign_ready, participant)
        sent = failed = 0
        async with self._one:
            while waiting := await asyncio.to_thread(
                self._store.own.outbox_waiting, self.hub, participant, BATCH_MAX
            ):
                await self._compare(participant)
                try:
                    sent += await self._send(participant, waiting)
                    failed = 0
                except (CasConflictError, UnconfirmedError):
                    failed += 1
                    self._compared.discard(participant)
                    if failed == TRIES:
                        raise
        return sent

    async def _send(self, participant: str, waiting: Sequence[OutboxRow]) -> int:
        """Send as much as fits into one push, at least one publication."""
        outgoing: list[Message] = []
        size = count = 0
        for row in waiting:
            publication = await asyncio.to_thread(self._own, row.publication)
            if publication is None:
                raise StateError(f"the publication {row.publication} is gone", code="outbox-row")
            manifest = Manifest.read(parse_compact(publication.jws, TYP).payload)
            size += len(publication.jws) + (manifest.content.size if manifest.content else 0)
            if count and size > PUSH_MAX_BYTES:
                break
            outgoing += await asyncio.to_thread(publication_messages, self._store, publication)
            count += 1
        expected = await asyncio.to_thread(self._store.own.hub_position, self.hub, participant)
        begun_ns = time.time_ns()
        ack = await self._link.publish(prefix(participant), outgoing, expected)
        step("send.sent")
        await asyncio.to_thread(self._told, waiting[:count], begun_ns)
        await asyncio.to_thread(
            self._store.own.mark_sent, [row.id for row in waiting[:count]], ack.last_sequence
        )
        step("send.marked")
        return count

    def _told(self, sent: Sequence[OutboxRow], begun_ns: int) -> None:
        telemetry = self._signing.telemetry
        telemetry.metrics.add("maillage.publications.sent", len(sent), {"hub": self.hub})
        if not telemetry.tracing.on:
            return
        ended_ns = time.time_ns()
        for row in sent:
            parent = span_of(self._store, row.publication)
            if parent is not None:
                telemetry.tracing.past(
                    "send",
                    parent,
                    (begun_ns, ended_ns),
                    "producer",
                    messaging__system="nats",
                    messaging__operation__name="publish",
                    messaging__destination__name=self.hub,
                    maillage__digest=row.publication,
                )

    async def _note(self, participant: str, error: Exception) -> None:
        own = self._store.own
        try:
            waiting = await asyncio.to_thread(own.outbox_waiting, self.hub, participant, BATCH_MAX)
            await asyncio.to_thread(own.note_attempt, [row.id for row in waiting], str(error))
        except StoreError as other:
            self.last_error = str(other)  # the first error is on its way to people

    async def pass_on(
        self, participant: str, outgoing: Sequence[Message], *, tries: int = TRIES
    ) -> None:
        """Send messages that have no outbox row under a participant's prefix, behind its others.

        Args:
            participant: Of this node.
            outgoing: Below its prefix; sent again they do no harm.
            tries: How often, as long as the hub's last own message is another than expected.

        Raises:
            MaillageError: As `Link.publish`, `restored`, or of the store.
                A beginning may be stored.
        """
        async with self._one:
            for left in range(tries, 0, -1):
                await self._compare(participant)
                expected = await asyncio.to_thread(
                    self._store.own.hub_position, self.hub, participant
                )
                try:
                    ack = await self._link.publish(prefix(participant), outgoing, expected)
                except (CasConflictError, UnconfirmedError):
                    self._compared.discard(participant)
                    if left == 1:
                        raise
                    continue
                except MaillageError:
                    self._compared.discard(participant)
                    raise
                await asyncio.to_thread(
                    self._store.own.set_hub_position, self.hub, participant, ack.last_sequence
                )
                return

    def sends(self, row: PublicationRow) -> bool:
        """Whether a publication goes to this hub at all."""
        routes = self._signing.routes
        return routes is None or routes.sends_row(self.hub, row)

    def _own(self, digest: str) -> PublicationRow | None:
        return self._store.publications.get([digest]).get(digest)

    def _with_work(self) -> list[str]:
        own = self._store.own
        return sorted({*own.participants_waiting(self.hub), *own.participants_drafting()})

    @property
    def connected(self) -> bool:
        """Whether the hub can be asked now."""
        return self._link.status.connected

    async def compare(self, participant: str) -> None:
        """Compare one's outbox with what the hub holds last, once per connection.

        Raises:
            StateError: `restored`: the hub has what this node never signed, as far as it remembers.
            LinkError: The hub can't be asked now.
            StoreError: The outbox can't be read or set back.
        """
        if participant not in self._compared:
            async with self._one:
                await self._compare(participant)

    async def _compare(self, participant: str) -> None:
        if participant in self._compared:
            return
        own = prefix(participant)
        last = await self._link.last_own(own)
        at = 0 if last is None else last.stream_sequence
        known = await asyncio.to_thread(self._store.own.hub_position, self.hub, participant)
        if at < known and self.on_lost is not None:
            await asyncio.to_thread(self.on_lost, participant)
        if last is None:
            await asyncio.to_thread(self._begin, participant)
        else:
            # what was passed on for others, or sent again, says nothing about the outbox
            told = last if _kind(last) != "fwd" else await self._last_publication(own)
            through, before = await self._recognise(participant, told)
            if at != known:
                await asyncio.to_thread(self._rewind, participant, at, through, before)
        self._compared.add(participant)

    async def _last_publication(self, own: str) -> StoredMessage | None:
        found = [await self._link.last_own(f"{own}.{kind}") for kind in ("pub", "for")]
        return max(
            (one for one in found if one is not None),
            key=lambda one: one.stream_sequence,
            default=None,
        )

    async def _recognise(
        self, participant: str, told: StoredMessage | None
    ) -> tuple[str | None, str | None]:
        """The own publication that the hub holds last: whole, or in part; (None, None) for none."""
        if told is None:
            return None, None
        jws = parse_compact(told.headers.get(MANIFEST_HEADER, ""), TYP)
        row = await asyncio.to_thread(self._own, jws.digest)
        if row is None or not row.own:
            raise StateError(
                f"{participant}: the hub {self.hub} holds a publication that this node "
                "doesn't remember",
                code="restored",
                remedy="the data directory is older than the hub: bring back the newest backup, "
                "or begin a new epoch",
            )
        number, total = parse_part(told.headers)
        return (jws.digest, None) if number == total else (None, jws.digest)

    def _rewind(
        self, participant: str, sequence: int, through: str | None, before: str | None
    ) -> None:
        self._store.own.rewind(self.hub, participant, sequence, through=through, before=before)

    def _begin(self, participant: str) -> None:
        """The hub has nothing of this participant: all that stands goes there."""
        store = self._store
        rows = [
            row
            for head in store.publications.own_heads(participant)
            for row in store.publications.of(head.dataset, everything=True)
            if row.own and not row.void and self.sends(row)
        ]
        self._rewind(participant, 0, None, None)
        queued = {
            row.publication
            for row in store.own.outbox_waiting(self.hub, participant, len(rows) + 1)
        }
        rows.sort(key=lambda row: (row.received_at, row.dataset, row.order))
        missing = [row.digest for row in rows if row.digest not in queued]
        if missing:
            store.own.queue(self.hub, participant, missing)


def publication_messages(
    store: Store, row: PublicationRow, *, subject: str | None = None
) -> list[Message]:
    """The messages that carry a stored publication.

    Args:
        store: Holds its content.
        row: The publication.
        subject: Where, if not the dataset's own subject (forwarding).

    Raises:
        StoreError: The content isn't there any more.
    """
    manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
    blob = store.contents.get(row.content_digest) if row.content_digest else None
    span = span_of(store, row.digest)
    # sent again, the messages are the same bytes: the span is the draft's
    traceparent = None if span is None else span.text
    return messages(manifest, row.digest, row.jws, blob, subject=subject, traceparent=traceparent)


def span_of(store: Store, digest: str) -> Parent | None:
    """The span in which a publication of this node was drafted."""
    claims = store.own.claims_of(digest)
    return None if claims is None else parse(json.loads(claims).get(TRACE_HEADER))


def _kind(message: StoredMessage) -> str:
    return parse_subject(message.subject).kind


def _passes(error: Exception) -> bool:
    """Whether the same may go through later without anybody changing what is to be sent."""
    if isinstance(error, StoreError):
        return not isinstance(
            error, CorruptContentError | ErasedContentError | UnknownRowError | StoreVersionError
        )
    return isinstance(error, OSError) or (
        isinstance(error, LinkError) and not isinstance(error, RejectedError)
    )


def describe_link(link: Link) -> dict[str, Any]:
    """How a link stands, for status."""
    status = link.status
    return {
        "connected": status.connected,
        "error": status.last_error or "",
        "since": status.since.isoformat(),
    }
