"""What looks make of an incident's row, and what they leave alone. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.judging.incident_course import LAPSE, REFRESH, Edge, Matter, Seen, follow, lapsed
from monitor.sla.incidents import Finding, IncidentKind, Look
from storage.incidents import Change, IncidentRow

AT = datetime(2026, 1, 1, tzinfo=UTC)
OUTAGE = Matter(IncidentKind.OUTAGE, "easyshop", "sale")
ADVISORY = Matter(IncidentKind.ADVISORY, "easyshop", "sale", "eu-west")


def seen(slot: int, look: Look, *regions: str, severity: float = 1.0, edge: Edge | None = None) -> Seen:
    at = AT + timedelta(seconds=15 * slot)
    sample = f"{look}-{slot}"
    return Seen(Finding(at, look, "timeout", regions, sample, severity), lambda: edge)


def bad(slot: int, *regions: str, **more: object) -> Seen:
    return seen(slot, Look.BAD, *(regions or ("eu-west",)), **more)  # type: ignore[arg-type]


def good(slot: int, **more: object) -> Seen:
    return seen(slot, Look.GOOD, **more)  # type: ignore[arg-type]


def after(head: IncidentRow | None, *looks: Seen, matter: Matter = OUTAGE) -> IncidentRow:
    """The incident as the store has it once the change was made."""
    change = follow(head, matter, looks, "here")
    assert change is not None
    return kept(change)


def kept(change: Change) -> IncidentRow:
    number = change.before.number + (1 if change.is_new else 0)
    return replace(change.after, id="kept", number=number, version=change.before.version + 1)


def test_a_first_bad_look_opens_an_outage_with_the_edge_that_samples_know() -> None:
    exact = Edge(AT + timedelta(seconds=3.2), "first")
    change = follow(None, OUTAGE, [bad(0, edge=exact)], "here")
    assert change is not None
    assert change.is_new
    row = change.after
    assert (row.state, row.since, row.opened_by, row.seen) == ("open", exact.at, "first", AT)
    assert (row.worst_sample, row.severity, row.reason) == ("bad-0", 1.0, "timeout")
    (step,) = change.transitions
    assert (step.from_state, step.to_state, step.at, step.by) == ("none", "open", AT, "here")


def test_without_an_edge_the_slice_stands_for_it() -> None:
    row = after(None, bad(0))
    assert (row.since, row.opened_by) == (AT, "bad-0")
    closed = after(row, good(1), good(2))
    assert (closed.until, closed.closed_by) == (AT + timedelta(seconds=15), "good-1")
    no_sample = after(None, bad(0, edge=Edge(AT - timedelta(seconds=9))))
    assert (no_sample.since, no_sample.opened_by) == (AT - timedelta(seconds=9), "bad-0")


def test_the_first_good_look_ends_it_and_the_second_makes_sure() -> None:
    exact = Edge(AT + timedelta(seconds=16), "back")
    row = after(after(None, bad(0)), good(1, edge=exact))
    assert (row.state, row.until, row.closed_by) == ("recovering", exact.at, "back")
    closed = after(row, good(2, edge=Edge(AT, "another")))
    assert (closed.state, closed.until, closed.closed_by) == ("closed", exact.at, "back")


def test_a_relapse_goes_on_with_the_same_incident() -> None:
    row = after(after(None, bad(0)), good(1), bad(2))
    assert (row.state, row.number, row.until, row.closed_by) == ("open", 1, None, None)


def test_nothing_good_was_ever_anything() -> None:
    assert follow(None, OUTAGE, [good(0), good(1)], "here") is None
    assert follow(None, OUTAGE, [], "here") is None


def test_a_suspicion_that_comes_to_nothing_within_one_look_back_is_not_kept() -> None:
    assert follow(None, ADVISORY, [bad(0), good(1)], "here") is None


def test_a_suspicion_is_kept_and_taken_back() -> None:
    row = after(None, bad(0), matter=ADVISORY)
    assert row.state == "suspected"
    gone = after(row, good(1), matter=ADVISORY)
    assert (gone.state, gone.since, gone.seen) == ("none", None, AT + timedelta(seconds=15))
    assert follow(gone, ADVISORY, [bad(0)], "here") is None  # that look was had
    assert after(gone, bad(2), bad(3), matter=ADVISORY).state == "open"


def test_what_was_looked_at_changes_nothing_again() -> None:
    row = after(None, bad(0), bad(1))
    assert follow(row, OUTAGE, [bad(0), bad(1)], "here") is None


def test_an_incident_after_a_closed_one_is_a_new_one_and_never_begins_before_its_end() -> None:
    closed = after(None, bad(0), good(1), good(2))
    assert closed.state == "closed"
    assert follow(closed, OUTAGE, [bad(0), good(1), good(2)], "here") is None
    change = follow(closed, OUTAGE, [bad(0), good(1), good(2), bad(9)], "here")
    assert change is not None
    assert (change.is_new, change.before.number) == (True, 1)
    assert change.after.since == AT + timedelta(seconds=135)


def test_what_follows_an_end_waits_for_the_next_time() -> None:
    row = after(None, bad(0), good(1), good(2), bad(3))
    assert (row.state, row.seen) == ("closed", AT + timedelta(seconds=30))
    assert after(row, bad(0), good(1), good(2), bad(3)).number == 2


def test_more_regions_and_worse_samples_are_written_down() -> None:
    row = after(after(None, bad(0)), bad(1, "us-east", severity=9.0))
    assert (row.state, row.regions) == ("worsened", ("eu-west", "us-east"))
    assert (row.worst_sample, row.severity, row.opened_by) == ("bad-1", 9.0, "bad-0")


def test_a_row_is_not_written_for_a_look_that_says_nothing_new_but_now_and_then() -> None:
    row = after(None, bad(0))
    assert follow(row, OUTAGE, [bad(2)], "here") is None
    slots = int(REFRESH.total_seconds() / 15)
    assert after(row, bad(slots)).seen == AT + timedelta(seconds=15 * slots)


@pytest.mark.parametrize("state", ["suspected", "open", "recovering"])
def test_what_nobody_looks_at_any_more_is_over_since_it_was_last_seen(state: str) -> None:
    row = replace(after(None, bad(0)), state=state)
    assert lapsed(row, AT + LAPSE - timedelta(seconds=1), "here") is None
    change = lapsed(row, AT + LAPSE, "here")
    assert change is not None
    assert (change.after.state, change.after.until, change.after.closed_by) == ("closed", AT, None)
    assert change.transitions[0].from_state == state
    assert lapsed(replace(row, seen=None), AT + LAPSE, "here") is None
