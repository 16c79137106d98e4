"""How a process of ours runs: what the interpreter and the C library do behind its back, and when."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.001
LARGE_BYTES = 1 << 20
RARELY = 1000
"""Looks for younger garbage between two that go through everything: some seven million new objects."""

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
    """Look for garbage no more in what is there to stay: with 1,000 pages each look takes 50 ms.

    All that came later is looked through rarely, too: the judge's rows come by the hundred thousand, and a
    look among them holds the loop up as long. What a visit leaves behind is found while it is young.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, RARELY)


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
