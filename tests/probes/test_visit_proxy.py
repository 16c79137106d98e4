"""Visits through an HTTP proxy: marked as such, tunnelled for https, absolute form for http."""

import asyncio

import pytest
from scripted import answering, head, refused_port, response, serve

from probes.sample import Fault, Outcome


def _proxying(heads, status=b"200 OK"):
    async def script(reader, writer):
        raw = await head(reader)
        heads.append(raw)
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 " + status + b"\r\n\r\n")
        if not status.startswith(b"200"):
            return
        host, _, port = raw.split(b" ")[1].decode().rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.transport.abort()

    return script


async def _pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.write_eof()


async def test_https_goes_through_a_tunnel(visit, authority):
    heads = []
    leaf = authority.leaf("127.0.0.1")
    async with (
        serve(answering(response()), tls=leaf.context("http/1.1")) as page,
        serve(_proxying(heads)) as proxy,
    ):
        sample = await visit(page.url(), proxy=f"http://127.0.0.1:{proxy.port}", ca=str(authority.ca_file))
    assert sample.outcome is Outcome.UP, sample.detail
    assert heads[0].startswith(f"CONNECT 127.0.0.1:{page.port} HTTP/1.1\r\n".encode())
    assert sample.evidence["proxy"] == f"127.0.0.1:{proxy.port}"
    assert sample.hops[0].connect > 0
    assert sample.protocol == "h1"


async def test_http_is_asked_for_in_the_absolute_form(visit):
    heads = []

    async def script(reader, writer):
        heads.append(await head(reader))
        writer.write(response())

    async with serve(script) as proxy:
        sample = await visit("http://shop.test/sale?a=1", proxy=f"http://127.0.0.1:{proxy.port}")
    assert sample.outcome is Outcome.UP
    assert sample.hops[0].address == "127.0.0.1"
    assert heads[0].startswith(b"GET http://shop.test/sale?a=1 HTTP/1.1\r\n")
    assert b"host: shop.test\r\n" in heads[0].lower()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "says 407"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the proxy 127.0.0.1"),
        (b"", "closed the connection"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, "closed the connection"),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_is_a_fault_of_the_connection(visit, answer, words):
    async with serve(answering(answer)) as proxy:
        sample = await visit("https://shop.test/", proxy=f"http://127.0.0.1:{proxy.port}")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert words in sample.detail
    assert sample.ttfb is None


async def test_a_proxy_that_is_not_there_is_a_fault_of_the_connection(visit):
    sample = await visit("https://shop.test/", proxy=f"http://127.0.0.1:{refused_port()}")
    assert (sample.fault, sample.hops[0].wait) == (Fault.CONNECT, None)
