"""What is held until something arrives, and what is kept as evidence. Both are bounded."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, delete, func, select

from node.store.bulk import Bulk, Lookup
from node.store.database import Database
from node.store.mapping import Mapped, clean
from node.store.rows import EvidenceRow, HeldEntry, HeldLimits, HeldMessage
from node.store.tables import EVIDENCE, HELD

_COLUMNS = [c for c in HELD.columns if c.name != "id"]
_HOLD = Bulk(
    HELD,
    lambda new: new.on_conflict_do_nothing(index_elements=["digest"]),
    [c.name for c in _COLUMNS],
)
_KNOWN = Lookup([HELD.c.digest], [HELD.c.digest, HELD.c.id])
_RELEASE = Bulk(HELD, lambda _: delete(HELD).where(HELD.c.id == bindparam("which")), ["which"])
_ENTRY = [HELD.c[name] for name in HeldEntry._fields]

_FACT = ("carrier", "verdict", "digest")
_EVIDENCE = Mapped(EvidenceRow, EVIDENCE, without=["id"])
_ADD_EVIDENCE = Bulk(
    EVIDENCE,
    lambda new: new.on_conflict_do_nothing(index_elements=_FACT),
    [c.name for c in _EVIDENCE.columns],
)


class Held:
    """Reading what is held and what is kept as evidence; `commit` writes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self) -> list[HeldEntry]:
        """All that is held, without bodies, in the order in which it came."""
        with self._database.read() as connection:
            found = connection.execute(select(*_ENTRY).order_by(HELD.c.id))
            return [HeldEntry._make(row) for row in found]

    def messages(self, ids: Sequence[int]) -> list[HeldMessage]:
        """Whole messages, in the order in which they came; those released are left out."""
        found = []
        with self._database.read() as connection:
            for start in range(0, len(ids), 500):
                wanted = select(*HELD.columns).where(HELD.c.id.in_(ids[start : start + 500]))
                found += [row._asdict() for row in connection.execute(wanted)]
        for row in found:
            row["headers"] = json.loads(row["headers"])
        return sorted((HeldMessage(**row) for row in found), key=lambda message: message.id)

    def evidence(
        self, *, carrier: str | None = None, digest: str | None = None, limit: int = 1_000
    ) -> list[EvidenceRow]:
        """Evidence, the newest first.

        Args:
            carrier: Only what came under its prefix.
            digest: Only of this publication.
            limit: Rows at most.
        """
        query = select(*_EVIDENCE.columns).order_by(EVIDENCE.c.id.desc()).limit(limit)
        if carrier is not None:
            query = query.where(EVIDENCE.c.carrier == carrier)
        if digest is not None:
            query = query.where(EVIDENCE.c.digest == digest)
        with self._database.read() as connection:
            return _EVIDENCE.rows(connection.execute(query))


def hold(
    connection: Connection, messages: Sequence[HeldMessage], limits: HeldLimits
) -> tuple[int | None, ...]:
    """Hold messages, as far as their carriers' limits allow.

    Returns:
        For each message its id (that of the one held already, when it comes again), or None if it
        was turned away.
    """
    if not messages:
        return ()
    known = _ids(connection, messages)
    counts = _counts(connection, {message.carrier for message in messages})
    fresh = {}
    for message in messages:
        if message.digest in known or message.digest in fresh:
            continue
        number, size = counts.get(message.carrier, (0, 0))
        if number < limits.messages and size + message.size <= limits.size_bytes:
            counts[message.carrier] = (number + 1, size + message.size)
            fresh[message.digest] = message
    _HOLD.run(connection, [_values(message) for message in fresh.values()])
    known |= _ids(connection, list(fresh.values()))
    return tuple(known.get(message.digest) for message in messages)


def release(connection: Connection, ids: Iterable[int]) -> None:
    """Remove messages that are no longer held."""
    _RELEASE.run(connection, [(number,) for number in ids])


def keep_evidence(connection: Connection, rows: Sequence[EvidenceRow], most: int) -> int:
    """Keep evidence, at most so many rows per carrier and verdict.

    Per verdict, so that nobody can drive the proof of a fork out by sending rubbish.

    Returns:
        How many older rows gave way.
    """
    _ADD_EVIDENCE.run(
        connection,
        [_EVIDENCE.values(replace(row, detail=clean(row.detail))) for row in rows],
    )
    dropped = 0
    for carrier, verdict in sorted({(row.carrier, row.verdict) for row in rows}):
        same = (EVIDENCE.c.carrier == carrier, EVIDENCE.c.verdict == verdict)
        number = connection.scalar(select(func.count()).select_from(EVIDENCE).where(*same)) or 0
        if number > most:
            oldest = select(EVIDENCE.c.id).where(*same).order_by(EVIDENCE.c.id)
            gone = oldest.limit(number - most).scalar_subquery()
            dropped += connection.execute(delete(EVIDENCE).where(EVIDENCE.c.id.in_(gone))).rowcount
    return dropped


def _ids(connection: Connection, messages: Sequence[HeldMessage]) -> dict[str, int]:
    return dict(_KNOWN.run(connection, [(message.digest,) for message in messages]))


def _counts(connection: Connection, carriers: Iterable[str]) -> dict[str, tuple[int, int]]:
    query = (
        select(HELD.c.carrier, func.count(), func.sum(HELD.c.size))
        .where(HELD.c.carrier.in_(sorted(carriers)))
        .group_by(HELD.c.carrier)
    )
    return {carrier: (number, int(size)) for carrier, number, size in connection.execute(query)}


def _values(message: HeldMessage) -> tuple[object, ...]:
    return (
        message.digest,
        message.carrier,
        clean(message.subject),
        json.dumps(dict(message.headers), sort_keys=True),
        message.body,
        message.reason,
        clean(message.waiting_for),
        message.received_at,
        message.size,
    )
