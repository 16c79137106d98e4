"""The newest rollups of series before a moment: what was last known of those that are silent since."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, func, select

from storage.rollups import RollupRow, read_rollups
from storage.tables import rollups

HOUR = 3600
DAY = 86_400


def newest_before(
    connection: Connection, numbers: Collection[int], since: int, until: int
) -> Iterator[RollupRow]:
    """The newest row of each of some series that begins between two moments; an hour before a day."""
    wanted = set(numbers)
    query = select(rollups.c.series, func.max(rollups.c.start)).group_by(rollups.c.series)
    found = connection.execute(query.where(rollups.c.start >= since, rollups.c.start < until)).all()
    for number, start in found:
        if number in wanted:
            rows = (
                list(read_rollups(connection, [number], period, start, start + 1)) for period in (HOUR, DAY)
            )
            yield next(some[0] for some in rows if some)
