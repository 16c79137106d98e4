"""The rollups and outages of each series, and what it takes to keep them right.

Where samples are there already, nobody knows which others were deleted before; but none is that is newer than
the oldest success. From there on they are rolled up, by the first agents that start.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, and note from when on all samples are still there."""
    moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
    document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, sa.Identity(), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in _NAMES),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint(*_NAMES, name="uq_series_names"),
    )
    op.create_table(
        "rollups",
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("period", sa.Integer, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("reach", sa.Integer, nullable=False),
        sa.Column("measured", sa.LargeBinary, nullable=False),
        sa.Column("down", sa.LargeBinary, nullable=False),
        *(sa.Column(f"visits_{name}", sa.Integer, nullable=False) for name in _VISITS),
        sa.Column("newest", sa.BigInteger, nullable=False),
        sa.Column("figures", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("series", "period", "start", name="pk_rollups"),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_rollups_series"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_rollups_period_start", "rollups", ["period", "start"])
    op.create_table(
        "outages",
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("first_bad", moment, nullable=False),
        sa.Column("last_bad", moment, nullable=False),
        sa.Column("last_good", moment),
        sa.Column("first_good", moment),
        sa.Column("all_good", moment),
        sa.Column("blind", sa.Double, nullable=False),
        sa.Column("samples", sa.Integer, nullable=False),
        sa.Column("faults", document, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("closed_by", sa.Text),
        sa.Column("worst", sa.Text, nullable=False),
        sa.Column("longest", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("series", "first_bad", name="pk_outages"),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_outages_series"),
    )
    op.create_index("ix_outages_last_bad", "outages", ["last_bad"])
    op.create_table(
        "unsettled",
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("period", sa.Integer, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("region", "period", "start", name="pk_unsettled"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )
    # Where there is no success at all, the newest sample of any kind stands for the oldest one.
    op.execute(
        "INSERT INTO marks (name, at) SELECT 'whole', oldest FROM (SELECT coalesce("
        "(SELECT min(at) FROM samples WHERE outcome = 'up'), (SELECT max(at) FROM samples)) AS oldest) "
        "AS known WHERE oldest IS NOT NULL"
    )


def downgrade() -> None:
    """Drop them. What was rolled up of samples that are gone is lost with it."""
    for name in ("marks", "unsettled", "outages", "rollups", "series"):
        op.drop_table(name)


_NAMES = ("vendor", "page", "region", "probe", "variant")
_VISITS = ("up", "down", "blocked", "unknown", "tainted")
