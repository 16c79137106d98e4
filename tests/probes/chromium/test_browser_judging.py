"""What is made of a capture, by captures made by hand: whether it is the page, and why there is none."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest
from firstscreen_made import capture
from playwright._impl._errors import TargetClosedError
from playwright.async_api import Error

from probes.chromium import captured, evidence
from probes.chromium.expect import MOST_DOCUMENTS, check
from probes.chromium.faults import why_no_page
from probes.chromium.fence import Connection
from probes.chromium.hops import first_byte
from probes.chromium.journey import Journey
from probes.chromium.options import Expect, Step
from probes.failure import Failure
from probes.firstscreen.capture import Capture, Dom, Request
from probes.sample import Fault, Outcome
from probes.shields import LOOKED_AT_BYTES

URL = "http://page.test/"
CHALLENGE = "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"


class FakeSession:
    """A DevTools session with one answer for everything."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.asked: list[str] = []
        self._answer = answer

    async def send(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(method)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class FakePage:
    """A page on which nothing can be done, and every locator is itself."""

    def __init__(self, error: Exception, *, closed: bool = False) -> None:
        self._error = error
        self._closed = closed
        self.first = self

    def locator(self, selector: str) -> FakePage:
        return self

    get_by_text = locator

    def filter(self, *, visible: bool) -> FakePage:
        return self

    async def wait_for(self, *, timeout: float) -> None:
        raise self._error

    def is_closed(self) -> bool:
        return self._closed


def document(url: str = URL, status: int | None = 200, **facts: Any) -> Request:
    made = Request("1", url, "Document", "GET", 0.0, main=True, status=status, ended=0.5)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def seen(*requests: Request, **facts: Any) -> Capture:
    return capture(requests=list(requests), **facts)


async def judged(
    visit: Capture, body: dict[str, Any] | Exception | None = None, page: Any = None, **expect: Any
) -> str:
    """The outcome and fault that ``visit`` comes to, and the words for it."""
    try:
        await check(page, FakeSession(body or {}), visit, Expect.model_validate(expect))  # type: ignore[arg-type]
    except Failure as failure:
        return f"{failure.outcome}, {failure.fault}: {failure.detail}"
    return "up"


async def test_a_page_that_came_is_up() -> None:
    assert await judged(seen(document())) == "up"
    assert await judged(seen(document(status=404)), status=[404, 410]) == "up"


@pytest.mark.parametrize(
    ("visit", "words"),
    [
        (seen(), "down, timeout: no answer within 5 s"),
        (seen(document(status=None)), f"down, timeout: no answer within 5 s: waiting for {URL}"),
        (seen(document(status=500)), "down, status: the answer's status is 500"),
        (
            seen(*[document()] * (MOST_DOCUMENTS + 1)),
            "down, redirect: the page led on and on: 21 documents",
        ),
        (
            seen(document(failed="net::ERR_CONTENT_LENGTH_MISMATCH")),
            "down, protocol: the document broke off: net::ERR_CONTENT_LENGTH_MISMATCH",
        ),
        (
            Capture(URL, 0.0, 1, 1, ended=2.5, requests=[document()]),
            "down, timeout: the page came, but was too busy to answer after 2.5 s",
        ),
        (seen(document(ended=None)), "down, timeout: the document was not all there after 5 s"),
        (
            seen(document(), dom=Dom("about:blank")),
            "down, redirect: the page leads out of the web, to about:blank",
        ),
    ],
)
async def test_a_page_that_is_not_as_it_should_be_says_how(visit: Capture, words: str) -> None:
    assert await judged(visit) == words


async def test_a_document_that_led_on_need_not_be_whole() -> None:
    assert await judged(seen(document(ended=None), dom=Dom(f"{URL}other"))) == "up"
    broken = await judged(seen(document(ended=None), dom=Dom(f"{URL}#part")))
    assert broken.startswith("down, timeout")


async def test_a_challenge_is_told_by_its_text_whatever_its_status() -> None:
    shielded = document(status=403, response_headers={"Server": "cloudflare", "cf-mitigated": "challenge"})
    words = await judged(seen(shielded), {"body": CHALLENGE})
    assert words.startswith("blocked, blocked: ")
    assert "Cloudflare (status 403)" in words


@pytest.mark.parametrize(
    "body",
    [
        {"body": CHALLENGE, "base64Encoded": True},
        {"body": CHALLENGE + " " * LOOKED_AT_BYTES},
        Error("No data found for resource with given identifier"),
        TimeoutError(),
    ],
    ids=["no text", "large", "not there", "late"],
)
async def test_a_text_that_is_not_to_be_had_is_no_challenge(body: dict[str, Any] | Exception) -> None:
    assert (await judged(seen(document(status=403)), body)).startswith("down, status")


async def test_the_text_of_a_large_page_is_not_asked_for() -> None:
    session = FakeSession({})
    await check(None, session, seen(document(bytes=LOOKED_AT_BYTES + 1)), Expect())  # type: ignore[arg-type]
    assert session.asked == []


async def test_what_must_be_visible_and_is_not_is_named() -> None:
    page = FakePage(Error("Timeout 500ms exceeded"))
    told = await judged(seen(document()), page=page, selector="#buy")
    assert told == "down, content: nothing that '#buy' selects visible"
    told = await judged(seen(document()), page=page, text="Buy now")
    assert told == "down, content: the text 'Buy now' is nowhere visible"


async def test_a_browser_that_is_gone_says_nothing_of_the_page() -> None:
    gone = TargetClosedError()
    with pytest.raises(TargetClosedError):
        await judged(seen(document()), gone)
    with pytest.raises(TargetClosedError):
        await judged(seen(document()), page=FakePage(gone), selector="#buy")
    with pytest.raises(TargetClosedError):
        await captured.screenshot(FakeSession(gone))  # type: ignore[arg-type]


async def test_a_picture_that_is_not_given_is_none() -> None:
    assert await captured.screenshot(FakeSession({"data": "YWJj"})) == b"abc"  # type: ignore[arg-type]
    for error in (Error("Unable to capture screenshot"), TimeoutError()):
        assert await captured.screenshot(FakeSession(error)) is None  # type: ignore[arg-type]


async def gone(page: FakePage, until: float) -> Journey:
    step = Step.model_validate({"wait_for": "#thanks"})
    journey = Journey(page, [step], [None])  # type: ignore[arg-type]
    with pytest.raises((Failure, Error)) as caught:
        await journey.go(until)
    journey.steps[0]["raised"] = caught.value
    return journey


async def test_a_step_for_which_no_time_is_left_is_not_made() -> None:
    (step,) = (await gone(FakePage(Error("never asked")), monotonic() - 1)).steps
    assert (step["raised"].fault, step["error"]) == (Fault.TIMEOUT, "no time was left for it")
    assert step["duration"] is not None


async def test_a_step_that_fails_is_the_pages_fault_where_the_page_is_there() -> None:
    error = Error("Unknown engine\nCall log: ...")
    (step,) = (await gone(FakePage(error), monotonic() + 60)).steps
    assert step["raised"].detail == "step 1 (wait_for #thanks): Unknown engine"
    (step,) = (await gone(FakePage(error, closed=True), monotonic() + 60)).steps
    assert step["raised"] is error


FAILED = "net::ERR_CONNECTION_REFUSED"


@pytest.mark.parametrize(
    ("visit", "fault", "words"),
    [
        (seen(), Fault.CONTENT, "no page came"),
        (seen(error="it went wrong"), Fault.CONTENT, "it went wrong"),
        (seen(error=f"Page.goto: {FAILED}"), Fault.CONNECT, "ERR_CONNECTION_REFUSED"),
        (seen(document("tel:1")), Fault.REDIRECT, "the page leads out of the web, to tel:1"),
        (seen(document(status=204), error="net::ERR_ABORTED"), Fault.CONTENT, "status 204: there is no page"),
        (seen(document(status=None, failed=FAILED)), Fault.CONNECT, "ERR_CONNECTION_REFUSED"),
        (seen(document(status=None), error="it went wrong"), Fault.CONTENT, "it went wrong"),
        (
            seen(document("https://page.test/", None, failed="net::ERR_CONNECTION_CLOSED")),
            Fault.TLS,
            "in the TLS handshake",
        ),
        (
            seen(document(status=None, failed="net::ERR_FAILED"), error=FAILED),
            Fault.CONNECT,
            "ERR_CONNECTION_REFUSED",
        ),
    ],
)
def test_why_there_is_no_page(visit: Capture, fault: Fault, words: str) -> None:
    failure = why_no_page(visit, [])
    assert (failure.outcome, failure.fault) == (Outcome.DOWN, fault)
    assert words in (failure.detail or "")


def test_what_the_fence_saw_of_the_last_document_counts() -> None:
    first, last = Connection("page.test", 80, asked=0.0), Connection("PAGE.test.", 80, asked=1.0)
    other = Connection("other.test", 80, asked=2.0, failure=Failure(Fault.DNS, "not this one"))
    last.failure = Failure(Fault.CONNECT, "192.0.2.1 port 80: Connection refused")
    visit = seen(document(status=None, failed="net::ERR_SOCKS_CONNECTION_FAILED"))
    assert why_no_page(visit, [first, last, other]) is last.failure


def test_a_document_without_times_has_no_first_byte() -> None:
    assert first_byte(seen()) is None
    assert first_byte(seen(document(status=None))) is None
    assert first_byte(seen(document())) is None
    timed = {"receiveHeadersEnd": 250.0}
    assert first_byte(seen(document(timing=timed))) is None
    assert first_byte(seen(document(timing=timed, sent=0.5))) == 0.75


def test_where_the_document_is_of_no_site_all_else_is_a_third_partys() -> None:
    part = Request("2", "http://cdn.test/x.png", "Image", "GET", 0.0, bytes=5)
    assert evidence.third_party(seen(document("about:blank"), part)) == {"requests": 1, "bytes": 5}
