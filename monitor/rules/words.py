"""What alerts say: sentences with the figure, the target and where to look, as Prometheus's templates."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from monitor.config.objectives import Objective
from monitor.rules.promql import argument, literal
from monitor.rules.rule import Places
from monitor.sla.indicators import GRADES, Unit

FLEET, PAGE, SLA, SELF = "landwatch-fleet", "landwatch-page", "landwatch-sla", "landwatch-self"
"""The dashboards, by the names that links have."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The page that an alert is about, as it stands in sentences, in a command and in a link."""

    title: str
    options: str
    variables: str


LABELLED = Subject(
    title="{{ $labels.vendor }} / {{ $labels.page }}",
    options=" ".join(
        f"--{name} '{{{{ reReplaceAll \"'\" \"'\\\\''\" $labels.{name} }}}}'" for name in ("vendor", "page")
    ),
    variables="&".join(f"var-{name}={{{{ $labels.{name} | urlquery }}}}" for name in ("vendor", "page")),
)
"""The page that the labels of the expression name."""


def named(vendor: str, page: str) -> Subject:
    """The page of these names, where the expression has no labels."""
    return Subject(
        title=literal(f"{vendor} / {page}"),
        options=literal(f"--vendor {shlex.quote(vendor)} --page {shlex.quote(page)}"),
        variables=f"var-vendor={quote(vendor, safe='')}&var-page={quote(page, safe='')}",
    )


def of_page(
    places: Places, summary: str, description: str, about: Subject = LABELLED, dashboard: str = PAGE
) -> Mapping[str, str]:
    """The annotations of an alert about a page. ``summary`` goes on after the page's name."""
    return {
        "summary": f"{about.title} {summary}",
        "description": description,
        "command": f"landwatch report {about.options}",
        "status_page": places.status,
        "dashboard": f"{places.grafana}/d/{dashboard}?{about.variables}",
    }


def of_itself(places: Places, summary: str, description: str) -> Mapping[str, str]:
    """The annotations of an alert about landwatch itself."""
    return {
        "summary": summary,
        "description": description,
        "status_page": places.status,
        "dashboard": f"{places.grafana}/d/{SELF}",
    }


def told(query: str, words: str, *arguments: str) -> str:
    """Words for each result of a query whose ``%q`` are the arguments; without a result, nothing.

    In the words ``.Value`` is the result. An argument is ``$labels.NAME``, or quoted by
    :func:`~monitor.rules.promql.argument`.
    """
    return f"{{{{ range printf `{query}` {' '.join(arguments)} | query }}}}{words}{{{{ end }}}}"


PAGE_LABELS = ("$labels.vendor", "$labels.page")
"""The arguments of a query about the page."""


def standing(objective: Objective) -> str:
    """A sentence on where the objective's figure stands over its window. It never flatters."""
    value = "max(landwatch_objective_value{vendor=%q,page=%q,objective=%q})"
    query, shown = _shown(objective.unit, value, lower=objective.at_least is None)
    words = f" Over {literal(objective.window_words)} the figure stands at {shown}."
    return told(query, words, *PAGE_LABELS, argument(objective.name))


def target_words(objective: Objective) -> str:
    """The target of an objective, such as ``at most 300ms``."""
    bound = "at most" if objective.at_least is None else "at least"
    return f"{bound} {objective.show(objective.target)}"


def _shown(unit: Unit, value: str, *, lower: bool) -> tuple[str, str]:
    """The query for a figure, and how its result is shown: rounded to the side that does not flatter."""
    rounded = f"ceil(1000 * {value} - 1e-6) / 1000" if lower else f"floor(1000 * {value} + 1e-6) / 1000"
    if unit is Unit.SHARE:
        return f"floor(1e6 * {value} + 1e-6) / 1e4", "{{ .Value | printf `%.4f%%` }}"
    if unit is Unit.SECONDS:
        return rounded, "{{ .Value | humanizeDuration }}"
    if unit is Unit.GRADE:
        grades = "".join(
            f"{{{{ if eq .Value {place}.0 }}}}{name}{{{{ end }}}}" for place, name in enumerate(GRADES)
        )
        return value, grades
    return rounded, "{{ .Value | printf `%.5g` }}"
