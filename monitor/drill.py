"""A drill, judged: visits in quick succession go in, outages with their bounds and a verdict come out.

Visits may overlap and a failure may take until its deadline, so that a visit stands for a stretch of time:
somewhere within it the page was up, or down. The bounds hold whatever the moment was:

- An outage had begun when the first of its visits to end had failed. A visit that no answer came to is taken
  to have failed as soon as the slowest good visit before would have been over.
- It was not over when the last visit that failed began.
- It had not begun when the last good visit began that was over before a later one failed, and it was over
  when the first good visit ended that began after the failure was there.

Between the first two lies the inner length: so long the page was down for certain, as far as looks can tell.
Between the other two lies the outer one: longer it was not. Pure: visits come with their times.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.drill_outage import DrillOutage, Look, Where
from monitor.sla.slices import measures
from monitor.sla.verdict import Finding, seconds
from probes.sample import Fault, Outcome, Sample

_REMEMBERED = 256
"""Good visits that are kept for the beginning of an outage; that many may overlap."""


@dataclass(slots=True)
class _Open:
    """An outage that is not over."""

    before: list[Look]
    """Good visits that began before it, the latest last."""
    first: Look
    last: Look
    onset: float
    """By when it had begun for certain."""
    looked: float
    """Until when visits of it looked."""
    blind: float = 0.0
    samples: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def last_good(self) -> Look | None:
        """The last good visit that was over while the outage was not: what it saw was before."""
        return next((one for one in reversed(self.before) if one.end <= self.last.start), None)


class Drill:
    """Takes visits in the order in which they began, and says what became of the promise."""

    def __init__(self, every: float, at_most: float) -> None:
        self.at_most = at_most
        """Seconds within which an outage was promised to be over."""
        self.counts: Counter[str] = Counter()
        """Visits by outcome; those that our own machine spoiled are ``tainted``."""
        self.findings: Counter[Finding] = Counter()
        """Outages by whether they were over in time."""
        self.longest: DrillOutage | None = None
        """The outage with the longest inner length."""
        self.widest: float | None = 0.0
        """The longest that any outage can have been; ``None``: one has no known end."""
        self.unseen = 0.0
        """The longest stretch, in seconds, in which an outage may have hidden from all visits."""
        self._patience = max(1.0, 4 * every)
        self._slowest = 0.0
        self._since: float | None = None  # since when no good visit has begun
        self._goods: deque[Look] = deque(maxlen=_REMEMBERED)
        self._open: _Open | None = None
        self._number = 0

    @property
    def outages(self) -> int:
        """How many there were; one that is not over is one of them."""
        return self._number

    @property
    def current(self) -> DrillOutage | None:
        """The outage that is not over, as far as it is known."""
        return None if self._open is None else self._outage(self._open, None)

    def add(self, look: Look) -> DrillOutage | None:
        """Take one more visit. What comes back is an outage that this visit begins or ends."""
        sample = look.sample
        self.counts["tainted" if sample.tainted else sample.outcome.value] += 1
        if self._since is None:
            self._since = look.start
        if not measures(sample):
            if self._open is None:
                self._hid_until(look.end)
            return None
        return self._bad(look) if sample.outcome is Outcome.DOWN else self._good(look)

    def finish(self) -> DrillOutage | None:
        """No more visits come. What comes back is the outage that was not seen to end."""
        last = self.current
        if last is not None:
            self._count(last)
            self._open = None
        return last

    def verdict(self) -> tuple[Finding, list[str]]:
        """What the drill proves, once it is finished, and in words what it does not."""
        if self.findings[Finding.BREACHED]:
            return Finding.BREACHED, []
        missing = list(self._missing())
        return (Finding.UNPROVEN if missing else Finding.MET), missing

    def _missing(self) -> Iterable[str]:
        if not self._number:
            yield "nothing failed, so that nothing was recovered from"
        if self.widest is None:
            yield "an outage has an end that was not seen"
        elif self.widest > self.at_most:
            yield (
                f"an outage may have lasted {seconds(self.widest)}: "
                "more frequent visits, or a shorter --timeout, tell more"
            )
        if self.unseen > self.at_most:
            yield f"for {seconds(self.unseen)} nobody could have seen an outage: too few visits measured"

    def _bad(self, look: Look) -> DrillOutage | None:
        # A refusal comes when it comes, but where no answer came, the page was gone before the deadline.
        silent = look.sample.fault is Fault.TIMEOUT and self._slowest > 0.0
        known = min(look.end, look.start + self._slowest) if silent else look.end
        now = self._open
        began = now is None
        if now is None:
            self._number += 1
            now = self._open = _Open(list(self._goods), look, look, known, look.end)
        gap = look.start - now.looked
        if gap > self._patience:
            now.blind += gap
        now.onset, now.looked = min(now.onset, known), max(now.looked, look.end)
        now.last = look
        now.samples += 1
        now.faults[look.sample.fault.value if look.sample.fault else "unknown"] += 1
        return self.current if began else None

    def _good(self, look: Look) -> DrillOutage | None:
        now, over = self._open, None
        if now is not None:
            if look.start < now.onset:
                return None  # it may have met the page before the outage began, and ends nothing
            over = self._outage(now, look)
            self._count(over)
            self._open = None
        else:
            self._hid_until(look.end)
        self._since = look.start
        self._slowest = max(self._slowest, look.end - look.start)
        self._goods.append(look)
        return over

    def _hid_until(self, moment: float) -> None:
        if self._since is not None:
            self.unseen = max(self.unseen, moment - self._since)

    def _count(self, outage: DrillOutage) -> None:
        self.findings[outage.finding(self.at_most)] += 1
        if self.longest is None or outage.inner > self.longest.inner:
            self.longest = outage
        if outage.outer is None or self.widest is None:
            self.widest = None
        else:
            self.widest = max(self.widest, outage.outer)

    def _outage(self, now: _Open, after: Look | None) -> DrillOutage:
        before, first, last = now.last_good(), now.first.sample, now.last.sample
        return DrillOutage(
            number=self._number,
            first_bad=first.at,
            last_bad=last.at,
            last_good=before.sample.at if before else None,
            first_good=after.sample.at if after else None,
            all_good=_ended(after.sample) if after else None,
            inner=max(0.0, now.last.start - now.onset - now.blind),
            outer=after.end - before.start if before and after else None,
            blind=now.blind,
            samples=now.samples,
            faults=dict(now.faults.most_common()),
            detail=first.detail,
            before=Where.of(before.sample) if before else Where(),
            during=Where.of(last),
            after=Where.of(after.sample) if after else Where(),
            recovery=after.start - now.first.start if after else None,
            resolution=after.start - now.last.start if after else None,
        )


def _ended(sample: Sample) -> datetime:
    return sample.at + timedelta(seconds=sample.duration or 0.0)
