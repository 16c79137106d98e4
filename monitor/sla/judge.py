"""The judge's entry: a promise and what is known of a page in, a verdict out."""

from __future__ import annotations

from datetime import datetime

from monitor.sla.evidence import PageData
from monitor.sla.judge_availability import burn_rates, judge_availability
from monitor.sla.judge_figures import judge_figures
from monitor.sla.judge_recovery import judge_recovery
from monitor.sla.promise import Promise
from monitor.sla.verdict import Verdict


def judge(promise: Promise, data: PageData, now: datetime, *, burns: bool = True) -> Verdict:
    """The verdict about one promise and one page, as far as ``data`` carries it at ``now``.

    ``data`` is what the probe that the promise is measured by knows of the page (``promise.measured_by``),
    over the rollups that :func:`monitor.sla.evidence.periods` names for the window, and for the last three
    days where ``burns``.
    """
    data = data.seen_from(promise.selector.regions)
    span = promise.window.at(now)
    if promise.indicator == "recovery":
        return judge_recovery(promise, data, span)
    if promise.indicator != "availability":
        return judge_figures(promise, data, span)
    verdict = judge_availability(promise, data, span)
    if burns:
        verdict.burn = burn_rates(promise, data, int(now.timestamp()))
    return verdict
