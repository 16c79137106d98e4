"""The demo's own record of what its vendors did, to hold landwatch's figures against.

One JSON object a line in ``record.jsonl``, with ``at`` (RFC 3339, UTC), ``seconds`` since the start and
an ``event``:

- ``start``: the demo began (a record is appended to, so there may be several).
- ``change``: ``vendor`` is in ``mode`` from now on.
- ``fault``: a request of ``region`` for ``path`` got what ``mode`` says instead of the page. There may be a
  few more than samples: a run that is due cuts off the attempt of a burst.
- ``served``: since the last such line, ``count`` requests of ``region`` for ``path`` got the page after
  ``delay`` seconds of thought in the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson


class Record:
    """The writer. Pages served are many and alike: they are added up, and :meth:`tally` writes the sums."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._file = path.open("ab", buffering=0)
        self._clock = clock
        self._served: dict[tuple[str, str, str], list[float]] = {}

    def start(self) -> None:
        """Write that the demo began."""
        self._write("start")

    def change(self, vendor: str, mode: str) -> None:
        """Write that ``vendor`` is in ``mode`` from now on."""
        self._write("change", vendor=vendor, mode=mode)

    def fault(self, vendor: str, region: str, path: str, mode: str) -> None:
        """Write that one request got no page."""
        self._write("fault", vendor=vendor, region=region, path=path, mode=mode)

    def served(self, vendor: str, region: str, path: str, delay: float) -> None:
        """Add one page to the sums."""
        self._served.setdefault((vendor, region, path), []).append(delay)

    def tally(self) -> None:
        """Write the sums since the last call, and begin new ones."""
        served, self._served = self._served, {}
        for (vendor, region, path), delays in sorted(served.items()):
            mean = round(sum(delays) / len(delays), 6)
            self._write("served", vendor=vendor, region=region, path=path, count=len(delays), delay=mean)

    def close(self) -> None:
        """Write the last sums and close the file."""
        self.tally()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, event: str, **fields: Any) -> None:
        line = {"at": datetime.now(UTC), "seconds": round(self._clock(), 6), "event": event, **fields}
        self._file.write(orjson.dumps(line, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a record, oldest first; a last line that is still being written is left out."""
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield orjson.loads(line)
