"""A browser and a site that the tests of one file share: starting a browser takes a while."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from browsing import Browsing, browsing
from wildsite import WildSite, wild_site


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browse() -> AsyncIterator[Browsing]:
    """An open browser probe. A visit takes the url, the timeout and the options, and gives the sample."""
    async with browsing() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def wild() -> AsyncIterator[WildSite]:
    """A site that could upset a browser."""
    async with wild_site() as site:
        yield site
