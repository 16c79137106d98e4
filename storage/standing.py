"""The standing: how each series (a page, probe, variant and region) has done over a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, case, cast, func, select

from probes.sample import Attempt, Fault, Outcome
from storage.tables import samples

_SERIES = (samples.c.vendor, samples.c.page, samples.c.region, samples.c.probe, samples.c.variant)
_LAST = (samples.c.at, samples.c.outcome, samples.c.fault, samples.c.ttfb, samples.c.protocol)


@dataclass(frozen=True, slots=True)
class Standing:
    """One series since a moment. Its counts and its mean are of untainted samples of the schedule."""

    vendor: str
    page: str
    region: str
    probe: str
    variant: str | None = field(default=None, kw_only=True)
    counts: dict[Outcome, int]
    """Samples by outcome; every outcome is there."""
    ttfb_mean: float | None
    """Seconds, over the samples that were up."""
    ttfb_count: int
    """How many samples ``ttfb_mean`` is the mean of."""
    last_at: datetime
    """When the newest sample was taken, of whatever kind; the rest of ``last_*`` is of the same sample."""
    last_outcome: Outcome
    last_fault: Fault | None
    last_ttfb: float | None
    last_protocol: str | None


def standing(connection: Connection, since: datetime) -> list[Standing]:
    """The standing of every series that has a sample at ``since`` or later, in the order of its names."""
    found = {}
    for row in connection.execute(_query(since)):
        vendor, page, region, probe, variant, mean, number, *counts = row[: -len(_LAST)]
        at, outcome, fault, ttfb, protocol = row[-len(_LAST) :]
        # Of two samples at one moment the one with the greater id comes last, and stays.
        found[vendor, page, region, probe, variant] = Standing(
            vendor=vendor,
            page=page,
            region=region,
            probe=probe,
            variant=variant,
            counts=dict(zip(Outcome, counts, strict=True)),
            ttfb_mean=mean,
            ttfb_count=number,
            last_at=at,
            last_outcome=Outcome(outcome),
            last_fault=Fault(fault) if fault is not None else None,
            last_ttfb=ttfb,
            last_protocol=protocol,
        )
    return list(found.values())


def _query(since: datetime) -> Select[*tuple[Any, ...]]:
    judged = and_(samples.c.attempt == Attempt.SCHEDULED.value, cast(samples.c.tainted, Text) == "[]")
    timed = case((and_(judged, samples.c.outcome == Outcome.UP.value), samples.c.ttfb))
    totals = (
        select(
            *_SERIES,
            func.avg(timed).label("ttfb_mean"),
            func.count(timed).label("ttfb_count"),
            *(_count(judged, outcome).label(f"{outcome}_count") for outcome in Outcome),
            func.max(samples.c.at).label("newest"),
        )
        .where(samples.c.at >= since)
        .group_by(*_SERIES)
        .subquery()
    )
    series = [totals.c[column.name] for column in _SERIES]
    newest = and_(
        *(_same(mine, theirs) for mine, theirs in zip(_SERIES, series, strict=True)),
        samples.c.at == totals.c.newest,
    )
    columns = [column for column in totals.c if column.name != "newest"]
    # A missing variant comes first in one database and last in the other, unless that is said.
    order = [name.nulls_first() if name.name == "variant" else name for name in series]
    return select(*columns, *_LAST).join(samples, newest).order_by(*order, samples.c.id)


def _same(mine: ColumnElement[Any], theirs: ColumnElement[Any]) -> ColumnElement[bool]:
    """Two that have no variant are alike in that; the other names are never null."""
    return mine.is_not_distinct_from(theirs) if mine is samples.c.variant else mine == theirs


def _count(judged: ColumnElement[bool], outcome: Outcome) -> ColumnElement[int]:
    return func.count(case((and_(judged, samples.c.outcome == outcome.value), 1)))
