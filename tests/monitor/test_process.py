"""What a process of ours asks of the interpreter."""

from __future__ import annotations

import gc

from monitor.process import without_collecting


def test_garbage_is_looked_for_again_after_a_work_without_it() -> None:
    with without_collecting():
        assert not gc.isenabled()
    assert gc.isenabled()
