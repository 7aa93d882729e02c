"""The tables as they were at first. Never changed: later changes are migrations of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _cell()
    _content()
    _document()
    _evidence()
    _head()
    _held()
    _hub_position()
    _own_head()
    _participant()
    _receipt()
    _receipt_due()
    _refusal()
    _setting()
    _publication()
    _draft()
    _outbox()


def downgrade() -> None:
    """Drop all tables."""
    for table in (
        "outbox",
        "draft",
        "publication",
        "setting",
        "refusal",
        "receipt_due",
        "receipt",
        "participant",
        "own_head",
        "hub_position",
        "held",
        "head",
        "evidence",
        "document",
        "content",
        "cell",
    ):
        op.drop_table(table)


def _cell() -> None:
    op.create_table(
        "cell",
        sa.Column("measure", TEXT, nullable=False),
        sa.Column("window", TEXT, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("dataset", TEXT, nullable=False),
        sa.Column("vintage", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("total", TEXT, nullable=False),
        sa.Column("squares", TEXT, nullable=False),
        sa.Column("minimum", TEXT, nullable=True),
        sa.Column("maximum", TEXT, nullable=True),
        sa.Column("scale", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "measure", "window", "start", "place", "dataset", "vintage", name=op.f("pk_cell")
        ),
        sqlite_with_rowid=False,
    )


def _content() -> None:
    op.create_table(
        "content",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("segment", TEXT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_content")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_content_erasing",
        "content",
        ["digest"],
        unique=False,
        sqlite_where=sa.text("state = 'erasing'"),
        postgresql_where=sa.text("state = 'erasing'"),
    )


def _document() -> None:
    op.create_table(
        "document",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("participant", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("jws", TEXT, nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_document")),
    )
    op.create_index("ix_document_kind", "document", ["kind", "participant"], unique=False)


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("carrier", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("jws", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_digest", "evidence", ["digest"], unique=False)
    op.create_index("uq_evidence_fact", "evidence", ["carrier", "verdict", "digest"], unique=True)


def _head() -> None:
    op.create_table(
        "head",
        sa.Column("dataset", TEXT, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("schema_digest", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", name=op.f("pk_head")),
        sqlite_with_rowid=False,
    )


def _held() -> None:
    op.create_table(
        "held",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("carrier", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("headers", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("waiting_for", TEXT, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held")),
        sa.UniqueConstraint("digest", name=op.f("uq_held_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_held_carrier", "held", ["carrier", "size"], unique=False)


def _hub_position() -> None:
    op.create_table(
        "hub_position",
        sa.Column("hub", TEXT, nullable=False),
        sa.Column("participant", TEXT, nullable=False),
        sa.Column("stream_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hub", "participant", name=op.f("pk_hub_position")),
    )


def _own_head() -> None:
    op.create_table(
        "own_head",
        sa.Column("dataset", TEXT, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("schema_digest", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", name=op.f("pk_own_head")),
        sqlite_with_rowid=False,
    )


def _participant() -> None:
    op.create_table(
        "participant",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
    )


def _receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("receiver", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("jws", TEXT, nullable=False),
        sa.Column("heads", TEXT, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", "owner", name=op.f("pk_receipt")),
    )
    op.create_index("ix_receipt_owner", "receipt", ["owner"], unique=False)


def _receipt_due() -> None:
    op.create_table(
        "receipt_due",
        sa.Column("receiver", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("sent_change", sa.BigInteger(), nullable=False),
        sa.Column("urgent_change", sa.BigInteger(), nullable=False),
        sa.Column("last_version", sa.BigInteger(), nullable=False),
        sa.Column("last_sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("receiver", "owner", name=op.f("pk_receipt_due")),
    )
    op.create_index(
        "ix_receipt_due_open",
        "receipt_due",
        ["owner"],
        unique=False,
        sqlite_where=sa.text("change > sent_change"),
        postgresql_where=sa.text("change > sent_change"),
    )


def _refusal() -> None:
    op.create_table(
        "refusal",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("dataset", TEXT, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_refusal")),
    )
    op.create_index("ix_refusal_owner", "refusal", ["owner", "refused_at"], unique=False)


def _setting() -> None:
    op.create_table(
        "setting",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )


def _publication() -> None:
    op.create_table(
        "publication",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("publisher", TEXT, nullable=False),
        sa.Column("dataset", TEXT, nullable=False),
        sa.Column("schema_name", TEXT, nullable=False),
        sa.Column("schema_digest", TEXT, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("previous", TEXT, nullable=True),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=True),
        sa.Column("period_end", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("sharing", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("detail", TEXT, nullable=True),
        sa.Column("jws", TEXT, nullable=False),
        sa.Column("content_digest", TEXT, nullable=True),
        sa.Column("plain_size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_digest"], ["content.digest"], name=op.f("fk_publication_content_digest")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_publication")),
    )
    op.create_index(
        "ix_publication_place",
        "publication",
        ["dataset", "epoch", "sequence", "period_start", "period_end"],
        unique=False,
    )
    op.create_index(
        "ix_publication_verdict",
        "publication",
        ["verdict"],
        unique=False,
        sqlite_where=sa.text("verdict <> 'accepted'"),
        postgresql_where=sa.text("verdict <> 'accepted'"),
    )


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("participant", TEXT, nullable=False),
        sa.Column("dataset", TEXT, nullable=False),
        sa.Column("schema_digest", TEXT, nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("content_digest", TEXT, nullable=True),
        sa.Column("plain_size", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=True),
        sa.Column("period_end", sa.BigInteger(), nullable=True),
        sa.Column("result", TEXT, nullable=True),
        sa.Column("sharing", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("claims", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("publication", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["content_digest"], ["content.digest"], name=op.f("fk_draft_content_digest")
        ),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.id"], name=op.f("fk_draft_participant")
        ),
        sa.ForeignKeyConstraint(
            ["publication"], ["publication.digest"], name=op.f("fk_draft_publication")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index("ix_draft_content", "draft", ["dataset", "content_digest"], unique=False)
    op.create_index("ix_draft_publication", "draft", ["publication"], unique=False)
    op.create_index(
        "ix_draft_ready",
        "draft",
        ["participant", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'ready'"),
        postgresql_where=sa.text("state = 'ready'"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("hub", TEXT, nullable=False),
        sa.Column("participant", TEXT, nullable=False),
        sa.Column("publication", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("stream_sequence", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.id"], name=op.f("fk_outbox_participant")
        ),
        sa.ForeignKeyConstraint(
            ["publication"], ["publication.digest"], name=op.f("fk_outbox_publication")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_publication", "outbox", ["publication"], unique=False)
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["hub", "participant", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("uq_outbox_hub", "outbox", ["hub", "publication"], unique=True)
