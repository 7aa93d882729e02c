"""Publishing, the second half: drafts are signed and go to every hub (design, section 6).

Sequence and signature are given just before sending, after one's head was compared with the
hub's, so that a node restored from an old copy doesn't fork itself. A signed publication and
its outbox rows are one transaction; it goes up with compare-and-set on the participant's
prefix, so that no retry after any delay makes a duplicate or a gap.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from federation.author import Draft, Signed, messages, sign_draft
from federation.content import describe
from federation.errors import MaillageError, StateError
from federation.ids import prefix
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest, Sharing
from federation.message import MANIFEST_HEADER, Message, parse_part
from federation.model import Position, instant_us
from node.clock import now_us
from node.keys import KeyStore
from node.link.errors import CasConflictError, HubUnreachableError, LinkError, UnconfirmedError
from node.link.link import Link
from node.publishing import read_claims
from node.steps import step
from node.store.store import Store
from node.store.rows import DraftRow, HeadRow, PublicationRow
from schemas.model import Schema

BATCH_MAX: Final = 200
"""Publications handed to the hub in one go."""

SchemaOf = Callable[[str], Schema | None]


class Signing:
    """Turns drafts into signed publications with outbox rows for every hub."""

    def __init__(
        self, store: Store, keys: KeyStore, schema_of: SchemaOf, hubs: Sequence[str]
    ) -> None:
        """Sign with a key store for hubs by name."""
        self._store = store
        self._keys = keys
        self._schema_of = schema_of
        self._hubs = tuple(hubs)

    def sign_ready(self, participant: str) -> int:
        """Sign all drafts of a participant that wait.

        Returns:
            How many.

        Raises:
            MaillageError: A key file is missing, or the store can't write.
        """
        signer = self._keys.signer(participant)
        count = 0
        for row in self._store.own.next_drafts(participant):
            step("send.before-sign")
            draft = self._draft(row)
            head = self._store.publications.own_head(row.dataset)
            before = (
                None
                if head is None
                else Position(epoch=head.epoch, sequence=head.sequence, digest=head.digest)
            )
            moment = now_us()
            signed = sign_draft(draft, before, signer, issued_us=moment)
            self._store.own.sign_draft(
                row.id,
                _own_row(signed, draft, moment),
                self._hubs,
                _own_head(signed, draft, head, moment),
            )
            step("send.signed")
            count += 1
        return count

    def _draft(self, row: DraftRow) -> Draft:
        schema = self._schema_of(row.schema_digest)
        if schema is None:
            raise StateError(f"draft {row.id}: its schema is gone", code="draft-schema")
        blob = self._store.contents.get(row.content_digest) if row.content_digest else None
        licence, composition = read_claims(json.loads(row.claims))
        return Draft(
            publisher=row.participant,
            dataset=row.dataset,
            schema=schema,
            mode=row.mode,  # type: ignore[arg-type]  # written from a Mode
            rows=row.rows,
            period_us=None
            if row.period_start is None or row.period_end is None
            else (row.period_start, row.period_end),
            content=None if blob is None else describe(blob, row.plain_size),
            blob=blob,
            result=row.result,
            sharing=Sharing.model_validate(json.loads(row.sharing)),
            origin=row.origin,
            licence=licence,
            composition=composition,
        )


def _own_row(signed: Signed, draft: Draft, moment: int) -> PublicationRow:
    manifest = signed.manifest
    return PublicationRow(
        digest=signed.digest,
        owner=manifest.owner,
        publisher=manifest.publisher,
        dataset=manifest.dataset,
        schema_name=manifest.schema_ref.name,
        schema_digest=manifest.schema_ref.digest,
        epoch=manifest.epoch,
        sequence=manifest.sequence,
        previous=manifest.previous,
        mode=manifest.mode,
        period_start=draft.period_us[0] if draft.period_us else None,
        period_end=draft.period_us[1] if draft.period_us else None,
        rows=manifest.rows,
        issued=instant_us(manifest.issued),
        sharing=manifest.sharing.level,
        origin=manifest.origin,
        verdict="signed",
        jws=signed.jws,
        content_digest=manifest.content.digest if manifest.content else None,
        plain_size=manifest.content.plain_size if manifest.content else 0,
        received_at=moment,
        own=True,
    )


def _own_head(signed: Signed, draft: Draft, before: HeadRow | None, moment: int) -> HeadRow:
    manifest = signed.manifest
    ends = [
        end
        for end in (
            before.period_end if before else None,
            draft.period_us[1] if draft.period_us else None,
        )
        if end
    ]
    return HeadRow(
        manifest.dataset,
        manifest.epoch,
        manifest.sequence,
        signed.digest,
        manifest.schema_ref.digest,
        manifest.origin,
        (before.accepted if before else 0) + 1,
        before.refused if before else 0,
        max(ends, default=None),
        moment,
    )


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
        self.halted: dict[str, str] = {}
        self.last_error = ""
        self._wake = asyncio.Event()
        link.on_change(lambda _status: self._on_change())

    def wake(self) -> None:
        """Something is waiting."""
        self._wake.set()

    def _on_change(self) -> None:
        self._compared.clear()  # on reconnection one's place is looked up again
        self._wake.set()

    async def run(self, stop: asyncio.Event, *, pause_s: float = 1.0) -> None:
        """Send until stopped. Errors are shown in `status`, never the end."""
        while not stop.is_set():
            try:
                await self._link.ready(5.0)
                await self.push_all()
            except (HubUnreachableError, UnconfirmedError):
                self._compared.clear()
            except LinkError as error:
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
        """Send everything that waits.

        Returns:
            How many publications were stored by the hub.
        """
        sent = 0
        for participant in await asyncio.to_thread(self._with_work):
            if participant in self._participants and participant not in self.halted:
                sent += await self._push(participant)
        return sent

    async def _push(self, participant: str) -> int:
        try:
            if participant not in self._compared:
                await self._compare(participant)
            await asyncio.to_thread(self._signing.sign_ready, participant)
        except StateError as error:
            self.halted[participant] = str(error)
            return 0
        except MaillageError as error:
            if isinstance(error, LinkError):
                raise
            self.halted[participant] = str(error)
            return 0
        sent = 0
        while waiting := await asyncio.to_thread(
            self._store.own.outbox_waiting, self.hub, participant, BATCH_MAX
        ):
            outgoing: list[Message] = []
            for row in waiting:
                outgoing += await asyncio.to_thread(self._messages, row.publication)
            expected = await asyncio.to_thread(self._store.own.hub_position, self.hub, participant)
            try:
                ack = await self._link.publish(prefix(participant), outgoing, expected)
            except (CasConflictError, UnconfirmedError):
                await self._compare(participant)
                continue
            step("send.sent")
            await asyncio.to_thread(
                self._store.own.mark_sent, [row.id for row in waiting], ack.last_sequence
            )
            step("send.marked")
            sent += len(waiting)
        return sent

    def _rewind(
        self, participant: str, sequence: int, through: str | None, before: str | None
    ) -> None:
        self._store.own.rewind(self.hub, participant, sequence, through=through, before=before)

    def _own(self, digest: str) -> PublicationRow | None:
        return self._store.publications.get([digest]).get(digest)

    def _with_work(self) -> list[str]:
        own = self._store.own
        return sorted({*own.participants_waiting(self.hub), *own.participants_drafting()})

    def _messages(self, digest: str) -> list[Message]:
        row = self._store.publications.get([digest]).get(digest)
        assert row is not None
        manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
        blob = self._store.contents.get(row.content_digest) if row.content_digest else None
        return messages(manifest, digest, row.jws, blob)

    async def _compare(self, participant: str) -> None:
        """Compare one's outbox with what the hub holds last, and rewind or go forward to it.

        Raises:
            StateError: `restored`: the hub has what this node never signed, as far as it remembers.
        """
        last = await self._link.last_own(prefix(participant))
        if last is None:
            await asyncio.to_thread(self._rewind, participant, 0, None, None)
        else:
            jws = parse_compact(last.headers.get(MANIFEST_HEADER, ""), TYP)
            row = await asyncio.to_thread(self._own, jws.digest)
            if row is None or not row.own:
                raise StateError(
                    f"{participant}: the hub {self.hub} holds a publication that this node doesn't remember",
                    code="restored",
                    remedy="the data directory is older than the hub: bring back the newest backup, "
                    "or begin a new epoch",
                )
            number, total = parse_part(last.headers)
            whole = jws.digest if number == total else None
            before = None if whole else jws.digest
            await asyncio.to_thread(self._rewind, participant, last.stream_sequence, whole, before)
        self._compared.add(participant)


def describe_link(link: Link) -> dict[str, Any]:
    """How a link stands, for status."""
    status = link.status
    return {
        "connected": status.connected,
        "error": status.last_error or "",
        "since": status.since.isoformat(),
    }
