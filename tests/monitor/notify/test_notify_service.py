"""The threads of channels: woken, replaced, ended, and none holding up another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import yaml
from channels import PAGES
from happening import opens
from structlog.testing import capture_logs

from monitor.config import Config, parse
from monitor.notify import service
from monitor.notify.address import DeliveryFailed, Message
from monitor.notify.service import Notifying
from storage.failure import StoreUnavailable
from storage.marks import mark
from storage.store import Store


def config(*channels: str, more: dict[str, object] | None = None) -> Config:
    written = {
        "region": "eu-west",
        "vendors": [{"name": "easyshop", "pages": PAGES}],
        "notify": [{"name": name, "url": {"env": "LANDWATCH_TEST_CHANNEL"}} for name in channels],
    }
    return parse(yaml.safe_dump(written | (more or {})), reveal=False)


class Sent:
    """What was sent, by whatever channel."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.changed = threading.Condition()
        self.fails = False
        self.hangs = threading.Event()
        self.hangs.set()

    def __call__(self) -> Callable[[str, Message], None]:
        return self.deliver

    def deliver(self, url: str, message: Message) -> None:
        self.hangs.wait(60)
        if self.fails:
            raise DeliveryFailed("nobody answers")
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()

    def until(self, number: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.messages) >= number, 60)


@pytest.fixture(autouse=True)
def address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDWATCH_TEST_CHANNEL", "json://127.0.0.1:9/hook")


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def notifying(sqlite_store: Store, sent: Sent) -> Iterator[Notifying]:
    sqlite_store.migrate()
    made = Notifying(sqlite_store, "http://here/", delivery=sent)
    yield made
    sent.hangs.set()
    made.close(60)


def until(true: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def marked(store: Store, *names: str) -> bool:
    """Whether each channel has begun."""
    with store.reading() as connection:
        return all(mark(connection, f"notify {name}") for name in names)


def happens(store: Store, page: str) -> None:
    opens(store, datetime.now(UTC), page=page)


def test_every_channel_is_told_when_it_is_woken(
    notifying: Notifying, sqlite_store: Store, sent: Sent
) -> None:
    notifying.watch(config("one", "two"))
    notifying.start()
    until(lambda: marked(sqlite_store, "one", "two"))
    happens(sqlite_store, "sale")
    notifying.wake()
    sent.until(2)
    until(lambda: [one.sent for one in notifying.states.values()] == [1, 1])
    assert notifying.worries() == []


def test_without_a_channel_nothing_runs(notifying: Notifying) -> None:
    notifying.watch(config())
    notifying.start()
    notifying.wake()
    assert notifying.states == {}
    assert notifying.worries() == []
    assert not [one for one in threading.enumerate() if one.name == "landwatch-notify"]


def test_channels_are_replaced_while_they_run(notifying: Notifying, sqlite_store: Store, sent: Sent) -> None:
    notifying.watch(config("one", "two"))
    notifying.start()
    until(lambda: marked(sqlite_store, "one", "two"))
    before = notifying._workers["one"]
    notifying.watch(config("one", "three"))
    assert notifying._workers["one"] is before
    assert set(notifying.states) == {"one", "three"}
    until(lambda: marked(sqlite_store, "three"))
    happens(sqlite_store, "sale")
    notifying.wake()
    sent.until(2)
    until(lambda: [one.sent for one in notifying.states.values()] == [1, 1])


def test_a_channel_that_fails_is_a_worry(notifying: Notifying, sqlite_store: Store, sent: Sent) -> None:
    sent.fails = True
    notifying.watch(config("one"))
    notifying.start()
    until(lambda: marked(sqlite_store, "one"))
    happens(sqlite_store, "sale")
    notifying.wake()
    until(lambda: notifying.worries() != [])
    assert notifying.worries() == ["the channel one can't be told; 1 change waits for it: nobody answers"]


def test_maintenance_that_is_on_is_shown(sqlite_store: Store) -> None:
    more = {
        "maintenance": [
            {
                "from": "2026-03-02T11:00:00Z",
                "until": "2026-03-02T13:00:00Z",
                "declared": "2026-03-01T00:00:00Z",
                "vendors": ["easyshop"],
                "pages": ["sale"],
            }
        ]
    }
    clock = [1_772_452_800.0 - 7200]  # 2026-03-02 10:00
    notifying = Notifying(sqlite_store, "http://here/", wall=lambda: clock[0])
    notifying.watch(config("one", more=more))
    assert notifying.worries() == []
    clock[0] += 7200
    (worry,) = notifying.worries()
    assert worry == (
        "maintenance of easyshop, sale until 2026-03-02 13:00:00 UTC: nobody is told of incidents that open "
        "in it (0 changes silenced since the start)"
    )
    notifying.watch(config(more=more))
    assert notifying.worries() == []


def test_a_store_that_is_away_is_waited_for_and_said_once(
    notifying: Notifying, sqlite_store: Store, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "POLL", 0.01)
    reading, asked = sqlite_store.reading, [0]

    def away() -> object:
        asked[0] += 1
        if asked[0] < 5:
            raise StoreUnavailable("no answer")
        if asked[0] == 5:
            raise RuntimeError("a bug")
        return reading()

    monkeypatch.setattr(sqlite_store, "reading", away)
    notifying.watch(config("one"))
    with capture_logs() as logs:
        notifying.start()
        until(lambda: asked[0] > 6)
    words = [each["event"] for each in logs]
    assert words.count("the store is away; what a channel is told waits") == 1
    assert words.count("a channel failed") == 1


def test_the_end_waits_for_what_is_being_sent_and_for_no_report(
    notifying: Notifying, sqlite_store: Store, sent: Sent
) -> None:
    sent.hangs.clear()
    notifying.watch(config("one"))
    notifying.start()
    until(lambda: marked(sqlite_store, "one"))
    happens(sqlite_store, "sale")
    notifying.wake()
    until(lambda: notifying.states["one"].waiting == 1)
    notifying.close(0.0)
    sent.hangs.set()
    notifying.close(60)
    worker = notifying._workers["one"]
    assert not worker._thread.is_alive()
    with pytest.raises(service._Ended):
        worker._rest(0.5)


def test_making_a_report_rests_as_long_as_it_works_and_ends_with_the_process(
    notifying: Notifying, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifying.watch(config("one"))
    worker = notifying._workers["one"]
    worker._worked_since = time.monotonic() - 0.05
    began = time.monotonic()
    worker._rest(0.5)
    assert time.monotonic() - began >= 0.05

    def ended() -> None:
        raise service._Ended

    monkeypatch.setattr(worker.courier, "turn", ended)
    assert worker._turn() == 0.0
