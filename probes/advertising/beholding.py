"""What the three visitors of a page were shown, held against each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from probes.advertising.likeness import Comparison, Sight, compare, see
from probes.advertising.parameters import SHOWN_URL
from probes.advertising.reading import Unreadable
from probes.failure import Failure
from probes.sample import Fault, Outcome
from probes.trace import Trace
from probes.visit.beside import Look, not_made
from probes.visit.body import Body
from probes.visit.visit import Visit
from probes.wire.exchange import Head

_NO_TIME = "there was no time for it"


@dataclass(slots=True)
class Visitor:
    """How one visitor fared."""

    outcome: Outcome
    fault: Fault | None
    detail: str | None
    trace: Trace
    head: Head | None
    body: Body | None
    _sight: Sight | None = field(default=None, init=False)

    @property
    def whole(self) -> bool:
        """Whether a page came, to its last byte, with a good status."""
        hop = self.trace.hops[-1] if self.trace.hops else None
        return self.fault in (None, Fault.CONTENT) and hop is not None and hop.transfer is not None

    @property
    def answered(self) -> bool:
        """Whether the page itself answered, be it with a bad status."""
        return self.whole or self.fault is Fault.STATUS

    def sight(self) -> Sight:
        """What it was shown at last, read once.

        Raises:
            Unreadable: reading it takes too much CPU time.
        """
        if self._sight is not None:
            return self._sight
        assert self.head is not None, "a visitor who was answered has seen a head"
        assert self.body is not None
        self._sight = see(self.trace.hops[-1].url, self.head, self.body)
        return self._sight


def of_visit(visit: Visit, trace: Trace, failure: Failure | None) -> Visitor:
    """The visitor whose visit is the sample."""
    if failure is None:
        return Visitor(Outcome.UP, None, None, trace, visit.head, visit.body)
    return Visitor(failure.outcome, failure.fault, failure.detail, trace, visit.head, visit.body)


def of_look(look: Look | None) -> Visitor | None:
    """One who looked beside it."""
    if look is None:
        return None
    return Visitor(look.outcome, look.fault, look.detail, look.trace, look.head, look.body)


def evidence_of(look: Look | None) -> dict[str, Any]:
    """How a look went, before anything is compared; all of it null where none was made."""
    hops = look.trace.hops if look else []
    went = look.evidence() if look else not_made()
    return went | {"url": hops[-1].url[:SHOWN_URL] if hops else None, "unclear": _NO_TIME}


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether two visitors were shown the same page, and what speaks for it."""

    same: bool | None = None
    comparison: Comparison | None = None
    unclear: str | None = None
    """Why nobody can tell, where ``same`` is ``None``."""

    def words(self) -> dict[str, Any]:
        """Similarity and differences, for the evidence."""
        if self.comparison is None:
            return {"similarity": None, "differences": None}
        return {
            "similarity": self.comparison.similarity,
            "differences": list(self.comparison.differences),
        }


def with_plain(one: Visitor, plain: Visitor | None, alike: float, without: Collection[str]) -> Finding:
    """Whether the channel's visitor was shown what a plain visitor was."""
    if plain is None:
        return Finding(unclear=_NO_TIME)
    if not plain.answered:
        return Finding(unclear=f"it got no answer: {plain.detail}")
    if not one.answered:
        return Finding(unclear="the channel's visitor got no whole answer")
    if not (one.whole or plain.whole):
        return Finding(unclear="neither got the page")
    return _compared(one, plain, alike, without)


def with_crawler(one: Visitor, crawler: Visitor | None, alike: float, without: Collection[str]) -> Finding:
    """Whether the channel's visitor was shown what its crawler was.

    A crawler that gets no page was refused, and not deceived: servers know the real ones by their addresses.
    """
    if crawler is None:
        return Finding(unclear=_NO_TIME)
    if not crawler.whole:
        return Finding(unclear=f"it got no page: {crawler.detail}")
    if not one.whole:
        return Finding(unclear="the visitor got no page to compare with")
    found = _compared(one, crawler, alike, without)
    if found.comparison is not None and found.comparison.wordless:
        # Many sites give crawlers what scripts would make of the page.
        return Finding(None, found.comparison, "without scripts, the visitor's page shows no text")
    return found


def _compared(one: Visitor, other: Visitor, alike: float, without: Collection[str]) -> Finding:
    try:
        comparison = compare(one.sight(), other.sight(), alike=alike, without=without)
    except Unreadable as error:
        return Finding(unclear=str(error))
    unclear = "there is no text to compare" if comparison.same is None else None
    return Finding(comparison.same, comparison, unclear)
