"""What a node knows of a dataset's processing, for its sheet (`federation.processing`)."""

import datetime as dt
import json
from typing import TYPE_CHECKING

from federation.errors import UnknownError
from federation.ids import parse_dataset
from federation.manifest import Sharing
from federation.processing import Body, Facts
from node.names import name_of
from schemas.model import Schema

if TYPE_CHECKING:
    from node.node import Node


def facts_of(node: "Node", dataset: str, now_us: int) -> Facts:
    """Gather what is known of one of the node's own datasets, published or not yet.

    Args:
        node: Hosts its owner.
        dataset: Its id.
        now_us: Microseconds since 1970.

    Raises:
        UnknownError: `participant`: its owner isn't hosted here; `schema`.
        MalformedError: `dataset-id`.
    """
    parsed = parse_dataset(dataset)
    if parsed.owner not in node.participants:
        raise UnknownError(
            f"{parsed.owner} isn't hosted on this node",
            code="participant",
            remedy="the sheet of a dataset is its owner's; ask the node that hosts it",
        )
    head = node.store.publications.own_head(dataset)
    schema = None if head is None else node.knowledge.schema(head.schema_digest)
    schema = schema or node.publisher.schema(parsed.schema)
    shared = _shared(node, dataset, schema)
    known = node.knowledge.charters.get(shared.charter or "")
    members = () if known is None else tuple(one for one in known.members if one != parsed.owner)
    identity = node.knowledge.identity_of(parsed.owner)
    custodian = None
    if identity is not None:
        said = identity.identity.custodian
        custodian = Body(said.participant or said.name, said.name)
    return Facts(
        dataset=dataset,
        schema=schema,
        owner=_body(node, parsed.owner),
        custodian=custodian,
        level=shared.level,
        charter=None if known is None else known.charter.title,
        members=tuple(_body(node, one) for one in members),
        received=_received(node, dataset, parsed.owner),
        origin=schema.origin if head is None else head.origin,
        made=dt.datetime.fromtimestamp(now_us // 1_000_000, tz=dt.UTC).date().isoformat(),
    )


def own_datasets(node: "Node", participant: str | None = None) -> list[str]:
    """Ids of the datasets that this node's bodies have published, ascending.

    Args:
        node: Hosts them.
        participant: Of this one only; None for all.
    """
    return [one.dataset for one in node.store.publications.own_heads(participant)]


def _shared(node: "Node", dataset: str, schema: Schema) -> Sharing:
    """As it is shared; of a new one the schema's default, the charter not yet chosen."""
    choice = node.publisher.choice
    before = None if choice is None else choice.remembered(dataset)
    return before or Sharing.model_construct(level=schema.sharing_default)


def _body(node: "Node", participant: str) -> Body:
    return Body(participant, name_of(node.knowledge, participant))


def _received(node: "Node", dataset: str, owner: str) -> tuple[tuple[Body, str], ...]:
    """Who has confirmed to hold it, by name of the id; and the day of the newest receipt."""
    found = {}
    for receipt in node.store.receipts.received(owner):
        states = json.loads(receipt.heads)["heads"]
        if any(one["dataset"] == dataset and one["accepted"] for one in states):
            moment = dt.datetime.fromtimestamp(receipt.received_at / 1_000_000, tz=dt.UTC)
            found[receipt.receiver] = moment.date().isoformat()
    return tuple((_body(node, who), day) for who, day in sorted(found.items()))
