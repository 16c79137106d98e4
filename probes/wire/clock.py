"""Arrival times from the kernel, turned into ``time.monotonic()`` seconds.

Linux stamps each packet as it comes in (SO_TIMESTAMPING, Documentation/networking/timestamping.rst), so a
busy event loop does not inflate a figure. The stamps are wall time; they are turned into monotonic time
through the age of the packet at the moment of reading. A wall clock that steps between the two would make
that age nonsense: an age that lies before the last thing known to have happened is not believed, and the
loop's own time is used and said.
"""

from __future__ import annotations

import socket
import struct
import sys
from time import monotonic, time_ns
from types import TracebackType
from typing import Self

_SO_TIMESTAMPING = 37  # asm-generic/socket.h; the socket module has no name for it
_RX_SOFTWARE = 1 << 3  # stamp packets as they arrive
_SOFTWARE = 1 << 4  # and report that stamp

ANCILLARY_BYTES = 128
"""Room for one control message of three timespecs, which is what the kernel sends with each read."""

_timespec = struct.Struct("=qq")

STAMPS = sys.platform == "linux" and struct.calcsize("l") == 8
"""Whether this machine's kernel can be asked (the control message's layout is that of 64-bit Linux)."""


def ask_for_stamps(sock: socket.socket) -> None:
    """Let ``recvmsg`` on ``sock`` bring the kernel's arrival time; elsewhere than on Linux, do nothing."""
    if STAMPS:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _RX_SOFTWARE | _SOFTWARE)


def arrival(ancillary: list[tuple[int, int, bytes]], floor: float) -> float | None:
    """When the data read just now came in, by the kernel; ``None`` where that is not known.

    ``floor`` is a moment that the arrival cannot lie before.
    """
    if not ancillary:
        return None
    level, kind, data = ancillary[0]
    if level != socket.SOL_SOCKET or kind != _SO_TIMESTAMPING or len(data) < 16:
        return None
    seconds, nanoseconds = _timespec.unpack_from(data)
    age: int = time_ns() - seconds * 1_000_000_000 - nanoseconds
    at = monotonic() - age * 1e-9
    if age < 0 or at < floor:
        return None
    return at


class Stamping:
    """Keeps the kernel stamping for as long as it is open.

    The kernel turns stamping on a little after the first socket asks and off with the last one; without
    a socket that stays, the first packets of a lone probe would come without a stamp.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ask_for_stamps(self._socket)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
