from __future__ import annotations

import asyncio
import math
import shutil
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_plain
from scraping import AT, EVIDENCE, PLAIN, UP, make_target, read, value

from monitor.metrics.block import Block, render
from monitor.metrics.collector import Metrics
from monitor.metrics.declared import OWN_FAMILIES, PAGE_FAMILIES, TTFB
from monitor.metrics.exposition import Format
from monitor.metrics.own import Own
from monitor.pace import Pace
from probes.sample import Attempt, Fault, Hop, Outcome

DOWN = replace(UP, outcome=Outcome.DOWN, fault=Fault.TIMEOUT, ttfb=None, evidence={})


@pytest.fixture
def metrics():
    made = Metrics(
        own=lambda: Own(version="1.2", sink_errors={"store": 2}, spooled=7, targets=1),
        runs=lambda: {("easyshop", "sale", "http", ""): (40, 2)},
    )
    made.watch([make_target()])
    yield made
    made.close()


async def test_a_new_page_has_its_counters_at_zero_and_says_nothing_of_what_was_not_seen(metrics):
    found = await read(metrics)
    zero = {(s.labels["outcome"], s.labels["fault"]) for s in found["landwatch_samples_total"]}
    assert zero >= {("up", ""), ("down", "timeout"), ("down", "tls"), ("blocked", "blocked")}
    assert ("down", "blocked") not in zero
    assert {s.value for s in found["landwatch_samples_total"]} == {0.0}
    assert "landwatch_up" not in found
    assert "landwatch_phase_seconds" not in found
    assert "landwatch_ttfb_seconds_count" not in found


async def test_a_sample_speaks_for_its_page(metrics):
    metrics.record(UP)
    found = await read(metrics)
    assert value(found, "landwatch_up") == 1
    assert value(found, "landwatch_samples_total", outcome="up", fault="", attempt="scheduled") == 1
    assert value(found, "landwatch_last_sample_timestamp_seconds") == AT.timestamp()
    assert value(found, "landwatch_phase_seconds", phase="tls") == 0.03
    expiry = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
    assert value(found, "landwatch_tls_expiry_timestamp_seconds") == expiry
    assert value(found, "landwatch_runs_total", result="run") == 40
    assert value(found, "landwatch_runs_total", result="skipped") == 2


@pytest.mark.parametrize(("ttfb", "within"), [(0.3, 1.0), (0.3000001, 0.0), (0.01, 1.0), (60.0, 0.0)])
async def test_a_ttfb_on_the_promise_is_within_it(metrics, ttfb, within):
    metrics.record(replace(UP, ttfb=ttfb))
    found = await read(metrics)
    assert value(found, "landwatch_ttfb_seconds_bucket", protocol="h2", le="0.3") == within
    assert value(found, "landwatch_ttfb_seconds_bucket", protocol="h2", le="+Inf") == 1
    assert value(found, "landwatch_ttfb_seconds_count", protocol="h2") == 1
    assert value(found, "landwatch_ttfb_seconds_sum", protocol="h2") == ttfb


async def test_buckets_are_cumulative_and_kept_apart_by_protocol(metrics):
    for ttfb in (0.04, 0.2, 0.2, 7.0):
        metrics.record(replace(UP, ttfb=ttfb))
    metrics.record(replace(UP, protocol="h3"))
    metrics.record(replace(UP, protocol=None))
    found = await read(metrics)
    h2 = [s.value for s in found["landwatch_ttfb_seconds_bucket"] if s.labels["protocol"] == "h2"]
    assert len(h2) == len(TTFB.edges) + 1
    assert h2 == sorted(h2)
    assert (h2[0], h2[-1]) == (1, 4)
    assert value(found, "landwatch_ttfb_seconds_count", protocol="h3") == 1
    assert value(found, "landwatch_ttfb_seconds_count", protocol="") == 1


async def test_a_promise_of_the_config_is_an_edge(metrics):
    metrics.watch([make_target()], promises=[0.28, 1])
    metrics.record(replace(UP, ttfb=0.28))
    found = await read(metrics)
    assert value(found, "landwatch_ttfb_seconds_bucket", protocol="h2", le="0.28") == 1
    assert value(found, "landwatch_ttfb_seconds_bucket", protocol="h2", le="0.25") == 0
    assert value(found, "landwatch_ttfb_seconds_bucket", protocol="h2", le="1.0") == 1


