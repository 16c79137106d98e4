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
    Date,
    Dialect,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
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
        """What is handed to the driver."""
        return value if value is None or dialect.name == "postgresql" else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """What came from the driver, in UTC whatever the session's time zone is."""
        moment: datetime
        if value is None:
            return None
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

series = Table(
    "series",
    metadata,
    Column("id", Integer, Identity(), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("probe", Text, nullable=False),
    Column("variant", Text, nullable=False),  # empty where there is none: null is equal to nothing
    PrimaryKeyConstraint("id", name="pk_series"),
    UniqueConstraint("vendor", "page", "region", "probe", "variant", name="uq_series_names"),
)

rollups = Table(
    "rollups",
    metadata,
    Column("series", Integer, nullable=False),
    Column("period", Integer, nullable=False),  # seconds: an hour or a day
    Column("start", BigInteger, nullable=False),  # seconds since 1970
    Column("length", Integer, nullable=False),
    Column("reach", Integer, nullable=False),
    Column("measured", LargeBinary, nullable=False),
    Column("down", LargeBinary, nullable=False),
    Column("visits_up", Integer, nullable=False),
    Column("visits_down", Integer, nullable=False),
    Column("visits_blocked", Integer, nullable=False),
    Column("visits_unknown", Integer, nullable=False),
    Column("visits_tainted", Integer, nullable=False),
    Column("newest", BigInteger, nullable=False),  # when the newest sample in it began, in microseconds
    Column("figures", LargeBinary, nullable=False),
    PrimaryKeyConstraint("series", "period", "start", name="pk_rollups"),
    ForeignKeyConstraint(["series"], ["series.id"], name="fk_rollups_series"),
    Index("ix_rollups_period_start", "period", "start"),
    sqlite_with_rowid=False,  # in the order of series and time, which is the order in which they are read
)

outages = Table(
    "outages",
    metadata,
    Column("series", Integer, nullable=False),
    Column("first_bad", Moment, nullable=False),
    Column("last_bad", Moment, nullable=False),
    Column("last_good", Moment),
    Column("first_good", Moment),
    Column("all_good", Moment),
    Column("blind", Double, nullable=False),
    Column("samples", Integer, nullable=False),
    Column("faults", _document, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_by", Text),
    Column("worst", Text, nullable=False),
    Column("longest", Double, nullable=False),  # seconds that the worst sample took
    PrimaryKeyConstraint("series", "first_bad", name="pk_outages"),
    ForeignKeyConstraint(["series"], ["series.id"], name="fk_outages_series"),
    Index("ix_outages_last_bad", "last_bad"),
)

unsettled = Table(
    "unsettled",
    metadata,
    Column("region", Text, nullable=False),
    Column("period", Integer, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("token", Text, nullable=False),  # another one after each change
    PrimaryKeyConstraint("region", "period", "start", name="pk_unsettled"),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("name", name="pk_marks"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", _identifier, nullable=False),
    Column("kind", Text, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False),  # another one after each change
    Column("state", Text, nullable=False),
    Column("since", Moment),
    Column("until", Moment),
    Column("seen", Moment),
    Column("reason", Text, nullable=False),
    Column("regions", _document, nullable=False),
    Column("worst_sample", Text),
    Column("severity", Double, nullable=False),
    Column("opened_by", Text),
    Column("closed_by", Text),
    Column("streak", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="pk_incidents"),
    # Whoever is first has the number: no two judges begin the same incident.
    UniqueConstraint("kind", "vendor", "page", "subject", "number", name="uq_incidents_number"),
    Index("ix_incidents_state", "state"),
    Index("ix_incidents_page_since", "page", "since"),
)

incident_transitions = Table(
    "incident_transitions",
    metadata,
    Column("incident", _identifier, nullable=False),
    Column("version", Integer, nullable=False),
    Column("place", Integer, nullable=False),  # among the changes that were made at once
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    PrimaryKeyConstraint("incident", "version", "place", name="pk_incident_transitions"),
    Index("ix_incident_transitions_at", "at"),
)

kpi_values = Table(
    "kpi_values",
    metadata,
    Column("vendor", Text, nullable=False),
    Column("kpi", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("value", Double, nullable=False),  # in the KPI's unit; a share from 0 to 1
    Column("imported_at", Moment, nullable=False),
    Column("file", Text, nullable=False),  # the name of the file that it came from
    Column("sha256", Text, nullable=False),  # of that file
    PrimaryKeyConstraint("vendor", "kpi", "day", name="pk_kpi_values"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("channel", Text, nullable=False),
    Column("event", Text, nullable=False),  # the change of an incident, or the report
    Column("incident", Text),
    Column("transition", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("noted", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("due", Moment, nullable=False),  # from when on it may be taken, by whoever is first
    Column("holder", Text),
    Column("message", Text),  # the one that it was last put in
    Column("attempts", Integer, nullable=False),
    Column("ended", Moment),
    Column("error", Text),
    Column("words", Text, nullable=False),
    # Whoever is first notes it: no two agents tell the same channel the same thing.
    PrimaryKeyConstraint("channel", "event", name="pk_notifications"),
    Index("ix_notifications_state", "state", "channel"),
    Index("ix_notifications_noted", "noted"),
    Index("ix_notifications_incident", "incident"),
)
