from __future__ import annotations

import itertools

import pytest
from fakeprobe import make_target, make_watch
from hypothesis import given
from hypothesis import strategies as st

from monitor.cadence import Cadence, Result, Slot, Tally, phase
from monitor.watch import Watch


def pages(slots: list[Slot], result: Result = Result.RUN) -> list[str]:
    return [slot.watch.target.page for slot in slots if slot.result is result]


def slot_before(watch: Watch, now: float) -> float:
    """The last moment of the watch's grid that is not after ``now``."""
    start = phase(watch.target, watch.every)
    return start + (now - start) // watch.every * watch.every


class TestPhase:
    def test_is_the_same_for_the_same_target(self) -> None:
        assert phase(make_target(), 15) == phase(make_target(), 15)

    def test_differs_between_regions_pages_vendors_and_probes(self) -> None:
        targets = [make_target(), make_target("other"), make_target(vendor="b")]
        targets += [make_target(region="there"), make_target(probe="http3")]
        assert len({phase(target, 15) for target in targets}) == 5

    def test_of_a_target_without_a_variant_is_what_it_was_before_there_were_variants(self) -> None:
        assert phase(make_target(), 15) == pytest.approx(3.1550745611816744)

    def test_differs_between_the_variants_of_a_page(self) -> None:
        targets = [make_target(variant=variant) for variant in (None, "google", "tiktok")]
        assert len({phase(target, 15) for target in targets}) == 3

    def test_spreads_a_thousand_pages(self) -> None:
        seconds = [int(phase(make_target(f"page-{number}"), 15)) for number in range(1000)]
        counts = [seconds.count(second) for second in range(15)]
        assert sum(counts) == 1000
        assert max(counts) < 2 * 1000 / 15


class TestDue:
    def test_nothing_is_watched(self) -> None:
        cadence = Cadence([], 0.0)
        assert cadence.next is None
        assert cadence.due(1e9) == []
        assert len(cadence) == 0

    def test_each_watch_is_due_once_in_each_interval(self) -> None:
        watches = [make_watch("a"), make_watch("b")]
        cadence = Cadence(watches, 0.0)
        seen: list[Slot] = []
        while (at := cadence.next) is not None and at <= 60:
            assert cadence.due(at - 1e-6) == []
            seen += (slots := cadence.due(at))
            for slot in slots:
                assert cadence.done(slot.watch.target) == []
        assert sorted(pages(seen)) == ["a"] * 4 + ["b"] * 4
        for page in "ab":
            moments = [slot.at for slot in seen if slot.watch.target.page == page]
            steps = [after - before for before, after in itertools.pairwise(moments)]
            assert steps == pytest.approx([15, 15, 15])
        assert cadence.tally == Tally(due=8, run=8, skipped=0)

    def test_no_slot_drifts_in_a_year(self) -> None:
        watch = make_watch(every=0.1)
        cadence = Cadence([watch], 0.0)
        cadence.due(86_400 * 365.0)
        at = cadence.next
        assert at is not None
        turns = (at - phase(watch.target, 0.1)) / 0.1
        assert turns == pytest.approx(round(turns), abs=1e-6)

    def test_a_stall_runs_the_last_slot_late_and_counts_the_others_as_skipped(self) -> None:
        cadence = Cadence([make_watch(every=1.0)], 0.0)
        first = cadence.next
        assert first is not None
        slots = cadence.due(first + 5.5)
        assert [(slot.result, slot.slots, slot.at) for slot in slots] == [
            (Result.SKIPPED, 5, pytest.approx(first)),
            (Result.RUN, 1, pytest.approx(first + 5)),
        ]
        assert cadence.tally == Tally(due=6, run=1, skipped=5)

    def test_a_long_stall_is_one_entry_a_watch(self) -> None:
        cadence = Cadence([make_watch(every=0.1)], 0.0)
        slots = cadence.due(86_400.0)
        assert len(slots) == 2
        assert cadence.tally.due == cadence.tally.run + cadence.tally.skipped >= 863_999

    def test_a_slot_waits_for_the_run_before_it(self) -> None:
        cadence = Cadence([watch := make_watch(every=10.0)], 0.0)
        first = cadence.next
        assert first is not None
        cadence.due(first)
        assert cadence.due(first + 10) == []
        assert cadence.tally == Tally(due=2, run=1, skipped=0)
        assert cadence.tally.waiting == 1
        assert cadence.done(watch.target) == [Slot(watch, pytest.approx(first + 10), Result.RUN)]
        assert cadence.tally == Tally(due=2, run=2, skipped=0)

    def test_a_slot_that_waited_until_the_next_is_skipped(self) -> None:
        cadence = Cadence([watch := make_watch(every=10.0)], 0.0)
        first = cadence.next
        assert first is not None
        cadence.due(first)
        cadence.due(first + 10)
        assert cadence.due(first + 20) == [Slot(watch, pytest.approx(first + 10), Result.SKIPPED)]
        assert cadence.done(watch.target) == [Slot(watch, pytest.approx(first + 20), Result.RUN)]
        assert cadence.done(watch.target) == []
        assert cadence.tally == Tally(due=3, run=2, skipped=1)


