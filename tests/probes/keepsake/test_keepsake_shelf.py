from __future__ import annotations

from pathlib import Path

import pytest

from probes.keepsake.shelf import Bounds, Shelf

AT = 1_700_000_000.0


def left(folder: Path, size: int = 10) -> Path:
    place = folder / "left"
    place.mkdir(parents=True)
    (place / "filmstrip.png").write_bytes(b"x" * size)
    return place


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_kept_is_found_by_page_and_time(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    source = left(tmp_path)
    place = shelf.keep(source, "easy shop", "spring/sale", AT, failed=False)
    assert place.parts[0] == "up"
    assert place.name.startswith("20231114T221320Z-easy_shop-spring_sale-")
    assert names(tmp_path / "shelf" / place) == ["filmstrip.png"]
    assert not source.exists()


def test_two_visits_of_one_second_are_kept_apart(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    places = {shelf.keep(left(tmp_path), "v", "p", AT, failed=True) for _ in range(3)}
    assert len(places) == 3


def test_the_oldest_goes_first_when_there_are_too_many(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf", up=Bounds(sets=2, size=10_000))
    kept = [shelf.keep(left(tmp_path), "v", "p", AT + second, failed=False) for second in (5, 1, 9)]
    assert names(tmp_path / "shelf" / "up") == sorted([kept[0].name, kept[2].name])


def test_the_oldest_goes_first_when_they_are_too_large_and_the_newest_stays(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf", up=Bounds(sets=100, size=250))
    for second in range(4):
        last = shelf.keep(left(tmp_path, 100), "v", "p", AT + second, failed=False)
    assert len(names(tmp_path / "shelf" / "up")) == 2
    huge = shelf.keep(left(tmp_path, 1000), "v", "p", AT + 9, failed=False)
    assert names(tmp_path / "shelf" / "up") == [huge.name]
    assert last != huge


def test_what_failed_is_kept_while_what_went_well_goes(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf", up=Bounds(1, 10_000), failed=Bounds(10, 10_000))
    failed = shelf.keep(left(tmp_path), "v", "p", AT, failed=True)
    for second in range(5):
        shelf.keep(left(tmp_path), "v", "p", AT + second, failed=False)
    assert names(tmp_path / "shelf" / "failed") == [failed.name]
    assert len(names(tmp_path / "shelf" / "up")) == 1


def test_what_cannot_be_kept_is_an_error_and_leaves_no_half(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    with pytest.raises(OSError, match="No such file"):
        shelf.keep(tmp_path / "nothing", "v", "p", AT, failed=True)
    assert names(tmp_path / "shelf" / "failed") == []
