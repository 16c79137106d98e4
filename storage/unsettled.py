"""What is not settled: the hours and days of a region whose rollups may lack a sample that the store has.

The transaction that adds a sample marks its hour, and the hour is unmarked once it was held against all
samples: so a crash at any moment leaves marked what has to be looked at again. A mark carries a token that
changes with every addition. It is taken away only where the token still is the one that was seen before the
look (compare and set): what arrived meanwhile is looked at next time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from probes.sample import Sample
from storage.encoding import clean_text
from storage.tables import unsettled

HOUR = 3600
DAY = 86_400


class Stretch(NamedTuple):
    """An hour or a day of a region."""

    region: str
    period: int
    """Seconds."""
    start: int
    """Seconds since 1970."""


def hours_of(samples: Iterable[Sample]) -> set[Stretch]:
    """The hours in which samples were taken."""
    found = {(sample.region, int(sample.at.timestamp() // HOUR) * HOUR) for sample in samples}
    return {Stretch(clean_text(region), HOUR, start) for region, start in found}


def unsettle(connection: Connection, stretches: Iterable[Stretch]) -> None:
    """Mark stretches, in the transaction of ``connection``."""
    token = uuid4().hex
    values = [{**one._asdict(), "token": token} for one in sorted(stretches)]
    if values:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        statement = insert(unsettled)
        key = ("region", "period", "start")
        changed = statement.on_conflict_do_update(
            index_elements=key, set_={"token": statement.excluded.token}
        )
        connection.execute(changed, values)


def unsettled_stretches(connection: Connection, region: str | None = None) -> dict[Stretch, str]:
    """What is marked, of one region or all, with its tokens, the newest first."""
    columns = unsettled.c
    query = select(columns.region, columns.period, columns.start, columns.token)
    if region is not None:
        query = query.where(columns.region == region)
    query = query.order_by(columns.start.desc(), columns.period)
    return {Stretch(*key): token for *key, token in connection.execute(query)}


def settle(connection: Connection, stretch: Stretch, token: str) -> bool:
    """Unmark a stretch, unless something came since ``token`` was read; whether it is settled."""
    columns = unsettled.c
    same = (
        columns.region == stretch.region,
        columns.period == stretch.period,
        columns.start == stretch.start,
    )
    return connection.execute(delete(unsettled).where(*same, columns.token == token)).rowcount == 1
