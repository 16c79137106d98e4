"""``landwatch db``: what it makes again, and what it says of the store."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor.cli.db import command
from probes.ids import uuid7
from probes.sample import Attempt, Outcome, Sample
from storage.marks import WHOLE, raise_mark
from storage.store import Store

CONFIG = """
region: eu-west
state: {state}
vendors:
  - name: shop
    pages: [{{name: sale, url: "https://www.example.com/", probes: {{http: {{every: 60s}}}}}}]
"""
# A day that is over, whatever the time is now: its rollup is made with those of its hours.
BEGAN = (datetime.now(UTC) - timedelta(days=2)).replace(hour=10, minute=0, second=0, microsecond=0)


def visit(minute: int) -> Sample:
    at = BEGAN + timedelta(minutes=minute)
    return Sample(
        id=uuid7(at.timestamp()),
        at=at,
        vendor="shop",
        page="sale",
        url="https://www.example.com/",
        region="eu-west",
        probe="http",
        attempt=Attempt.SCHEDULED,
        outcome=Outcome.UP,
        ttfb=0.1,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config whose store holds two hours of a page."""
    path = tmp_path / "landwatch.yaml"
    path.write_text(CONFIG.format(state=tmp_path / "state"), "utf-8")
    (tmp_path / "state").mkdir()
    with closing(Store(f"sqlite:///{tmp_path}/state/landwatch.db")) as store:
        store.migrate()
        store.add([visit(minute) for minute in range(120)])
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_rollups_are_made_again_and_counted(config: Path) -> None:
    done = run("recompute", "--config", str(config))
    assert done.exit_code == 0, done.output
    assert "2 hours looked at, 3 rollups made again" in done.output
    told = run("status", "--config", str(config))
    assert told.exit_code == 0, told.output
    assert "eu-west" in told.output
    assert f"{BEGAN:%Y-%m-%d %H:%M}" in told.output


def test_a_part_of_the_time_can_be_chosen(config: Path) -> None:
    until = (BEGAN + timedelta(hours=1)).isoformat()
    done = run("recompute", "--config", str(config), "--since", "all", "--until", until)
    assert "1 hours looked at" in done.output, done.output


def test_whoever_knows_that_all_samples_are_there_can_say_so(config: Path) -> None:
    with (
        closing(Store(f"sqlite:///{config.parent}/state/landwatch.db")) as store,
        store.writing() as connection,
    ):
        raise_mark(connection, WHOLE, BEGAN + timedelta(minutes=90))
    assert "2 hours left alone" in run("recompute", "--config", str(config)).output
    done = run("recompute", "--config", str(config), "--all-there")
    assert "2 hours looked at, 3 rollups made again" in done.output, done.output


def test_hours_that_are_not_rolled_up_yet_are_told(config: Path) -> None:
    told = run("status", "--store", f"sqlite:///{config.parent}/state/landwatch.db").output
    assert told.splitlines()[1].split() == ["eu-west", "0", "0", "2"]


def test_a_store_without_samples_says_so(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path}/empty.db")) as store:
        store.migrate()
    told = run("status", "--store", f"sqlite:///{tmp_path}/empty.db").output
    assert told == "The store holds no rollups.\n"


def test_a_store_that_is_none_and_one_that_is_away_are_told(tmp_path: Path) -> None:
    wrong = run("status", "--store", "mysql://somewhere")
    assert wrong.exit_code == 2
    away = run("status", "--store", f"sqlite:///{tmp_path}/nothing.db")
    assert (away.exit_code, "the store can't be used" in away.output) == (1, True)
