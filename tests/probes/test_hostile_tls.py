"""TLS that is wrong, cut short, slow, or not there at all."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import pytest
from authority import Authority, Leaf
from enduring import SHORT, Endure
from scripted import Scripted, answering, head, push, response, serve, silent

from probes.sample import Fault, Outcome, Sample

NAME = "site.test"


async def enter(endure: Endure, server: Scripted, authority: Authority, **options: object) -> Sample:
    """Visit ``server`` under the name that its certificate should have."""
    pin = f"{NAME}:{server.port}:{server.host}"
    return await endure(server.url(host=NAME), resolve=[pin], ca=str(authority.ca_file), **options)


@pytest.fixture(params=["expired", "not_yet_valid", "self_signed", "wrong_host"])
def bad_leaf(request: pytest.FixtureRequest, authority: Authority) -> Leaf:
    if request.param == "wrong_host":
        return authority.leaf("other.test")
    made: Leaf = getattr(authority, request.param)(NAME)
    return made


async def test_a_certificate_that_does_not_hold(endure: Endure, authority: Authority, bad_leaf: Leaf) -> None:
    async with serve(answering(response()), tls=bad_leaf.context()) as server:
        sample = await enter(endure, server, authority)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert sample.detail
    assert sample.hops[0].connect is not None
    assert sample.hops[0].wait is None


async def test_a_certificate_that_does_not_hold_is_let_through_on_demand(
    endure: Endure, authority: Authority, bad_leaf: Leaf
) -> None:
    async with serve(answering(response()), tls=bad_leaf.context()) as server:
        sample = await enter(endure, server, authority, insecure=True)
    assert sample.outcome is Outcome.UP


async def test_a_certificate_that_was_refused_is_in_the_evidence_of_that_connection(
    endure: Endure, authority: Authority
) -> None:
    """Nothing is asked for over it, and no second connection is made to look at it."""

    async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1):
            raise AssertionError("a server that proves nothing was asked for a page")

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        near, far = await asyncio.open_connection(inner.host, inner.port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(relay(reader, far))
                group.create_task(relay(near, writer))
        finally:
            far.transport.abort()

    leaf = authority.expired(NAME)
    async with (
        serve(asked, tls=leaf.context()) as inner,
        serve(script, speaks="https") as server,
    ):
        sample = await enter(endure, server, authority, deadline=SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert sample.detail == "the certificate is not accepted: certificate has expired"
    shown = sample.evidence["tls"]
    assert (shown["verified"], shown["names"]) == (False, [NAME])
    assert shown["version"] == "TLSv1.3"
    assert server.connections == 1


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, until it ends."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            await push(writer, data)
    writer.close()


async def test_a_good_certificate(endure: Endure, authority: Authority) -> None:
    async with serve(answering(response()), tls=authority.leaf(NAME).context()) as server:
        sample = await enter(endure, server, authority)
    assert (sample.outcome, sample.fault) == (Outcome.UP, None)
    assert sample.hops[0].tls is not None


async def test_an_authority_that_nobody_knows(endure: Endure, authority: Authority) -> None:
    async with serve(answering(response()), tls=authority.leaf(NAME).context()) as server:
        pin = f"{NAME}:{server.port}:{server.host}"
        sample = await endure(server.url(host=NAME), resolve=[pin])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)


async def server_hello(authority: Authority) -> bytes:
    """What a server says first, to the hello of an ordinary client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client = context.wrap_bio(incoming, outgoing, server_hostname=NAME)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    async with serve(answering(response()), tls=authority.leaf(NAME).context()) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(outgoing.read())
        hello = await reader.read(65536)
        writer.close()
        await writer.wait_closed()
    return hello


@pytest.mark.parametrize("length", [0, 1, 5, 60, 300])
async def test_a_handshake_that_is_cut_short(endure: Endure, authority: Authority, length: int) -> None:
    hello = await server_hello(authority)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(hello[:length])

    async with serve(script, speaks="https") as server:
        sample = await enter(endure, server, authority)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert sample.hops[0].tls is None


async def test_a_handshake_that_drips(endure: Endure, authority: Authority) -> None:
    hello = await server_hello(authority)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        for byte in hello:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)

    async with serve(script, speaks="https") as server:
        sample = await enter(endure, server, authority, deadline=SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.hops[0].connect is not None
    assert sample.hops[0].tls is None


async def test_a_handshake_that_never_begins(endure: Endure, authority: Authority) -> None:
    async with serve(silent, speaks="https") as server:
        sample = await enter(endure, server, authority, deadline=SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.hops[0].connect is not None
    assert sample.hops[0].tls is None
    assert "tls" in (sample.detail or "").lower()


@pytest.mark.parametrize(
    "answer",
    [
        response(),
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28",  # a fatal alert: handshake failure
        b"\x16\x03\x03\x40\x00" + b"\xff" * 0x4000,  # a handshake record full of nothing
        b"\x17\x03\x03\x00\x10" + bytes(16),  # application data before any handshake
    ],
    ids=["plain-http", "ssh", "alert", "noise", "data-too-soon"],
)
async def test_something_else_on_the_https_port(endure: Endure, authority: Authority, answer: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        await asyncio.sleep(1)

    async with serve(script, speaks="https") as server:
        sample = await enter(endure, server, authority)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)


async def test_handshake_records_without_end(endure: Endure, authority: Authority) -> None:
    """A handshake message may claim 16 MiB; a client that waits for all of it is filled up."""
    record = b"\x16\x03\x03\x40\x00"

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(record + b"\x02\xff\xff\xff" + bytes(0x4000 - 4))
        while True:
            await push(writer, record + bytes(0x4000))

    async with serve(script, speaks="https") as server:
        sample = await enter(endure, server, authority, deadline=SHORT)
    assert sample.outcome is Outcome.DOWN
    assert sample.fault in {Fault.TLS, Fault.TIMEOUT}


@pytest.mark.parametrize(
    "body", [b"Content-Length: 100\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\n"]
)
async def test_a_connection_cut_without_a_farewell(endure: Endure, authority: Authority, body: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        await push(writer, b"HTTP/1.1 200 OK\r\n" + body)
        await asyncio.sleep(0.05)
        writer.transport.abort()

    async with serve(script, tls=authority.leaf(NAME).context()) as server:
        sample = await enter(endure, server, authority)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert sample.status == 200


async def test_records_damaged_after_the_handshake(endure: Endure, authority: Authority) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        raw = writer.get_extra_info("socket")
        raw = raw._sock if hasattr(raw, "_sock") else raw
        raw.send(b"\x17\x03\x03\x00\x20" + b"\xaa" * 32)
        await asyncio.sleep(1)

    async with serve(script, tls=authority.leaf(NAME).context()) as server:
        sample = await enter(endure, server, authority)
    assert sample.outcome is Outcome.DOWN
    assert sample.fault in {Fault.TLS, Fault.PROTOCOL}
