"""The courier of one channel: notes what it is to be told, groups it, and sees that it is sent, once.

All that it knows stands in the store: another agent, or this one after a restart, goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from monitor.notify.address import DeliveryFailed, Message
from monitor.notify.decide import AFTER, TOO_OLD
from monitor.notify.events import Change, Event
from monitor.notify.message import compose
from monitor.notify.noting import Noting, tell_untold
from monitor.notify.pacing import HOUR, backoff, due
from monitor.notify.plan import ChannelPlan
from monitor.notify.weekly import weekly
from probes.ids import uuid7
from storage.incidents import IncidentRow
from storage.notifications import (
    GIVEN_UP,
    REPORT,
    SENT,
    SILENCED,
    WAITING,
    NotificationRow,
    claim,
    give_up,
    incidents_of,
    pending,
    sent_since,
    settle,
)
from storage.store import Store

LEASE = timedelta(seconds=60)
"""How long a message may be being sent; then another agent takes it to be lost, and sends it."""
REPORT_LEASE = timedelta(minutes=15)
"""The same for a report, which has to be made first."""

_log = structlog.get_logger("landwatch.notify")


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How one channel does, as this process knows it: a picture that is never changed, only replaced."""

    sent: int = 0
    """Messages that were sent."""
    failed: int = 0
    """Attempts that failed."""
    told: int = 0
    """Changes and reports that were in the messages."""
    silenced: int = 0
    """Changes that nobody was told of, because of maintenance."""
    given_up: int = 0
    """Changes and reports that could not be told in time."""
    waiting: int = 0
    """Changes and reports that are to be told."""
    error: str | None = None
    """Why the last attempt failed; ``None`` where it did not."""


