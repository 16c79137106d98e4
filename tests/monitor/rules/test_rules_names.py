"""Names of vendors and pages can be anything: none may become part of a query, a template or a command."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from ruling import check, config, promtool, scenario, write_rules

from monitor.rules.promql import argument, literal, matcher, matching, selectors, string
from monitor.rules.words import named

NAMES = [
    'say "hello"',
    "back\\slash",
    "it's $(here) `now`",
    "{{ $labels.page }}",
    "{{",
    "open {",
    "a.*|b",
    "100 % & more?",
    "naïve ☃",
    "a: b # c",
]


def quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


@promtool
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name_in_every_rule(name: str, tmp_path: Path) -> None:
    page = f"{{name: {quoted(name)}, url: 'https://www.example.com/', probes: {{http: {{every: 15s}}}}}}"
    objective = f"objectives: [{{name: {quoted(name)}, indicator: availability, at_least: 99.99%}}]"
    of = config(objective, page, quoted(name))
    labels = {"vendor": name, "page": name}
    held = ",".join(f"{key}={string(value)}" for key, value in labels.items())
    other = held.replace(string(name), string("other"))
    series = {
        f'landwatch_incident_open{{instance="a",kind="outage",{held}}}': "1x40",
        f"landwatch_measured_seconds_total{{{held}}}": "0+15x40",
        f"landwatch_bad_seconds_total{{{held}}}": "0x30 15x10",
        f'landwatch_objective_verdict{{objective={string(name)},verdict="breached",{held}}}': "1x40",
        f'landwatch_objective_verdict{{objective="other",verdict="breached",{other}}}': "1x40",
        f"landwatch_objective_value{{objective={string(name)},{held}}}": "0.9995x40",
    }
    shown = {
        "status_page": "http://127.0.0.1:9464/",
        "command": f"landwatch report --vendor {single(name)} --page {single(name)}",
    }
    about, shell = named(name, name), shlex.quote(name)
    burns = '{alertname="LandwatchBudgetBurn",severity="page"}'
    dashboard = "http://127.0.0.1:3000/d/landwatch-{}?{}"
    description = (
        f"{name} / {name} broke its promise {name}: share availability at least 99.99% over 30d. The "
        "evidence carries it, whatever was not measured was like. Over 30d the figure stands at 99.9500%."
    )
    scenario(
        tmp_path,
        of,
        "15s",
        series,
        alert_rule_test=[
            {
                "eval_time": "9m",
                "alertname": "LandwatchVerdictBreached",
                "exp_alerts": [
                    {
                        "exp_labels": {"severity": "ticket", "objective": name, **labels},
                        "exp_annotations": {
                            "summary": f"{name} / {name} broke its promise {name}",
                            "description": description,
                            "dashboard": dashboard.format("sla", urlqueried(about.variables)),
                            **shown,
                        },
                    }
                ],
            },
            {
                "eval_time": "9m",
                "alertname": "LandwatchPageUnmeasured",
                "exp_alerts": [
                    {
                        "exp_labels": {"severity": "page", **labels},
                        "exp_annotations": {
                            "summary": f"{name} / {name} is measured by nobody",
                            "description": (
                                f"Prometheus knows of no sample of {name} / {name} by the probe http that "
                                "began in the last 1m, from any region; one is due every 15s. Whether the "
                                "page is up or down, nobody knows."
                            ),
                            "dashboard": dashboard.format("page", about.variables),
                            "status_page": "http://127.0.0.1:9464/",
                            "command": f"landwatch report --vendor {shell} --page {shell}",
                        },
                    }
                ],
            },
        ],
        promql_expr_test=[
            {
                "expr": f"count by (alertname, vendor, page) (ALERTS{burns})",
                "eval_time": "9m",
                "exp_samples": [{"labels": f'{{alertname="LandwatchBudgetBurn",{held}}}', "value": 2}],
            }
        ],
    )


def single(name: str) -> str:
    """Between single quotes, for a shell."""
    return "'" + name.replace("'", "'\\''") + "'"


def urlqueried(variables: str) -> str:
    """As Go's ``urlquery`` writes it: a blank is a plus."""
    return variables.replace("%20", "+")


@promtool
def test_an_objective_about_some_pages_chooses_exactly_these(tmp_path: Path) -> None:
    pages = ",".join(
        f"{{name: {name}, url: 'https://www.example.com/', probes: {{http: {{every: 15s}}}}}}"
        for name in ("'a.b'", "axb", "a.bc")
    )
    more = "objectives: [{name: up, indicator: availability, at_least: 99.99%, pages: ['a.b']}]"
    series = {}
    for page in ("a.b", "axb", "a.bc"):
        labels = f'vendor="easyshop",page="{page}"'
        series[f"landwatch_measured_seconds_total{{{labels}}}"] = "0+15x40"
        series[f"landwatch_bad_seconds_total{{{labels}}}"] = "0x30 15x10"
    expected = {
        "expr": 'count by (page) (ALERTS{alertname="LandwatchBudgetBurn",long_window="1h"})',
        "eval_time": "9m",
        "exp_samples": [{"labels": '{page="a.b"}', "value": 1}],
    }
    scenario(tmp_path, config(more, pages), "15s", series, promql_expr_test=[expected])


@promtool
def test_rules_of_names_of_every_sort_pass_prometheus(tmp_path: Path) -> None:
    pages = ",".join(f"{{name: {quoted(name)}, url: 'https://www.example.com/'}}" for name in NAMES)
    write_rules(tmp_path / "rules.yml", config("", pages))
    assert "SUCCESS" in check(tmp_path / "rules.yml")
    assert yaml.safe_load((tmp_path / "rules.yml").read_text())["groups"]


def test_what_stands_in_queries_and_templates_is_quoted() -> None:
    assert string('a"b\\c') == '"a\\"b\\\\c"'
    assert matcher(vendor="v", variant=None) == '{vendor="v"}'
    assert matcher() == ""
    assert matching(["a.b", "c|d"]) == '"a\\\\.b|c\\\\|d"'
    assert literal("{{ x }}") == '{{ "{" }}{{ "{" }} x }}'
    assert argument('a"b') == '"a\\"b"'


def test_pages_are_chosen_by_as_few_words_as_there_can_be() -> None:
    known = [("a", "1"), ("a", "2"), ("b", "1"), ("c", "1"), ("c", "2")]
    assert selectors(known, known) == [""]
    assert selectors([], known) == []
    assert selectors(known[:3], known) == ['{vendor=~"a|b"}']
    assert selectors([("b", "1"), ("c", "2")], known) == ['{vendor=~"b"}', '{vendor="c",page=~"2"}']
