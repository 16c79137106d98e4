"""What is sent: one message for all that a channel is told at once, the worst named. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from monitor.notify.address import Message, Tone
from monitor.notify.events import Change, Event, Severity
from monitor.notify.plan import ChannelPlan
from monitor.notify.words import counted, details, headline, lasted, line, look_at, when
from storage.notifications import NotificationRow

NAMED = 10
"""Incidents that a message names; the others are counted."""
LATE = timedelta(minutes=2)
"""How long after it was noted something is told late, so that the message says why."""

_CHANGES = (Change.OPENED, Change.WORSENED, Change.CLOSED)
_SEVERITIES = tuple(Severity)


def compose(
    events: Sequence[Event], rows: Sequence[NotificationRow], plan: ChannelPlan, now: datetime
) -> Message:
    """The message about these events; ``rows`` say when they were noted, and how often it was tried."""
    latest = {event.incident.id: event for event in events}  # in the order of time: the last one stands
    chosen = sorted(latest.values(), key=_rank)
    more = len(events) - len(chosen)
    notes = list(_notes(rows, more, now))
    if len(chosen) == 1:
        return _about_one(chosen[0], plan, notes)
    return _about_many(chosen, plan, notes)


def trial(plan: ChannelPlan, region: str, now: datetime) -> Message:
    """The message by which a person tries a channel."""
    body = [
        f"A test of the channel {plan.name}, sent from {region} at {when(now)}.",
        f"It is told of: {plan.settings.words}.",
        f"Status page: {plan.link}",
    ]
    return Message("landwatch: a test", "\n".join(body))


def _about_one(event: Event, plan: ChannelPlan, notes: Sequence[str]) -> Message:
    body = [
        f"{headline(event)}.",
        *details(event, plan.target(event.incident)),
        *notes,
        "Look at:",
        *(f"  {command}" for command in look_at(event.incident)),
        f"  {plan.link}",
    ]
    return Message(f"landwatch: {headline(event)}", "\n".join(body), _tone([event]))


def _about_many(events: Sequence[Event], plan: ChannelPlan, notes: Sequence[str]) -> Message:
    kinds = Counter((event.kind, event.change) for event in events)  # in the order of the worst
    counts = ", ".join(counted(kind, change, number) for (kind, change), number in kinds.items())
    body = [f"{counts}.", *(f"- {line(event)}" for event in events[:NAMED])]
    if len(events) > NAMED:
        body.append(f"and {len(events) - NAMED:,} more")
    body += _targets(events, plan)
    body += [*notes, "Look at:", "  landwatch report --brief", f"  {plan.link}"]
    return Message(f"landwatch: {counts}", "\n".join(body), _tone(events))


def _targets(events: Sequence[Event], plan: ChannelPlan) -> Iterator[str]:
    """What was promised of those that are named, each once."""
    targets = dict.fromkeys(plan.target(event.incident) for event in events[:NAMED])
    yield from (f"Promised: {target}" for target in targets if target is not None)


def _notes(rows: Sequence[NotificationRow], more: int, now: datetime) -> Iterator[str]:
    """What a reader should know of how this came to be sent now."""
    if more:
        changes = "change" if more == 1 else "changes"
        yield f"{more:,} earlier {changes} of the same incidents {_were(more)} not told one by one."
    failed = [row for row in rows if row.attempts > 1]
    held = [row for row in rows if row.attempts <= 1 and now - row.noted >= LATE]
    if failed:
        ago = _waited(failed, now)
        yield f"{len(failed):,} {_were(len(failed))} to be told up to {ago} ago: earlier attempts failed."
    if held:
        ago = _waited(held, now)
        yield f"{len(held):,} {_were(len(held))} held back for up to {ago}: too many messages otherwise."


def _waited(rows: Sequence[NotificationRow], now: datetime) -> str:
    return lasted((now - min(row.noted for row in rows)).total_seconds())


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _rank(event: Event) -> tuple[int, int, float, str]:
    """What is named first: the gravest that is not over."""
    incident = event.incident
    over = event.change is Change.CLOSED
    grave = _SEVERITIES.index(event.severity) + len(_SEVERITIES) * over
    return grave, _CHANGES.index(event.change), -incident.severity, f"{incident.vendor}/{incident.page}"


_TONES: Mapping[Severity, Tone] = {Severity.PAGE: "failure", Severity.TICKET: "warning"}


def _tone(events: Sequence[Event]) -> Tone:
    bad = [event.severity for event in events if event.change is not Change.CLOSED]
    return _TONES[min(bad, key=_SEVERITIES.index)] if bad else "success"
