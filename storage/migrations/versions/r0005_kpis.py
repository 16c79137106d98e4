"""The figures of the business, as they were imported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
    op.create_table(
        "kpi_values",
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("kpi", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("imported_at", moment, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("vendor", "kpi", "day", name="pk_kpi_values"),
    )


def downgrade() -> None:
    """Drop it. The files that it was filled from can be imported again."""
    op.drop_table("kpi_values")
