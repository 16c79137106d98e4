from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from monitor.config import Config, example, load, parse
from monitor.config.fields import Address
from probes.kinds import Kind, kinds
from probes.units import Secret

SHORT = (
    "region: eu-west\nvendors: [{name: easyshop, pages: [{name: sale, url: https://www.example.com/, %s}]}]\n"
)


def config_of(probes: Mapping[str, Kind], page: str = "", more: str = "") -> Config:
    return parse(SHORT % page + more, probes=probes)


def test_the_example_is_right_and_states_the_defaults() -> None:
    config = parse(example(), source="example.yaml")
    plain = parse("region: eu-west\nvendors: [{name: v, pages: [{name: p, url: https://example.com/}]}]\n")
    for name in ("state", "store", "listen", "objectives", "retention"):
        assert getattr(config, name) == getattr(plain, name), name
    assert len(config.watches()) == 4


def test_the_example_has_every_key_at_the_top() -> None:
    keys = {line.partition(":")[0] for line in example().splitlines()}
    assert set(Config.model_fields) <= keys


def test_what_nobody_wrote_has_the_defaults_of_the_design(probes: Mapping[str, Kind]) -> None:
    config = config_of(probes)
    assert config.state == Path("state")
    assert config.store_url == "sqlite:///state/landwatch.db"
    assert config.listen == Address("127.0.0.1", 9464)
    assert config.controls == []
    assert config.retention.for_successes == timedelta(days=30)
    assert config.retention.for_failures == timedelta(days=400)
    (watch,) = config.watches()
    assert (watch.every, watch.bursts, watch.target.timeout) == (15.0, True, 10.0)
    assert watch.target.key == ("easyshop", "sale", "http", "")
    assert (watch.target.region, watch.target.url) == ("eu-west", "https://www.example.com/")


def test_without_http_a_page_that_names_no_probe_is_not_watched(probes: Mapping[str, Kind]) -> None:
    assert config_of({"browser": probes["browser"]}).watches() == []


def test_a_page_is_watched_by_each_probe_that_it_names(probes: Mapping[str, Kind]) -> None:
    config = config_of(probes, "probes: {browser: , http: {every: 1m, bursts: false}}")
    http, browser = config.watches()
    assert (http.target.probe, http.every, http.bursts) == ("http", 60.0, False)
    assert (browser.target.probe, browser.every, browser.bursts) == ("browser", 900.0, False)
    assert browser.target.timeout == 60.0


