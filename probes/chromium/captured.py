"""What a visit leaves in a folder for the daemon to take: a filmstrip, its requests, and the page at last.

They are made here, in the worker: drawing takes some tens of milliseconds that no other probe should feel.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from probes.firstscreen.capture import Capture
from probes.firstscreen.result import Vitals
from probes.firstscreen.world import is_gone
from probes.keepsake.filmstrip import filmstrip
from probes.keepsake.har import har
from probes.keepsake.shelf import NAMES

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

_ANSWER = 3.0


def write(
    folder: Path, capture: Capture, vitals: Vitals | None, browser: tuple[str, str], final: bytes | None
) -> None:
    """Write what a visit leaves into ``folder``, which is made. It blocks."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    first_screen = vitals.first_screen if vitals else None
    with suppress(OSError):  # a browser that was killed may leave half a picture; the rest is kept
        strip = filmstrip(capture.frames, first_screen, capture.ended)
        (folder / NAMES["filmstrip"]).write_bytes(strip)
    (folder / NAMES["har"]).write_bytes(har(capture, vitals, browser))
    if final is not None:
        (folder / NAMES["screenshot"]).write_bytes(final)


async def screenshot(cdp: CDPSession) -> bytes | None:
    """The page as it is now, or ``None`` where the browser does not give it."""
    from playwright.async_api import Error

    try:
        async with asyncio.timeout(_ANSWER):
            answer = await cdp.send("Page.captureScreenshot", {"format": "jpeg", "quality": 70})
    except (TimeoutError, Error) as error:
        if is_gone(error):
            raise
        return None
    return base64.b64decode(answer["data"])
