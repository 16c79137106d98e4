"""The contract of the notifications' table, on both databases: one agent tells each thing, none is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from happening import AT, becomes, later, open_many, opens

from storage.notifications import (
    EARLIER,
    GIVEN_UP,
    PASSED,
    REPORT,
    SENDING,
    SENT,
    SILENCED,
    WAITING,
    NotificationRow,
    claim,
    give_up,
    incidents_of,
    note,
    notifications_between,
    pending,
    purge_notifications,
    sent_since,
    settle,
    silenced_and_open,
    states_of,
    unnoted,
)
from storage.store import Store


def row(event: str = "one", **changes: Any) -> NotificationRow:
    fields: dict[str, Any] = {
        "channel": "on-call",
        "event": event,
        "incident": "0195",
        "transition": "opened",
        "at": AT,
        "noted": AT,
        "due": AT,
        "words": "a/b is down",
    }
    return NotificationRow(**fields | changes)


def noted(store: Store, *rows: NotificationRow) -> list[str]:
    with store.writing() as connection:
        return [one.event for one in note(connection, rows)]


def taken(store: Store, holder: str, now: datetime = AT, **options: Any) -> list[NotificationRow]:
    with store.writing() as connection:
        return claim(
            connection,
            "on-call",
            holder=holder,
            message=f"m-{holder}",
            now=now,
            lease=now + timedelta(seconds=60),
            **options,
        )


def waiting(store: Store, channel: str = "on-call") -> list[NotificationRow]:
    with store.reading() as connection:
        return pending(connection, channel)


def changes(store: Store, since: datetime = AT, channel: str = "on-call") -> list[tuple[str, str]]:
    with store.reading() as connection:
        return [(one.event, one.to_state) for one in unnoted(connection, channel, since)]


def test_a_thing_is_noted_once_for_each_channel(store: Store) -> None:
    assert noted(store, row("one"), row("two")) == ["one", "two"]
    assert noted(store, row("two"), row("three"), row("two", channel="mail")) == ["three", "two"]
    assert [one.event for one in waiting(store)] == ["one", "three", "two"]
    assert waiting(store, "mail") == [row("two", channel="mail")]


def test_many_are_noted_at_once(store: Store) -> None:
    rows = [row(f"{number:04}") for number in range(1200)]
    assert len(noted(store, *rows)) == 1200
    assert noted(store, *rows) == []
    assert len(taken(store, "a")) == 1200


def test_changes_that_a_channel_has_no_row_of_are_found_with_their_incident(store: Store) -> None:
    made = opens(store)
    worse = becomes(store, made, "worsened", later(15), regions=("a", "b", "c"))
    calm = becomes(store, worse, "recovering", later(30))
    becomes(store, calm, "closed", later(45))
    first, second, third = (f"{made.id}:{version}:0" for version in (1, 2, 4))
    assert changes(store) == [(first, "open"), (second, "worsened"), (third, "closed")]
    assert changes(store, later(20)) == [(third, "closed")]
    noted(store, row(first), row(third))
    assert changes(store) == [(second, "worsened")]
    assert len(changes(store, channel="mail")) == 3
    with store.reading() as connection:
        found = unnoted(connection, "on-call", AT)
        assert incidents_of(connection, [made.id, "00000000-0000-7000-8000-000000000000"]) == {
            made.id: found[0].incident
        }
    assert (found[0].incident.state, found[0].incident.regions) == ("closed", ("a", "b", "c"))


def test_what_is_taken_is_not_taken_again_before_its_lease_is_over(store: Store) -> None:
    noted(store, row("one"), row("two"), row("weekly", transition=REPORT))
    first = taken(store, "a")
    assert [(one.event, one.state, one.holder, one.message, one.attempts) for one in first] == [
        ("one", SENDING, "a", "m-a", 1),
        ("two", SENDING, "a", "m-a", 1),
    ]
    assert taken(store, "b", later(59)) == []
    noted(store, row("three"))
    assert [one.event for one in taken(store, "b", later(59))] == ["three"]
    again = taken(store, "c", later(60))
    assert [(one.event, one.attempts) for one in again] == [("one", 2), ("two", 2)]
    assert [one.event for one in taken(store, "c", reports=True)] == ["weekly"]


def test_only_who_holds_a_message_says_what_became_of_it(store: Store) -> None:
    noted(store, row("one"))
    taken(store, "a")
    taken(store, "b", later(61))  # "a" was taken to be dead
    with store.writing() as connection:
        assert settle(connection, holder="a", message="m-a", state=SENT, now=later(62)) == 0
        assert (
            settle(
                connection,
                holder="b",
                message="m-b",
                state=WAITING,
                now=later(63),
                due=later(68),
                error="no\0answer",
            )
            == 1
        )
    (one,) = waiting(store)
    assert (one.state, one.due, one.ended, one.holder, one.attempts) == (WAITING, later(68), None, None, 2)
    assert one.error == "no\ufffdanswer"
    taken(store, "b", later(70))
    with store.writing() as connection:
        assert settle(connection, holder="b", message="m-b", state=SENT, now=later(71)) == 1
    assert waiting(store) == []
    with store.reading() as connection:
        (one,) = notifications_between(connection, AT, later(1))
        assert (one.state, one.ended, one.error, one.message) == (SENT, later(71), None, "m-b")
        assert sent_since(connection, "on-call", later(71)) == [later(71)]
        assert sent_since(connection, "on-call", later(72)) == []


def test_messages_are_counted_once_and_reports_are_not(store: Store) -> None:
    done = {"state": SENT, "ended": later(5)}
    noted(
        store,
        row("one", message="m", **done),
        row("two", message="m", **done),
        row("three", message="n", state=SENT, ended=later(3)),
        row("weekly", message="r", transition=REPORT, **done),
        row("four", state=SILENCED, ended=later(5)),
    )
    with store.reading() as connection:
        assert sent_since(connection, "on-call", AT) == [later(3), later(5)]


def test_what_waited_too_long_is_given_up_and_says_why(store: Store) -> None:
    old = later(-100)
    noted(
        store,
        row("never tried", noted=old),
        row("failed", noted=old, error="no answer"),
        row("being sent", noted=old, state=SENDING, holder="a", due=later(10)),
        row("young"),
        row("other", channel="mail", noted=old),
    )
    with store.writing() as connection:
        ended = give_up(connection, "on-call", later(-50), later(1))
    assert {(one.event, one.state, one.error) for one in ended} == {
        ("never tried", GIVEN_UP, "it was not sent in time"),
        ("failed", GIVEN_UP, "no answer"),
    }
    assert [one.event for one in waiting(store)] == ["being sent", "young"]


def test_states_are_told_by_incident_and_channel(store: Store) -> None:
    noted(
        store,
        row("a", incident="1", state=SENT),
        row("b", incident="1", state=SILENCED),
        row("c", incident="2"),
        row("d", incident="2", channel="mail", state=GIVEN_UP),
    )
    with store.reading() as connection:
        found = states_of(connection, "on-call", [f"{number}" for number in range(900)])
    assert found == {"1": {SENT, SILENCED}, "2": {WAITING}}


def test_incidents_that_were_silenced_and_last_are_found(store: Store) -> None:
    names = [{"page": name} for name in ("silenced", "told", "closed", "passed", "unknown")]
    made = {one.page: one for one in open_many(store, AT, names)}
    for page, state in (("silenced", SILENCED), ("told", SILENCED), ("closed", SILENCED), ("passed", PASSED)):
        noted(store, row(f"{page}:1", incident=made[page].id, state=state))
    noted(store, row("told:2", incident=made["told"].id, state=SENT))
    noted(store, row("silenced:0", incident=made["silenced"].id, state=PASSED))
    becomes(store, made["closed"], "closed", later(10))
    with store.reading() as connection:
        assert [one.page for one in silenced_and_open(connection, "on-call")] == ["silenced"]
        assert silenced_and_open(connection, "mail") == []


def test_old_rows_are_purged(store: Store) -> None:
    noted(store, row("old", noted=later(-10)), row("older", noted=later(-20), state=EARLIER), row("new"))
    assert purge_notifications(store, AT) == 2
    assert purge_notifications(store, AT) == 0
    with store.reading() as connection:
        assert [one.event for one in notifications_between(connection, later(-99), later(99))] == ["new"]
        assert notifications_between(connection, AT, later(9), "mail") == []


def test_more_than_a_batch_is_purged(store: Store) -> None:
    noted(store, *(row(f"{number}", noted=later(-10)) for number in range(2001)))
    assert purge_notifications(store, AT) == 2001


def test_texts_that_a_database_refuses_are_mended(store: Store) -> None:
    (made,) = noted(store, row("a\0b", words="x\ud800", channel="c\0"))
    assert made == "a\ufffdb"
    assert [one.words for one in waiting(store, "c\0")] == ["x?"]
    with store.reading() as connection:
        assert len(notifications_between(connection, AT, later(1), "c\0")) == 1


def test_of_agents_at_the_same_time_one_notes_and_one_sends(store: Store) -> None:
    store.migrate()
    rows = [row(f"{number}") for number in range(50)]

    def work(holder: str) -> Callable[[], None]:
        def note_and_take() -> None:
            ready.wait()
            made.extend(noted(store, *rows))
            ready.wait()
            taker.extend(one.event for one in taken(store, holder))

        return note_and_take

    ready, made, taker = threading.Barrier(4), list[str](), list[str]()
    threads = [threading.Thread(target=work(f"agent-{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == sorted(taker) == sorted(one.event for one in rows)
