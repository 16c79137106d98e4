"""The extent of a bundle: from when until when it needs samples, and from when on all are still there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from monitor.config import Config
from monitor.config.objectives import Objective
from monitor.evidence.asked import Asked
from monitor.evidence.manifest import LONGEST
from monitor.judging.window import Needs
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import moment
from storage.marks import WHOLE, mark
from storage.outages import OutageRow, read_outages
from storage.series import Series, known_series

Pages = Mapping[tuple[str, str], Mapping[str, str]]
"""The labels of pages, by vendor and page."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What of the store a bundle is made of; all but ``until`` are whole hours, in seconds since 1970."""

    start: int
    """When the first hour or day begins that the judge reads."""
    end: int
    """When the last one is over."""
    since: int
    """Samples that began at it or later are in the bundle."""
    until: datetime
    """Samples that began before it are."""
    raw_from: int
    """From when on every sample is there; what the judge reads before is rollups and outages."""

    @property
    def rolled_from(self) -> int:
        """The midnight from which on rollups are looked for."""
        return self.start - self.start % DAY


def chosen_pages(config: Config, asked: Asked) -> Pages:
    """The pages that a bundle is about."""
    return {
        (vendor.name, page.name): page.labels
        for vendor in config.vendors
        for page in vendor.pages
        if asked.vendor in (None, vendor.name) and asked.page in (None, page.name)
    }


def chosen_series(connection: Connection, pages: Pages) -> dict[Series, int]:
    """The series of these pages, with their numbers."""
    found = known_series(connection)
    return {one: number for one, number in found.items() if (one.vendor, one.page) in pages}


def extent_of(connection: Connection, config: Config, asked: Asked, made_at: datetime) -> Extent:
    """The extent of what the judge reads, and of the outages that reach beyond it.

    An outage is known as a whole only with the good samples before and after it. Where these were deleted,
    the outage itself is taken over from the store, and so are rollups.
    """
    pages = chosen_pages(config, asked)
    needs = list(_needs(config.objectives, asked, pages))
    # Where nothing is judged, the hour that it is stands for all: a bundle is about some time.
    hour = _hour(asked.until)
    start = min((one.start for one in needs), default=hour)
    end = max((one.end for one in needs), default=hour + HOUR)
    numbers = chosen_series(connection, pages).values()
    outages = read_outages(connection, numbers, moment(start), moment(end))
    since = min([start - HOUR, *(_hour(one.last_good or one.first_bad) for one in outages)])
    since = max(since, _hour(made_at - LONGEST))
    until = min(made_at, _end(end, outages, made_at))
    return Extent(start, end, since, until, _raw_from(mark(connection, WHOLE), since, start))


def _needs(objectives: Iterable[Objective], asked: Asked, pages: Pages) -> Iterator[Needs]:
    period = asked.again()
    promised = [
        one for one in objectives if any(one.promise.selector.takes(*page, pages[page]) for page in pages)
    ]
    burns = any(one.indicator == "availability" for one in promised)
    for objective in promised:
        chosen = period.of(objective)
        if chosen is None:
            continue
        window, at = chosen
        needs = Needs.of(window.at(at), int(at.timestamp()), burns=burns)
        if needs.days or needs.hours:
            yield needs


def _end(end: int, outages: Iterable[OutageRow], made_at: datetime) -> datetime:
    """When the last hour is over that is needed, with that in which the last outage ended."""
    ends = [_hour(one.first_good or made_at) + HOUR for one in outages]
    return moment(max([end, *ends]))


def _raw_from(whole: datetime | None, since: int, start: int) -> int:
    """From when on raw samples are what verdicts rest on, where they are whole from a moment on.

    Where rollups stand for a part of the window, it is a midnight: no day is part one and part the other.
    """
    if whole is None or whole <= moment(since):
        return since
    edge = whole.timestamp()
    if whole <= moment(start - HOUR):
        return int(-(-edge // HOUR)) * HOUR
    return int(-(-edge // DAY)) * DAY


def _hour(at: datetime) -> int:
    return int(at.timestamp() // HOUR) * HOUR
