"""What people ask: how it stands, and what became of one publication."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, FromClause, Select, func, select

from node.store import own, publications, receipts
from node.store.database import Database
from node.store.held import Held
from node.store.publications import PUBLICATIONS
from node.store.reports import Explanation, OutboxCount, Status, Waits
from node.store.tables import (
    CONTENT,
    DRAFT,
    EVIDENCE,
    HEAD,
    HELD,
    OUTBOX,
    OWN_HEAD,
    PARTICIPANT,
    PUBLICATION,
    RECEIPT,
    RECEIPT_DUE,
    REFUSAL,
)


def status(database: Database) -> Status:
    """Counts of everything, from one state of the database. No table of publications is walked."""
    with database.read() as connection:
        return Status(
            participants=_count(connection, PARTICIPANT),
            datasets=_count(connection, HEAD),
            verdicts=_verdicts(connection),
            last_received=_pairs(connection, select(HEAD.c.dataset, HEAD.c.updated_at)),
            drafts_ready=_pairs(
                connection,
                select(DRAFT.c.participant, func.count())
                .where(DRAFT.c.state == "ready")
                .group_by(DRAFT.c.participant),
            ),
            outbox=_outbox(connection),
            held=_held(connection),
            evidence=_pairs(
                connection,
                select(EVIDENCE.c.verdict, func.count()).group_by(EVIDENCE.c.verdict),
            ),
            refusals_listed=_count(connection, REFUSAL),
            receipts_due=_count(
                connection, RECEIPT_DUE, RECEIPT_DUE.c.change > RECEIPT_DUE.c.sent_change
            ),
            erasures_pending=_count(connection, CONTENT, CONTENT.c.state == "erasing"),
        )


def waits(database: Database) -> Waits:
    """Since when something waits."""
    oldest = (
        select(OUTBOX.c.hub, func.min(PUBLICATION.c.received_at))
        .join(PUBLICATION, PUBLICATION.c.digest == OUTBOX.c.publication)
        .where(OUTBOX.c.state == "waiting")
        .group_by(OUTBOX.c.hub)
    )
    with database.read() as connection:
        return Waits(
            oldest=_pairs(connection, oldest),
            last_receipt=connection.scalar(select(func.max(RECEIPT.c.received_at))),
        )


def explain(database: Database, digest: str) -> Explanation:
    """Everything known of one publication, which may be nothing."""
    evidence = Held(database).evidence(digest=digest)
    with database.read() as connection:
        found = connection.execute(
            select(*PUBLICATION.columns).where(PUBLICATION.c.digest == digest)
        ).first()
        publication = None if found is None else PUBLICATIONS.row(found)
        refusal = receipts.refusal_of(connection, digest)
        if publication is None:
            dataset = "" if refusal is None else refusal.dataset
            owner = "" if refusal is None else refusal.owner
            rivals = []
            content_state = None
        else:
            dataset, owner = publication.dataset, publication.owner
            here = publications.at(connection, dataset, publication.epoch, publication.sequence)
            rivals = [row for row in here if row.digest != digest]
            content_state = connection.scalar(
                select(CONTENT.c.state).where(CONTENT.c.digest == publication.content_digest)
            )
        return Explanation(
            publication=publication,
            content_state=content_state,
            head=publications.head_of(connection, HEAD, dataset),
            own_head=publications.head_of(connection, OWN_HEAD, dataset),
            rivals=tuple(rivals),
            draft=own.draft_of(connection, digest),
            outbox=tuple(own.outbox_of(connection, digest)),
            evidence=tuple(evidence),
            refusal=refusal,
            receipts=tuple(receipts.received_for(connection, owner)),
        )


def _count(connection: Connection, table: FromClause, *where: Any) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*where)) or 0


def _pairs(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _verdicts(connection: Connection) -> Mapping[str, int]:
    """Accepted ones are counted in the heads: they are too many to be walked through."""
    query = (
        select(PUBLICATION.c.verdict, func.count())
        .where(PUBLICATION.c.verdict != "accepted")
        .group_by(PUBLICATION.c.verdict)
    )
    found = _pairs(connection, query)
    accepted = connection.scalar(select(func.sum(HEAD.c.accepted)))
    return {
        "signed": found.get("signed", 0),
        "accepted": int(accepted or 0),
        "refused": found.get("refused", 0),
    }


def _held(connection: Connection) -> Mapping[str, tuple[int, int]]:
    query = select(HELD.c.carrier, func.count(), func.sum(HELD.c.size)).group_by(HELD.c.carrier)
    return {carrier: (number, int(size)) for carrier, number, size in connection.execute(query)}


def _outbox(connection: Connection) -> tuple[OutboxCount, ...]:
    groups = (
        select(
            OUTBOX.c.hub,
            OUTBOX.c.participant,
            func.count().label("waiting"),
            func.max(OUTBOX.c.attempts).label("attempts"),
            func.min(OUTBOX.c.id).label("oldest"),
        )
        .where(OUTBOX.c.state == "waiting")
        .group_by(OUTBOX.c.hub, OUTBOX.c.participant)
        .subquery()
    )
    query = (
        select(*(c for c in groups.c if c.name != "oldest"), OUTBOX.c.last_error)
        .join(OUTBOX, OUTBOX.c.id == groups.c.oldest)
        .order_by(groups.c.hub, groups.c.participant)
    )
    return tuple(OutboxCount(**row._asdict()) for row in connection.execute(query))
