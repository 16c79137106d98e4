from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml
from docspages import Page, page, pages, spans

from monitor.config import INDICATORS, Unit, default_objectives, json_schema, parse
from monitor.config.model import FASTEST, SHORTEST_TIMEOUT
from probes.kinds import kinds
from probes.units import DURATION_PATTERN, SIZE_PATTERN, format_duration

PLACES = {"Secret": "SECRET", "Stage": "STAGE", "Steady": "STATE", "Threshold": "THRESHOLD"}
"""Where the keys of models stand in the docs that a config has in several places."""
COLUMNS = ["key", "type", "default", "meaning"]

Found = dict[str, tuple[dict[str, Any], bool]]
"""The schema of each key by its path, and whether the key is required."""


@cache
def schema() -> dict[str, Any]:
    return json_schema()


@cache
def keys() -> Found:
    return dict(walk(schema(), ""))


def walk(mapping: dict[str, Any], path: str) -> Iterator[tuple[str, tuple[dict[str, Any], bool]]]:
    """Every key in a mapping and below it; those of what stands in several places once."""
    for name, below in mapping.get("properties", {}).items():
        key = f"{path}.{name}" if path else name
        yield key, (below, name in mapping.get("required", ()))
        for one in alternatives(below):
            yield from walk(one, place_of(one, key))
            if "items" in one:
                for item in alternatives(one["items"]):
                    yield from walk(item, place_of(item, f"{key}[]"))
            for value in one.get("patternProperties", {}).values():
                for item in alternatives(value):
                    yield from walk(item, place_of(item, key))


def place_of(one: dict[str, Any], key: str) -> str:
    return PLACES.get(one.get("title", ""), key)


def alternatives(one: dict[str, Any]) -> list[dict[str, Any]]:
    """What a value may be; null, which is written by leaving the key out, apart."""
    if "$ref" in one:
        return [schema()["$defs"][one["$ref"].rpartition("/")[2]]]
    parts = [part for word in ("anyOf", "oneOf") for part in one.get(word, ())]
    found = [each for part in parts for each in alternatives(part)] if parts else [one]
    return [each for each in found if each.get("type") != "null"]


def documented() -> dict[str, list[str]]:
    """The rows of the tables of keys, by the path of their key: the heading's, then its own."""
    rows: dict[str, list[str]] = {}
    for table in configuration().tables:
        if table.columns != COLUMNS:
            continue
        prefix = "" if table.heading == "Top level" else f"{spans(table.heading)[0]}."
        for name, row in table.by_first().items():
            assert prefix + name not in rows
            rows[prefix + name] = row
    return rows


@cache
def configuration() -> Page:
    return page("docs/configuration.md")


def test_every_key_stands_in_the_docs_and_no_other() -> None:
    assert documented().keys() == keys().keys()
    assert len(keys()) > 40  # the walk does find them


@pytest.mark.parametrize("key", keys())
def test_a_default_is_that_of_the_model(key: str) -> None:
    said = documented()[key][2]
    below, required = keys()[key]
    if required:
        assert said == "required"
    elif "default" not in below:  # made anew for each config: what it is stands in words
        assert said not in ("", "required")
    elif below["default"] is None:
        assert said == "none" or not said.startswith("`")
    elif said.startswith("`"):
        assert yaml.safe_load(spans(said)[0]) == yaml.safe_load(yaml.safe_dump(below["default"]))
    else:
        assert below["default"] == {name: inner["default"] for name, inner in inner_of(below).items()}


