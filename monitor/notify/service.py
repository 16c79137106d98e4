"""Notifications at work: a thread for each channel, so that one that is down holds up no other.

A thread is woken when the judge changed an incident, and looks by itself every few seconds for what other
agents on the store did. Where no channel is configured there is no thread, and what sends is not loaded.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from monitor.config import Config
from monitor.notify.address import Message
from monitor.notify.courier import ChannelState, Courier
from monitor.notify.delivery import Delivery
from monitor.notify.plan import ChannelPlan, plans_of
from monitor.notify.words import when
from storage.failure import StoreUnavailable
from storage.store import Store

POLL = 5.0
"""Seconds between two looks at the store, where nothing wakes a channel."""
LONGEST_REST = 5.0
"""Seconds that making a report rests at most at a time: as long as it worked, so that it burdens nothing."""

_log = structlog.get_logger("landwatch.notify")


class _Ended(Exception):
    """The process ends, and with it the report that is being made."""


class Notifying:
    """The channels of this process."""

    def __init__(
        self,
        store: Store,
        link: str,
        *,
        wall: Callable[[], float] = time.time,
        delivery: Callable[[], Callable[[str, Message], None]] = Delivery,
    ) -> None:
        self._store = store
        self._link = link
        self._wall = wall
        self._delivery = delivery
        self._holder = f"{os.getpid()}-{os.urandom(8).hex()}"
        self._workers: dict[str, _Worker] = {}
        self._started = False

    @property
    def states(self) -> Mapping[str, ChannelState]:
        """How each channel does, by its name."""
        return {name: worker.courier.state for name, worker in self._workers.items()}

    def watch(self, config: Config) -> None:
        """Tell the channels of this config from now on. What waits for others is left to who has them."""
        before, after = dict(self._workers), dict[str, _Worker]()
        for plan in plans_of(config, self._link):
            worker = before.pop(plan.name, None)
            if worker is None:
                worker = _Worker(self._store, plan, self._holder, self._wall, self._delivery())
                if self._started:
                    worker.start()
            worker.courier.plan = plan
            after[plan.name] = worker
        self._workers = after  # replaced as a whole: other threads look at it
        for worker in before.values():
            worker.end()
        self.wake()

    def start(self) -> None:
        """Begin to tell."""
        self._started = True
        for worker in self._workers.values():
            worker.start()

    def wake(self) -> None:
        """Look at once: something has changed. Never waits."""
        for worker in self._workers.values():
            worker.wake()

    def close(self, timeout: float) -> None:
        """End; what is being sent has ``timeout`` seconds. What waits is told after a restart. It waits."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.end()
        deadline = time.monotonic() + timeout
        for worker in workers:
            worker.join(max(0.0, deadline - time.monotonic()))

    def worries(self) -> list[str]:
        """What a person should know: channels that fail, what is held back, and maintenance that silences."""
        couriers = [worker.courier for worker in self._workers.values()]
        worries = []
        for courier in couriers:
            state = courier.state
            if state.error is not None:
                waits = f"{state.waiting} {'change waits' if state.waiting == 1 else 'changes wait'}"
                worries.append(
                    f"the channel {courier.plan.name} can't be told; {waits} for it: {state.error}"
                )
        return worries + (self._silences(couriers) if couriers else [])

    def _silences(self, couriers: Sequence[Courier]) -> list[str]:
        """The maintenance that is on, and of which nobody is told what happens in it."""
        now = datetime.fromtimestamp(self._wall(), UTC)
        silenced = max(courier.state.silenced for courier in couriers)
        found = []
        for one in couriers[0].plan.maintenance:
            if one.start <= now < one.end:
                pages = ", ".join([*one.vendors, *one.pages]) or "all pages"
                found.append(
                    f"maintenance of {pages} until {when(one.end)}: nobody is told of incidents that open in "
                    f"it ({silenced} changes silenced since the start)"
                )
        return found


class _Worker:
    """The thread of one channel."""

    def __init__(
        self,
        store: Store,
        plan: ChannelPlan,
        holder: str,
        wall: Callable[[], float],
        deliver: Callable[[str, Message], None],
    ) -> None:
        self.courier = Courier(store, plan, holder, deliver=deliver, wall=wall, rest=self._rest)
        self._name = plan.name
        self._wanted = threading.Event()
        self._ending = threading.Event()
        self._worked_since = time.monotonic()
        self._away = False
        self._thread = threading.Thread(target=self._run, name="landwatch-notify", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wanted.set()

    def end(self) -> None:
        self._ending.set()
        self._wanted.set()

    def join(self, timeout: float) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._ending.is_set():
            wait = self._turn()
            self._wanted.wait(wait)
            if not self._ending.is_set():
                self._wanted.clear()

    def _turn(self) -> float:
        """One turn; how many seconds the next one has time."""
        self._worked_since = time.monotonic()
        try:
            wait = self.courier.turn()
        except _Ended:
            return 0.0
        except StoreUnavailable as error:
            if not self._away:
                _log.warning(
                    "the store is away; what a channel is told waits", channel=self._name, reason=str(error)
                )
            self._away = True
            return POLL
        except Exception:
            _log.exception("a channel failed", channel=self._name)
            return POLL
        self._away = False
        return POLL if wait is None else min(POLL, wait.total_seconds())

    def _rest(self, _share: float) -> None:
        worked = time.monotonic() - self._worked_since
        if self._ending.wait(min(worked, LONGEST_REST)):
            raise _Ended
        self._worked_since = time.monotonic()
