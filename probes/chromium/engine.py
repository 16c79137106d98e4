"""The driver and its browser: started when they are needed, and rebuilt when anything is wrong with them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from probes.chromium import find, launch
from probes.chromium.launch import Way
from probes.chromium.processes import end, family
from probes.failure import OwnFault
from probes.sample import Fault

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

MEMORY = 1280 * 1024 * 1024
"""Bytes that the browser's processes may hold of their own before the largest page is ended."""
_PATIENCE = 3.0
_LOOK = 0.25


class Engine:
    """One browser at a time, in a folder of its own inside ``folder``."""

    def __init__(self, folder: Path, *, memory: int = MEMORY) -> None:
        self.found: find.Browser | None = None
        """The browser that runs or ran last."""
        self.sandbox = True
        """Whether pages are locked into the browser's own sandbox."""
        self.group: int | None = None
        """The browser's process group."""
        self.overrun = False
        """Whether a page of this visit was ended for its memory."""
        self._folder = folder
        self._memory = memory
        self._spoilt = False
        self._restarts = 0
        self._lockable = True
        self._executable: str | None = None
        self._way = Way()
        self._profile: Path | None = None
        self._driver: Playwright | None = None
        self._browser: Browser | None = None
        self._watch: asyncio.Task[None] | None = None

    async def ready(self, executable: str | None = None, way: Way | None = None) -> Browser:
        """A browser that runs.

        Raises:
            OwnFault: there is none, or it can't be started, and what it said.
        """
        from playwright.async_api import Error

        way = way or Way()
        await self.settle()
        alive = self._browser is not None and self._browser.is_connected()
        self._restarts += self._browser is not None and not alive
        if not alive or (executable, way) != (self._executable, self._way):
            await self._end_browser()
        if self._browser is None:
            try:
                async with asyncio.timeout(30):
                    self._browser = await self._start(executable, way)
            except (Error, TimeoutError) as error:
                await self.close()
                raise OwnFault(Fault.INTERNAL, f"the browser can't be started: {_why(str(error))}") from error
        self.overrun = False
        return self._browser

    def spoil(self) -> None:
        """End the browser at once: whatever is wrong with it, driver and browser are made anew."""
        self._restarts += not self._spoilt
        self._spoilt = True
        end(self.group)

    def restarts(self) -> int:
        """How many browsers ended, or had to be ended, since this was last asked."""
        count, self._restarts = self._restarts, 0
        return count

    async def settle(self) -> None:
        """Clear away what was spoilt."""
        if self._spoilt:
            await self.close()

    async def close(self) -> None:
        """End the driver and the browser, and remove what they left."""
        self._spoilt = False
        await self._end_browser()
        driver, self._driver = self._driver, None
        if driver is not None:
            with suppress(Exception):  # whatever is wrong with it, it is being thrown away
                async with asyncio.timeout(_PATIENCE):
                    await driver.stop()

    async def _start(self, executable: str | None, way: Way) -> Browser:
        from playwright.async_api import Error, async_playwright

        self.found = await asyncio.to_thread(find.find, executable)
        if self._driver is None:
            self._driver = await async_playwright().start()
        self._executable, self._way = executable, way
        # As root it refuses, and elsewhere the kernel may: that is found out once.
        root = os.geteuid() == 0 and way.person is None
        self.sandbox = not root and self._lockable
        try:
            browser = await self._launch(way)
        except Error as error:
            if not self.sandbox or "sandbox" not in str(error).lower():
                raise
            self.sandbox = self._lockable = False
            await self._end_browser()
            browser = await self._launch(way)
        self._watch = asyncio.create_task(self._look_at_memory(), name="memory of the browser")
        return browser

    async def _launch(self, way: Way) -> Browser:
        assert self._driver is not None
        assert self.found is not None
        self._profile = Path(tempfile.mkdtemp(prefix="browser-", dir=self._folder))
        if way.person is not None:
            os.chown(self._profile, way.person.uid, way.person.gid)
        try:
            kind = self._driver.chromium
            return await launch.start(kind, self.found, self._profile, way, sandbox=self.sandbox)
        finally:
            with suppress(OSError, ValueError):
                self.group = int((self._profile / launch.PID_FILE).read_text())

    async def _end_browser(self) -> None:
        browser, self._browser = self._browser, None
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if browser is not None:
            with suppress(Exception):  # it may be hung, or gone
                async with asyncio.timeout(_PATIENCE):
                    await browser.close()
        end(self.group)
        self.group = None
        if self._profile is not None:
            await asyncio.to_thread(shutil.rmtree, self._profile, ignore_errors=True)
            self._profile = None

    async def _look_at_memory(self) -> None:
        """End the page that holds most, where all hold too much."""
        while self.group is not None:
            await asyncio.sleep(_LOOK)
            processes = list(family(self.group))
            if sum(one.memory for one in processes) <= self._memory:
                continue
            pages = [one for one in processes if one.renderer]
            if pages:
                self.overrun = True
                with suppress(ProcessLookupError):
                    os.kill(max(pages, key=lambda one: one.memory).pid, signal.SIGKILL)


def _why(words: str) -> str:
    """The browser's own last words, where the driver repeats them, else the driver's first."""
    own = [line.partition("[err]")[2].strip() for line in words.splitlines() if "[err]" in line]
    said = [line for line in own if line] or words.strip().splitlines()
    return (said[-1] if own else said[0] if said else "no answer")[:300]