def test_a_kind_with_variants_makes_a_page_a_target_for_each_of_them_once(probes: Mapping[str, Kind]) -> None:
    class Options(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")
        channels: list[str] = []

    kind = SimpleNamespace(
        Options=Options, EVERY=60.0, TIMEOUT=10.0, BURSTS=False, variants=lambda options: options.channels
    )
    with_variants = cast("Mapping[str, Kind]", {**probes, "channel": kind})
    page = "probes: {http: , channel: {every: 2m, channels: [google, tiktok, google]}}"
    watches = config_of(with_variants, page).watches()
    assert [(watch.target.probe, watch.target.variant, watch.every) for watch in watches] == [
        ("http", None, 15.0),
        ("channel", "google", 120.0),
        ("channel", "tiktok", 120.0),
    ]
    assert {watch.target.key[:2] for watch in watches} == {("easyshop", "sale")}
    assert len({watch.target.key for watch in watches}) == 3
    (only,) = config_of(with_variants, "probes: {channel: }").watches()
    assert only.target.variant is None


def test_a_target_has_its_kinds_options_and_the_pages_labels(probes: Mapping[str, Kind]) -> None:
    page = "labels: {campaign: spring}, probes: {http: {expect: {status: [200, 204]}}}"
    (watch,) = config_of(probes, page).watches()
    assert isinstance(watch.target.options, probes["http"].Options)
    assert watch.target.options.expect.status == [200, 204]  # type: ignore[attr-defined]
    assert watch.target.labels == {"campaign": "spring"}


def test_a_target_knows_the_regions_continent_where_the_config_says_it(probes: Mapping[str, Kind]) -> None:
    (said,) = config_of(probes, more="continent: SA\n").watches()
    (unsaid,) = config_of(probes).watches()
    assert (said.target.continent, unsaid.target.continent) == ("SA", None)


def test_options_that_are_alike_are_equal_so_that_a_reload_can_tell_what_changed() -> None:
    page = "probes: {http: {redirects: %d}}"
    one, two, other = (parse(SHORT % page % redirects).watches()[0] for redirects in (5, 5, 6))
    assert one.target.options == two.target.options
    assert one.target.options != other.target.options


def test_a_timeout_that_nobody_wrote_gives_way_to_a_short_every(probes: Mapping[str, Kind]) -> None:
    (watch,) = config_of(probes, "probes: {http: {every: 2s}}").watches()
    assert watch.target.timeout == 2.0
    (watch,) = config_of(probes, "probes: {http: {every: 2s, timeout: 1s}}").watches()
    assert watch.target.timeout == 1.0


def test_a_timeout_as_long_as_its_slot_is_right(probes: Mapping[str, Kind]) -> None:
    (watch,) = config_of(probes, "probes: {http: {every: 2s, timeout: 2s}}").watches()
    assert watch.target.timeout == watch.every == 2.0


def test_the_same_page_name_at_two_vendors_is_right(probes: Mapping[str, Kind]) -> None:
    pages = "pages: [{name: sale, url: https://www.example.com/}]"
    config = parse(f"region: r\nvendors: [{{name: a, {pages}}}, {{name: b, {pages}}}]", probes=probes)
    assert [watch.target.vendor for watch in config.watches()] == ["a", "b"]


def test_the_store_may_be_a_url_or_a_secret_that_holds_one(
    probes: Mapping[str, Kind], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config_of(probes, more="store: postgresql://db/x\n").store_url == "postgresql://db/x"
    assert config_of(probes, more="state: /var/lib/lw\n").store_url == "sqlite:////var/lib/lw/landwatch.db"
    path = tmp_path / "store"
    path.write_text("postgresql://me:hunter2@db/x\n")
    config = config_of(probes, more=f"store: {{file: {path}}}\n")
    assert config.store_url == "postgresql://me:hunter2@db/x"
    assert "hunter2" not in repr(config)
    monkeypatch.setenv("LANDWATCH_TEST_STORE", "sqlite")
    config = config_of(probes, more="store: {env: LANDWATCH_TEST_STORE}\n")
    assert config.store == Secret(env="LANDWATCH_TEST_STORE")
    assert config.store_url == "sqlite:///state/landwatch.db"


def test_keys_that_start_with_x_are_the_users_own(probes: Mapping[str, Kind]) -> None:
    text = "x-slow: &slow {every: 5m}\n" + SHORT % "probes: {http: {<<: *slow, timeout: 1s}}"
    (watch,) = parse(text, probes=probes).watches()
    assert (watch.every, watch.target.timeout) == (300.0, 1.0)


def test_a_file_is_read_with_or_without_a_byte_order_mark(probes: Mapping[str, Kind], tmp_path: Path) -> None:
    path = tmp_path / "landwatch.yaml"
    path.write_text("\N{ZERO WIDTH NO-BREAK SPACE}" + SHORT % "", encoding="utf-8")
    assert load(path, probes=probes).region == "eu-west"


def test_a_config_cannot_be_changed(probes: Mapping[str, Kind]) -> None:
    config: Any = config_of(probes)
    with pytest.raises(ValidationError, match="frozen"):
        config.region = "us-east"


def test_every_kind_of_probe_can_be_configured_with_its_defaults() -> None:
    for name in kinds():
        watches = config_of(kinds(), f"probes: {{{name}: }}").watches()
        assert {watch.target.probe for watch in watches} == {name}
        assert all(isinstance(watch.target.options, kinds()[name].Options) for watch in watches)
