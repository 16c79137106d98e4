"""Raw samples as CSV, read back to the last bit. Verdicts are made again of this file.

It has a column for each field of a sample under its name, but for ``evidence``, which the judge never asks
for and which the Parquet file has. Lists and mappings are JSON, hops without what is null in them. An empty
cell is null; a text that is empty, or that a spreadsheet would take for a formula, has a ``'`` before it, and
so has one that begins with ``'``.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, BinaryIO, TextIO

import orjson

from monitor.evidence.failure import Unreadable
from monitor.evidence.names import SAMPLES
from monitor.export.flat import FORMULAS
from probes.sample import Attempt, Clock, Fault, Hop, Outcome, Sample
from storage.encoding import json_text

COLUMNS = tuple(each.name for each in fields(Sample) if each.name != "evidence")
LONGEST = 4 * 1024 * 1024
"""Characters of a cell, and bytes of a line of the file."""
_JSON = frozenset({"tainted", "hops", "vitals"})
_MARKED = (*FORMULAS, "'")
_INT64 = 1 << 63


class SampleWriter:
    """Writes samples as they pass by."""

    def __init__(self, out: TextIO) -> None:
        self._writer = csv.writer(out, lineterminator="\r\n")
        self._writer.writerow(COLUMNS)

    def through(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """The same samples, each written before it is handed on."""
        for sample in samples:
            self._writer.writerow([_cell(name, getattr(sample, name)) for name in COLUMNS])
            yield sample


def read_samples(file: BinaryIO) -> Iterator[Sample]:
    """The samples in a file, one by one; their evidence is not in it.

    Raises:
        Unreadable: a line is no sample.
    """
    lines = _Lines(file)
    rows = csv.reader(lines, strict=True)
    try:
        if _next(rows) != list(COLUMNS):
            raise Unreadable(SAMPLES, f"its first line has not the headings {', '.join(COLUMNS[:4])}, ...")
        while (row := _next(rows)) is not None:
            lines.begin()
            yield _sample(row)
    except (csv.Error, ValueError, TypeError, OverflowError) as error:
        raise Unreadable(SAMPLES, f"line {rows.line_num:,} is no sample: {str(error)[:200]}") from error


def _next(rows: Iterator[list[str]]) -> list[str] | None:
    """The next row. How long a cell may be is set for the whole process: it is as before afterwards."""
    before = csv.field_size_limit(LONGEST)
    try:
        return next(rows, None)
    finally:
        csv.field_size_limit(before)


class _Lines:
    """The lines of a file, of which one record may have only so many bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = LONGEST

    def begin(self) -> None:
        """A record begins."""
        self._left = LONGEST

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(self._left):
            self._left -= len(line)
            if self._left <= 0:
                raise ValueError(f"it has more than {LONGEST:,} bytes")
            yield line.decode()


def _cell(name: str, value: Any) -> Any:
    if name == "hops":
        value = [{key: one for key, one in asdict(hop).items() if one is not None} for hop in value]
    if name in _JSON:
        return json_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and (not value or value.startswith(_MARKED)):
        return f"'{value}"
    return value


def _sample(row: Sequence[str]) -> Sample:
    """The sample in a row.

    Raises:
        ValueError: it is none.
    """
    if len(row) != len(COLUMNS):
        raise ValueError(f"it has {len(row)} cells, not {len(COLUMNS)}")
    held: dict[str, Any] = {name: _text(cell) for name, cell in zip(COLUMNS, row, strict=True)}
    for name in ("id", "vendor", "page", "url", "region", "probe"):
        if held[name] is None:
            raise ValueError(f"it has no {name}")
    held["at"] = _moment(held["at"])
    held["attempt"], held["outcome"] = Attempt(held["attempt"]), Outcome(held["outcome"])
    held["fault"] = None if held["fault"] is None else Fault(held["fault"])
    held["clock"] = Clock(held["clock"])
    for name in ("duration", "ttfb", "client"):
        held[name] = None if held[name] is None else number(float(held[name]))
    for name in ("status", "bytes"):
        held[name] = None if held[name] is None else _whole(held[name])
    tainted, hops, vitals = (orjson.loads(held[name] or "") for name in ("tainted", "hops", "vitals"))
    held["tainted"] = [_word(one) for one in _list(tainted)]
    held["hops"] = [_hop(one) for one in _list(hops)]
    held["vitals"] = {name: number(one) for name, one in _mapping(vitals).items()}
    return Sample(**held)


def _text(cell: str) -> str | None:
    if not cell:
        return None
    return cell[1:] if cell[0] == "'" else cell


def _moment(text: str | None) -> datetime:
    at = datetime.fromisoformat(text or "")
    if at.tzinfo is None:
        raise ValueError("its moment has no time zone")
    return at.astimezone(UTC)


def number(value: Any) -> Any:
    """A number, as it is.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{str(value)[:40]} is no number")
    return value


def _whole(text: str) -> int:
    value = int(text)
    if not -_INT64 <= value < _INT64:
        raise ValueError("a whole number is too large")
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is none")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list is none")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a mapping is none")
    return value


def _hop(value: Any) -> Hop:
    hop = Hop(**_mapping(value))
    for each in fields(Hop):
        held = getattr(hop, each.name)
        if each.name in ("url", "address", "protocol"):
            _word("" if held is None else held)
        elif held is not None:
            number(held)
    return hop
