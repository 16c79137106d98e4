"""What a process of ours asks of the interpreter."""

from __future__ import annotations

import gc
import weakref

from monitor.process import RARELY, settle, without_collecting


def test_garbage_is_looked_for_again_after_a_work_without_it() -> None:
    with without_collecting():
        assert not gc.isenabled()
    assert gc.isenabled()


class Thing:
    """Something that may refer to itself."""


def test_what_is_there_to_stay_is_looked_through_rarely_and_what_is_young_at_once() -> None:
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_threshold() == (*before[:2], RARELY)
        assert gc.get_freeze_count() > 0
        left = Thing()
        left.itself = left  # type: ignore[attr-defined]
        gone = weakref.ref(left)
        del left
        kept = [[number] for number in range(3 * before[0])]
        assert gone() is None
        assert kept
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
