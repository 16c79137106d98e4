"""The variant of a sample: none in those that are there already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, without touching a row."""
    op.add_column("samples", sa.Column("variant", sa.Text))


def downgrade() -> None:
    """Drop it, and with it what tells the variants of a page apart."""
    op.drop_column("samples", "variant")
