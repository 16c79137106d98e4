"""The error model, on one screen.

A probe that sees the page fail raises a :class:`Failure`, with the fault that becomes a label and the
library's own words as its detail. Foreign exceptions are turned into one at the border where they
appear, with their cause chained. What is left (anything but a ``Failure``, a timeout or a
cancellation) is a bug of ours, and the runner says so.

- ``Failure``: the page was seen to fail; the sample is ``down``.
- ``Blocked``: a shield answered in the page's place; the sample is ``blocked``.
- ``OwnFault``: our side failed (no route, no file descriptors); the sample is ``unknown``.
"""

from __future__ import annotations

from probes.sample import Fault, Outcome


class Failure(Exception):
    """A measurement that ended without the page, because of the page."""

    outcome = Outcome.DOWN

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail


class Blocked(Failure):
    """A challenge or rate-limit page of a shield stood in the page's place."""

    outcome = Outcome.BLOCKED

    def __init__(self, detail: str) -> None:
        super().__init__(Fault.BLOCKED, detail)


class OwnFault(Failure):
    """Our own side failed: the sample says nothing about the page."""

    outcome = Outcome.UNKNOWN
