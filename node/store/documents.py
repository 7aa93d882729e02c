"""Documents: identities, charters, descriptors, checkpoints, schemas."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, or_, select, update

from node.store.bulk import Bulk
from node.store.database import Database
from node.store.mapping import Mapped
from node.store.rows import DocumentRow
from node.store.tables import DOCUMENT

_DOCUMENTS: Final = Mapped(DocumentRow, DOCUMENT)
_PUT = Bulk(
    DOCUMENT,
    lambda new: new.on_conflict_do_update(
        index_elements=["digest"],
        set_={"pinned": or_(DOCUMENT.c.pinned, new.excluded.pinned)},
    ),
)


class Documents:
    """The documents of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, document: DocumentRow) -> None:
        """Store a document; one that is there stays as it is, but may be pinned by this."""
        with self._database.write() as connection:
            put(connection, [document])

    def pin(self, digest: str) -> bool:
        """Pin a document; answers whether there is such a one."""
        query = update(DOCUMENT).values(pinned=True).where(DOCUMENT.c.digest == digest)
        with self._database.write() as connection:
            return connection.execute(query).rowcount == 1

    def get(self, digest: str) -> DocumentRow | None:
        """One document."""
        query = select(*DOCUMENT.columns).where(DOCUMENT.c.digest == digest)
        with self._database.read() as connection:
            found = connection.execute(query).first()
        return None if found is None else _DOCUMENTS.row(found)

    def of(
        self, kind: str, participant: str | None = None, *, pinned: bool | None = None
    ) -> list[DocumentRow]:
        """Documents of a kind, in the order in which they came.

        Args:
            kind: Such as `identity`.
            participant: Only those about this one.
            pinned: Only those that are, or aren't, pinned.
        """
        query = select(*DOCUMENT.columns).where(DOCUMENT.c.kind == kind)
        if participant is not None:
            query = query.where(DOCUMENT.c.participant == participant)
        if pinned is not None:
            query = query.where(DOCUMENT.c.pinned.is_(pinned))
        query = query.order_by(DOCUMENT.c.received_at, DOCUMENT.c.digest)
        with self._database.read() as connection:
            return _DOCUMENTS.rows(connection.execute(query))


def put(connection: Connection, documents: Sequence[DocumentRow]) -> None:
    """Store documents; those that are there stay as they are, but may be pinned by this."""
    _PUT.run(connection, [_DOCUMENTS.values(document) for document in documents])
