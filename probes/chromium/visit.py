"""One visit: a fresh context behind a fence, watched until the page is at rest, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from probes.chromium import captured, evidence
from probes.chromium.expect import check
from probes.chromium.faults import why_no_page
from probes.chromium.fence import Fence
from probes.chromium.hops import correct_addresses, documents, first_byte, hops_of
from probes.chromium.journey import Journey
from probes.chromium.order import Order
from probes.chromium.profiles import PROFILES
from probes.failure import Failure, OwnFault
from probes.firstscreen.capture import Capture, Ended
from probes.firstscreen.collect import collect
from probes.firstscreen.result import Vitals, compute
from probes.sample import Fault, Outcome

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, CDPSession, Page, ProxySettings

_CLEANING = 2.0
"""Seconds in which a context must be gone, or the browser goes with it."""
_AFTER = 3.0
"""Seconds of a visit's time that are kept for what comes after the watching."""
_LEAST = 1.0
"""Seconds without which a visit is not begun: what it found would say nothing of the page."""

_TOO_MUCH = Failure(Fault.CONTENT, "the page needed more memory than a page may have")


@dataclass(slots=True)
class Seen:
    """What one visit came to: the parts of a sample."""

    at: float = field(default_factory=monotonic)
    """When it began."""
    outcome: Outcome = Outcome.UNKNOWN
    fault: Fault | None = None
    detail: str | None = None
    capture: Capture | None = None
    vitals: Vitals | None = None
    hops: list[dict[str, Any]] = field(default_factory=list)
    first_byte: float | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    picture: bytes | None = None
    """The page as it was last seen."""
    clean: bool = True
    """Whether nothing of the visit is left in the browser."""
    broken: bool = False
    """Whether the browser or its driver is gone."""

    @property
    def first_screen(self) -> float | None:
        """The figure by which visits are compared, of those that were up."""
        return self.vitals.first_screen if self.vitals and self.outcome is Outcome.UP else None

    def figures(self) -> dict[str, float]:
        """The figures by name."""
        return self.vitals.figures() if self.vitals else {}

    def failed(self, failure: Failure) -> None:
        """The visit did not find the page."""
        self.outcome, self.fault, self.detail = failure.outcome, failure.fault, failure.detail


