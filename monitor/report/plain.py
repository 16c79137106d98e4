"""A report as JSON has it: the names of the judge, seconds and shares as numbers, what is not known null."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.report.report import Happening, Judgement, PageReport, Report
from monitor.scorecard.plain import plain_scorecard
from monitor.sla.anomaly import Anomaly
from monitor.sla.verdict import Finding
from monitor.sla.windows import moment

VERSION = 1
"""Grows when a name changes its meaning or goes."""


def plain(report: Report, finding: Finding) -> dict[str, Any]:
    """The whole report; ``finding`` is what all its verdicts come to."""
    return {
        "version": VERSION,
        "made_at": report.made_at,
        "over": report.over,
        "finding": finding,
        "findings": {each.value: report.findings[each] for each in Finding},
        "pages": [_page(one) for one in report.pages],
        "scorecard": None if report.scorecard is None else plain_scorecard(report.scorecard),
    }


def _page(page: PageReport) -> dict[str, Any]:
    return {
        "vendor": page.vendor,
        "page": page.page,
        "verdicts": [_verdict(one) for one in page.judgements],
        "outages": [_happening(one) for one in page.happenings],
        "anomalies": [_anomaly(one) for one in page.anomalies],
    }


def _verdict(judgement: Judgement) -> dict[str, Any]:
    objective, verdict = judgement.objective, judgement.verdict
    promise, span = verdict.promise, verdict.span
    accounting = promise.accounting
    regions = {
        name: {"value": one.value, "coverage": one.coverage, "count": one.count}
        for name, one in sorted(verdict.regions.items())
    }
    return {
        "objective": promise.name,
        "indicator": promise.indicator,
        "aggregate": promise.aggregate,
        "by": accounting.by if promise.indicator == "availability" else None,
        "probe": promise.measured_by,
        "target": promise.target,
        "lower_is_better": promise.lower_is_better,
        "since": moment(span.start),
        "until": moment(span.end),
        "closes": moment(span.closes),
        "over": span.over,
        "time_zone": objective.time_zone,
        "finding": verdict.finding,
        "missing": verdict.missing,
        "notes": verdict.notes,
        "value": verdict.value,
        "lower": verdict.lower,
        "upper": verdict.upper,
        "confidence": accounting.confidence,
        "worst": verdict.worst,
        "best": verdict.best,
        "coverage": verdict.coverage,
        "coverage_needed": accounting.coverage,
        "count": verdict.count,
        "bad": verdict.bad,
        "bad_seconds": verdict.bad_seconds,
        "certain_seconds": verdict.certain_seconds,
        "budget_left": verdict.budget_left,
        "burn": verdict.burn,
        "failed": verdict.failed,
        "left_out": verdict.left_out,
        "beside": verdict.beside,
        "regions": regions,
    }


def _happening(happening: Happening) -> dict[str, Any]:
    outage = happening.outage
    return {
        "probe": happening.probe,
        "scope": "region" if happening.alone else "page",
        "excluded": happening.excluded,
        "regions": list(outage.regions),
        "first_bad": outage.first_bad,
        "last_bad": outage.last_bad,
        "last_good": outage.last_good,
        "first_good": outage.first_good,
        "all_good": outage.all_good,
        "inner": outage.inner,
        "outer": outage.outer,
        "recovery": outage.recovery,
        "resolution": outage.resolution,
        "blind": outage.blind,
        "samples": outage.samples,
        "faults": outage.faults,
        "opened_by": outage.opened_by,
        "closed_by": outage.closed_by,
        "worst": outage.worst,
    }


def _anomaly(anomaly: Anomaly) -> dict[str, datetime | str | float]:
    return {
        "start": anomaly.start,
        "region": anomaly.region,
        "indicator": anomaly.indicator,
        "value": anomaly.value,
        "usual": anomaly.usual,
        "score": anomaly.score,
    }
