"""The pipeline hands each sample to its sinks. A sink that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from probes.sample import Sample

Sink = Callable[[Sample], None]
"""Takes a sample, at once: a sink that has to wait puts it in a queue of its own."""

_log = structlog.get_logger(__name__)


class Pipeline:
    """Hands samples to sinks, by name, and counts the errors of each.

    A sink that keeps failing is logged when that begins and when it is over, not for each sample.
    """

    def __init__(self, sinks: Mapping[str, Sink]) -> None:
        self._sinks = dict(sinks)
        self._errors = dict.fromkeys(sinks, 0)
        self._failing: dict[str, int] = {}

    @property
    def errors(self) -> Mapping[str, int]:
        """How often each sink has failed so far."""
        return dict(self._errors)

    def emit(self, sample: Sample) -> None:
        """Hand ``sample`` to every sink."""
        for name, sink in self._sinks.items():
            try:
                sink(sample)
            except Exception:
                self._failed(name)
            else:
                if self._failing:
                    self._worked(name)

    def _failed(self, name: str) -> None:
        self._errors[name] += 1
        self._failing[name] = self._failing.get(name, 0) + 1
        if self._failing[name] == 1:
            _log.exception("a sink fails", sink=name)

    def _worked(self, name: str) -> None:
        lost = self._failing.pop(name, 0)
        if lost:
            _log.info("a sink works again", sink=name, lost=lost)
