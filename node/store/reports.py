"""What the store tells people about itself. Units as in `node.store.rows`."""

from collections.abc import Mapping
from dataclasses import dataclass

from node.store.rows import (
    ContentState,
    DraftRow,
    EvidenceRow,
    HeadRow,
    OutboxRow,
    PublicationRow,
    ReceiptRow,
    RefusalRow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCount:
    """What waits for one hub, of one participant; `last_error` is that of the oldest waiting."""

    hub: str
    participant: str
    waiting: int
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Since when something waits; instants in µs.

    Attributes:
        oldest: When the oldest publication was signed that is to be sent, by hub.
        last_receipt: When the last receipt came; None without one.
    """

    oldest: Mapping[str, int]
    last_receipt: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Counts for people.

    Attributes:
        participants: Hosted here.
        datasets: Received here.
        verdicts: Publications per verdict; `signed` are own ones not yet received back.
        last_received: When the last publication of each dataset came.
        drafts_ready: Per participant, drafts that wait for their signature.
        outbox: What waits for hubs.
        held: Per carrier, messages and bytes held.
        evidence: Rows of evidence per verdict.
        refusals_listed: Refusals that owners haven't acknowledged.
        receipts_due: Receipts to send.
        erasures_pending: Contents to be overwritten still.
    """

    participants: int
    datasets: int
    verdicts: Mapping[str, int]
    last_received: Mapping[str, int]
    drafts_ready: Mapping[str, int]
    outbox: tuple[OutboxCount, ...]
    held: Mapping[str, tuple[int, int]]
    evidence: Mapping[str, int]
    refusals_listed: int
    receipts_due: int
    erasures_pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything known of one publication.

    Attributes:
        publication: None if only evidence or a refusal of it is kept.
        content_state: `live`, `erasing` or `erased`; None if its content was never here.
        head: The dataset's head as received.
        own_head: The dataset's head as signed here.
        rivals: Other publications at the same place of the dataset.
        draft: What it was made from.
        outbox: On which way to which hub.
        evidence: Kept of it.
        refusal: While it is listed.
        receipts: For its owner, of all receivers.
    """

    publication: PublicationRow | None
    content_state: ContentState | None
    head: HeadRow | None
    own_head: HeadRow | None
    rivals: tuple[PublicationRow, ...]
    draft: DraftRow | None
    outbox: tuple[OutboxRow, ...]
    evidence: tuple[EvidenceRow, ...]
    refusal: RefusalRow | None
    receipts: tuple[ReceiptRow, ...]
