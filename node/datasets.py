"""The datasets that a node holds: received ones and its own, how far, and who may see them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from federation.errors import UnknownError
from federation.ids import parse_dataset
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest
from node.knowledge import Knowledge
from node.names import bodies_of, custodian_of, name_of
from node.store.rows import HeadRow, PublicationRow
from node.store.store import Store
from schemas.model import Schema
from schemas.territory import Territory

LICENCES_KEPT: Final = 65_536
"""Licences kept by the digest of the publication that says them; 200 bytes each."""

_LICENCES: Final[dict[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset as it stands here.

    Attributes:
        head: The last publication, of what was received and what was signed here.
        own: Signed on this node.
        state: Changes with whatever was received or signed of it.
        schema: None where it isn't known here.
        sharing: The strictest level of all its publications in force.
        licence: As the last publication says; None where that isn't held.
        owner_name: Of the body.
        custodian: Who operates the owner's key; None where its identity isn't known.
        rows: How many there are, where the last publication says so (a snapshot); else None.
    """

    head: HeadRow
    own: bool
    state: str
    schema: Schema | None
    sharing: str
    licence: str | None
    owner_name: str
    custodian: str | None
    rows: int | None

    @property
    def id(self) -> str:
        """Its id."""
        return self.head.dataset

    @property
    def owner(self) -> str:
        """Whose it is."""
        return parse_dataset(self.head.dataset).owner

    @property
    def open(self) -> bool:
        """Whether everybody may have it."""
        return self.sharing == "open"


def datasets(
    store: Store,
    knowledge: Knowledge,
    *,
    ground: Territory | None = None,
    schema: str | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[Dataset]:
    """The datasets held, in the order of their ids.

    Args:
        store: Of the node.
        knowledge: Of the node.
        ground: Only those whose owner lies in this territory, or is it.
        schema: Only those of the schema with this name.
        after: Only those behind this id.
        limit: So many at most.
    """
    heads = _heads(store, None)
    bodies = None if ground is None else bodies_of(ground)
    chosen: list[_Heads] = []
    for name in sorted(heads):
        if name <= after:
            continue
        parsed = parse_dataset(name)
        if schema not in (None, parsed.schema) or (
            bodies is not None and parsed.owner not in bodies
        ):
            continue
        chosen.append(heads[name])
        if limit is not None and len(chosen) == limit:
            break
    return list(_described(store, knowledge, chosen, store.publications.guarded()))


def dataset(store: Store, knowledge: Knowledge, name: str) -> Dataset:
    """One dataset.

    Raises:
        UnknownError: `dataset`: nothing of it is held here.
        MalformedError: It is no id of a dataset.
    """
    found = _heads(store, parse_dataset(name).owner).get(name)
    if found is None:
        raise UnknownError(
            f"nothing of {name} is held here",
            code="dataset",
            remedy="/api/v1/datasets and maillage status list what is",
        )
    guarded = store.publications.guarded(dataset=name)
    return next(_described(store, knowledge, [found], guarded))


@dataclass(frozen=True, slots=True)
class _Heads:
    """How far a dataset was received, and how far it was signed here."""

    received: HeadRow | None
    own: HeadRow | None

    @property
    def last(self) -> HeadRow:
        """The further of the two; of equals the received one."""
        both = [row for row in (self.received, self.own) if row is not None]
        return max(both, key=lambda row: (row.epoch, row.sequence))

    @property
    def state(self) -> str:
        return "-".join("" if row is None else row.digest[:32] for row in (self.received, self.own))


def _heads(store: Store, owner: str | None) -> dict[str, _Heads]:
    received = {row.dataset: row for row in store.publications.heads(owner)}
    own = {row.dataset: row for row in store.publications.own_heads(owner)}
    return {name: _Heads(received.get(name), own.get(name)) for name in {**received, **own}}


def _described(
    store: Store, knowledge: Knowledge, heads: Sequence[_Heads], guarded: Mapping[str, str]
) -> Iterator[Dataset]:
    rows = store.publications.get([one.last.digest for one in heads])
    for one in heads:
        head = one.last
        owner = parse_dataset(head.dataset).owner
        row = rows.get(head.digest)
        # a head of which there is nothing else (adopted after a restore) isn't known to be open
        level = row.sharing if row is not None else "federation"
        yield Dataset(
            head=head,
            own=one.own is not None,
            state=one.state,
            schema=knowledge.schema(head.schema_digest),
            sharing=guarded.get(head.dataset, level),
            licence=None if row is None else licence_of(row),
            owner_name=name_of(knowledge, owner),
            custodian=custodian_of(knowledge, owner),
            rows=row.rows if row is not None and row.mode == "snapshot" else None,
        )


def licence_of(row: PublicationRow) -> str:
    """SPDX id of the licence that a publication states."""
    found = _LICENCES.get(row.digest)
    if found is None:
        if len(_LICENCES) >= LICENCES_KEPT:
            _LICENCES.clear()
        found = Manifest.read(parse_compact(row.jws, TYP).payload).licence
        _LICENCES[row.digest] = found
    return found
