"""DOM time: when the document, by what it says itself, changed for the last time in view.

A style or text that changes counts only if it follows from a cause: without one, something moves by itself.
And nothing counts of which the pictures show nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from probes.firstscreen.capture import Box, Capture, Dom, Node
from probes.firstscreen.causes import CHAIN, LATEST, PROMPT, Causes, causes_of
from probes.firstscreen.moving import OFTEN, still_moves

_ALL = Box(0.0, 0.0, 1.0, 1.0)

Shown = Callable[[float, float, Box], bool]
"""Whether pictures changed in a box, from one moment to another."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that came or changed in view."""

    at: float
    what: str | None
    box: Box
    node: int | None = None
    """Which node's style or text it is that changed; ``None`` where something came."""
    since: float | None = None
    """When a transition or animation began, of which this is the end."""
    first: bool = False
    """Whether it is the first time that a text was replaced."""

    @property
    def began(self) -> float:
        """When the change began."""
        return self.at if self.since is None else self.since


def dom_events(capture: Capture, shown: Shown) -> list[Event]:
    """What counts for the first screen, in the order of time."""
    if capture.dom is None:
        return []
    came = [event for event in _came(capture, capture.dom) if shown(event.began, event.at, event.box)]
    changed = [
        event for event in _changed(capture.dom, capture.ended) if shown(event.began, event.at, event.box)
    ]
    changed.sort(key=lambda event: event.at)
    paint = [] if capture.fcp is None else [Event(capture.fcp, None, _ALL)]
    causes = causes_of(capture, (event.at for event in came + paint))
    return sorted([*paint, *came, *_following(changed, causes)], key=lambda event: event.at)


def _came(capture: Capture, dom: Dom) -> Iterator[Event]:
    """What was inserted, fetched or drawn anew with another font."""
    for part in dom.parts:
        yield Event(part.ended, part.what, part.box)
    for time in dom.fonts:
        yield Event(time, None, _ALL)
    for node in dom.nodes:
        if node.grown is not None and not _restless(node, capture.ended):
            yield Event(node.grown, node.what, node.box)


def _changed(dom: Dom, ended: float) -> Iterator[Event]:
    """Styles and texts that changed, of nodes that do not still do."""
    for number, node in enumerate(dom.nodes):
        if _restless(node, ended):
            continue
        for place, at in enumerate(node.text):
            yield Event(at, node.what, node.box, number, first=place == 0)
        for at in node.style:
            yield Event(at, node.what, node.box, number)
        for since, at in node.runs:
            yield Event(at, node.what, node.box, number, since=since)


def _restless(node: Node, ended: float) -> bool:
    """Whether a node moves by itself."""
    times = {*node.text, *node.style, *(end for _, end in node.runs)}
    if node.grown is not None and node.changes >= OFTEN:
        times.add(node.grown)
    return still_moves(sorted(times), ended)


def _following(changed: Sequence[Event], causes: Causes) -> list[Event]:
    """The changes that follow from causes, or from changes that do.

    A node of which one change does not, of several, moves by itself: then only what follows at once counts.
    """
    often = _repeated(changed)
    movers: set[int | None] = set()
    while True:
        counted: list[Event] = []
        moving = set(movers)
        last = float("-inf")
        for event in changed:
            caused = causes.before(event.began, LATEST) or event.began - last <= CHAIN
            if not caused and event.node in often:
                moving.add(event.node)
            if causes.before(event.began, PROMPT) or (event.node not in movers and (caused or event.first)):
                counted.append(event)
                last = max(last, event.at)
        if moving == movers:
            return counted
        movers = moving


def _repeated(changed: Iterable[Event]) -> set[int | None]:
    """Nodes that changed more than once."""
    once: set[int | None] = set()
    return {event.node for event in changed if event.node in once or once.add(event.node)}  # type: ignore[func-returns-value]
