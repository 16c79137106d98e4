"""The PromQL that panels share. What is true of these queries is told in docs/metrics.md, under Queries.

A scope is what stands between the braces of every selector: which pages, regions and kinds of probe.
"""

from __future__ import annotations

PAGES = 'vendor=~"$vendor", page=~"$page"'
"""The pages that were chosen, where several can be."""
PLACES = f'{PAGES}, region=~"$region"'
"""The same, seen from the regions that were chosen."""

VISIT = "vendor, page, probe, variant"
"""What tells visits apart that must not be put together: one page, as one kind of probe sees it."""
OBJECTIVE = "vendor, page, objective"
INCIDENT = "vendor, page, kind, region, variant, objective"


def judged(metric: str, scope: str, by: str = OBJECTIVE, only: str = "") -> str:
    """What the judge says. Agents that share a store all say it, so one of them is taken."""
    return f"max by ({by}) ({metric}{{{_and(scope, only)}}})"


def verdict(scope: str) -> str:
    """0 where an objective is met, 1 where unproven, 2 where breached; the worst that an agent says.

    Absent until the objective was first judged.
    """
    breached = judged("landwatch_objective_verdict", scope, only='verdict="breached"')
    unproven = judged("landwatch_objective_verdict", scope, only='verdict="unproven"')
    return f"clamp_max(\n  2 * {breached}\n    + {unproven},\n  2\n)"


def promised(query: str, scope: str, only: str) -> str:
    """What a query says of some objectives only, such as those whose figure is in seconds."""
    info = f"landwatch_objective_info{{{_and(scope, only)}}}"
    return f"{query}\nand on ({OBJECTIVE}) {info}"


def increase(metric: str, scope: str, window: str, by: str) -> str:
    """How much a counter grew."""
    return f"sum by ({by}) (increase({metric}{{{scope}}}[{window}]))"


def ratio(part: str, whole: str) -> str:
    """A share; absent where the whole is nothing."""
    return f"{part}\n  / ({whole} > 0)"


def means(histogram: str, scope: str, window: str, by: str) -> str:
    """The mean in each group; absent where there was nothing to be averaged."""
    sums, counts = (increase(f"{histogram}_{end}", scope, window, by) for end in ("sum", "count"))
    return ratio(sums, counts)


def mean_of_means(histogram: str, scope: str, window: str, by: str = VISIT) -> str:
    """The mean of the regions' means: a region with more visits weighs no more."""
    inner = means(histogram, scope, window, f"{by}, region").replace("\n", "\n  ")
    return f"avg by ({by}) (\n  {inner}\n)"


def quantile(share: float, histogram: str, scope: str, window: str, by: str = VISIT) -> str:
    """A percentile of all visits together, as well as the edges of the buckets tell it."""
    return (
        f"histogram_quantile({share},\n  sum by ({by}, le) (rate({histogram}_bucket{{{scope}}}[{window}]))\n)"
    )


def within(edge: str, histogram: str, scope: str, window: str, by: str = VISIT) -> str:
    """The share of visits that took no longer than an edge of the buckets."""
    return ratio(
        increase(f"{histogram}_bucket", _and(scope, f'le="{edge}"'), window, by),
        increase(f"{histogram}_count", scope, window, by),
    )


def up_share(scope: str, window: str, by: str = VISIT) -> str:
    """The share of scheduled visits that were up, of those that were up or down. Bursts are left out."""
    return ratio(
        increase("landwatch_samples_total", _and(scope, 'attempt="scheduled", outcome="up"'), window, by),
        increase(
            "landwatch_samples_total", _and(scope, 'attempt="scheduled", outcome=~"up|down"'), window, by
        ),
    )


def _and(scope: str, only: str) -> str:
    return ", ".join(filter(None, (scope, only)))
