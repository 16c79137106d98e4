"""Keeping what was made of a certificate, which is the same at every visit, within bounds of memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

_MOST = 4096
_MOST_BYTES = 8192
"""What is larger is read anew each time: nobody honest has it."""

_Made = TypeVar("_Made")


def sparing(read: Callable[..., _Made]) -> Callable[..., _Made]:
    """Keep what ``read`` makes of a certificate in DER (and of what comes with it), unless that is large."""
    keeping = lru_cache(maxsize=_MOST)(read)

    def reading(der: bytes, *rest: object) -> _Made:
        return (keeping if len(der) <= _MOST_BYTES else read)(der, *rest)

    return reading
