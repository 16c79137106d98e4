"""The app alone, over plain HTTP, as caddy speaks to it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.demo.app import App, serving
from monitor.demo.plan import Behaviour, Mode
from monitor.demo.record import Record, read


@dataclass
class Running:
    client: httpx.AsyncClient
    record: Path

    async def get(self, vendor: str, path: str = "/") -> httpx.Response:
        headers = {"host": f"{vendor}.demo.test:8443", "x-forwarded-for": "127.0.0.12"}
        return await self.client.get(path, headers=headers)

    def events(self, event: str) -> list[dict[str, Any]]:
        return [line for line in read(self.record) if line["event"] == event]


@asynccontextmanager
async def running(
    folder: Path,
    behave: Callable[[float, str], Behaviour] = lambda _, __: Behaviour(Mode.SERVE, 0.0),
    clock: Callable[[], float] = lambda: 0.0,
) -> AsyncIterator[Running]:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    port = sock.getsockname()[1]
    path = folder / "record.jsonl"
    with Record(path, clock) as record:
        app = App(record, clock, {"127.0.0.12": "us-east"}, behave)
        async with serving(app, sock), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield Running(client, path)


async def test_every_vendor_has_a_landing_page_with_its_style_and_picture(tmp_path: Path) -> None:
    async with running(tmp_path) as demo:
        seen = set()
        for vendor in ("swift", "slow", "shaky"):
            page = await demo.get(vendor, "/sale")
            assert page.status_code == 200
            assert "Add to cart" in page.text
            assert "$" not in page.text  # nothing was left unfilled
            seen.add(page.text)
            style = await demo.get(vendor, "/style.css")
            assert style.headers["content-type"].startswith("text/css")
            hero = await demo.get(vendor, "/hero.svg")
            assert hero.headers["content-type"] == "image/svg+xml"
            assert hero.text.startswith("<svg")
    assert len(seen) == 3
    served = demo.events("served")
    assert len(served) == 9
    assert {line["region"] for line in served} == {"us-east"}


async def test_go_leads_to_the_sale_and_keeps_the_query(tmp_path: Path) -> None:
    async with running(tmp_path) as demo:
        tracked = await demo.get("swift", "/go?utm_source=tiktok&ttclid=1")
        plain = await demo.get("swift", "/go")
    assert (tracked.status_code, tracked.headers["location"]) == (302, "/sale?utm_source=tiktok&ttclid=1")
    assert plain.headers["location"] == "/sale"


async def test_one_vendor_loses_where_its_visitors_came_from(tmp_path: Path) -> None:
    async with running(tmp_path) as demo:
        tracked = await demo.get("shaky", "/go?utm_source=facebook&fbclid=1&utm_medium=cpc")
        bare = await demo.get("shaky", "/go?utm_source=facebook")
    assert tracked.headers["location"] == "/sale?fbclid=1"
    assert bare.headers["location"] == "/sale"


async def test_each_region_meets_the_networks_that_stand_in_front(tmp_path: Path) -> None:
    async with running(tmp_path, clock=lambda: 12.5) as demo:
        swift, slow, shaky = [await demo.get(vendor) for vendor in ("swift", "slow", "shaky")]
    assert swift.headers["x-served-by"].endswith("-IAD")
    assert (swift.headers["x-cache"], swift.headers["age"]) == ("HIT", "12")
    assert slow.headers["cf-ray"].endswith("-FRA")
    assert slow.headers["cf-cache-status"] == "DYNAMIC"
    assert not {"via", "x-served-by", "cf-ray"} & set(shaky.headers)


async def test_an_unknown_path_is_missing_and_an_unknown_name_is_the_control(tmp_path: Path) -> None:
    async with running(tmp_path) as demo:
        assert (await demo.get("swift", "/nothing")).status_code == 404
        assert (await demo.client.get("/")).text == "ok\n"


async def test_a_page_takes_the_plans_time_and_its_picture_none(tmp_path: Path) -> None:
    async with running(tmp_path, lambda _, __: Behaviour(Mode.SERVE, 0.2)) as demo:
        began = time.monotonic()
        await demo.get("slow")
        assert time.monotonic() - began >= 0.2
        await demo.get("slow", "/hero.svg")
    assert {line["path"]: line["delay"] for line in demo.events("served")} == {"/": 0.2, "/hero.svg": 0.0}


async def test_an_error_is_a_502_and_stands_in_the_record(tmp_path: Path) -> None:
    async with running(tmp_path, lambda _, __: Behaviour(Mode.ERROR, 0.0)) as demo:
        assert (await demo.get("shaky")).status_code == 502
    (fault,) = demo.events("fault")
    assert fault.items() >= {"vendor": "shaky", "region": "us-east", "path": "/", "mode": "error"}.items()
    assert demo.events("served") == []


async def test_a_challenge_looks_like_a_shields(tmp_path: Path) -> None:
    async with running(tmp_path, lambda _, __: Behaviour(Mode.CHALLENGE, 0.0)) as demo:
        page = await demo.get("shaky", "/go")
    assert page.status_code == 403
    assert page.headers["cf-mitigated"] == "challenge"
    assert "<title>Just a moment...</title>" in page.text
    assert [line["mode"] for line in demo.events("fault")] == ["challenge"]


async def test_a_hang_says_nothing_and_ends_with_the_visitor(tmp_path: Path) -> None:
    async with running(tmp_path, lambda _, __: Behaviour(Mode.HANG, 0.0)) as demo:
        with pytest.raises(httpx.ReadTimeout):
            await demo.client.get("/", headers={"host": "shaky.demo.test"}, timeout=0.2)
    assert [line["region"] for line in demo.events("fault")] == ["elsewhere"]


async def test_hanging_requests_do_not_hold_up_the_end(tmp_path: Path) -> None:
    async with running(tmp_path, lambda _, __: Behaviour(Mode.HANG, 0.0)) as demo:
        visit = asyncio.create_task(demo.get("shaky"))
        while not demo.events("fault"):
            await asyncio.sleep(0.005)
        began = time.monotonic()
        visit.add_done_callback(lambda done: done.exception())
    assert time.monotonic() - began < 5
    await asyncio.wait((visit,))


async def test_the_record_tells_each_change_when_the_plan_has_it(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    with Record(path, lambda: 70.0) as record:
        app = App(record, lambda: 70.0, {})
        telling = asyncio.create_task(app.tell_changes(since=0.0))
        while len(list(read(path))) < 7:
            await asyncio.sleep(0.001)
        telling.cancel()
        await asyncio.wait((telling,))
    changes = [(line["vendor"], line["mode"]) for line in read(path)]
    assert [mode for vendor, mode in changes if vendor == "shaky"][:5] == [
        "serve",
        "error",
        "serve",
        "hang",
        "serve",
    ]
    assert [mode for vendor, mode in changes if vendor != "shaky"] == ["serve", "serve"]


async def test_the_sums_are_written_from_time_to_time(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    with Record(path, lambda: 0.0) as record:
        app = App(record, lambda: 0.0, {}, tally_every=0.001)
        record.served("swift", "eu-west", "/", 0.02)
        telling = asyncio.create_task(app.tell_changes())
        while not [line for line in read(path) if line["event"] == "served"]:
            await asyncio.sleep(0.001)
        telling.cancel()
        await asyncio.wait((telling,))
