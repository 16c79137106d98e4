"""What a visit leaves in a folder for the daemon to take: pictures, requests, and the page at last.

``frames/NNNN.jpg`` and ``frames.json`` (``[{"at": seconds, "file": name}]``), ``requests.json`` (the fields
of :class:`~probes.firstscreen.capture.Request`), ``visit.json`` (URL, start, viewport, figures, the element
that came last) and ``final.jpg``. All times are in seconds from the visit's start.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from probes.firstscreen.capture import Capture
from probes.firstscreen.world import is_gone

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

_ANSWER = 3.0


def write(folder: Path, capture: Capture, figures: dict[str, Any], final: bytes | None) -> None:
    """Write a visit into ``folder``, which is made. It blocks."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "frames").mkdir(parents=True)
    frames = []
    for number, frame in enumerate(capture.frames):
        name = f"frames/{number:04}.jpg"
        (folder / name).write_bytes(frame.jpeg)
        frames.append({"at": frame.at, "file": name})
    about = {
        "url": capture.url,
        "started": capture.started,
        "ended": capture.ended,
        "width": capture.width,
        "height": capture.height,
        "load": capture.load,
        "marks": dict(capture.marks),
        **figures,
    }
    (folder / "frames.json").write_bytes(orjson.dumps(frames))
    (folder / "requests.json").write_bytes(orjson.dumps([asdict(request) for request in capture.requests]))
    (folder / "visit.json").write_bytes(orjson.dumps(about))
    if final is not None:
        (folder / "final.jpg").write_bytes(final)


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
