"""Delivery within a deadline: each attempt has a thread of its own, because no library can be trusted to end.

An attempt that hangs is left behind. Only so many may hang at once; then the channel waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from monitor.notify.address import DeliveryFailed, Message, send

WITHIN = 30.0
"""Seconds that an attempt may take."""
HANGING = 3
"""Attempts of one channel that may hang at the same time."""


class Delivery:
    """Sends the messages of one channel, one at a time."""

    def __init__(self, *, within: float = WITHIN, send: Callable[[str, Message], None] = send) -> None:
        self._within = within
        self._send = send
        self._hanging: list[threading.Thread] = []

    def __call__(self, url: str, message: Message) -> None:
        """Send a message. It blocks until that is done, for as long as the deadline at most.

        Raises:
            DeliveryFailed: it was not taken, or nothing is known of it when the deadline came.
        """
        self._hanging = [thread for thread in self._hanging if thread.is_alive()]
        if len(self._hanging) >= HANGING:
            raise DeliveryFailed(f"the last {HANGING} attempts still hang")
        failures: list[DeliveryFailed] = []

        def attempt() -> None:
            try:
                self._send(url, message)
            except DeliveryFailed as failure:
                failures.append(failure)
            except Exception as error:  # a bug; its words may hold anything
                failures.append(DeliveryFailed(f"it broke off: {type(error).__name__}"))

        thread = threading.Thread(target=attempt, name="landwatch-delivery", daemon=True)
        thread.start()
        thread.join(self._within)
        if thread.is_alive():
            self._hanging.append(thread)
            raise DeliveryFailed(f"it did not end within {self._within:g} s")
        if failures:
            raise failures[0]
