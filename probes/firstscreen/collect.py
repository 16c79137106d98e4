"""Watches one visit: from an open page of a browser to a :class:`~probes.firstscreen.capture.Capture`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.firstscreen.capture import Capture

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page


async def collect(
    page: Page, cdp: CDPSession, url: str, *, limit: float = 12.0, hide: Sequence[str] = ()
) -> Capture:
    """Visit ``url`` in a fresh page, and watch until it has come to rest or ``limit`` seconds are over.

    The page must not have been navigated yet. ``hide`` are selectors of what is not shown. A navigation that
    fails is a capture with an ``error`` (``net::ERR_...``) and what was requested until then.

    Raises:
        playwright.async_api.Error: the browser or its page is gone.
    """
    raise NotImplementedError
