"""The committed dashboards: what the script writes, and nothing that Grafana would stumble over."""

from __future__ import annotations

import ast
import copy
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard as Model
from grafanapanels import BUILT_IN, FOLDER, ROOT, Asked, Dashboard, dashboards, names_in

from monitor.metrics import declared
from monitor.metrics.declared import OWN_FAMILIES, PAGE_FAMILIES
from monitor.metrics.judge_declared import INFO, JUDGE_FAMILIES

BOARDS = [pytest.param(board, id=board.name) for board in dashboards()]
QUERIES = [
    pytest.param(query, id=f"{board.name}: {query.where}")
    for board in dashboards()
    for query in board.queries()
]
PANELS = [
    pytest.param(panel, id=f"{board.name}: {panel['title']}")
    for board in dashboards()
    for panel in board.panels
]
FAMILIES = {family.name: family for family in (*PAGE_FAMILIES, *JUDGE_FAMILIES, *OWN_FAMILIES)}
FOREIGN = {"up"}
"""Metrics that are Prometheus's own."""
PROCESS = re.compile(r"process_\w+")
UNITS = {"s", "short", "none", "percentunit", "bytes", "wps", "suffix:days"}


def build(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "grafana" / "build.py"), *map(str, arguments)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip


def test_the_scripts_are_no_package_and_say_what_they_are_for() -> None:
    scripts = sorted((ROOT / "grafana").rglob("*.py"))
    assert scripts
    assert [path for path in scripts if path.name == "__init__.py" or path.parent.name != "grafana"] == []
    assert all(ast.get_docstring(ast.parse(path.read_text("utf-8"))) for path in scripts)
    assert list((ROOT / "deploy").rglob("*.py")) == []


def test_the_files_are_what_the_script_writes() -> None:
    found = build("--check")
    assert found.returncode == 0, found.stderr


def test_the_script_says_which_file_differs(tmp_path: Path) -> None:
    assert build("--into", tmp_path).returncode == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        path.name: path.read_text() for path in FOLDER.iterdir()
    }
    (tmp_path / "sla.json").write_text("{}")
    (tmp_path / "old.json").write_text("{}")
    found = build("--check", "--into", tmp_path)
    assert found.returncode == 1
    assert "sla.json, old.json" in found.stderr
    assert (tmp_path / "sla.json").read_text() == "{}"


def test_there_are_four_dashboards_with_names_that_stay() -> None:
    assert {board.json["uid"] for board in dashboards()} == {
        "landwatch-fleet",
        "landwatch-page",
        "landwatch-sla",
        "landwatch-self",
    }


@pytest.mark.parametrize("board", BOARDS)
def test_grafanas_own_models_know_every_key(board: Dashboard) -> None:
    """But for how a mark is called: the Prometheus data source keeps that beside the query."""
    register_default_plugins()
    wanted = copy.deepcopy(board.json)
    for mark in wanted["annotations"].get("list", []):
        assert all(isinstance(mark.pop(key), str) for key in ("titleFormat", "textFormat", "tagKeys", "step"))
    assert json.loads(JSONEncoder().encode(Model.from_json(board.json))) == wanted


@pytest.mark.parametrize("board", BOARDS)
def test_panels_have_ids_and_places_of_their_own(board: Dashboard) -> None:
    panels = board.json["panels"]
    ids = [panel["id"] for panel in panels]
    assert sorted(set(ids)) == sorted(ids)
    titles = [panel["title"] for panel in panels]
    assert sorted(set(titles)) == sorted(titles)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells = set(
            itertools.product(
                range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
            )
        )
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("board", BOARDS)
def test_rows_are_full(board: Dashboard) -> None:
    """A hole in the grid is a panel whose width was thought to be another."""
    by_row: dict[int, int] = {}
    for panel in board.json["panels"]:
        place = panel["gridPos"]
        by_row[place["y"]] = by_row.get(place["y"], 0) + place["w"]
    assert set(by_row.values()) == {24}


@pytest.mark.parametrize("board", BOARDS)
def test_every_variable_is_there_and_used(board: Dashboard) -> None:
    used = names_in(json.dumps(board.json["panels"]) + json.dumps(board.json["annotations"])) - BUILT_IN
    asked = {name: names_in(json.dumps(one.get("query", ""))) for name, one in board.variables.items()}
    assert used - board.variables.keys() == set()
    assert board.variables.keys() - used - set().union(*asked.values()) == set()
    before: set[str] = set()
    for name, names in asked.items():  # Grafana asks them in the order of their dependence, and so do readers
        assert names <= before, name
        before.add(name)


@pytest.mark.parametrize("board", BOARDS)
def test_what_is_asked_comes_from_the_source_that_was_chosen(board: Dashboard) -> None:
    sources = [panel["datasource"] for panel in board.panels]
    sources += [target["datasource"] for panel in board.panels for target in panel["targets"]]
    sources += [one["datasource"] for one in board.json["annotations"].get("list", [])]
    sources += [one["datasource"] for one in board.variables.values() if one["type"] == "query"]
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
    assert next(iter(board.variables)) == "datasource"


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_its_figure_is_in_which_unit(panel: dict[str, Any]) -> None:
    assert re.search(r"\w[^.]+\.( |$)", panel["description"])
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    letters = [target["refId"] for target in panel["targets"]]
    assert letters == sorted(set(letters))
    assert all(target.get("legendFormat") or panel["type"] == "table" for target in panel["targets"])


