"""Looks at a page's last slices: what each says for its outage, and for the advisory of each region.

A slice is bad as soon as a quorum saw the page down in it: what a region saw does not go away. One that
still runs is bad only where no region that has not looked yet could change that: where so many saw the page
down that they are a quorum even if all others say that it is up. A slice is good only some time after it is
over, when all that belongs to it can have arrived. Until then a failure of the slice before does not speak
for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from monitor.judging.incident_course import Edge, Seen
from monitor.sla.incidents import Finding, Look
from monitor.sla.masks import Tally, between, runs
from monitor.sla.outages import Outage, page_outages
from monitor.sla.quorum import PageSlices, Quorum, page_slices
from monitor.sla.timeline import Grid, Line
from monitor.sla.windows import moment


@dataclass(frozen=True, slots=True)
class Witness:
    """What samples say about outages beside their slices."""

    outages: Sequence[Outage] = ()
    """What each region saw, in order."""
    longest: Mapping[str, float] = field(default_factory=dict)
    """Seconds that the worst sample of each took, by the sample's id."""


@dataclass(frozen=True)
class View:
    """The last slices of a page, and which of them are looked at."""

    grid: Grid
    """The slices of all regions that watch it, the one that still runs at the end."""
    quorum: Quorum
    chosen: Sequence[str]
    """The regions whose word counts for an outage; empty for all."""
    first: int
    """The first slice that is looked at."""
    over: int
    """How many slices are over, and their samples here as a rule; what comes after counts as running."""
    settled: int
    """How many slices are old enough to be good."""
    muted: int = 0
    """The slices in declared maintenance, as a set."""

    @cached_property
    def page(self) -> PageSlices:
        """The page's own slices, those that run as far as they are decided."""
        lines = {name: self._so_far(self.grid.lines[name]) for name in self.voters}
        page = page_slices(replace(self.grid, lines=lines), self.quorum)
        fallen = Tally([line.down for line in lines.values()], between(0, self.grid.count))
        decided = between(0, self.over) | fallen.at_least(self.needed)
        return replace(page, known=page.known & decided, bad=page.bad & decided)

    def _so_far(self, line: Line) -> Line:
        """What a region saw, without failures that were carried on into slices that are not settled."""
        pending = line.down & ~line.fresh & ~between(0, self.settled)
        return line._replace(measured=line.measured & ~pending, down=line.down & ~pending)

    @cached_property
    def voters(self) -> list[str]:
        """The regions whose word counts for an outage."""
        return [name for name in self.grid.lines if not self.chosen or name in self.chosen]

    @property
    def needed(self) -> int:
        """How many of them it takes, where all of them measured."""
        return self.quorum.needs(len(self.voters), len(self.voters))


def of_outage(view: View, witness: Witness) -> Iterator[Seen]:
    """The looks at whether a quorum sees the page down."""
    page = view.page
    seen = [one for one in witness.outages if set(one.regions) <= set(view.voters)]
    return _looks(view, page.bad, page.known & ~page.bad, view.voters, Witness(seen, witness.longest))


def lone_slices(view: View, region: str) -> int:
    """The slices in which a region looked and saw the page down, and a quorum did not.

    Only settled ones: before, others may just not have said yet that they see it too.
    """
    line = view.grid.lines[region]
    return line.down & line.fresh & ~view.page.bad & between(0, view.settled)


def of_advisory(view: View, region: str, witness: Witness) -> Iterator[Seen]:
    """The looks at whether one region alone sees the page down. In an outage of the page it is not alone."""
    line = view.grid.lines[region]
    seen = [one for one in witness.outages if one.regions == (region,)]
    good = line.fresh & ~line.down
    return _looks(view, lone_slices(view, region), good, [region], Witness(seen, witness.longest))


def _looks(view: View, bad: int, good: int, regions: Sequence[str], witness: Witness) -> Iterator[Seen]:
    """Slices that say neither are no looks, and neither are those in maintenance."""
    counted = between(view.first, view.grid.count) & ~view.muted
    bad, good = bad & counted, good & counted & between(0, view.settled)
    needed = min(view.needed, len(regions))
    last: tuple[int, int] | None = None
    places = bad | good
    while places:
        place = (places & -places).bit_length() - 1
        places &= places - 1
        if bad >> place & 1:
            last = _run_at(bad, place)
            yield _bad_look(view, place, last, regions, needed, witness)
        else:
            yield _good_look(view, place, last, needed, witness)


def _run_at(bad: int, place: int) -> tuple[int, int]:
    return next(run for run in runs(bad) if run[0] <= place < run[1])


def _bad_look(
    view: View,
    place: int,
    run: tuple[int, int],
    regions: Sequence[str],
    needed: int,
    witness: Witness,
) -> Seen:
    start = view.grid.start + place * view.grid.length
    during = [one for one in witness.outages if _overlaps(one, start, start + view.grid.length)]
    faults: Counter[str] = Counter()
    for one in during:
        faults.update(one.faults)
    worst = max(during, key=lambda one: (witness.longest.get(one.worst, 0.0), one.worst), default=None)
    finding = Finding(
        at=moment(start),
        look=Look.BAD,
        reason=max(sorted(faults), key=lambda name: faults[name], default=""),
        regions=tuple(name for name in regions if view.grid.lines[name].down >> place & 1),
        sample=worst.worst if worst else None,
        severity=witness.longest.get(worst.worst, 0.0) if worst else 0.0,
    )

    def begin() -> Edge | None:
        whole = _whole(view, run, needed, witness)
        return Edge(whole.first_bad, whole.opened_by) if whole else None

    return Seen(finding, begin)


def _good_look(view: View, place: int, run: tuple[int, int] | None, needed: int, witness: Witness) -> Seen:
    at = moment(view.grid.start + place * view.grid.length)

    def end() -> Edge | None:
        whole = _whole(view, run, needed, witness) if run else None
        return Edge(whole.first_good, whole.closed_by) if whole and whole.first_good else None

    return Seen(Finding(at, Look.GOOD), end)


def _whole(view: View, run: tuple[int, int], needed: int, witness: Witness) -> Outage | None:
    """The outage behind a run of bad slices, with its bounds by the samples."""
    first, end = (view.grid.start + place * view.grid.length for place in run)
    found = page_outages([(first, end)], witness.outages, needed)
    return found[0][1] if found else None


def _overlaps(outage: Outage, start: int, end: int) -> bool:
    return outage.first_bad.timestamp() < end and outage.last_bad.timestamp() >= start
