from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.packing import PackedFigures, pack_figures, pack_set, unpack_figures, unpack_many, unpack_set

_float = st.floats(allow_nan=False, allow_infinity=False)
_figures = st.builds(
    PackedFigures,
    name=st.text(max_size=20),
    number=st.integers(0, 2**40),
    total=st.integers(-(2**100), 2**100),
    least=_float,
    most=_float,
    sketch=st.binary(max_size=50),
)


@given(members=st.integers(0, 2**6000))
def test_a_set_comes_back(members: int) -> None:
    assert unpack_set(pack_set(members)) == members


def test_what_is_all_ones_or_nothing_takes_a_few_bytes() -> None:
    assert len(pack_set((1 << 5760) - 1)) < 25
    assert pack_set(0) == b"\0"


@pytest.mark.parametrize("data", [b"", b"\x09abc", b"\x01no zlib"])
def test_what_is_no_set_is_told(data: bytes) -> None:
    with pytest.raises(ValueError, match="slices"):
        unpack_set(data)


def test_a_set_that_would_never_end_is_cut() -> None:
    import zlib

    bomb = b"\x01" + zlib.compress(b"\xff" * 50_000_000)
    assert unpack_set(bomb).bit_length() == 8 * (1 << 16)


@given(figures=st.lists(_figures, max_size=4, unique_by=lambda one: one.name))
def test_figures_come_back_in_the_order_of_their_names(figures: list[PackedFigures]) -> None:
    packed = pack_figures(figures)
    assert unpack_figures(packed) == sorted(figures)
    assert packed == pack_figures(reversed(figures))
    for one in figures:
        assert unpack_figures(packed, {one.name.encode()}) == [one]
    assert unpack_figures(packed, ()) == []


@pytest.mark.parametrize("cut", [1, 3, 20, 50])
def test_figures_that_are_cut_off_are_told(cut: int) -> None:
    packed = pack_figures([PackedFigures("ttfb", 1, 2, 0.1, 0.2, b"sketch")])
    with pytest.raises(ValueError, match="cut off"):
        unpack_figures(packed[:-cut])


@given(
    many=st.lists(st.lists(_figures, max_size=4, unique_by=lambda one: one.name), max_size=6), named=st.data()
)
def test_figures_of_many_rows_are_read_at_once(many: list[list[PackedFigures]], named: st.DataObject) -> None:
    names = sorted({one.name for figures in many for one in figures}) or ["ttfb"]
    wanted = named.draw(st.sampled_from(names))
    found = unpack_many([pack_figures(figures) for figures in many], wanted.encode())
    expected = [(row, one) for row, figures in enumerate(many) for one in figures if one.name == wanted]
    assert found.rows.tolist() == [row for row, _ in expected]
    columns = (found.numbers, found.totals, found.least, found.most)
    read = list(zip(*(column.tolist() for column in columns), found.sketches, strict=True))
    assert read == [tuple(one)[1:] for _, one in expected]


@pytest.mark.parametrize("cut", [1, 3, 20, 50])
def test_rows_that_are_cut_off_are_told(cut: int) -> None:
    packed = pack_figures([PackedFigures("ttfb", 1, 2, 0.1, 0.2, b"sketch")])
    with pytest.raises(ValueError, match="cut off"):
        unpack_many([packed, packed[:-cut]], b"wait")
