"""Mistakes between the values of a scorecard: KPIs that there are none of, and units that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from monitor.config.kpis import KPIS, Combine, Kpi, KpiUnit, has_percent, registry
from monitor.config.mistakes import Path
from monitor.config.objectives import default_objectives
from monitor.config.schema import closest
from monitor.config.scorecard import ACCEPTANCE, STEADY

Mistakes = Iterator[tuple[Path, str]]


def mistakes_of_scorecard(value: Any) -> Mistakes:
    """The path and message of each."""
    card = value.get("scorecard") if isinstance(value, dict) else None
    if not isinstance(card, dict):
        return
    own = _mappings(card.get("kpis"))
    known = registry(_readable(one for _, one in own))
    names = [*known, *(one["name"] for _, one in own if isinstance(one.get("name"), str))]
    for place, one in own:
        if one.get("name") in KPIS:
            words = f"{one['name']!r} is known already: choose another name"
            yield ("scorecard", "kpis", place, "name"), words
        yield from _parts(("scorecard", "kpis", place), one, known, names)
    for name in (*ACCEPTANCE, *STEADY):
        stage = card.get(name)
        if isinstance(stage, dict):
            yield from _objectives(("scorecard", name, "objectives"), stage, value)
            thresholds = _mappings(stage.get("thresholds"))
            yield from _twice(("scorecard", name, "thresholds"), thresholds, ("kpi", "per", "against"))
            for place, one in thresholds:
                yield from _threshold(("scorecard", name, "thresholds", place), one, known, names)
    goals = card.get("goals")
    for name, written in goals.items() if isinstance(goals, dict) else ():
        yield from _kpi(("scorecard", "goals", str(name)), name, names)
        if name in known:
            yield from _aim(("scorecard", "goals", str(name)), written, share=_is_share(known[name]))
    vendors = [one.get("name") for _, one in _mappings(value.get("vendors"))]
    baselines = _mappings(card.get("baselines"))
    yield from _twice(("scorecard", "baselines"), baselines, ("vendor", "kpi"))
    for place, one in baselines:
        yield from _baseline(("scorecard", "baselines", place), one, known, names, vendors)


def _twice(path: Path, items: list[tuple[int, dict[str, Any]]], keys: tuple[str, ...]) -> Mistakes:
    """What is said of the same thing twice: one of the two would count, and nobody sees which."""
    first: dict[str, int] = {}
    for place, one in items:
        before = first.setdefault(repr([one.get(key) for key in keys]), place)
        if before != place:
            yield (*path, place), f"is about the same as {path[-1]}[{before}]: leave one of them"


def _parts(path: Path, one: dict[str, Any], known: dict[str, Kpi], names: list[str]) -> Mistakes:
    for key in ("numerator", "denominator"):
        part = one.get(key)
        yield from _kpi((*path, key), part, names)
        if part in known and known[part].combine != Combine.SUM:
            yield (*path, key), f"{part!r} is no sum: name a KPI that is counted day by day"


def _threshold(path: Path, one: dict[str, Any], known: dict[str, Kpi], names: list[str]) -> Mistakes:
    yield from _kpi((*path, "kpi"), one.get("kpi"), names)
    kpi = known.get(str(one.get("kpi")))
    if kpi is None:
        return
    right, wrong = ("at_most", "at_least") if kpi.lower_is_better else ("at_least", "at_most")
    if wrong in one:
        yield (*path, wrong), f"{kpi.name} is better the {kpi.better}: write `{right}` for `{wrong}`"
    yield from _manner(path, one, kpi)
    share = _is_share(kpi) or one.get("against") is not None or one.get("per") == "month"
    yield from _aim((*path, right), one.get(right), share=share)


def _manner(path: Path, one: dict[str, Any], kpi: Kpi) -> Mistakes:
    """Sums are counted by week, and what is known as it stands grows by month."""
    per = one.get("per")
    if per == "week" and kpi.combine != Combine.SUM:
        yield (*path, "per"), f"{kpi.name} is no sum, and is not counted by week: leave `per` out"
    if per == "month" and kpi.combine != Combine.LAST:
        yield (
            (*path, "per"),
            "only what is known as it stands (`combine: last`) grows by month: leave `per` out",
        )
    if one.get("against") is not None and kpi.combine == Combine.SUM and per != "week":
        yield (
            (*path, "against"),
            f"{kpi.name} is a sum, and sums over different times can't be compared: write `per: week` too",
        )


def _baseline(
    path: Path, one: dict[str, Any], known: dict[str, Kpi], names: list[str], vendors: list[Any]
) -> Mistakes:
    yield from _kpi((*path, "kpi"), one.get("kpi"), names)
    vendor = one.get("vendor")
    if isinstance(vendor, str) and vendor not in vendors:
        yield (*path, "vendor"), _none(vendor, [str(each) for each in vendors], "vendor")
    if one.get("kpi") in known:
        yield from _aim((*path, "value"), one.get("value"), share=_is_share(known[one["kpi"]]))


def _objectives(path: Path, stage: dict[str, Any], value: dict[str, Any]) -> Mistakes:
    written = value.get("objectives")
    known = [one.get("name") for _, one in _mappings(written)]
    if written is None:
        known = [one.name for one in default_objectives()]
    named = stage.get("objectives")
    for place, name in enumerate(named if isinstance(named, list) else ()):
        if isinstance(name, str) and name not in known:
            yield (*path, place), _none(name, [str(each) for each in known], "objective")


def _aim(path: Path, written: Any, *, share: bool) -> Mistakes:
    """A share or change has a ``%``, and nothing else has: 0.45 may be meant either way."""
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        return
    if share and not isinstance(written, str):
        yield path, f"is a share or a change, and has a %: write {written * 100:g}% or {written:g}%"
    elif not share and has_percent(written):
        yield path, f"is no share: write a number without %, not {written!r}"


def _is_share(kpi: Kpi) -> bool:
    return kpi.unit == KpiUnit.SHARE


def _kpi(path: Path, name: Any, names: list[str]) -> Mistakes:
    if isinstance(name, str) and name not in names:
        yield path, _none(name, names, "KPI")


def _none(name: str, known: list[str], noun: str) -> str:
    nearest = closest(name, known)
    meant = f"did you mean {nearest!r}?" if nearest else f"there are {', '.join(known) or 'none'}"
    return f"no {noun} is called {name!r}: {meant}"


def _mappings(items: Any) -> list[tuple[int, dict[str, Any]]]:
    found = enumerate(items) if isinstance(items, list) else ()
    return [(place, one) for place, one in found if isinstance(one, dict)]


def _readable(written: Iterable[dict[str, Any]]) -> Iterator[Kpi]:
    """One's own KPIs, without those that are mistakes by themselves."""
    for one in written:
        try:
            yield Kpi.model_validate(one)
        except ValidationError:
            continue
