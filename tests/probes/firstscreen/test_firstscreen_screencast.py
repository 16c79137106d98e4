from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from firstscreen_made import TOP, jpeg

from probes.firstscreen.screencast import Screencast


class Session:
    """A session that sends frames as the browser does: at most three that are not acknowledged."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.acknowledged = asyncio.Event()
        self._take: Callable[[dict[str, Any]], None] | None = None

    def on(self, _: str, take: Callable[[dict[str, Any]], None]) -> None:
        self._take = take

    def remove_listener(self, _: str, take: Callable[[dict[str, Any]], None]) -> None:
        assert take == self._take
        self._take = None

    async def send(self, name: str, options: dict[str, Any] | None = None) -> None:
        self.sent.append((name, options or {}))
        if name == "Page.screencastFrameAck":
            self.acknowledged.set()

    def show(self, at: float, picture: bytes) -> None:
        assert self._take is not None
        data = b64encode(picture).decode()
        self._take({"sessionId": 1, "data": data, "metadata": {"monotonicTimestamp": at}})

    def bend(self, **event: Any) -> None:
        assert self._take is not None
        self._take({"sessionId": 1} | event)

    def count(self, name: str) -> int:
        return sum(one == name for one, _ in self.sent)


async def begun() -> tuple[Session, Screencast]:
    session = Session()
    screencast = Screencast(session)  # type: ignore[arg-type]
    await screencast.start(412, 823)
    return session, screencast


async def test_frames_are_half_of_the_viewport() -> None:
    session, screencast = await begun()
    [(name, options)] = session.sent
    assert name == "Page.startScreencast"
    assert options == {"format": "jpeg", "quality": 50, "maxWidth": 206, "maxHeight": 412}
    await screencast.stop()
    assert session.sent[-1][0] == "Page.stopScreencast"


async def test_a_single_frame_is_acknowledged_at_once() -> None:
    session, screencast = await begun()
    session.show(1.0, jpeg())
    await asyncio.wait_for(session.acknowledged.wait(), 10)
    assert (screencast.changed, len(screencast.frames)) == (1.0, 1)
    await screencast.stop()


async def test_pictures_alike_are_kept_once() -> None:
    session, screencast = await begun()
    for at, picture in ((1.0, jpeg()), (2.0, jpeg()), (3.0, jpeg((TOP, "red"))), (4.0, jpeg())):
        session.show(at, picture)
    assert [at for at, _ in screencast.frames] == [1.0, 3.0, 4.0]
    await screencast.stop()


async def test_what_is_no_frame_is_passed_over_and_said() -> None:
    session, screencast = await begun()
    session.bend(data="AAAA", metadata={})
    session.bend(data="no base64!", metadata={"monotonicTimestamp": 1.0})
    assert screencast.frames == []
    assert screencast.truncated
    assert screencast.changed is None
    await screencast.stop()


async def test_frames_are_bounded_in_count_and_bytes() -> None:
    session, screencast = await begun()
    for number in range(700):
        session.show(float(number), b"%d" % number)
    assert (len(screencast.frames), screencast.truncated) == (600, True)
    await screencast.stop()
    session, screencast = await begun()
    for number in range(5):
        session.show(float(number), b"%d" % number * (8 << 20))
    assert (len(screencast.frames), screencast.truncated) == (3, True)
    await screencast.stop()


async def test_when_frames_may_have_been_dropped_the_picture_is_asked_for_anew() -> None:
    session, screencast = await begun()
    for number in range(3):
        session.show(float(number), b"%d" % number)
    async with asyncio.timeout(10):
        while session.count("Page.startScreencast") < 2:
            await asyncio.sleep(0.01)
    assert session.count("Page.stopScreencast") == 1
    session.show(9.0, jpeg())
    assert screencast.changed == 9.0
    await screencast.stop()


async def test_frames_from_before_the_picture_was_asked_for_anew_are_not_acknowledged() -> None:
    session, screencast = await begun()
    for number in range(14):
        session.show(float(number), b"%d" % number)
    async with asyncio.timeout(10):
        while session.count("Page.startScreencast") < 2:
            await asyncio.sleep(0.01)
    before = session.count("Page.screencastFrameAck")
    assert before < 14
    await asyncio.sleep(0.4)
    assert session.count("Page.screencastFrameAck") == before
    assert session.count("Page.startScreencast") == 2
    await screencast.stop()


async def test_a_page_that_never_stops_moving_is_paced() -> None:
    session, screencast = await begun()
    for number in range(40):
        session.show(float(number), b"%d" % number)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert session.count("Page.screencastFrameAck") <= 12
    await screencast.stop()
    assert session.count("Page.screencastFrameAck") < 40
