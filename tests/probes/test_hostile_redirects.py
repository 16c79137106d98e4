"""Redirects that lead round in circles, on for ever, or nowhere."""

from __future__ import annotations

import asyncio

import pytest
from enduring import SHORT, Endure
from scripted import Script, answering, flooding, head, push, redirect, refused_port, response, serve

from probes.sample import Fault, Outcome


def counting(upto: int) -> Script:
    """A script that sends each number on to the next, ``upto`` the last."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = int((await head(reader)).split()[1].strip(b"/") or b"0")
        writer.write(redirect(f"/{number + 1}") if number < upto else response())

    return script


async def test_a_redirect_to_itself(endure: Endure) -> None:
    async with serve(answering(redirect("/"))) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.REDIRECT)
    assert server.connections <= 30


async def test_two_pages_that_send_back_and_forth(endure: Endure) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await head(reader)).split()[1]
        writer.write(redirect("/b" if asked == b"/a" else "/a"))

    async with serve(script) as server:
        sample = await endure(server.url("/a"))
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.REDIRECT)
    assert server.connections <= 30


async def test_ten_thousand_redirects(endure: Endure) -> None:
    async with serve(counting(10_000)) as server:
        sample = await endure(server.url("/0"))
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.REDIRECT)
    assert server.connections <= 30
    assert len(sample.hops) <= 30
    assert all(hop.status == 302 for hop in sample.hops)


async def test_ten_thousand_redirects_that_the_config_allows_end_at_the_deadline(endure: Endure) -> None:
    async with serve(counting(10_000)) as server:
        sample = await endure(server.url("/0"), SHORT, redirects=50)
    assert (sample.outcome, sample.fault) in {
        (Outcome.DOWN, Fault.REDIRECT),
        (Outcome.DOWN, Fault.TIMEOUT),
    }
    assert len(sample.hops) <= 51


async def test_as_many_redirects_as_allowed_are_followed(endure: Endure) -> None:
    async with serve(counting(3)) as server:
        reached = await endure(server.url("/0"), redirects=3)
        beyond = await endure(server.url("/0"), redirects=2)
    assert reached.outcome is Outcome.UP
    assert [hop.status for hop in reached.hops] == [302, 302, 302, 200]
    assert all(hop.wait is not None for hop in reached.hops)
    assert (beyond.outcome, beyond.fault) == (Outcome.DOWN, Fault.REDIRECT)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "data:text/html,hello",
        "javascript:alert(1)",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:70/_x",
        "unix:/run/docker.sock",
        "mailto:someone@site.test",
        "http://",
        "http:///nowhere",
        "https://",
        "http://:80/",
        "http://[::1",
        "http://[not-an-address]/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:port/",
        "http://" + "a" * 64 + ".test/",
        "http://" + ".".join(["label"] * 60) + "/",
        "http://a..test/",
        "http://xn--/",
        "http://site\x7f.test/",
        "http://site.test/" + "x" * 30_000,
    ],
)
async def test_a_redirect_that_leads_nowhere(endure: Endure, location: str) -> None:
    async with serve(answering(redirect(location))) as server:
        sample = await endure(server.url(), nameservers=[f"127.0.0.1:{refused_port()}"])
    assert sample.outcome is Outcome.DOWN
    # Where the address could be one, it is the look-up that finds out.
    assert sample.fault is Fault.REDIRECT or (sample.fault is Fault.DNS and "http" in location)
    assert sample.hops[0].status == 302
    assert server.connections == 1


async def test_a_redirect_without_a_location(endure: Endure) -> None:
    async with serve(answering(response(b"", status="302 Found"))) as server:
        sample = await endure(server.url())
    assert sample.outcome is Outcome.DOWN
    assert sample.fault in {Fault.REDIRECT, Fault.STATUS}


async def test_a_redirect_to_a_refused_port(endure: Endure) -> None:
    port = refused_port()
    async with serve(answering(redirect(f"http://127.0.0.1:{port}/"))) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert [hop.status for hop in sample.hops] == [302, None]
    assert sample.hops[0].wait is not None
    assert sample.ttfb is None


async def test_a_redirect_whose_body_never_ends(endure: Endure) -> None:
    """The body of a redirect is nobody's to read in full."""
    before = b"HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n"

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await head(reader)).split()[1]
        if asked == b"/next":
            writer.write(response())
            return
        writer.write(before)
        while True:
            await push(writer, bytes(65536))

    async with serve(script) as server:
        sample = await endure(server.url(), max_body="256KiB")
    assert sample.outcome is Outcome.UP or sample.fault in {Fault.CONTENT, Fault.REDIRECT}
    assert sample.hops[0].status == 302


async def test_locations_without_end(endure: Endure) -> None:
    async with serve(flooding(b"HTTP/1.1 302 Found\r\n", b"Location: /again\r\n" * 100)) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
