"""Each file in ``invalid/`` holds one mistake (or a few of a kind), and its first lines say what is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import BaseModel, IPvAnyAddress

from monitor.config import ConfigError, load, parse
from probes.kinds import Kind

INVALID = sorted(Path(__file__).with_name("invalid").glob("*.yaml"))


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANDWATCH_TEST_UNSET", raising=False)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_every_mistake_is_told_with_its_place_and_what_would_be_right(
    path: Path, probes: Mapping[str, Kind]
) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    expected = [line.removeprefix("#! ") for line in lines if line.startswith("#! ")]
    with pytest.raises(ConfigError) as caught:
        load(path, probes=probes)
    told = [line.removeprefix(f"{path}:").strip() for line in str(caught.value).splitlines()]
    assert told == expected
    assert len(told) == len(caught.value.mistakes)


def test_there_is_a_file_for_many_mistakes() -> None:
    assert len(INVALID) > 80


def test_no_message_repeats_a_secret() -> None:
    told = [
        line for path in INVALID for line in path.read_text(encoding="utf-8").splitlines() if "#! " in line
    ]
    for secret in ("hunter2", "secret@", "password=", "u:pw"):
        assert not any(secret in line for line in told)


def test_a_missing_file_is_told_with_a_way_on(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: there is no such file; `landwatch config example`"):
        load(tmp_path / "none.yaml")


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        load(tmp_path)


def test_text_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "latin1.yaml"
    path.write_bytes(b"region: caf\xe9\n")
    with pytest.raises(ConfigError, match="is not UTF-8 text: byte 11"):
        load(path)


def test_a_secret_that_holds_no_store_is_told_without_its_text(
    monkeypatch: pytest.MonkeyPatch, probes: Mapping[str, Kind]
) -> None:
    monkeypatch.setenv("LANDWATCH_TEST_STORE", "mysql://me:hunter2@db/x")
    text = "region: r\nvendors: [{name: v, pages: [{name: p, url: https://e.test/}]}]\n"
    text += "store: {env: LANDWATCH_TEST_STORE}\n"
    with pytest.raises(ConfigError) as caught:
        parse(text, probes=probes)
    (mistake,) = caught.value.mistakes
    assert (mistake.line, mistake.path) == (3, ("store",))
    assert mistake.message.startswith("the secret does not fit: the store is not of a known kind")
    assert "hunter2" not in str(caught.value)
    assert parse(text, probes=probes, reveal=False).region == "r"


def test_errors_of_other_types_of_pydantic_are_told_too(probes: Mapping[str, Kind]) -> None:
    class Options(BaseModel):
        address: IPvAnyAddress | None = None

    odd = SimpleNamespace(__doc__="Odd.", Options=Options, EVERY=1.0, TIMEOUT=1.0, BURSTS=False)
    kind = cast("Kind", odd)
    page = "{name: p, url: https://e.test/, probes: {odd: {address: x}}}"
    text = f"region: r\nvendors: [{{name: v, pages: [{page}]}}]"
    with pytest.raises(ConfigError, match=r"probes\.odd\.address: value is not a valid IPv4 or IPv6 address"):
        parse(text, probes={**probes, "odd": kind})
