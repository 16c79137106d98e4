"""Twenty thousand visits, most of them cut or refused, leave the process as it was."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from authority import Authority
from nameserver import nameserver
from nameserver import silent as silent_names
from prober import Prober, prober
from scripted import answering, refused_port, response, serve, silent
from visiting import Visit

from probes.sample import Outcome

SERVER = """
import asyncio, ssl, sys

class Answer(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello")

async def main(certificate, key):
    loop = asyncio.get_running_loop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    plain = [await loop.create_server(Answer, f"127.0.0.{n}", 0, backlog=1024) for n in range(1, 5)]
    tls = await loop.create_server(Answer, "127.0.0.1", 0, ssl=context, backlog=1024)
    print(*(s.sockets[0].getsockname()[1] for s in [*plain, tls]), flush=True)
    await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def ports(authority: Authority) -> Iterator[list[int]]:
    """A cheap server in a process of its own: ports of 127.0.0.1 to 4 in clear, and one with TLS."""
    leaf = authority.leaf("site.test")
    command = [sys.executable, "-c", SERVER, str(leaf.certificate), str(leaf.key)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield [int(port) for port in process.stdout.readline().split()]
        finally:
            process.kill()


def mixed(ports: list[int], authority: Authority, stuck: int, gone: str) -> list[dict[str, Any]]:
    """A hundred visits of every kind."""
    *plain, tls = ports
    secure = {"resolve": [f"site.test:{tls}:127.0.0.1"], "ca": str(authority.ca_file)}

    def one(url: str, timeout: float = 10.0, **options: Any) -> dict[str, Any]:
        return {"url": url, "timeout": timeout, "options": options}

    return [
        *(one(f"http://127.0.0.{n}:{port}/") for n, port in enumerate(plain, 1)),
        one(f"http://127.0.0.1:{refused_port()}/"),
    ] * 18 + [
        *(one(f"https://site.test:{tls}/", **secure) for _ in range(4)),
        *(one(f"https://127.0.0.1:{plain[0]}/") for _ in range(2)),
        *(one(f"http://127.0.0.1:{stuck}/", 0.02) for _ in range(2)),
        *(one("http://gone.test/", 0.02, nameservers=[gone]) for _ in range(2)),
    ]


async def test_twenty_thousand_visits_leave_nothing_behind(ports: list[int], authority: Authority) -> None:
    async with serve(silent) as stuck, nameserver(silent_names) as gone:
        visits = mixed(ports, authority, stuck.port, gone.address)
        with prober() as fresh:

            def ask(times: int) -> dict[str, Any]:
                return fresh.ask({"visits": visits, "times": times, "at_once": 20})

            await asyncio.to_thread(ask, 2000)  # what is kept for good is there from now on
            seen = await asyncio.to_thread(ask, 18_000)
    assert sum(seen["counts"].values()) == 18_000
    assert seen["counts"]["up/None"] >= 0.75 * 18_000
    assert seen["counts"]["down/connect"] >= 0.17 * 18_000
    assert not any("internal" in count for count in seen["counts"])
    assert seen["fds"][1] <= seen["fds"][0]
    # 9,000 visits stand between the two: a hundred bytes kept by each would be seen.
    assert seen["rss"][1] - seen["rss"][0] < 1 << 20


async def test_a_storm_of_cancellations_leaves_no_descriptor(visit: Visit, authority: Authority) -> None:
    """Visits that are cut at every point of their way."""
    leaf = authority.leaf("site.test")
    async with serve(answering(response()), tls=leaf.context()) as server, serve(silent) as stuck:
        options = {"resolve": [f"site.test:{server.port}:127.0.0.1"], "ca": str(authority.ca_file)}
        url = server.url(host="site.test")
        assert (await visit(url, **options)).outcome is Outcome.UP
        await asyncio.sleep(0.05)
        before = len(os.listdir("/proc/self/fd"))
        for number in range(300):
            target = url if number % 3 else stuck.url()
            task = asyncio.create_task(visit(target, **(options if number % 3 else {})))
            for _ in range(number % 25):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for _ in range(100):
            if len(os.listdir("/proc/self/fd")) <= before:
                break
            await asyncio.sleep(0.05)  # the servers notice in their own time
        assert len(os.listdir("/proc/self/fd")) <= before
        assert (await visit(url, **options)).outcome is Outcome.UP


async def test_a_prober_of_its_own_counts_what_is_left_open(prober: Prober) -> None:
    """The count that the test above relies on does see a descriptor that stays."""
    async with serve(answering(response())) as server:
        visits = [{"url": server.url(), "timeout": 5.0, "options": {}}]
        seen = await asyncio.to_thread(prober.ask, {"visits": visits, "times": 4, "at_once": 1})
    assert seen["counts"] == {"up/None": 4}
    assert seen["fds"][0] > 3
