"""The options of a kind of probe on the command line: ``--set KEY=VALUE``, the value as in a config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import typer
from pydantic import BaseModel, ValidationError

from monitor.config.explain import explain
from monitor.config.mistakes import Mistake, show_path
from monitor.config.schema import Shape, options_schema
from monitor.config.source import Document, read


def options_from(
    model: type[BaseModel], settings: Iterable[str], given: Mapping[str, object], *, hint: str
) -> BaseModel:
    """The options that ``settings`` (``KEY=VALUE``) make, with those ``given`` by other means.

    Raises:
        typer.BadParameter: one or more of them are wrong; it names them all, as for a config.
    """
    document = Document(dict(given))
    for text in settings:
        _add(document, text, hint)
    try:
        options = model.model_validate(document.value, context={"reveal": True})
    except ValidationError as error:
        document.mistakes += explain(error, document, Shape(options_schema(model)))
    if document.mistakes:
        raise typer.BadParameter("; ".join(map(_show, document.mistakes)), param_hint=hint)
    return options


def _add(document: Document, text: str, hint: str) -> None:
    """Put one setting into the document, or say what is wrong with it."""
    key, equals, value = text.partition("=")
    if not equals:
        words = f"{text!r} has no value: write KEY=VALUE, such as addresses=all"
        raise typer.BadParameter(words, param_hint=hint)
    held: dict[str, Any] = document.value
    if key in held:
        document.mistakes.append(document.mistake((key,), "is given twice: leave one of the two"))
        return
    one = read(value)
    document.mistakes += [Mistake(0, 0, (key, *wrong.path), wrong.message) for wrong in one.mistakes]
    if not one.mistakes:
        held[key] = one.value


def _show(mistake: Mistake) -> str:
    return ": ".join(filter(None, (show_path(mistake.path), mistake.message)))
