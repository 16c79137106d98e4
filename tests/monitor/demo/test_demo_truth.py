"""What the http probe sees of the demo, held against what the demo says it did."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent
from visiting import Untroubled, Visit, visitor

from monitor.config import load
from monitor.config.objectives import GRADES
from monitor.demo.agents import agent_config_path
from monitor.demo.caddy import caddy_binary, caddy_command
from monitor.demo.layout import HOST, SITES, Layout, Region, lay_out
from monitor.demo.plan import Behaviour, Mode
from monitor.demo.preparation import prepare
from monitor.demo.processes import listening, until
from monitor.demo.record import read
from monitor.demo.stage import stage
from monitor.demo.supervisor import Supervisor
from monitor.runner import Runner
from probes.kinds import kinds
from probes.sample import Fault, Outcome, Sample

NEAR_AND_FAR = (("swift", "spring-sale"), ("slow", "landing"))


class Http3Client(QuicConnectionProtocol):
    """As much of an HTTP/3 client as one request needs."""

    async def get(self, name: str, path: str) -> tuple[bytes, bytes]:
        self._http = H3Connection(self._quic)
        self._status, self._body = b"", b""
        self._ended = asyncio.Event()
        request = {":method": "GET", ":scheme": "https", ":authority": name, ":path": path}
        headers = [(key.encode(), value.encode()) for key, value in request.items()]
        self._http.send_headers(self._quic.get_next_available_stream_id(), headers, end_stream=True)
        self.transmit()
        await self._ended.wait()
        return self._status, self._body

    def quic_event_received(self, event: QuicEvent) -> None:
        for seen in self._http.handle_event(event) if hasattr(self, "_http") else []:
            if isinstance(seen, HeadersReceived):
                self._status = dict(seen.headers)[b":status"]
            elif isinstance(seen, DataReceived):
                self._body += seen.data
            if getattr(seen, "stream_ended", False):
                self._ended.set()


@dataclass
class World:
    """The vendors behind caddy and the relays, on a plan that the test sets."""

    layout: Layout
    visit: Visit
    plan: dict[str, Behaviour] = field(default_factory=dict)

    async def see(self, vendor: str, path: str, region: int = 0, timeout: float = 20.0) -> Sample:
        resolve = [f"{name}:{self.layout.port}:{self.layout.regions[region].address}" for name in SITES]
        url = f"https://{vendor}.demo.test:{self.layout.port}{path}"
        expect = {"status": [200], "body": "Add to cart"}
        return await self.visit(url, timeout, ca=str(self.layout.ca), resolve=resolve, expect=expect)

    def events(self, event: str) -> list[dict[str, Any]]:
        return [line for line in read(self.layout.record) if line["event"] == event]


@asynccontextmanager
async def world(folder: Path, browser: str | None = None) -> AsyncIterator[World]:
    (folder / "demo").mkdir()
    layout = replace(lay_out(folder, time.time(), port=0), browser=browser)
    prepare(layout)
    binary = caddy_binary()
    plan = dict.fromkeys(("swift", "slow", "shaky"), Behaviour(Mode.SERVE, 0.0))
    async with AsyncExitStack() as stack:
        supervisor = Supervisor(print)
        stack.push_async_callback(supervisor.stop)
        caddy = caddy_command(layout, binary)
        supervisor.start(caddy)
        await stack.enter_async_context(stage(layout, lambda _, vendor: plan[vendor]))
        await until(lambda: listening(HOST, layout.port), supervisor, caddy, asyncio.Event())
        yield World(layout, await stack.enter_async_context(visitor()), plan)


async def test_every_outcome_of_the_probe_is_what_the_record_says(tmp_path: Path) -> None:
    async with world(tmp_path) as demo:
        good = [await demo.see("swift", "/sale", region) for region in (0, 1, 2)]
        seen = {}
        for mode in (Mode.ERROR, Mode.CHALLENGE):
            demo.plan["shaky"] = Behaviour(mode, 0.0)
            seen[mode] = await demo.see("shaky", "/", region=1)
        demo.plan["shaky"] = Behaviour(Mode.HANG, 0.0)
        seen[Mode.HANG] = await demo.see("shaky", "/", region=1, timeout=1.0)

    assert [sample.outcome for sample in good] == [Outcome.UP] * 3
    served = {(line["vendor"], line["region"], line["path"], line["count"]) for line in demo.events("served")}
    assert served == {("swift", region.name, "/sale", 1) for region in demo.layout.regions}
    assert (seen[Mode.ERROR].outcome, seen[Mode.ERROR].fault) == (Outcome.DOWN, Fault.STATUS)
    assert seen[Mode.ERROR].status == 502
    assert (seen[Mode.CHALLENGE].outcome, seen[Mode.CHALLENGE].fault) == (Outcome.BLOCKED, Fault.BLOCKED)
    assert (seen[Mode.HANG].outcome, seen[Mode.HANG].fault) == (Outcome.DOWN, Fault.TIMEOUT)
    faults = demo.events("fault")
    assert [line["mode"] for line in faults] == list(seen)
    assert {(line["vendor"], line["region"], line["path"]) for line in faults} == {("shaky", "us-east", "/")}


async def test_the_probes_time_holds_the_vendors_thought_and_the_regions_distance(tmp_path: Path) -> None:
    async with world(tmp_path) as demo:
        demo.plan["slow"] = Behaviour(Mode.SERVE, 0.4)
        for number, region in enumerate(demo.layout.regions):
            (hop,) = (await demo.see("slow", "/", number)).hops
            assert hop.protocol == "h2"
            assert hop.tls is not None
            assert hop.wait is not None
            assert hop.tls >= 2 * region.delay
            assert hop.wait >= 0.4 + 2 * region.delay
            assert hop.address is not None
            assert hop.address.startswith(region.address)


async def test_a_redirect_is_two_hops_to_the_same_page(tmp_path: Path) -> None:
    async with world(tmp_path) as demo:
        sample = await demo.see("swift", "/go?utm_source=tiktok")
    assert sample.outcome is Outcome.UP
    assert [hop.status for hop in sample.hops] == [302, 200]
    assert sample.hops[1].url.endswith("/sale?utm_source=tiktok")


async def test_http3_comes_through_the_relay_too(tmp_path: Path) -> None:
    async with world(tmp_path) as demo:
        region = demo.layout.regions[1]
        quic = QuicConfiguration(alpn_protocols=H3_ALPN, server_name=SITES[0], cafile=str(demo.layout.ca))
        async with connect(
            region.address, demo.layout.port, configuration=quic, create_protocol=Http3Client
        ) as client:
            assert isinstance(client, Http3Client)
            status, body = await asyncio.wait_for(client.get(SITES[0], "/sale"), 20)
    assert status == b"200"
    assert b"Add to cart" in body
    assert [(line["vendor"], line["region"]) for line in demo.events("served")] == [("swift", "us-east")]


@pytest.mark.parametrize("http2", [False, True])
async def test_another_client_gets_the_page_over_both_versions(tmp_path: Path, http2: bool) -> None:
    async with world(tmp_path) as demo:
        region = demo.layout.regions[0]
        trust = ssl.create_default_context(cafile=demo.layout.ca)
        async with httpx.AsyncClient(verify=trust, http2=http2, trust_env=False) as client:
            answer = await client.get(
                f"https://{region.address}:{demo.layout.port}/sale",
                headers={"host": f"swift.demo.test:{demo.layout.port}"},
                extensions={"sni_hostname": "swift.demo.test"},
            )
    assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
    assert "Add to cart" in answer.text
    assert f'h3=":{demo.layout.port}"' in answer.headers["alt-svc"]
    assert answer.headers["strict-transport-security"]


async def test_each_vendor_keeps_or_breaks_its_technical_promises_as_the_opening_says(tmp_path: Path) -> None:
    async with world(tmp_path) as demo, AsyncExitStack() as probes:
        eu, us, _ = demo.layout.regions
        opened = {
            kind: await probes.enter_async_context(kinds()[kind].open_probe())
            for kind in ("http", "http3", "tls", "channel")
        }
        runner = Runner(opened, Untroubled())

        async def found(region: Region, vendor: str, page: str, kind: str, variant: str | None) -> Sample:
            key = (vendor, page, kind, variant or "")
            watches = load(agent_config_path(demo.layout, region)).watches()
            (target,) = [watch.target for watch in watches if watch.target.key == key]
            return await runner.run(replace(target, timeout=60.0))

        good = await found(eu, "swift", "spring-sale", "http3", None)
        broken = await found(eu, "slow", "landing", "http3", None)
        ending = await found(eu, "shaky", "landing", "tls", None)
        kept = await found(us, "swift", "tiktok-ad", "channel", "tiktok")
        lost = await found(us, "shaky", "facebook-ad", "channel", "facebook")
        near, far = [await found(us, name, page, "http", None) for name, page in NEAR_AND_FAR]
        halved = await found(eu, "shaky", "landing", "http", None)

    assert (good.outcome, good.protocol, good.vitals["http3_broken"]) == (Outcome.UP, "h3", 0)
    assert (broken.outcome, broken.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert broken.vitals == {"http3_advertised": 1, "http3_works": 0, "http3_broken": 1}
    assert 8.9 < ending.vitals["tls_expiry_days"] < 9.1
    assert GRADES[int(ending.vitals["tls_grade"])] == "B"
    assert (kept.vitals["tracking"], kept.evidence["channel"]["lost"]) == (1, [])
    assert lost.vitals["tracking"] == 0
    assert {one["name"] for one in lost.evidence["channel"]["lost"]} >= {"utm_source", "utm_medium"}
    assert (near.evidence["edge"]["pop"], near.evidence["edge"]["far"]) == ("IAD", False)
    assert (far.evidence["edge"]["pop"], far.evidence["edge"]["far"]) == ("FRA", True)
    assert (near.evidence["edge"]["cache"], near.evidence["cache_busted"]["cache"]) == ("hit", "miss")
    assert [origin["exposed"] for origin in far.evidence["origins"]] == [True]
    assert {version: look["outcome"] for version, look in near.evidence["protocols"].items()} == {
        "h1": "up",
        "h2": "up",
        "h3": "up",
    }
    assert (halved.evidence["addresses"]["up"], halved.evidence["addresses"]["down"]) == (1, 1)


async def test_a_browser_looks_at_first_screens_from_the_first_region(tmp_path: Path) -> None:
    async with world(tmp_path, browser="chromium") as demo, AsyncExitStack() as probes:
        watches = [load(agent_config_path(demo.layout, one)).watches() for one in demo.layout.regions]
        screens = [[one.target for one in each if one.target.probe == "browser"] for each in watches]
        assert [one.page for one in screens[0]] == ["spring-sale", "landing", "landing"]
        assert screens[1:] == [[], []]
        opened = await probes.enter_async_context(kinds()["browser"].open_probe(tmp_path / "browser"))
        demo.plan["slow"] = Behaviour(Mode.SERVE, 0.6)
        (slow,) = [one for one in screens[0] if one.vendor == "slow"]
        seen = await Runner({"browser": opened}, Untroubled()).run(replace(slow, timeout=60.0))
    assert seen.outcome is Outcome.UP, seen.detail
    assert seen.vitals["first_screen"] >= 0.6
    assert "img" in seen.evidence["browser"]["last_element"]
    assert (tmp_path / seen.evidence["browser"]["files"]["filmstrip"]).read_bytes().startswith(b"\x89PNG")
