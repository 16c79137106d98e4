"""Text and JSON that every store can hold.

What a hostile server says ends up in details and evidence. PostgreSQL refuses NUL in text and JSON, and no
UTF-8 holds a lone surrogate: both are replaced (U+FFFD and ``?``), in every store, so that one odd answer
can't hold up the samples behind it.
"""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from typing import Any

import orjson

from probes.sample import Sample

DEEPEST = 64
"""Levels of nesting that are kept; what lies below is written as text."""

_NUL = "\\u0000"
_INT64 = 1 << 63
_OPTIONS = orjson.OPT_UTC_Z


def clean_text(text: str) -> str:
    """``text`` without what a database refuses."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def json_text(value: Any) -> str:
    """``value`` as JSON on one line, without what a database refuses.

    Floats are exact, up to 2**53 in PostgreSQL, whose JSONB keeps numbers as decimals.
    """
    try:
        text = orjson.dumps(value, option=_OPTIONS).decode()
    except TypeError:  # a lone surrogate, a huge integer or a type that JSON lacks
        text = _NUL
    if _NUL in text:
        text = orjson.dumps(_cleaned(value), option=_OPTIONS).decode()
    return text


def sample_json(sample: Sample) -> bytes:
    """The sample as JSON on one line, whatever its probe wrote into it."""
    try:
        return sample.to_json()
    except TypeError:
        return orjson.dumps(
            {each.name: _cleaned(getattr(sample, each.name)) for each in fields(sample)}, option=_OPTIONS
        )


def _cleaned(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, bool | float | datetime):
        return value
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return value
    if depth < DEEPEST:
        if is_dataclass(value) and not isinstance(value, type):
            value = asdict(value)
        if isinstance(value, dict):
            return {clean_text(str(key)): _cleaned(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [_cleaned(item, depth + 1) for item in value]
    return clean_text(str(value))
