from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from docspages import Page, page, pages, spans
from scraping import EVIDENCE

from monitor.health.lags import BOUNDS
from monitor.metrics import declared
from monitor.metrics.declared import OWN_FAMILIES, PAGE_FAMILIES, TTFB
from monitor.metrics.evidence_series import MOST_VITALS
from monitor.metrics.exposition import Format, Snapshot, expose
from monitor.metrics.judge_declared import JUDGE_FAMILIES
from monitor.metrics.judge_series import JudgeSeries
from monitor.metrics.own import Own
from monitor.metrics.readings import ADDRESS_STATES, HTTP3_STATES
from monitor.metrics.series import TargetSeries
from monitor.pace import Pace
from probes.edge.caching import STATUSES
from probes.ids import uuid7
from probes.sample import Attempt, Fault, Hop, Outcome, Sample
from probes.target import Target

METRICS = page("docs/metrics.md")
FAMILIES = {family.name: family for family in (*PAGE_FAMILIES, *JUDGE_FAMILIES, *OWN_FAMILIES)}
NAMES = {
    name
    for family in FAMILIES.values()
    for name in (
        [f"{family.name}{end}" for end in ("", "_bucket", "_count", "_sum")]
        if family.kind == "histogram"
        else [family.name]
    )
}
QUERIES = [
    pytest.param(block.text, id=f"line {block.line}") for block in METRICS.blocks if block.info == "promql"
]


def rows() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for heading in ("Of pages", "Of objectives and incidents", "Of landwatch itself"):
        found |= METRICS.under(heading, "name").by_first()
    return found


def exposed() -> dict[str, str]:
    """The kind of each metric that a scrape brings, pages' series included."""
    text = expose(Snapshot([], Own()), JudgeSeries(), Format(), Pace()).decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    return kinds | {family.name: family.kind for family in (*PAGE_FAMILIES, *JUDGE_FAMILIES)}


def test_every_metric_stands_in_the_docs_and_no_other() -> None:
    said = rows()
    assert {name: row[1] for name, row in said.items()} == exposed()
    for name, family in FAMILIES.items():
        assert tuple(spans(said[name][2])) == family.labels, name
        assert said[name][3].endswith(".")


def test_the_words_of_evidence_are_named() -> None:
    said = rows()
    for name, words in (
        (declared.HTTP3.name, HTTP3_STATES),
        (declared.ADDRESSES.name, ADDRESS_STATES),
        (declared.CACHE.name, STATUSES),
    ):
        assert set(words) <= set(spans(said[name][3])), name
    assert f"by name, {MOST_VITALS} at most" in said[declared.VITAL.name][3]


def test_the_edges_are_those_of_the_histograms() -> None:
    assert f"The edges of `{TTFB.name}` are {listed(TTFB.edges)} s" in METRICS.prose
    assert f"The edges of the two lags are {listed(BOUNDS)} s" in METRICS.prose
    lags = [family for family in OWN_FAMILIES if family.kind == "histogram"]
    assert [family.edges for family in lags] == [BOUNDS, BOUNDS]


def listed(edges: tuple[float, ...]) -> str:
    *before, last = (f"{edge:g}" for edge in edges)
    return f"{', '.join(before)} and {last}"


@pytest.mark.parametrize("one", pages(), ids=lambda one: one.path.name)
def test_no_page_names_a_metric_that_is_none(one: Page) -> None:
    assert set(re.findall(r"(?<!:)\blandwatch_\w+", one.text)) <= NAMES


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_names_labels_that_there_are(query: str) -> None:
    for name, selector in re.findall(r"(landwatch_\w+)(?:\{([^}]*)\})?", query):
        family = next(each for each in FAMILIES.values() if name.startswith(each.name))
        labels = {*family.labels, *(("le",) if name.endswith("_bucket") else ())}
        labels |= {declared.VARIANT} if family in PAGE_FAMILIES else set()
        assert set(re.findall(r"(\w+)[!=]", selector)) <= labels
        grouped = {label for inside in re.findall(r"by \(([^)]*)\)", query) for label in inside.split(", ")}
        assert grouped <= labels | {"instance"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Debian's prometheus")
def test_prometheus_takes_every_query(tmp_path: Path) -> None:
    rules = [{"record": f"query:{number}", "expr": query.values[0]} for number, query in enumerate(QUERIES)]
    assert len(rules) > 8
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "docs", "rules": rules}]}))
    ended = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert f"SUCCESS: {len(rules)} rules found" in ended.stdout


def sample(outcome: Outcome, attempt: Attempt = Attempt.SCHEDULED, *, tainted: bool = False) -> Sample:
    at = 1_700_000_000.0
    return Sample(
        id=uuid7(at),
        at=datetime.fromtimestamp(at, UTC),
        vendor="v",
        page="p",
        url="https://www.example.com/",
        region="r",
        probe="http",
        attempt=attempt,
        outcome=outcome,
        fault=None if outcome is Outcome.UP else Fault.CONNECT,
        tainted=["cpu"] if tainted else [],
        ttfb=0.1,
        hops=[Hop("https://www.example.com/", wait=0.1)],
        vitals={"similarity": 0.5, "first_screen": 1.0},
        evidence=EVIDENCE,
    )


COUNTED = {
    "scheduled, up": [sample(Outcome.UP)],
    "scheduled, down, blocked or unknown": [
        sample(outcome) for outcome in (Outcome.DOWN, Outcome.BLOCKED, Outcome.UNKNOWN)
    ],
    "scheduled, tainted": [sample(outcome, tainted=True) for outcome in Outcome],
    "burst": [sample(outcome, Attempt.BURST) for outcome in Outcome],
}


def test_samples_count_where_the_docs_say() -> None:
    table = METRICS.tables[1]
    said = {row[0]: row[1:] for row in table.rows}
    assert said.keys() == COUNTED.keys()
    named = [name for families in table.columns for name in spans(families)]
    assert sorted([*named, declared.RUNS.name]) == sorted(family.name for family in PAGE_FAMILIES)
    for what, samples in COUNTED.items():
        for one in samples:
            for families, cell in zip(table.columns[1:], said[what], strict=True):
                assert cell[:3] in ("yes", "no", "no ")
                for name in spans(families):
                    up = name == declared.UP.name and one.outcome in (Outcome.BLOCKED, Outcome.UNKNOWN)
                    assert changes(name, one) == (cell.startswith("yes") and not up), (what, name)


def changes(name: str, one: Sample) -> bool:
    """Whether a sample changes what a family says of a page of which nothing is known yet."""
    series = TargetSeries(Target("v", "p", one.url, "r", "http", None))
    before, after = ({family.name: [] for family in PAGE_FAMILIES} for _ in range(2))
    series.freeze(before)
    series.record(one)
    series.freeze(after)
    return bool(before[name] != after[name])
