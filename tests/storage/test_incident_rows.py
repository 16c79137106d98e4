"""The contract of the incidents' table, on both databases: a change is made once, by whoever is first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest

from monitor.sla.incidents import State
from storage.incidents import (
    CLOSED,
    LIVE,
    NONE,
    Change,
    IncidentRow,
    TransitionRow,
    apply_changes,
    incidents_between,
    last_incidents,
    live_incidents,
    purge_incidents,
    transitions_of,
)
from storage.store import Store

AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def row(**changes: object) -> IncidentRow:
    fields: dict[str, object] = {
        "kind": "outage",
        "vendor": "easyshop",
        "page": "sale",
        "subject": "",
        "state": "open",
        "since": AT,
        "until": None,
        "seen": AT,
        "reason": "timeout",
        "regions": ("eu-west", "us-east"),
        "worst_sample": "worst",
        "severity": 9.5,
        "opened_by": "first",
        "closed_by": None,
        "streak": 1,
    }
    return IncidentRow(**fields | changes)  # type: ignore[arg-type]


def blank(number: int = 0, **changes: object) -> IncidentRow:
    """What an incident is decided on that is not there yet."""
    return row(state=NONE, number=number, since=None, seen=None, **changes)


OPENS = Change(blank(), row(), (TransitionRow("none", "open", AT, "eu-west"),))


def closing(before: IncidentRow, by: str = "eu-west") -> Change:
    end = AT + timedelta(seconds=30)
    after = replace(before, state=CLOSED, until=end, seen=end, closed_by="good")
    return Change(before, after, (TransitionRow(before.state, CLOSED, end, by),))


def make(store: Store, *changes: Change) -> list[IncidentRow]:
    with store.writing() as connection:
        return apply_changes(connection, changes, AT)


def live(store: Store) -> list[IncidentRow]:
    with store.reading() as connection:
        return live_incidents(connection)


def last(store: Store, *pages: str) -> list[IncidentRow]:
    with store.reading() as connection:
        return last_incidents(connection, pages)


def transitions(store: Store, identifier: str) -> list[TransitionRow]:
    with store.reading() as connection:
        return transitions_of(connection, identifier)


def test_the_states_are_those_of_the_judge() -> None:
    assert {*LIVE, NONE, CLOSED} == set(State)


def test_an_incident_is_kept_as_it_was_decided(store: Store) -> None:
    (made,) = make(store, OPENS)
    assert (made.number, made.version) == (1, 1)
    assert replace(made, id="", number=0, version=0) == row()
    assert live(store) == [made] == last(store, "sale", "other")
    assert transitions(store, made.id) == [TransitionRow("none", "open", AT, "eu-west")]
    assert last(store, "other") == []


def test_a_change_is_made_once_and_leaves_its_record(store: Store) -> None:
    (made,) = make(store, OPENS)
    (closed,) = make(store, closing(made))
    assert (closed.state, closed.version, closed.id) == (CLOSED, 2, made.id)
    assert make(store, closing(made)) == []
    assert live(store) == []
    assert last(store, "sale") == [closed]
    assert [(one.from_state, one.to_state) for one in transitions(store, made.id)] == [
        ("none", "open"),
        ("open", CLOSED),
    ]


def test_several_changes_of_one_look_back_keep_their_order(store: Store) -> None:
    steps = (TransitionRow("none", "suspected", AT, "a"), TransitionRow("suspected", "open", AT, "a"))
    (made,) = make(store, replace(OPENS, transitions=steps))
    assert transitions(store, made.id) == list(steps)


def test_an_incident_begins_once(store: Store) -> None:
    assert len(make(store, OPENS)) == 1
    assert make(store, OPENS) == []
    assert len(live(store)) == 1
    assert len(transitions(store, live(store)[0].id)) == 1


def test_one_that_came_and_went_meanwhile_is_not_begun_again(store: Store) -> None:
    (made,) = make(store, OPENS)
    make(store, closing(made))
    assert make(store, OPENS) == []  # decided when there was none
    (second,) = make(store, Change(blank(1), row()))
    assert second.number == 2


def test_what_came_to_nothing_leaves_nothing_behind_but_its_row(store: Store) -> None:
    suspicion = replace(OPENS, after=row(state="suspected"))
    (made,) = make(store, suspicion)
    (gone,) = make(
        store, Change(made, replace(made, state=NONE), (TransitionRow("suspected", NONE, AT, "a"),))
    )
    assert live(store) == []
    assert transitions(store, made.id) == []
    assert last(store, "sale") == [gone]
    with store.reading() as connection:
        assert incidents_between(connection, AT, AT + timedelta(days=1)) == []
    (again,) = make(store, Change(gone, row(), OPENS.transitions))
    assert (again.number, again.state) == (1, "open")


def test_kinds_pages_and_subjects_are_incidents_of_their_own(store: Store) -> None:
    changes = [
        Change(blank(**names), row(**names))
        for names in (
            {},
            {"kind": "advisory", "subject": "eu-west"},
            {"kind": "advisory", "subject": "us-east"},
            {"page": "other"},
            {"vendor": "another"},
        )
    ]
    assert len(make(store, *changes)) == 5
    assert len(last(store, "sale")) == 4
    assert len(last(store, *(f"page-{number}" for number in range(900)), "sale", "other")) == 5


def test_incidents_are_found_by_the_time_in_which_they_lasted(store: Store) -> None:
    (made,) = make(store, OPENS)
    make(store, closing(made))
    (second,) = make(store, Change(blank(page="other"), row(page="other", since=AT + timedelta(hours=1))))

    def pages(since: float, until: float, **wanted: str) -> list[str]:
        with store.reading() as connection:
            found = incidents_between(
                connection, AT + timedelta(seconds=since), AT + timedelta(seconds=until), **wanted
            )
        return [one.page for one in found]

    assert pages(0, 1) == ["sale"]
    assert pages(-10, 0) == []
    assert pages(31, 60) == []
    assert pages(30, 7200) == ["sale", "other"]
    assert pages(30, 7200, page="other") == ["other"]
    assert pages(30, 7200, vendor="nobody") == []
    assert pages(86_400, 90_000) == [second.page]  # it still lasts


def test_old_incidents_are_purged_and_live_ones_never(store: Store) -> None:
    (made,) = make(store, OPENS)
    (closed,) = make(store, closing(made))
    make(store, Change(blank(page="live"), row(page="live")))
    (came,) = make(store, Change(blank(page="gone"), row(page="gone", state="suspected")))
    make(store, Change(came, replace(came, state=NONE)))
    assert purge_incidents(store, AT) == 0
    assert purge_incidents(store, AT + timedelta(days=1)) == 2
    assert [one.page for one in last(store, "sale", "live", "gone")] == ["live"]
    assert transitions(store, closed.id) == []


def test_texts_that_a_database_refuses_are_mended(store: Store) -> None:
    (made,) = make(store, Change(blank(page="a\0b"), row(page="a\0b", reason="x\ud800", regions=("r\0",))))
    assert (made.page, made.reason, made.regions) == ("a\ufffdb", "x?", ("r\ufffd",))
    assert last(store, "a\0b") == [made]


def at_once(judges: list[Callable[[], list[IncidentRow]]]) -> list[IncidentRow]:
    """What all of them made, each in a thread of its own."""
    made: list[IncidentRow] = []
    ready = threading.Barrier(len(judges))

    def judge(work: Callable[[], list[IncidentRow]]) -> None:
        ready.wait()
        made.extend(work())

    threads = [threading.Thread(target=judge, args=(work,)) for work in judges]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made


def test_of_judges_at_the_same_time_one_opens_and_one_closes(store: Store) -> None:
    store.migrate()
    for number in range(4):
        names = {"page": f"page-{number}"}
        opening = Change(blank(**names), row(**names), OPENS.transitions)
        opened = at_once([lambda opening=opening: make(store, opening) for _ in range(4)])
        assert len(opened) == 1
        closed = at_once([lambda before=opened[0]: make(store, closing(before)) for _ in range(4)])
        assert [one.state for one in closed] == [CLOSED]
        assert len(transitions(store, opened[0].id)) == 2
        assert len(last(store, names["page"])) == 1
    assert live(store) == []


def test_changes_in_another_order_do_not_wait_for_each_other_for_ever(store: Store) -> None:
    store.migrate()
    changes = [Change(blank(page=f"page-{n}"), row(page=f"page-{n}")) for n in range(20)]
    made = at_once([lambda: make(store, *changes), lambda: make(store, *reversed(changes))])
    assert sorted(one.page for one in made) == sorted(one.after.page for one in changes)


def race(url: str, ready: object, results: object) -> None:
    """One judge in a process of its own: opens and closes what it can."""
    store = Store(url)
    with store.reading() as connection:
        live_incidents(connection)
    ready.wait()  # type: ignore[attr-defined]
    opened = make(store, OPENS)
    ready.wait()  # type: ignore[attr-defined]
    closed = make(store, *(closing(one) for one in live(store)))
    results.put((len(opened), len(closed)))  # type: ignore[attr-defined]
    store.close()


def test_of_two_processes_one_opens_and_one_closes(store: Store, store_url: str) -> None:
    store.migrate()
    spawn = get_context("spawn")
    ready, results = spawn.Barrier(2), spawn.Queue()
    judges = [spawn.Process(target=race, args=(store_url, ready, results)) for _ in range(2)]
    for judge in judges:
        judge.start()
    counts = [results.get(timeout=60) for _ in judges]
    for judge in judges:
        judge.join()
    results.close()
    results.join_thread()
    assert [sum(each) for each in zip(*counts, strict=True)] == [1, 1]
    assert [one.state for one in last(store, "sale")] == [CLOSED]


@pytest.mark.parametrize("number", [0, 3])
def test_a_row_that_is_new_says_so(number: int) -> None:
    assert Change(blank(number), row()).is_new
    assert not Change(row(version=1), row()).is_new
