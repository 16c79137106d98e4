"""Reloads: when the config is read again, and that the old one stays in force where the new one is wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import structlog
from watchfiles import awatch

from monitor.config import Config, ConfigError, load

LOOK = 5.0
"""Seconds after which the file is compared even if the system reported no change."""
_SWITCHED = "..data"
"""The link that Kubernetes turns to the new files of a folder."""

_log = structlog.get_logger(__name__)


class ReloadRefused(Exception):
    """The config is right, and can't take effect in this process."""


class Reloads:
    """Reads the config again and hands it to ``apply``, which takes it or raises :class:`ReloadRefused`."""

    def __init__(
        self,
        path: Path,
        apply: Callable[[Config], Awaitable[None]],
        *,
        read: Callable[[Path], Config] = load,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.error: str | None = None
        """Why the last reload was refused; ``None`` where it was not."""
        self.at = wall()
        """When the config in force was read."""
        self._path = path
        self._apply = apply
        self._read = read
        self._wall = wall

    async def reload(self) -> bool:
        """Read the config and have it applied; whether that went well."""
        at = self._wall()
        try:
            await self._apply(await asyncio.to_thread(self._read, self._path))
        except ConfigError as error:
            return self._refuse([mistake.show(error.source) for mistake in error.mistakes])
        except ReloadRefused as error:
            return self._refuse([str(error)])
        except Exception as error:
            _log.exception("a reload failed")
            return self._refuse([f"a fault of landwatch itself: {error!r}"])
        self.at, self.error = at, None
        _log.info("config reloaded", config=str(self._path))
        return True

    def _refuse(self, mistakes: list[str]) -> bool:
        self.error = "; ".join(mistakes)
        _log.error("config not reloaded, the old one stays in force", mistakes=mistakes)
        return False


async def changes(path: Path, seen: bytes | None, *, look: float = LOOK) -> AsyncIterator[None]:
    """One item for each time that the file's content is another than what was ``seen`` last.

    The folder is watched, not the file: editors and Kubernetes replace files. What changes beside it (a
    database may be written there all the time) is no reason to look. What the system does not report (a
    network disk, the target of a link) is found by a look at the content now and then.
    """
    watched = awatch(
        path.parent,
        watch_filter=None,
        debounce=400,
        rust_timeout=int(look * 1000),
        yield_on_timeout=True,
        recursive=False,
    )
    ours = {path.name, _SWITCHED}
    looked = time.monotonic()
    async for changed in watched:
        beside = changed and ours.isdisjoint(Path(name).name for _, name in changed)
        if beside and time.monotonic() - looked < look:
            continue
        looked = time.monotonic()
        found = await asyncio.to_thread(content, path)
        if found != seen and found is not None:
            seen = found
            yield


def content(path: Path) -> bytes | None:
    """The file's content; ``None`` while it is not there, as between the two steps of a replacement."""
    try:
        return path.read_bytes()
    except OSError:
        return None
