"""KPIs in both databases: what is written, replaced and read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import inspect

from storage.kpis import (
    BATCH,
    KpiSummary,
    KpiValue,
    Source,
    StoredKpi,
    Written,
    read_kpis,
    summaries,
    write_kpis,
)
from storage.store import Store, StoreUnavailable

FIRST = date(2026, 10, 1)
MONDAY = Source(datetime(2026, 11, 2, 8, 30, 0, 125_000, tzinfo=UTC), "kpis.csv", "aa" * 32)
TUESDAY = Source(datetime(2026, 11, 3, 8, 30, tzinfo=UTC), "later.csv", "bb" * 32)


def value(day: int, amount: float, *, vendor: str = "easyshop", kpi: str = "content") -> KpiValue:
    return KpiValue(vendor, kpi, FIRST + timedelta(days=day), amount)


def write(store: Store, values: list[KpiValue], source: Source = MONDAY) -> Written:
    with store.writing() as connection:
        return write_kpis(connection, values, source)


def read(store: Store, **wanted: object) -> list[StoredKpi]:
    with store.reading() as connection:
        return list(read_kpis(connection, **wanted))  # type: ignore[arg-type]


def test_what_was_written_is_read_exactly_with_its_source(store: Store) -> None:
    values = [value(0, 0.1 + 0.2), value(1, 0.0), value(2, 1e300)]
    assert write(store, values) == Written(3, 0, 0)
    assert read(store) == [StoredKpi(one, MONDAY) for one in values]


def test_values_are_chosen_by_vendor_kpi_and_span(store: Store) -> None:
    values = [
        value(day, day, vendor=vendor, kpi=kpi)
        for vendor in ("easyshop", "rival")
        for kpi in ("content", "cpa")
        for day in range(5)
    ]
    write(store, list(reversed(values)))
    assert [one.value for one in read(store)] == values
    span = read(
        store,
        vendor="rival",
        kpi="cpa",
        since=FIRST + timedelta(days=1),
        until=FIRST + timedelta(days=3),
    )
    assert [one.value for one in span] == [value(day, day, vendor="rival", kpi="cpa") for day in (1, 2)]


def test_a_later_import_replaces_days_and_says_how_many(store: Store) -> None:
    write(store, [value(0, 1), value(1, 2), value(2, 3)])
    assert write(store, [value(1, 2), value(2, 4), value(3, 5)], TUESDAY) == Written(1, 1, 1)
    found = read(store)
    assert [one.value.value for one in found] == [1, 2, 4, 5]
    # What did not change is still from where it was from.
    assert [one.source for one in found] == [MONDAY, MONDAY, TUESDAY, TUESDAY]


def test_values_of_many_vendors_and_kpis_are_told_apart(store: Store) -> None:
    """The days of a batch are looked up together, whosever they are."""
    write(store, [value(0, 1), value(1, 2, vendor="rival"), value(1, 3, kpi="cpa")])
    later = [value(1, 2), value(0, 1, vendor="rival"), value(0, 3, kpi="cpa"), value(0, 1)]
    assert write(store, later, TUESDAY) == Written(3, 0, 1)
    assert len(read(store)) == 6


def test_more_values_than_a_batch_are_written_and_streamed(store: Store) -> None:
    values = [value(day, day) for day in range(2 * BATCH + 7)]
    assert write(store, values) == Written(len(values), 0, 0)
    assert write(store, values) == Written(0, 0, len(values))
    assert [one.value for one in read(store)] == values


def test_what_fails_half_way_leaves_nothing(store: Store) -> None:
    write(store, [value(0, 1)])

    def broken() -> object:
        yield from (value(day, 9) for day in range(BATCH + 1))
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        write(store, broken())  # type: ignore[arg-type]
    assert [one.value for one in read(store)] == [value(0, 1)]


def test_nothing_to_write_is_no_error(store: Store) -> None:
    assert write(store, []) == Written(0, 0, 0)


def test_a_summary_tells_days_ends_and_the_latest_value(store: Store) -> None:
    write(store, [value(4, 7), value(0, 1), value(2, 3), value(1, 8, vendor="rival", kpi="cpa")])
    rival = KpiSummary("rival", "cpa", 1, FIRST + timedelta(days=1), FIRST + timedelta(days=1), 8.0)
    with store.reading() as connection:
        assert summaries(connection) == [
            KpiSummary("easyshop", "content", 3, FIRST, FIRST + timedelta(days=4), 7.0),
            rival,
        ]
        assert summaries(connection, vendor="rival") == [rival]
        assert summaries(connection, kpi="content", vendor="rival") == []


def test_text_that_no_database_takes_is_cleaned_and_found_again(store: Store) -> None:
    write(store, [value(0, 1, vendor="a\0b")])
    (found,) = read(store, vendor="a\0b")
    assert found.value.vendor == "a\ufffdb"
    assert write(store, [value(0, 1, vendor="a\0b")]) == Written(0, 0, 1)


def test_the_key_has_the_name_that_we_gave_it(store: Store) -> None:
    store.migrate()
    with store.reading() as connection:
        assert inspect(connection).get_pk_constraint("kpi_values")["name"] == "pk_kpi_values"


def test_no_store_is_told(sqlite_store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="no database"):
        read(sqlite_store)
