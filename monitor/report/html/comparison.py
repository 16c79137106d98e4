"""Vendors compared: for each promise what was measured of each vendor's pages. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from monitor.config.objectives import Objective
from monitor.report.report import Judgement, Report
from monitor.report.words import covered, figure, promised
from monitor.sla.verdict import Finding


class Extreme(NamedTuple):
    """The figure of one page."""

    page: str
    value: str
    met: bool


class VendorLine(NamedTuple):
    """What one vendor's pages come to, held against one promise."""

    vendor: str
    counts: Counter[Finding]
    worst: Extreme | None
    """``None``: nothing was measured."""
    best: Extreme | None
    """``None``: there is one page, or nothing was measured."""
    least_covered: str


class Comparison(NamedTuple):
    """One promise, and the vendors that it is about."""

    name: str
    promised: str
    lines: Sequence[VendorLine]


def comparisons(report: Report) -> list[Comparison]:
    """Every promise of a report with its vendors, both in the order of the config."""
    found: dict[str, dict[str, list[tuple[str, Judgement]]]] = {}
    for page in report.pages:
        for one in page.judgements:
            vendors = found.setdefault(one.objective.name, {})
            vendors.setdefault(page.vendor, []).append((page.page, one))
    return [
        Comparison(name, _promised(vendors), [_line(vendor, pages) for vendor, pages in vendors.items()])
        for name, vendors in found.items()
    ]


def _promised(vendors: dict[str, list[tuple[str, Judgement]]]) -> str:
    _, one = next(iter(vendors.values()))[0]
    return promised(one.objective, one.verdict.promise)


def _line(vendor: str, pages: Sequence[tuple[str, Judgement]]) -> VendorLine:
    objective = pages[0][1].objective
    measured = [(one.verdict.value, page) for page, one in pages if one.verdict.value is not None]
    measured.sort(key=lambda each: each[0], reverse=objective.promise.lower_is_better)
    return VendorLine(
        vendor,
        Counter(one.verdict.finding for _, one in pages),
        _extreme(objective, *measured[0]) if measured else None,
        _extreme(objective, *measured[-1]) if len(measured) > 1 else None,
        covered(min(one.verdict.coverage for _, one in pages)),
    )


def _extreme(objective: Objective, value: float, page: str) -> Extreme:
    return Extreme(page, figure(objective, value), objective.met_by(value))
