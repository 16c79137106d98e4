"""Couriers between a real store and real or scripted receivers; time is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from channels import plan
from happening import AT, becomes, blank, later, open_many, opens
from receiving import mail_server, webhook
from structlog.testing import capture_logs

from monitor.notify.address import DeliveryFailed, Message
from monitor.notify.address import send as really_send
from monitor.notify.courier import ChannelState, Courier
from monitor.notify.noting import purge_noted
from monitor.notify.plan import ChannelPlan
from storage.failure import StoreUnavailable
from storage.incidents import purge_incidents
from storage.notifications import (
    EARLIER,
    GIVEN_UP,
    SENDING,
    SENT,
    SILENCED,
    WAITING,
    NotificationRow,
    notifications_between,
)
from storage.store import Store

ALONE = "json://127.0.0.1:9/hook"


class World:
    """A store, a clock that is set, and couriers whose messages arrive here."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = AT
        self.got: list[tuple[str, Message]] = []
        """By whom each message was sent."""
        self.down = False
        self.before: Callable[[], None] = lambda: None
        """Called before a message is taken."""
        store.migrate()

    def courier(self, holder: str = "a", chosen: ChannelPlan | None = None, **options: Any) -> Courier:
        """One that has been at work before anything happens."""

        def deliver(url: str, message: Message) -> None:
            self.before()
            if self.down:
                raise DeliveryFailed("nobody answers")
            self.got.append((holder, message))

        options = {"deliver": deliver, "wall": lambda: self.now.timestamp()} | options
        made = Courier(self.store, chosen or plan(), holder, **options)
        made.turn()
        return made

    def at(self, seconds: float) -> None:
        """Set the clock."""
        self.now = later(seconds)

    def turns(self, *couriers: Courier) -> None:
        """Let each do what is due now."""
        for one in couriers:
            while one.turn() == timedelta(0):
                pass

    def rows(self) -> list[NotificationRow]:
        with self.store.reading() as connection:
            return notifications_between(connection, later(-864_000), later(864_000))

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    @property
    def titles(self) -> list[str]:
        return [message.title.removeprefix("landwatch: ") for _, message in self.got]


@pytest.fixture(autouse=True)
def address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDWATCH_TEST_CHANNEL", ALONE)


@pytest.fixture
def world(sqlite_store: Store) -> World:
    return World(sqlite_store)


@pytest.fixture
def worlds(store: Store) -> World:
    """The same on both databases."""
    return World(store)


def test_a_change_is_told_after_a_moment_and_once(worlds: World) -> None:
    one = worlds.courier()
    opens(worlds.store)
    assert one.turn() == timedelta(seconds=2)
    assert worlds.states() == [WAITING]
    assert one.state.waiting == 1
    worlds.at(1.9)
    worlds.turns(one)
    assert worlds.got == []
    worlds.at(2)
    worlds.turns(one)
    assert worlds.titles == ["easyshop/sale is down"]
    worlds.at(100)
    worlds.turns(one)
    assert len(worlds.got) == 1
    (row,) = worlds.rows()
    assert (row.state, row.ended, row.attempts, row.error) == (SENT, later(2), 1, None)
    assert one.state == ChannelState(sent=1, told=1)
    assert one.turn() is None


def test_of_two_agents_one_tells(worlds: World) -> None:
    couriers = [worlds.courier("a"), worlds.courier("b")]
    for page in range(5):
        opens(worlds.store, later(100 * page), page=f"page-{page}")
        worlds.at(100 * page)
        worlds.turns(*couriers)
        worlds.at(100 * page + 10)
        worlds.turns(*(couriers if page % 2 else couriers[::-1]))
    assert worlds.titles == [f"easyshop/page-{page} is down" for page in range(5)]
    assert [holder for holder, _ in worlds.got] == ["b", "a", "b", "a", "b"]


def test_what_a_killed_agent_had_taken_another_tells_when_its_lease_is_over(worlds: World) -> None:
    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    first, second = worlds.courier("a"), worlds.courier("b")
    opens(worlds.store)
    first.turn()
    worlds.at(2)
    worlds.before = kill
    with pytest.raises(Killed):
        first.turn()
    worlds.before = lambda: None
    assert worlds.states() == [SENDING]
    assert second.turn() == timedelta(seconds=60)
    worlds.at(61)
    worlds.turns(second)
    assert worlds.got == []
    worlds.at(62)
    worlds.turns(second)
    ((holder, message),) = worlds.got
    assert (holder, message.title) == ("b", "landwatch: easyshop/sale is down")
    assert "1 was to be told up to 1 min 2 s ago: earlier attempts failed." in message.body
    assert [(row.state, row.attempts) for row in worlds.rows()] == [(SENT, 2)]


