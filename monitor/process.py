"""How a process of ours runs: what the interpreter and the C library do behind its back, and when."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.001
LARGE_BYTES = 1 << 20

_M_MMAP_THRESHOLD = -3  # mallopt(3)


def prepare() -> None:
    """Let threads hand over soon, and large blocks of memory go back as soon as they are free.

    By default glibc raises the size from which a block is given back each time a larger one is freed: after
    one page with a large body, the next takes up to twice the memory, and keeps it.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def settle() -> None:
    """Look for garbage no more in what is there to stay: with 1,000 pages each look takes 50 ms."""
    gc.collect()
    gc.freeze()


@contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no garbage meanwhile: among the rows of half a year, that takes a third of a report's time.

    It is for a command, which ends soon: in a daemon, all that others leave behind meanwhile would stay.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
