"""The figures of one visit, from what was captured of it."""

from __future__ import annotations

from dataclasses import dataclass

from probes.firstscreen.capture import Capture


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
    raise NotImplementedError