def hang(url: str, reached: Any) -> None:
    """An agent in a process of its own, which takes what waits and never ends sending it."""

    def deliver(address: str, message: Message) -> None:
        reached.set()
        time.sleep(600)

    Courier(Store(url), plan(), "killed", deliver=deliver, wall=lambda: later(2).timestamp()).turn()


def test_an_agent_that_is_killed_while_it_sends_loses_nothing(worlds: World, store_url: str) -> None:
    one = worlds.courier()
    opens(worlds.store)
    worlds.turns(one)
    spawn = get_context("spawn")
    reached = spawn.Event()
    agent = spawn.Process(target=hang, args=(store_url, reached))
    agent.start()
    assert reached.wait(60)
    agent.kill()
    agent.join()
    (row,) = worlds.rows()
    assert (row.state, row.holder) == (SENDING, "killed")
    worlds.at(61)
    worlds.turns(one)
    assert worlds.got == []
    worlds.at(62)
    worlds.turns(one)
    assert worlds.titles == ["easyshop/sale is down"]


def test_a_storm_is_one_message_that_names_the_worst(worlds: World) -> None:
    one = worlds.courier()
    names = [{"page": f"page-{number:03}", "severity": number / 10} for number in range(500)]
    open_many(worlds.store, AT, names)
    worlds.turns(one)
    worlds.at(2)
    worlds.turns(one)
    ((_, message),) = worlds.got
    assert message.title == "landwatch: 500 down"
    assert "- easyshop/page-499 is down" in message.body
    assert "and 490 more" in message.body
    assert len({row.message for row in worlds.rows()}) == 1
    assert one.state == ChannelState(sent=1, told=500)


def test_what_follows_within_a_minute_is_grouped(world: World) -> None:
    one = world.courier()
    sent = []
    for second in range(61):
        world.at(second)
        if second < 50:
            opens(world.store, world.now, page=f"page-{second:02}")
        world.turns(one)
        while len(sent) < len(world.got):
            sent.append((second, world.titles[len(sent)]))
    # After 2 s, then after 12, then not before the first of two is a minute old.
    assert sent == [(2, "3 down"), (15, "13 down")]
    world.at(62)
    world.turns(one)
    assert world.titles[-1] == "34 down"


def test_flapping_is_no_storm_and_what_is_held_back_is_counted(world: World) -> None:
    one = world.courier(chosen=plan(per_hour=5))
    row, sent = blank(), []
    for minute in range(0, 120, 4):
        world.at(60 * minute)
        row = opens(world.store, world.now, number=row.number)
        for second in (0, 2, 12, 60):
            world.at(60 * minute + second)
            world.turns(one)
        row = becomes(world.store, row, "closed", world.now)
        for second in (60, 62, 72, 120, 180):
            world.at(60 * minute + second)
            world.turns(one)
        sent.append(len(world.got))
    assert [sent[14], sent[29] - sent[14]] == [5, 5]
    told = [message.body for _, message in world.got]
    assert any("held back for up to" in body for body in told)
    world.at(3 * 3600)
    world.turns(one)
    assert {row.state for row in world.rows()} == {SENT}
    assert one.state.told == len(world.rows()) == 60


def test_a_channel_that_is_down_is_tried_again_and_told_all_at_once(worlds: World) -> None:
    one = worlds.courier()
    opens(worlds.store)
    worlds.turns(one)
    worlds.down = True
    worlds.at(2)
    with capture_logs() as logs:
        worlds.turns(one)
    assert one.state == ChannelState(failed=1, waiting=1, error="nobody answers")
    assert [each["reason"] for each in logs if each["event"] == "a message was not taken"] == [
        "nobody answers"
    ]
    (row,) = worlds.rows()
    assert (row.state, row.attempts, row.due, row.error) == (WAITING, 1, later(7), "nobody answers")
    opens(worlds.store, later(3), page="other")
    worlds.at(4)
    assert one.turn() == timedelta(seconds=3)
    worlds.at(7)
    worlds.turns(one)
    assert one.state.failed == 2
    worlds.down = False
    worlds.at(22)
    worlds.turns(one)
    assert worlds.titles == ["2 down"]
    assert "1 was to be told up to 22 s ago: earlier attempts failed." not in worlds.got[0][1].body
    assert "2 were to be told up to 22 s ago: earlier attempts failed." in worlds.got[0][1].body
    assert one.state == ChannelState(sent=1, failed=2, told=2)