@pytest.mark.parametrize("panel", [one for one in PANELS if one.values[0]["type"] == "table"])
def test_a_tables_columns_are_those_of_its_queries(panel: dict[str, Any]) -> None:
    merge, organize = panel["transformations"]
    assert (merge["id"], organize["id"]) == ("merge", "organize")
    options = organize["options"]
    letters = [target["refId"] for target in panel["targets"]]
    values = {f"Value #{letter}" for letter in letters} if len(letters) > 1 else {"Value"}
    hidden = {name for name, is_so in options["excludeByName"].items() if is_so}
    assert options["renameByName"].keys() | hidden == values | {"Time"}
    names = set(options["renameByName"].values())
    told = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]}
    assert names <= told
    assert {one["displayName"] for one in panel["options"].get("sortBy", [])} <= names
    labels = set(options["indexByName"]) - values
    grouped = {label for target in panel["targets"] for label in grouping(target["expr"])}
    assert labels == grouped


def test_links_lead_to_a_dashboard_with_such_variables() -> None:
    by_uid = {board.json["uid"]: board for board in dashboards()}
    links = re.findall(r'"/d/([\w-]+)\?([^"]*)"', json.dumps([board.json for board in dashboards()]))
    assert links
    for uid, asked in links:
        assert set(re.findall(r"var-(\w+)=", asked)) <= by_uid[uid].variables.keys()


def grouping(expr: str) -> set[str]:
    """The labels that the outermost sums of a query leave."""
    found = re.search(r"by \(([^)]*)\)", expr)
    assert found, expr
    return set(found[1].split(", "))


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_metrics_and_labels_that_there_are(query: Asked) -> None:
    text = re.sub(r'"[^"]*"', '""', query.expr)
    known: set[str] = set()
    for name, selector in re.findall(r"\b(\w+)\{([^}]*)\}", text):
        if name in FOREIGN or PROCESS.fullmatch(name):
            known |= {"instance"}
            continue
        family = next(
            (one for one in FAMILIES.values() if re.fullmatch(f"{one.name}(_bucket|_count|_sum)?", name)),
            None,
        )
        assert family, name
        labels = {*family.labels, "instance"} | ({"le"} if name.endswith("_bucket") else set())
        labels |= {declared.VARIANT} if family in PAGE_FAMILIES else set()
        assert set(re.findall(r"(\w+)(?:=~|!=|=|!~)", selector)) <= labels, query.where
        known |= labels
    assert known, query.expr
    grouped = {label for inside in re.findall(r"by \(([^)]*)\)", text) for label in inside.split(", ")}
    assert grouped <= known
    assert set(re.findall(r"\{\{(\w+)\}\}", query.legend)) <= grouped


@pytest.mark.parametrize("query", QUERIES)
def test_bursts_are_left_out_and_agents_are_not_added_up(query: Asked) -> None:
    if "landwatch_samples_total" in query.expr:
        assert query.expr.count("landwatch_samples_total{") == query.expr.count('attempt="scheduled"')
    for family in JUDGE_FAMILIES:
        for found in re.finditer(rf"{family.name}\{{", query.expr):
            before = query.expr[: found.start()]
            assert re.search(r"max by \([^)]*\) \((increase\()?$|and on \([^)]*\) $", before), query.where


@pytest.mark.parametrize("query", QUERIES)
def test_what_the_judge_tells_apart_is_not_put_together(query: Asked) -> None:
    """Two series under one set of labels would be counted as one."""
    for family in JUDGE_FAMILIES:
        asked = re.findall(rf"max by \(([^)]*)\) \((?:increase\()?{family.name}\{{([^}}]*)\}}", query.expr)
        for grouped, selector in asked if family is not INFO else ():
            fixed = set(re.findall(r'(\w+)="', selector))
            assert set(family.labels) - fixed <= set(grouped.split(", ")), query.where


def test_what_is_provisioned_is_where_the_files_say() -> None:
    folder = ROOT / "grafana" / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((folder / "dashboards" / "landwatch.yaml").read_text())["providers"]
    compose = yaml.safe_load((ROOT / "deploy" / "docker" / "compose.yaml").read_text())
    mounts = dict(mount.split(":")[:2] for mount in compose["services"]["grafana"]["volumes"])
    assert mounts["../../grafana/provisioning"] == "/etc/grafana/provisioning"
    assert mounts["../../grafana/dashboards"] == provider["options"]["path"]
    assert source["url"] == "http://prometheus:9090"
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    assert source["jsonData"]["timeInterval"] == scraped["global"]["scrape_interval"]
    assert source["type"] == "prometheus"
