"""The samples."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table of samples and its indexes."""
    identifier = sa.Uuid(as_uuid=False).with_variant(sa.Text(), "sqlite")
    moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
    document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "samples",
        sa.Column("id", identifier, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("probe", sa.Text, nullable=False),
        sa.Column("attempt", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("fault", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("clock", sa.Text, nullable=False),
        sa.Column("tainted", document, nullable=False),
        sa.Column("duration", sa.Double),
        sa.Column("ttfb", sa.Double),
        sa.Column("client", sa.Double),
        sa.Column("protocol", sa.Text),
        sa.Column("status", sa.Integer),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("hops", document, nullable=False),
        sa.Column("vitals", document, nullable=False),
        sa.Column("evidence", document, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_samples"),
    )
    op.create_index("ix_samples_at", "samples", ["at"])
    op.create_index("ix_samples_page_at", "samples", ["page", "at"])
    op.create_index("ix_samples_outcome_at", "samples", ["outcome", "at"])


def downgrade() -> None:
    """Drop the samples."""
    op.drop_table("samples")
