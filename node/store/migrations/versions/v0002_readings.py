"""Readings of sensors that wait to be published, and what was refused of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "reading",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("device", TEXT, nullable=False),
        sa.Column("identity", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("columns", TEXT, nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("flushed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    op.create_index("uq_reading_device", "reading", ["device", "identity"], unique=True)
    op.create_index("ix_reading_at", "reading", ["device", "at"], unique=False)
    op.create_index(
        "ix_reading_waiting",
        "reading",
        ["device", "id"],
        unique=False,
        sqlite_where=sa.text("flushed_at IS NULL"),
        postgresql_where=sa.text("flushed_at IS NULL"),
    )
    op.create_table(
        "reading_refusal",
        sa.Column("device", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "reason", name=op.f("pk_reading_refusal")),
    )


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("reading_refusal")
    op.drop_table("reading")
