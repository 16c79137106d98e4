"""What a message says: what is wrong, since when, seen from where, what was promised, and where to look."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from channels import LINK, plan
from happening import AT, blank, later

from monitor.notify.events import SEVERITIES, Change, Event, Severity, change_of
from monitor.notify.message import NAMED, compose, trial
from monitor.notify.words import counted, headline, lasted, line, when
from monitor.sla.incidents import IncidentKind, State
from storage.incidents import IncidentRow
from storage.notifications import NotificationRow

OPENED, WORSENED, CLOSED = Change.OPENED, Change.WORSENED, Change.CLOSED


def event(change: Change = OPENED, number: int = 0, **names: object) -> Event:
    fields = {"id": f"i{number}", "state": "open", "since": AT, "seen": AT}
    if change is CLOSED:
        fields |= {"until": later(252), "state": "closed"}
    made = blank(**(fields | names))
    return Event(f"{made.id}:1:0", change, AT, made)


def kept(one: Event, **changes: object) -> NotificationRow:
    fields: dict[str, object] = {
        "channel": "on-call",
        "event": one.name,
        "incident": one.incident.id,
        "transition": one.change,
        "at": one.at,
        "noted": AT,
        "due": AT,
        "attempts": 1,
        "words": line(one),
    }
    return NotificationRow(**fields | changes)  # type: ignore[arg-type]


def told(*events: Event, seconds: float = 3, **channel: object) -> tuple[str, str, str]:
    made = compose(events, [kept(one) for one in events], plan(**channel), later(seconds))
    return made.title, made.body, made.tone


def test_an_outage_is_told_with_all_that_is_known_of_it() -> None:
    title, body, tone = told(event())
    assert (title, tone) == ("landwatch: easyshop/sale is down", "failure")
    assert body.splitlines() == [
        "easyshop/sale is down.",
        "Why: timeout",
        "Since: 2026-03-02 12:00:00 UTC",
        "Seen from: eu-west, us-east",
        "Promised: availability: by time ≥ 99.99% over 30d",
        "Worst sample: 0195-worst (it took 9.5 s)",
        "Look at:",
        "  landwatch report --vendor easyshop --page sale",
        "  landwatch samples --vendor easyshop --page sale --since 2026-03-02T11:59:00Z",
        f"  {LINK}",
    ]


def test_an_end_is_told_with_how_long_it_lasted() -> None:
    title, body, tone = told(event(CLOSED))
    assert (title, tone) == ("landwatch: easyshop/sale is up again", "success")
    assert "Lasted: 4 min 12 s, from 2026-03-02 12:00:00 UTC to 2026-03-02 12:04:12 UTC" in body


def test_a_latency_is_told_with_its_figure_and_its_target() -> None:
    names = {
        "kind": "latency",
        "subject": "ttfb",
        "reason": "ttfb 812ms",
        "severity": 0.8123,
        "regions": ("eu-west",),
    }
    title, body, tone = told(event(**names))
    assert (title, tone) == ("landwatch: easyshop/sale is slower than promised (ttfb)", "warning")
    assert "Why: ttfb 812ms\n" in body
    assert "Promised: ttfb: mean ≤ 300ms over 30d\n" in body
    assert "Worst sample: 0195-worst (812 ms)" in body


def test_what_is_not_known_is_not_told() -> None:
    silence = event(
        kind="silence", subject="eu-west", regions=(), reason="", worst_sample=None, since=None, severity=75.0
    )
    title, body, tone = told(silence)
    assert title == "landwatch: easyshop/sale is not measured from eu-west"
    assert body.splitlines() == [
        "easyshop/sale is not measured from eu-west.",
        "Look at:",
        "  landwatch report --vendor easyshop --page sale",
        f"  {LINK}",
    ]
    assert tone == "warning"
    assert line(silence) == "easyshop/sale is not measured from eu-west"
    unknown = event(CLOSED, until=None)
    assert "Lasted: not known" in told(unknown)[1]


@pytest.mark.parametrize(("kind", "change"), list(product(IncidentKind, Change)))
def test_every_change_of_every_kind_has_words(kind: IncidentKind, change: Change) -> None:
    one = event(change, kind=kind, subject="ttfb" if kind is IncidentKind.LATENCY else "eu-west")
    assert headline(one).startswith("easyshop/sale ")
    assert headline(one) in line(one)
    assert counted(kind, change, 1200).startswith("1,200 ")
    assert one.severity is SEVERITIES[kind]
    assert told(one)[1].startswith(headline(one))


def test_a_region_of_its_own_is_no_critical_matter() -> None:
    advisory = event(kind="advisory", subject="us-east", regions=("us-east",))
    assert told(advisory)[0::2] == ("landwatch: easyshop/sale fails for us-east alone", "warning")
    assert "Promised" not in told(advisory)[1]


def test_many_are_one_message_that_names_the_worst_and_counts_the_rest() -> None:
    downs = [event(number=number, page=f"page-{number:03}", severity=number / 10) for number in range(500)]
    slow = event(number=900, kind="latency", subject="ttfb", page="slow")
    over = event(CLOSED, number=901, page="fine")
    title, body, tone = told(over, slow, *downs)
    assert title == "landwatch: 500 down, 1 slower than promised, 1 up again"
    lines = body.splitlines()
    assert lines[0] == "500 down, 1 slower than promised, 1 up again."
    assert lines[1] == (
        "- easyshop/page-499 is down, timeout, since 2026-03-02 12:00:00 UTC, seen from eu-west, us-east"
    )
    assert [each[:19] for each in lines[1:11]] == [f"- easyshop/page-{499 - n}" for n in range(NAMED)]
    assert lines[11] == "and 492 more"
    assert lines[-3:] == ["Look at:", "  landwatch report --brief", f"  {LINK}"]
    assert body.count("Promised: ") == 1
    assert tone == "failure"
    assert len(body) < 2500


def test_of_an_incident_that_changed_often_the_last_change_stands() -> None:
    opened = event()
    closed = replace(event(CLOSED), name="i0:2:0")
    title, body, tone = told(opened, closed)
    assert (title, tone) == ("landwatch: easyshop/sale is up again", "success")
    assert "1 earlier change of the same incidents was not told one by one." in body
    _, body, _ = told(opened, opened, opened, closed)
    assert "3 earlier changes of the same incidents were not told one by one." in body


def test_what_comes_late_says_why() -> None:
    one, two, three = (event(number=number, page=f"p{number}") for number in range(3))
    rows = [kept(one), kept(two, attempts=4, noted=later(10)), kept(three, noted=later(3590))]
    body = compose([one, two, three], rows, plan(), later(3600)).body
    assert "1 was held back for up to 1 h: too many messages otherwise." in body
    assert "1 was to be told up to 59 min 50 s ago: earlier attempts failed." in body


def test_what_outlasted_maintenance_says_so() -> None:
    one = replace(event(), after_maintenance=True)
    assert told(one)[0] == "landwatch: easyshop/sale is down since before the maintenance ended"


def test_words_from_the_network_stay_on_their_line() -> None:
    one = event(reason="a\r\nBcc: x", page="pa\x1bge", vendor="my shop")
    title, body, _ = told(one)
    assert title == "landwatch: my shop/pa�ge is down"
    assert "Why: a��Bcc: x" in body
    assert "landwatch report --vendor 'my shop' --page 'pa�ge'" in body


def test_the_link_is_the_channels_own_where_it_has_one() -> None:
    _, body, _ = told(event(), link="https://landwatch.example.net/")
    assert body.endswith("  https://landwatch.example.net/")


def test_a_test_says_what_the_channel_is_told() -> None:
    made = trial(plan(kinds=["outage"], report={"day": "fri"}), "eu-west", AT)
    assert made.title == "landwatch: a test"
    assert "on-call, sent from eu-west at 2026-03-02 12:00:00 UTC" in made.body
    assert "told of: opened, worsened, closed of outage; report fri 09:00 UTC." in made.body


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("none", "open", OPENED),
        ("suspected", "open", OPENED),
        ("recovering", "open", None),
        ("open", "worsened", WORSENED),
        ("recovering", "worsened", WORSENED),
        ("worsened", "worsened", None),
        ("open", "recovering", None),
        ("open", "closed", CLOSED),
        ("worsened", "closed", CLOSED),
        ("recovering", "closed", CLOSED),
        ("suspected", "closed", None),
        ("none", "suspected", None),
        ("suspected", "none", None),
    ],
)
def test_a_person_hears_of_the_steps_that_are_news(before: str, after: str, change: Change | None) -> None:
    assert {before, after} <= set(State)
    assert change_of(before, after) is change


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than 1 s"), (59.6, "1 min"), (252, "4 min 12 s"), (3600, "1 h"), (90_061, "1 d 1 h")],
)
def test_a_stretch_of_time_has_two_units_at_most(seconds: float, words: str) -> None:
    assert lasted(seconds) == words


def test_moments_are_in_utc() -> None:
    assert when(AT.astimezone()) == "2026-03-02 12:00:00 UTC"


def test_severities_are_in_order() -> None:
    assert list(Severity) == ["page", "ticket"]
    assert isinstance(event().incident, IncidentRow)
