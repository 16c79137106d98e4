"""HTTP/1.1 servers that drip, flood, lie and break off."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct

import pytest
from enduring import SHORT, Endure
from scripted import Script, answering, dripping, flooding, head, push, response, serve, silent

from probes.sample import Fault, Outcome

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


async def test_a_header_that_drips(endure: Endure) -> None:
    async with serve(dripping(OK, b"X-Slow: byte by byte\r\n")) as server:
        sample = await endure(server.url(), SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.hops[0].connect is not None
    assert sample.hops[0].transfer is None


async def test_a_status_line_that_drips(endure: Endure) -> None:
    async with serve(dripping(b"", b"HTTP/1.1 200 OK and so on")) as server:
        sample = await endure(server.url(), SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)


async def test_a_body_that_drips(endure: Endure) -> None:
    async with serve(dripping(OK + b"Content-Length: 1000000\r\n\r\n", b"drip")) as server:
        sample = await endure(server.url(), SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.status == 200
    assert sample.ttfb is not None
    assert sample.hops[0].wait is not None


async def test_chunks_that_drip(endure: Endure) -> None:
    async with serve(dripping(CHUNKED, b"1\r\nx\r\n")) as server:
        sample = await endure(server.url(), SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.status == 200


async def test_a_response_that_never_begins(endure: Endure) -> None:
    async with serve(silent) as server:
        sample = await endure(server.url(), SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.hops[0].connect is not None
    assert sample.hops[0].wait is None
    assert sample.ttfb is None


@pytest.mark.parametrize(
    ("before", "block"),
    [
        (OK + b"\r\n", bytes(65536)),
        (OK + b"Content-Length: 1000000000000\r\n\r\n", bytes(65536)),
        (CHUNKED, b"10000\r\n" + bytes(65536) + b"\r\n"),
        (CHUNKED, b"1\r\nx\r\n" * 10_000),
    ],
    ids=["till-close", "by-length", "large-chunks", "small-chunks"],
)
async def test_a_body_without_end(endure: Endure, before: bytes, block: bytes) -> None:
    async with serve(flooding(before, block)) as server:
        sample = await endure(server.url(), max_body="64KiB")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONTENT)
    assert sample.status == 200


async def test_a_body_in_tiny_chunks_keeps_no_other_visit_waiting(endure: Endure) -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with serve(flooding(CHUNKED, b"1\r\nx\r\n" * 100_000)) as server:
        turning = asyncio.create_task(turn())
        sample = await endure(server.url(), SHORT)
        turning.cancel()
    assert sample.outcome is Outcome.DOWN
    assert sample.bytes is not None
    assert sample.bytes > 1000
    # A byte is a chunk here, and a turn of the loop must come round every few hundred of them.
    assert turns > sample.bytes / 1000


@pytest.mark.parametrize(
    "block",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 100,
        (b"X-Flood: " + b"y" * 100 + b"\r\n") * 100,
        b"z" * 65536,
    ],
    ids=["100", "103", "after-nothing", "one-line"],
)
async def test_a_head_without_end(endure: Endure, block: bytes) -> None:
    async with serve(flooding(b"" if b"HTTP" in block else OK, block)) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)


async def test_informational_responses_that_drip(endure: Endure) -> None:
    async with serve(dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", every=0.001)) as server:
        sample = await endure(server.url(), SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.ttfb is None


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x01\x02\x03" * 100,
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"220 mail.test ESMTP\r\n",
        b"<html>HTTP/0.9 it is</html>",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad\x00Name: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_garbage_in_place_of_a_response(endure: Endure, answer: bytes) -> None:
    async with serve(answering(answer)) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert sample.detail


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.",
        OK,
        OK + b"Content-Type: text/ht",
        OK + b"Content-Length: 100\r\n\r\nhello",
        CHUNKED + b"100\r\nhello",
        CHUNKED + b"5\r\nhello\r\n",
        CHUNKED + b"5\r\nhello\r\n0\r\n",
    ],
    ids=[
        "at-once",
        "status-line",
        "headers",
        "header-line",
        "content-length",
        "chunk",
        "last-chunk",
        "trailers",
    ],
)
async def test_a_connection_closed_too_soon(endure: Endure, answer: bytes) -> None:
    async with serve(answering(answer)) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    seen = 200 if b"\r\n\r\n" in answer else None
    assert sample.status == seen


def resetting(before: bytes) -> Script:
    """A script that sends ``before`` and then resets the connection."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        await push(writer, before)
        await asyncio.sleep(0.05)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    return script


@pytest.mark.parametrize("before", [b"", OK, OK + b"Content-Length: 100\r\n\r\nhello"])
async def test_a_connection_reset(endure: Endure, before: bytes) -> None:
    async with serve(resetting(before)) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)


async def test_a_body_longer_than_its_length_is_cut_there(endure: Endure) -> None:
    answer = OK + b"Content-Length: 5\r\n\r\nhello, and more that nobody asked for"
    async with serve(answering(answer)) as server:
        sample = await endure(server.url(), expect={"body": "hello"})
        more = await endure(server.url(), expect={"body": "nobody asked"})
    assert sample.outcome is Outcome.UP
    assert (more.outcome, more.fault) == (Outcome.DOWN, Fault.CONTENT)


async def test_a_server_that_does_not_read_what_is_sent(endure: Endure) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async with serve(script) as server:
        sample = await endure(server.url(), SHORT, method="POST", body="x" * (32 << 20))
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)


async def test_an_answer_before_the_request_is_all_sent(endure: Endure) -> None:
    """A server may refuse a large body early; what it said counts."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        await push(writer, response(b"too large", status="413 Content Too Large"))
        for _ in itertools.repeat(None):
            if not await reader.read(65536):
                return

    async with serve(script) as server:
        sample = await endure(server.url(), method="POST", body="x" * (1 << 20))
    assert (sample.outcome, sample.fault, sample.status) == (Outcome.DOWN, Fault.STATUS, 413)
