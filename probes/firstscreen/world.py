"""The page's side: asks what ``observe.js`` noted, and bounds how long that may take."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

_NAME = "landwatch"


def is_gone(error: Exception) -> bool:
    """Whether an error of Playwright says that the page, its browser or the driver is no more."""
    return type(error).__name__ == "TargetClosedError"  # a class that Playwright does not export


@cache
def _script() -> str:
    """The observers."""
    return Path(__file__).with_name("observe.js").read_text(encoding="utf-8")


class World:
    """A world of its own in the page's documents, which shares nothing with the page but the document."""

    def __init__(self, cdp: CDPSession, frame: str) -> None:
        self._cdp = cdp
        self._frame = frame

    async def install(self, hide: Sequence[str]) -> None:
        """Observe every document from its beginning on, and show nothing that ``hide`` selects."""
        source = _script().replace("/* HIDE */ []", json.dumps(list(hide)))
        await self._cdp.send("Page.addScriptToEvaluateOnNewDocument", {"source": source, "worldName": _NAME})

    async def ask(self, question: str, seconds: float) -> Mapping[str, Any] | None:
        """What the page's document answers to ``look`` or ``report``, or ``None`` if it does not in time.

        It does not while the page spins, and while one document follows another.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        from playwright.async_api import Error

        try:
            async with asyncio.timeout(seconds):
                world = await self._cdp.send(
                    "Page.createIsolatedWorld", {"frameId": self._frame, "worldName": _NAME}
                )
                asked = {
                    "contextId": world["executionContextId"],
                    "expression": f"landwatch.{question}()",
                    "returnByValue": True,
                }
                answer = await self._cdp.send("Runtime.evaluate", asked)
        except TimeoutError:
            return None
        except Error as error:
            if is_gone(error):
                raise
            return None
        value = answer.get("result", {}).get("value")
        return value if isinstance(value, dict) else None
