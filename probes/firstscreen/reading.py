"""Reading: what a page's document answered, as plain facts.

It believes nothing of the answer but what has the right form and lies in the time of the visit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeGuard, TypeVar

from probes.firstscreen.capture import Area, Box, Dom, Node, Part, Request, Shift, Task

_MOST = 2000
_TEXT = 2000
_LONGEST = 3600.0
"""Seconds from the visit's start; what lies further off is no time of this visit."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Look:
    """What a page said of itself in passing. Times are seconds from the visit's start."""

    fcp: float | None
    load: float | None
    grown: float | None
    busy: float | None
    awaiting: bool
    """Whether an image in view or a font is under way."""
    aside: frozenset[str]
    """Addresses of images under way where nobody sees them."""


class Reader:
    """Turns a document's milliseconds into seconds from the visit's start, ``wall`` in Unix time."""

    def __init__(self, answer: Mapping[str, Any], wall: float) -> None:
        self._answer = answer
        origin = answer.get("origin")
        self._offset = float(origin) / 1000 - wall if _is_number(origin) else float("nan")

    @property
    def navigation(self) -> float | None:
        """When the navigation to this document began."""
        return self.time(0)

    def time(self, value: object) -> float | None:
        """A moment, or ``None`` where it is none."""
        if not _is_number(value):
            return None
        seconds = self._offset + value / 1000
        return max(0.0, seconds) if -60.0 < seconds < _LONGEST else None

    def moment(self, name: str) -> float | None:
        """The moment of this name."""
        return self.time(self._answer.get(name))

    def moments(self, values: object) -> tuple[float, ...]:
        """Moments in ascending order, without what is none."""
        return tuple(sorted(time for value in _items(values) if (time := self.time(value)) is not None))

    def look(self) -> Look:
        """The answer to ``look``."""
        awaiting = bool(self._answer.get("images")) or bool(self._answer.get("fonts"))
        aside = frozenset(_text(url) for url in _items(self._answer.get("aside")))
        moment = self.moment
        return Look(moment("fcp"), moment("load"), moment("grown"), moment("busy"), awaiting, aside)

    def shifts(self) -> tuple[Shift, ...]:
        """Layout shifts."""
        return self._all("shifts", lambda at, score: Shift(self._at(at), _number(score, 1e6)))

    def tasks(self) -> tuple[Task, ...]:
        """Long tasks."""
        return self._all("tasks", lambda at, took: Task(self._at(at), _number(took, 1e6) / 1000))

    def marks(self) -> dict[str, float]:
        """The page's own marks."""
        return dict(self._all("marks", lambda name, at: (_text(name), self._at(at))))

    def dom(self, requests: Sequence[Request]) -> Dom:
        """What the answer to ``report`` says of the document."""
        ends: dict[str, float] = {}
        for request in requests:
            if request.ended is not None and not request.redirected:
                ends.setdefault(request.url, request.ended)
        parts = self._all("parts", lambda *part: self._part(part, ends))
        return Dom(
            url=_text(self._answer.get("url")),
            nodes=self._all("nodes", self._node),
            parts=tuple(part for part in parts if part is not None),
            fonts=self.moments(self._answer.get("fonts")),
            moving=self._all("moving", _area),
            drawn=self._all("drawn", _area),
            truncated=self._answer.get("truncated") is not False,
        )

    def _at(self, value: object) -> float:
        time = self.time(value)
        if time is None:
            raise ValueError(f"no time: {value!r}")
        return time

    def _node(
        self,
        what: object,
        box: object,
        grown: object,
        text: object,
        style: object,
        runs: object,
        changes: object,
    ) -> Node:
        spans = tuple((self._at(start), self._at(end)) for start, end in map(_items, _items(runs)))
        return Node(
            what=_text(what),
            box=_box(box),
            grown=self.time(grown),
            text=self.moments(text),
            style=self.moments(style),
            runs=spans,
            changes=int(_number(changes, 1e9)),
        )

    def _part(self, part: Sequence[object], ends: Mapping[str, float]) -> Part | None:
        what, kind, url, loaded, box = part
        ended = self.time(loaded)
        if ended is None:
            ended = ends.get(_text(url).partition("#")[0])
        return None if ended is None else Part(_text(what), _text(kind), _text(url), ended, _box(box))

    def _all(self, name: str, make: Callable[..., _T]) -> tuple[_T, ...]:
        """What ``make`` makes of each entry; entries of another form are left out."""
        return tuple(_made(make, _items(self._answer.get(name))))


def _made(make: Callable[..., _T], entries: Iterable[Any]) -> Iterable[_T]:
    for entry in entries:
        try:
            yield make(*entry)
        except (TypeError, ValueError):
            continue


def _area(what: object, box: object) -> Area:
    return Area(_text(what), _box(box))


def _box(value: object) -> Box:
    return Box(*(_number(edge, 1.0) for edge in _items(value)))


def _items(value: object) -> list[Any]:
    return value[:_MOST] if isinstance(value, list) else []


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _number(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= most:
        raise ValueError(f"no number from 0 to {most}: {value!r}")
    return float(value)


def _text(value: object) -> str:
    return value[:_TEXT] if isinstance(value, str) else ""
