"""The incidents, and each change of one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the two tables."""
    identifier = sa.Uuid(as_uuid=False).with_variant(sa.Text(), "sqlite")
    moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
    document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "incidents",
        sa.Column("id", identifier, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "vendor", "page", "subject")),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        *(sa.Column(name, moment) for name in ("since", "until", "seen")),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("regions", document, nullable=False),
        sa.Column("worst_sample", sa.Text),
        sa.Column("severity", sa.Double, nullable=False),
        sa.Column("opened_by", sa.Text),
        sa.Column("closed_by", sa.Text),
        sa.Column("streak", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.UniqueConstraint("kind", "vendor", "page", "subject", "number", name="uq_incidents_number"),
    )
    op.create_index("ix_incidents_state", "incidents", ["state"])
    op.create_index("ix_incidents_page_since", "incidents", ["page", "since"])
    op.create_table(
        "incident_transitions",
        sa.Column("incident", identifier, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("from_state", sa.Text, nullable=False),
        sa.Column("to_state", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("incident", "version", "place", name="pk_incident_transitions"),
    )


def downgrade() -> None:
    """Drop them. What samples say of it stays; who was told of what does not."""
    op.drop_table("incident_transitions")
    op.drop_table("incidents")
