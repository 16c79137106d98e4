"""The pictures of one visit: frames of the browser's screencast.

The browser has at most three frames under way that were not acknowledged; what it shows meanwhile it never
sends, not even when it then stays as it is. So frames are acknowledged at once while they are few. Of a page
that never stops moving they are acknowledged late, which paces it; when it stops, the picture is asked for
anew.
"""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

_MOST_FRAMES = 600
_MOST_BYTES = 24 << 20
_AT_ONCE = 8
"""So many frames in a row are acknowledged at once."""
_PACE = 0.04
"""Seconds from one to the next of the others."""
_REFILL = 0.2
"""Seconds after which one more may be at once again."""
_LULL = 0.03
"""Seconds without a frame after which a page has stopped moving."""
_UNDER_WAY = 3
"""Frames under way from which on the browser drops what comes."""
_QUALITY = 50
_WIDEST = 480


class Screencast:
    """Frames as they come: the browser's monotonic time and a JPEG each, bounded; pictures alike are one."""

    def __init__(self, cdp: CDPSession) -> None:
        self.frames: list[tuple[float, bytes]] = []
        self.truncated = False
        self._cdp = cdp
        self._bytes = 0
        self._options: dict[str, object] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._came = 0
        self._starts = 0
        self._spare = float(_AT_ONCE)
        self._counted = self._next = monotonic()

    async def start(self, width: int, height: int) -> None:
        """Begin, with frames of half the viewport's size."""
        wide = min(width // 2, _WIDEST)
        size = {"maxWidth": wide, "maxHeight": -(-height * wide // width)}
        self._options = {"format": "jpeg", "quality": _QUALITY, **size}
        self._cdp.on("Page.screencastFrame", self._take)
        await self._cdp.send("Page.startScreencast", self._options)

    async def stop(self) -> None:
        """End it, and leave nothing under way."""
        self._cdp.remove_listener("Page.screencastFrame", self._take)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._cdp.send("Page.stopScreencast")

    @property
    def changed(self) -> float | None:
        """When the picture changed last, by the browser's monotonic time."""
        return self.frames[-1][0] if self.frames else None

    def _take(self, event: Mapping[str, Any]) -> None:
        self._came += 1
        self._under_way += 1
        task = asyncio.create_task(self._acknowledge(event["sessionId"], self._starts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            at, jpeg = float(event["metadata"]["monotonicTimestamp"]), b64decode(event["data"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error):
            self.truncated = True
            return
        if self.frames and self.frames[-1][1] == jpeg:
            return
        if len(self.frames) >= _MOST_FRAMES or self._bytes + len(jpeg) > _MOST_BYTES:
            self.truncated = True
            return
        self.frames.append((at, jpeg))
        self._bytes += len(jpeg)

    async def _acknowledge(self, session: int, start: int) -> None:
        await asyncio.sleep(self._turn())
        if start != self._starts:
            return
        full = self._under_way >= _UNDER_WAY
        self._under_way -= 1
        await self._cdp.send("Page.screencastFrameAck", {"sessionId": session})
        if not full:
            return
        came = self._came
        await asyncio.sleep(_LULL)
        if came == self._came and start == self._starts:
            await self._restart()

    async def _restart(self) -> None:
        """Ask for what is shown now: pictures may have been dropped, and none came since."""
        self._starts += 1
        self._under_way = 0
        await self._cdp.send("Page.stopScreencast")
        await self._cdp.send("Page.startScreencast", self._options)

    def _turn(self) -> float:
        """Seconds after which a frame may be acknowledged: some at once, then one after the other."""
        now = monotonic()
        self._spare = min(_AT_ONCE, self._spare + (now - self._counted) / _REFILL)
        self._counted = now
        if self._spare >= 1:
            self._spare -= 1
            self._next = now
        else:
            self._next = max(now, self._next) + _PACE
        return self._next - now
