"""Who saw it: the outages of a page by the store's rows, and by samples that are newer than those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from monitor.judging.incident_looks import Witness
from monitor.judging.incident_plan import PageKey, PagePlan
from monitor.judging.rows import outage_of
from monitor.sla.outages import Outage, find_outages
from monitor.sla.windows import moment
from probes.sample import Attempt, Fault, Outcome, Sample
from storage.glances import Glance
from storage.outages import OutageRow, read_outages
from storage.series import Series, known_series


def stored_outages(
    connection: Connection, plans: Mapping[PageKey, PagePlan], since: datetime, until: datetime
) -> dict[PageKey, list[tuple[str, OutageRow]]]:
    """The outages that the store has of these pages, with the region that saw each."""
    wanted = {
        number: series
        for series, number in known_series(connection).items()
        if (plan := plans.get(series[:2])) is not None and plan.probe == series.probe
    }
    found: dict[PageKey, list[tuple[str, OutageRow]]] = defaultdict(list)
    for row in read_outages(connection, wanted, since, until):
        series = wanted[row.series]
        found[series.vendor, series.page].append((series.region, row))
    return found


def witness(stored: Iterable[tuple[str, OutageRow]], samples: Iterable[Glance], every: float) -> Witness:
    """What rows and newer samples say of a page's outages.

    An outage that both know is there twice: what is made of them has the earlier beginning, the later end.
    """
    found: list[Outage] = []
    longest: dict[str, float] = {}
    for region, row in stored:
        found.append(outage_of(row, region))
        longest[row.worst] = row.longest
    by_series: dict[Series, list[Glance]] = defaultdict(list)
    for glance in samples:
        by_series[glance.series].append(glance)
        if glance.outcome == Outcome.DOWN:
            longest[glance.id] = glance.duration or 0.0
    for glances in by_series.values():
        found += find_outages(map(_sample, glances), every)
    found.sort(key=lambda one: (one.first_bad, one.last_bad, one.opened_by))
    return Witness(found, longest)


def _sample(glance: Glance) -> Sample:
    return Sample(
        id=glance.id,
        at=moment(glance.at / 1e6),
        vendor=glance.vendor,
        page=glance.page,
        url="",
        region=glance.region,
        probe=glance.probe,
        variant=glance.variant or None,
        attempt=Attempt(glance.attempt),
        outcome=Outcome(glance.outcome),
        fault=Fault(glance.fault) if glance.fault else None,
        tainted=["tainted"] if glance.tainted else [],
        duration=glance.duration,
    )
