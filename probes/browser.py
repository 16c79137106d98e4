"""The ``browser`` probe: a visit with real Chromium, and when the first screen was there.

Each run opens the page in a fresh context of a browser that lives in a process of its own, watches what is
shown and fetched until the page has come to rest, and works out its first screen: the moment from which
everything in view stayed as it was, what moves left out. Every connection goes through a fence that checks
the address. With ``runs``, the median of several visits is the sample.

Outcomes: ``up``; ``down`` with the fault that the browser's own word stands for (dns, connect, tls, timeout,
protocol, redirect, status), or ``content`` where there is no page to be seen, something that must be visible
is not, or a step could not be made; ``blocked`` where a shield's challenge stood in the page's place;
``unknown`` where there is no browser, or it ended by itself.
Vitals: ``first_screen``, ``fcp``, ``lcp``, ``speed_index``, ``tbt`` (seconds) and ``cls``.
Evidence: ``browser``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from probes.chromium.options import Options

if TYPE_CHECKING:
    from probes.chromium.probe import BrowserProbe

__all__ = ["BURSTS", "EVERY", "TIMEOUT", "Options", "open_probe"]

EVERY = 900.0
TIMEOUT = 60.0
BURSTS = False


@asynccontextmanager
async def open_probe(folder: Path | None = None) -> AsyncIterator[BrowserProbe]:
    """Open the turns; a browser is started when a run first needs one. Evidence is kept in ``folder``."""
    from probes.chromium.pool import Pool
    from probes.chromium.probe import BrowserProbe

    pool = Pool()
    try:
        yield BrowserProbe(pool, folder)
    finally:
        await pool.close()
