"""The handshake that takes any certificate: what it brings, and how it ends where there is none."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path

import pytest
from chains import make, write
from opensslserver import VERSIONS, context, speaking
from scripted import Script, push, serve, silent
from staples import ISSUER, staple

from probes.encryption.ask import Server
from probes.encryption.look import MOST_CERTIFICATES, look
from probes.failure import Failure
from probes.sample import Fault
from probes.wire.addresses import Address


def at(port: int) -> Server:
    return Server(Address("127.0.0.1", socket.AF_INET), port, "site.test")


@pytest.mark.parametrize("version", VERSIONS)
async def test_every_version_is_spoken_to_see_what_is_there(tmp_path: Path, version: str) -> None:
    leaf = make("other.test", ISSUER, days=-1)
    stapled = staple(about=leaf)
    made = context(write(tmp_path, leaf), version, version, staple=stapled)
    async with serve(speaking(made)) as server:
        shown = await look(at(server.port))
    assert (shown.chain, shown.staple) == ((leaf.der,), stapled)


async def test_a_chain_is_shown_as_it_was_sent_and_not_for_ever(tmp_path: Path) -> None:
    leaf = make("site.test")
    others = [make(f"Other {number}", authority=True) for number in range(MOST_CERTIFICATES + 3)]
    async with serve(speaking(context(write(tmp_path, leaf, *others)))) as server:
        shown = await look(at(server.port))
    assert list(shown.chain) == [each.der for each in (leaf, *others)][:MOST_CERTIFICATES]
    assert (shown.staple, shown.alpn) == (b"", None)


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65536)


async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65536)
    writer.write(b"\x15\x03\x03\x00\x02\x02\x28")


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A handshake message that claims 16 MiB and goes on and on."""
    await reader.read(65536)
    writer.write(b"\x16\x03\x03\x40\x00" + b"\x02\xff\xff\xff" + bytes(0x4000 - 4))
    while True:
        await push(writer, b"\x16\x03\x03\x40\x00" + bytes(0x4000))


@pytest.mark.parametrize(
    ("script", "fault", "words"),
    [
        (reset, Fault.TLS, "reset"),
        (closing, Fault.TLS, "closed in the middle"),
        (refusing, Fault.TLS, "handshake failure"),
        (endless, Fault.TLS, ""),
        (silent, Fault.TIMEOUT, "no handshake within 1 s"),
    ],
    ids=["reset", "closing", "refusing", "endless", "silent"],
)
async def test_a_handshake_that_comes_to_nothing(script: Script, fault: Fault, words: str) -> None:
    async with serve(script) as server:
        with pytest.raises(Failure) as caught:
            await look(at(server.port), 1.0 if script is silent else 30.0)
    assert caught.value.fault is fault
    assert words in caught.value.detail
