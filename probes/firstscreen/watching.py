"""Watching: what a visit shows while it lasts, and when there is nothing more to wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from probes.firstscreen.capture import Capture, Ended, Frame
from probes.firstscreen.network import BLOCKING, Network
from probes.firstscreen.reading import Reader
from probes.firstscreen.rest import State, rest_at
from probes.firstscreen.screencast import Screencast
from probes.firstscreen.world import World

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

_MOBILE = (412, 823)


class Watching:
    """The observers of one visit: the network, the pictures and the document."""

    def __init__(self, page: Page, cdp: CDPSession, frame: str) -> None:
        self.crashed = False
        self.world = World(cdp, frame)
        self._page = page
        self._cdp = cdp
        self._network = Network(frame)
        self._screencast = Screencast(cdp)
        self._awaiting: float | None = None
        size = page.viewport_size
        self._size = (size["width"], size["height"]) if size else _MOBILE
        self._handlers = {
            "Network.requestWillBeSent": self._network.sent,
            "Network.responseReceived": self._network.responded,
            "Network.requestServedFromCache": self._network.served_from_cache,
            "Network.loadingFinished": self._network.finished,
            "Network.loadingFailed": self._network.failed,
        }

    async def open(self, hide: Sequence[str]) -> None:
        """Have all observers in place."""
        self._page.on("crash", self._crash)
        for name, handler in self._handlers.items():
            self._cdp.on(name, handler)
        await self._cdp.send("Page.enable")
        await self._cdp.send("Network.enable")
        await self.world.install(hide)
        await self._screencast.start(*self._size)

    async def close(self) -> None:
        """Watch no more."""
        self._page.remove_listener("crash", self._crash)
        for name, handler in self._handlers.items():
            self._cdp.remove_listener(name, handler)
        await self._screencast.stop()

    def rest_at(self, answer: Mapping[str, Any], now: float) -> float | None:
        """When the page is at rest if nothing more happens, by its answer to a look ``now``."""
        network = self._network
        if network.wall is None:
            return None
        look = Reader(answer, network.wall).look()
        network.set_aside(look.aside)
        if not look.awaiting:
            self._awaiting = None
        elif self._awaiting is None:
            self._awaiting = now
        pending = network.pending()
        blocking = [one.started for one in pending if one.kind in BLOCKING]
        if self._awaiting is not None:
            blocking.append(self._awaiting)
        frame = self._screencast.changed
        state = State(
            shown=look.fcp is not None or look.load is not None,
            network=network.stirred,
            grown=look.grown,
            busy=look.busy,
            frame=None if frame is None else network.since_start(frame),
            blocking=min(blocking, default=None),
            others=tuple(one.started for one in pending if one.kind not in BLOCKING),
        )
        return rest_at(state)

    def capture(
        self, url: str, report: Mapping[str, Any] | None, ended: float, by: Ended, error: str | None
    ) -> Capture:
        """What was seen of the visit to ``url``."""
        network = self._network
        capture = Capture(url, network.wall or 0.0, *self._size, ended=ended, ended_by=by, error=error)
        capture.requests = network.requests
        capture.causes = network.causes()
        capture.truncated = network.truncated or self._screencast.truncated
        if network.wall is None:
            return capture
        capture.frames = _frames([(network.since_start(at), jpeg) for at, jpeg in self._screencast.frames])
        if report is not None:
            reader = Reader(report, capture.started)
            capture.dom = reader.dom(network.requests)
            capture.navigation = reader.navigation
            capture.fcp, capture.lcp, capture.load = map(reader.moment, ("fcp", "lcp", "load"))
            capture.shifts, capture.tasks, capture.marks = reader.shifts(), reader.tasks(), reader.marks()
        return capture

    def _crash(self, _: object) -> None:
        self.crashed = True


def _frames(pictures: Sequence[tuple[float, bytes]]) -> list[Frame]:
    """Frames in order; of those before the visit's start, the last one is where it starts from."""
    before = [jpeg for at, jpeg in pictures if at < 0]
    first = [Frame(0.0, before[-1])] if before else []
    return first + sorted((Frame(at, jpeg) for at, jpeg in pictures if at >= 0), key=lambda one: one.at)
