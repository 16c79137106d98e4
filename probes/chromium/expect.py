"""Whether what came is the page: its status, no challenge in its place, and what a visitor must see."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from probes.chromium.hops import documents, place_of
from probes.chromium.options import Expect
from probes.failure import Blocked, Failure
from probes.firstscreen.capture import Capture, Request
from probes.firstscreen.world import is_gone
from probes.sample import Fault
from probes.shields import LOOKED_AT_BYTES, find_shield
from probes.wire.exchange import Head, Headers

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

MOST_DOCUMENTS = 20
"""How often a page may lead on, as many as a browser follows redirects."""
_ANSWER = 2.0
"""Seconds that the browser may take to hand a body over, or to say what is visible."""
_SOON = 500
"""Milliseconds that something which must be visible is given once the page is at rest."""


async def check(page: Page, cdp: CDPSession, capture: Capture, expect: Expect) -> None:
    """Hold a visit that came to a page against what a page must be.

    Raises:
        Failure: it is not.
    """
    asked = documents(capture)
    if not asked or asked[-1].status is None:
        words = f": waiting for {asked[-1].url}" if asked else ""
        raise Failure(Fault.TIMEOUT, f"no answer within {capture.ended:.3g} s{words}")
    document = asked[-1]
    await _look_for_shields(cdp, document)
    _check_status(document, expect)
    if len(asked) > MOST_DOCUMENTS:
        raise Failure(Fault.REDIRECT, f"the page led on and on: {len(asked)} documents")
    _check_whole(document, capture)
    if capture.dom is not None and place_of(capture.dom.url) is None:
        raise Failure(Fault.REDIRECT, f"the page leads out of the web, to {capture.dom.url[:100]}")
    await _check_content(page, expect)


def _check_whole(document: Request, capture: Capture) -> None:
    seconds = f"{capture.ended:.3g} s"
    if document.failed is not None:
        raise Failure(Fault.PROTOCOL, f"the document broke off: {document.failed}")
    if capture.dom is None:
        raise Failure(Fault.TIMEOUT, f"the page came, but was too busy to answer after {seconds}")
    if document.ended is None and capture.dom.url.partition("#")[0] == document.url.partition("#")[0]:
        raise Failure(Fault.TIMEOUT, f"the document was not all there after {seconds}")


async def _look_for_shields(cdp: CDPSession, document: Request) -> None:
    head = Head(document.status or 0, _encoded(document), 0.0, 0.0, None)
    shield = find_shield(head, await _body(cdp, document))
    if shield is not None:
        raise Blocked(f"{shield.says} of {shield.shield} (status {head.status})")


def _encoded(document: Request) -> Headers:
    return tuple(
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in document.response_headers.items()
    )


async def _body(cdp: CDPSession, document: Request) -> bytes:
    """The document's text where it is small enough to be a challenge, else nothing."""
    from playwright.async_api import Error

    if document.bytes > LOOKED_AT_BYTES:
        return b""
    try:
        async with asyncio.timeout(_ANSWER):
            answer = await cdp.send("Network.getResponseBody", {"requestId": document.id})
    except (TimeoutError, Error) as error:
        if is_gone(error):
            raise
        return b""
    body = b"" if answer.get("base64Encoded") else str(answer.get("body", "")).encode()
    return body if len(body) <= LOOKED_AT_BYTES else b""


def _check_status(document: Request, expect: Expect) -> None:
    status = document.status or 0
    if status not in expect.status if expect.status else not 200 <= status < 300:
        raise Failure(Fault.STATUS, f"the answer's status is {status}")


async def _check_content(page: Page, expect: Expect) -> None:
    from playwright.async_api import Error

    wanted = []
    if expect.selector is not None:
        wanted.append((f"nothing that {expect.selector!r} selects", page.locator(expect.selector)))
    if expect.text is not None:
        wanted.append((f"the text {expect.text!r} is nowhere", page.get_by_text(expect.text)))
    for words, locator in wanted:
        try:
            async with asyncio.timeout(_ANSWER):
                await locator.filter(visible=True).first.wait_for(timeout=_SOON)
        except (TimeoutError, Error) as error:
            if is_gone(error):
                raise
            raise Failure(Fault.CONTENT, f"{words} visible") from error
