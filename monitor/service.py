"""A daemon as a service: signals, systemd, and the config that is read again when it changes.

SIGTERM and SIGINT end it in an orderly way, a second one at once; SIGHUP reads the config again.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVarTuple

import structlog

from monitor.config import load
from monitor.daemon import HASTE, Daemon, open_daemon
from monitor.reload import changes, content
from monitor.systemd import Notifier

INTERRUPTED = 130
"""The exit code of a process that was told twice to end."""

_log = structlog.get_logger(__name__)

Beside = Callable[[Daemon], Awaitable[None]]
"""Something that runs beside the daemon until it is cancelled."""


Arguments = TypeVarTuple("Arguments")


class Signals:
    """What the process was asked for, as events of the loop."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.cut = asyncio.Event()
        self.reload = asyncio.Event()

    def end(self) -> None:
        """End: in an orderly way when asked once, at once when asked again."""
        (self.cut if self.stop.is_set() else self.stop).set()

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch them while the context lasts; must be in the main thread."""
        loop = asyncio.get_running_loop()
        actions = {signal.SIGTERM: self.end, signal.SIGINT: self.end, signal.SIGHUP: self.reload.set}
        for number, action in actions.items():
            loop.add_signal_handler(number, action)
        try:
            yield
        finally:
            for number in actions:
                loop.remove_signal_handler(number)


async def serve(
    path: Path,
    *,
    before: Callable[[], None] | None = None,
    beside: Beside | None = None,
    notifier: Notifier | None = None,
) -> int:
    """Run a daemon with the config at ``path`` until a signal ends it, and return the exit code.

    ``before`` is called when all is open and nothing is measured yet; ``beside`` runs beside the daemon,
    from when it is ready until it is asked to end.

    Raises:
        ConfigError: the config is wrong.
        StartFailed: the daemon can't start.
    """
    notifier = notifier or Notifier()
    signals = Signals()
    with signals.caught():
        seen = await asyncio.to_thread(content, path)
        config = await asyncio.to_thread(load, path)
        async with open_daemon(config, path) as daemon:
            if before is not None:
                before()
            daemon.start()
            tasks = [
                _in_background("watchdog", notifier.watch),
                _in_background("config watch", _notice, path, seen, signals.reload),
                _in_background("reload", _reload, daemon, signals.reload, notifier),
            ]
            if beside is not None:
                tasks.append(_in_background("beside", beside, daemon))
            _say_ready(daemon, notifier)
            try:
                await signals.stop.wait()
                notifier.stopping()
                _log.info("ending: no more runs are started")
            finally:
                await _cancel(tasks[1:])  # the watchdog is told until the end
            try:
                return await _drain(daemon, signals.cut)
            finally:
                await _cancel(tasks[:1])


def _say_ready(daemon: Daemon, notifier: Notifier) -> None:
    pages = {watch.target.key[:2] for watch in daemon.config.watches()}
    notifier.ready(f"{len(pages)} pages, {daemon.url}")
    _log.info(
        "landwatch runs",
        version=daemon.version,
        region=daemon.config.region,
        pages=len(pages),
        targets=len(daemon.schedule),
        page=daemon.url,
        metrics=f"{daemon.url}metrics",
    )


async def _notice(path: Path, seen: bytes | None, changed: asyncio.Event) -> None:
    async for _ in changes(path, seen):
        changed.set()


async def _reload(daemon: Daemon, wanted: asyncio.Event, notifier: Notifier) -> None:
    while True:
        await wanted.wait()
        wanted.clear()
        notifier.reloading()
        await daemon.reloads.reload()
        error = daemon.reloads.error
        notifier.ready(f"the old config stays in force: {error}" if error else daemon.url)


async def _drain(daemon: Daemon, cut: asyncio.Event) -> int:
    """Drain, unless that is cut short."""
    drain = asyncio.create_task(daemon.drain(), name="drain")
    cutting = asyncio.create_task(cut.wait(), name="cut")
    await asyncio.wait({drain, cutting}, return_when=asyncio.FIRST_COMPLETED)
    cutting.cancel()
    if drain.done():
        await drain
        return 0
    _log.warning("told again to end: what is under way is cut off")
    await _cancel([drain])
    await daemon.drain(0.0, HASTE)
    return INTERRUPTED


def _in_background(
    name: str, work: Callable[[*Arguments], Awaitable[None]], *arguments: *Arguments
) -> asyncio.Task[None]:
    """Something without which the daemon can go on: that it failed is logged."""

    async def guarded() -> None:
        try:
            await work(*arguments)
        except Exception:
            _log.exception("a part of landwatch failed; the rest goes on", part=name)

    return asyncio.create_task(guarded(), name=name)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
