"""Which rules a config makes, and with which figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruling import alerts, check, config, promtool, scenario, write_rules

from monitor.config import Config, parse
from monitor.judging.incident_plan import plans_of
from monitor.rules.budget import PAIRS, counted_alike, factor
from monitor.rules.groups import rule_groups, usual_places
from monitor.rules.rule import Places
from monitor.sla.windows import ServiceHours

DAY = 86_400.0
ALL = "{name: sale, url: 'https://www.example.com/', probes: {http: {every: 15s}, http3: , tls: , browser: }}"
AVAILABILITY = "objectives: [{name: up, indicator: availability, %s}]"


def burns(more: str) -> list[tuple[str, str]]:
    """The long windows of the burn alerts, and what their shares are held against."""
    found = alerts(config(AVAILABILITY % more)).get("LandwatchBudgetBurn", [])
    return [(one.labels["long_window"], one.expr.split("> ")[1].split("\n")[0]) for one in found]


@pytest.mark.parametrize(
    ("days", "factors"),
    [(7, [3.36, 1.4, 1, 1]), (30, [14.4, 6, 3, 1]), (90, [43.2, 18, 9, 3]), (180, [86.4, 36, 18, 6])],
)
def test_factors_are_those_of_the_workbook_by_the_window_of_the_promise(
    days: int, factors: list[float]
) -> None:
    assert [factor(pair, days * DAY, None) for pair in PAIRS] == pytest.approx(factors)


def test_with_hours_of_service_the_budget_is_that_of_these_hours() -> None:
    hours = ServiceHours(frozenset(range(5)), 9 * 60, 17 * 60)
    served = 30 / 7 * 5 * 8  # hours in 30 days
    expected = [0.02 * served / 1, 0.05 * served / 6, 0.1 * served / 8, 1]
    assert [factor(pair, 30 * DAY, hours) for pair in PAIRS] == pytest.approx(expected)
    night = ServiceHours(frozenset(range(7)), 22 * 60, 6 * 60)
    assert factor(PAIRS[0], 30 * DAY, night) == pytest.approx(0.02 * 240)


def test_a_burn_is_held_against_the_target_and_window_of_its_objective() -> None:
    expected = [("1h", "0.00144"), ("6h", "0.0006"), ("1d", "0.0003"), ("3d", "0.0001")]
    assert burns("at_least: 99.99%") == burns("at_least: 99.99%, window: month") == expected
    assert burns("at_least: 99.9%, window: 90d")[0] == ("1h", "0.0432")
    assert burns("at_least: 99.9%, window: stable, since: 2026-01-05")[0] == ("1h", "0.0432")


def test_a_rule_that_could_never_be_true_is_left_out() -> None:
    assert [window for window, _ in burns("at_least: 90%")] == ["6h", "1d", "3d"]
    assert [window for window, _ in burns("at_least: 99%, window: 1d")] == ["1h", "6h", "1d"]
    assert burns("at_least: 99%, window: 30m") == []


@promtool
def test_a_promise_of_all_the_time_has_no_budget_and_alerts_with_any_bad_slice(tmp_path: Path) -> None:
    of = config(AVAILABILITY % "at_least: 100%")
    labels = '{vendor="easyshop",page="sale"}'
    series = {
        f"landwatch_measured_seconds_total{labels}": "0+15x40",
        f"landwatch_bad_seconds_total{labels}": "0x30 15x10",
    }
    query = 'count by (objective) (ALERTS{alertname="LandwatchBudgetBurn"})'
    before = {"expr": query, "eval_time": "7m", "exp_samples": []}
    after = {"expr": query, "eval_time": "9m", "exp_samples": [{"labels": '{objective="up"}', "value": 1}]}
    scenario(tmp_path, of, "15s", series, promql_expr_test=[before, after])


def test_only_objectives_that_count_as_the_counters_do_burn() -> None:
    first = "{name: first, indicator: availability, at_least: 99.99%}"
    others = [
        "{name: longer, indicator: availability, at_least: 99.9%, window: 90d}",
        "{name: any, indicator: availability, at_least: 99.9%, preset: any-region}",
        "{name: slices, indicator: availability, at_least: 99.9%, slice: 1m}",
        "{name: far, indicator: availability, at_least: 99.9%, regions: [us-east]}",
        "{name: work, indicator: availability, at_least: 99.9%, hours: {from: '09:00', until: '17:00'}}",
        "{name: all, indicator: availability, at_least: 99.9%, maintenance: counted}",
        "{name: other, indicator: availability, at_least: 99.9%, probe: http3}",
    ]
    of = config(f"objectives: [{', '.join([first, *others])}]", ALL)
    alike = {one.name: counted_alike(one, plans_of(of)) for one in of.objectives}
    page = [("easyshop", "sale")]
    assert {name: pages for name, pages in alike.items() if pages} == {"first": page, "longer": page}
    assert {one.labels["objective"] for one in alerts(of)["LandwatchBudgetBurn"]} == {"first", "longer"}
    # Each of them has a verdict all the same.
    assert {one.labels["objective"] for one in alerts(of)["LandwatchVerdictBreached"]} == set(alike)


def test_an_objective_of_several_vendors_in_part_is_one_alert_for_each_pair_of_windows(
    tmp_path: Path,
) -> None:
    page = "{name: %s, url: 'https://www.example.com/'}"
    vendors = [
        f"  - {{name: {vendor}, pages: [{page % 'one'}, {page % 'two'}]}}\n" for vendor in ("a", "b", "c")
    ]
    text = (
        f"region: r\nvendors:\n{''.join(vendors)}"
        "objectives: [{name: up, indicator: availability, at_least: 100%, vendors: [a, b], pages: [one]},"
        "{name: rest, indicator: availability, at_least: 99.9%, vendors: [c]}]"
    )
    found = alerts(parse(text))["LandwatchBudgetBurn"]
    assert [one.labels["objective"] for one in found] == ["up", "rest", "rest", "rest", "rest"]
    assert '{vendor="a",page=~"one"} > 0 or ' in found[0].expr
    assert "/ 21600" in alerts(parse(text))["LandwatchCoverageLow"][0].expr


def test_alerts_are_there_for_what_watches_and_was_promised_only() -> None:
    bare = alerts(config("objectives: []"))
    for name in (
        "Http3Broken",
        "TrackingLost",
        "BudgetBurn",
        "VerdictBreached",
        "LatencyBreach",
        "Maintenance",
    ):
        assert f"Landwatch{name}" not in bare
    assert {"LandwatchPageDown", "LandwatchWatchdog", "LandwatchProbeSilent"} <= bare.keys()
    full = alerts(config("", ALL))
    assert "LandwatchHttp3Broken" in full
    assert [one.labels["objective"] for one in full["LandwatchLatencyBreach"]] == ["ttfb", "first-screen"]
    assert len(full["LandwatchProbeSilent"]) == 4


def test_coverage_is_asked_for_as_the_objective_has_it_and_not_outside_of_hours() -> None:
    (low,) = alerts(config(AVAILABILITY % "at_least: 99%, coverage: 90%"))["LandwatchCoverageLow"]
    assert "< 0.9\n" in low.expr
    (high,) = alerts(config(AVAILABILITY % "at_least: 99%, coverage: 99.9%"))["LandwatchCoverageLow"]
    assert "< 0.99\n" in high.expr
    hours = "at_least: 99%, hours: {from: '09:00', until: '17:00'}"
    assert "LandwatchCoverageLow" not in alerts(config(AVAILABILITY % hours))


def test_patience_grows_with_the_time_between_visits() -> None:
    pages = "{name: sale, url: 'https://www.example.com/', probes: {http: {every: 10m}, tls: {every: 1h}}}"
    found = {one.labels["probe"]: one for one in alerts(config("", pages))["LandwatchProbeSilent"]}
    assert "time() - 1810" in found["http"].expr
    assert (found["http"].lasting, found["tls"].lasting) == (600, 3600)
    (page,) = alerts(config("", pages))["LandwatchPageUnmeasured"]
    assert 'probe="http"' in page.expr
    assert "region" not in page.expr


def test_every_region_that_is_named_must_send_samples() -> None:
    of = config()
    groups = rule_groups(of, Places(regions=("eu-west", "us-east"), status="http://x/"))
    silent = [rule for group in groups for rule in group.rules if rule.__class__.__name__ == "Alert"]
    regions = [one.labels["region"] for one in silent if getattr(one, "name", "") == "LandwatchProbeSilent"]
    assert regions == ["eu-west", "us-east"]


def test_grades_and_numbers_are_shown_as_such(tmp_path: Path) -> None:
    more = (
        "objectives: [{name: grade, indicator: tls_grade, at_least: A}, "
        "{name: shift, indicator: cls, at_most: 0.1}, {name: days, indicator: tls_expiry_days, at_least: 21}]"
    )
    found = alerts(config(more, ALL))
    words = {
        one.labels["objective"]: one.annotations["description"] for one in found["LandwatchVerdictBreached"]
    }
    assert "{{ if eq .Value 5.0 }}A+{{ end }}" in words["grade"]
    assert "ceil(1000 * max(landwatch_objective_value" in words["shift"]
    assert "floor(1000 * max(landwatch_objective_value" in words["days"]
    (soon,) = found["LandwatchCertificateExpiresSoon"]
    assert "or as many as were promised" in soon.annotations["description"]


@pytest.mark.parametrize(
    ("listen", "status"),
    [
        ("127.0.0.1:9464", "http://127.0.0.1:9464/"),
        ("0.0.0.0:9000", "http://127.0.0.1:9000/"),
        (":9000", "http://127.0.0.1:9000/"),
        ("'[::1]:9000'", "http://[::1]:9000/"),
        ("'[::]:9000'", "http://127.0.0.1:9000/"),
    ],
)
def test_the_status_page_is_where_the_config_has_it(listen: str, status: str) -> None:
    assert usual_places(config(f"listen: {listen}")).status == status


@promtool
def test_rules_of_a_large_config_pass(tmp_path: Path) -> None:
    of = large()
    write_rules(tmp_path / "rules.yml", of)
    assert "SUCCESS" in check(tmp_path / "rules.yml")


def large() -> Config:
    pages = ",".join(f"{{name: p{number}, url: 'https://www.example.com/'}}" for number in range(300))
    return config("", pages)


def test_rules_name_metrics_that_there_are() -> None:
    import re

    from monitor.metrics.declared import OWN_FAMILIES, PAGE_FAMILIES
    from monitor.metrics.judge_declared import JUDGE_FAMILIES

    families = (*PAGE_FAMILIES, *JUDGE_FAMILIES, *OWN_FAMILIES)
    ends = ("", "_bucket", "_count", "_sum")
    known = {f"{one.name}{end}" for one in families for end in (ends if one.kind == "histogram" else ("",))}
    of = config("", ALL)
    for group in rule_groups(of, usual_places(of)):
        for rule in group.rules:
            assert set(re.findall(r"(?<!:)\blandwatch_\w+", rule.expr)) <= known
