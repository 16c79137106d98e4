"""The plan on which the demo's vendors misbehave: a pure function of (seconds since the start, vendor).

- ``swift`` answers in 20 to 60 ms.
- ``slow`` answers in 350 to 700 ms, over the target of 300 ms.
- ``shaky`` answers in 60 to 120 ms, but once in each cycle of 30 s it fails for 2.5 to 7 s: in turn with
  a 502, by hanging, with a 502 again, and by showing a shield's challenge page.

The same second of two runs shows the same, so that figures can be compared.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

VENDORS = ("swift", "slow", "shaky")

DELAYS = {"swift": (0.020, 0.060), "slow": (0.350, 0.700), "shaky": (0.060, 0.120)}
"""The least and the most seconds that a vendor thinks before it serves a page."""

CYCLE = 30.0
"""Seconds in which ``shaky`` fails once."""

DELAY_STEPS = 10
"""How often in a second a new delay is drawn."""


class Mode(StrEnum):
    """What a vendor does with a request."""

    SERVE = "serve"
    ERROR = "error"
    HANG = "hang"
    CHALLENGE = "challenge"


TURNS = (Mode.ERROR, Mode.HANG, Mode.ERROR, Mode.CHALLENGE)
"""How ``shaky`` fails in one cycle after the other."""

STATUS = {Mode.SERVE: 200, Mode.ERROR: 502, Mode.HANG: None, Mode.CHALLENGE: 403}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a request is answered: the mode, and the seconds of thought before it."""

    mode: Mode
    delay: float

    @property
    def status(self) -> int | None:
        """The status that a page gets; ``None`` where no answer ever comes."""
        return STATUS[self.mode]


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch in which ``shaky`` fails, in seconds since the start: ``[begin, end)``."""

    begin: float
    end: float
    mode: Mode


def behaviour(seconds: float, vendor: str) -> Behaviour:
    """How ``vendor`` answers a request that arrives ``seconds`` after the start."""
    mode = mode_at(seconds, vendor)
    if mode is not Mode.SERVE:
        return Behaviour(mode, 0.010)
    least, most = DELAYS[vendor]
    return Behaviour(mode, least + (most - least) * _fraction(vendor, int(seconds * DELAY_STEPS)))


def mode_at(seconds: float, vendor: str) -> Mode:
    """What ``vendor`` does ``seconds`` after the start."""
    if vendor != "shaky":
        return Mode.SERVE
    now = episode(int(seconds // CYCLE))
    return now.mode if now.begin <= seconds < now.end else Mode.SERVE


def next_change(seconds: float, vendor: str) -> float | None:
    """The first moment after ``seconds`` at which the mode of ``vendor`` changes; ``None`` for never."""
    if vendor != "shaky":
        return None
    cycle = int(seconds // CYCLE)
    now, following = episode(cycle), episode(cycle + 1)
    return next(moment for moment in (now.begin, now.end, following.begin) if moment > seconds)


def episode(cycle: int) -> Episode:
    """The stretch of failure in the cycle with this number, 0 being the first."""
    begin = cycle * CYCLE + 8.0 + 8.0 * _fraction("begin", cycle)
    return Episode(begin, begin + 2.5 + 4.5 * _fraction("length", cycle), TURNS[cycle % len(TURNS)])


def _fraction(name: str, number: int) -> float:
    """A number in [0, 1) that looks drawn by chance and is the same at every call."""
    digest = hashlib.blake2b(f"{name}:{number}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48
