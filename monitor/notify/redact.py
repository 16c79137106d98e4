"""Text without any part of an address: what a library says may repeat a password or a token. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote_plus

HIDDEN = "***"
SHORT = 4
"""Letters from which a part is hidden inside a word too; a shorter one only where it stands alone."""

_PARTS = re.compile(r"[/?&=@:,#+;\s]+")


def redacted(text: str, url: str) -> str:
    """``text`` without the parts of ``url``, however they are encoded; its service's name may stay."""
    for part in sorted({each for each in _parts(url) if each}, key=len, reverse=True):
        pattern = re.escape(part)
        if len(part) < SHORT:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, lambda _: HIDDEN, text, flags=re.IGNORECASE)
    return text


def _parts(url: str) -> Iterator[str]:
    rest = url.partition("://")[2] or url
    for form in (rest, unquote_plus(rest)):
        yield form
        for part in _PARTS.split(form):
            yield part
            yield unquote_plus(part)
            yield quote(part, safe="")
