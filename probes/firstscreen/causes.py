"""Causes: what may have changed a page, and whether a change followed from one of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from probes.firstscreen.capture import Capture

LATEST = 1.0
"""Seconds after a cause within which a change follows from it."""
CHAIN = 0.5
"""Seconds after a change that follows from a cause, within which another one follows from it in turn."""
PROMPT = 0.15
"""Seconds after a cause within which even what moves by itself is taken to follow from it."""
_EARLY = 0.1
"""A change may be noted so much before its cause: a script can use a response before its end."""


class Causes:
    """Moments, some of them lasting, after which changes are expected."""

    def __init__(self, moments: Iterable[float], spans: Iterable[tuple[float, float]] = ()) -> None:
        self._moments = sorted(moments)
        self._spans = list(spans)

    def before(self, at: float, within: float) -> bool:
        """Whether one lies at most ``within`` seconds before ``at``."""
        place = bisect_left(self._moments, at - within)
        if place < len(self._moments) and self._moments[place] <= at + _EARLY:
            return True
        return any(start - _EARLY <= at <= end + within for start, end in self._spans)


def causes_of(
    capture: Capture, moments: Iterable[float], spans: Iterable[tuple[float, float]] = ()
) -> Causes:
    """What may have changed the page: what it fetched, and these moments and spans besides."""
    return Causes([*capture.causes, *moments], [*_coming(capture), *spans])


def _coming(capture: Capture) -> Iterator[tuple[float, float]]:
    """While documents, and images in view, were coming, each piece of them may have changed what is seen."""
    seen = {part.url for part in capture.dom.parts} if capture.dom else set()
    for request in capture.requests:
        if request.ended is None or request.responded is None:
            continue
        if request.kind == "Document" or (request.kind == "Image" and request.url in seen):
            yield request.responded, request.ended
