"""Documents over the hub: bring one's own, learn those of others.

Identities, charters and schemas go to `doc.<kind>` subjects, where the hub keeps the last one
of each. What is learned is stored, so that a restarted node knows it without the hub.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Sequence
from typing import Final

from federation.charter import TYP as CHARTER_TYP
from federation.charter_end import TYP as END_TYP
from federation.charter_end import peek
from federation.errors import MaillageError
from federation.identity import TYP as IDENTITY_TYP
from federation.identity import first_identity
from federation.ids import doc_subject, parse_subject, prefix
from federation.jose import Typ, parse_general
from federation.limits import DOCUMENT_MAX_BYTES
from federation.strict import sha256_hex
from node.clock import now_us
from node.knowledge import Knowledge, SchemaFault
from node.link.link import Link, TailMessage
from node.store.rows import DocumentRow, Write
from node.store.store import Store

_log = logging.getLogger(__name__)

KINDS: Final = ("identity", "charter", "schema", "charter-end")
HEADERS: Final = {"ce-specversion": "1.0", "ce-type": "org.maillage.document.v1"}

_TYPS: Final[dict[str, Typ]] = {
    "identity": IDENTITY_TYP,
    "charter": CHARTER_TYP,
    "charter-end": END_TYP,
}

Learned = Callable[[list[str]], None]
"""Called with the digests and thumbprints that became known."""


def digest_of(kind: str, body: bytes) -> str:
    """A document's digest: of the payload that was signed; of the bytes for a schema.

    Raises:
        MalformedError: It isn't of that kind.
    """
    if kind == "schema":
        return sha256_hex(body)
    return parse_general(body, _TYPS[kind], max_bytes=64 * DOCUMENT_MAX_BYTES).digest


def learn(knowledge: Knowledge, kind: str, body: bytes, *, pin: bool = False) -> list[str]:
    """Take a document in.

    Returns:
        What became known; empty for what isn't worth keeping.
    """
    try:
        if kind == "identity":
            return knowledge.learn_identity(body, pin=pin)
        if kind == "charter":
            digest = digest_of(kind, body)
            pinned = knowledge.pin_charter(digest) if pin else []
            return pinned + knowledge.learn_charter(body, digest)
        if kind == "charter-end":
            return knowledge.learn_end(body)
        if kind == "schema":
            return knowledge.learn_schema(body)
    except (MaillageError, SchemaFault):
        return []
    return []


def restore(knowledge: Knowledge, store: Store) -> None:
    """Learn everything that the store holds."""
    for kind in KINDS:
        for row in store.documents.of(kind):
            learn(knowledge, kind, row.body, pin=row.pinned)


def keep(store: Store, kind: str, participant: str, body: bytes, *, pinned: bool) -> str:
    """Store a document.

    Returns:
        Its digest.
    """
    moment = now_us()
    row = DocumentRow(
        digest=digest_of(kind, body),
        kind=kind,
        participant=participant,
        body=body,
        jws="",
        pinned=pinned,
        received_at=moment,
    )
    store.commit(
        Write(day=dt.datetime.fromtimestamp(moment / 1e6, tz=dt.UTC).date(), documents=(row,))
    )
    return row.digest


class Documents:
    """The documents of one hub."""

    def __init__(
        self,
        link: Link,
        store: Store,
        knowledge: Knowledge,
        participants: Sequence[str],
        learned: Learned,
        *,
        carrier: str = "",
    ) -> None:
        """Exchange documents over a link that the caller opens.

        Args:
            link: To the hub.
            store: Keeps what is learned.
            knowledge: Takes it in.
            participants: Of this node.
            learned: Told what became known.
            carrier: Participant of this node under whose prefix the documents of others are
                brought too, where the node passes on between hubs; empty for none.
        """
        self._link = link
        self._store = store
        self._knowledge = knowledge
        self._participants = tuple(participants)
        self._learned = learned
        self._carrier = carrier
        self._brought: set[str] = set()
        self._version = -1

    async def bring(self) -> None:
        """Publish this node's identities, charters and schemas, and for a carrier all others'.

        Raises:
            MaillageError: Of the link or the store; call it again.
        """
        self._brought.clear()
        self._version = -1
        await self.bring_new()

    async def bring_new(self) -> None:
        """Publish what became known since the last time; raises like `bring`."""
        version = self._knowledge.version
        if version == self._version:
            return
        hosted = set(self._participants)
        for kind in KINDS:
            for row in await asyncio.to_thread(self._store.documents.of, kind):
                own = row.participant in hosted
                if row.digest in self._brought or not (own or self._carrier):
                    continue
                subject = _subject(row, row.participant if own else self._carrier, own=own)
                await self._link.publish_document(subject, HEADERS, row.body)
                self._brought.add(row.digest)
        self._version = version

    async def listen(self) -> None:
        """Hear new documents as they come."""
        await self._link.subscribe_tail("mlg.1.z.*.*.doc.>", self._heard)

    async def catch_up(self) -> None:
        """Read all documents that the hub keeps."""
        asker = prefix(self._participants[0])
        for kind in ("identity", *(f"{kind}.*" for kind in KINDS)):
            pattern = f"mlg.1.z.*.*.doc.{kind}"
            after = 0
            while True:
                page = await self._link.read_documents(asker, pattern, after=after)
                for message in page.messages:
                    await self._take(message.subject, message.body)
                if page.next is None:
                    break
                after = page.next

    async def fetch(self, digest: str) -> None:
        """Ask the hub for one document by digest."""
        found = await self._link.read_document(prefix(self._participants[0]), digest)
        if found is not None:
            await self._take(found.subject, found.body)

    async def _heard(self, tail: TailMessage) -> None:
        await self._take(tail.message.subject, tail.message.body)

    async def _take(self, subject: str, body: bytes) -> None:
        try:
            parsed = parse_subject(subject)
        except MaillageError:
            return
        kind = parsed.rest[0]
        if kind not in KINDS:
            return
        names = await asyncio.to_thread(learn, self._knowledge, kind, body)
        if names or kind == "charter":
            try:
                about = _about(kind, parsed.carrier, body)
                await asyncio.to_thread(keep, self._store, kind, about, body, pinned=False)
            except MaillageError as error:
                _log.warning("%s isn't kept: %s", subject, error)
                return
        if names:
            self._learned(names)


def _subject(row: DocumentRow, carrier: str, *, own: bool) -> str:
    if row.kind == "identity":  # a carrier's own identity has the subject without a digest
        return doc_subject(carrier, row.kind, *(() if own else (row.digest[:32],)))
    short = row.kind in ("charter", "charter-end")
    return doc_subject(carrier, row.kind, row.digest[:32] if short else row.digest)


def _about(kind: str, carrier: str, body: bytes) -> str:
    """Whose document it is: an identity says so itself, whoever brought it."""
    if kind == "charter-end":
        return peek(body)[0].member
    return first_identity(body).identity.participant if kind == "identity" else carrier
