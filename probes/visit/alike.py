"""Whether two answers are one page: how much of what stands in their sources they share."""

from __future__ import annotations

import re

from probes.shields import LOOKED_AT_BYTES
from probes.visit.body import Body

SAME = 0.9
"""From here on two bodies are one page: a page that is made anew each time differs in a few words only."""

OTHER = 0.5
"""Below this they are two; between the two nothing is said."""

_WORD = re.compile(rb"[0-9A-Za-z\x80-\xff]+")


def similarity(one: Body | None, other: Body | None) -> float | None:
    """The share of words that two bodies have in common, 0 to 1; ``None`` where one of them has none.

    Words are runs of letters and digits in the source, markup included (a page that is built by a script
    has little else), of the first 64 KiB, each counted once: Jaccard's index of the two sets.
    """
    ours, theirs = _words(one), _words(other)
    if not ours or not theirs:
        return None
    return len(ours & theirs) / len(ours | theirs)


def _words(body: Body | None) -> set[bytes]:
    return set(_WORD.findall(body.kept[:LOOKED_AT_BYTES])) if body is not None else set()
