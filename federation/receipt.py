"""Receipts: a receiver's signed state over all datasets of one owner.

One document per (receiver, owner), the last one kept at the hub. It says how far the receiver
has decided on each dataset, what it refused and why, and which withdrawn publications it has
erased. What is held is in no receipt: nothing was decided on it (design, section 6).

A receipt replaces the one before by its version. A receiver that was restored from a snapshot
reads its last receipt from the hub and counts on from there, so that a version is never used
for two states.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field, model_validator

from federation.documents import Keys, open_document, sign_document
from federation.errors import TrustError
from federation.ids import parse_dataset
from federation.jose import Signer
from federation.limits import RECEIPT_DATASETS_MAX, RECEIPT_REFUSALS_MAX, TEXT_MAX_CHARS
from federation.model import (
    Count,
    DatasetText,
    Digest,
    Instant,
    Name,
    Ordinal,
    ParticipantText,
    Position,
    WireModel,
)
from federation.reasons import REASONS, STEPS, Verdict

TYP: Final = "maillage-receipt+jws"
ERASED_MAX: Final = 500
"""Erasures listed in one receipt, some 35 KiB; once acknowledged they are left out."""


class DatasetState(WireModel):
    """How far a receiver has decided on one dataset.

    Attributes:
        dataset: Dataset id.
        head: The last publication decided on, accepted or refused.
        accepted: How many were accepted so far.
        refused: How many were refused so far.
    """

    dataset: DatasetText
    head: Position
    accepted: Count
    refused: Count


class RefusalNote(WireModel):
    """One refused publication.

    Attributes:
        dataset: Dataset id.
        epoch: Its place.
        sequence: Its place.
        digest: Of the publication.
        step: Number of the verification step that found the fault.
        reason: Code of `federation.reasons`; one of a later release of the same wire is taken.
        detail: What exactly, for people; at most 300 characters, may quote hostile input.
    """

    dataset: DatasetText
    epoch: Ordinal
    sequence: Ordinal
    digest: Digest
    step: Annotated[int, Field(ge=min(STEPS), le=max(STEPS))]
    reason: Name
    detail: Annotated[str, Field(max_length=TEXT_MAX_CHARS)] = ""

    @model_validator(mode="after")
    def _agrees(self) -> "RefusalNote":
        known = REASONS.get(self.reason)
        if known is not None and known.verdict is not Verdict.REFUSED:
            raise ValueError(f"reason: {self.reason} is no refusal of the owner's")
        if known is not None and known.step != self.step:
            raise ValueError(f"step: {self.reason} is found by step {known.step}")
        return self


class Receipt(WireModel):
    """Payload of a receipt.

    Attributes:
        receiver: Whose state this is.
        owner: Whose datasets.
        version: Counts up per receiver and owner.
        issued: The receiver's clock; warns, never decides.
        heads: Sorted by dataset, each once.
        refusals: Those that the owner hasn't acknowledged, each once, in the receiver's order.
        refused_total: How many that are, listed or not.
        erased: Digests of withdrawn publications whose content is erased here, sorted.
    """

    receiver: ParticipantText
    owner: ParticipantText
    version: Ordinal
    issued: Instant
    heads: Annotated[tuple[DatasetState, ...], Field(strict=False, max_length=RECEIPT_DATASETS_MAX)]
    refusals: Annotated[
        tuple[RefusalNote, ...], Field(strict=False, max_length=RECEIPT_REFUSALS_MAX)
    ] = ()
    refused_total: Count = 0
    erased: Annotated[tuple[Digest, ...], Field(strict=False, max_length=ERASED_MAX)] = ()

    @model_validator(mode="after")
    def _agrees(self) -> "Receipt":
        datasets = [state.dataset for state in self.heads]
        if datasets != sorted(set(datasets)):
            raise ValueError("heads: sorted by dataset, each once")
        if len({note.digest for note in self.refusals}) != len(self.refusals):
            raise ValueError("refusals: each publication once")
        named = {*datasets, *(note.dataset for note in self.refusals)}
        if any(parse_dataset(dataset).owner != self.owner for dataset in named):
            raise ValueError("datasets: the owner's only")
        if self.refused_total < len(self.refusals):
            raise ValueError("refusedTotal: fewer than are listed")
        if list(self.erased) != sorted(set(self.erased)):
            raise ValueError("erased: sorted, each once")
        return self


@dataclass(frozen=True)
class KnownReceipt:
    """A receipt whose signature holds. Only `read_receipt` makes one.

    Attributes:
        receipt: Payload.
        kid: Thumbprint of the key that signed.
        digest: Of the document.
        text: As received.
    """

    receipt: Receipt
    kid: str
    digest: str
    text: str

    @cached_property
    def heads(self) -> Mapping[str, DatasetState]:
        """States by dataset."""
        return {state.dataset: state for state in self.receipt.heads}

    def replaces(self, known: Receipt | None) -> bool:
        """Whether this is a later state than the one known.

        Args:
            known: What is known of the same receiver and owner; None for nothing yet.
        """
        new = self.receipt
        return known is None or (
            (new.receiver, new.owner) == (known.receiver, known.owner)
            and new.version > known.version
        )

    def covers(self, dataset: str, position: Position) -> bool:
        """Whether the receiver has decided on this publication or on a later one of its dataset.

        At the head itself the digests must agree: a head on another branch covers nothing there.
        """
        state = self.heads.get(dataset)
        if state is None or position.order > state.head.order:
            return False
        return position.order < state.head.order or position.digest == state.head.digest


def issue_receipt(signer: Signer, receipt: Receipt) -> str:
    """Sign a receipt.

    Args:
        signer: A key of the receiver's.
        receipt: Payload.

    Returns:
        Compact JWS.

    Raises:
        LimitError: `document-size`.
    """
    return sign_document(
        signer, TYP, receipt.write(), remedy="list fewer refusals and erasures; the total tells"
    )


def read_receipt(text: str, keys: Keys) -> KnownReceipt:
    """Verify a receipt.

    Args:
        text: Compact JWS.
        keys: Thumbprint to (participant, key), keys in force only.

    Raises:
        MalformedError: `size`, `jws-form`, `base64url`, `jws-header`, `wire-version-unsupported`,
            `json…`; or `document`: what was signed is not a receipt.
        UnknownError: `key-unknown`.
        TrustError: `signature`; `receipt-receiver`: another than the receiver named signed.
    """
    participant, jws = open_document(text, TYP, keys)
    receipt = Receipt.read(jws.payload)
    if receipt.receiver != participant:
        raise TrustError(
            f"{participant} signed a receipt of {receipt.receiver}", code="receipt-receiver"
        )
    return KnownReceipt(receipt, jws.kid, jws.digest, text)
