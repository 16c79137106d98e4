"""The browser probe itself: from a target to a turn, and from a worker's answer to a sample's parts."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import structlog

from probes.chromium.order import Order, order_for
from probes.chromium.pool import Pool, Turn
from probes.failure import Blocked, Failure, OwnFault
from probes.keepsake.shelf import Shelf
from probes.sample import Clock, Fault, Hop, Outcome
from probes.target import Target
from probes.trace import Trace

_log = structlog.get_logger(__name__)

_MARGIN = 0.5
"""Seconds before the deadline by which the worker must have answered, or is killed."""
_CLEANING = 2.5
"""Seconds before the deadline by which the visit itself must be over."""


class BrowserProbe:
    """Visits pages with a browser."""

    def __init__(self, pool: Pool, folder: Path | None = None) -> None:
        self._pool = pool
        self._shelf = None if folder is None else Shelf(folder)

    @property
    def restarts(self) -> int:
        """How often a browser, or the process that drives it, ended, hung or had to be killed."""
        return self._pool.restarts

    async def measure(self, target: Target, trace: Trace) -> None:
        """Visit ``target`` in a turn of its own.

        Raises:
            Failure: the page did not come as it should, or our own side failed.
        """
        async with self.turn(target) as ready:
            await ready.measure(target, trace)

    @asynccontextmanager
    async def turn(self, target: Target) -> AsyncIterator[Ready]:
        """Wait for a browser, as long as a visit itself may take.

        Raises:
            OwnFault: there was none.
        """
        try:
            kept = self._shelf is not None and target.options.keep != "none"
            order = order_for(target, target.timeout, keep=kept)
        except (ValueError, httpx.InvalidURL) as error:
            raise OwnFault(Fault.INTERNAL, f"the options cannot be used: {error}") from error
        async with self._pool.turn(order, target.timeout) as turn:
            yield Ready(turn, order, self._shelf)


class Ready:
    """A browser that waits for one visit."""

    def __init__(self, turn: Turn, order: Order, shelf: Shelf | None) -> None:
        self._turn = turn
        self._order = order
        self._shelf = shelf

    async def measure(self, target: Target, trace: Trace) -> None:
        """Visit the page, and write what was seen into ``trace``.

        Raises:
            Failure: the page did not come as it should, or our own side failed.
        """
        left = trace.deadline - monotonic()
        order = replace(self._order, seconds=max(0.0, left - _CLEANING))
        trace.clock = Clock.BROWSER
        answer = await self._turn.visit(order, max(0.1, left - _MARGIN))
        _note(answer, trace)
        if answer["captured"] is not None:
            await asyncio.to_thread(self._keep, Path(answer["captured"]), target, answer)
        _raise(answer)

    def _keep(self, left: Path, target: Target, answer: dict[str, Any]) -> None:
        """Put what the visit left on the shelf, where it is to be kept, and name it in the evidence."""
        failed = answer["outcome"] != Outcome.UP
        if self._shelf is None or (target.options.keep == "failures" and not failed):
            shutil.rmtree(left, ignore_errors=True)
            return
        try:
            place = self._shelf.keep(left, target.vendor, target.page, time.time(), failed=failed)
        except OSError as error:
            _log.warning("what a visit left can't be kept", page=target.page, reason=str(error))
            shutil.rmtree(left, ignore_errors=True)
            return
        answer["browser"]["files"] = self._shelf.files(place)


def _note(answer: dict[str, Any], trace: Trace) -> None:
    trace.hops += [Hop(**hop) for hop in answer["hops"]]
    if answer["first_byte"] is not None:
        trace.first_byte = trace.started + answer["first_byte"]
    trace.bytes = answer["bytes"]
    trace.vitals.update(answer["vitals"])
    trace.evidence["browser"] = answer["browser"]
    if answer["starved"]:
        trace.tainted.append("cpu")


def _raise(answer: dict[str, Any]) -> None:
    outcome, detail = Outcome(answer["outcome"]), answer["detail"] or ""
    if outcome is Outcome.UP:
        return
    if outcome is Outcome.BLOCKED:
        raise Blocked(detail)
    raise (OwnFault if outcome is Outcome.UNKNOWN else Failure)(Fault(answer["fault"]), detail)
