"""Rows of the own side: what participants of this node publish. Units as in `node.store.rows`."""

from dataclasses import dataclass
from typing import Literal

DraftState = Literal["ready", "signed"]
OutboxState = Literal["waiting", "sent", "abandoned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantRow:
    """A participant that this node hosts."""

    id: str
    name: str
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDraft:
    """Validated rows to be published.

    Attributes:
        plain_size: Size of the content when decompressed; 0 without one.
        result: Digest of the canonical table after a `snapshot` or `delta`.
        source: Where the rows came from, for people (a file's name).
        claims: What else the manifest will say, as JSON: licence, and a composition's claim.
    """

    participant: str
    dataset: str
    schema_digest: str
    mode: str
    plain_size: int
    rows: int
    period_start: int | None
    period_end: int | None
    result: str | None
    sharing: str
    origin: str
    issued_at: int
    source: str
    claims: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """A draft as it is stored; `publication` is the digest that it got when it was signed."""

    id: int
    participant: str
    dataset: str
    schema_digest: str
    mode: str
    content_digest: str | None
    plain_size: int
    rows: int
    period_start: int | None
    period_end: int | None
    result: str | None
    sharing: str
    origin: str
    issued_at: int
    source: str
    claims: str
    state: DraftState
    publication: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A publication on its way to a hub; `attempts` counts those that failed."""

    id: int
    hub: str
    participant: str
    publication: str
    state: OutboxState
    stream_sequence: int | None
    attempts: int
    last_error: str | None
