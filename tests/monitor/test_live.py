from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from monitor.config.objectives import Objective
from monitor.live import live_table
from monitor.scoreboard import Mark, Promises, ago, global_ttfb, milliseconds, score
from monitor.sla.proof import proves
from probes.sample import Fault, Outcome
from storage.standing import Standing

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
ROW = Standing(
    vendor="easyshop",
    page="sale",
    region="eu-west",
    probe="http",
    counts={Outcome.UP: 240, Outcome.DOWN: 0, Outcome.BLOCKED: 0, Outcome.UNKNOWN: 0},
    ttfb_mean=0.2125,
    ttfb_count=240,
    last_at=NOW - timedelta(seconds=7),
    last_outcome=Outcome.UP,
    last_fault=None,
    last_ttfb=0.2,
    last_protocol="h2",
)
SERIES = ("easyshop", "sale", "eu-west", "http", "")


def counts(up=0, down=0, blocked=0, unknown=0):
    return dict(zip(Outcome, (up, down, blocked, unknown), strict=True))


def line(row, now=NOW, **options):
    (only,) = score([row], now, **options)
    return only


def words(figure):
    return figure.text, figure.note, figure.mark


def test_a_page_within_its_promises():
    found = line(ROW)
    assert words(found.state) == ("up", "7 s ago", Mark.GOOD)
    assert words(found.ttfb) == ("212 ms", "mean of 240", Mark.GOOD)
    assert words(found.availability) == ("100 %", "0 of 240 failed", Mark.PLAIN)


# One-sided 95 % Clopper-Pearson for 99.99 %: how many visits it takes with 0, 1 and 5 failures among them.
@pytest.mark.parametrize(("visits", "down"), [(29_956, 0), (47_437, 1), (105_128, 5)])
def test_an_availability_is_good_only_once_the_visits_prove_it(visits, down):
    assert line(replace(ROW, counts=counts(up=visits - down, down=down))).availability.mark is Mark.GOOD
    one_less = line(replace(ROW, counts=counts(up=visits - down - 1, down=down))).availability
    assert one_less.mark is Mark.PLAIN
    assert "only once the visits are enough" in printed(live_table([ROW], NOW))


@pytest.mark.parametrize(("target", "proved"), [(1.0, False), (0.0, True)])
def test_perfection_is_never_proved_and_nothing_always(target, proved):
    assert proves(10**6, 0, target) is proved


@pytest.mark.parametrize(("mean", "mark"), [(0.3, Mark.GOOD), (0.3001, Mark.BAD)])
def test_a_mean_on_the_promise_is_within_it(mean, mark):
    assert line(replace(ROW, ttfb_mean=mean)).ttfb.mark is mark


def test_failures_stand_beside_the_average_and_the_rest_is_told_apart():
    found = line(replace(ROW, counts=counts(up=9_999, down=2, blocked=3, unknown=4)))
    assert words(found.availability) == ("99.98 %", "2 of 10,001 failed, 3 blocked, 4 unknown", Mark.BAD)


def test_no_failure_is_rounded_away():
    assert line(replace(ROW, counts=counts(up=99_999, down=1))).availability.text == "99.99 %"


def test_what_was_never_seen_is_unknown():
    found = line(replace(ROW, counts=counts(blocked=3), ttfb_mean=None, ttfb_count=0))
    assert words(found.availability) == ("-", "3 blocked", Mark.UNKNOWN)
    assert words(found.ttfb) == ("-", "", Mark.UNKNOWN)


@pytest.mark.parametrize(
    ("outcome", "fault", "shown"),
    [
        (Outcome.DOWN, Fault.TIMEOUT, ("down", "timeout, 7 s ago", Mark.BAD)),
        (Outcome.BLOCKED, Fault.BLOCKED, ("blocked", "blocked, 7 s ago", Mark.UNKNOWN)),
        (Outcome.UNKNOWN, None, ("unknown", "7 s ago", Mark.UNKNOWN)),
    ],
)
def test_the_last_sample_is_told_with_its_fault(outcome, fault, shown):
    assert words(line(replace(ROW, last_outcome=outcome, last_fault=fault)).state) == shown


def test_a_series_that_fell_silent_is_unknown_by_its_interval_where_that_is_known():
    later = NOW + timedelta(seconds=200)
    assert line(ROW, later).state.text == "up"
    assert line(ROW, later, every={SERIES: 900.0}).state.text == "up"
    silent = line(ROW, later, every={SERIES: 15.0}).state
    assert words(silent) == ("silent", "last sample 3 min ago, then up", Mark.UNKNOWN)
    assert line(ROW, NOW + timedelta(seconds=400)).state.text == "silent"


def test_a_series_without_a_sample_has_a_line():
    new = ("easyshop", "new", "eu-west", "http", "")
    first, second = score([ROW], NOW, every={SERIES: 15.0, new: 15.0})
    assert (first.page, second.page) == ("new", "sale")
    assert words(first.state) == ("no sample yet", "", Mark.UNKNOWN)
    assert first.ttfb.mark is first.availability.mark is Mark.UNKNOWN


