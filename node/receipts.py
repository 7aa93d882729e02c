"""Receipts: signed for owners by the receivers of this node, and taken in for its own datasets."""

import asyncio
import datetime as dt
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from federation.errors import MaillageError
from federation.ids import parse_subject, prefix, rcpt_subject
from federation.limits import RECEIPT_DATASETS_MAX, RECEIPT_REFUSALS_MAX
from federation.message import MANIFEST_HEADER, TRACE_HEADER
from federation.model import Position, instant_text
from federation.reasons import REASONS
from federation.receipt import DatasetState, Receipt, RefusalNote, issue_receipt, read_receipt
from federation.strict import dump
from node.clock import now_us
from node.keys import KeyStore
from node.knowledge import Knowledge
from node.link.errors import LinkError
from node.link.link import Link, TailMessage
from node.steps import step
from node.store.rows import ReceiptDueRow, ReceiptMark, ReceiptRow, Write
from node.store.store import Store
from node.telemetry.context import current_text
from node.telemetry.receiving import Told
from node.telemetry.setup import Telemetry

_log = logging.getLogger(__name__)

OWED: Final = "receipts-owed."
"""Settings of the store: per hub, the (receiver, owner) pairs that it missed, as JSON."""

Confirms = Callable[[str, str, str], bool]
HEADERS: Final = {"ce-specversion": "1.0", "ce-type": "org.maillage.receipt.v1"}


def build_receipt(store: Store, due: ReceiptDueRow, moment: int) -> Receipt:
    """The state that a receiver confirms to an owner."""
    heads = [
        DatasetState(
            dataset=row.dataset,
            head=Position(epoch=row.epoch, sequence=row.sequence, digest=row.digest),
            accepted=row.accepted,
            refused=row.refused,
        )
        for row in store.publications.heads(due.owner)[:RECEIPT_DATASETS_MAX]
    ]
    refusals = store.receipts.refusals(due.owner)
    return Receipt(
        receiver=due.receiver,
        owner=due.owner,
        version=due.last_version + 1,
        issued=instant_text(moment),
        heads=tuple(sorted(heads, key=lambda head: head.dataset)),
        refusals=tuple(
            RefusalNote(
                dataset=row.dataset,
                epoch=row.epoch,
                sequence=row.sequence,
                digest=row.digest,
                step=REASONS[row.reason].step,
                reason=row.reason,
                detail=row.detail[:300],
            )
            for row in refusals[:RECEIPT_REFUSALS_MAX]
        ),
        refused_total=len(refusals),
    )


