from datetime import UTC, datetime

import pytest
from rich.console import Console

from monitor.cli.printable import printable
from monitor.cli.waterfall import BAR_WIDTH, Targets, expiry_days, render, summary, within
from probes.sample import Attempt, Clock, Fault, Hop, Outcome, Sample

TARGETS = Targets(ttfb=0.3)
AT = datetime(2025, 6, 1, tzinfo=UTC)


def _sample(outcome=Outcome.UP, **fields):
    hop = Hop("https://shop.test/", 200, "192.0.2.1", "h2", 0.01, 0.02, 0.03, 0.1, 0.04)
    fields = {"hops": [hop], "ttfb": 0.16, "clock": Clock.KERNEL, "protocol": "h2"} | fields
    return Sample(
        "id", AT, "shop", "sale", "https://shop.test/", "here", "http", Attempt.SCHEDULED, outcome, **fields
    )


def _text(renderable) -> str:
    console = Console(width=140, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_the_bars_of_all_hops_fill_the_whole_width_together():
    first = Hop("http://shop.test/", 301, "192.0.2.1", "h1", 0.01, 0.02, None, 0.07, None)
    second = Hop("https://shop.test/", 200, "192.0.2.1", "h2", None, 0.02, 0.03, 0.05, 0.0)
    text = _text(render(_sample(hops=[first, second]), TARGETS))
    rows = [line for line in text.splitlines() if "192.0.2.1" in line]
    drawn = [sum(line.count(glyph) for glyph in "░▒▓█▬") for line in rows]
    assert drawn == [BAR_WIDTH // 2, BAR_WIDTH // 2]
    assert rows[1].index("▒", rows[1].index("ms")) > rows[0].rindex("█")


def test_the_variant_stands_behind_the_address():
    assert _text(render(_sample(), TARGETS)).startswith("UP https://shop.test/  HTTP/2")
    text = _text(render(_sample(variant="tiktok\x1b"), TARGETS))
    assert text.startswith("UP https://shop.test/  tiktok\ufffd  HTTP/2")


def test_a_phase_that_was_not_reached_is_a_dash_not_a_zero():
    hop = Hop("https://shop.test/", None, "192.0.2.1", None, 0.01, 0.02)
    text = _text(
        render(_sample(Outcome.DOWN, hops=[hop], ttfb=None, fault=Fault.TLS, detail="broke"), TARGETS)
    )
    assert "tls: broke" in text
    row = next(line for line in text.splitlines() if "192.0.2.1" in line)
    assert row.split()[:2] == ["1", "-"]
    assert row.count(" - ") >= 3
    assert "TTFB" not in text


def test_what_taints_or_qualifies_a_sample_is_said():
    sample = _sample(
        clock=Clock.LOOP,
        tainted=["cpu"],
        client=0.004,
        evidence={"proxy": "p:1", "unreached": ["::1 refused"], "tls": {"version": "TLSv1.2", "cipher": "X"}},
    )
    sample.hops[0].early = 0.05
    text = _text(render(sample, TARGETS))
    for words in (
        "the event loop's", "by our own machine: cpu", "4.0 ms, not part of TTFB", "through p:1",
        "::1 refused", "not verified", "a 103 after 50.0 ms",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(
    ("end", "words", "good"),
    [
        ("2025-06-05T00:00:00Z", "4 days left", False),
        ("2025-05-30T00:00:00Z", "ended 2 days ago", False),
        ("2025-07-01T00:00:00Z", "30 days left", True),
    ],
)
def test_the_certificates_end_counts_from_the_visit(end, words, good):
    evidence = {"tls": {"version": "TLSv1.3", "cipher": "X", "verified": True, "not_after": end,
                        "subject": "shop.test", "issuer": "CA"}}  # fmt: skip
    sample = _sample(evidence=evidence)
    text = _text(render(sample, TARGETS))
    assert words in text
    assert "to shop.test by CA" in text
    assert within(sample, TARGETS) is good


@pytest.mark.parametrize("outcome", [Outcome.DOWN, Outcome.BLOCKED, Outcome.UNKNOWN])
def test_only_a_page_that_is_up_is_within_target(outcome):
    assert not within(_sample(outcome), TARGETS)
    assert within(_sample(), TARGETS)
    assert not within(_sample(ttfb=0.31), TARGETS)
    assert expiry_days(_sample()) is None


def test_a_mean_is_of_the_good_visits_with_the_others_counted_beside():
    samples = [_sample(ttfb=0.1), _sample(ttfb=0.3), _sample(Outcome.DOWN, ttfb=9.0)]
    text = _text(summary(samples, TARGETS))
    assert "3 visits: 2 up  1 down" in text
    assert "TTFB mean 200 ms (of 2), min 100 ms, max 300 ms  100 ms within" in text


def test_nothing_from_the_network_commands_the_terminal():
    assert printable("a\x1b[31mb\n") == "a\ufffd[31mb\ufffd"
