"""The series: what a page was seen by, each with the number that stands for it in other tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select, union
from sqlalchemy.dialects import postgresql, sqlite

from storage.encoding import clean_text
from storage.tables import samples, series


class Series(NamedTuple):
    """A page, as one kind of probe (in one variant) sees it from one region."""

    vendor: str
    page: str
    region: str
    probe: str
    variant: str = ""
    """Empty where the page has none."""


_NAMES = tuple(series.c[name] for name in Series._fields)


def known_series(connection: Connection) -> dict[Series, int]:
    """Every series that there is, with its number."""
    rows = connection.execute(select(*_NAMES, series.c.id))
    return {Series(*names): number for *names, number in rows}


def series_of_page(connection: Connection, vendor: str, page: str) -> dict[Series, int]:
    """The series of one page, with their numbers."""
    wanted = (series.c.vendor == clean_text(vendor), series.c.page == clean_text(page))
    rows = connection.execute(select(*_NAMES, series.c.id).where(*wanted))
    return {Series(*names): number for *names, number in rows}


def number_series(connection: Connection, wanted: Iterable[Series]) -> dict[Series, int]:
    """The numbers of these series; those that are new get one, in the transaction of ``connection``."""
    names = {one: Series(*map(clean_text, one)) for one in wanted}
    found = known_series(connection)
    new = {one for one in names.values() if one not in found}
    if new:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        # In one order, so that two agents that add the same ones do not wait for each other for ever.
        values = [one._asdict() for one in sorted(new)]
        connection.execute(insert(series).on_conflict_do_nothing(), values)
        found = known_series(connection)
    return {one: found[clean] for one, clean in names.items()}


def of_region(found: dict[Series, int], region: str) -> Iterator[tuple[Series, int]]:
    """The series of one region."""
    return ((one, number) for one, number in found.items() if one.region == region)


def known_regions(connection: Connection) -> list[str]:
    """The regions of all samples and series. It reads through all samples."""
    rows = connection.execute(union(select(samples.c.region), select(series.c.region)))
    return sorted(region for (region,) in rows)
