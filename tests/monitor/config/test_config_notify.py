"""Channels in a config: what holds where nothing is said, and that addresses are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import Config, ConfigError, parse

TEXT = """
region: here
vendors: [{name: shop, pages: [{name: sale, url: "https://www.example.com/", labels: {campaign: spring}}]}]
notify:
"""


def channels(*lines: str, reveal: bool = True) -> Config:
    return parse(TEXT + "\n".join(f"  - {line}" for line in lines), reveal=reveal)


def test_a_channel_is_told_everything_where_nothing_is_said() -> None:
    (one,) = channels("{name: a, url: {env: ANY}}", reveal=False).notify
    assert (one.vendors, one.pages, one.labels, one.kinds, one.severities) == ([], [], {}, [], [])
    assert one.transitions == ["opened", "worsened", "closed"]
    assert (one.per_hour, one.link, one.report) == (20, None, None)
    assert one.words == "opened, worsened, closed of all"


def test_what_a_channel_is_told_can_be_said_in_words() -> None:
    (one,) = channels(
        "{name: a, url: {env: ANY}, pages: [sale], kinds: [outage, silence], labels: {campaign: spring}, "
        "transitions: [closed], report: {day: fri, at: '17:30', time_zone: Europe/Berlin}}",
        reveal=False,
    ).notify
    assert one.words == (
        "closed of sale and outage, silence and campaign=spring; report fri 17:30 Europe/Berlin"
    )
    assert parse(TEXT.replace("notify:", "")).notify == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mailtoo://u:hunter2@x.example", "no service is called 'mailtoo': did you mean 'mailto'?"),
        ("hunter2", "it does not begin with a service: write one such as"),
        ("slack://hunter2", "it is no complete address of slack"),
    ],
)
def test_an_address_that_cannot_be_sent_to_is_a_mistake_at_its_path_and_is_not_shown(
    address: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "good").write_text("json://127.0.0.1/hook")
    (tmp_path / "bad").write_text(address)
    lines = [f"{{name: {name}, url: {{file: '{tmp_path / name}'}}}}" for name in ("good", "bad")]
    with pytest.raises(ConfigError) as caught:
        channels(*lines)
    (mistake,) = caught.value.mistakes
    assert mistake.path == ("notify", 1, "url")
    assert f"the secret in the file {tmp_path / 'bad'} does not fit: {words}" in mistake.message
    assert "hunter2" not in mistake.message
    assert len(channels(*lines, reveal=False).notify) == 2
