"""Regular expressions that no text can make run for ever: RE2's syntax and its linear time."""

from __future__ import annotations

import re2


def check_pattern(pattern: str) -> None:
    """Make sure that ``pattern`` can be searched for.

    Raises:
        ValueError: it is not a regular expression in RE2 syntax.
    """
    try:
        re2.compile(pattern)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error
        raise ValueError(f"not a regular expression in RE2 syntax: {reason}") from error


def matches(pattern: str, text: str) -> bool:
    """Whether ``pattern`` matches somewhere in ``text``."""
    return re2.search(pattern, text) is not None
