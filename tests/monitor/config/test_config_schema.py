from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from monitor.config import example, json_schema
from monitor.config.schema import Shape, closest
from probes.kinds import Kind
from probes.units import parse_duration, parse_size


@pytest.fixture(scope="module")
def schema(probes: Mapping[str, Kind]) -> dict[str, Any]:
    return json_schema(probes)


def every(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for inner in schema.values():
            yield from every(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from every(inner)


def test_it_is_json_and_says_which_draft(schema: dict[str, Any]) -> None:
    assert json.loads(json.dumps(schema))["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["region", "vendors"]
    assert schema["additionalProperties"] is False
    assert "^x-" in schema["patternProperties"]


def test_every_key_is_described() -> None:
    schema = json_schema()
    ours = ("Page", "Vendor", "Retention", "Objective", "Secret")
    for part in [schema, *(schema["$defs"][name] for name in ours)]:
        for name, field in part["properties"].items():
            assert field.get("description"), name


def test_defaults_are_written_as_in_a_config(schema: dict[str, Any]) -> None:
    http = schema["$defs"]["HttpProbe"]["properties"]
    assert (http["every"]["default"], http["timeout"]["default"]) == ("15s", "10s")
    assert http["max_body"]["default"] == "10MiB"
    assert schema["properties"]["listen"]["default"] == "127.0.0.1:9464"
    assert schema["$defs"]["Retention"]["properties"]["failures"]["default"] == "400d"
    assert schema["$defs"]["BrowserProbe"]["properties"]["share"]["default"] == "50%"


def test_examples_and_defaults_follow_their_own_patterns(schema: dict[str, Any]) -> None:
    for part in every(schema):
        if isinstance(pattern := part.get("pattern"), str):
            for text in (*part.get("examples", ()), *filter(None, [part.get("default")])):
                assert re.search(pattern, text), (pattern, text)


def test_patterns_of_quantities_take_what_the_config_takes(schema: dict[str, Any]) -> None:
    http = schema["$defs"]["HttpProbe"]["properties"]
    for key, parse in (("every", parse_duration), ("max_body", parse_size)):
        for text in ("1h30m", "300ms", "2.5s", "1.5KiB", "10MiB", "15", "5 s", "x"):
            try:
                parse(text)
            except ValueError:
                assert not re.search(http[key]["pattern"], text)
            else:
                assert re.search(http[key]["pattern"], text)


def test_the_example_has_only_keys_of_the_schema() -> None:
    shape = Shape(json_schema())

    def check(value: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(value, list):
            for place, item in enumerate(value):
                check(item, (*path, place))
        elif isinstance(value, dict) and path[-1:] not in (("labels",), ("goals",)):
            for key, item in value.items():
                if not key.startswith("x-"):
                    assert key in shape.keys(path), (*path, key)
                    check(item, (*path, key))

    check(yaml.safe_load(example()), ())


def test_a_shape_knows_keys_examples_and_homes_of_keys(schema: dict[str, Any]) -> None:
    shape = Shape(schema)
    http = ("vendors", 0, "pages", 3, "probes", "http")
    assert "expect" in shape.keys(http)
    assert shape.nearest(http, "Max-Body") == "max_body"
    assert shape.nearest(http, "quorum") is None
    assert shape.home(("vendors", 0, "pages", 3), "status") == ("probes", "http", "expect")
    assert shape.home((), "nowhere") is None
    assert shape.example((*http, "every")) == "15s"
    assert shape.example((*http, "insecure")) is None
    assert shape.pattern((*http, "insecure")) is None
    assert (
        shape.at((*http, "headers", "x")) == [{"type": "string"}] or shape.at((*http, "headers", "x")) == []
    )
    assert shape.at(("region", "x")) == []


def test_the_closest_word_ignores_case_and_dashes() -> None:
    assert closest("GET_", ["get", "post"]) == "get"
    assert closest("first-screen", ["first_screen", "fcp"]) == "first_screen"
    assert closest("zzz", ["get"]) is None
