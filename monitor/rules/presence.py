"""Alerts about pages that nobody looks at: a series that is not there can't alert by itself.

Each has a rule of its own, made from the config, for ``absent()`` must be told what should be there.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.judging.incident_plan import PagePlan
from monitor.rules.promql import literal, matcher, number, span
from monitor.rules.rule import Alert, Group, Places, Severity
from monitor.rules.words import named, of_page
from monitor.watch import Watch
from probes.target import page_title

LEAST = 60.0
"""Seconds without a sample that no page counts as silence."""


def presence(watches: Sequence[Watch], plans: Sequence[PagePlan], places: Places) -> Group:
    """A rule for each page as a whole, and one for each of its probes in each region."""
    pages = [_unmeasured(plan, places) for plan in plans]
    targets = [_silent(watch, region, places) for watch in watches for region in places.regions]
    return Group("landwatch-presence", 30.0, (*pages, *targets))


def _unmeasured(plan: PagePlan, places: Places) -> Alert:
    patience = _patience(plan.every, plan.timeout)
    about = named(plan.vendor, plan.page)
    return Alert(
        name="LandwatchPageUnmeasured",
        expr=_no_sample(patience, vendor=plan.vendor, page=plan.page, probe=plan.probe),
        severity=Severity.PAGE,
        labels={"vendor": literal(plan.vendor), "page": literal(plan.page)},
        annotations=of_page(
            places,
            "is measured by nobody",
            f"Prometheus knows of no sample of {about.title} by the probe {plan.probe} that began in the "
            f"last {span(patience)}, from any region; one is due every {span(plan.every)}. Whether the page "
            "is up or down, nobody knows.",
            about,
        ),
        lasting=max(LEAST, plan.every),
    )


def _silent(watch: Watch, region: str, places: Places) -> Alert:
    target = watch.target
    patience = _patience(watch.every, target.timeout)
    held = {"vendor": target.vendor, "page": target.page, "region": region, "probe": target.probe}
    about = named(target.vendor, target.page)
    title = literal(f"{target.vendor} / {page_title(target.page, target.variant)}")
    labels = {**held, "variant": target.variant} if target.variant else held
    return Alert(
        name="LandwatchProbeSilent",
        expr=_no_sample(patience, **held, variant=target.variant),
        severity=Severity.TICKET,
        labels={name: literal(value) for name, value in labels.items()},
        annotations=of_page(
            places,
            f"gets no samples of {target.probe} from {literal(region)}",
            f"Prometheus knows of no sample of {title} by the probe {target.probe} from {literal(region)} "
            f"that began in the last {span(patience)}; one is due every {span(watch.every)}. Look whether "
            "the agent there runs with this config, and whether Prometheus reaches it.",
            about,
        ),
        # After a start, the first sample may take as long as there is between two.
        lasting=max(LEAST, watch.every),
    )


def _no_sample(patience: float, **labels: str | None) -> str:
    return (
        "absent(\n"
        f"  landwatch_last_sample_timestamp_seconds{matcher(**labels)}\n"
        f"    > time() - {number(patience)}\n"
        ")"
    )


def _patience(every: float, timeout: float) -> float:
    return max(LEAST, 3 * every + timeout)
