"""Rest: whether a page has come to its final state, as far as can be told while one looks."""

from __future__ import annotations

from dataclasses import dataclass

_QUIET = 1.5
"""So long nothing may have happened."""
_RESTLESS = 1.8
"""So long after what can change a page, moving things are not waited for any more."""
_PATIENCE = 8.0
"""So long a document, style sheet, script, image or font is waited for."""
_OTHERS = 3.0
"""So long any other request is waited for."""


@dataclass(frozen=True, slots=True)
class State:
    """What one look saw. Times are in seconds from the visit's start, ``None`` for never."""

    shown: bool
    """Whether something was painted, or the page has loaded."""
    network: float = 0.0
    """When a request last began or ended."""
    grown: float | None = None
    """When the document last grew."""
    busy: float | None = None
    """When something in it last changed."""
    frame: float | None = None
    """When the picture last changed."""
    blocking: float | None = None
    """Since when the oldest document, style sheet or script, or what is awaited in view, is under way."""
    others: tuple[float, ...] = ()
    """Since when other requests are under way."""


def rest_at(state: State) -> float | None:
    """When the page is taken to be in its final state, if nothing happens until then; ``None``: not yet."""
    if not state.shown:
        return None
    cause = max(state.network, state.grown or 0.0)
    moved = max(state.busy or 0.0, state.frame or 0.0)
    awaited = [since + _OTHERS for since in state.others]
    if state.blocking is not None:
        awaited.append(state.blocking + _PATIENCE)
    return max(cause + _QUIET, min(moved + _QUIET, cause + _RESTLESS), *awaited)
