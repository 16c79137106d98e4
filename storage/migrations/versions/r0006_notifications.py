"""Who was told of which change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table, and an index by which the changes of the last time are found."""
    moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
    op.create_table(
        "notifications",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("incident", sa.Text),
        sa.Column("transition", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("noted", moment, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due", moment, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("ended", moment),
        sa.Column("error", sa.Text),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("channel", "event", name="pk_notifications"),
    )
    op.create_index("ix_notifications_state", "notifications", ["state", "channel"])
    op.create_index("ix_notifications_noted", "notifications", ["noted"])
    op.create_index("ix_notifications_incident", "notifications", ["incident"])
    op.create_index("ix_incident_transitions_at", "incident_transitions", ["at"])


def downgrade() -> None:
    """Drop them. Who was told of what is lost with them."""
    op.drop_index("ix_incident_transitions_at", "incident_transitions")
    op.drop_table("notifications")
