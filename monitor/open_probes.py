"""The kinds of probe that are open: each is opened when a config first needs it, and closed at the end."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from probes.kinds import Kind, Probe

_log = structlog.get_logger(__name__)


class ProbeUnavailable(Exception):
    """A kind of probe can't be opened here, and why."""


def opening(kind: Kind, name: str, folder: Path | None) -> AbstractAsyncContextManager[Probe]:
    """The kind's ``open_probe``, given a folder of its own inside ``folder`` where it takes one."""
    if folder is None or "folder" not in inspect.signature(kind.open_probe).parameters:
        return kind.open_probe()
    return kind.open_probe(folder=folder / name)  # type: ignore[call-arg]  # it takes one


class OpenProbes:
    """Opens kinds of probe, and closes them all when its context ends.

    In ``folder``, kinds that keep files as evidence have a folder of their own each.
    """

    def __init__(self, kinds: Mapping[str, Kind], folder: Path | None = None) -> None:
        self._folder = folder
        self.kinds = kinds
        """All kinds there are."""
        self.opened: dict[str, Probe] = {}
        """Those that are open, by the name of their kind."""
        self._stack = AsyncExitStack()

    async def open(self, names: Iterable[str]) -> None:
        """Open these kinds, where they are not open.

        Raises:
            ProbeUnavailable: one of them can't be opened.
        """
        for name in sorted(set(names) - self.opened.keys()):
            try:
                probe = await self._stack.enter_async_context(opening(self.kinds[name], name, self._folder))
            except Exception as error:
                _log.debug("a probe can't be opened", probe=name, exc_info=True)
                raise ProbeUnavailable(f"the {name} probe can't be opened: {error}") from error
            self.opened[name] = probe

    def restarts(self) -> dict[str, int]:
        """How often each open kind's own programs failed it, of the kinds that have any."""
        counts = {name: getattr(probe, "restarts", None) for name, probe in self.opened.items()}
        return {name: count for name, count in counts.items() if count is not None}

    async def __aenter__(self) -> Self:
        """Nothing is open yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close what was opened."""
        await self._stack.aclose()
