from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from probes import units
from probes.units import Ratio, Seconds, Secret, Size


class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Annotated[Seconds, Field(gt=0)] = 15.0
    body: Size = 10 * 2**20
    share: Ratio = 0.9999
    token: Secret | None = None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15),
        ("300ms", 0.3),
        ("5m", 300),
        ("1h30m", 5400),
        ("2.5s", 2.5),
        ("30d", 2_592_000),
        ("2w", 1_209_600),
        (" 0s ", 0),
    ],
)
def test_durations_are_read_in_seconds(text: str, seconds: float) -> None:
    assert units.parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (15, "15 has no unit: write 15s if that is meant, or a duration such as"),
        ("2.5", "2.5 has no unit: write 2.5s"),
        ("15 s", "'15 s' is no duration: write 15s"),
        ("-5s", "'-5s' is no duration"),
        ("5min", "'5min' is no duration"),
        ("٣s", "is no duration"),
        ("", "'' is no duration"),
        (None, "nothing is no duration"),
        (True, "True is no duration"),
        ([1], r"\[1\] is no duration"),
        ("36501d", "is more than a hundred years"),
        ("9" * 400 + "d", r"\.\.\. is more than a hundred years"),
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(text: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        units.parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.3, "300ms"), (90, "90s"), (5400, "90m"), (7200, "2h"), (2_592_000, "30d"), (2.5, "2.5s"), (0, "0s")],
)
def test_durations_are_written_in_the_largest_whole_unit(seconds: float, text: str) -> None:
    assert units.format_duration(seconds) == text


@given(st.integers(min_value=0, max_value=10**9))
def test_a_duration_is_read_as_it_was_written(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert units.parse_duration(units.format_duration(seconds)) == pytest.approx(seconds, rel=1e-11)


@pytest.mark.parametrize(
    ("text", "size"), [("10MiB", 10 * 2**20), ("1.5KiB", 1536), ("1MB", 10**6), ("100B", 100)]
)
def test_sizes_are_read_in_bytes(text: str, size: int) -> None:
    assert units.parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (1024, "1024 has no unit: write 1024B if that is meant, or a size such as 10MiB"),
        ("10 MB", "'10 MB' is no size"),
        ("10mb", "'10mb' is no size"),
        ("9999999GiB", "more than any machine holds"),
    ],
)
def test_what_is_no_size_is_refused_with_an_example(text: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        units.parse_size(text)


@given(st.integers(min_value=0, max_value=2**50))
def test_a_size_is_read_as_it_was_written(size: int) -> None:
    assert units.parse_size(units.format_size(size)) == size


@pytest.mark.parametrize(("text", "ratio"), [("99.99%", 0.9999), ("100%", 1), (0.5, 0.5), (1, 1), ("0%", 0)])
def test_shares_are_percentages_or_numbers_up_to_1(text: object, ratio: float) -> None:
    assert units.parse_ratio(text) == ratio


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (99.99, "99.99 is not between 0 and 1"),
        ("101%", "'101%' is not between 0 and 1"),
        (float("nan"), "nan is not between"),
        ("most", "'most' is no share: write 99.99%"),
        (True, "True is no share"),
    ],
)
def test_what_is_no_share_is_refused_with_an_example(text: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        units.parse_ratio(text)


def test_quantities_in_a_model_are_read_written_and_described() -> None:
    options = Options.model_validate({"every": "300ms", "body": "1KiB", "share": "99.5%"})
    assert (options.every, options.body, options.share) == (0.3, 1024, 0.995)
    assert Options.model_validate(options.model_dump()) == options
    assert options.model_dump()["share"] == "99.5%"
    properties = Options.model_json_schema()["properties"]
    assert properties["every"]["pattern"] == units.DURATION_PATTERN
    assert properties["body"]["type"] == "string"


def test_a_secret_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cret")
    secret = Options.model_validate({"token": {"env": "SHOP_TOKEN"}}).token
    assert secret is not None
    assert secret.reveal() == "s3cret"
    assert "s3cret" not in repr(secret)


def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"s3cret\r\n")
    assert Secret(file=path).reveal() == "s3cret"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "token can't be read: No such file or directory"),
        (b"\n", "token is empty"),
        (b"\xff", "token is not UTF-8 text"),
        (b"x" * 65_537, "token is larger than 64KiB"),
    ],
)
def test_a_file_that_holds_no_secret_is_told(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        Secret(file=path).reveal()


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ({}, "a secret has one source"),
        ({"env": "A", "file": "b"}, "a secret has one source"),
        ({"env": "NOT A NAME"}, "should match pattern"),
        ({"evn": "A"}, "Extra inputs"),
    ],
)
def test_a_secret_has_exactly_one_source(token: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Options.model_validate({"token": token})


def test_a_secret_written_into_the_config_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        Options.model_validate({"token": "hunter2"})
    messages = [error["msg"] for error in caught.value.errors()]
    assert messages == [
        "Value error, a secret is never written into the config: write {env: NAME} or {file: PATH}"
    ]


def test_a_missing_secret_is_a_mistake_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANDWATCH_UNSET", raising=False)
    token = {"env": "LANDWATCH_UNSET"}
    assert Options.model_validate({"token": token}).token == Secret(env="LANDWATCH_UNSET")
    with pytest.raises(ValidationError, match="LANDWATCH_UNSET is not set"):
        Options.model_validate({"token": token}, context={"reveal": True})
