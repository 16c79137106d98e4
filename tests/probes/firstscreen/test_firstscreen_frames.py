from __future__ import annotations

from collections import Counter

import pytest
from firstscreen_made import ALL, BOTTOM, HEIGHT, TOP, WIDTH, frames, jpeg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.firstscreen.capture import Area, Box, Frame
from probes.firstscreen.frames import Step, decode, grid_of, restless_tiles, steps
from probes.firstscreen.moving import OFTEN, still_moves
from probes.firstscreen.tiles import TILE, Grid

GRID = Grid(WIDTH, HEIGHT)
COLOURS = st.sampled_from(("white", "red", "navy"))


def test_a_change_lies_in_the_tiles_that_changed_and_in_no_other() -> None:
    box = Box(TILE / WIDTH, TILE / HEIGHT, 3 * TILE / WIDTH, 2 * TILE / HEIGHT)
    [step] = steps(frames((0.0, []), (1.0, [(box, "black")])), GRID)
    assert step.at == 1.0
    assert {(row, column) for row, column in zip(*step.changed.nonzero(), strict=True)} == {(1, 1), (1, 2)}
    assert step.counts.sum() == 2 * TILE * TILE


def test_pictures_that_look_alike_are_no_step() -> None:
    faint = [(ALL, "#fdfdfd")]
    assert steps(frames((0.0, []), (1.0, faint), (2.0, [])), GRID) == []


def test_what_is_no_picture_or_has_another_size_is_left_out() -> None:
    shown = [
        Frame(0.0, jpeg()),
        Frame(0.5, b"no picture"),
        Frame(0.6, jpeg(size=(64, 64))),
        Frame(0.7, jpeg()[:200]),
        Frame(1.0, jpeg((TOP, "red"))),
        Frame(1.5, b""),
    ]
    found = grid_of(shown)
    assert found == GRID
    assert [step.at for step in steps(shown, found)] == [1.0]


def test_pictures_of_monstrous_size_are_not_decoded() -> None:
    assert decode(jpeg(size=(2100, 2100))) is None
    assert grid_of([Frame(0.0, jpeg(size=(2100, 2100)))]) is None
    assert grid_of([]) is None


def test_tiles_at_the_edge_may_be_cut_off() -> None:
    odd = Grid(206, 412)
    assert odd.shape == (26, 13)
    assert odd.under(ALL).all()
    assert odd.count(odd.pixels(odd.under(ALL))).sum() == 206 * 412
    assert odd.pixels(odd.under(ALL)).shape == (412, 206)


def test_areas_are_taken_together() -> None:
    both = GRID.union([Area("a", TOP), Area("b", BOTTOM)])
    assert both.all()
    assert not GRID.union([]).any()
    assert (GRID.under(TOP) & GRID.under(BOTTOM)).sum() == 0


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(COLOURS, min_size=1, max_size=6), st.data())
def test_pictures_alike_may_come_in_any_number_and_order(colours: list[str], data: st.DataObject) -> None:
    times = [float(number) for number in range(len(colours))]
    shown = [Frame(at, jpeg((TOP, colour))) for at, colour in zip(times, colours, strict=True)]
    repeated = []
    for frame in shown:
        again = data.draw(st.integers(1, 3))
        alike = [Frame(frame.at + number / 10, frame.jpeg) for number in range(again)]
        first, *rest = alike
        repeated += [first, *data.draw(st.permutations(rest))]
    once, often = steps(shown, GRID), steps(repeated, GRID)
    assert [step.at for step in once] == [step.at for step in often]
    assert all((one.counts == other.counts).all() for one, other in zip(once, often, strict=True))


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.floats(0, 10), st.sets(st.tuples(st.integers(0, 25), st.integers(0, 12)), max_size=8)),
        max_size=30,
    ),
    st.floats(10, 12),
)
def test_no_tile_is_masked_that_changed_fewer_than_five_times(
    changes: list[tuple[float, set[tuple[int, int]]]], ended: float
) -> None:
    found, often = [], Counter[tuple[int, int]]()
    for at, tiles in sorted(changes, key=lambda one: one[0]):
        counts = GRID.count(GRID.pixels(GRID.none))
        for tile in tiles:
            counts[tile] = 5
        often.update(tiles)
        found.append(Step(at, counts))
    mask = restless_tiles(found, GRID, ended)
    assert all(often[row, column] >= OFTEN for row, column in zip(*mask.nonzero(), strict=True))


def test_a_tile_that_changed_often_and_still_does_is_masked() -> None:
    colours = ["red", "navy"] * 5
    shown = frames(*((number / 2, [(TOP, colour)]) for number, colour in enumerate(colours)))
    found = steps(shown, GRID)
    assert (restless_tiles(found, GRID, 5.0) == GRID.under(TOP)).all()
    assert not restless_tiles(found, GRID, 6.5).any()


@pytest.mark.parametrize(
    ("times", "ended", "moves"),
    [
        ([], 1.0, False),
        ([1.0, 1.1, 1.2, 1.3], 1.3, False),  # four times
        ([1.0, 1.1, 1.2, 1.3, 1.4], 1.5, True),
        ([1.0, 1.1, 1.2, 1.3, 1.4], 1.8, False),  # three of its pauses long nothing
        ([1.0, 1.5, 2.0, 2.5, 3.0], 4.4, True),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 6.4, True),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 6.5, False),  # however slow
        ([1.0, 1.01, 1.02, 1.03, 1.04], 1.3, True),
        ([0.0, 0.9, 1.01, 1.02, 1.03, 1.04], 1.5, False),  # the last five count
    ],
)
def test_what_changed_often_moves_until_it_has_stopped(times: list[float], ended: float, moves: bool) -> None:
    assert still_moves(times, ended) is moves
