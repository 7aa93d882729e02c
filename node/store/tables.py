"""The tables. What is in them has been parsed and checked elsewhere: no wire data is parsed here.

Instants are integers: microseconds since 1970 in UTC. Digests are 64 lower-case hex digits of
SHA-256. Texts compare by their bytes on every database (PostgreSQL: collation "C"), so that ranges
and orders are the same on all of them.
"""

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

TEXT: Final[TypeEngine[str]] = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INT: Final[TypeEngine[int]] = BigInteger()
NUMBER: Final[TypeEngine[int]] = BigInteger().with_variant(Integer, "sqlite")
"""A primary key that the database counts up (SQLite wants `INTEGER` for that)."""


def _text(**more: Any) -> Any:
    return Field(sa_type=TEXT, **more)


def _int(**more: Any) -> Any:
    return Field(sa_type=INT, **more)


def _key(**more: Any) -> Any:
    return Field(sa_type=TEXT, primary_key=True, **more)


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


_CLUSTERED: Final = {"sqlite_with_rowid": False}
"""SQLite keeps the rows in the primary key's own tree: one write a row instead of two."""


class StoreModel(SQLModel):
    """Base of all tables: metadata of their own, constraints with names that can be migrated."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Content(StoreModel, table=True):
    """Where a content lies in the segment files."""

    __tablename__ = "content"
    __table_args__ = (
        _partial("ix_content_erasing", "digest", where="state = 'erasing'"),
        _CLUSTERED,
    )

    digest: str = _key()
    segment: str = _text()
    position: int = _int()
    size: int = _int()
    state: str = _text()


class Publication(StoreModel, table=True):
    """A publication that was signed here, accepted or refused."""

    __tablename__ = "publication"
    __table_args__ = (
        # Holds the period, too, so that one index serves chains and overlaps: each index costs a
        # page written per publication, because neighbours in time are none in it.
        Index("ix_publication_place", "dataset", "epoch", "sequence", "period_start", "period_end"),
        _partial("ix_publication_verdict", "verdict", where="verdict <> 'accepted'"),
        # Numbers only grow, so that each is written beside the last: the same few pages a commit.
        Index("uq_publication_position", "position", unique=True),
        _partial("ix_publication_guarded", "dataset", "sharing", where="sharing <> 'open'"),
    )

    digest: str = _key()
    owner: str = _text()
    publisher: str = _text()
    dataset: str = _text()
    schema_name: str = _text()
    schema_digest: str = _text()
    epoch: int = _int()
    sequence: int = _int()
    previous: str | None = _text(nullable=True)
    mode: str = _text()
    period_start: int | None = _int(nullable=True)
    period_end: int | None = _int(nullable=True)
    rows: int = _int()
    issued: int = _int()
    sharing: str = _text()
    origin: str = _text()
    verdict: str = _text()
    reason: str | None = _text(nullable=True)
    detail: str | None = _text(nullable=True)
    jws: str = _text()
    content_digest: str | None = _text(nullable=True, foreign_key="content.digest")
    plain_size: int = _int()
    received_at: int = _int()
    own: bool
    void: bool
    # Nullable, because SQLite adds no other column to a table that others point to; it always has
    # a value.
    position: int | None = _int(nullable=True)


class _HeadColumns(StoreModel):
    dataset: str = _key()
    epoch: int = _int()
    sequence: int = _int()
    digest: str = _text()
    schema_digest: str = _text()
    origin: str = _text()
    accepted: int = _int()
    refused: int = _int()
    period_end: int | None = _int(nullable=True)
    updated_at: int = _int()


class Head(_HeadColumns, table=True):
    """How far this node has received a dataset."""

    __tablename__ = "head"
    __table_args__ = (_CLUSTERED,)


class OwnHead(_HeadColumns, table=True):
    """How far a participant of this node has signed a dataset of its own."""

    __tablename__ = "own_head"
    __table_args__ = (_CLUSTERED,)


class CellTable(StoreModel, table=True):
    """Cells. The key begins with measure and time, because that is how views read them.

    It is also how they arrive: what is received now lies side by side, so that a commit touches the
    same few pages whether ten communes report or 34,969.

    Figures are exact whole numbers of up to 128 bits (squares more), and therefore decimal texts.
    """

    __tablename__ = "cell"
    __table_args__ = (_CLUSTERED,)

    measure: str = _key()
    window: str = _key()
    start: int = _int(primary_key=True)
    place: str = _key()
    dataset: str = _key()
    vintage: int = _int(primary_key=True)
    count: int = _int()
    total: str = _text()
    squares: str = _text()
    minimum: str | None = _text(nullable=True)
    maximum: str | None = _text(nullable=True)
    scale: int = _int()


class Held(StoreModel, table=True):
    """A message that waits for something that is missing. An id is never given twice."""

    __tablename__ = "held"
    __table_args__ = (
        Index("ix_held_carrier", "carrier", "size"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(sa_type=NUMBER, primary_key=True)
    digest: str = _text(unique=True)
    carrier: str = _text()
    subject: str = _text()
    headers: str = _text()
    body: bytes = Field(sa_type=LargeBinary)
    reason: str = _text()
    waiting_for: str = _text()
    received_at: int = _int()
    size: int = _int()


class Evidence(StoreModel, table=True):
    """The exact bytes of what was refused, forked or broken."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("uq_evidence_fact", "carrier", "verdict", "digest", unique=True),
        Index("ix_evidence_digest", "digest"),
    )

    id: int | None = Field(sa_type=NUMBER, primary_key=True)
    digest: str = _text()
    carrier: str = _text()
    verdict: str = _text()
    reason: str = _text()
    detail: str = _text()
    jws: bytes = Field(sa_type=LargeBinary)
    recorded_at: int = _int()


