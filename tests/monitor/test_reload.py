from __future__ import annotations

import asyncio
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.config import ConfigError, Mistake
from monitor.reload import ReloadRefused, Reloads, changes, content

PATH = Path("landwatch.yaml")


class World:
    """A config that is read and applied as the test wants it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.reading: object = "first"
        self.refusal: Exception | None = None
        self.applied: list[object] = []
        self.reloads = Reloads(PATH, self.apply, read=self.read, wall=lambda: self.now)

    def read(self, path: Path) -> object:
        assert path == PATH
        if isinstance(self.reading, Exception):
            raise self.reading
        return self.reading

    async def apply(self, config: object) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.applied.append(config)


async def test_a_reload_applies_what_was_read():
    world = World()
    assert world.reloads.at == 100
    world.now = 160.0
    assert await world.reloads.reload()
    assert world.applied == ["first"]
    assert (world.reloads.at, world.reloads.error) == (160, None)


async def test_a_wrong_config_is_told_with_all_its_mistakes_and_changes_nothing():
    world = World()
    world.reading = ConfigError("c.yaml", [Mistake(2, 3, ("region",), "is empty"), Mistake(1, 1, (), "odd")])
    world.now = 160.0
    with capture_logs() as logs:
        assert not await world.reloads.reload()
    assert world.applied == []
    assert world.reloads.at == 100
    assert world.reloads.error == "c.yaml:1:1: odd; c.yaml:2:3: region: is empty"
    assert logs[0]["mistakes"] == ["c.yaml:1:1: odd", "c.yaml:2:3: region: is empty"]
    assert logs[0]["event"] == "config not reloaded, the old one stays in force"


async def test_a_config_that_needs_a_restart_is_refused():
    world = World()
    world.refusal = ReloadRefused("listen changed: that needs a restart")
    assert not await world.reloads.reload()
    assert world.reloads.error == "listen changed: that needs a restart"


async def test_a_fault_of_our_own_is_logged_and_later_reloads_go_on():
    world = World()
    world.refusal = ZeroDivisionError("oh")
    with capture_logs() as logs:
        assert not await world.reloads.reload()
    assert logs[0]["exc_info"]
    assert "ZeroDivisionError" in world.reloads.error
    world.refusal = None
    assert await world.reloads.reload()
    assert world.reloads.error is None


@pytest.fixture
async def noticed(tmp_path):
    """The file, and a queue of the contents that were noticed as changes."""
    path = tmp_path / "landwatch.yaml"
    path.write_text("one")
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def notice() -> None:
        async for _ in changes(path, b"one", look=0.1):
            queue.put_nowait(content(path))

    task = asyncio.create_task(notice())
    yield path, queue
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def soon(queue: asyncio.Queue[bytes | None]) -> bytes | None:
    return await asyncio.wait_for(queue.get(), 20)


async def test_a_file_that_is_written_to_is_noticed(noticed):
    path, queue = noticed
    path.write_text("two")
    assert await soon(queue) == b"two"


async def test_a_file_that_is_replaced_is_noticed_and_one_that_is_gone_is_waited_for(noticed):
    path, queue = noticed
    path.unlink()
    await asyncio.sleep(0.3)
    assert queue.empty()
    other = path.with_name("other")
    other.write_text("two")
    os.replace(other, path)
    assert await soon(queue) == b"two"


async def test_what_leaves_the_content_as_it_was_is_no_change(noticed):
    path, queue = noticed
    path.touch()
    path.with_name("neighbour").write_text("x")
    await asyncio.sleep(0.7)
    path.write_text("three")
    assert await soon(queue) == b"three"
    assert queue.empty()


async def test_a_change_that_came_before_the_watch_is_noticed(tmp_path):
    path = tmp_path / "landwatch.yaml"
    path.write_text("two")
    watch = changes(path, b"one", look=0.1)
    await asyncio.wait_for(anext(watch), 20)
    await watch.aclose()


async def test_the_target_of_a_link_in_another_folder_is_looked_at_now_and_then(tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    (there / "real.yaml").write_text("one")
    here = tmp_path / "here"
    here.mkdir()
    (here / "landwatch.yaml").symlink_to(there / "real.yaml")
    watch = changes(here / "landwatch.yaml", b"one", look=0.1)
    found = asyncio.create_task(anext(watch))
    await asyncio.sleep(0.2)
    assert not found.done()
    (there / "real.yaml").write_text("two")
    await asyncio.wait_for(found, 20)
    await watch.aclose()


async def test_a_folder_that_kubernetes_switches_is_noticed_without_waiting_for_the_next_look(tmp_path):
    for version, text in (("..one", "one"), ("..two", "two")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "landwatch.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("..one")
    (tmp_path / "landwatch.yaml").symlink_to("..data/landwatch.yaml")
    watch = changes(tmp_path / "landwatch.yaml", b"one", look=600)
    found = asyncio.create_task(anext(watch))
    other = tmp_path / "..data_tmp"
    while not found.done():  # until the folder is watched, a switch goes unseen
        for version in ("..one", "..two"):
            other.symlink_to(version)
            other.replace(tmp_path / "..data")
        await asyncio.wait([found], timeout=1)
    await found
    await watch.aclose()


async def test_what_is_written_beside_the_file_is_no_reason_to_read_it(tmp_path, monkeypatch):
    path = tmp_path / "landwatch.yaml"
    path.write_text("one")
    reads: list[float] = []

    def read(path: Path) -> bytes | None:
        reads.append(time.monotonic())
        return content(path)

    monkeypatch.setattr("monitor.reload.content", read)
    look = 1.5
    watch = changes(path, b"one", look=look)
    found = asyncio.create_task(anext(watch))
    while len(reads) < 3:
        path.with_name("landwatch.db").write_text("x")
        await asyncio.wait([found], timeout=0.02)
    assert not found.done()
    assert all(later - sooner > look / 2 for sooner, later in pairwise(reads))
    path.write_text("two")
    await asyncio.wait_for(found, 20)
    await watch.aclose()
