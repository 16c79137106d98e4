"""The figures of one visit, from what was captured of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probes.firstscreen.capture import Box, Capture
from probes.firstscreen.causes import LATEST, causes_of
from probes.firstscreen.dom import Event, dom_events
from probes.firstscreen.frames import Step, grid_of, steps
from probes.firstscreen.speed import speed_index
from probes.firstscreen.stability import blocking_time, layout_shift
from probes.firstscreen.tiles import Grid
from probes.firstscreen.visual import Sight, look, was_shown


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a visit was like, in seconds from its start. What was not seen is ``None``."""

    first_screen: float | None
    dom: float | None
    """The part of it that the document tells."""
    visual: float | None
    """The part of it that the pictures tell."""
    masked: float | None
    """The share of the viewport, 0 to 1, that was left out because it moves."""
    fcp: float | None
    lcp: float | None
    speed_index: float | None
    cls: float | None
    """Cumulative layout shift: a score, no time."""
    tbt: float | None
    """Total blocking time, from first contentful paint to the visit's end."""
    incomplete: bool
    """Whether the page had not come to rest: the figures are what they were until then."""
    last_element: str | None
    """The element that came last, in the words of a selector."""

    def figures(self) -> dict[str, float]:
        """The figures that were seen, by the names under which samples keep them."""
        names = ("first_screen", "fcp", "lcp", "speed_index", "cls", "tbt")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def compute(capture: Capture) -> Vitals:
    """The figures of a visit. Pure: the same capture always gives the same."""
    grid = grid_of(capture.frames)
    found = [] if grid is None else steps(capture.frames, grid)

    def shown(start: float, end: float, box: Box) -> bool:
        return grid is None or was_shown(found, grid, start, end, box)

    events = dom_events(capture, shown)
    sight = None if grid is None else _see(capture, grid, found, events)
    dom = events[-1].at if events else None
    visual = sight.at if sight else None
    times = [time for time in (dom, visual) if time is not None]
    first_screen = max(times, default=None)
    index = None
    if grid is not None and first_screen is not None:
        index = speed_index(capture, grid, found, first_screen)
    return Vitals(
        first_screen=first_screen,
        dom=dom,
        visual=visual,
        masked=float(sight.masked.mean()) if sight else None,
        fcp=capture.fcp,
        lcp=capture.lcp,
        speed_index=index,
        cls=None if capture.dom is None else layout_shift(capture.shifts),
        tbt=None if capture.fcp is None else blocking_time(capture.tasks, capture.fcp, capture.ended),
        incomplete=capture.incomplete,
        last_element=_last(capture, grid, sight, events),
    )


def _see(capture: Capture, grid: Grid, found: Sequence[Step], events: Sequence[Event]) -> Sight:
    """What the pictures say, given what the document says."""
    spans = [(event.since, event.at) for event in events if event.since is not None]
    causes = causes_of(capture, (event.at for event in events), spans)
    dom = capture.dom
    moving, drawn = (dom.moving, dom.drawn) if dom else ((), ())
    return look(found, grid, causes, ended=capture.ended, moving=moving, drawn=drawn)


def _last(capture: Capture, grid: Grid | None, sight: Sight | None, events: Sequence[Event]) -> str | None:
    """The element that came last: the latest of those that lie where the pictures changed last."""
    if not events or grid is None or sight is None or sight.at is None or events[-1].at >= sight.at:
        return next((event.what for event in reversed(events) if event.what), None)
    for event in reversed(events):
        if sight.at - event.at > LATEST:
            break
        if event.what and (grid.under(event.box) & sight.where).any():
            return event.what
    drawn = capture.dom.drawn if capture.dom else ()
    return next((one.what for one in drawn if (grid.under(one.box) & sight.where).any()), None)
