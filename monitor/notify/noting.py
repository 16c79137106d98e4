"""Noting: what a channel is to be told is written down as soon as it is seen, by whichever agent is first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from monitor.notify.decide import TOO_OLD, Circumstances, decided, events_of, outlasted
from monitor.notify.plan import ChannelPlan
from monitor.notify.weekly import last_due, report_row
from storage.marks import first_marked, mark
from storage.notifications import (
    GIVEN_UP,
    SILENCED,
    NotificationRow,
    note,
    purge_notifications,
    silenced_and_open,
    states_of,
    unnoted,
)
from storage.store import Store

LATELY = timedelta(hours=2)
"""How far back changes are usually looked for: further than the longest look takes."""
LONG = timedelta(days=4)
"""How far back they are looked for now and then: incidents that nobody looks at end after three days."""
NOW_AND_THEN = timedelta(minutes=5)
REMEMBERED = timedelta(days=8)
"""How long what was noted is kept at least: before, a change or the report of a week would be found again."""
NAMED = 10
"""Changes that a line of the log names."""

_WORDS = {SILENCED: "nobody is told, for maintenance", GIVEN_UP: "nobody was told"}

_log = structlog.get_logger("landwatch.notify")


class Noting:
    """Notes what has happened for one channel. Its methods block."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looked_at: datetime | None = None
        self._looked_far_at: datetime | None = None

    def note(self, plan: ChannelPlan, now: datetime) -> list[NotificationRow]:
        """Note what has happened since the last time, and return what nobody had noted before.

        A channel that is new begins with what comes after it.

        Raises:
            StoreUnavailable: later; nothing is lost.
        """
        # A channel may have been there for long when it is given a report.
        names = [f"notify {plan.name}", *([f"weekly {plan.name}"] if plan.settings.report else [])]
        far = self._looked_far_at is None or now - self._looked_far_at >= NOW_AND_THEN
        with self._store.reading() as connection:
            marks = [mark(connection, name) for name in names]
            began = marks[0]
            changes = unnoted(connection, plan.name, now - (LONG if far or began is None else LATELY))
            known = states_of(connection, plan.name, {one.incident.id for one in changes})
            silenced = silenced_and_open(connection, plan.name)
        watched = self._looked_at is not None and now - self._looked_at < NOW_AND_THEN
        around = Circumstances(now, watched=watched, first=began is None)
        rows = [
            *decided(plan, events_of(changes), known, around),
            *outlasted(plan, silenced, now),
            *self._reports(plan, marks[-1] or now, now),
        ]
        made: list[NotificationRow] = []
        if rows or None in marks:
            with self._store.writing() as connection:
                for name in names:
                    first_marked(connection, name, now)
                made = note(connection, rows)
        self._looked_at = now
        self._looked_far_at = now if far else self._looked_far_at
        return made

    def _reports(self, plan: ChannelPlan, began: datetime, now: datetime) -> list[NotificationRow]:
        """The report that was due, where it was not seen to already."""
        schedule = plan.settings.report
        if schedule is None:
            return []
        at = last_due(schedule, now)
        if at < began or (self._looked_at is not None and self._looked_at >= at):
            return []
        row = report_row(plan, at, now)
        if now - at < TOO_OLD:
            return [row]
        return [replace(row, state=GIVEN_UP, ended=now, error="no agent ran when it was due")]


def purge_noted(store: Store, now: datetime, kept: timedelta) -> int:
    """Delete what was noted longer ago than it is kept, but nothing that would be noted anew. It blocks."""
    return purge_notifications(store, now - max(kept, REMEMBERED))


def tell_untold(channel: str, rows: Sequence[NotificationRow]) -> None:
    """Say in the log what nobody is told of, and why."""
    for state, words in _WORDS.items():
        found = [row for row in rows if row.state == state]
        if found:
            _log.warning(
                words,
                channel=channel,
                count=len(found),
                events=[row.words for row in found[:NAMED]],
                reason=found[0].error,
            )
