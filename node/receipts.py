"""Receipts: signed for owners by the receivers of this node, and taken in for its own datasets."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Final

from federation.errors import MaillageError
from federation.ids import parse_subject, prefix, rcpt_subject
from federation.limits import RECEIPT_DATASETS_MAX, RECEIPT_REFUSALS_MAX
from federation.message import MANIFEST_HEADER
from federation.model import Position, instant_text
from federation.reasons import REASONS
from federation.receipt import DatasetState, Receipt, RefusalNote, issue_receipt, read_receipt
from federation.strict import dump
from node.keys import KeyStore
from node.knowledge import Knowledge
from node.link.errors import LinkError
from node.link.link import Link, TailMessage
from node.clock import now_us
from node.steps import step
from node.store.store import Store
from node.store.rows import ReceiptDueRow, ReceiptRow, Write

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


class Receipts:
    """The receipts of one hub, both ways."""

    def __init__(
        self,
        link: Link,
        store: Store,
        keys: KeyStore,
        knowledge: Knowledge,
        participants: Sequence[str],
    ) -> None:
        """Exchange receipts over a link that the caller opens."""
        self._link = link
        self._store = store
        self._keys = keys
        self._knowledge = knowledge
        self._participants = tuple(participants)

    async def send_due(self, interval_s: float) -> int:
        """Send the receipts that are due: urgent ones now, others after the interval.

        Returns:
            How many.
        """
        sent = 0
        moment = now_us()
        for due in await asyncio.to_thread(self._store.receipts.due):
            waited = due.last_sent_at is None or moment - due.last_sent_at >= interval_s * 1e6
            if not (due.urgent or waited):
                continue
            receipt = await asyncio.to_thread(build_receipt, self._store, due, moment)
            text = issue_receipt(self._keys.signer(due.receiver), receipt)
            step("receipt.before-send")
            await self._link.publish_document(
                rcpt_subject(due.receiver, due.owner), {**HEADERS, MANIFEST_HEADER: text}, b""
            )
            await asyncio.to_thread(self._sent, due, receipt.version, moment)
            step("receipt.sent")
            sent += 1
        return sent

    def _sent(self, due: ReceiptDueRow, version: int, moment: int) -> None:
        self._store.receipts.sent(due, version=version, sent_at=moment)

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
        try:
            await self._take(tail.message.subject, tail.message.headers.get(MANIFEST_HEADER, ""))
        except LinkError:
            return

    async def _take(self, subject: str, text: str) -> None:
        keys = {
            kid: (known.identity.participant, key)
            for known in self._knowledge.trusted.values()
            for kid, key in known.public_keys.items()
        }
        try:
            carrier = parse_subject(subject).carrier
            receipt = read_receipt(text, keys).receipt
        except MaillageError:
            return  # the hub's last of that subject stays; a valid one will replace it
        if receipt.receiver != carrier or receipt.owner not in self._participants:
            return
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
