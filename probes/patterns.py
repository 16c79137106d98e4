"""Regular expressions that no text can make run for ever: RE2's syntax and its linear time."""

from __future__ import annotations

from collections.abc import Iterable

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


class Marks:
    """Texts that are looked for all at once, without regard to case (ASCII), in one pass over the bytes."""

    def __init__(self, marks: Iterable[bytes]) -> None:
        escaped = [re2.escape(mark) for mark in marks]
        options = re2.Options()
        options.case_sensitive = False
        options.encoding = re2.Options.Encoding.LATIN1
        self._pattern = re2.compile(b"|".join(escaped), options) if escaped else None

    def found_in(self, body: bytes) -> bool:
        """Whether any of the marks is in ``body``."""
        return self._pattern is not None and self._pattern.search(body) is not None


def matches(pattern: str, text: str) -> bool:
    """Whether ``pattern`` matches somewhere in ``text``."""
    return re2.search(pattern, text) is not None
