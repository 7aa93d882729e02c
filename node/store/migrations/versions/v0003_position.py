"""Publications are numbered in the order of reception, and those not open can be found."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_GUARDED = sa.text("sharing <> 'open'")


def upgrade() -> None:
    """Number what there is by its time, and within a dataset by its place in the chain."""
    op.add_column("publication", sa.Column("position", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE publication SET position = numbered.number FROM ("
        "SELECT digest, row_number() OVER"
        " (ORDER BY received_at, dataset, epoch, sequence, digest) AS number FROM publication"
        ") AS numbered WHERE numbered.digest = publication.digest"
    )
    op.create_index("uq_publication_position", "publication", ["position"], unique=True)
    op.create_index(
        "ix_publication_guarded",
        "publication",
        ["dataset", "sharing"],
        sqlite_where=_GUARDED,
        postgresql_where=_GUARDED,
    )


def downgrade() -> None:
    """Forget the numbers."""
    op.drop_index("ix_publication_guarded", table_name="publication")
    op.drop_index("uq_publication_position", table_name="publication")
    op.drop_column("publication", "position")
