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

TOUCHED: Final = "documents-touched"
"""Setting of the store: when another process last put a document there."""

Brings = Callable[[DocumentRow], bool]
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
            return knowledge.learn_schema(body, pin=pin)
    except (MaillageError, SchemaFault):
        return []
    return []


def restore(knowledge: Knowledge, store: Store) -> None:
    """Learn everything that the store holds."""
    for kind in KINDS:
        for row in store.documents.of(kind):
            learn(knowledge, kind, row.body, pin=row.pinned)


def refresh(knowledge: Knowledge, store: Store) -> list[str]:
    """Learn what another process has put into the store: charters accepted, ended, schemas added.

    Returns:
        What became known.
    """
    learned: list[str] = []
    for row in store.documents.of("identity"):
        if not knowledge.has_identity(row.digest):
            learned += learn(knowledge, "identity", row.body, pin=row.pinned)
        elif row.pinned and knowledge.identity_of(row.participant) is None:
            learned += knowledge.pin(row.digest)
    for row in store.documents.of("charter", pinned=True):
        if not knowledge.knows_charter(row.digest):
            learned += learn(knowledge, "charter", row.body, pin=True)
    added = {schema.digest for schema in knowledge.catalogue.own}
    for row in store.documents.of("schema", pinned=True):
        if row.digest not in added:
            learned += learn(knowledge, "schema", row.body, pin=True)
    for row in store.documents.of("charter-end"):
        learned += learn(knowledge, "charter-end", row.body)
    return learned


def touch(store: Store) -> None:
    """Tell a running node that this process has put documents into its store."""
    store.settings.set(TOUCHED, str(now_us()))


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
        brings: Brings = lambda _row: True,
        speakers: Sequence[str] = (),
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
            brings: Whether a document of this node goes to this hub.
            speakers: Of its participants those that appear there; all unless said.
        """
        self._link = link
        self._store = store
        self._knowledge = knowledge
        self._participants = tuple(participants)
        self._learned = learned
        self._carrier = carrier
        self._brings = brings
        self._speakers = frozenset(speakers or participants)
        self._asker = (*speakers, *participants)[0]
        self.stale = False
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
        if version == self._version and not self.stale:
            return
        self.stale = False
        hosted = set(self._participants)
        for kind in KINDS:
            for row in await asyncio.to_thread(self._store.documents.of, kind):
                # a schema that was added here may have come from another member
                own = row.participant in hosted or (kind == "schema" and row.pinned)
                if row.digest in self._brought or not (own or self._carrier):
                    continue
                if not await asyncio.to_thread(self._brings, row):
                    continue
                bringer = row.participant if row.participant in self._speakers else self._asker
                subject = _subject(row, bringer if own else self._carrier, own=own)
                await self._link.publish_document(subject, HEADERS, row.body)
                self._brought.add(row.digest)
        self._version = version

    async def listen(self) -> None:
        """Hear new documents as they come."""
        await self._link.subscribe_tail("mlg.1.z.*.*.doc.>", self._heard)

    async def catch_up(self) -> None:
        """Read all documents that the hub keeps."""
        asker = prefix(self._asker)
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
        found = await self._link.read_document(prefix(self._asker), digest)
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
