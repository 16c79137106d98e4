"""Every rule stands in the docs with what it is, and no other does."""

from __future__ import annotations

import re

import pytest
import yaml
from docspages import ROOT, page, spans
from ruling import alerts

from monitor.config import Config, load
from monitor.rules.budget import PAIRS, factor
from monitor.rules.confirmed import LONG, SHORT
from monitor.rules.groups import rule_groups, usual_places
from monitor.rules.rule import Recording, Severity

ALERTS = page("docs/alerts.md")
SAID = ALERTS.under("What each alert means", "alert").by_first()
MERGED = re.compile(r"(\d+[mhd])$")


@pytest.fixture(scope="module")
def full() -> Config:
    """A config that has rules of every sort."""
    return load(ROOT / "deploy" / "prometheus" / "tests" / "landwatch.yaml")


def test_every_alert_stands_in_the_docs_and_no_other(full: Config) -> None:
    assert SAID.keys() == alerts(full).keys()
    for row in SAID.values():
        assert row[3].endswith(".")
        assert row[4].endswith(".")


def test_severities_are_those_of_the_alerts(full: Config) -> None:
    for name, found in alerts(full).items():
        assert set(spans(SAID[name][1])) == {one.severity.value for one in found}, name
    assert all(f"`{severity}`" in ALERTS.prose for severity in Severity)


def test_labels_are_those_of_the_expression_and_the_rule(full: Config) -> None:
    for name, found in alerts(full).items():
        said = set(spans(SAID[name][2]))
        for one in found:
            grouped = re.search(r"^\W*(?:0 \* )?(?:max|min|sum) by \(([^)]*)\)", one.expr)
            held = set(grouped[1].split(", ")) if grouped else set()
            assert held | set(one.labels) <= said, name


def test_annotations_are_those_that_the_docs_name(full: Config) -> None:
    for found in alerts(full).values():
        for one in found:
            assert set(one.annotations) <= set(ALERTS.spans)
            dashboard = re.search(r"/d/([\w-]+)", one.annotations["dashboard"])
            assert dashboard
            assert dashboard[1] in ALERTS.spans


def test_every_series_that_is_recorded_stands_in_the_docs_and_no_other(full: Config) -> None:
    groups = rule_groups(full, usual_places(full))
    names = {rule.record for group in groups for rule in group.rules if isinstance(rule, Recording)}
    assert all(re.fullmatch(r"[a-z_]+:landwatch_[a-z_]+:[a-z]+(_[a-z]+)*(\d+[mhd])?", name) for name in names)
    said = ALERTS.under("What is recorded", "series").by_first()
    several = {MERGED.sub("", name) for name in said if "increase" in name}
    assert {name for name in names if "increase" not in name} == {n for n in said if "increase" not in n}
    assert {name for name in names if "increase" in name} == {
        f"{name}{window}" for name in several for window in (*SHORT, *LONG)
    }
    assert all(f"`{window}`" in ALERTS.prose for window in (*SHORT, *LONG))


def test_the_table_of_burn_rates_is_what_is_worked_out() -> None:
    rows = ALERTS.under("Burn rates", "long window").rows
    for row, pair in zip(rows, PAIRS, strict=True):
        assert (spans(row[0])[0], spans(row[1])[0]) == (pair.long, pair.short)
        assert row[2] == f"{pair.part:.0%}"
        assert spans(row[3]) == [pair.severity.value]
        assert [float(one) for one in row[4:]] == pytest.approx(
            [factor(pair, days * 86_400.0, None) for days in (7, 30, 90, 180)]
        )


def test_the_table_of_what_is_left_out_names_alerts_that_there_are(full: Config) -> None:
    said = ALERTS.under("Alertmanager", "while this fires").rows
    config = yaml.safe_load((ROOT / "deploy" / "alertmanager" / "alertmanager.yml").read_text())
    sources = {re.findall(r"Landwatch\w+", one["source_matchers"][0])[0] for one in config["inhibit_rules"]}
    assert {spans(row[0])[0] for row in said} == sources
    for row in said:
        assert {one for one in spans(row[1]) if one.startswith("Landwatch")} <= alerts(full).keys()


@pytest.mark.parametrize("name", ["alerts.md", "commands.md", "operations.md", "metrics.md"])
def test_no_page_names_an_alert_that_is_none(name: str) -> None:
    words = set(re.findall(r"\bLandwatch[A-Z]\w+", page(f"docs/{name}").text))
    assert words <= SAID.keys()
