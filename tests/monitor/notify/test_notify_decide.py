"""What is noted for a channel, when it goes, and when its report is due. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from channels import plan
from happening import AT, blank, later

from monitor.config.notify import WeeklyReport
from monitor.notify.decide import Circumstances, decided, events_of, outlasted
from monitor.notify.pacing import backoff, due
from monitor.notify.plan import ChannelPlan
from monitor.notify.weekly import last_due, report_row
from storage.notifications import (
    EARLIER,
    GIVEN_UP,
    PASSED,
    SENDING,
    SENT,
    SILENCED,
    WAITING,
    ChangeRow,
    NotificationRow,
)

MAINTENANCE = {
    "from": "2026-03-02T11:00:00Z",
    "until": "2026-03-02T13:00:00Z",
    "declared": "2026-03-01T00:00:00Z",
}


def change(
    before: str = "none", after: str = "open", at: datetime = AT, version: int = 1, **names: Any
) -> ChangeRow:
    incident = blank(**({"id": "i", "state": after, "since": AT} | names))
    return ChangeRow(f"{incident.id}:{version}:0", before, after, at, incident)


def states(
    chosen: ChannelPlan, *changes: ChangeRow, known: dict[str, set[str]] | None = None, **around: Any
) -> list[str]:
    circumstances = Circumstances(around.pop("now", later(5)), **around)
    return [one.state for one in decided(chosen, events_of(changes), known or {}, circumstances)]


OUTAGE = change()
SLOW = change(kind="latency", subject="ttfb")
OTHER = change(page="other")
FOREIGN = change(vendor="another")
CLOSES = change("open", "closed", later(30), 2)


@pytest.mark.parametrize(
    ("channel", "taken"),
    [
        ({}, [WAITING, WAITING, WAITING, WAITING, WAITING]),
        ({"vendors": ["easyshop"]}, [WAITING, WAITING, WAITING, WAITING]),
        ({"pages": ["other"]}, [PASSED, PASSED, WAITING, PASSED]),
        ({"labels": {"campaign": "spring"}}, [WAITING, WAITING, PASSED, WAITING]),
        ({"kinds": ["latency"]}, [PASSED, WAITING, PASSED, PASSED]),
        ({"severities": ["page"]}, [WAITING, PASSED, WAITING, WAITING, WAITING]),
        ({"severities": ["ticket"]}, [PASSED, WAITING, PASSED, PASSED]),
        ({"transitions": ["opened"]}, [WAITING, WAITING, WAITING, PASSED, WAITING]),
        ({"transitions": ["closed"]}, [PASSED, PASSED, PASSED, WAITING]),
    ],
)
def test_a_channel_is_told_of_what_it_asks_for(channel: dict[str, Any], taken: list[str]) -> None:
    """What it does not ask for is noted as such; of a page that it does not know another agent decides."""
    assert states(plan(**channel), OUTAGE, SLOW, OTHER, CLOSES, FOREIGN) == taken


def test_steps_that_are_no_news_are_not_noted() -> None:
    assert states(plan(), change("open", "recovering"), change("none", "suspected")) == []


def test_a_row_says_what_it_is_about() -> None:
    (row,) = decided(plan(), events_of([OUTAGE]), {}, Circumstances(later(5)))
    assert (row.channel, row.event, row.incident, row.transition) == ("on-call", "i:1:0", "i", "opened")
    assert (row.at, row.noted, row.due, row.ended) == (AT, later(5), later(5), None)
    assert row.words.startswith("easyshop/sale is down, timeout, since 2026-03-02 12:00:00 UTC")


def test_what_opens_in_maintenance_is_silenced_and_so_is_its_end() -> None:
    chosen = plan([MAINTENANCE])
    assert states(chosen, OUTAGE, CLOSES) == [SILENCED, SILENCED]
    assert states(chosen, CLOSES, known={"i": {SILENCED, PASSED}}) == [SILENCED]
    (row,) = decided(chosen, events_of([OUTAGE]), {}, Circumstances(later(5)))
    assert (row.error, row.ended) == ("maintenance until 2026-03-02 13:00:00 UTC", later(5))


def test_a_channel_of_ends_alone_is_not_told_of_one_that_maintenance_had_from_its_beginning() -> None:
    chosen = plan([MAINTENANCE], transitions=["closed"])
    assert states(chosen, OUTAGE, CLOSES) == [PASSED, SILENCED]
    outlasts = change("open", "closed", later(3600), 2)
    assert states(chosen, OUTAGE, outlasts, now=later(3605)) == [PASSED, WAITING]
    assert states(plan(transitions=["closed"]), OUTAGE, CLOSES) == [PASSED, WAITING]


def test_the_end_of_what_was_told_is_told_in_maintenance_too() -> None:
    chosen = plan([MAINTENANCE])
    assert states(chosen, CLOSES, known={"i": {SENT, SILENCED}}) == [WAITING]
    assert states(chosen, CLOSES) == [WAITING]  # it opened before the channel was there
    began_before = change("open", "closed", later(30), 2, since=AT - timedelta(hours=2))
    assert states(chosen, began_before, known={"i": {PASSED}}) == [WAITING]
    worse = change("open", "worsened", later(10))
    assert states(chosen, worse, known={"i": {SENT}}) == [SILENCED]


@pytest.mark.parametrize(
    "words",
    [
        {"declared": "2026-03-02T12:30:00Z"},
        {"vendors": ["another"]},
        {"pages": ["other"]},
        {"until": "2026-03-02T12:00:00Z"},
    ],
    ids=["declared too late", "another vendor", "another page", "over"],
)
def test_only_maintenance_of_the_page_that_was_declared_in_time_silences(words: dict[str, Any]) -> None:
    known = {key: value for key, value in words.items() if key not in ("vendors",)}
    chosen = plan([MAINTENANCE | known])
    if "vendors" in words:
        chosen = plan([MAINTENANCE | {"pages": ["other"], "vendors": ["easyshop"]}])
    assert states(chosen, OUTAGE) == [WAITING]


def test_what_outlasts_maintenance_is_told_when_that_is_over() -> None:
    chosen = plan([MAINTENANCE])
    assert outlasted(chosen, [OUTAGE.incident], later(3599)) == []
    (row,) = outlasted(chosen, [OUTAGE.incident], later(3600))
    assert (row.event, row.transition, row.state) == ("i:after", "opened", WAITING)
    assert "since before the maintenance ended" in row.words
    assert outlasted(plan([MAINTENANCE], kinds=["silence"]), [OUTAGE.incident], later(3600)) == []


def test_what_was_there_before_the_channel_is_none_of_its_business() -> None:
    assert states(plan(), OUTAGE, CLOSES, first=True) == [EARLIER, EARLIER]


def test_what_is_found_too_late_is_given_up_and_what_is_new_is_told_whenever_it_was() -> None:
    late = later(6 * 3600 + 1)
    assert states(plan(), OUTAGE, now=late, watched=False) == [GIVEN_UP]
    assert states(plan(), OUTAGE, now=later(6 * 3600), watched=False) == [WAITING]
    assert states(plan(), OUTAGE, now=late) == [WAITING]


def row(seconds: float = 0, **changes: Any) -> NotificationRow:
    fields: dict[str, Any] = {
        "channel": "on-call",
        "event": "e",
        "transition": "opened",
        "at": AT,
        "noted": later(seconds),
        "due": later(seconds),
        "words": "",
    }
    return NotificationRow(**fields | changes)


def wait(rows: list[NotificationRow], *sent: float, per_hour: int = 20) -> float | None:
    at = due(rows, [later(each) for each in sent], per_hour)
    return None if at is None else (at - AT).total_seconds()


def test_a_quiet_channel_is_told_soon_and_a_busy_one_less_often() -> None:
    assert wait([]) is None
    assert wait([row(), row(1)]) == 2
    assert wait([row()], -61) == 2
    assert wait([row()], -59) == 12  # with the look of the judge still within a slice and five seconds
    assert wait([row()], -70, -59) == 12
    assert wait([row()], -59, -40) == 12
    assert wait([row()], -40, -10) == 20
    assert wait([row()], -50, -40, -10) == 20


def test_a_channel_is_not_sent_more_in_an_hour_than_it_may() -> None:
    sent = [-3000, -2000, -1000]
    assert wait([row()], *sent, per_hour=3) == 600
    assert wait([row()], *sent, per_hour=2) == 1600
    assert wait([row()], *sent, per_hour=4) == 2


def test_after_a_failure_everything_waits_for_the_next_attempt() -> None:
    assert wait([row(attempts=1, due=later(30)), row(20)]) == 30
    assert wait([row(attempts=1, due=later(5)), row(20)]) == 5
    assert wait([row(state=SENDING, due=later(60), attempts=1)]) == 60
    assert [backoff(number).total_seconds() for number in (1, 2, 3, 6, 7, 70)] == [5, 15, 30, 300, 300, 300]


def schedule(**words: Any) -> WeeklyReport:
    return WeeklyReport.model_validate(words)


def test_a_report_is_due_once_a_week_in_its_own_time_zone() -> None:
    berlin = schedule(day="mon", at="09:00", time_zone="Europe/Berlin")
    summer = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)  # the clocks went forward the day before
    assert last_due(berlin, AT) == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert last_due(berlin, summer) == summer
    assert last_due(berlin, summer - timedelta(seconds=1)) == datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
    assert last_due(schedule(day="tue"), AT) == datetime(2026, 2, 24, 9, 0, tzinfo=UTC)
    assert last_due(schedule(day="sun", at="24:00"), AT) == datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
    tokyo = schedule(day="tue", at="00:30", time_zone="Asia/Tokyo")
    assert last_due(tokyo, datetime(2026, 3, 2, 15, 30, tzinfo=UTC)) == datetime(
        2026, 3, 2, 15, 30, tzinfo=UTC
    )


def test_a_report_has_one_name_for_every_agent() -> None:
    made = report_row(plan(), datetime(2026, 3, 2, 9, 0, tzinfo=UTC), AT)
    assert (made.event, made.transition, made.incident) == ("report:2026-03-02T09:00Z", "report", None)
