"""How an HTTP/2 connection begins, and what the two sides ask of each other (RFC 9113, section 6.5)."""

from __future__ import annotations

import struct

from probes.wire.bounds import HEAD_BYTES
from probes.wire.h2_frames import FRAME_BYTES, SETTINGS, WINDOW_UPDATE, broken, make_frame
from probes.wire.h2_windows import LARGEST_WINDOW

DEFAULT_WINDOW = 65_535

STREAM_WINDOW = 6 * 1024 * 1024
CONNECTION_WINDOW = 15 * 1024 * 1024
"""Chrome's windows, so that flow control slows a page down no more than it would a visitor's."""

_LARGEST_FRAME = 2**24 - 1

_ENABLE_PUSH, _MAX_STREAMS, _WINDOW, _FRAME_SIZE, _HEADER_LIST = 2, 3, 4, 5, 6

_SETTING = struct.Struct(">HL")


def _opening() -> bytes:
    settings = ((_ENABLE_PUSH, 0), (_WINDOW, STREAM_WINDOW), (_HEADER_LIST, HEAD_BYTES))
    increment = CONNECTION_WINDOW - DEFAULT_WINDOW
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + make_frame(SETTINGS, 0, 0, b"".join(_SETTING.pack(*setting) for setting in settings))
        + make_frame(WINDOW_UPDATE, 0, 0, increment.to_bytes(4, "big"))
    )


OPENING = _opening()
"""What a client says first on every connection."""


class PeerSettings:
    """What the server asks of us. How large its header table is does not matter, as we do not use it."""

    __slots__ = ("frame_size", "no_streams", "window")

    def __init__(self) -> None:
        self.window = DEFAULT_WINDOW
        self.frame_size = FRAME_BYTES
        self.no_streams = False
        """Whether it takes no requests at all (MAX_CONCURRENT_STREAMS is 0)."""

    def take(self, payload: bytes) -> int:
        """Take what a SETTINGS frame says; returns by how much the window of an open stream changes.

        Raises:
            Failure: it says what no server may.
        """
        if len(payload) % _SETTING.size:
            raise broken(f"SETTINGS of {len(payload)} bytes")
        before = self.window
        for setting, value in _SETTING.iter_unpack(payload):
            if setting == _ENABLE_PUSH and value != 0:
                raise broken(f"the server sets ENABLE_PUSH to {value}")
            if setting == _MAX_STREAMS:
                self.no_streams = value == 0
            elif setting == _WINDOW:
                if value > LARGEST_WINDOW:
                    raise broken(f"the server sets INITIAL_WINDOW_SIZE to {value}")
                self.window = value
            elif setting == _FRAME_SIZE:
                if not FRAME_BYTES <= value <= _LARGEST_FRAME:
                    raise broken(f"the server sets MAX_FRAME_SIZE to {value}")
                self.frame_size = value
        return self.window - before
