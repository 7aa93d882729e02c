"""One publication told in full: every numbered step, the content, who has confirmed it."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from federation.bundle import Bundle
from federation.errors import UnknownError
from federation.inspect import inspect
from federation.inspection import Step
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest
from federation.model import Position
from node.knowledge import Knowledge
from node.store.errors import StoreError
from node.store.reports import Explanation
from node.store.rows import PublicationRow, ReceiptRow
from node.store.store import Store

CHAIN_STEP: Final = 12


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a receiver's newest receipt says of a publication's dataset.

    Attributes:
        receiver: Who.
        received_at: When the receipt came; microseconds since 1970.
        head: How far the receiver is; None if its receipt doesn't name the dataset.
        holds: It has decided on this publication.
    """

    receiver: str
    received_at: int
    head: Position | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A publication in full.

    Attributes:
        row: As stored.
        manifest: What was signed.
        steps: The verification steps, in order, looked at now with this node's knowledge.
        explanation: What the store knows besides.
        confirmed: By receiver.
    """

    row: PublicationRow
    manifest: Manifest
    steps: tuple[Step, ...]
    explanation: Explanation
    confirmed: tuple[Confirmed, ...]


def tell(store: Store, knowledge: Knowledge, digest: str) -> Told:
    """Everything about one publication.

    Raises:
        UnknownError: `publication`: it isn't here.
    """
    found = store.explain(digest)
    row = found.publication
    if row is None:
        raise unknown_publication(digest)
    manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
    return Told(
        row,
        manifest,
        _steps(store, knowledge, row, manifest),
        found,
        tuple(_confirmed(row, receipt) for receipt in found.receipts),
    )


def unknown_publication(digest: str) -> UnknownError:
    """The error for a digest of which there is nothing here."""
    return UnknownError(
        f"no publication {digest[:64]} is held here",
        code="publication",
        remedy="/api/v1/publications lists what is",
    )


def _steps(
    store: Store, knowledge: Knowledge, row: PublicationRow, manifest: Manifest
) -> tuple[Step, ...]:
    contents: dict[str, bytes] = {}
    if manifest.content is not None and row.content_digest is not None:
        with contextlib.suppress(StoreError):  # erased or damaged: step 11 says that it is missing
            contents[manifest.content.digest] = store.contents.get(row.content_digest)
    bundle = Bundle(publications=(row.jws,), contents=contents)
    steps = inspect(bundle, knowledge.catalogue, known=knowledge).publications[0].steps
    return tuple(_at_reception(step, row, store) for step in steps)


def _at_reception(step: Step, row: PublicationRow, store: Store) -> Step:
    """A publication looked at alone lacks its predecessors, which are in the store."""
    before = row.previous
    if step.number == CHAIN_STEP and step.code == "predecessor-missing" and before is not None:
        if before in store.publications.known([before]):
            return replace(step, state="holds", found=f"{row.epoch}/{row.sequence}", code=None)
    elif step.state == "open" and row.verdict == "accepted":
        return replace(step, state="holds")  # it was decided on with what was here then
    return step


def _confirmed(row: PublicationRow, receipt: ReceiptRow) -> Confirmed:
    heads: list[Mapping[str, Any]] = json.loads(receipt.heads)["heads"]
    found = next((one["head"] for one in heads if one["dataset"] == row.dataset), None)
    head = None if found is None else Position.model_validate(found)
    holds = head is not None and (
        row.order < head.order or (row.order == head.order and row.digest == head.digest)
    )
    return Confirmed(receipt.receiver, receipt.received_at, head, holds)
