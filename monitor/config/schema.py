"""The JSON Schema of a config: for editors, and for messages that say what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from monitor.config.mistakes import Path
from monitor.config.model import config_model, usual_model
from probes.kinds import Kind

_DEPTH = 4


class _Generator(GenerateJsonSchema):
    """Writes defaults as they would be written in a config: ``15s`` and not ``15.0``."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        written = super().default_schema(schema)
        inner: Any = schema["schema"]
        while "serialization" not in inner and "schema" in inner:
            inner = inner["schema"]
        how = inner.get("serialization", {})
        if written.get("default") is not None and "function" in how and not how.get("info_arg"):
            written["default"] = how["function"](schema["default"])
        return written


def json_schema(probes: Mapping[str, Kind] | None = None) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a config, by default with all kinds of probe that there are."""
    schema = (usual_model() if probes is None else config_model(probes)).model_json_schema(
        schema_generator=_Generator
    )
    # Keys that start with x- are the user's own, to hang anchors on.
    return {
        "$schema": _Generator.schema_dialect,
        "patternProperties": {"^x-": {}},
        **schema,
        "title": "landwatch",
    }


def options_schema(options: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a kind of probe's options by themselves."""
    return options.model_json_schema(schema_generator=_Generator)


class Shape:
    """A JSON Schema, asked about the places that paths lead to."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema

    def at(self, path: Path) -> list[dict[str, Any]]:
        """The schemas that a value at ``path`` may follow."""
        found = list(self._alternatives(self._schema))
        for part in path:
            found = [deeper for schema in found for deeper in self._below(schema, part)]
        return found

    def keys(self, path: Path) -> list[str]:
        """The keys that a mapping at ``path`` may have."""
        return list(dict.fromkeys(key for schema in self.at(path) for key in schema.get("properties", ())))

    def nearest(self, path: Path, key: str) -> str | None:
        """The key of a mapping at ``path`` that was most likely meant."""
        return closest(key, self.keys(path))

    def home(self, path: Path, key: str) -> Path | None:
        """Where below ``path`` a key is known that is not known in ``path`` itself."""
        level: list[Path] = [()]
        for _ in range(_DEPTH):
            level = [(*below, name) for below in level for name in self.keys((*path, *below))]
            for candidate in level:
                if candidate[-1] == key:
                    return candidate[:-1]
        return None

    def example(self, path: Path) -> str | None:
        """What could stand at ``path``, as it is written in YAML on one line."""
        for schema in self.at(path):
            for example in schema.get("examples", ()):
                written: str = yaml.safe_dump(example, default_flow_style=True, width=1_000, sort_keys=False)
                return written.removesuffix("\n").removesuffix("\n...")
        return None

    def pattern(self, path: Path) -> str | None:
        """The pattern of the text at ``path``."""
        return next((schema["pattern"] for schema in self.at(path) if "pattern" in schema), None)

    def _below(self, schema: dict[str, Any], part: str | int) -> Iterator[dict[str, Any]]:
        if isinstance(part, int):
            inner = schema.get("items")
        else:
            inner = schema.get("properties", {}).get(part, schema.get("additionalProperties"))
        if isinstance(inner, dict):
            yield from self._alternatives(inner)

    def _alternatives(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield schema
        if "$ref" in schema:
            yield from self._alternatives(self._schema["$defs"][schema["$ref"].rpartition("/")[2]])
        for word in ("anyOf", "oneOf", "allOf"):
            for alternative in schema.get(word, ()):
                yield from self._alternatives(alternative)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant; case, and dashes for underscores, do not matter."""
    bare = {_bare(one): one for one in known}
    close = difflib.get_close_matches(_bare(word), bare, n=1, cutoff=0.6)
    return bare[close[0]] if close else None


def _bare(word: str) -> str:
    return word.lower().replace("-", "_")
