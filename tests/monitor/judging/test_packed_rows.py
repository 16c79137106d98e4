"""What is judged of packed rows, all at once, is what is judged of the same rollups one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.judging.packed_rows import PackedRows
from monitor.judging.rows import row_of
from monitor.sla.averages import error_of_mean, error_of_pooled, measured
from monitor.sla.columns import OpenRows, begin_in, columns_of, exact, total_of, touch
from monitor.sla.evidence import PageData, RegionData
from monitor.sla.judge import judge
from monitor.sla.masks import ones
from monitor.sla.promise import Accounting, By, Promise
from monitor.sla.requests import by_request
from monitor.sla.rollups import BILLIONTH, Figures, Rollup, Visits
from monitor.sla.sketch import Sketch
from monitor.sla.slices import DAY, HOUR, Slices
from monitor.sla.windows import Maintenance, Rolling, ServiceHours, Span, clip, moment

START = 1_767_225_600
NOW = START + 9 * DAY + 7 * HOUR + 1800
WINDOW = Span(START + 5 * HOUR + 900, NOW, NOW)
HOURS = ServiceHours(frozenset(range(7)), 8 * 60, 20 * 60)


def rollup(chance: st.DataObject, start: int, period: int, length: int, reach: int) -> Rollup:
    """Anything that an hour or a day can be: whole, with holes, down, or with nothing in it."""
    count = period // length
    kind = chance.draw(st.sampled_from(["whole", "whole", "holes", "down", "nothing"]))
    seen, down = ones(count), 0
    if kind != "whole":
        holes = chance.draw(st.lists(st.integers(0, count - 1), max_size=4))
        for hole in holes:
            seen &= ~(1 << hole)
    if kind == "down":
        first = chance.draw(st.integers(0, count - 1))
        down = seen & (ones(chance.draw(st.integers(1, 9))) << first) & ones(count)
    if kind == "nothing":
        seen = 0
    figures = {}
    for name in ("http3", "ttfb"):
        some = chance.draw(st.lists(st.floats(0.0, 3.0), max_size=5)) if kind != "nothing" else []
        each = Figures()
        for one in some:
            each.add(round(one) if name == "http3" else one)
        if some:
            figures[name] = each
    bad = down.bit_count()
    visits = Visits(seen.bit_count() - bad, bad, *chance.draw(st.tuples(*[st.integers(0, 3)] * 3)))
    return Rollup(Slices(start, period, length, seen, down, reach), visits, figures)


@st.composite
def rollups(draw: st.DrawFn) -> list[Rollup]:
    chance = draw(st.data())
    length = draw(st.sampled_from([15, 60, 300]))
    reach = draw(st.integers(1, 2))
    days = [START + DAY * day for day in range(1, 9)]
    hours = [START + HOUR * hour for hour in range(5, 24)] + [START + 9 * DAY + HOUR * at for at in range(8)]
    starts = [(at, DAY) for at in days] + [(at, HOUR) for at in hours]
    gone = draw(st.sets(st.sampled_from(starts), max_size=3))
    return [
        rollup(chance, at, period, length, reach) for at, period in sorted(starts) if (at, period) not in gone
    ]


def pages(regions: Sequence[list[Rollup]], variants: Sequence[str | None] = (None,) * 3) -> list[PageData]:
    """The same page, of rollups that are open and of rows that are packed."""
    work = Maintenance(moment(START + DAY), moment(START + DAY + 5000), moment(START))
    found = []
    for form in (list, lambda rows: PackedRows([row_of(one, 1, 0) for one in rows])):
        known = [
            RegionData(f"r{number}" if variant is None else "r0", form(rows), variant=variant)
            for number, (rows, variant) in enumerate(zip(regions, variants, strict=False))
        ]
        found.append(PageData("vendor", "page", "http", known, maintenance=[work]))
    return found


def promise(indicator: str, aggregate: str, target: float, **accounting: object) -> Promise:
    window = Rolling(WINDOW.end - WINDOW.start)
    return Promise("any", indicator, aggregate, target, window, Accounting(**accounting))  # type: ignore[arg-type]


PROMISES = [
    promise("ttfb", "mean", 0.3),
    promise("ttfb", "pooled", 0.3, hours=HOURS),
    promise("ttfb", "p75", 0.5),
    promise("ttfb", "max", 1.0),
    promise("http3", "share", 0.9),
    promise("availability", "share", 0.999),
    promise("availability", "share", 0.99, by=By.REGIONS, hours=HOURS),
    promise("availability", "share", 0.99, by=By.REQUESTS),
    promise("availability", "share", 0.99, by=By.REQUESTS, length=300),
    promise("availability", "share", 0.99, length=300, consecutive=2),
]


@settings(max_examples=15, deadline=None)
@given(st.lists(rollups(), min_size=1, max_size=3))
def test_verdicts_of_packed_rows_are_those_of_open_ones(regions: list[list[Rollup]]) -> None:
    opened, packed = pages(regions)
    for one in PROMISES:
        assert judge(one, packed, moment(NOW)) == judge(one, opened, moment(NOW))
    packed.forget()
    assert packed.grid == opened.grid


@settings(max_examples=10, deadline=None)
@given(st.lists(rollups(), min_size=2, max_size=2))
def test_so_are_those_of_a_page_with_channels(regions: list[list[Rollup]]) -> None:
    opened, packed = pages(regions, ("google", "tiktok"))
    blocks = [measured(data, WINDOW, Accounting(), "ttfb").blocks for data in (packed, opened)]
    assert openly(blocks[0]) == openly(blocks[1])
    rows = [
        row
        for one in opened.regions
        for row in one.rows
        if WINDOW.start <= row.start and "ttfb" in row.figures
    ]
    assert sum(one["r0"].count for one in blocks[0].values()) == sum(
        row.figures["ttfb"].count for row in rows
    )
    for one in PROMISES:
        assert judge(one, packed, moment(NOW)) == judge(one, opened, moment(NOW))


@settings(max_examples=15, deadline=None)
@given(st.lists(rollups(), min_size=1, max_size=3))
def test_sums_in_columns_are_those_of_one_rollup_after_another(regions: list[list[Rollup]]) -> None:
    for data in pages(regions):
        found = measured(data, WINDOW, Accounting(), "ttfb")
        blocks, failed, left_out = plainly(data, "ttfb")
        assert (found.failed, found.left_out) == (failed, left_out)
        assert found.starts.tolist() == sorted(blocks)
        assert {at: sorted(of) for at, of in found.blocks.items()} == {
            at: sorted(of) for at, of in blocks.items()
        }
        whole = Sketch()
        for regions_of in blocks.values():
            for one in regions_of.values():
                whole.merge(one.opened)
        assert found.sketch == whole
        if found.count:
            counts = {name: one.count for name, one in found.regions.items() if one.count}
            shares = {name: (found.means[name], counts[name], len(counts)) for name in counts}
            assert error_of_mean(found) == plain_error(blocks, shares)
            pooled = sum(one.total for one in found.regions.values()) / BILLIONTH / found.count
            assert error_of_pooled(found) == plain_error(
                blocks, dict.fromkeys(counts, (pooled, found.count, 1))
            )


def openly(blocks: dict[int, dict[str, Figures]]) -> list[tuple[int, str, Figures]]:
    """Figures with their sketches opened, in order."""
    each = [(at, name, one) for at, of in sorted(blocks.items()) for name, one in of.items()]
    return [(at, name, replace(one, sketch=one.opened)) for at, name, one in each]


def plainly(data: PageData, indicator: str) -> tuple[dict[int, dict[str, Figures]], int, int]:
    """The figures of a window, row by row."""
    blocks: dict[int, dict[str, Figures]] = {}
    failed = left_out = 0
    for region in data.regions:
        for row in region.rows:
            if not WINDOW.start <= row.start < WINDOW.end:
                continue
            failed += row.visits.down
            left_out += row.visits.blocked + row.visits.unknown + row.visits.tainted
            if indicator in row.figures:
                blocks.setdefault(row.start, {})[region.region] = row.figures[indicator]
    return blocks, failed, left_out


def plain_error(
    blocks: dict[int, dict[str, Figures]], weights: dict[str, tuple[float, int, int]]
) -> tuple[float, int] | None:
    """The standard error from successive differences, block by block."""
    rests = []
    for at in sorted(blocks):
        rest = 0.0
        for name, one in sorted(blocks[at].items()):
            mean, count, share = weights[name]
            rest += (one.total / BILLIONTH - mean * one.count) / count / share
        rests.append(rest)
    if len(rests) < 8:
        return None
    squares = math.fsum((late - early) ** 2 for early, late in pairwise(rests))
    found = math.sqrt(squares / 2 * len(rests) / (len(rests) - 1)), len(rests)
    return pytest.approx(found, rel=1e-12)  # type: ignore[no-any-return]


@settings(max_examples=15, deadline=None)
@given(rollups(), st.integers(0, 3 * DAY), st.integers(1, 2 * DAY), st.sampled_from([0, 300]))
def test_requests_in_columns_are_those_of_one_rollup_after_another(
    rows: list[Rollup], begin: int, length: int, window: int
) -> None:
    excluded = clip([(START + begin, START + begin + length)], WINDOW.start, WINDOW.end)
    opened, packed = pages([rows])
    up = down = 0
    for row in rows:
        slices = row.slices
        for place in range(slices.count):
            at = slices.start + place * slices.length
            inside = WINDOW.start <= at and at + slices.length <= WINDOW.end
            if (
                inside
                and not any(first <= at < last for first, last in excluded)
                and slices.measured >> place & 1
            ):
                down += slices.down >> place & 1
                up += 1 - (slices.down >> place & 1)
    for data in (opened, packed):
        found = by_request(data, WINDOW, Accounting(by=By.REQUESTS, length=window), excluded)
        assert (found.up, found.down) == (up, down)  # here each slice that is measured holds one visit


def test_rows_are_opened_one_by_one_too() -> None:
    rows = [Rollup(Slices(START + HOUR * at, HOUR, 15, at + 1), Visits(up=1)) for at in range(3)]
    packed = PackedRows([row_of(one, 1, 0) for one in rows])
    assert len(packed) == 3
    assert (list(packed), packed[1], packed[1:]) == (rows, rows[1], rows[1:])
    opened = columns_of(rows)
    assert (list(opened), opened[1], opened[1:], len(opened)) == (rows, rows[1], rows[1:], 3)
    assert columns_of(packed) is packed


@pytest.mark.parametrize("form", [OpenRows, lambda rows: PackedRows([row_of(one, 1, 0) for one in rows])])
def test_sums_beyond_64_bits_are_exact(form) -> None:
    huge = 2**70 + 1
    rows = [
        Rollup(
            Slices(START + HOUR * at, HOUR, 15),
            Visits(up=1),
            {"ttfb": Figures(1, (-1) ** at * huge + at, 0.1, 0.2, Sketch.of([0.1]))},
        )
        for at in range(4)
    ]
    figures = form(rows).figures("ttfb")
    assert figures.totals.tolist() == [huge, 1 - huge, huge + 2, 3 - huge]
    assert total_of(figures.totals) == 6
    data = PageData("vendor", "page", "http", [RegionData("r0", form(rows))])
    found = measured(data, Span(START, START + DAY, START + DAY), Accounting(), "ttfb")
    assert found.regions["r0"].total == 6
    assert found.by_block("r0", figures.totals).tolist() == figures.totals.tolist()


def test_a_sum_that_would_leave_64_bits_does_not_wrap() -> None:
    assert total_of(exact([2**61] * 9)) == 9 * 2**61
    assert total_of(exact([])) == 0


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(1, 30)), max_size=5),
    st.integers(0, 99),
    st.integers(1, 9),
)
def test_what_begins_in_intervals_and_touches_them_is_found(
    stretches: list[tuple[int, int]], at: int, length: int
) -> None:
    intervals = clip([(first, first + long) for first, long in stretches], 0, 200)
    starts, ends = exact([at]), exact([at + length])
    assert begin_in(starts, intervals).tolist() == [any(a <= at < b for a, b in intervals)]
    assert touch(starts, ends, intervals).tolist() == [any(a < at + length and b > at for a, b in intervals)]


def test_rows_that_are_cut_in_two_ways_are_laid_out_slice_by_slice() -> None:
    rows = [
        Rollup(Slices(START, HOUR, 15, ones(240), 0b11 << 200), Visits(up=240)),
        Rollup(Slices(START + HOUR, HOUR, 60, ones(60), 1), Visits(up=60)),
    ]
    opened, packed = pages([rows])
    assert packed.regions[0].rows.packed_slices() is None  # type: ignore[attr-defined]
    assert packed.grid == opened.grid
    longer = [replace(one, slices=replace(one.slices, length=60)) for one in rows[1:]]
    assert pages([rows[:1], longer])[1].grid == pages([rows[:1], longer])[0].grid


def test_a_page_that_nobody_measured_has_no_slices() -> None:
    for data in pages([[], []]):
        assert data.grid.count == 0
        assert list(data.grid.lines) == ["r0", "r1"]