def test_attempts_become_seldom_and_end_in_the_record_and_the_log(world: World) -> None:
    one = world.courier()
    opens(world.store)
    world.down = True
    tried, failed = [], 0
    with capture_logs() as logs:
        second = 0.0
        while second < 6 * 3600 + 400:
            world.at(second)
            wait = one.turn()
            if one.state.failed > failed:
                failed = one.state.failed
                tried.append(second)
            second += 300 if wait is None else wait.total_seconds()
    assert tried[:6] == [2, 7, 22, 52, 112, 232]
    assert 70 < failed < 80
    (row,) = world.rows()
    assert (row.state, row.error, row.attempts) == (GIVEN_UP, "nobody answers", failed)
    (said,) = [each for each in logs if each["event"] == "nobody was told"]
    assert said["events"][0].startswith("easyshop/sale is down")
    assert (one.state.given_up, one.state.waiting) == (1, 0)
    assert one.turn() is None


def test_after_a_restart_what_is_young_is_told_with_when_it_was_and_what_is_old_is_given_up(
    world: World,
) -> None:
    world.courier()
    opens(world.store, page="old")
    opens(world.store, later(7200), page="young")
    world.at(6 * 3600 + 60)
    with capture_logs() as logs:
        again = world.courier("b")
        world.at(6 * 3600 + 65)
        world.turns(again)
    assert world.titles == ["easyshop/young is down"]
    assert "Since: 2026-03-02 14:00:00 UTC" in world.got[0][1].body
    assert sorted(world.states()) == sorted([GIVEN_UP, SENT])
    (said,) = [each for each in logs if each["event"] == "nobody was told"]
    assert (said["reason"], said["count"]) == ("it was found too late", 1)


def test_a_new_channel_begins_with_what_comes_after_it(world: World) -> None:
    old = opens(world.store)
    world.at(60)
    one = world.courier()
    world.at(120)
    world.turns(one)
    assert world.got == []
    assert world.states() == [EARLIER]
    becomes(world.store, old, "closed", later(121))
    world.turns(one)
    world.at(125)
    world.turns(one)
    assert world.titles == ["easyshop/sale is up again"]


def test_a_change_that_is_kept_long_after_it_happened_is_told(world: World) -> None:
    """As that of a latency, whose look takes a while; or the end of what nobody looks at any more."""
    one = world.courier()
    opens(world.store, later(-4000), kind="latency", subject="ttfb")
    world.turns(one)
    opens(world.store, later(-3 * 86_400), kind="silence", subject="gone")
    world.at(10)
    world.turns(one)
    assert len(world.got) == 1
    for second in range(20, 400, 10):
        world.at(second)
        world.turns(one)
    assert world.titles == [
        "easyshop/sale is slower than promised (ttfb)",
        "easyshop/sale is not measured from gone",
    ]


MAINTENANCE = {
    "from": "2026-03-02T11:00:00Z",
    "until": "2026-03-02T12:10:00Z",
    "declared": "2026-03-01T00:00:00Z",
}


def test_in_maintenance_nobody_is_told_and_afterwards_of_what_is_left(worlds: World) -> None:
    one = worlds.courier(chosen=plan([MAINTENANCE]))
    short = opens(worlds.store, kind="silence", subject="eu-west")
    opens(worlds.store, kind="silence", subject="us-east")
    with capture_logs() as logs:
        worlds.turns(one)
    (said,) = [each for each in logs if each["event"] == "nobody is told, for maintenance"]
    assert (said["count"], said["reason"]) == (2, "maintenance until 2026-03-02 12:10:00 UTC")
    becomes(worlds.store, short, "closed", later(60))
    for second in range(0, 600, 50):
        worlds.at(second)
        worlds.turns(one)
    assert worlds.got == []
    assert worlds.states() == [SILENCED] * 3
    assert one.state == ChannelState(silenced=3)
    worlds.at(600)
    worlds.turns(one)
    worlds.at(603)
    worlds.turns(one)
    assert worlds.titles == ["easyshop/sale is not measured from us-east since before the maintenance ended"]
    worlds.at(700)
    worlds.turns(one)
    assert len(worlds.got) == 1


def test_a_channel_that_is_told_more_than_before_is_not_told_what_was(world: World) -> None:
    one = world.courier(chosen=plan(kinds=["silence"]))
    opens(world.store)
    world.turns(one)
    one.plan = plan()
    world.at(60)
    world.turns(one)
    assert world.got == []
    again = world.courier("b")
    world.at(120)
    world.turns(again)
    assert world.got == []


