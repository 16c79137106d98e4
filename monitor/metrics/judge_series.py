"""The series of what the judge says: made at each scrape, in its thread, from a picture that stands still."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.judging.incident_latency import is_latency
from monitor.judging.judged import Judged
from monitor.metrics.block import Number, label_pairs
from monitor.metrics.declared import Family
from monitor.metrics.judge_declared import (
    BAD,
    BUDGET,
    BURN,
    COVERAGE,
    INCIDENT,
    INFO,
    MEASURED,
    TARGET,
    VALUE,
    VERDICT,
)
from monitor.sla.incidents import IncidentKind
from monitor.sla.verdict import Finding

Lines = Iterator[str]
_OF_REGIONS = (IncidentKind.ADVISORY, IncidentKind.SILENCE, IncidentKind.CERTIFICATE)


def judge_lines(judged: Judged) -> Iterator[tuple[Family, Lines]]:
    """Every family with the lines of its series."""
    seconds = judged.outlook.seconds
    yield BAD, (_line(BAD, one.bad, vendor=key[0], page=key[1]) for key, one in seconds.items())
    yield (
        MEASURED,
        (_line(MEASURED, one.measured, vendor=key[0], page=key[1]) for key, one in seconds.items()),
    )
    yield TARGET, _targets(judged)
    yield INFO, _infos(judged)
    for family in (VALUE, VERDICT, BUDGET, COVERAGE, BURN):
        yield family, _rulings(judged, family)
    yield INCIDENT, _incidents(judged)


def _targets(judged: Judged) -> Lines:
    for vendor, page, objective in judged.promised:
        yield _line(TARGET, objective.target, vendor=vendor, page=page, objective=objective.name)


def _infos(judged: Judged) -> Lines:
    """The unit by its name: what a figure of the objective is to be shown in."""
    for vendor, page, objective in judged.promised:
        promise = objective.promise
        yield _line(
            INFO,
            1,
            vendor=vendor,
            page=page,
            objective=objective.name,
            indicator=promise.indicator,
            aggregate=promise.aggregate,
            unit=objective.unit.name.lower(),
            better="lower" if promise.lower_is_better else "higher",
        )


def _rulings(judged: Judged, family: Family) -> Lines:
    for (vendor, page, objective), ruling in judged.rulings.items():
        verdict = ruling.verdict
        values: dict[str, Number] = {"": None}
        label = ""
        if family is VALUE:
            values = {"": verdict.value}
        elif family is BUDGET:
            values = {"": verdict.budget_left}
        elif family is COVERAGE:
            values = {"": verdict.coverage}
        elif family is VERDICT:
            label, values = "verdict", {one: int(one is verdict.finding) for one in Finding}
        else:
            label, values = "window", dict(verdict.burn)
        for name, value in values.items():
            if value is not None:
                more = {label: name} if label else {}
                yield _line(family, value, vendor=vendor, page=page, objective=objective, **more)


def _incidents(judged: Judged) -> Lines:
    """A series for each incident that there may be, at 0 where there is none."""
    series: dict[tuple[str, str, str, str], int] = {}
    for (vendor, page), regions in judged.outlook.regions.items():
        series[vendor, page, IncidentKind.OUTAGE, ""] = 0
        series.update({(vendor, page, kind, region): 0 for kind in _OF_REGIONS for region in regions})
    series.update(dict.fromkeys(judged.outlook.signs, 0))
    for vendor, page, objective in judged.promised:
        if is_latency(objective.promise):
            series[vendor, page, IncidentKind.LATENCY, objective.name] = 0
    for row in judged.outlook.open:
        series[row.vendor, row.page, row.kind, row.subject] = 1
    for (vendor, page, kind, subject), value in series.items():
        named = {"objective": subject}
        if kind != IncidentKind.LATENCY:
            region, _, channel = (
                subject.partition("/") if kind == IncidentKind.TRACKING else (subject, "", "")
            )
            named = {"region": region, "variant": channel}
        more = {label: name for label, name in named.items() if name}
        yield _line(INCIDENT, value, vendor=vendor, page=page, kind=kind, **more)


def _line(family: Family, value: float, **labels: str) -> str:
    return f"{family.name}{{{label_pairs(labels)}}} {value}\n"
