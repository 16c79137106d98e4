"""Silence: regions that are known to watch a page, and have long had nothing to say."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.judging.incident_course import Edge, Seen
from monitor.judging.incident_plan import PageKey, PagePlan
from monitor.sla.incidents import Finding, Look, is_silent
from monitor.sla.slices import DAY
from monitor.sla.windows import moment
from storage.glances import newest_of_series

KNOWN = timedelta(days=1)
"""How long after its last sample a region is taken to watch a page still."""
LEAST = 60
"""Seconds without a sample that no page counts as silence."""


def last_samples(
    connection: Connection, plans: Mapping[PageKey, PagePlan], now: datetime
) -> dict[PageKey, dict[str, datetime]]:
    """When each region that is known to watch a page took its newest sample, by rollups."""
    found: dict[PageKey, dict[str, datetime]] = {}
    since = now - KNOWN
    rows = newest_of_series(connection, int(since.timestamp()) // DAY * DAY)
    for series, newest in rows:
        plan = plans.get(series[:2])
        at = moment(newest / 1e6)
        if plan is None or plan.probe != series.probe or at < since:
            continue
        regions = found.setdefault(plan.key, {})
        regions[series.region] = max(regions.get(series.region, at), at)
    return found


def is_lively(known: Set[str], seen: Mapping[str, int], own: str, now: datetime) -> bool:
    """Whether every region of a page took a sample so lately that none can be silent."""
    since = (now.timestamp() - LEAST) * 1e6
    return own in seen and known <= seen.keys() and min(seen.values()) >= since


def of_silence(
    region: str, last: datetime | None, now: datetime, every: float, watched_since: datetime
) -> Seen:
    """The look at whether a region is silent now."""
    silent = is_silent(last, now, every, watched_since)
    finding = Finding(
        at=now,
        look=Look.BAD if silent else Look.GOOD,
        reason="no sample" if silent else "",
        regions=(region,) if silent else (),
        severity=(now - (last or watched_since)).total_seconds() if silent else 0.0,
    )
    return Seen(finding, lambda: Edge(last or watched_since))


def newest(known: Mapping[str, datetime], seen: Mapping[str, int], own: str) -> dict[str, datetime | None]:
    """When each region of a page took its newest sample; the own one is there even before its first."""
    regions: dict[str, datetime | None] = {own: None, **known}
    for region, at in seen.items():
        before = regions.get(region)
        found = moment(at / 1e6)
        regions[region] = found if before is None else max(before, found)
    return regions
