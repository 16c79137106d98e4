"""Takes over the books of a region from earlier processes: what they saw of the hour, and left open."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import Connection

from monitor.judging.every import Cut, Paces
from monitor.judging.ledger import Entry, Place, base_of
from monitor.judging.settler import grouped
from monitor.sla.slices import HOUR
from monitor.sla.windows import moment
from storage.looks import looks, oldest
from storage.marks import WHOLE, first_marked, mark
from storage.outages import open_outages
from storage.rollups import read_rollups
from storage.series import Series, known_series, of_region
from storage.store import Store
from storage.unsettled import Stretch, unsettle


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What earlier processes left."""

    entries: dict[Place, Entry]
    """What they saw of the hour."""
    failing: dict[Series, float]
    """Series with an outage that was not seen to end, and when it began."""


def take_over(store: Store, region: str, paces: Paces, start: int, began: float, now: float) -> Inheritance:
    """What earlier processes saw of a region in the hour that begins at ``start``, until this one ``began``.

    Samples that were kept before there were rollups are marked, to be settled.
    """
    with store.writing() as connection:
        _mark_old_hours(connection, region, now)
        numbers = dict(of_region(known_series(connection), region))
    names = {number: one for one, number in numbers.items()}
    with store.reading() as connection:
        rows = read_rollups(connection, names, HOUR, start, start + 1)
        cuts = {names[row.series]: Cut.of_row(row) for row in rows}
        samples = looks(connection, moment(start), moment(began), region=region)
        with closing(samples):  # type: ignore[type-var]  # a generator
            entries = base_of(
                (Place(one, start), cuts.get(one) or paces.cut(one), some) for one, some in grouped(samples)
            )
        lasting = open_outages(connection, names)
    return Inheritance(entries, {names[row.series]: row.first_bad.timestamp() for row in lasting})


def _mark_old_hours(connection: Connection, region: str, now: float) -> None:
    """Mark the hours of all samples that are there, the first time that a region's books are kept."""
    name = f"rolled up: {region}"
    if mark(connection, name) is not None:
        return
    first, whole = oldest(connection, region), mark(connection, WHOLE)
    first_marked(connection, name, moment(now))
    if first is not None:
        begin = int(max(first, whole or first).timestamp() // HOUR) * HOUR
        unsettle(connection, [Stretch(region, HOUR, at) for at in range(begin, int(now), HOUR)])