async def test_a_failure_is_counted_by_its_fault_and_keeps_the_phases_before_it(metrics):
    metrics.record(UP)
    metrics.record(replace(DOWN, hops=[Hop("https://www.example.com/", dns=0.02)]))
    found = await read(metrics)
    assert value(found, "landwatch_up") == 0
    assert value(found, "landwatch_samples_total", outcome="down", fault="timeout", attempt="scheduled") == 1
    assert value(found, "landwatch_phase_seconds", phase="dns") == 0.02
    assert value(found, "landwatch_phase_seconds", phase="wait") is None
    assert value(found, "landwatch_ttfb_seconds_count", protocol="h2") == 1


@pytest.mark.parametrize(("outcome", "fault"), [("blocked", "blocked"), ("unknown", "internal")])
async def test_a_page_that_was_not_seen_is_neither_up_nor_down(metrics, outcome, fault):
    metrics.record(UP)
    metrics.record(replace(UP, outcome=Outcome(outcome), fault=Fault(fault)))
    found = await read(metrics)
    assert "landwatch_up" not in found
    assert value(found, "landwatch_samples_total", outcome=outcome, fault=fault, attempt="scheduled") == 1
    assert value(found, "landwatch_ttfb_seconds_count", protocol="h2") == 1


async def test_a_tainted_sample_is_counted_and_says_nothing_else(metrics):
    metrics.record(replace(UP, tainted=["loop_lag"]))
    found = await read(metrics)
    assert value(found, "landwatch_samples_total", outcome="up", fault="", attempt="scheduled") == 1
    assert value(found, "landwatch_last_sample_timestamp_seconds") == AT.timestamp()
    assert "landwatch_up" not in found
    assert "landwatch_ttfb_seconds_count" not in found


async def test_a_burst_is_counted_apart_and_moves_nothing_else(metrics):
    metrics.record(replace(DOWN, attempt=Attempt.BURST))
    metrics.record(replace(UP, attempt=Attempt.BURST))
    found = await read(metrics)
    assert value(found, "landwatch_samples_total", outcome="down", fault="timeout", attempt="burst") == 1
    assert value(found, "landwatch_samples_total", outcome="up", fault="", attempt="burst") == 1
    assert "landwatch_up" not in found
    assert "landwatch_ttfb_seconds_count" not in found


async def test_phases_are_summed_over_the_hops_that_reached_them(metrics):
    metrics.record(
        replace(UP, hops=[Hop("http://a/", dns=0.01, wait=0.1), Hop("https://b/", dns=0.02, tls=0.5)])
    )
    found = await read(metrics)
    assert value(found, "landwatch_phase_seconds", phase="dns") == pytest.approx(0.03)
    assert value(found, "landwatch_phase_seconds", phase="wait") == 0.1
    assert value(found, "landwatch_phase_seconds", phase="tls") == 0.5
    assert value(found, "landwatch_phase_seconds", phase="connect") is None


async def test_a_certificate_without_an_end_has_no_expiry(metrics):
    metrics.record(UP)
    metrics.record(replace(UP, evidence={"tls": {"version": "TLSv1.3"}}))
    assert "landwatch_tls_expiry_timestamp_seconds" not in await read(metrics)


async def test_the_series_of_a_vanished_page_vanish_and_the_others_go_on(metrics):
    metrics.watch([make_target(), make_target("gone")])
    metrics.record(UP)
    metrics.record(replace(UP, page="gone"))
    metrics.watch([make_target(), make_target("new")])
    metrics.record(replace(UP, page="gone"))
    found = await read(metrics)
    assert {s.labels["page"] for s in found["landwatch_samples_total"]} == {"sale", "new"}
    assert value(found, "landwatch_samples_total", outcome="up", fault="", attempt="scheduled") == 1


HOSTILE = 'a "quoted" \\ name\nwith 100 % of {everything}, %s and \u2028'


@pytest.mark.parametrize("wanted", [PLAIN, Format(openmetrics=True), Format(gzip=True), Format(True, True)])
async def test_names_are_escaped_in_each_format(metrics, wanted):
    metrics.watch([make_target(HOSTILE)])
    metrics.record(replace(UP, page=HOSTILE))
    found = await read(metrics, wanted)
    assert value(found, "landwatch_up", page=HOSTILE) == 1
    assert value(found, "landwatch_phase_seconds", page=HOSTILE, phase="dns") == 0.01


def test_a_missing_number_leaves_its_line_out_whatever_the_names_hold():
    block = Block(['a{x="100 %"}', 'b{x="%s\u2028"}'], None)
    block.values[1] = 2.5
    assert render(block.freeze()) == 'b{x="%s\u2028"} 2.5\n'


