"""When a channel's next message goes: soon where it was quiet, and never too often. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from storage.notifications import SENDING, NotificationRow

GATHER = timedelta(seconds=2)
"""How long a channel that was quiet waits for what comes with the first change."""
FOLLOW = timedelta(seconds=12)
"""How long it waits where it was sent one message in the last minute: less than a slice."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
RETRIES = (5, 15, 30, 60, 120, 300)
"""Seconds between attempts; the last one holds for all that follow."""


def due(rows: Sequence[NotificationRow], sent: Sequence[datetime], per_hour: int) -> datetime | None:
    """When what waits may be sent; ``None``: nothing waits.

    ``sent`` are the moments at which the channel was sent messages in the last hour, in order. After two in a
    minute the next one waits until that minute is over; after as many in an hour as it may have, until the
    oldest of them is an hour old.
    """
    if not rows:
        return None
    tried = [row.due for row in rows if row.attempts or row.state == SENDING]
    begin = min(row.noted for row in rows)
    lately = [at for at in sent if begin - at < MINUTE]
    at = begin + (GATHER, FOLLOW)[min(len(lately), 1)]
    if len(lately) > 1:
        at = max(at, lately[-2] + MINUTE)
    if len(sent) >= per_hour:
        at = max(at, sent[-per_hour] + HOUR)
    return max([at, *tried])


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts failed."""
    return timedelta(seconds=RETRIES[min(attempts, len(RETRIES)) - 1])
