"""Early looks: pages that an own sample saw down are looked at before their slice is over.

Whoever took the sample that completes a quorum looks a moment later, when the store has it: so no agent needs
to ask the store for failures that others see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from monitor.judging.incident_plan import PageKey, PagePlan
from probes.sample import Outcome, Sample

AGE = 1.0
"""Seconds after which a sample that was handed over is in the store, as a rule."""
PAUSE = 2.0
"""Seconds between two early looks at least."""
SHARE = 9.0
"""They rest this many times as long as they work: a region that loses its network sees everything down."""


class Early:
    """What was seen down since it was last looked at."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str, str], float] = {}
        self._next = self._rest = 0.0

    @property
    def heard(self) -> bool:
        """Whether anything was seen down."""
        return bool(self._heard)

    def record(self, sample: Sample, now: float) -> None:
        """Take note of an own sample. It is called on the event loop, and takes no time."""
        if sample.outcome is Outcome.DOWN and not sample.tainted:
            self._heard.setdefault((sample.vendor, sample.page, sample.probe), now)

    def due(self, plans: Iterable[PagePlan], known: Collection[PageKey], now: float) -> set[PageKey]:
        """The pages to look at now: seen down by what speaks for them, and not ``known`` to be down."""
        if not self._heard or self._next - self._rest <= now < self._next:
            return set()
        probes = {plan.key: plan.probe for plan in plans}
        found = set()
        for (vendor, page, probe), at in list(self._heard.items()):  # the loop's thread adds to it
            if at <= now < at + AGE:
                continue
            del self._heard[vendor, page, probe]
            if probes.get((vendor, page)) == probe and (vendor, page) not in known:
                found.add((vendor, page))
        return found

    def done(self, at: float, worked: float) -> None:
        """Take note of an early look that was made at a moment, and took so many seconds."""
        self._rest = max(PAUSE, SHARE * worked)
        self._next = at + worked + self._rest
