"""Rollups, outages and marks in both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from storing import START, make_sample

from probes.sample import Attempt, Outcome
from storage.looks import good_before, looks, measurements, newest, oldest, series_of, tallies
from storage.marks import WHOLE, first_marked, mark, raise_mark
from storage.outages import OutageRow, open_outages, outage_at, read_outages, replace_outages
from storage.rollups import RollupRow, count_rollups, read_rollups, series_with_rollups, write_rollups
from storage.series import Series, known_regions, known_series, number_series, of_region, series_of_page
from storage.store import Store
from storage.unsettled import DAY, HOUR, Stretch, hours_of, settle, unsettle, unsettled_stretches

PAGE = Series("easyshop", "spring-sale", "eu-west", "http")
OTHER = Series("easyshop", "spring-sale", "eu-west", "channel", "tiktok")
MIDNIGHT = int(START.timestamp()) // DAY * DAY


def row(number: int = 1, start: int = MIDNIGHT, period: int = HOUR, **changes: object) -> RollupRow:
    usual = RollupRow(
        number, period, start, 15, 1, b"\x00\x07", b"\x00\x01", 2, 1, 0, 0, 0, start * 10**6, b""
    )
    return usual._replace(**changes)


@pytest.fixture
def number(store: Store) -> int:
    with store.writing() as connection:
        return number_series(connection, [PAGE])[PAGE]


UNREAD = ("client", "protocol", "status", "bytes")


def everything(store: Store, period: int = HOUR) -> list[RollupRow]:
    with store.reading() as connection:
        numbers = list(known_series(connection).values())
        return sorted(read_rollups(connection, numbers, period, 0, 1 << 40))


def write(store: Store, *rows: RollupRow) -> int:
    with store.writing() as connection:
        return write_rollups(connection, rows)


def test_a_series_keeps_its_number(store: Store) -> None:
    with store.writing() as connection:
        first = number_series(connection, [PAGE, OTHER])
    with store.writing() as connection:
        again = number_series(connection, [OTHER, PAGE, PAGE._replace(region="us\0east")])
    assert {PAGE: again[PAGE], OTHER: again[OTHER]} == first
    with store.reading() as connection:
        found = known_series(connection)
        assert dict(of_region(found, "eu-west")) == first
        assert known_regions(connection) == ["eu-west", "us\ufffdeast"]
    assert again[PAGE._replace(region="us\0east")] == found[PAGE._replace(region="us\ufffdeast")]


def test_the_series_of_a_page_are_all_of_it_and_of_no_other(store: Store) -> None:
    pages = [
        PAGE,
        OTHER,
        PAGE._replace(page="home"),
        PAGE._replace(vendor="rival"),
        PAGE._replace(page="a\0b"),
    ]
    with store.writing() as connection:
        found = number_series(connection, pages)
    with store.reading() as connection:
        assert series_of_page(connection, "easyshop", "spring-sale") == {
            PAGE: found[PAGE], OTHER: found[OTHER],
        }  # fmt: skip
        assert list(series_of_page(connection, "easyshop", "a\0b").values()) == [found[pages[-1]]]
        assert series_of_page(connection, "rival", "home") == {}


def test_rows_come_back_as_they_were(store: Store, number: int) -> None:
    rows = [row(number), row(number, MIDNIGHT + HOUR, figures=bytes(range(256))), row(number, period=DAY)]
    assert write(store, *rows) == 3
    assert everything(store) == rows[:2]
    assert everything(store, DAY) == rows[2:]
    assert write(store) == 0


def test_a_row_gives_way_to_one_that_knows_as_much_and_to_no_other(store: Store, number: int) -> None:
    write(store, row(number))
    for kind in ("up", "down", "blocked", "unknown", "tainted"):
        name = f"visits_{kind}"
        write(store, row(number, **{name: 5}))
        assert write(store, row(number, **{name: 4}, reach=9)) == 0
        assert getattr(everything(store)[0], name) == 5
        with store.writing() as connection:
            connection.exec_driver_sql("DELETE FROM rollups")
        write(store, row(number))
    same = row(number, measured=b"\x00\x0f", reach=7)
    assert write(store, same) == 1
    assert everything(store) == [same]


def test_only_what_is_asked_for_is_read(store: Store, number: int) -> None:
    with store.writing() as connection:
        other = number_series(connection, [OTHER])[OTHER]
    write(store, *(row(one, MIDNIGHT + hour * HOUR) for one in (number, other) for hour in range(4)))
    with store.reading() as connection:
        begin, end = MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR
        found = sorted(read_rollups(connection, [number], HOUR, begin, end))
        assert [(one.series, one.start) for one in found] == [(number, begin), (number, begin + HOUR)]
        assert list(read_rollups(connection, [], HOUR, 0, 1 << 40)) == []
        assert series_with_rollups(connection, [number, 999], begin, end) == [number]
        assert series_with_rollups(connection, [number], 0, MIDNIGHT) == []
        assert count_rollups(connection) == [("eu-west", HOUR, 8, MIDNIGHT, MIDNIGHT + 3 * HOUR)]


def test_reading_can_be_broken_off(store: Store, number: int) -> None:
    write(store, *(row(number, MIDNIGHT + hour * HOUR) for hour in range(10)))
    with store.reading() as connection:
        rows = read_rollups(connection, [number], HOUR, 0, 1 << 40)
        assert isinstance(rows, Iterator)
        next(rows)
        rows.close()
    assert len(everything(store)) == 10


def outage(number: int, first: float, last: float, good: float | None, **changes: object) -> OutageRow:
    def at(seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)

    usual = {
        "series": number,
        "first_bad": at(first),
        "last_bad": at(last),
        "last_good": at(first - 15),
        "first_good": None if good is None else at(good),
        "all_good": None if good is None else at(good + 1),
        "blind": 0.1 + 0.2,
        "samples": 3,
        "faults": {"timeout": 2, "dns": 1},
        "opened_by": "a",
        "closed_by": None if good is None else "b",
        "worst": "c",
        "longest": 10.0,
    }
    return OutageRow(**usual | changes)


def test_outages_come_back_and_are_replaced_a_stretch_at_a_time(store: Store, number: int) -> None:
    first, second, third = (
        outage(number, 0, 5, 6),
        outage(number, 100, 105, 120),
        outage(number, 200, 205, None),
    )
    with store.writing() as connection:
        replace_outages(connection, number, START - timedelta(1), None, [first, second, third])
        other = outage(number, 110, 115, 120, last_good=None)
        begin, end = START + timedelta(seconds=50), START + timedelta(seconds=150)
        replace_outages(connection, number, begin, end, [other])
    with store.reading() as connection:
        forever = (START - timedelta(1), START + timedelta(1))
        assert read_outages(connection, [number], *forever) == [first, other, third]
        assert read_outages(connection, [999], *forever) == []
        assert read_outages(connection, [number], begin, end) == [other]
        assert open_outages(connection, [number]) == [third]
        assert outage_at(connection, number, begin) == first
        assert outage_at(connection, number, START) is None


def test_a_sample_marks_its_hour_and_the_mark_goes_only_where_nothing_came_since(store: Store) -> None:
    store.add([make_sample(0), make_sample(1), make_sample(2, region="us-east")])
    hour = Stretch("eu-west", HOUR, int(START.timestamp()) // HOUR * HOUR)
    with store.reading() as connection:
        found = unsettled_stretches(connection)
        assert found.keys() == {hour, hour._replace(region="us-east")}
        mine = unsettled_stretches(connection, "eu-west")
    store.add([make_sample(3)])
    with store.writing() as connection:
        assert not settle(connection, hour, mine[hour])
        assert settle(connection, hour, unsettled_stretches(connection)[hour])
        assert not settle(connection, hour, mine[hour])
        unsettle(connection, [])
    assert hours_of([make_sample(0, region="a\0b")]) == {hour._replace(region="a\ufffdb")}


def test_a_sample_that_is_refused_marks_nothing(store: Store) -> None:
    from storage.store import SampleRefused

    with pytest.raises(SampleRefused):
        store.add([make_sample(0), make_sample(1, status="x" * 10, bytes=2**70)])
    with store.reading() as connection:
        assert unsettled_stretches(connection) == {}


def test_marks_are_kept(store: Store) -> None:
    later = START + timedelta(days=1)
    with store.writing() as connection:
        assert mark(connection, "a") is None
        assert first_marked(connection, "a", START) == START
        assert first_marked(connection, "a", later) == START
        raise_mark(connection, "a", later)
        raise_mark(connection, "a", START)
        assert mark(connection, "a") == later


def test_a_purge_notes_from_when_on_samples_are_whole(store: Store) -> None:
    store.add([make_sample(number, outcome=Outcome.UP if number else Outcome.DOWN) for number in range(10)])
    edge = START + timedelta(days=1, seconds=4)
    store.purge(edge, timedelta(days=1), timedelta(days=400))
    with store.reading() as connection:
        assert mark(connection, WHOLE) == START + timedelta(seconds=3, microseconds=1)
        assert oldest(connection, "eu-west") == START  # the failure
        assert newest(connection, "eu-west") == START + timedelta(seconds=9)
        assert oldest(connection, "nowhere") is None
    store.purge(START, timedelta(days=1), timedelta(days=400))
    with store.reading() as connection:
        assert mark(connection, WHOLE) == START + timedelta(seconds=3, microseconds=1)


def test_looks_are_scheduled_samples_without_their_evidence(store: Store) -> None:
    taken = make_sample(0, vitals={"lcp": 1.25})
    store.add([taken, make_sample(1, attempt=Attempt.BURST), make_sample(2, region="us-east")])
    store.add([make_sample(3, page="other", variant="x", hops=[])])
    with store.reading() as connection:
        found = list(looks(connection, START, START + timedelta(1), region="eu-west"))
        assert [one.page for one in found] == ["spring-sale", "other"]
        first = found[0]
        assert (first.id, first.at, first.ttfb, first.vitals) == (
            taken.id,
            taken.at,
            taken.ttfb,
            taken.vitals,
        )
        assert (first.hops, first.evidence) == (taken.hops, {})
        assert series_of(found[1]) == Series("easyshop", "other", "eu-west", "http", "x")
        some = looks(connection, START, START + timedelta(1), pages={"other"})
        assert [one.page for one in some] == ["other"]


def test_measurements_are_of_one_series_and_say_up_or_down(store: Store) -> None:
    store.add(
        [
            make_sample(0),
            make_sample(1, outcome=Outcome.DOWN, attempt=Attempt.BURST),
            make_sample(2, outcome=Outcome.BLOCKED),
            make_sample(3, tainted=["cpu"]),
            make_sample(4, variant="x"),
            make_sample(5),
        ]
    )
    with store.reading() as connection:
        found = measurements(connection, PAGE, START)
        assert [one.at - START for one in found] == [timedelta(seconds=number) for number in (0, 1, 5)]
        assert good_before(connection, PAGE, START + timedelta(seconds=5)) == START
        assert good_before(connection, PAGE, START) is None
        variant = PAGE._replace(variant="x")
        assert [one.variant for one in measurements(connection, variant, START)] == ["x"]
        counts = tallies(connection, "eu-west", START, START + timedelta(1))
    assert counts == {PAGE: ((2, 0, 1, 0, 1), 1), variant: ((1, 0, 0, 0, 0), 0)}


def old_rollups(store: Store, number: int) -> None:
    """Sixty days, the hours and the day of each; the first has no day."""
    for day in range(60):
        start = MIDNIGHT + day * DAY
        write(store, *(row(number, start + hour * HOUR) for hour in range(0, 24, 8)))
        if day:
            write(store, row(number, start, DAY))


def test_hours_are_deleted_once_their_day_is_there_and_days_later(store: Store, number: int) -> None:
    old_rollups(store, number)
    now = datetime.fromtimestamp(MIDNIGHT + 60 * DAY + 3600, START.tzinfo)
    with store.writing() as connection:
        unsettle(connection, [Stretch("eu-west", HOUR, MIDNIGHT + 2 * DAY + HOUR)])
        replace_outages(connection, number, START - timedelta(1), None, [outage(number, 0, 5, 6)])
    assert store.purge_rollups(now, timedelta(days=45), timedelta(days=800)) == 13 * 3
    days = {(one.start - MIDNIGHT) // DAY for one in everything(store)}
    assert days == {0, 2, *range(15, 60)}  # without its day, not settled, and young
    assert len(everything(store, DAY)) == 59
    deleted = store.purge_rollups(now, timedelta(days=45), timedelta(days=50))
    assert deleted == 2 * 3 + 9 + 1
    assert min(one.start for one in everything(store)) == MIDNIGHT + 15 * DAY
    assert min(one.start for one in everything(store, DAY)) == MIDNIGHT + 10 * DAY
    with store.reading() as connection:
        assert unsettled_stretches(connection) == {}
        assert open_outages(connection, [number]) == []
