from __future__ import annotations

import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from probes.firstscreen.capture import Frame
from probes.keepsake.filmstrip import MOST, STEPS, WIDTH, filmstrip, moments

RED, BLUE, WHITE = (200, 30, 30), (30, 30, 200), (255, 255, 255)


def frame(at: float, colour: tuple[int, int, int], size: tuple[int, int] = (206, 412)) -> Frame:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", quality=90)
    return Frame(at, out.getvalue())


def read(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def close(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(mine - theirs) < 30 for mine, theirs in zip(one, other, strict=True))


@given(first_screen=st.none() | st.floats(0, 60), more=st.floats(0, 60))
def test_the_moments_are_few_in_order_and_hold_the_first_screen(
    first_screen: float | None, more: float
) -> None:
    found = moments(first_screen, (first_screen or 0.0) + more)
    times = [one.at for one in found]
    assert times == sorted(times)
    assert len(set(times)) == len(times) <= MOST + 1
    assert [one.at for one in found if one.first_screen] == ([] if first_screen is None else [first_screen])


def test_moments_are_evenly_spaced_by_steps_that_people_read_easily() -> None:
    found = [one.at for one in moments(2.3, 4.0) if not one.first_screen]
    gaps = {round(late - early, 3) for early, late in itertools.pairwise(found)}
    assert len(gaps) == 1
    assert gaps <= set(STEPS)
    assert max(found) >= 2.3


def test_each_place_shows_what_was_on_the_screen_at_its_moment() -> None:
    strip = read(filmstrip([frame(0.15, RED), frame(0.45, BLUE)], 0.45, 2.0))
    shown = moments(0.45, 2.0)
    assert [one.at for one in shown] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5])
    pitch = strip.width / len(shown)
    seen = [strip.getpixel((int(place * pitch + pitch / 2), 100)) for place in range(len(shown))]
    wanted = [WHITE, WHITE, RED, RED, RED, BLUE, BLUE]
    assert all(close(one, other) for one, other in zip(seen, wanted, strict=True)), seen


def test_the_first_screen_alone_is_framed() -> None:
    frames = [frame(0.0, RED)]
    marked, plain = (read(filmstrip(frames, at, 1.0)) for at in (0.55, None))
    green = (20, 120, 70)
    assert any(close(pixel, green) for pixel in marked.get_flattened_data())
    assert not any(close(pixel, green) for pixel in plain.get_flattened_data())


def test_a_visit_without_pictures_has_an_empty_strip() -> None:
    strip = read(filmstrip([], None, 0.3))
    assert strip.height > WIDTH
    assert close(strip.getpixel((WIDTH // 2, 60)), WHITE)


def test_small_frames_are_not_made_larger() -> None:
    one = read(filmstrip([frame(0.0, RED, (60, 40))], None, 0.05))
    assert one.height < 120


def test_a_frame_that_is_no_picture_is_an_error() -> None:
    with pytest.raises(OSError, match="image"):
        filmstrip([Frame(0.0, b"no picture")], 0.1, 1.0)