def test_promises_of_a_config():
    chosen = Promises.of(
        [
            Objective(name="p95", indicator="ttfb", aggregate="p95", at_most="1s"),
            Objective(name="ttfb", indicator="ttfb", at_most="200ms"),
            Objective(name="availability", indicator="availability", at_least="99%"),
        ]
    )
    found = line(replace(ROW, counts=counts(up=999, down=1)), promises=chosen)
    assert (found.ttfb.mark, found.availability.mark) == (Mark.BAD, Mark.GOOD)
    nothing = line(ROW, promises=Promises.of([]))
    assert (nothing.ttfb.mark, nothing.availability.mark) == (Mark.PLAIN, Mark.PLAIN)


def test_the_global_mean_is_the_mean_of_the_regions_means():
    rows = [replace(ROW, ttfb_mean=0.1, ttfb_count=1000), replace(ROW, ttfb_mean=0.6, ttfb_count=10)]
    assert words(global_ttfb(rows)) == ("350 ms", "mean of 2 regions", Mark.BAD)
    assert words(global_ttfb([ROW, replace(ROW, ttfb_mean=None)])) == ("212 ms", "1 region", Mark.GOOD)
    assert global_ttfb([]).mark is Mark.UNKNOWN


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-3, "0 s ago"),
        (0, "0 s ago"),
        (119, "119 s ago"),
        (120, "2 min ago"),
        (7200, "2 h ago"),
        (2e5, "2 d ago"),
    ],
)
def test_ages(seconds, shown):
    assert ago(seconds) == shown


def test_milliseconds():
    assert [milliseconds(s) for s in (0.0004, 0.3, 9.5, 12.34)] == ["0 ms", "300 ms", "9,500 ms", "12.3 s"]


def printed(table, width=140):
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(table)
    return console.file.getvalue()


def test_the_table_shows_pages_against_their_targets():
    text = printed(live_table([ROW, replace(ROW, region="us", ttfb_mean=0.41)], NOW, window="last 15 min"))
    assert "Pages against their targets, last 15 min" in text
    assert "easyshop/sale" in text
    assert "212 ms" in text
    assert "410 ms" in text
    assert "TTFB at most 300ms, availability at least 99.99%" in text


def test_the_variants_of_a_page_are_lines_of_their_own():
    rows = [replace(ROW, probe="channel", variant=variant) for variant in ("tiktok", "google")]
    third = ("easyshop", "sale", "eu-west", "channel", "bing")
    lines = score(rows, NOW, every={third: 900.0})
    assert [(line.variant, line.state.text) for line in lines] == [
        ("bing", "no sample yet"),
        ("google", "up"),
        ("tiktok", "up"),
    ]
    text = printed(live_table(rows, NOW))
    assert "easyshop/sale · google" in text
    assert "easyshop/sale · tiktok" in text


def test_the_table_takes_names_as_they_are():
    assert "[bold]x[/bold]/sale" in printed(live_table([replace(ROW, vendor="[bold]x[/bold]")], NOW))


def test_a_long_table_shows_first_what_is_wrong():
    rows = [replace(ROW, page=f"page-{number:02}") for number in range(30)]
    rows[20] = replace(rows[20], last_outcome=Outcome.DOWN)
    rows[25] = replace(rows[25], last_outcome=Outcome.BLOCKED)
    text = printed(live_table(rows, NOW, longest=3))
    assert [text.find(f"page-{number:02}") > 0 for number in (20, 25, 0, 1)] == [True, True, True, False]
    assert "27 more lines are on the web page." in text


def test_a_table_without_promises_promises_nothing():
    assert "Promised" not in printed(live_table([], NOW, Promises(None, None)))


def test_a_narrow_terminal_keeps_the_figures_and_what_they_are_made_of():
    wide, narrow = printed(live_table([ROW], NOW)), printed(live_table([ROW], NOW, width=80))
    for words in ("easyshop/sale", "eu-west", "212 ms", "mean of 240", "100 %", "0 of 240 failed"):
        assert words in wide
        assert words in narrow
    assert "7 s ago" in wide
    assert "7 s ago" not in narrow
    assert "probe" not in narrow


def test_what_was_promised_is_held_against_the_kind_of_probe_that_it_is_about():
    slow = replace(ROW, ttfb_mean=0.9)
    http, other = score(
        [slow, replace(slow, probe="http3"), replace(slow, probe="tls", ttfb_mean=None)], NOW
    )[:2]
    assert http.ttfb.mark is Mark.BAD
    assert other.ttfb.mark is Mark.PLAIN
    (tls,) = score([replace(ROW, probe="tls", ttfb_mean=None)], NOW)
    assert (tls.ttfb.text, tls.ttfb.mark) == ("-", Mark.PLAIN)
    (missing,) = score([replace(ROW, ttfb_mean=None)], NOW)
    assert missing.ttfb.mark is Mark.UNKNOWN
