"""Bodies that explode, and whatever else a server may fill a client with: all within 16 MiB a visit.

Memory is that of a process of its own (its largest size during the visit, less its size before), because
what decoders take is invisible to Python.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from typing import Any

import brotli
import pytest
from authority import Authority
from backports import zstd
from bombs import BLOCK, BLOCKS, brotli_bomb, gzip_bomb, nested_gzip_bomb, zstd_bomb
from enduring import AMPLE, SHORT, Endure
from framing import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    HEADERS,
    PADDED,
    PING,
    SETTINGS,
    WINDOW_UPDATE,
    frame,
    headers,
    http2,
    repeating,
)
from prober import Prober, prober
from scripted import Script, answering, flooding, head, push, response, serve

from probes.sample import Fault, Outcome

LIMIT = 16 << 20
MAX_BODY = 8 << 20


def coded(coding: str) -> bytes:
    """The head of a response whose body is coded and ends with the connection."""
    return f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n".encode()


def exploding(coding: str, first: bytes, block: bytes, times: int = BLOCKS) -> Script:
    """A script that sends a bomb to its end."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(coded(coding) + first)
        for _ in range(0, times, 64):
            await push(writer, block * 64)

    return script


def nested() -> Script:
    return exploding("gzip, gzip", nested_gzip_bomb(), b"", 0)


BOMBS = {
    "gzip": lambda: exploding("gzip", *gzip_bomb()),
    "brotli": lambda: exploding("br", *brotli_bomb()),
    "brotli-with-a-window-of-16-mib": lambda: exploding("br", *brotli_bomb(window_log=24)),
    "zstd": lambda: exploding("zstd", *zstd_bomb()),
    "gzip-in-gzip": nested,
    "zstd-with-a-window-of-2-gib": lambda: exploding("zstd", *zstd_bomb(window_log=31)),
    "zstd-with-a-window-of-128-mib": lambda: exploding("zstd", *zstd_bomb(window_log=27)),
}


TOO_MUCH = ("decompresses to more than", "needs a window", "requires too much memory")
"""What is said of a bomb, and not of a body that is merely broken."""


def test_a_bomb_is_as_large_as_it_says() -> None:
    """Else the tests below would test nothing; a part of each stands for all of it."""
    first, block = gzip_bomb()
    unpack = zlib.decompressobj(31)
    unpack.decompress(first)
    assert len(unpack.decompress(block * 3)) == 3 * BLOCK
    first, block = brotli_bomb()
    assert len(brotli.Decompressor().process(first + block * 3)) == 5 * BLOCK
    first, block = zstd_bomb()
    assert len(zstd.ZstdDecompressor().decompress(first + block * 3)) == 3 * BLOCK
    assert BLOCK * BLOCKS == 10 << 30


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_of_ten_gibibytes(endure: Endure, bomb: str) -> None:
    async with serve(BOMBS[bomb]()) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONTENT)
    assert any(reason in (sample.detail or "") for reason in TOO_MUCH)
    assert sample.status == 200
    assert sample.hops[0].wait is not None


@pytest.mark.parametrize("window_log", [16, 22, 24])
async def test_a_wide_window_alone_is_no_fault(endure: Endure, window_log: int) -> None:
    """Pages are packed with the widest window there is, and need little of it."""
    page = b"<p>hello</p>" * 100_000
    packed = brotli.compress(page, lgwin=window_log)
    async with serve(answering(response(packed, "Content-Encoding: br"))) as server:
        sample = await endure(server.url(), expect={"body": "hello"})
    assert (sample.outcome, sample.fault) == (Outcome.UP, None), sample.detail


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br"])
@pytest.mark.parametrize(
    "noise", [b"not compressed at all" * 10, b"\x1f\x8b\x08\x00" + bytes(40), b"\xff" * 100]
)
async def test_a_coding_that_is_not_what_it_says(endure: Endure, coding: str, noise: bytes) -> None:
    answer = coded(coding) + noise

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(answer)

    async with serve(script) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONTENT)


@pytest.mark.parametrize("coding", ["compress", "aes128gcm", "gzip" + ", gzip" * 50, "x" * 5000])
async def test_a_coding_that_nobody_asked_for(endure: Endure, coding: str) -> None:
    async with serve(flooding(coded(coding), bytes(65536))) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONTENT)
    assert len(sample.detail or "") < 1000


async def test_a_coded_body_that_is_cut_short(endure: Endure) -> None:
    whole = zlib.compress(b"hello" * 1000, wbits=31)
    answer = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(whole) - 9}\r\n\r\n".encode()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(answer + whole[:-9])

    async with serve(script) as server:
        sample = await endure(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONTENT)


OK = b"HTTP/1.1 200 OK\r\n"
STATUS_200 = headers()

