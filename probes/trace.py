"""The trace: what a probe writes down as it goes, so that what was seen before a failure is kept."""

from __future__ import annotations

import math
from typing import Any

from probes.failure import Failure
from probes.sample import Attempt, Clock, Hop


class Trace:
    """The record of one measurement, made by the runner and filled by the probe.

    All times are ``time.monotonic()`` seconds. ``first_byte`` is when the first byte of the final
    response arrived; until then there is no TTFB. ``ended`` is when the measurement itself was over: a
    probe sets it before it looks at more for evidence, so that neither the sample's duration nor its taints
    are of that; ``failure`` is what the measurement came to by then, where it failed. ``deadline`` is when
    the runner cuts the whole off. ``tainted`` are doubts that the probe itself has in this machine.
    """

    __slots__ = (
        "attempt",
        "bytes",
        "clock",
        "deadline",
        "ended",
        "evidence",
        "failure",
        "first_byte",
        "hops",
        "started",
        "tainted",
        "vitals",
    )

    def __init__(
        self, started: float, timeout: float = math.inf, attempt: Attempt = Attempt.SCHEDULED
    ) -> None:
        self.started = started
        self.deadline = started + timeout
        self.attempt = attempt
        self.ended: float | None = None
        self.failure: Failure | None = None
        self.first_byte: float | None = None
        self.clock = Clock.KERNEL
        self.tainted: list[str] = []
        self.bytes: int | None = None
        self.hops: list[Hop] = []
        self.vitals: dict[str, float] = {}
        self.evidence: dict[str, Any] = {}

    def note(self, clock: Clock) -> None:
        """Take note of whose time a part was measured in: one part by the loop's makes the whole so."""
        if clock is Clock.LOOP:
            self.clock = clock

    @property
    def ttfb(self) -> float | None:
        """Navigation TTFB: the phases of all hops up to the first byte of the final response."""
        if self.first_byte is None:
            return None
        total = 0.0
        for hop in self.hops:
            total += (hop.dns or 0.0) + (hop.connect or 0.0) + (hop.tls or 0.0) + (hop.wait or 0.0)
        for hop in self.hops[:-1]:
            total += hop.transfer or 0.0
        return total

    @property
    def client(self) -> float | None:
        """What our own process spent between the phases, up to the first byte of the final response."""
        if self.first_byte is None:
            return None
        return max(0.0, self.first_byte - self.started - (self.ttfb or 0.0))
