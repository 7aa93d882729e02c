"""Checkpoints: a dataset's state in one signed document, a valid start of its chain.

An owner signs where its dataset stands: the head, the publications whose content still counts,
and what is void. A newcomer starts there in place of the very first publication, and what came
before may be pruned. A checkpoint names every live content; an owner with more of them than fit
publishes longer periods in one piece first (a year of days as twelve months).

How a receiver starts, in this order:

1. The checkpoint is read by `read_checkpoint`: signed by the owner's key in force.
2. `start_from` compares it with the receiver's own head, if it has one, and gives the new head.
3. The publications that it names are fetched by digest; each passes the numbered verification
   except for step 12, where `KnownCheckpoint.history` says its place. Applied in their order they
   make the state; a register's table then has the digest `result`.
4. What a receiver holds of the dataset and the checkpoint doesn't name is no longer part of it.
5. From the head on the chain goes on as ever. At or below the head everything is decided: what
   `KnownCheckpoint.settles` is dropped as seen before, and is no fork.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field, model_validator

from federation.chain import Head
from federation.descriptor import require_owner
from federation.documents import Keys, open_document, sign_document
from federation.errors import StateError
from federation.jose import Signer
from federation.manifest import Period
from federation.model import (
    Count,
    DatasetText,
    Digest,
    Instant,
    Ordinal,
    ParticipantText,
    Position,
    WireModel,
)

TYP: Final = "maillage-checkpoint+jws"
CONTENTS_MAX: Final = 1_300
"""Live contents of one checkpoint: at 270 bytes each, what fits into one document."""

VOIDS_MAX: Final = 100
"""Epochs left behind. A restore is rare; each takes 30 bytes."""


class LiveContent(WireModel):
    """A publication whose content still counts.

    Attributes:
        epoch: Its place.
        sequence: Its place: they are replayed in this order.
        digest: Of the publication; its manifest is fetched by it.
        content: Digest of the content.
        period: As in the manifest; registers have none.
    """

    epoch: Ordinal
    sequence: Ordinal
    digest: Digest
    content: Digest
    period: Period | None = None

    @property
    def order(self) -> tuple[int, int]:
        """What they are sorted by."""
        return self.epoch, self.sequence


class Void(WireModel):
    """What is void of an epoch that was given up.

    Attributes:
        epoch: The epoch.
        after: Its last good sequence; what follows is void. 0: nothing of it counts.
    """

    epoch: Ordinal
    after: Count


class Checkpoint(WireModel):
    """Payload of a checkpoint.

    Attributes:
        dataset: Dataset id.
        publisher: Who signs.
        head: The dataset's last publication, of any mode.
        contents: Live ones, in order.
        voids: One per epoch before the head's, in order.
        result: Digest of a register's canonical table at the head; absent for series, and for a
            register that is withdrawn as a whole.
        issued: The publisher's clock; warns, never decides.
    """

    dataset: DatasetText
    publisher: ParticipantText
    head: Position
    contents: Annotated[tuple[LiveContent, ...], Field(strict=False, max_length=CONTENTS_MAX)]
    voids: Annotated[tuple[Void, ...], Field(strict=False, max_length=VOIDS_MAX)] = ()
    result: Digest | None = None
    issued: Instant

    @model_validator(mode="after")
    def _agrees(self) -> "Checkpoint":
        epochs = [void.epoch for void in self.voids]
        if len(epochs) != self.head.epoch - 1 or epochs != list(range(1, self.head.epoch)):
            raise ValueError("voids: one per epoch before the head's, in order")
        orders = [live.order for live in self.contents]
        if orders != sorted(set(orders)):
            raise ValueError("contents: in order, each place once")
        if len({live.digest for live in self.contents}) != len(orders):
            raise ValueError("contents: each publication once")
        last_good = {void.epoch: void.after for void in self.voids}
        last_good[self.head.epoch] = self.head.sequence
        if any(sequence > last_good.get(epoch, 0) for epoch, sequence in orders):
            raise ValueError("contents: one is void, or lies beyond the head")
        at_head = [live.digest for live in self.contents if live.order == self.head.order]
        if at_head not in ([], [self.head.digest]):
            raise ValueError("contents: another publication than the head in its place")
        if self.result is not None and any(live.period is not None for live in self.contents):
            raise ValueError("result: for registers, and those have no periods")
        if self.result is not None and not self.contents:
            raise ValueError("result: a table comes from at least one content")
        return self


@dataclass(frozen=True)
class KnownCheckpoint:
    """A checkpoint whose signature holds. Only `read_checkpoint` makes one.

    Attributes:
        checkpoint: Payload.
        kid: Thumbprint of the key that signed.
        digest: Of the document.
        text: As received.
    """

    checkpoint: Checkpoint
    kid: str
    digest: str
    text: str

    @cached_property
    def history(self) -> Mapping[str, Position]:
        """Where the publications that it names stand, by digest; the head is one of them."""
        found = {
            live.digest: Position(epoch=live.epoch, sequence=live.sequence, digest=live.digest)
            for live in self.checkpoint.contents
        }
        return {**found, self.checkpoint.head.digest: self.checkpoint.head}

    def settles(self, order: tuple[int, int]) -> bool:
        """Whether a place (epoch, sequence) is decided by the checkpoint: at or below its head."""
        return order <= self.checkpoint.head.order

    def voids(self, order: tuple[int, int]) -> bool:
        """Whether what stands at a place (epoch, sequence) is void."""
        return any(
            order[0] == void.epoch and order[1] > void.after for void in self.checkpoint.voids
        )


def issue_checkpoint(signer: Signer, checkpoint: Checkpoint) -> str:
    """Sign a checkpoint as a compact JWS.

    Raises:
        LimitError: `document-size`.
    """
    return sign_document(
        signer, TYP, checkpoint.write(), remedy="publish longer periods in one piece first"
    )


def read_checkpoint(text: str, keys: Keys) -> KnownCheckpoint:
    """Verify a checkpoint.

    Args:
        text: Compact JWS.
        keys: Thumbprint to (participant, key), keys in force only: a revoked key starts nothing.

    Raises:
        MalformedError: `size`, `jws-form`, `base64url`, `jws-header`, `wire-version-unsupported`,
            `json…`; or `document`: what was signed is not a checkpoint.
        UnknownError: `key-unknown`.
        TrustError: `signature`; `publisher-mismatch`: another than the publisher named signed;
            `publisher-not-owner`: only the owner says where its dataset starts.
    """
    participant, jws = open_document(text, TYP, keys)
    checkpoint = Checkpoint.read(jws.payload)
    require_owner(participant, checkpoint.publisher, checkpoint.dataset)
    return KnownCheckpoint(checkpoint, jws.kid, jws.digest, text)


def start_from(known: KnownCheckpoint, held: Head | None = None) -> Head:
    """The head with which a receiver goes on after a checkpoint.

    1. A receiver that holds nothing of the dataset starts at the checkpoint's head; it has decided
       on nothing, so it has counted nothing.
    2. One whose head lies before the checkpoint's moves on to it and keeps its counts: what lies
       between was pruned. Its head may be void, or no longer live.
    3. One that stands at the checkpoint's head stays.
    4. One that is further on, in the same epoch or in a later one, stays: a checkpoint never
       takes back what came after it.

    Args:
        known: Verified.
        held: The receiver's own head of the same dataset.

    Raises:
        StateError: `fork`: the receiver decided on another publication in a place that the
            checkpoint names. Keep both as evidence and show them; the owner says which one holds.
    """
    head = known.checkpoint.head
    if held is None:
        return Head(head.epoch, head.sequence, head.digest)
    named = {position.order: digest for digest, position in known.history.items()}
    if named.get(held.order, held.digest) != held.digest:
        raise StateError(
            f"{known.checkpoint.dataset}: at {held.epoch}/{held.sequence} the checkpoint has "
            f"another publication than was received",
            code="fork",
            remedy="the owner says which one holds",
        )
    if held.order >= head.order:
        return held
    return Head(head.epoch, head.sequence, head.digest, held.accepted, held.refused)