class Document(StoreModel, table=True):
    """A signed document (identity, charter, descriptor, checkpoint) or a schema."""

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_kind", "kind", "participant"),)

    digest: str = _key()
    kind: str = _text()
    participant: str = _text()
    body: bytes = Field(sa_type=LargeBinary)
    jws: str = _text()
    pinned: bool
    received_at: int = _int()


class Receipt(StoreModel, table=True):
    """The newest receipt of a receiver for an owner."""

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_owner", "owner"),)

    receiver: str = _key()
    owner: str = _key()
    version: int = _int()
    jws: str = _text()
    heads: str = _text()
    received_at: int = _int()


class ReceiptDue(StoreModel, table=True):
    """Whether an owner is owed a receipt.

    `change` counts what happened, `sent_change` is the count that the last receipt sent covers: a
    change during the sending is never taken for sent.
    """

    __tablename__ = "receipt_due"
    __table_args__ = (_partial("ix_receipt_due_open", "owner", where="change > sent_change"),)

    receiver: str = _key()
    owner: str = _key()
    change: int = _int()
    sent_change: int = _int()
    urgent_change: int = _int()
    last_version: int = _int()
    last_sent_at: int | None = _int(nullable=True)


class Refusal(StoreModel, table=True):
    """A refusal that receipts list until the owner acknowledges it."""

    __tablename__ = "refusal"
    __table_args__ = (Index("ix_refusal_owner", "owner", "refused_at"),)

    digest: str = _key()
    owner: str = _text()
    dataset: str = _text()
    epoch: int = _int()
    sequence: int = _int()
    reason: str = _text()
    detail: str = _text()
    refused_at: int = _int()


class Participant(StoreModel, table=True):
    """A participant that this node hosts."""

    __tablename__ = "participant"

    id: str = _key()
    name: str = _text()
    created_at: int = _int()


