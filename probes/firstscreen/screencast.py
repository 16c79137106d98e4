"""The pictures of one visit: frames of the browser's screencast, each acknowledged a little late."""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

_MOST_FRAMES = 600
_MOST_BYTES = 24 << 20
_PACE = 0.1
"""Seconds after which a frame is acknowledged: it paces a page that never stops moving, and single changes
still arrive at once."""
_QUALITY = 50
_WIDEST = 480


class Screencast:
    """Frames as they come: the browser's monotonic time and a JPEG each, bounded; pictures alike are one."""

    def __init__(self, cdp: CDPSession) -> None:
        self.frames: list[tuple[float, bytes]] = []
        self.truncated = False
        self._cdp = cdp
        self._bytes = 0
        self._acknowledging: set[asyncio.Task[None]] = set()

    async def start(self, width: int, height: int) -> None:
        """Begin, with frames of half the viewport's size."""
        self._cdp.on("Page.screencastFrame", self._take)
        wide = min(width // 2, _WIDEST)
        size = {"maxWidth": wide, "maxHeight": -(-height * wide // width)}
        await self._cdp.send("Page.startScreencast", {"format": "jpeg", "quality": _QUALITY, **size})

    async def stop(self) -> None:
        """End it, and leave nothing under way."""
        self._cdp.remove_listener("Page.screencastFrame", self._take)
        tasks = list(self._acknowledging)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._cdp.send("Page.stopScreencast")

    @property
    def changed(self) -> float | None:
        """When the picture changed last, by the browser's monotonic time."""
        return self.frames[-1][0] if self.frames else None

    def _take(self, event: Mapping[str, Any]) -> None:
        task = asyncio.create_task(self._acknowledge(event["sessionId"]))
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)
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

    async def _acknowledge(self, session: int) -> None:
        await asyncio.sleep(_PACE)
        await self._cdp.send("Page.screencastFrameAck", {"sessionId": session})