class TestReplace:
    def test_the_same_watches_keep_their_slots(self) -> None:
        before = Cadence([make_watch("a"), make_watch("b")], 0.0)
        at = before.next
        assert before.replace([make_watch("b"), make_watch("a")], 3.0) == []
        assert before.next == at
        assert sorted(pages(before.due(100.0))) == ["a", "b"]

    def test_the_watch_of_the_day_is_run(self) -> None:
        cadence = Cadence([make_watch()], 0.0)
        new = make_watch(timeout=3.0)
        cadence.replace([new], 1.0)
        assert [slot.watch for slot in cadence.due(20.0) if slot.result is Result.RUN] == [new]

    def test_a_restart_does_not_move_the_slots(self) -> None:
        watch = make_watch()
        running, restarted = Cadence([watch], 0.0), Cadence([watch], 1000.0)
        running.due(1000.0)
        assert running.next == restarted.next
        assert restarted.next is not None
        assert 1000.0 < restarted.next <= 1015.0

    def test_what_vanished_is_not_run(self) -> None:
        cadence = Cadence([make_watch("a"), make_watch("b")], 0.0)
        cadence.replace([make_watch("b")], 1.0)
        assert set(pages(cadence.due(100.0))) == {"b"}
        assert len(cadence) == 1

    def test_a_slot_that_waited_for_a_vanished_page_is_skipped(self) -> None:
        cadence = Cadence([watch := make_watch(every=10.0)], 0.0)
        cadence.due(10.0)
        cadence.due(20.0)
        assert [slot.result for slot in cadence.replace([], 21.0)] == [Result.SKIPPED]
        assert cadence.done(watch.target) == []
        assert cadence.tally == Tally(due=2, run=1, skipped=1)

    def test_a_new_interval_has_its_own_slots_and_still_one_run_at_a_time(self) -> None:
        cadence = Cadence([watch := make_watch(every=10.0)], 0.0)
        cadence.due(10.0)
        cadence.due(20.0)
        faster = make_watch(every=2.0)
        assert cadence.replace([faster], 20.0) == []
        assert cadence.tally.waiting == 1
        assert cadence.next == pytest.approx(slot_before(faster, 20.0) + 2)
        assert [slot.watch for slot in cadence.done(watch.target)] == [faster]
        assert pages(cadence.due(22.0)) == []
        assert pages(cadence.done(faster.target)) == ["home"]

    def test_a_page_that_comes_back_waits_for_its_old_run(self) -> None:
        cadence = Cadence([watch := make_watch(every=10.0)], 0.0)
        cadence.due(10.0)
        cadence.replace([], 11.0)
        cadence.replace([watch], 12.0)
        assert pages(cadence.due(25.0)) == []
        assert pages(cadence.done(watch.target)) == ["home"]

    def test_a_page_is_not_watched_twice(self) -> None:
        cadence = Cadence([make_watch()], 0.0)
        with pytest.raises(ValueError, match="twice"):
            cadence.replace([make_watch("a"), make_watch("a")], 1.0)
        assert pages(cadence.due(100.0)) == ["home"]

    def test_stop_leaves_nothing_waiting(self) -> None:
        cadence = Cadence([make_watch(every=10.0)], 0.0)
        cadence.due(10.0)
        cadence.due(20.0)
        assert [slot.result for slot in cadence.stop()] == [Result.SKIPPED]
        assert cadence.next is None
        assert cadence.tally == Tally(due=2, run=1, skipped=1)


moves = st.one_of(
    st.tuples(st.just("pass"), st.floats(0.01, 40.0)),
    st.tuples(st.just("done"), st.integers(0, 4)),
)


@given(
    intervals=st.lists(st.sampled_from([0.5, 1.0, 7.0, 15.0]), min_size=1, max_size=5),
    steps=st.lists(moves, max_size=60),
)
def test_every_slot_of_the_grid_is_run_or_skipped_once(
    intervals: list[float], steps: list[tuple[str, float]]
) -> None:
    watches = [make_watch(f"page-{number}", every) for number, every in enumerate(intervals)]
    now, cadence = 1000.0, Cadence(watches, 1000.0)
    running: set[str] = set()
    skipped = 0

    def take(slots: list[Slot]) -> None:
        nonlocal skipped
        for page in pages(slots):
            assert page not in running, "one run at a time"
            running.add(page)
        skipped += sum(slot.slots for slot in slots if slot.result is Result.SKIPPED)

    for move, value in steps:
        if move == "pass":
            now += value
            take(cadence.due(now))
        elif running:
            page = sorted(running)[int(value) % len(running)]
            running.discard(page)
            take(cadence.done(make_target(page)))

    on_the_grid = sum(
        round((slot_before(watch, now) - slot_before(watch, 1000.0)) / watch.every) for watch in watches
    )
    assert cadence.tally.due == on_the_grid
    assert cadence.tally.waiting <= len(running)
    take(cadence.stop())
    assert cadence.tally.due == cadence.tally.run + cadence.tally.skipped
    assert cadence.tally.skipped == skipped