def test_a_secret_that_is_gone_is_a_failure_and_one_that_is_back_is_taken_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = world.courier()
    opens(world.store)
    world.turns(one)
    monkeypatch.delenv("LANDWATCH_TEST_CHANNEL")
    world.at(2)
    world.turns(one)
    assert one.state.error is not None
    assert "the environment variable LANDWATCH_TEST_CHANNEL is not set" in one.state.error
    monkeypatch.setenv("LANDWATCH_TEST_CHANNEL", ALONE)
    world.at(7)
    world.turns(one)
    assert len(world.got) == 1


def test_what_was_sent_is_kept_as_soon_as_the_store_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = world.courier()
    opens(world.store)
    world.turns(one)
    writing, broken = world.store.writing, [False]

    def maybe() -> Any:
        if broken[0]:
            raise StoreUnavailable("away")
        return writing()

    monkeypatch.setattr(world.store, "writing", maybe)
    world.before = lambda: broken.__setitem__(0, True)
    world.at(2)
    with pytest.raises(StoreUnavailable):
        one.turn()
    with pytest.raises(StoreUnavailable):
        one.turn()
    assert world.states() == [SENDING]
    broken[0] = False
    world.at(300)
    world.turns(one)
    assert len(world.got) == 1
    assert world.states() == [SENT]


def test_incidents_that_are_deleted_meanwhile_are_told_in_the_words_that_were_kept(world: World) -> None:
    one = world.courier()
    row = opens(world.store)
    becomes(world.store, row, "closed", later(1))
    world.turns(one)
    assert purge_incidents(world.store, later(3600)) == 1
    world.at(2)
    world.turns(one)
    (message,) = [message for _, message in world.got]
    assert message.title.startswith("landwatch: easyshop/sale is down")
    assert "is up again" in message.body


def test_what_was_told_is_told_once_however_short_the_retention_is(worlds: World) -> None:
    """The changes of an incident that is open, and the report of a week, would be found anew."""
    reporting = plan(name="reporting", report={"day": "mon", "at": "12:30", "time_zone": "UTC"})
    one, two = worlds.courier("a"), worlds.courier("b", reporting)
    opens(worlds.store)
    for hour in (0, 1, 2, 5, 30, 71, 95, 97):
        worlds.at(3600 * hour)
        worlds.turns(one, two)
        purge_noted(worlds.store, worlds.now, timedelta(hours=1))
        again = worlds.courier("c", reporting)  # the agent was started anew
        worlds.at(3600 * hour + 10)
        worlds.turns(one, two, again)
    assert sorted(worlds.titles) == ["easyshop/sale is down"] * 2 + [
        "the weekly report, 0 met, 0 breached, 8 unproven"
    ]
    assert worlds.states() == [SENT] * 3
    assert purge_noted(worlds.store, later(9 * 86_400), timedelta(hours=1)) == 3


@pytest.fixture
def weekly() -> ChannelPlan:
    return plan(report={"day": "mon", "at": "12:30", "time_zone": "UTC"}, pages=["sale"], per_hour=1)


def test_the_weekly_report_comes_when_it_is_due_and_once(worlds: World, weekly: ChannelPlan) -> None:
    rested: list[float] = []
    couriers = [worlds.courier("a", weekly, rest=rested.append), worlds.courier("b", weekly)]
    row = opens(worlds.store)
    becomes(worlds.store, row, "closed", later(10))
    opens(worlds.store, page="other")
    for minute in range(60):
        worlds.at(60 * minute + 5)
        worlds.turns(*couriers)
    assert len(worlds.titles) == 2
    assert worlds.titles[1] == "the weekly report, 0 met, 0 breached, 4 unproven"
    body = worlds.got[1][1].body
    assert "easyshop/sale" in body
    assert "easyshop/other" not in body
    assert "Incidents in the 7 days up to 2026-03-02 12:31:05 UTC: 1 outage" in body
    assert rested
    worlds.at(7 * 86_400 + 1800)
    worlds.turns(*couriers)
    worlds.at(7 * 86_400 + 1810)
    worlds.turns(*couriers)
    assert len(worlds.titles) == 3


def test_a_suspicion_is_no_incident_of_the_week(world: World, weekly: ChannelPlan) -> None:
    one = world.courier("a", weekly)
    row = opens(world.store)
    becomes(world.store, row, "suspected", later(1), since=AT)
    for second in (1800, 1802):
        world.at(second)
        one.turn()
    (_, message) = world.got[-1]
    assert "Incidents in the 7 days up to 2026-03-02 12:30:02 UTC: none" in message.body