def inner_of(below: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = alternatives(below)[0]["properties"]
    return properties


@pytest.mark.parametrize("key", keys())
def test_a_type_is_that_of_the_model(key: str) -> None:
    said = documented()[key][1]
    assert said.startswith(words_for(keys()[key][0])), said


def words_for(below: dict[str, Any]) -> tuple[str, ...]:
    """How the type column may begin for a schema."""
    patterns = {DURATION_PATTERN: "duration", SIZE_PATTERN: "size"}
    found: list[str] = []
    for one in alternatives(below):
        if one.get("title") == "Secret":
            found.append("secret")
        elif one.get("pattern") in patterns:
            found.append(patterns[one["pattern"]])
        elif one.get("format") == "path":
            found.append("path")
        elif one.get("type") == "object":
            found.append("mapping")
        elif one.get("type") == "array":
            found.append(f"list of {PLURALS[alternatives(one['items'])[0]['type']]}")
        elif one.get("maxLength") == 100 and one.get("minLength") == 1:
            found.append("name")
        else:
            found.append(SINGULARS[one["type"]])
    return (found[0], " or ".join(found))[-1:] if len(set(found)) > 1 else (found[0],)


PLURALS = {"string": "texts", "integer": "whole numbers", "object": "mappings"}
SINGULARS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def choices(key: str) -> list[str]:
    return [choice for one in alternatives(keys()[key][0]) for choice in one.get("enum", ())]


@pytest.mark.parametrize("key", [key for key in keys() if choices(key)])
def test_every_choice_is_named(key: str) -> None:
    assert set(choices(key)) <= set(spans(documented()[key][3]))


def test_every_kind_of_probe_has_a_row_and_a_section() -> None:
    place = "vendors[].pages[].probes"
    assert configuration().under(f"`{place}`", "key").by_first().keys() == kinds().keys()
    for name in kinds():
        assert f"`{place}.{name}`" in configuration().headings


def test_limits_are_those_of_the_model() -> None:
    rows = documented()
    assert f"at least `{format_duration(FASTEST)}`" in rows["vendors[].pages[].probes.http.every"][3]
    assert (
        f"at least `{format_duration(SHORTEST_TIMEOUT)}`" in rows["vendors[].pages[].probes.http.timeout"][3]
    )


def test_indicators_are_those_of_the_model() -> None:
    targets = {
        Unit.SECONDS: "a duration",
        Unit.SHARE: "a share",
        Unit.NUMBER: "a number",
        Unit.GRADE: "a grade: `A+`, `A`, `B`, `C`, `D` or `F`",
    }
    said = configuration().under("`objectives[]`", "indicator").by_first()
    assert said.keys() == INDICATORS.keys()
    for name, kind in INDICATORS.items():
        side = "`at_most`" if kind.lower_is_better else "`at_least`"
        assert said[name][1:] == [f"{side} {targets[kind.unit]}", f"`{kind.aggregate}`"]


CONFIGS = [
    pytest.param(block.info, block.text, id=f"{one.path.name}:{block.line}")
    for one in pages()
    for block in one.blocks
    if block.info.startswith("yaml landwatch")
]
WHOLE = "region: here\nvendors: [{name: a, pages: [{name: b, url: https://www.example.com/}]}]\n"


@pytest.mark.parametrize(("info", "text"), CONFIGS)
def test_an_example_is_right(info: str, text: str) -> None:
    whole = text if info == "yaml landwatch" else WHOLE + text
    config = parse(whole, reveal=False)
    assert config.watches()
    if info == "yaml landwatch objectives":
        assert config.objectives == default_objectives()


def test_every_yaml_block_says_whether_it_is_a_config() -> None:
    """So that none escapes the test above by a missing word."""
    for one in pages():
        for block in one.blocks:
            if block.info == "yaml":
                assert "region" not in yaml.safe_load(block.text), f"{one.path.name}:{block.line}"
    assert len(CONFIGS) >= 5


@pytest.mark.parametrize("one", pages(), ids=lambda one: one.path.name)
def test_no_key_is_named_that_is_none(one: Page) -> None:
    """Keys in the text: `bursts: false`, `{env: NAME}`, `expect.status`."""
    last = {key.rpartition(".")[2].removesuffix("[]") for key in keys()} | {"campaign", "tcp"}
    parents = {key.rpartition(".")[0].rpartition(".")[2].removesuffix("[]") for key in keys()} - {""}
    for span in one.spans:
        for name in re.findall(r"(?:^|[{,] ?)([a-z_]+): ", span):
            assert name in last, span
        if span.endswith((".json", ".csv")):  # a file
            continue
        if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", span) and span.split(".")[0] in parents:
            assert any(key.endswith(f".{span}") or key == span for key in keys()), span
