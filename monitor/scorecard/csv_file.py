"""Reads a file of KPIs (date, vendor, kpi, value): all of its rows, or every mistake in it."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from sys import intern

from monitor.config.kpis import Kpi
from monitor.config.moments import parse_date
from monitor.config.schema import closest
from monitor.scorecard.amounts import parse_amount
from monitor.scorecard.notation import Notation
from storage.kpis import KpiValue

COLUMNS = ("date", "vendor", "kpi", "value")
LARGEST = 16 * 1024 * 1024
"""Bytes of a file."""
LONGEST = 131_072
"""Characters of a cell. ``csv``'s own limit is one for the whole process, and others set it."""
MOST_ROWS = 200_000
"""Rows of a file: a hundred KPIs for more than five years."""
MOST_TOLD = 100
"""Mistakes that are told one by one; of the others it is told how many they are."""
EARLIEST = date(2000, 1, 1)
_HEADER = ",".join(COLUMNS)


@dataclass(frozen=True, slots=True)
class RowMistake:
    """What is wrong with a line of a file, and what would be right."""

    line: int
    """Counted from 1; 0 where it is the whole file."""
    words: str


class FileRefused(Exception):
    """A file of which nothing is imported."""

    def __init__(self, mistakes: Sequence[RowMistake], number: int) -> None:
        super().__init__("\n".join(f"{one.line}: {one.words}" for one in mistakes))
        self.mistakes = tuple(mistakes)
        """The first of them, in the order of the file."""
        self.number = number
        """How many there are."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file may hold."""

    vendors: Sequence[str]
    kpis: Mapping[str, Kpi]
    today: date
    notation: Notation


@dataclass(frozen=True, slots=True)
class KpiFile:
    """What is in a file."""

    values: tuple[KpiValue, ...]
    """By vendor, KPI and day."""
    sha256: str


