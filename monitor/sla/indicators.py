"""Indicators: what can be promised, in which unit, and which figure of a sample says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from probes.encryption.grades import GRADES as GRADES
from probes.sample import Sample

Aggregate = Literal["mean", "pooled", "p50", "p75", "p90", "p95", "p99", "min", "max", "share"]
"""How many figures become one: ``mean`` is the mean of the regions' means, ``pooled`` that of all samples."""


class Unit(StrEnum):
    """What an indicator is measured in, which decides how its target is written."""

    SECONDS = "a duration such as 300ms or 2.5s"
    SHARE = "a share such as 99.99%"
    NUMBER = "a number such as 0.1 or 14"
    GRADE = "a grade: A+, A, B, C, D or F"


@dataclass(frozen=True, slots=True)
class Indicator:
    """What can be promised: its unit, which way is better, its usual aggregate, and who measures it."""

    unit: Unit
    lower_is_better: bool
    aggregate: Aggregate
    probe: str
    """The kind of probe whose samples count where an objective names none."""


INDICATORS = MappingProxyType(
    {
        "ttfb": Indicator(Unit.SECONDS, True, "mean", "http"),
        "wait": Indicator(Unit.SECONDS, True, "mean", "http"),
        "first_screen": Indicator(Unit.SECONDS, True, "p75", "browser"),
        "lcp": Indicator(Unit.SECONDS, True, "p75", "browser"),
        "fcp": Indicator(Unit.SECONDS, True, "p75", "browser"),
        "cls": Indicator(Unit.NUMBER, True, "p75", "browser"),
        "tbt": Indicator(Unit.SECONDS, True, "p75", "browser"),
        "availability": Indicator(Unit.SHARE, False, "share", "http"),
        "recovery": Indicator(Unit.SECONDS, True, "max", "http"),
        "http3": Indicator(Unit.SHARE, False, "share", "http3"),
        "tls_grade": Indicator(Unit.GRADE, False, "min", "tls"),
        "tls_expiry_days": Indicator(Unit.NUMBER, False, "min", "tls"),
        "tracking": Indicator(Unit.SHARE, False, "share", "channel"),
    }
)
"""Every indicator by name."""

IndicatorName = Literal[
    "ttfb",
    "wait",
    "first_screen",
    "lcp",
    "fcp",
    "cls",
    "tbt",
    "availability",
    "recovery",
    "http3",
    "tls_grade",
    "tls_expiry_days",
    "tracking",
]

WITHOUT_FIGURES = frozenset({"availability", "recovery"})
"""Indicators that slices and outages tell, and no figures of samples."""

_VITALS = ("first_screen", "lcp", "fcp", "cls", "tbt", "tls_grade", "tls_expiry_days", "tracking")


def figures_of(sample: Sample) -> Iterator[tuple[str, float]]:
    """The figures that a sample has, by the indicator that they are of.

    ``wait`` is that of the last hop: how long the server that answered in the end thought.
    ``http3`` is 1 where it was advertised and works, 0 where it was advertised and does not, and else absent.
    """
    if sample.ttfb is not None:
        yield "ttfb", sample.ttfb
    if sample.hops and (wait := sample.hops[-1].wait) is not None:
        yield "wait", wait
    for name in _VITALS:
        if (vital := sample.vitals.get(name)) is not None:
            yield name, vital
    if sample.vitals.get("http3_advertised"):
        yield "http3", float(bool(sample.vitals.get("http3_works")))