class Courier:
    """One channel. Its methods block; one of them runs at a time."""

    def __init__(
        self,
        store: Store,
        plan: ChannelPlan,
        holder: str,
        *,
        deliver: Callable[[str, Message], None],
        wall: Callable[[], float],
        rest: Callable[[float], None] = lambda share: None,
    ) -> None:
        self.plan = plan
        """What the channel is told; another one takes effect with the next turn."""
        self.state = ChannelState()
        self._store = store
        self._holder = holder
        self._deliver = deliver
        self._wall = wall
        self._rest = rest
        self._noting = Noting(store)
        self._unsettled: list[Callable[[], None]] = []

    def turn(self) -> timedelta | None:
        """Do what is due now; how long until something else is, ``None`` where nothing is known of.

        Raises:
            StoreUnavailable: later; nothing is lost.
        """
        while self._unsettled:
            self._unsettled[0]()
            del self._unsettled[0]
        waits = (self._tell(), self._send(self.plan, reports=True))
        return min((one for one in waits if one is not None), default=None)

    def _tell(self) -> timedelta | None:
        """Note what has happened, and send what is due of it; how long until something else is."""
        plan = self.plan
        self._count(plan, self._noting.note(plan, self._now()))
        return self._send(plan, reports=False)

    def _pause(self, share: float) -> None:
        """In the midst of making a report, which may take minutes: an outage does not wait for it."""
        self._rest(share)
        self._tell()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)

    def _count(self, plan: ChannelPlan, rows: Sequence[NotificationRow]) -> None:
        """Take note of what nobody is told of, and say so."""
        tell_untold(plan.name, rows)
        states = [row.state for row in rows]
        self.state = replace(
            self.state,
            silenced=self.state.silenced + states.count(SILENCED),
            given_up=self.state.given_up + states.count(GIVEN_UP),
        )

    def _send(self, plan: ChannelPlan, *, reports: bool) -> timedelta | None:
        """Send what is due, changes or reports; how long until something is, where it is not yet."""
        now = self._now()
        with self._store.reading() as connection:
            every = pending(connection, plan.name)
            sent = [] if reports else sent_since(connection, plan.name, now - HOUR)
        every = self._without_old(plan, every, now)
        self.state = replace(self.state, waiting=len(every))
        rows = [row for row in every if (row.transition == REPORT) == reports]
        at = due(rows, sent, plan.settings.per_hour)
        if at is None:
            return None
        if at > now:
            return at - now
        name = uuid7(now.timestamp())
        with self._store.writing() as connection:
            taken = claim(
                connection,
                plan.name,
                holder=self._holder,
                message=name,
                now=now,
                lease=now + (REPORT_LEASE if reports else LEASE),
                reports=reports,
            )
        if taken:
            self._carry(plan, name, taken, now)
        return timedelta(0)

    def _without_old(
        self, plan: ChannelPlan, rows: list[NotificationRow], now: datetime
    ) -> list[NotificationRow]:
        """What is young enough to be told still; the rest is given up."""
        before = now - TOO_OLD
        if all(row.noted >= before for row in rows):
            return rows
        with self._store.writing() as connection:
            ended = give_up(connection, plan.name, before, now)
        self._count(plan, ended)
        names = {row.event for row in ended}
        return [row for row in rows if row.event not in names]

    def _carry(self, plan: ChannelPlan, name: str, rows: Sequence[NotificationRow], now: datetime) -> None:
        """Send one message, and keep what became of it."""
        try:
            message = self._message(plan, rows, now)
            self._deliver(_address(plan), message)
        except DeliveryFailed as failure:
            self._failed(plan, name, rows, str(failure))
        else:
            self._sent(plan, name, rows, message)

    def _message(self, plan: ChannelPlan, rows: Sequence[NotificationRow], now: datetime) -> Message:
        if rows[0].transition == REPORT:
            return weekly(self._store, plan, now, self._pause)
        with self._store.reading() as connection:
            found = incidents_of(connection, {row.incident for row in rows if row.incident})
        events = [
            _event(row, found[row.incident]) for row in sorted(rows, key=_order) if row.incident in found
        ]
        if not events:  # retention has deleted them meanwhile
            return Message(f"landwatch: {rows[0].words}", "\n".join(row.words for row in rows))
        return compose(events, rows, plan, now)

    def _sent(self, plan: ChannelPlan, name: str, rows: Sequence[NotificationRow], message: Message) -> None:
        state = self.state
        self.state = replace(
            state,
            sent=state.sent + 1,
            told=state.told + len(rows),
            waiting=max(0, state.waiting - len(rows)),
            error=None,
        )
        _log.info("a message was sent", channel=plan.name, told=len(rows), title=message.title)
        self._settle(partial(self._keep, message=name, state=SENT, now=self._now()))

    def _failed(self, plan: ChannelPlan, name: str, rows: Sequence[NotificationRow], error: str) -> None:
        now = self._now()
        again = now + backoff(max(row.attempts for row in rows))
        self.state = replace(self.state, failed=self.state.failed + 1, error=error)
        words = again.isoformat(timespec="seconds")
        _log.warning(
            "a message was not taken", channel=plan.name, waiting=len(rows), reason=error, again=words
        )
        self._settle(partial(self._keep, message=name, state=WAITING, now=now, due=again, error=error))

    def _settle(self, work: Callable[[], None]) -> None:
        """Keep what became of a message; where the store is away, that comes first later."""
        self._unsettled.append(work)
        work()
        self._unsettled.remove(work)

    def _keep(
        self,
        *,
        message: str,
        state: str,
        now: datetime,
        due: datetime | None = None,
        error: str | None = None,
    ) -> None:
        with self._store.writing() as connection:
            settle(
                connection, holder=self._holder, message=message, state=state, now=now, due=due, error=error
            )


def _address(plan: ChannelPlan) -> str:
    """The channel's address, read anew, so that a rotated secret is taken up.

    Raises:
        DeliveryFailed: it can't be had; where it should be is told.
    """
    try:
        return plan.settings.url.reveal()
    except ValueError as error:
        raise DeliveryFailed(str(error)) from error


def _event(row: NotificationRow, incident: IncidentRow) -> Event:
    after = row.event.endswith(AFTER)
    return Event(row.event, Change(row.transition), row.at, incident, after_maintenance=after)


def _order(row: NotificationRow) -> tuple[datetime, list[int]]:
    """The order in which things happened: by time, then by the version of the incident."""
    return row.at, [int(part) for part in row.event.split(":")[1:] if part.isdecimal()]