def test_an_outage_is_told_while_a_report_is_being_made(worlds: World, weekly: ChannelPlan) -> None:
    def rest(share: float) -> None:
        if worlds.now == later(1802):
            opens(worlds.store, later(1802))
        worlds.now += timedelta(seconds=2)

    one = worlds.courier("a", weekly, rest=rest)
    worlds.at(1800)
    one.turn()
    worlds.at(1802)
    one.turn()
    assert worlds.titles == ["easyshop/sale is down", "the weekly report, 0 met, 0 breached, 4 unproven"]
    assert one.state == ChannelState(sent=2, told=2)
    assert worlds.states() == [SENT, SENT]


def test_a_report_that_was_due_while_nobody_ran_is_made_up_for_or_given_up(
    world: World, weekly: ChannelPlan
) -> None:
    world.courier("a", weekly)
    world.at(4 * 3600)
    again = world.courier("b", weekly)
    world.at(4 * 3600 + 3)
    world.turns(again)
    assert len(world.got) == 1
    world.at(8 * 86_400)
    with capture_logs() as logs:
        world.courier("c", weekly)
    assert len(world.got) == 1
    assert [row.state for row in world.rows()] == [SENT, GIVEN_UP]
    assert [each["reason"] for each in logs if each["event"] == "nobody was told"] == [
        "no agent ran when it was due"
    ]


def test_no_report_was_due_before_the_channel_was_given_one(world: World, weekly: ChannelPlan) -> None:
    world.courier("a", plan(pages=["sale"], per_hour=1))
    world.at(86_400)
    with capture_logs() as logs:
        given = world.courier("b", weekly)
    assert world.rows() == []
    assert not [each for each in logs if each["event"] == "nobody was told"]
    world.at(7 * 86_400 + 1800)
    given.turn()
    world.at(7 * 86_400 + 1810)
    given.turn()
    assert len(world.got) == 1


def test_a_report_of_many_pages_shows_the_worst_and_counts_the_rest(world: World) -> None:
    from monitor.config import parse
    from monitor.notify.plan import plans_of
    from monitor.notify.weekly import SHOWN
    from monitor.notify.weekly import weekly as report_of

    pages = "".join(f"      - {{name: page-{n:03}, url: 'https://a.example/{n}'}}\n" for n in range(60))
    text = (
        f"region: here\nvendors:\n  - name: shop\n    pages:\n{pages}"
        "notify: [{name: a, url: {env: A}}]\nobjectives: [{name: ttfb, indicator: ttfb, at_most: 1s}]\n"
    )
    (chosen,) = plans_of(parse(text, reveal=False), "http://here/")
    made = report_of(world.store, chosen, AT, lambda share: None)
    assert "All 60 pages: 0 met, 0 breached, 60 unproven. The worst of them:" in made.body
    assert f"and {60 - SHOWN} pages more, none of them worse" in made.body
    assert "shop/page-039" in made.body
    assert "shop/page-040" not in made.body
    assert made.tone == "info"
    assert len(made.body) < 8000


@pytest.fixture
def receivers() -> Iterator[tuple[Any, Any]]:
    with ExitStack() as stack:
        yield stack.enter_context(webhook()), stack.enter_context(mail_server())


def test_through_the_real_library_a_webhook_and_a_mailbox_are_told(
    world: World, receivers: tuple[Any, Any], tmp_path: Path
) -> None:
    hook, box = receivers
    couriers = []
    for name, url in (("hook", hook.url), ("mail", box.url)):
        secret = tmp_path / name
        secret.write_text(f"{url}\n")
        chosen = plan(name=name, url={"file": str(secret)})
        couriers.append(world.courier(chosen=chosen, deliver=really_send))
    opens(world.store)
    world.turns(*couriers)
    world.at(2)
    world.turns(*couriers)
    assert hook.got[0]["title"] == box.got[0]["Subject"] == "landwatch: easyshop/sale is down"
    assert hook.got[0]["type"] == "failure"
    hook.status = 500
    row = opens(world.store, later(100), page="other")
    world.at(100)
    with capture_logs() as logs:
        world.turns(*couriers)
        world.at(102)
        world.turns(*couriers)
    assert len(box.got) == 2  # the one that is down holds up no other
    assert row.page in box.got[1]["Subject"]
    said = repr(logs) + repr(world.rows()) + repr([one.state for one in couriers])
    assert "error=500" in said
    assert not any(secret in said for secret in ("t0ken", hook.url, "buyer@shop.example"))
