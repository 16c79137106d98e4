"""From a file to a config, or to all the mistakes in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor.config.across import mistakes_across
from monitor.config.explain import explain
from monitor.config.mistakes import ConfigError, Mistake
from monitor.config.model import Config, config_model, usual_model
from monitor.config.notify import mistaken_urls
from monitor.config.schema import Shape, json_schema
from monitor.config.source import Document, read
from probes.kinds import Kind, kinds

_START = "`landwatch config example` prints one to start from"


def load(path: Path | str, *, probes: Mapping[str, Kind] | None = None, reveal: bool = True) -> Config:
    """The config in a file.

    Args:
        path: the file.
        probes: the kinds of probe that there are; by default all of the package ``probes``.
        reveal: whether a secret that can't be had is a mistake.

    Raises:
        ConfigError: the file can't be read, or holds mistakes; it names them all.
    """
    source = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(source, [_whole(f"there is no such file; {_START}")]) from None
    except OSError as error:
        raise ConfigError(source, [_whole(f"can't be read: {error.strerror or error}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            source, [_whole(f"is not UTF-8 text: byte {error.start} is no part of it")]
        ) from error
    return parse(text, source=source, probes=probes, reveal=reveal)


def parse(
    text: str, *, source: str = "config", probes: Mapping[str, Kind] | None = None, reveal: bool = True
) -> Config:
    """The config in a text; as :func:`load`, with ``source`` as its name in messages."""
    found = kinds() if probes is None else probes
    document = read(text)
    if document.value is None and not document.mistakes:
        raise ConfigError(source, [_whole(f"is empty; {_START}")])
    if not isinstance(document.value, dict):
        wrong = document.mistakes or [Mistake(1, 1, (), f"must be a mapping of keys to values; {_START}")]
        raise ConfigError(source, wrong)
    document.value = {key: value for key, value in document.value.items() if not key.startswith("x-")}
    mistakes = [document.mistake(path, message) for path, message in mistakes_across(document.value, found)]
    model = usual_model() if probes is None else config_model(probes)
    config: Config | None = None
    try:
        config = model.model_validate(document.value, context={"reveal": reveal})
    except ValidationError as error:
        # What YAML could not make a value of is told once, as YAML's mistake.
        told = {(mistake.line, mistake.column) for mistake in document.mistakes}
        explained = explain(error, document, Shape(json_schema(probes)))
        mistakes += [mistake for mistake in explained if (mistake.line, mistake.column) not in told]
    if config is not None and reveal:
        mistakes += _store(config, document)
        mistakes += [
            document.mistake(("notify", place, "url"), message)
            for place, message in mistaken_urls(config.notify)
        ]
    mistakes += document.mistakes
    if mistakes or config is None:
        raise ConfigError(source, mistakes)
    return config


def example() -> str:
    """The text of the example that comes with landwatch."""
    return resources.files("monitor.config").joinpath("example.yaml").read_text(encoding="utf-8")


def _whole(message: str) -> Mistake:
    """A mistake of the file as a whole."""
    return Mistake(0, 0, (), message)


def _store(config: Config, document: Document) -> Iterator[Mistake]:
    """The URL of a store that a secret holds, which no model has seen."""
    try:
        _: Any = config.store_url
    except ValueError as error:
        yield document.mistake(("store",), f"the secret does not fit: {error}")
