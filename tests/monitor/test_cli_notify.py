"""``landwatch notify``: trying channels, and the record of what they were told."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from receiving import Webhook, webhook
from typer.testing import CliRunner, Result

from monitor.cli.main import app
from monitor.cli.notify import command
from storage.notifications import EARLIER, PASSED, SENT, SILENCED, NotificationRow, note
from storage.store import Store

CONFIG = """
region: eu-west
state: {state}
listen: 127.0.0.1:9
vendors: [{{name: shop, pages: [{{name: sale, url: "https://www.example.com/"}}]}}]
notify:
  - {{name: good, url: {{env: LANDWATCH_TEST_GOOD}}}}
  - {{name: bad, url: {{env: LANDWATCH_TEST_BAD}}}}
"""
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "landwatch.yaml"
    path.write_text(CONFIG.format(state=tmp_path / "state"), "utf-8")
    return path


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Webhook:
    with webhook() as made:
        monkeypatch.setenv("LANDWATCH_TEST_GOOD", made.url)
        yield made  # type: ignore[misc]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_each_channel_is_sent_a_test_and_one_that_fails_is_told(
    config: Path, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LANDWATCH_TEST_BAD", raising=False)
    done = run("test", "--config", str(config))
    assert done.exit_code == 1
    first, second = done.output.splitlines()
    assert first.startswith("good: sent, taken after ")
    assert second.startswith("bad: failed: the environment variable LANDWATCH_TEST_BAD is not set")
    (message,) = hook.got
    assert message["title"] == "landwatch: a test"
    assert "sent from eu-west" in message["message"]
    assert "http://127.0.0.1:9/" in message["message"]


def test_the_status_page_of_one_that_listens_everywhere_can_be_opened(config: Path, hook: Webhook) -> None:
    config.write_text(config.read_text("utf-8").replace("127.0.0.1:9", "0.0.0.0:9464"), "utf-8")
    assert run("test", "good", "--config", str(config)).exit_code == 0
    assert "Status page: http://127.0.0.1:9464/" in hook.got[0]["message"]


def test_one_channel_can_be_tried_alone(config: Path, hook: Webhook) -> None:
    assert run("test", "good", "--config", str(config)).exit_code == 0
    hook.status = 404
    done = run("test", "good", "--config", str(config))
    assert done.exit_code == 1
    assert "good: failed: " in done.output
    assert "t0ken" not in done.output


def test_an_address_that_is_none_is_told(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDWATCH_TEST_BAD", "mailtoo://u:hunter2@x.example")
    done = run("test", "bad", "--config", str(config))
    assert done.exit_code == 1
    assert done.output == "bad: failed: no service is called 'mailtoo': did you mean 'mailto'?\n"


def test_a_channel_that_there_is_none_of_is_wrong_usage(config: Path, tmp_path: Path) -> None:
    done = run("test", "pager", "--config", str(config))
    assert done.exit_code == 2
    assert "no channel is called 'pager': there are good, bad" in " ".join(done.output.split())
    bare = tmp_path / "bare.yaml"
    bare.write_text(CONFIG.format(state=tmp_path / "state").partition("notify:")[0], "utf-8")
    done = run("test", "--config", str(bare))
    assert done.exit_code == 2
    assert "the config has no channels" in done.output


@pytest.fixture
def told(config: Path) -> Path:
    """A config whose store has a record."""

    def row(event: str, minutes: int, **changes: object) -> NotificationRow:
        at = NOW - timedelta(minutes=minutes)
        fields: dict[str, object] = {
            "channel": "good",
            "event": event,
            "incident": "0195",
            "transition": "opened",
            "at": at,
            "noted": at,
            "due": at,
            "words": f"shop/{event} is down",
        }
        return NotificationRow(**fields | changes)  # type: ignore[arg-type]

    rows = [
        row("one", 60, state=SENT, ended=NOW, attempts=2, message="m"),
        row("two", 50, state=SILENCED, ended=NOW, error="maintenance until tomorrow"),
        row("three", 40, channel="bad", attempts=1, error="nobody answers"),
        row("four", 30, state=PASSED),
        row("five", 30, state=EARLIER),
        row("six", 60 * 24 * 10, state=SENT, ended=NOW),
    ]
    with closing(Store(f"sqlite:///{config.parent}/state/landwatch.db")) as store, store.writing() as one:
        note(one, rows)
    return config


def test_the_record_is_listed(told: Path) -> None:
    done = run("log", "--config", str(told))
    assert done.exit_code == 0
    text = " ".join(done.output.split())
    assert f"good shop/one is down sent {NOW:%H:%M:%S}, 2 attempts" in text
    assert "good shop/two is down silenced: maintenance until tomorrow" in text
    assert "bad shop/three is down waiting: nobody answers" in text
    assert not any(each in text for each in ("four", "five", "six"))
    assert "shop/six" in run("log", "--since", "all", "--config", str(told)).output


def test_the_record_of_one_channel_as_json(told: Path) -> None:
    done = run("log", "--json", "--channel", "bad", "--config", str(told))
    (one,) = [json.loads(line) for line in done.output.splitlines()]
    assert (one["channel"], one["state"], one["error"], one["ended"]) == (
        "bad",
        "waiting",
        "nobody answers",
        None,
    )
    assert one["at"] == f"{NOW - timedelta(minutes=40):%Y-%m-%dT%H:%M:%SZ}"


def test_nothing_in_the_record_is_said(told: Path) -> None:
    done = run("log", "--channel", "pager", "--config", str(told))
    assert done.output == "Nothing was to be told in this time.\n"


def test_a_store_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    done = run("log", "--store", f"sqlite:///{tmp_path}/none.db")
    assert done.exit_code == 1
    assert "the store can't be used: no database at" in done.output
    assert run("log", "--store", "mysql://x").exit_code == 2


def test_it_is_a_command_of_landwatch_and_says_what_is_configured(config: Path) -> None:
    assert CliRunner().invoke(app, ["notify", "--help"]).exit_code == 0
    done = CliRunner().invoke(app, ["config", "check", "--no-secrets", str(config)])
    assert "good: opened, worsened, closed of all" in done.output
