"""The steps of a journey: what a visitor does once the page is there, each with its duration."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from probes.chromium.options import Step
from probes.failure import Failure
from probes.sample import Fault

if TYPE_CHECKING:
    from playwright.async_api import Page

_MARGIN = 1.0


class Journey:
    """A journey under way. ``steps`` is what is known of each step so far."""

    def __init__(self, page: Page, steps: Sequence[Step], values: Sequence[str | None]) -> None:
        self.steps: list[dict[str, Any]] = [_told(step) for step in steps]
        self._page = page
        self._plan = list(zip(steps, values, strict=True))

    async def go(self, until: float) -> None:
        """Make every step, in order, until monotonic time ``until`` at most.

        Raises:
            Failure: a step could not be made, or not in its time.
        """
        for number, (step, value) in enumerate(self._plan):
            seconds = min(step.within, until - monotonic())
            began = monotonic()
            try:
                await self._make(step, value, seconds)
            except Failure as failure:
                self.steps[number]["error"] = failure.detail
                where = f"step {number + 1} ({self.steps[number]['name']})"
                raise Failure(failure.fault, f"{where}: {failure.detail}") from failure
            finally:
                self.steps[number]["duration"] = monotonic() - began

    async def _make(self, step: Step, value: str | None, seconds: float) -> None:
        from playwright.async_api import Error
        from playwright.async_api import TimeoutError as TooLate

        if seconds <= 0:
            raise Failure(Fault.TIMEOUT, "no time was left for it")
        try:
            async with asyncio.timeout(seconds + _MARGIN):
                await _do(self._page, step, value, seconds * 1000)
        except (TooLate, TimeoutError) as error:
            raise Failure(Fault.CONTENT, f"not done within {seconds:.3g} s") from error
        except Error as error:
            if self._page.is_closed():
                raise
            raise Failure(Fault.CONTENT, _without(error.message, value)) from error


async def _do(page: Page, step: Step, value: str | None, milliseconds: float) -> None:
    if step.goto is not None:
        await page.goto(step.goto, wait_until="commit", timeout=milliseconds)
    elif step.click is not None:
        await page.locator(step.click).first.click(timeout=milliseconds)
    elif step.fill is not None:
        await page.locator(step.fill).first.fill(value or "", timeout=milliseconds)
    elif step.select is not None:
        await page.locator(step.select).first.select_option(value, timeout=milliseconds)
    elif step.press is not None:
        await page.keyboard.press(step.press)
    elif step.wait_for is not None:
        await page.locator(step.wait_for).filter(visible=True).first.wait_for(timeout=milliseconds)


def _told(step: Step) -> dict[str, Any]:
    """A step as evidence: never what is filled in."""
    words = step.name or f"{step.kind} {getattr(step, step.kind)}"
    return {"name": words[:200], "duration": None, "error": None}


def _without(words: str, value: str | None) -> str:
    """The browser's words, the first line of them, without what might be a secret."""
    first = words.partition("\n")[0]
    return (first.replace(value, "***") if value else first)[:300]
