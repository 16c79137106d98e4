"""An attempt to deliver ends, whatever the library does."""

from __future__ import annotations

import threading

import pytest

from monitor.notify.address import DeliveryFailed, Message
from monitor.notify.delivery import HANGING, Delivery

MESSAGE = Message("title", "body")


def test_what_was_sent_was_sent_and_a_failure_is_handed_on() -> None:
    got: list[tuple[str, Message]] = []
    Delivery(send=lambda url, message: got.append((url, message)))("json://a", MESSAGE)
    assert got == [("json://a", MESSAGE)]

    def fail(url: str, message: Message) -> None:
        raise DeliveryFailed("no answer")

    with pytest.raises(DeliveryFailed, match="no answer"):
        Delivery(send=fail)("json://a", MESSAGE)


def test_an_attempt_that_broke_off_did_not_send() -> None:
    def break_off(url: str, message: Message) -> None:
        raise ImportError(f"no module for {url}")

    with pytest.raises(DeliveryFailed, match=r"^it broke off: ImportError$"):
        Delivery(send=break_off)("json://a", MESSAGE)


def test_an_attempt_that_hangs_is_left_behind_and_not_too_many_are() -> None:
    go_on = threading.Event()
    asked: list[str] = []

    def hang(url: str, message: Message) -> None:
        asked.append(url)
        go_on.wait(60)

    deliver = Delivery(within=0.01, send=hang)
    for _ in range(HANGING):
        with pytest.raises(DeliveryFailed, match=r"it did not end within 0\.01 s"):
            deliver("json://a", MESSAGE)
    with pytest.raises(DeliveryFailed, match="the last 3 attempts still hang"):
        deliver("json://a", MESSAGE)
    assert len(asked) == HANGING
    go_on.set()
    for thread in deliver._hanging:
        thread.join(60)
    deliver._within = 60.0
    deliver("json://b", MESSAGE)
    assert asked[-1] == "json://b"
