"""The tables, as the newest migration leaves them. A test holds the two against each other.

Every constraint has a name, because a later migration can change only what it can name.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    TIMESTAMP,
    BigInteger,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_microseconds(at: datetime) -> int:
    """``at`` as whole microseconds since 1970, exactly."""
    return (at - EPOCH) // MICROSECOND


class Moment(TypeDecorator[datetime]):
    """An aware UTC time: TIMESTAMPTZ on PostgreSQL, whole microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type that the database has for it."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """What is handed to the driver. No column of this type is ever null."""
        return value if dialect.name == "postgresql" else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime:
        """What came from the driver, in UTC whatever the session's time zone is."""
        moment: datetime
        moment = value.astimezone(UTC) if dialect.name == "postgresql" else EPOCH + value * MICROSECOND
        return moment


_identifier = Uuid(as_uuid=False).with_variant(Text(), "sqlite")
_document = JSON().with_variant(JSONB(), "postgresql")

metadata = MetaData()

samples = Table(
    "samples",
    metadata,
    # In the order of Sample's fields, whatever order the steps have left them in in a database.
    Column("id", _identifier, nullable=False),
    Column("at", Moment, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("probe", Text, nullable=False),
    Column("variant", Text),
    Column("attempt", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("fault", Text),
    Column("detail", Text),
    Column("clock", Text, nullable=False),
    Column("tainted", _document, nullable=False),
    Column("duration", Double),
    Column("ttfb", Double),
    Column("client", Double),
    Column("protocol", Text),
    Column("status", Integer),
    Column("bytes", BigInteger),
    Column("hops", _document, nullable=False),
    Column("vitals", _document, nullable=False),
    Column("evidence", _document, nullable=False),
    PrimaryKeyConstraint("id", name="pk_samples"),
    Index("ix_samples_at", "at"),
    Index("ix_samples_page_at", "page", "at"),
    Index("ix_samples_outcome_at", "outcome", "at"),  # retention: failures are kept longer
)
