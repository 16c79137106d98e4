"""What a browser showed and did during one visit: plain facts, bounded, from which all figures follow.

Every time is in seconds from the visit's start: the moment at which the browser sent its first request for a
document. Boxes are fractions of what is in view, so that they fit frames of any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Ended(StrEnum):
    """Why the watching of a visit ended."""

    SETTLED = "settled"  # the page had come to rest
    LIMIT = "limit"  # it had not, when the time was up: the capture is incomplete
    FAILED = "failed"  # the browser came to no page


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of the viewport, as it was shown from ``at`` on."""

    at: float
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the viewport: fractions from 0 to 1 of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Node:
    """An element in view that came or changed. Times ascend; of very many the last ones are kept."""

    what: str
    """The element in the words of a selector: ``main > p.lead``."""
    box: Box
    grown: float | None = None
    """When it came, or something was last added to it."""
    text: tuple[float, ...] = ()
    """When what it held was replaced by something else."""
    style: tuple[float, ...] = ()
    """When its style or class was set."""
    runs: tuple[tuple[float, float], ...] = ()
    """Transitions and animations of it that came to an end: from when to when."""
    changes: int = 0
    """How often it changed after it came, those times included that were not kept."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something in view that was fetched, and when it was there."""

    what: str
    kind: str
    """``image``, ``background``, ``poster`` or ``iframe``."""
    url: str
    ended: float
    box: Box


@dataclass(frozen=True, slots=True)
class Area:
    """A place in view, and the element that takes it."""

    what: str
    box: Box


@dataclass(frozen=True, slots=True)
class Dom:
    """What the page's document said when the watching ended."""

    url: str
    nodes: tuple[Node, ...] = ()
    parts: tuple[Part, ...] = ()
    fonts: tuple[float, ...] = ()
    """When fonts of text in view were there."""
    moving: tuple[Area, ...] = ()
    """Where animations run and videos play, when the watching ended."""
    drawn: tuple[Area, ...] = ()
    """Where canvases are: what is drawn there leaves no trace in the document."""
    truncated: bool = False
    """Whether more changed than was kept."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A layout shift: its score by the browser's own reckoning."""

    at: float
    score: float


@dataclass(frozen=True, slots=True)
class Task:
    """A task that kept the page's main thread for more than 50 ms."""

    at: float
    took: float


@dataclass(slots=True)
class Request:
    """One request that the page made, in the words of the DevTools protocol."""

    id: str
    url: str
    kind: str
    """``Document``, ``Stylesheet``, ``Image``, ``Script``, ``XHR``, ..."""
    method: str
    started: float
    main: bool = False
    """Whether it was for the page's own document, and not for a frame's or a part's."""
    ended: float | None = None
    failed: str | None = None
    """The browser's word for why it failed, ``net::ERR_...``."""
    responded: float | None = None
    status: int | None = None
    protocol: str | None = None
    address: str | None = None
    mime: str | None = None
    bytes: int = 0
    """What came over the wire, headers included, as far as the browser says."""
    cached: bool = False
    redirected: bool = False
    """Whether its answer sent the browser on; the next request of the same ``id`` follows."""
    timing: Mapping[str, float] = field(default_factory=dict)
    """``Network.ResourceTiming`` without ``requestTime``: milliseconds after ``sent``, or -1."""
    sent: float | None = None
    """``requestTime``: where the milliseconds of ``timing`` begin."""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    response_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Capture:
    """One visit, as it was seen."""

    url: str
    started: float
    """The visit's start as Unix time, by the browser's clock."""
    width: int
    height: int
    """The viewport in CSS pixels."""
    ended: float = 0.0
    """When the watching ended."""
    ended_by: Ended = Ended.SETTLED
    error: str | None = None
    """Why the browser came to no page: its own words."""
    frames: list[Frame] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    causes: list[float] = field(default_factory=list)
    """When responses that may have changed what is seen were there, in ascending order."""
    dom: Dom | None = None
    """``None`` where the page never answered."""
    navigation: float | None = None
    """When the navigation that led to this document began: 0 unless a script sent the visitor on."""
    fcp: float | None = None
    lcp: float | None = None
    load: float | None = None
    shifts: tuple[Shift, ...] = ()
    tasks: tuple[Task, ...] = ()
    marks: Mapping[str, float] = field(default_factory=dict)
    """Moments that the page itself marked (``performance.mark``)."""
    truncated: bool = False
    """Whether frames or requests were more than is kept."""

    @property
    def incomplete(self) -> bool:
        """Whether the page had not come to rest, or not all of it was seen: figures are of what was."""
        unseen = self.truncated or self.dom is None or self.dom.truncated
        return unseen or self.ended_by is not Ended.SETTLED
