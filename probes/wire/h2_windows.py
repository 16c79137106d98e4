"""Flow control (RFC 9113, section 5.2): how much a side may send before the other asks for more."""

from __future__ import annotations

from probes.wire.h2_frames import broken

LARGEST_WINDOW = 2**31 - 1


class ReceiveWindow:
    """What we let the server send: ``size`` bytes ahead of what has been read."""

    __slots__ = ("_left", "_read", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._left = size
        self._read = 0

    def take(self, length: int) -> None:
        """The server has sent ``length`` bytes.

        Raises:
            Failure: it may not.
        """
        self._left -= length
        if self._left < 0:
            raise broken("the server sends more than the flow control window allows")

    def give_back(self, length: int) -> int:
        """``length`` bytes have been read: by how much the window is to be opened now, 0 for not yet.

        It is opened each time half of it is used up, as Chrome does, so that the server never waits for it
        as long as the body is read as fast as it comes.
        """
        self._read += length
        if self._read * 2 < self._size:
            return 0
        given, self._read = self._read, 0
        self._left += given
        return given


class SendWindow:
    """What the server lets us send. ``left`` may fall below zero when it takes back what it gave."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def open(self, increment: int) -> None:
        """The server lets us send ``increment`` bytes more (or fewer, by its settings).

        Raises:
            Failure: no window may be that large.
        """
        self.left += increment
        if self.left > LARGEST_WINDOW:
            raise broken(f"the server opens the flow control window beyond {LARGEST_WINDOW} bytes")
