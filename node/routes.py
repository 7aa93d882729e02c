"""Which hub gets what: publications, documents and receipts of this node, hub by hub.

A hub takes everything (`send = "all"`), nothing (`"none"`), or only what is shared under the
charters that it names (`"charters"`). What is shared under a charter that such a hub names goes to
no hub that takes everything: its readers are others than those that it is for. A dataset goes to a
hub wholly or not at all, so that its chain has no gap there; `node.sharing` refuses what would cut
it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from federation.charter_end import peek
from federation.errors import MaillageError
from federation.ids import parse_subject
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest, Sharing
from node.knowledge import Knowledge
from node.settings import HubAddress
from node.store.rows import DocumentRow, PublicationRow
from node.store.store import Store


def sharing_of(row: PublicationRow) -> Sharing:
    """Under what a stored publication is shared."""
    return Manifest.read(parse_compact(row.jws, TYP).payload).sharing


class Routes:
    """The hubs of one node, and what goes where."""

    def __init__(
        self, hubs: Sequence[HubAddress], knowledge: Knowledge, participants: Sequence[str]
    ) -> None:
        """Decide by the settings of the hubs and by the charters in force."""
        self._hubs: Final = {hub.name: hub for hub in hubs}
        self._apart: Final = frozenset(
            digest for hub in hubs if hub.send == "charters" for digest in hub.charters
        )
        self._knowledge: Final = knowledge
        self._participants: Final = tuple(participants)

    def hubs_of(self, sharing: Sharing) -> tuple[str, ...]:
        """The hubs to which a publication goes, by name, in the order of the settings."""
        return tuple(name for name in self._hubs if self.sends(name, sharing))

    def sends(self, hub: str, sharing: Sharing) -> bool:
        """Whether what is shared so goes to a hub."""
        address = self._hubs[hub]
        if address.send == "charters":
            return sharing.charter in address.charters
        return address.send == "all" and sharing.charter not in self._apart

    def sends_row(self, hub: str, row: PublicationRow) -> bool:
        """Whether a stored publication goes to a hub; it is read only where that matters."""
        everything = self._hubs[hub].send == "all" and not self._apart
        return everything or self.sends(hub, sharing_of(row))

    def members(self, hub: str) -> frozenset[str]:
        """Whom this node deals with at a hub that names charters; empty for everybody.

        Empty, too, while one of them isn't known yet: nothing may be passed over till then.
        """
        known = self._knowledge.charters
        named = self._hubs[hub].charters
        if not all(digest in known for digest in named):
            return frozenset()
        return frozenset(one for digest in named for one in known[digest].members)

    def speakers(self, hub: str) -> tuple[str, ...]:
        """The participants of this node that appear at a hub; all of them, in doubt."""
        members = self.members(hub)
        found = tuple(one for one in self._participants if one in members)
        return found or self._participants

    def takes(self, hub: str, subject: str) -> bool:
        """Whether a message that a hub offers is taken: where it names charters, their members'."""
        members = self.members(hub)
        if not members:
            return True
        try:
            return parse_subject(subject).carrier in members
        except MaillageError:
            return False

    def confirms(self, hub: str, receiver: str, owner: str) -> bool:
        """Whether a receipt goes to a hub."""
        named = self._hubs[hub].charters
        return not named or {receiver, owner} <= self.members(hub)

    def brings(self, hub: str, row: DocumentRow, store: Store) -> bool:
        """Whether a document of this node goes to a hub: where it names charters, what they need.

        That is the charters, their ends, the identities of this node's members, and the schemas of
        what is sent there.
        """
        named = self._hubs[hub].charters
        if not named:
            return True
        if row.kind == "charter":
            return row.digest in named
        if row.kind == "charter-end":
            return peek(row.body)[0].charter in named
        if row.kind == "identity":
            return row.participant in self.members(hub)
        return row.kind == "schema" and row.digest in self._schemas(hub, store)

    def _schemas(self, hub: str, store: Store) -> set[str]:
        """Digests of the schemas of this node's datasets that go to a hub."""
        heads = [one for name in self._participants for one in store.publications.own_heads(name)]
        rows: Iterable[PublicationRow] = store.publications.get(
            [head.digest for head in heads]
        ).values()
        return {row.schema_digest for row in rows if self.sends_row(hub, row)}