FLOODS: dict[str, Script] = {
    "body": flooding(OK + b"\r\n", bytes(65536)),
    "body-in-one-chunk": flooding(OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n", bytes(65536)),
    "body-in-small-chunks": flooding(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 10_000),
    "chunk-extensions": flooding(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a=b;" * 10_000),
    "trailers": flooding(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: y\r\n" * 1000),
    "headers": flooding(OK, b"X-Flood: y\r\n" * 1000),
    "one-header": flooding(OK + b"X-Flood: ", b"y" * 65536),
    "status-line": flooding(b"HTTP/1.1 200 ", b"y" * 65536),
    "folded-header": flooding(OK + b"X-Flood: y\r\n", b" y\r\n" * 10_000),
    "cookies": flooding(OK, b"Set-Cookie: " + b"a" * 4000 + b"=b\r\n"),
    "informational": flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "noise": flooding(b"", b"\xff" * 65536),
}

FLOODS_H2: dict[str, Script] = {
    "body": http2(
        repeating(
            lambda stream: frame(HEADERS, END_HEADERS, stream, STATUS_200),
            lambda stream: frame(DATA, 0, stream, bytes(16384)) * 4,
        )
    ),
    "empty-data": http2(
        repeating(
            lambda stream: frame(HEADERS, END_HEADERS, stream, STATUS_200),
            lambda stream: frame(DATA, 0, stream) * 1000,
        )
    ),
    "padding": http2(
        repeating(
            lambda stream: frame(HEADERS, END_HEADERS, stream, STATUS_200),
            lambda stream: frame(DATA, PADDED, stream, b"\xff" + bytes(255)) * 200,
        )
    ),
    "continuation": http2(
        repeating(
            lambda stream: frame(HEADERS, 0, stream, STATUS_200),
            lambda stream: frame(CONTINUATION, 0, stream, b"\x00\x01a\x01b" * 2000),
        )
    ),
    "settings": http2(repeating(lambda stream: b"", lambda stream: frame(SETTINGS, 0, 0) * 1000)),
    "ping": http2(repeating(lambda stream: b"", lambda stream: frame(PING, 0, 0, bytes(8)) * 1000)),
    "window-update": http2(
        repeating(lambda stream: b"", lambda stream: frame(WINDOW_UPDATE, 0, 0, bytes([0, 0, 0, 1])) * 1000)
    ),
    "unknown-frames": http2(
        repeating(lambda stream: b"", lambda stream: frame(0xEE, 0, 0, bytes(16000)) * 4)
    ),
    "informational": http2(
        repeating(
            lambda stream: b"",
            lambda stream: frame(HEADERS, END_HEADERS, stream, headers(status="103")) * 100,
        )
    ),
}


async def measured(prober: Prober, url: str, deadline: float = SHORT, **options: Any) -> dict[str, Any]:
    """What the other process saw and how much it grew; this one's servers run on meanwhile."""
    question = {"url": url, "timeout": deadline, "options": {"max_body": MAX_BODY_TEXT, **options}}
    return await asyncio.to_thread(prober.ask, question)


MAX_BODY_TEXT = "8MiB"


@pytest.fixture(scope="module")
def warm() -> Iterator[Prober]:
    """A process after a visit to a large harmless body: what it keeps for good, it has now.

    One of this module's own, so that it is the visit's need that is measured, and no other test's leavings.
    """
    with prober() as process:
        _warm_up(process)
        yield process


def _warm_up(prober: Prober) -> None:
    body = b"x" * MAX_BODY
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def visit() -> dict[str, Any]:
        async with serve(answering(answer + body)) as server:
            return await measured(prober, server.url(), AMPLE)

    seen = asyncio.run(visit())
    assert seen["sample"]["outcome"] == "up", seen
    assert seen["sample"]["bytes"] == MAX_BODY
    assert seen["grown"] < LIMIT


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_takes_no_more_memory_than_a_visit_may(warm: Prober, bomb: str) -> None:
    async with serve(BOMBS[bomb]()) as server:
        seen = await measured(warm, server.url(), AMPLE)
    assert seen["sample"]["fault"] == "content"
    assert any(reason in seen["sample"]["detail"] for reason in TOO_MUCH)
    assert seen["grown"] < LIMIT


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_takes_no_more_memory_than_a_visit_may(warm: Prober, flood: str) -> None:
    async with serve(FLOODS[flood]) as server:
        seen = await measured(warm, server.url())
    assert seen["sample"]["fault"] in {"protocol", "content", "timeout"}
    assert seen["grown"] < LIMIT


@pytest.mark.parametrize("flood", FLOODS_H2)
async def test_a_flood_over_http2_takes_no_more_memory_than_a_visit_may(
    warm: Prober, authority: Authority, flood: str
) -> None:
    async with serve(FLOODS_H2[flood], tls=authority.leaf("site.test").context("h2")) as server:
        pin = f"site.test:{server.port}:127.0.0.1"
        ca = str(authority.ca_file)
        seen = await measured(warm, server.url(host="site.test"), resolve=[pin], ca=ca)
    assert seen["sample"]["fault"] in {"protocol", "content", "timeout"}
    assert seen["grown"] < LIMIT
