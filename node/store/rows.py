"""What goes into the store and comes out of it.

Instants are microseconds since 1970 in UTC (`…_at`, `issued`, `period_…`); digests are 64
lower-case hex digits of SHA-256; sizes are bytes. The fields of a row stand in the order of its
table's columns.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple, Self

from federation.cell import Cell, CellKey
from node.store.own_rows import DraftRow, NewDraft, OutboxRow, ParticipantRow

__all__ = [
    "CellRange",
    "Committed",
    "ContentState",
    "DocumentRow",
    "DraftRow",
    "EvidenceRow",
    "HeadRow",
    "HeldEntry",
    "HeldLimits",
    "HeldMessage",
    "NewDraft",
    "OutboxRow",
    "ParticipantRow",
    "PublicationRow",
    "ReceiptDueRow",
    "ReceiptMark",
    "ReceiptRow",
    "RefusalRow",
    "Span",
    "Verdict",
    "Write",
]

Verdict = Literal["signed", "accepted", "refused"]
"""`signed`: by a participant of this node, and not yet received back from a hub."""

ContentState = Literal["live", "erasing", "erased"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationRow:
    """A publication: what its manifest says, and what became of it.

    Attributes:
        digest: Of the manifest's signing input.
        schema_name: Name of the schema, without version.
        previous: Digest of the publication before; None for the first.
        period_start: Begin of the period, included; None for registers.
        period_end: End of the period, not included.
        issued: The publisher's own time of issue.
        reason: Code of a refusal.
        detail: The refusal in words.
        jws: The compact JWS as it was received.
        content_digest: Of a content that this store has (or had); None if it never had it.
        plain_size: Size of the content when decompressed.
        own: Signed by a participant of this node.
        void: Taken out of force by a revocation, a withdrawal or an abandoned epoch.
        position: Its number in the order of reception (or signing) in this store, given once by
            the store; 0 before. No two rows differ by it alone.
    """

    digest: str
    owner: str
    publisher: str
    dataset: str
    schema_name: str
    schema_digest: str
    epoch: int
    sequence: int
    previous: str | None
    mode: str
    period_start: int | None
    period_end: int | None
    rows: int
    issued: int
    sharing: str
    origin: str
    verdict: Verdict
    reason: str | None = None
    detail: str | None = None
    jws: str
    content_digest: str | None
    plain_size: int
    received_at: int
    own: bool = False
    void: bool = False
    position: int = field(default=0, compare=False)

    @property
    def order(self) -> tuple[int, int]:
        """What the publications of a dataset are sorted by."""
        return self.epoch, self.sequence


class Span(NamedTuple):
    """A publication without its texts: where it stands in the chain, and which period it changes.

    Attributes:
        period_start: Microseconds since 1970; None where it isn't known.
        plain_size: Bytes of its content when decompressed.
    """

    digest: str
    epoch: int
    sequence: int
    mode: str
    schema_digest: str
    content_digest: str | None
    period_start: int | None
    period_end: int | None
    plain_size: int


class HeadRow(NamedTuple):
    """How far a dataset has come. A tuple, because 350,000 of them are read at start.

    Attributes:
        dataset: Its id.
        epoch: Of the last publication decided on.
        sequence: Likewise.
        digest: Likewise.
        schema_digest: Likewise.
        origin: Likewise.
        accepted: How many publications were accepted so far.
        refused: How many were refused so far.
        period_end: The latest end of a period accepted so far; None for registers.
        updated_at: When the last publication was received (or signed, for own heads).
    """

    dataset: str
    epoch: int
    sequence: int
    digest: str
    schema_digest: str
    origin: str
    accepted: int
    refused: int
    period_end: int | None
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRange:
    """Cells of one dataset whose windows begin in [start, end), to be removed.

    Attributes:
        dataset: Its id.
        window: Kind of window.
        start: First start of a window, in seconds as in `CellKey`; 0 for `none`.
        end: End of the range, not included; 1 for `none`.
        measures: Which measures; None for all (slower: every measure of the store is sought).
        places: Which communes; None for all (slower: each window's other datasets are passed).
    """

    dataset: str
    window: str
    start: int
    end: int
    measures: tuple[str, ...] | None = None
    places: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """A message that waits for something. Made by `HeldMessage.of`.

    Attributes:
        id: Given by the store; 0 before.
        digest: SHA-256 of carrier, subject, headers and body: held twice it is held once.
        carrier: Participant under whose prefix it came.
        headers: Of the message.
        reason: Code of what is missing.
        waiting_for: The dataset or digest that is missing.
        size: Of subject, headers and body together.
    """

    id: int = 0
    digest: str
    carrier: str
    subject: str
    headers: Mapping[str, str]
    body: bytes
    reason: str
    waiting_for: str
    received_at: int
    size: int

    @classmethod
    def of(
        cls,
        *,
        carrier: str,
        subject: str,
        headers: Mapping[str, str],
        body: bytes,
        reason: str,
        waiting_for: str,
        received_at: int,
    ) -> Self:
        """The message with its digest and size."""
        told = json.dumps([carrier, subject, sorted(headers.items())]).encode()
        hashed = hashlib.sha256(len(told).to_bytes(8, "big"))
        hashed.update(told)
        hashed.update(body)
        return cls(
            digest=hashed.hexdigest(),
            carrier=carrier,
            subject=subject,
            headers=headers,
            body=body,
            reason=reason,
            waiting_for=waiting_for,
            received_at=received_at,
            size=len(told) + len(body),
        )


class HeldEntry(NamedTuple):
    """A held message without headers and body."""

    id: int
    carrier: str
    subject: str
    reason: str
    waiting_for: str
    received_at: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLimits:
    """How much may be held per carrier: messages, and bytes."""

    messages: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """What was refused, forked or broken, kept as it came.

    Attributes:
        digest: Of the signing input where there is one, else SHA-256 of the bytes.
        carrier: Participant under whose prefix it came.
        verdict: `refused`, `forked`, `transport-fault` and the like.
        jws: The exact bytes.
    """

    digest: str
    carrier: str
    verdict: str
    reason: str
    detail: str
    jws: bytes
    recorded_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document.

    Attributes:
        kind: `identity`, `charter`, `descriptor`, `schema`, `checkpoint`.
        participant: Who it is about; empty for a schema.
        body: Its bytes.
        jws: The signed envelope; empty where the document isn't signed itself (a schema).
        pinned: Trusted as a first one (an identity pinned by a charter or an invitation).
    """

    digest: str
    kind: str
    participant: str
    body: bytes
    jws: str
    pinned: bool
    received_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """The newest receipt of a receiver for an owner; `heads` is JSON, as parsed from the JWS."""

    receiver: str
    owner: str
    version: int
    jws: str
    heads: str
    received_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptMark:
    """Something changed that an owner's receipt says; urgent: a first acceptance or a refusal."""

    receiver: str
    owner: str
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptDueRow:
    """A receipt to send.

    Attributes:
        change: To be handed back to `receipt_sent`: what happens meanwhile stays due.
        urgent: To be sent at once.
        last_version: Of the last one sent; 0 if none was.
        last_sent_at: When that was.
    """

    receiver: str
    owner: str
    change: int
    urgent: bool
    last_version: int
    last_sent_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRow:
    """A refusal that is listed until the owner acknowledges it.

    Attributes:
        digest: Of the publication refused.
        dataset: Its id.
        detail: The reason in words.
    """

    digest: str
    owner: str
    dataset: str
    epoch: int
    sequence: int
    reason: str
    detail: str
    refused_at: int


_NO_LIMITS = HeldLimits(messages=0, size_bytes=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """All that a receiver stores for one batch, in one transaction.

    Within it, cells are first removed, then replaced, then merged.

    Attributes:
        day: Names the segment file that takes the contents.
        contents: As received (compressed). Those that the store has, or has erased, are not
            written again.
        publications: An accepted one is final; it is left as it is when it comes again.
        heads: As they are from now on.
        voids: Digests of publications that are void from now on.
        erasures: Digests of contents to be overwritten; those unknown are passed over.
        cells_removed: Ranges of cells.
        cells: Cells as they are from now on.
        cells_merged: Cells to be merged with those stored (or stored, where there are none).
        hold: Messages to be held.
        hold_limits: Per carrier; must be given where something is to be held.
        release: Ids of messages no longer held.
        evidence: To be kept; the same fact is kept once.
        evidence_max: Rows of evidence kept per carrier and verdict; the oldest give way.
        documents: To be stored.
        receipts: Received; older versions than the one stored are passed over.
        receipt_marks: Receipts that are due from now on.
        refusals: To be listed.
        acknowledged: Digests of publications whose refusal the owner has acknowledged.
    """

    day: date
    contents: tuple[bytes, ...] = ()
    publications: tuple[PublicationRow, ...] = ()
    heads: tuple[HeadRow, ...] = ()
    voids: tuple[str, ...] = ()
    erasures: tuple[str, ...] = ()
    cells_removed: tuple[CellRange, ...] = ()
    cells: Mapping[CellKey, Cell] = field(default_factory=dict)
    cells_merged: tuple[tuple[CellKey, Cell], ...] = ()
    hold: tuple[HeldMessage, ...] = ()
    hold_limits: HeldLimits = _NO_LIMITS
    release: tuple[int, ...] = ()
    evidence: tuple[EvidenceRow, ...] = ()
    evidence_max: int = 1_000
    documents: tuple[DocumentRow, ...] = ()
    receipts: tuple[ReceiptRow, ...] = ()
    receipt_marks: tuple[ReceiptMark, ...] = ()
    refusals: tuple[RefusalRow, ...] = ()
    acknowledged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a commit did that its caller can't know.

    Attributes:
        contents_new: Contents that were written; the others were known.
        held: For each message of `Write.hold` its id, or None where it was turned away.
        turned_away: Messages that are not held, because their carrier's limit is reached.
        evidence_dropped: Rows of evidence that gave way to newer ones.
        erasures_failed: Why contents couldn't be overwritten. They stay marked, are shown in the
            status, and are tried again with the next erasure and whenever the store is opened.
    """

    contents_new: int = 0
    held: tuple[int | None, ...] = ()
    turned_away: tuple[HeldMessage, ...] = ()
    evidence_dropped: int = 0
    erasures_failed: tuple[str, ...] = ()
