"""Receipts: those received, those to send, and the refusals that they list."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, bindparam, case, delete, literal_column, select, update

from node.store.bulk import Bulk
from node.store.database import Database
from node.store.mapping import Mapped, clean
from node.store.rows import ReceiptDueRow, ReceiptMark, ReceiptRow, RefusalRow
from node.store.tables import INT, RECEIPT, RECEIPT_DUE, REFUSAL

_RECEIPTS: Final = Mapped(ReceiptRow, RECEIPT)
_REFUSALS: Final = Mapped(RefusalRow, REFUSAL)
_D = RECEIPT_DUE.c

_SAVE = Bulk(
    RECEIPT,
    lambda new: new.on_conflict_do_update(
        index_elements=["receiver", "owner"],
        set_={name: new.excluded[name] for name in ("version", "jws", "heads", "received_at")},
        where=RECEIPT.c.version < new.excluded.version,
    ),
)
# written out: the statement takes only the row's own parameters
_ONE, _ZERO = literal_column("1", INT), literal_column("0", INT)
_MARK = Bulk(
    RECEIPT_DUE,
    lambda new: new.on_conflict_do_update(
        index_elements=["receiver", "owner"],
        set_={
            "change": _D.change + _ONE,
            "urgent_change": case(
                (new.excluded.urgent_change > _ZERO, _D.change + _ONE), else_=_D.urgent_change
            ),
        },
    ),
)
_LIST = Bulk(REFUSAL, lambda new: new.on_conflict_do_nothing(index_elements=["digest"]))
_ACKNOWLEDGE = Bulk(
    REFUSAL, lambda _: delete(REFUSAL).where(REFUSAL.c.digest == bindparam("which")), ["which"]
)


class Receipts:
    """The receipts of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, receipt: ReceiptRow) -> bool:
        """Store a receipt received; answers False if one of this version or a newer is there."""
        with self._database.write() as connection:
            return save(connection, [receipt]) == 1

    def received(self, owner: str) -> list[ReceiptRow]:
        """The newest receipt of each receiver for an owner, in order of the receivers."""
        with self._database.read() as connection:
            return received_for(connection, owner)

    def due(self, receiver: str | None = None) -> list[ReceiptDueRow]:
        """Receipts to send, in order of receiver and owner."""
        query = (
            select(
                _D.receiver,
                _D.owner,
                _D.change,
                (_D.urgent_change > _D.sent_change).label("urgent"),
                _D.last_version,
                _D.last_sent_at,
            )
            .where(_D.change > _D.sent_change)
            .order_by(_D.receiver, _D.owner)
        )
        if receiver is not None:
            query = query.where(_D.receiver == receiver)
        with self._database.read() as connection:
            return [ReceiptDueRow(**row._asdict()) for row in connection.execute(query)]

    def sent(self, due: ReceiptDueRow, *, version: int, sent_at: int) -> None:
        """Note that the receipt went out; what happened since `due` was read stays due.

        Args:
            due: As `due` gave it, before the receipt was made.
            version: Of the receipt sent.
            sent_at: When.
        """
        query = (
            update(RECEIPT_DUE)
            .values(sent_change=due.change, last_version=version, last_sent_at=sent_at)
            .where(
                _D.receiver == due.receiver,
                _D.owner == due.owner,
                _D.sent_change < due.change,
            )
        )
        with self._database.write() as connection:
            connection.execute(query)

    def refusals(self, owner: str, limit: int = 1_000) -> list[RefusalRow]:
        """Refusals that an owner hasn't acknowledged, the oldest first."""
        query = (
            select(*REFUSAL.columns)
            .where(REFUSAL.c.owner == owner)
            .order_by(REFUSAL.c.refused_at, REFUSAL.c.digest)
            .limit(limit)
        )
        with self._database.read() as connection:
            return _REFUSALS.rows(connection.execute(query))


def save(connection: Connection, receipts: Sequence[ReceiptRow]) -> int:
    """Store receipts received, as far as they are newer; answers how many were."""
    return _SAVE.run(connection, [_RECEIPTS.values(receipt) for receipt in receipts])


def received_for(connection: Connection, owner: str) -> list[ReceiptRow]:
    """The newest receipt of each receiver for an owner."""
    query = select(*RECEIPT.columns).where(RECEIPT.c.owner == owner).order_by(RECEIPT.c.receiver)
    return _RECEIPTS.rows(connection.execute(query))


def mark(connection: Connection, marks: Iterable[ReceiptMark]) -> None:
    """Make receipts due."""
    urgent: dict[tuple[str, str], bool] = {}
    for one in marks:
        pair = (one.receiver, one.owner)
        urgent[pair] = urgent.get(pair, False) or one.urgent
    _MARK.run(
        connection,
        [(*pair, 1, 0, 1 if at_once else 0, 0, None) for pair, at_once in urgent.items()],
    )


def list_refusals(connection: Connection, refusals: Iterable[RefusalRow]) -> None:
    """List refusals; one that is listed stays as it is."""
    _LIST.run(
        connection,
        [_REFUSALS.values(replace(refusal, detail=clean(refusal.detail))) for refusal in refusals],
    )


def acknowledge(connection: Connection, digests: Iterable[str]) -> None:
    """Take refusals off the list."""
    _ACKNOWLEDGE.run(connection, [(digest,) for digest in digests])


def refusal_of(connection: Connection, digest: str) -> RefusalRow | None:
    """The refusal of one publication, while it is listed."""
    query = select(*REFUSAL.columns).where(REFUSAL.c.digest == digest)
    found = connection.execute(query).first()
    return None if found is None else _REFUSALS.row(found)