class Visit:
    """One visit under way."""

    def __init__(
        self, browser: Browser, fence: Fence, order: Order, until: float, *, overrun: Callable[[], bool]
    ) -> None:
        self.seen = Seen()
        self._browser = browser
        self._fence = fence
        self._order = order
        self._options = order.chosen()
        self._until = until
        self._overrun = overrun
        self._console = evidence.Console()
        self._closing: set[asyncio.Task[None]] = set()
        self._journey: Journey | None = None

    async def run(self) -> Seen:
        """Make the visit. What goes wrong is what was seen."""
        from playwright.async_api import Error

        try:
            if self._until - monotonic() < _LEAST:
                raise OwnFault(Fault.INTERNAL, "no time was left for the visit: its timeout is too short")
            async with asyncio.timeout_at(_loop_time(self._until)), self._context() as context:
                await self._watch(context)
        except Failure as failure:
            self.seen.failed(failure)
        except TimeoutError:
            late = Failure(Fault.TIMEOUT, "the visit was not over in its time")
            self.seen.failed(_TOO_MUCH if self._overrun() else late)
            self.seen.clean = False
        except Error as error:
            words = error.message.partition("\n")[0][:300]
            ended = OwnFault(Fault.INTERNAL, f"the browser ended in the middle of the visit: {words}")
            self.seen.failed(_TOO_MUCH if self._overrun() else ended)
            self.seen.broken = True
        self._tell()
        return self.seen

    async def _watch(self, context: BrowserContext) -> None:
        page = await context.new_page()
        context.on("page", self._close)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self._console.say(str(error)))
        cdp = await context.new_cdp_session(page)
        await self._throttle(cdp)
        left = self._until - monotonic()
        limit = min(self._options.limit, left - min(_AFTER, left / 3))
        capture = self.seen.capture = await collect(
            page, cdp, self._order.url, limit=limit, hide=self._options.hide
        )
        self.seen.vitals = _no_sooner(await asyncio.to_thread(compute, capture), capture)
        try:
            await self._judge(page, cdp, capture)
        finally:
            if self._order.keep:
                self.seen.picture = await captured.screenshot(cdp)
        self.seen.outcome = Outcome.UP

    async def _judge(self, page: Page, cdp: CDPSession, capture: Capture) -> None:
        asked = documents(capture)
        if capture.ended_by is Ended.FAILED or (asked and asked[-1].failed and asked[-1].status is None):
            raise self._failure(capture)
        await check(page, cdp, capture, self._options.expect)
        if self._options.steps:
            self._journey = Journey(page, self._options.steps, self._order.values)
            await self._journey.go(self._until)
        vitals = self.seen.vitals
        if vitals is not None and vitals.first_screen is None and not vitals.incomplete:
            raise Failure(Fault.CONTENT, "the page is blank: nothing was shown")

    def _failure(self, capture: Capture) -> Failure:
        return _TOO_MUCH if self._overrun() else why_no_page(capture, self._fence.connections)

    def _tell(self) -> None:
        """What the visit shows beside its outcome, however it ended."""
        seen, capture = self.seen, self.seen.capture
        told = seen.evidence
        told["console"] = self._console.errors
        told["console_count"] = self._console.count
        told["steps"] = self._journey.steps if self._journey else []
        if capture is None:
            return
        connections = self._fence.connections
        correct_addresses(capture, connections)
        seen.hops = [asdict(hop) for hop in hops_of(capture, connections)]
        seen.first_byte = first_byte(capture)
        refused = [(one.host.lower(), one.port) for one in connections if one.refused]
        asked = documents(capture)
        told["final_url"] = capture.dom.url if capture.dom else asked[-1].url if asked else None
        told["requests"] = evidence.requests_by_kind(capture)
        told["bytes"] = evidence.bytes_by_kind(capture)
        told["third_party"] = evidence.third_party(capture)
        told["failed"] = evidence.failed_requests(capture, refused)

    @asynccontextmanager
    async def _context(self) -> AsyncIterator[BrowserContext]:
        options, order = self._options, self._order
        made = PROFILES[options.profile].context(self._browser.version)
        if options.user_agent is not None:
            made["user_agent"] = options.user_agent
        if order.auth is not None:
            user, password = order.auth
            made["http_credentials"] = {"username": user, "password": password, "origin": _origin(order)}
        context = await self._browser.new_context(
            **made,
            proxy=self._proxy(),
            service_workers="block",
            accept_downloads=False,
            ignore_https_errors=options.insecure,
            extra_http_headers=dict(options.headers),
        )
        try:
            if order.cookies:
                await context.add_cookies(
                    [
                        {"name": name, "value": value, "url": order.url}
                        for name, value in order.cookies.items()
                    ]
                )
            yield context
        finally:
            await self._clean(context)

    def _proxy(self) -> ProxySettings:
        """The fence's, past which only HTTP/3 leads, by the door."""
        proxy: ProxySettings = {"server": f"socks5://127.0.0.1:{self._fence.port}"}
        if self._options.http3:
            proxy["bypass"] = f"{self._order.host}:{self._order.port}"
        return proxy

    async def _clean(self, context: BrowserContext) -> None:
        """Close the context, with all pages that are left; a browser that does not is no longer used."""
        self.seen.clean = False
        if self.seen.capture is not None and self.seen.capture.dom is None:
            return  # a page that does not answer does not close either
        with suppress(Exception):  # whatever it says, a browser that is not clean is thrown away
            async with asyncio.timeout(_CLEANING):
                await asyncio.gather(*self._closing, return_exceptions=True)
                await context.close()
                self.seen.clean = True

    async def _throttle(self, cdp: CDPSession) -> None:
        if self._options.cpu > 1:
            await cdp.send("Emulation.setCPUThrottlingRate", {"rate": self._options.cpu})

    def _close(self, page: Page) -> None:
        """Close a window that the page opened."""
        task = asyncio.ensure_future(_close(page))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _listen(self, message: Any) -> None:
        if message.type == "error":
            self._console.say(message.text)


def _no_sooner(vitals: Vitals, capture: Capture) -> Vitals:
    """The first screen of a page that had not come to rest came when the visit was cut, or later still."""
    if capture.ended_by is not Ended.LIMIT or vitals.first_screen is None:
        return vitals
    return replace(vitals, first_screen=max(vitals.first_screen, capture.ended))


async def _close(page: Page) -> None:
    with suppress(Exception):  # it goes with its context at the latest
        await page.close()


def _origin(order: Order) -> str:
    scheme, _, rest = order.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"


def _loop_time(at: float) -> float:
    """A moment of the monotonic clock, by the loop's."""
    return asyncio.get_running_loop().time() + at - monotonic()
