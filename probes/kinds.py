"""The kinds of probe: every module of this package that has ``Options`` and ``open_probe``.

A new kind is one new file in ``probes/``: its docstring is its manual, ``Options`` is a frozen pydantic
model of what a page may set, and ``open_probe`` is an async context manager in which pools and browsers
live and die. Nothing else names the kinds.
"""

from __future__ import annotations

import importlib
import pkgutil
from contextlib import AbstractAsyncContextManager
from functools import cache
from types import MappingProxyType
from typing import Protocol, cast

from pydantic import BaseModel

import probes
from probes.target import Target
from probes.trace import Trace


class Probe(Protocol):
    """What ``open_probe`` yields: one object for all targets of its kind.

    One of which only so many runs can go on at a time has ``turn(target)`` too: an async context manager that
    waits until there is room, and yields what measures. What was waited for is no part of the sample.

    One that keeps programs of its own running may have ``restarts``: how often one of them ended, hung or had
    to be killed since the probe was opened. It becomes a metric, and is read at each scrape.
    """

    async def measure(self, target: Target, trace: Trace) -> None:
        """Visit ``target`` once and write what is seen into ``trace``.

        Raises:
            Failure: the page did not answer as it should, or a shield or our own side stood between.
        """


class Kind(Protocol):
    """A module that is a kind of probe.

    It may have one function more, ``variants(options) -> tuple[str, ...]``: a kind that looks at one page in
    several ways, each with an objective of its own, names them there, and the page is a target for each.

    And ``open_probe`` may take ``folder``: a kind that keeps files as evidence is given a folder of its own
    in the state folder, which it makes when it first needs it. Without one it keeps none.
    """

    __doc__: str
    Options: type[BaseModel]
    EVERY: float
    """Seconds between two runs, where the config names none."""
    TIMEOUT: float
    """Seconds that a run may take, where the config names none."""
    BURSTS: bool
    """Whether a first failure starts a burst: only for kinds that cost little to run."""

    def open_probe(self) -> AbstractAsyncContextManager[Probe]:
        """Open what the kind needs to measure, for as long as the context lasts."""


def variants_of(kind: Kind, options: BaseModel) -> tuple[str | None, ...]:
    """The variants of a page's targets, each once, where ``kind`` watches it with ``options``.

    Where the kind knows of none, that is ``(None,)``: one target without a variant.
    """
    variants = getattr(kind, "variants", None)
    found = tuple(dict.fromkeys(variants(options))) if variants is not None else ()
    return found or (None,)


@cache
def kinds() -> MappingProxyType[str, Kind]:
    """The kinds of probe by name, in alphabetical order."""
    found = {}
    for info in sorted(pkgutil.iter_modules(probes.__path__), key=lambda info: info.name):
        if info.ispkg:
            continue
        module = importlib.import_module(f"probes.{info.name}")
        if hasattr(module, "Options") and hasattr(module, "open_probe"):
            found[info.name] = cast("Kind", module)
    return MappingProxyType(found)