def read_kpi_file(
    data: bytes, expected: Expected, *, decimal_said: bool = False, most_rows: int = MOST_ROWS
) -> KpiFile:
    """The values in a file's bytes.

    Args:
        data: the whole file.
        expected: what it may hold.
        decimal_said: whether somebody has said with what fractions are written.
        most_rows: how many it may have.

    Raises:
        FileRefused: anything in it is wrong.
    """
    lines = io.StringIO(_decoded(data), newline="")
    heading = lines.readline()
    separator = next((sign for sign in (";", "\t") if sign in heading), ",")
    lines.seek(0)
    if separator != "," and not decimal_said:
        # 1.234 in such a file is as likely a thousand as a fraction.
        expected = replace(expected, notation=replace(expected.notation, decimal=None))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    found = _Reading(expected, most_rows)
    found.read(reader)
    if found.number:
        raise FileRefused(found.mistakes, found.number)
    values = tuple(sorted(found.values, key=lambda one: (one.vendor, one.kpi, one.day)))
    return KpiFile(values, hashlib.sha256(data).hexdigest())


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST:
        raise FileRefused([RowMistake(0, f"a file has at most {LARGEST} bytes: split it up")], 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        words = "is not UTF-8 text: export it as CSV in UTF-8"
        raise FileRefused([RowMistake(line, words)], 1) from error


@dataclass(slots=True)
class _Reading:
    """A file in the reading."""

    expected: Expected
    most_rows: int
    values: list[KpiValue] = field(default_factory=list)
    mistakes: list[RowMistake] = field(default_factory=list)
    number: int = 0
    _places: dict[tuple[str, str], dict[date, int]] = field(default_factory=dict)
    """The line of each day."""

    def read(self, reader: Iterator[list[str]]) -> None:
        """Read all rows; the mistakes are in ``mistakes`` then."""
        order: list[int] | None = None
        rows = 0
        for line, cells in self._lines(reader):
            if not any(cell.strip() for cell in cells):
                continue
            if order is None:
                order = self._order(line, cells)
                if order is None:
                    return
                continue
            rows += 1
            if rows > self.most_rows:
                self._tell(line, f"a file has at most {self.most_rows:,} rows: split it up")
                return
            self._row(line, cells, order)
        if order is None and not self.number:
            self._tell(0, f"is empty: write {_HEADER} in its first line, and a row for each day below")
        elif not rows and not self.number:
            self._tell(0, "has no rows below its header: there is nothing to import")

    def _lines(self, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
        """Each row with the line that it begins in."""
        while True:
            line = reader.line_num + 1  # type: ignore[attr-defined]  # csv's readers have it
            try:
                cells = next(reader)
                if any(len(cell) > LONGEST for cell in cells):
                    raise csv.Error(f"field larger than field limit ({LONGEST})")
            except StopIteration:
                return
            except csv.Error as error:
                self._tell(line, f"can't be read as CSV ({error}): are the quotes closed?")
                return
            yield line, cells

    def _order(self, line: int, cells: Sequence[str]) -> list[int] | None:
        """Where each column stands."""
        names = [cell.strip().lower() for cell in cells]
        unknown = [name for name in names if name not in COLUMNS]
        if sorted(names) == sorted(COLUMNS):
            return [names.index(name) for name in COLUMNS]
        if set(COLUMNS) <= set(names) and unknown:
            columns = ", ".join(map(repr, unknown))
            self._tell(
                line, f"the columns {columns} are not known, and may change what a value means: take them out"
            )
        else:
            self._tell(line, f"the first line names the columns: write {_HEADER}")
        return None

    def _row(self, line: int, cells: Sequence[str], order: Sequence[int]) -> None:
        if len(cells) != len(COLUMNS):
            self._tell(
                line,
                f"has {len(cells)} cells and not {len(COLUMNS)}: is a comma in a number? write a point",
            )
            return
        day, vendor, kpi, amount = (cells[place].strip() for place in order)
        wrong: list[str] = []
        at = self._day(day, wrong)
        self._known(vendor, self.expected.vendors, "vendor", wrong)
        self._known(kpi, list(self.expected.kpis), "KPI", wrong)
        value = self._value(amount, kpi, wrong)
        if not wrong and at is not None and value is not None:
            # Each name once in memory, not once for each row.
            self._take(line, KpiValue(intern(vendor), intern(kpi), at, value), wrong)
        if wrong:
            self._tell(line, "; ".join(wrong))

    def _take(self, line: int, value: KpiValue, wrong: list[str]) -> None:
        days = self._places.setdefault((value.vendor, value.kpi), {})
        first = days.setdefault(value.day, line)
        if first != line:
            wrong.append(
                f"{value.kpi} of {value.vendor} on {value.day} stands in line {first} too: leave one of them"
            )
        else:
            self.values.append(value)

    def _day(self, text: str, wrong: list[str]) -> date | None:
        try:
            day = parse_date(text)
        except ValueError as error:
            wrong.append(str(error))
            return None
        if day > self.expected.today:
            wrong.append(f"{day} lies in the future: today is {self.expected.today}")
        elif day < EARLIEST:
            wrong.append(f"{day} lies before {EARLIEST}: is the year right?")
        return day

    def _known(self, name: str, known: Sequence[str], noun: str, wrong: list[str]) -> None:
        if name in known:
            return
        nearest = closest(name, known)
        meant = f"did you mean {nearest!r}?" if nearest else f"there are {', '.join(known)}"
        wrong.append(f"no {noun} is called {name[:60]!r}: {meant}")

    def _value(self, text: str, kpi: str, wrong: list[str]) -> float | None:
        if kpi not in self.expected.kpis:
            return None
        try:
            return parse_amount(text, self.expected.kpis[kpi], self.expected.notation)
        except ValueError as error:
            wrong.append(str(error))
            return None

    def _tell(self, line: int, words: str) -> None:
        self.number += 1
        if len(self.mistakes) < MOST_TOLD:
            self.mistakes.append(RowMistake(line, words))
