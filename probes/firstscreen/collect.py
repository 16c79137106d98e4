"""Watches one visit: from an open page of a browser to a :class:`~probes.firstscreen.capture.Capture`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

from probes.firstscreen.capture import Capture, Ended
from probes.firstscreen.watching import Watching

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

_EVERY = 0.15
"""Seconds between looks."""
_ANSWER = 1.0
"""Seconds that a page may take to answer a look."""
_REPORT = 1.5
"""Seconds that it may take to answer the last question."""
_MOST_WORDS = 500


async def collect(
    page: Page, cdp: CDPSession, url: str, *, limit: float = 12.0, hide: Sequence[str] = ()
) -> Capture:
    """Visit ``url`` in a fresh page, and watch until it has come to rest or ``limit`` seconds are over.

    The page must not have been navigated yet, and ``cdp`` must be its session. ``hide`` are selectors of what
    is not shown. It returns at most two seconds after ``limit``. A navigation that fails is a capture with an
    ``error`` (``net::ERR_...``) and what was requested until then.

    Raises:
        playwright.async_api.Error: the browser or its page is gone.
    """
    tree = await cdp.send("Page.getFrameTree")
    watching = Watching(page, cdp, str(tree["frameTree"]["frame"]["id"]))
    await watching.open(hide)
    try:
        began = monotonic()
        ended_by, error = await _go(page, url, limit)
        if error is None:
            ended_by, error = await _wait_for_rest(watching, began, limit)
        ended = monotonic() - began
        report = await watching.world.ask("report", _REPORT) if error is None else None
        return watching.capture(url, report, ended, ended_by, error)
    finally:
        await watching.close()


async def _go(page: Page, url: str, limit: float) -> tuple[Ended, str | None]:
    """Go there, until the document begins to come."""
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as TooLate

    try:
        await page.goto(url, wait_until="commit", timeout=limit * 1000)
    except TooLate:
        return Ended.LIMIT, "no document came"
    except Error as error:  # if the page is gone, the end of the watching says so
        return Ended.FAILED, error.message[:_MOST_WORDS]
    return Ended.LIMIT, None


async def _wait_for_rest(watching: Watching, began: float, limit: float) -> tuple[Ended, str | None]:
    while (left := limit - (monotonic() - began)) > 0:
        if watching.crashed:
            return Ended.FAILED, "the page crashed"
        answer = await watching.world.ask("look", min(_ANSWER, left))
        now = monotonic() - began
        rest = None if answer is None else watching.rest_at(answer, now)
        if rest is not None and rest <= now:
            return Ended.SETTLED, None
        await asyncio.sleep(min(_EVERY, limit - now) if rest is None else min(_EVERY, rest - now))
    return Ended.LIMIT, None
