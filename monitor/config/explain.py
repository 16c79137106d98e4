"""Pydantic's errors in landwatch's words: what is wrong at which path, and what would be right.

Values are repeated only where a closed set of words is asked for, so that no message shows a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from monitor.config.mistakes import Mistake, Path, show_path
from monitor.config.schema import Shape, closest
from monitor.config.source import Document
from probes.units import DURATION_PATTERN, SIZE_PATTERN, format_duration, format_size

_WANTED = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "dict": "a mapping of keys to values",
    "mapping": "a mapping of keys to values",
    "model": "a mapping of keys to values",
    "model_attributes": "a mapping of keys to values",
    "path": "a path",
    "literal": "a word",
}
_LIMITS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_LENGTHS = {
    "too_short": ("min_length", "at least"),
    "too_long": ("max_length", "at most"),
    "string_too_short": ("min_length", "at least"),
    "string_too_long": ("max_length", "at most"),
}
_WRONG_TYPE = re.compile(rf"({'|'.join(_WANTED)})_(?:type|parsing|parsing_size|from_float)")


@dataclass(frozen=True, slots=True)
class _Found:
    """One of pydantic's errors: its path in the file, and whether it is of one alternative among several."""

    error: ErrorDetails
    path: Path
    alternative: bool


def explain(error: ValidationError, document: Document, shape: Shape) -> list[Mistake]:
    """The mistakes that pydantic found in a document, one for each path."""
    found = [_locate(detail, document.value) for detail in error.errors(include_url=False)]
    messages: dict[Path, list[str]] = {}
    of_key: dict[Path, bool] = {}
    for one in _without_misspelt(_decisive(found), shape):
        message = _message(one, shape)
        if message not in messages.setdefault(one.path, []):
            messages[one.path].append(message)
        of_key[one.path] = _is_of_key(one.error)
    return [
        document.mistake(path, "; or ".join(texts), of_key=of_key[path]) for path, texts in messages.items()
    ]


def _locate(error: ErrorDetails, value: Any) -> _Found:
    """Where in the file an error is: pydantic's own words for alternatives and keys are left out."""
    path: list[str | int] = []
    alternative = False
    steps = list(enumerate(error["loc"]))  # none where the whole is wrong
    for step in steps:
        try:
            value = value[step[1]]
        except (KeyError, IndexError, TypeError):
            if step != steps[-1] or error["type"] != "missing":
                alternative = True
                continue
        path.append(step[1])
    return _Found(error, tuple(path), alternative)


def _decisive(found: list[_Found]) -> Iterable[_Found]:
    """Without the alternatives that another one got further than."""
    deepest = [one.path for one in found if one.alternative]
    for one in found:
        further = (
            path for path in deepest if len(path) > len(one.path) and path[: len(one.path)] == one.path
        )
        if not one.alternative or next(further, None) is None:
            yield one


def _without_misspelt(found: Iterable[_Found], shape: Shape) -> list[_Found]:
    """Without the keys that are missing because they are misspelt, which is a mistake of its own."""
    kept = list(found)
    misspelt = {
        (*one.path[:-1], shape.nearest(one.path[:-1], str(one.path[-1])))
        for one in kept
        if one.error["type"] == "extra_forbidden"
    }
    return [one for one in kept if one.error["type"] != "missing" or one.path not in misspelt]


def _is_of_key(error: ErrorDetails) -> bool:
    return error["type"] in ("missing", "extra_forbidden") or error["loc"][-1:] == ("[key]",)


def _message(found: _Found, shape: Shape) -> str:
    error, path = found.error, found.path
    if error["type"] in _MESSAGES:
        return _MESSAGES[error["type"]](error, path, shape)
    if error["type"] in _LIMITS:
        key, words = _LIMITS[error["type"]]
        return f"must be {words} {_quantity(error.get('ctx', {})[key], path, shape)}"
    if match := _WRONG_TYPE.fullmatch(error["type"]):
        return _wrong_type(_WANTED[match[1]], error["input"], path, shape)
    words = error["msg"].replace("Input should", "must")
    return f"{words[:1].lower()}{words[1:]}{_such_as(path, shape)}"


def _value_error(error: ErrorDetails, _path: Path, _shape: Shape) -> str:
    return error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _missing(_error: ErrorDetails, path: Path, shape: Shape) -> str:
    return f"is missing: write `{path[-1]}: {shape.example(path) or '...'}`"


def _unknown_key(_error: ErrorDetails, path: Path, shape: Shape) -> str:
    parent, key = path[:-1], str(path[-1])
    known = ", ".join(shape.keys(parent))
    if parent[-1:] == ("probes",):
        nearest = shape.nearest(parent, key)
        return (
            f"is no kind of probe: {f'did you mean `{nearest}`? ' if nearest else ''}known kinds are {known}"
        )
    if nearest := shape.nearest(parent, key):
        return f"is not known here: did you mean `{nearest}`?"
    if (home := shape.home(parent, key)) is not None:
        return f"is not known here: did you mean `{show_path((*home, key))}`?"
    return f"is not known here: known are {known}"


def _unknown_word(error: ErrorDetails, path: Path, _shape: Shape) -> str:
    words = error.get("ctx", {}).get("expected", "").replace(" or ", ", ").replace("'", "").split(", ")
    if str(error["input"]) in words:
        return f"must be text, not {_noun(error['input'])}: put it in quotes"
    nearest = closest(str(error["input"]), words)
    meant = f"did you mean {nearest}? " if nearest else ""
    return f"{error['input']!r} is not known: {meant}write one of {', '.join(words)}"


def _pattern(error: ErrorDetails, path: Path, shape: Shape) -> str:
    right = _such_as(path, shape) or f": it has to match {error.get('ctx', {})['pattern']}"
    return f"is not written as it should be{right}"


def _length(error: ErrorDetails, path: Path, shape: Shape) -> str:
    key, words = _LENGTHS[error["type"]]
    limit, held = error.get("ctx", {})[key], len(error["input"])
    of = "character" if isinstance(error["input"], str) else "item"
    return f"must have {words} {limit} {of}{'s' * (limit != 1)}, and has {held}{_such_as(path, shape)}"


_MESSAGES: dict[str, Callable[[ErrorDetails, Path, Shape], str]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "literal_error": _unknown_word,
    "enum": _unknown_word,
    "value_error": _value_error,
    "assertion_error": _value_error,
    "string_pattern_mismatch": _pattern,
    **dict.fromkeys(_LENGTHS, _length),
}


def _wrong_type(wanted: str, value: Any, path: Path, shape: Shape) -> str:
    if value is None:
        return f"is empty and must be {wanted}{_such_as(path, shape)}"
    if wanted == "text" and isinstance(value, int | float):
        return f"must be text, not {_noun(value)}: put it in quotes"
    return f"must be {wanted}, not {_noun(value)}{_such_as(path, shape)}"


def _such_as(path: Path, shape: Shape) -> str:
    example = shape.example(path)
    return f": write {example}" if example else ""


def _quantity(limit: Any, path: Path, shape: Shape) -> str:
    pattern = shape.pattern(path)
    if pattern == DURATION_PATTERN:
        return format_duration(limit)
    return format_size(limit) if pattern == SIZE_PATTERN else str(limit)


def _noun(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "a number"
    if isinstance(value, float):
        return "a fraction"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"