class DueReceipts:
    """Sends what this node confirms: to every hub, since an owner may be on any of them."""

    def __init__(
        self,
        store: Store,
        keys: KeyStore,
        links: Mapping[str, Link],
        confirms: Confirms = lambda _hub, _receiver, _owner: True,
        told: Told | None = None,
    ) -> None:
        """Send over the links of all hubs, by name, as they are at each moment.

        Args:
            store: Of what was received.
            keys: Of the receivers.
            links: By name of the hub.
            confirms: Whether a receipt goes to a hub: (hub, receiver, owner).
            told: Knows the spans of what was received.
        """
        self._told = told or Told(Telemetry())
        self._confirms = confirms
        self._store = store
        self._keys = keys
        self._links = links
        self._one = asyncio.Lock()

    async def send(self, interval_s: float) -> int:
        """Send the receipts that are due: urgent ones now, others after the interval.

        A hub that can't be reached gets them once it can: what it is owed is kept in the store.

        Returns:
            How many.

        Raises:
            MaillageError: The first reason why one went nowhere; it stays due, the others went.
        """
        async with self._one:
            await self._repay()
            sent = 0
            problem: MaillageError | None = None
            moment = now_us()
            for due in await asyncio.to_thread(self._store.receipts.due):
                waited = due.last_sent_at is None or moment - due.last_sent_at >= interval_s * 1e6
                if not (due.urgent or waited):
                    continue
                try:
                    await self._send(due, moment)
                except MaillageError as error:
                    problem = problem or error
                else:
                    sent += 1
            if problem is not None:
                raise problem
            return sent

    async def _send(self, due: ReceiptDueRow, moment: int) -> None:
        receipt = await asyncio.to_thread(build_receipt, self._store, due, moment)
        text = issue_receipt(self._keys.signer(due.receiver), receipt)
        step("receipt.before-send")
        with self._told.receipt(due.owner, due.receiver):
            await self._everywhere(due, text)
        await asyncio.to_thread(self._sent, due, receipt.version, moment)
        step("receipt.sent")

    async def _everywhere(self, due: ReceiptDueRow, text: str) -> None:
        subject = rcpt_subject(due.receiver, due.owner)
        missed: list[str] = []
        tried = 0
        problem: LinkError | None = None
        span = current_text()
        headers = {**HEADERS, MANIFEST_HEADER: text, **({TRACE_HEADER: span} if span else {})}
        for name, link in list(self._links.items()):
            if not self._confirms(name, due.receiver, due.owner):
                continue
            tried += 1
            try:
                await link.publish_document(subject, headers, b"")
            except LinkError as error:
                problem = error
                missed.append(name)
        if problem is not None and len(missed) == tried:
            raise problem
        for name in missed:
            await asyncio.to_thread(self._owe, name, due)

    def _owe(self, hub: str, due: ReceiptDueRow) -> None:
        owed = self._owed(hub)
        pair = [due.receiver, due.owner]
        if pair not in owed:
            self._store.settings.set(f"{OWED}{hub}", json.dumps([*owed, pair]))

    def _owed(self, hub: str) -> list[list[str]]:
        found: list[list[str]] = json.loads(self._store.settings.get(f"{OWED}{hub}") or "[]")
        return found

    async def _repay(self) -> None:
        """What a hub missed is due again as soon as it is connected."""
        for name, link in list(self._links.items()):
            if link.status.connected:
                await asyncio.to_thread(self._mark, name)

    def _mark(self, hub: str) -> None:
        owed = self._owed(hub)
        if not owed:
            return
        marks = tuple(
            ReceiptMark(receiver=receiver, owner=owner, urgent=True) for receiver, owner in owed
        )
        day = dt.datetime.fromtimestamp(now_us() / 1e6, tz=dt.UTC).date()
        self._store.commit(Write(day=day, receipt_marks=marks))
        self._store.settings.set(f"{OWED}{hub}", "[]")

    def _sent(self, due: ReceiptDueRow, version: int, moment: int) -> None:
        self._store.receipts.sent(due, version=version, sent_at=moment)


class Receipts:
    """The receipts that one hub holds for this node's participants."""

    def __init__(
        self,
        link: Link,
        store: Store,
        knowledge: Knowledge,
        participants: Sequence[str],
        told: Told | None = None,
    ) -> None:
        """Hear receipts over a link that the caller opens."""
        self._told = told or Told(Telemetry())
        self._link = link
        self._store = store
        self._knowledge = knowledge
        self._participants = tuple(participants)

    async def listen(self) -> None:
        """Hear receipts for this node's participants."""
        for participant in self._participants:
            await self._link.subscribe_tail(f"mlg.1.z.*.*.rcpt.{participant}", self._heard)

    async def catch_up(self) -> None:
        """Read the receipts that the hub keeps for this node's participants."""
        for participant in self._participants:
            after = 0
            while True:
                page = await self._link.read_receipts(prefix(participant), after=after)
                for message in page.messages:
                    await self._take(message.subject, message.headers.get(MANIFEST_HEADER, ""))
                if page.next is None:
                    break
                after = page.next

    async def _heard(self, tail: TailMessage) -> None:
        headers = tail.message.headers
        begun_ns = time.time_ns()
        try:
            if await self._take(tail.message.subject, headers.get(MANIFEST_HEADER, "")):
                self._told.confirmed(headers.get(TRACE_HEADER), begun_ns)
        except MaillageError as error:
            _log.warning("a receipt isn't kept: %s", error)  # it is read again after a reconnection

    async def _take(self, subject: str, text: str) -> bool:
        """Whether it was one for this node."""
        keys = {
            kid: (known.identity.participant, key)
            for known in self._knowledge.trusted.values()
            for kid, key in known.public_keys.items()
        }
        try:
            carrier = parse_subject(subject).carrier
            receipt = read_receipt(text, keys).receipt
        except MaillageError:
            return False  # the hub's last of that subject stays; a valid one will replace it
        if receipt.receiver != carrier or receipt.owner not in self._participants:
            return False
        moment = now_us()
        row = ReceiptRow(
            receiver=receipt.receiver,
            owner=receipt.owner,
            version=receipt.version,
            jws=text,
            heads=dump(receipt.model_dump(mode="json", by_alias=True)).decode(),
            received_at=moment,
        )
        day = dt.datetime.fromtimestamp(moment / 1e6, tz=dt.UTC).date()
        await asyncio.to_thread(self._store.commit, Write(day=day, receipts=(row,)))
        return True
