"""The filmstrip: a visit as a row of small pictures in one, each with its time, the first screen marked.

The pictures are evenly spaced in time, as a visitor would have seen the page at these moments; the one at the
first screen has a place of its own and a frame. Pure: pictures in, a picture out.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from probes.firstscreen.capture import Frame

MOST = 12
"""How many pictures stand in the row beside that of the first screen."""

STEPS = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds that may lie between two pictures: what people read easily."""

WIDTH = 120
"""Pixels of one picture's width; a frame that is smaller is not made larger."""

_GAP, _LABEL, _EDGE = 8, 34, 3
_PAPER, _INK, _PALE, _MARK = (255, 255, 255), (34, 38, 43), (200, 204, 210), (20, 120, 70)


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in the row."""

    at: float
    """Seconds from the visit's start."""
    first_screen: bool = False


def moments(first_screen: float | None, ended: float) -> list[Moment]:
    """The moments that are shown, in order: from the start to just after the first screen, or to the end."""
    last = ended if first_screen is None else min(ended, first_screen)
    step = next((one for one in STEPS if last / one < MOST - 1), STEPS[-1])
    count = min(MOST, int(last / step) + 2)
    found = [Moment(round(number * step, 3)) for number in range(count)]
    if first_screen is not None:
        found = [one for one in found if abs(one.at - first_screen) > step / 10]
        found.append(Moment(first_screen, first_screen=True))
    return sorted(found, key=lambda one: one.at)


def filmstrip(frames: Sequence[Frame], first_screen: float | None, ended: float) -> bytes:
    """The row as a PNG. Frames are in order of time; before the first of them there is nothing to see.

    Raises:
        OSError: a frame is no picture.
    """
    shown = moments(first_screen, ended)
    size = _size(frames)
    width = len(shown) * (size[0] + _GAP) + _GAP
    strip = Image.new("RGB", (width, size[1] + _LABEL + 2 * _GAP), _PAPER)
    draw = ImageDraw.Draw(strip)
    small: dict[int, Image.Image] = {}
    for place, moment in enumerate(shown):
        left, top = _GAP + place * (size[0] + _GAP), _GAP
        index = _seen_at(frames, moment.at)
        if index is not None:
            if index not in small:
                small[index] = Image.open(io.BytesIO(frames[index].jpeg)).convert("RGB").resize(size)
            strip.paste(small[index], (left, top))
        box = (left - 1, top - 1, left + size[0], top + size[1])
        draw.rectangle(box, outline=_PALE)
        if moment.first_screen:
            wide = (box[0] - _EDGE, box[1] - _EDGE, box[2] + _EDGE, box[3] + _EDGE)
            draw.rectangle(wide, outline=_MARK, width=_EDGE)
        _label(draw, moment, left, top + size[1] + 6)
    out = io.BytesIO()
    strip.quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


def _size(frames: Sequence[Frame]) -> tuple[int, int]:
    """Of one picture in the row; all frames of a visit have the same shape."""
    if not frames:
        return WIDTH, 2 * WIDTH
    with Image.open(io.BytesIO(frames[0].jpeg)) as first:
        width = min(WIDTH, first.width)
        return width, max(1, round(first.height * width / first.width))


def _seen_at(frames: Sequence[Frame], at: float) -> int | None:
    """Which frame was on the screen; ``None`` before the first."""
    found = None
    for index, frame in enumerate(frames):
        if frame.at > at + 1e-6:
            break
        found = index
    return found


def _label(draw: ImageDraw.ImageDraw, moment: Moment, left: int, top: int) -> None:
    colour = _MARK if moment.first_screen else _INK
    words = f"{moment.at:.2f} s" if moment.first_screen else f"{moment.at:.1f} s"
    draw.text((left, top), words, fill=colour, font=ImageFont.load_default(12))
    if moment.first_screen:
        draw.text((left, top + 14), "first screen", fill=colour, font=ImageFont.load_default(12))
