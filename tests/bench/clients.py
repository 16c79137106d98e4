"""Clients to compare with: ``clients.py KIND URL CA PROTOCOL TARGETS EVERY SECONDS``.

``bare`` is asyncio's own TLS client and speaks the least HTTP/1.1 that works; ``httpx`` is a fresh
``httpx.AsyncClient`` for each visit, the context of its certificates shared; ``probe`` is landwatch's probe
without the daemon; ``aioquic`` is that library's own client, which trusts Mozilla's list beside the CA as
the probe does. After a warm-up it writes what it took to standard output, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import httpx
import uvloop
from rhythm import keep_pace

WARM_UP = 1.0

Visit = Callable[[int], Awaitable[None]]


def _bare(url: str, ca: str) -> Visit:
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=ca)
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode()

    async def visit(_: int) -> None:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", parts.port, ssl=context, server_hostname=parts.hostname
        )
        writer.write(request)
        answer = await reader.read(-1)
        writer.transport.abort()
        assert answer.startswith(b"HTTP/1.1 200"), answer[:80]

    return visit


def _httpx(url: str, ca: str, protocol: str) -> Visit:
    parts = urlsplit(url)
    address = url.replace(str(parts.hostname), "127.0.0.1")
    # httpcore sets the protocols to offer on the context: one for each is no trap here.
    context = ssl.create_default_context(cafile=ca)
    headers = {"Host": parts.netloc}
    extensions = {"sni_hostname": parts.hostname}

    async def visit(_: int) -> None:
        http2 = protocol == "h2"
        async with httpx.AsyncClient(verify=context, http2=http2, trust_env=False) as client:
            answer = await client.get(address, headers=headers, extensions=extensions)
            assert answer.status_code == 200, answer
            assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1"), answer.http_version

    return visit


def _aioquic(url: str, ca: str) -> Visit:
    from aioquic.asyncio import QuicConnectionProtocol, connect
    from aioquic.h3.connection import H3Connection
    from aioquic.h3.events import DataReceived, HeadersReceived
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.events import QuicEvent

    parts = urlsplit(url)
    trusted = Path(ca).with_name("mozilla-and-ca.pem")
    trusted.write_bytes(Path(certifi.where()).read_bytes() + Path(ca).read_bytes())

    class Client(QuicConnectionProtocol):
        async def get(self) -> None:
            self.http = H3Connection(self._quic)
            self.whole = asyncio.get_running_loop().create_future()
            stream = self._quic.get_next_available_stream_id()
            names = (
                (":method", "GET"),
                (":scheme", "https"),
                (":authority", parts.netloc),
                (":path", parts.path),
            )
            fields = [(name.encode(), value.encode()) for name, value in names]
            self.http.send_headers(stream, fields, end_stream=True)
            self.transmit()
            await self.whole

        def quic_event_received(self, event: QuicEvent) -> None:
            if not hasattr(self, "http"):
                return
            for happened in self.http.handle_event(event):
                if isinstance(happened, HeadersReceived):
                    assert (b":status", b"200") in happened.headers, happened
                if isinstance(happened, HeadersReceived | DataReceived) and happened.stream_ended:
                    self.whole.set_result(None)

    async def visit(_: int) -> None:
        configuration = QuicConfiguration(alpn_protocols=["h3"], server_name=parts.hostname)
        configuration.load_verify_locations(str(trusted))
        assert parts.port is not None
        async with connect(
            "127.0.0.1", parts.port, configuration=configuration, create_protocol=Client
        ) as client:
            assert isinstance(client, Client)
            await client.get()

    return visit


async def _probe(stack: AsyncExitStack, url: str, ca: str, protocol: str) -> Visit:
    from probes import http
    from probes.target import Target
    from probes.trace import Trace

    parts = urlsplit(url)
    pins = (f"{parts.hostname}:{parts.port}:127.0.0.1",)
    options = http.Options.model_validate({"ca": ca, "protocol": protocol, "resolve": pins})
    target = Target("vendor", "page", url, "bench", "http", options)
    opened = await stack.enter_async_context(http.open_probe())

    async def visit(_: int) -> None:
        async with asyncio.timeout(10):
            await opened.measure(target, Trace(time.monotonic()))

    return visit


async def _main(
    kind: str, url: str, ca: str, protocol: str, *, targets: int, every: float, seconds: float
) -> None:
    async with AsyncExitStack() as stack:
        if kind == "probe":
            visit = await _probe(stack, url, ca, protocol)
        elif kind == "aioquic":
            visit = _aioquic(url, ca)
        else:
            visit = _bare(url, ca) if kind == "bare" else _httpx(url, ca, protocol)
        await keep_pace(targets, every, WARM_UP, visit)
        visits = 0

        async def counted(target: int) -> None:
            nonlocal visits
            await visit(target)
            visits += 1

        used = time.process_time()
        await keep_pace(targets, every, seconds, counted)
        json.dump({"visits": visits, "cpu": time.process_time() - used}, sys.stdout)


if __name__ == "__main__":
    kind, url, ca, protocol, targets, every, seconds = sys.argv[1:]
    load = _main(kind, url, ca, protocol, targets=int(targets), every=float(every), seconds=float(seconds))
    uvloop.run(load)