async def test_every_declared_metric_is_there_with_its_kind_and_its_labels(metrics):
    metrics.record(replace(UP, evidence=EVIDENCE, vitals={"similarity": 0.5, "first_screen": 1.0}))
    text = (await metrics.render(Format())).decode()
    families = {family.name: family for family in parse_plain(text)}
    for family in (*PAGE_FAMILIES, *OWN_FAMILIES):
        found = families[family.name.removesuffix("_total")]
        assert (found.type, found.documentation) == (family.kind, family.help)
        for sample in found.samples:
            assert set(sample.labels) - {"le"} == set(family.labels)
            assert math.isfinite(sample.value)
    strangers = {name for name in families if name.startswith("landwatch_")}
    assert strangers == {family.name.removesuffix("_total") for family in (*PAGE_FAMILIES, *OWN_FAMILIES)}


def test_every_metric_is_named_as_prometheus_names_them():
    for family in (*PAGE_FAMILIES, *OWN_FAMILIES):
        assert family.name.startswith("landwatch_")
        assert family.name.endswith("_total") is (family.kind == "counter")
        assert bool(family.edges) is (family.kind == "histogram")
        assert family.help.endswith(".")
        assert not {"url", "detail", "address"} & set(family.labels)


async def test_figures_of_its_own_are_told(metrics):
    found = await read(metrics)
    assert found["landwatch_spool_samples"][0].value == 7
    assert [(s.labels, s.value) for s in found["landwatch_sink_errors_total"]] == [({"sink": "store"}, 2)]
    assert found["landwatch_build_info"][0].labels["version"] == "1.2"
    assert found["process_resident_memory_bytes"][0].value > 0


async def test_both_formats_say_the_same(metrics):
    metrics.record(UP)
    plain, opened = await read(metrics), await read(metrics, Format(openmetrics=True))
    ours = {name for name in plain if name.startswith("landwatch_")}
    assert ours == {name for name in opened if name.startswith("landwatch_")}
    assert value(plain, "landwatch_ttfb_seconds_sum", protocol="h2") == 0.3
    assert value(opened, "landwatch_ttfb_seconds_sum", protocol="h2") == 0.3


async def test_without_pages_only_its_own_figures_are_there(metrics):
    metrics.watch([])
    found = await read(metrics)
    assert "landwatch_samples_total" not in found
    assert "landwatch_build_info" in found


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Debian's prometheus")
async def test_promtool_finds_nothing_to_mend(metrics):
    metrics.record(UP)
    metrics.record(DOWN)
    body = await metrics.render(Format())
    checked = await asyncio.to_thread(
        subprocess.run, ["promtool", "check", "metrics"], input=body, capture_output=True
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


async def test_scrapes_at_the_same_time_share_one_render():
    asked = []
    metrics = Metrics(own=lambda: asked.append(1) or Own())
    try:
        bodies = await asyncio.gather(*(metrics.render(Format()) for _ in range(5)))
        assert len(asked) == 1
        assert len({id(body) for body in bodies}) == 1
        await metrics.render(Format())
        assert len(asked) == 2
    finally:
        metrics.close()


async def test_a_scraper_that_goes_away_leaves_the_answer_to_the_others(metrics):
    impatient = asyncio.create_task(metrics.render(Format()))
    patient = asyncio.create_task(metrics.render(Format()))
    await asyncio.sleep(0)
    impatient.cancel()
    assert b"landwatch_build_info" in await patient
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_render_leaves_the_loop_to_others():
    metrics = Metrics()
    threads = set()

    metrics.watch([make_target(str(number)) for number in range(200)])
    turns = 0
    render = asyncio.create_task(metrics.render(Format(gzip=True)))
    while not render.done():
        turns += 1
        threads.update(thread.name for thread in threading.enumerate())
        await asyncio.sleep(0)
    metrics.close()
    assert turns > 2
    assert any(name.startswith("metrics") for name in threads)


@pytest.mark.parametrize(
    ("accept", "encoding", "wanted", "kind"),
    [
        ("", "", Format(), "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "br", Format(), "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4",
            "gzip",
            Format(openmetrics=True, gzip=True),
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ],
)
def test_the_format_is_what_the_scraper_asked_for(accept, encoding, wanted, kind):
    assert Format.asked(accept, encoding) == wanted
    assert wanted.headers["Content-Type"] == kind
    assert ("Content-Encoding" in wanted.headers) is wanted.gzip


def test_pace_rests_after_each_stretch_of_work():
    now = 0.0
    slept = []
    pace = Pace(work=0.001, rest=0.002, clock=lambda: now, sleep=slept.append)
    for now in (0.0004, 0.0011, 0.0012, 0.0025):  # noqa: B007  # read by the clock
        pace()
    assert slept == [0.002, 0.002]
