"""The series of what the judge says: made at each scrape, in its thread, from a picture that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from monitor.judging.incident_latency import is_latency
from monitor.judging.judged import Judged, ObjectiveKey, Promised, Ruling
from monitor.metrics.block import Number, label_pairs, series_line
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
from monitor.sla.verdict import Finding, Verdict

Lines = Iterator[str]
_OF_REGIONS = (IncidentKind.ADVISORY, IncidentKind.SILENCE, IncidentKind.CERTIFICATE)


class JudgeSeries:
    """Keeps from one scrape to the next what does not change: to make it anew is most of the work.

    One thread at a time uses it. Lines are made as they are asked for, so that it can rest in between.
    """

    def __init__(self) -> None:
        self._of_promises: dict[str, tuple[Sequence[Promised], list[str]]] = {}
        self._of_rulings: dict[str, dict[ObjectiveKey, tuple[Ruling, str]]] = {}
        self._series: dict[tuple[str, ...], str] = {}
        self._asked = 0

    def lines(self, judged: Judged) -> Iterator[tuple[Family, Lines]]:
        """Every family with the lines of its series, none of them empty."""
        # Where most of what is kept was not asked for any more, all of it is made anew.
        if len(self._series) > 2 * self._asked:
            self._series.clear()
        self._asked = 0
        seconds = judged.outlook.seconds
        yield BAD, (self._line(BAD, one.bad, *key) for key, one in seconds.items())
        yield MEASURED, (self._line(MEASURED, one.measured, *key) for key, one in seconds.items())
        yield TARGET, self._promises(judged.promised, TARGET, _target)
        yield INFO, self._promises(judged.promised, INFO, _info)
        for family in (VALUE, VERDICT, BUDGET, COVERAGE, BURN):
            yield family, self._rulings(judged, family)
        yield INCIDENT, self._incidents(judged)

    def _promises(
        self, promised: Sequence[Promised], family: Family, make: Callable[[Promised], str]
    ) -> Lines:
        before, lines = self._of_promises.get(family.name, (None, []))
        if before is promised:
            yield from lines
            return
        lines = []
        for one in promised:
            lines.append(make(one))
            yield lines[-1]
        self._of_promises[family.name] = promised, lines

    def _rulings(self, judged: Judged, family: Family) -> Lines:
        held = self._of_rulings.setdefault(family.name, {})
        if len(held) > len(judged.rulings):
            for key in held.keys() - judged.rulings.keys():
                del held[key]
        for key, ruling in judged.rulings.items():
            before, lines = held.get(key, (None, ""))
            if before is not ruling:
                lines = "".join(_ruling(family, key, ruling))
                held[key] = ruling, lines
            if lines:
                yield lines

    def _incidents(self, judged: Judged) -> Lines:
        """A series for each incident that there may be, at 0 where there is none."""
        left = {(row.vendor, row.page, row.kind, row.subject): None for row in judged.outlook.open}
        for incident in _possible(judged):
            yield self._incident(*incident, int(incident in left))
            left.pop(incident, None)
        for incident in left:
            yield self._incident(*incident, 1)

    def _incident(self, vendor: str, page: str, kind: str, subject: str, value: int) -> str:
        region = variant = objective = ""
        if kind == IncidentKind.LATENCY:
            objective = subject
        elif kind == IncidentKind.TRACKING:
            region, _, variant = subject.rpartition("/")  # a region's name may have one too
        else:
            region = subject
        return self._line(INCIDENT, value, vendor, page, kind, region, variant, objective)

    def _line(self, family: Family, value: float, *labels: str) -> str:
        self._asked += 1
        key = (family.name, *labels)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = _name(family, labels)
        return f"{series} {value}\n"


def _target(promised: Promised) -> str:
    vendor, page, objective = promised
    return _line(TARGET, objective.target, vendor, page, objective.name)


def _info(promised: Promised) -> str:
    """The unit by its name: what a figure of the objective is to be shown in."""
    vendor, page, objective = promised
    promise = objective.promise
    better = "lower" if promise.lower_is_better else "higher"
    words = promise.indicator, promise.aggregate, objective.unit.name.lower(), better
    return _line(INFO, 1, vendor, page, objective.name, *words)


def _ruling(family: Family, key: ObjectiveKey, ruling: Ruling) -> Lines:
    for more, value in _figures(ruling.verdict, family):
        if value is not None:
            yield _line(family, value, *key, *more)


def _line(family: Family, value: float, *labels: str) -> str:
    return f"{_name(family, labels)} {value}\n"


def _name(family: Family, labels: Sequence[str]) -> str:
    """A series; ``labels`` are the values of the family's labels, empty where the series has not one."""
    named = zip(family.labels, labels, strict=True)
    return series_line(family.name, label_pairs({name: word for name, word in named if word}))


def _figures(verdict: Verdict, family: Family) -> Iterable[tuple[tuple[str, ...], Number]]:
    """What a family shows of a verdict: the labels beside the objective's, and the number."""
    if family is VERDICT:
        return [((finding,), int(finding is verdict.finding)) for finding in Finding]
    if family is BURN:
        return [((window,), rate) for window, rate in verdict.burn.items()]
    if family is VALUE:
        return [((), verdict.value)]
    return [((), verdict.budget_left if family is BUDGET else verdict.coverage)]


def _possible(judged: Judged) -> Iterator[tuple[str, str, str, str]]:
    """What there may be incidents of: vendor, page, kind and subject, each once."""
    for (vendor, page), regions in judged.outlook.regions.items():
        yield vendor, page, IncidentKind.OUTAGE, ""
        for kind in _OF_REGIONS:
            for region in regions:
                yield vendor, page, kind, region
    yield from dict.fromkeys(judged.outlook.signs)
    for vendor, page, objective in judged.promised:
        if is_latency(objective.promise):
            yield vendor, page, IncidentKind.LATENCY, objective.name
