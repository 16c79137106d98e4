"""Maintenance is left out only where this program read of it before it began, whatever its entry says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from simulator import START, Agent, Truth, moment_of, watched
from watching import config

from monitor.config import Config
from monitor.judging.declared import as_known, note_maintenance
from monitor.judging.gather import gather
from monitor.judging.service import Judging
from monitor.sla.judge import judge
from monitor.sla.promise import Promise
from monitor.sla.windows import Maintenance, Rolling, Span
from storage.store import Store

WORK = Maintenance(moment_of(1000.0), moment_of(2000.0), moment_of(-5000.0))
ENTRY = (
    "maintenance:\n"
    "  - {{from: 2026-01-01T00:16:40Z, until: 2026-01-01T00:33:20Z, declared: {declared}, pages: [page]}}\n"
)


def with_entry(declared: str = "2025-12-01T00:00Z") -> Config:
    return config(more=ENTRY.format(declared=declared))


def in_time(store: Store, given: Config, now: float) -> list[bool]:
    """Whether the maintenance of the page counts as declared in time."""
    span = Span(START, START + 3600, START + 3600)
    return [one.in_time for data in gather(store, given, span, moment_of(now)) for one in data.maintenance]


def test_an_entry_that_was_added_after_it_began_counts_whatever_date_it_bears(store: Store) -> None:
    store.migrate()
    judging = Judging(store, "r0", wall=lambda: START)
    judging.watch(config())
    judging.look(moment_of(0.0))
    judging.watch(with_entry())
    judging.look(moment_of(1500.0))
    assert in_time(store, with_entry(), 4000.0) == [False]
    assert judging._plans[0].muted(START, START + 3600) == []
    judging.close(20.0)


def test_an_entry_that_was_read_before_it_began_is_left_out_from_then_on(store: Store) -> None:
    store.migrate()
    judging = Judging(store, "r0", wall=lambda: START)
    judging.watch(config())
    judging.look(moment_of(0.0))
    judging.watch(with_entry())
    judging.look(moment_of(500.0))
    judging.look(moment_of(1500.0))
    assert in_time(store, with_entry(), 4000.0) == [True]
    assert judging._plans[0].muted(START, START + 3600) == [(START + 1000, START + 2000)]
    # That it was declared too late, its own entry may say.
    assert in_time(store, with_entry("2026-01-02T00:00Z"), 4000.0) == [False]
    judging.close(20.0)


def test_entries_that_were_there_before_any_was_noted_are_taken_at_their_word(store: Store) -> None:
    store.migrate()
    assert in_time(store, with_entry(), 4000.0) == [True]  # no daemon has noted anything yet
    judging = Judging(store, "r0", wall=lambda: START)
    judging.watch(with_entry())
    judging.look(moment_of(3000.0))
    assert in_time(store, with_entry(), 4000.0) == [True]
    judging.close(20.0)


def test_an_entry_that_no_daemon_read_counts_unless_it_is_yet_to_begin(store: Store) -> None:
    store.migrate()
    with store.writing() as connection:
        note_maintenance(connection, [], moment_of(0.0))
    assert in_time(store, with_entry(), 4000.0) == [False]
    assert in_time(store, with_entry(), 500.0) == [True]


def test_the_first_note_of_several_agents_holds(store: Store) -> None:
    store.migrate()
    with store.writing() as connection:
        note_maintenance(connection, [], moment_of(0.0))
        for at in (700.0, 1800.0):
            note_maintenance(connection, [WORK], moment_of(at))
        (known,) = as_known(connection, [WORK], moment_of(4000.0))
    assert known.declared == moment_of(700.0)


def test_a_verdict_says_what_it_would_be_without_maintenance_that_was_declared_too_late() -> None:
    data = watched(Truth(6000.0, {"r0": [(1200.0, 1500.0)]}), {"r0": Agent()})
    promise = Promise("availability", "availability", "share", 0.99, Rolling(6000.0))
    late = Maintenance(WORK.start, WORK.end, WORK.start + timedelta(seconds=1))
    verdict = judge(promise, replace(data, maintenance=[late]), moment_of(6000.0), burns=False)
    assert verdict.value is not None
    assert verdict.value < 0.96
    assert any("first read by this program" in note and "100 %" in note for note in verdict.notes)
    all_of_it = Maintenance(moment_of(-10.0), moment_of(6010.0), moment_of(0.0))
    verdict = judge(promise, replace(data, maintenance=[all_of_it]), moment_of(6000.0), burns=False)
    assert any("nothing would be left" in note for note in verdict.notes)
    verdict = judge(promise, replace(data, maintenance=[WORK]), moment_of(6000.0), burns=False)
    assert verdict.value == 1.0
    assert not any("first read" in note for note in verdict.notes)