class Draft(StoreModel, table=True):
    """Validated rows that wait for their sequence and signature."""

    __tablename__ = "draft"
    __table_args__ = (
        _partial("ix_draft_ready", "participant", "id", where="state = 'ready'"),
        Index("ix_draft_content", "dataset", "content_digest"),
        Index("ix_draft_publication", "publication"),
    )

    id: int | None = Field(sa_type=NUMBER, primary_key=True)
    participant: str = _text(foreign_key="participant.id")
    dataset: str = _text()
    schema_digest: str = _text()
    mode: str = _text()
    content_digest: str | None = _text(nullable=True, foreign_key="content.digest")
    plain_size: int = _int()
    rows: int = _int()
    period_start: int | None = _int(nullable=True)
    period_end: int | None = _int(nullable=True)
    result: str | None = _text(nullable=True)
    sharing: str = _text()
    origin: str = _text()
    issued_at: int = _int()
    source: str = _text()
    claims: str = _text()
    state: str = _text()
    publication: str | None = _text(nullable=True, foreign_key="publication.digest")


class Outbox(StoreModel, table=True):
    """A publication on its way to a hub."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("uq_outbox_hub", "hub", "publication", unique=True),
        _partial("ix_outbox_waiting", "hub", "participant", "id", where="state = 'waiting'"),
        Index("ix_outbox_publication", "publication"),
    )

    id: int | None = Field(sa_type=NUMBER, primary_key=True)
    hub: str = _text()
    participant: str = _text(foreign_key="participant.id")
    publication: str = _text(foreign_key="publication.digest")
    state: str = _text()
    stream_sequence: int | None = _int(nullable=True)
    attempts: int = _int()
    last_error: str | None = _text(nullable=True)


class HubPosition(StoreModel, table=True):
    """The last sequence of a hub's stream that is known for a participant's prefix."""

    __tablename__ = "hub_position"

    hub: str = _key()
    participant: str = _key()
    stream_sequence: int = _int()


class Reading(StoreModel, table=True):
    """A reading of a sensor. Published ones stay a while: a counter's next one is told from it."""

    __tablename__ = "reading"
    __table_args__ = (
        Index("uq_reading_device", "device", "identity", unique=True),
        Index("ix_reading_at", "device", "at"),
        _partial("ix_reading_waiting", "device", "id", where="flushed_at IS NULL"),
    )

    id: int | None = Field(sa_type=NUMBER, primary_key=True)
    device: str = _text()
    identity: str = _text()
    at: int = _int()
    columns: str = _text()
    simulated: bool
    received_at: int = _int()
    flushed_at: int | None = _int(nullable=True)


class ReadingRefusal(StoreModel, table=True):
    """How often a device's readings were refused for a reason, and the last time why."""

    __tablename__ = "reading_refusal"

    device: str = _key()
    reason: str = _key()
    count: int = _int()
    detail: str = _text()
    last_at: int = _int()


class Setting(StoreModel, table=True):
    """Small settings that belong to the data and not to the configuration file."""

    __tablename__ = "setting"

    key: str = _key()
    value: str = _text()


def _table(model: type[StoreModel]) -> Table:
    name = model.__tablename__
    assert isinstance(name, str)
    return StoreModel.metadata.tables[name]


CONTENT: Final = _table(Content)
PUBLICATION: Final = _table(Publication)
HEAD: Final = _table(Head)
OWN_HEAD: Final = _table(OwnHead)
CELL: Final = _table(CellTable)
HELD: Final = _table(Held)
EVIDENCE: Final = _table(Evidence)
DOCUMENT: Final = _table(Document)
RECEIPT: Final = _table(Receipt)
RECEIPT_DUE: Final = _table(ReceiptDue)
REFUSAL: Final = _table(Refusal)
PARTICIPANT: Final = _table(Participant)
DRAFT: Final = _table(Draft)
OUTBOX: Final = _table(Outbox)
HUB_POSITION: Final = _table(HubPosition)
SETTING: Final = _table(Setting)
READING: Final = _table(Reading)
READING_REFUSAL: Final = _table(ReadingRefusal)
