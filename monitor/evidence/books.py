"""What of the judge's books a bundle takes over: only what can't be made of its samples.

These are the rollups of hours and days whose samples were deleted, outages that began before all samples are
there, and how hours were cut into slices while a page was looked at more or less often than now. The newest
rollup before the window is there too: a region that was heard of lately is missed where it is silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import Connection

from monitor.evidence.extent import Extent
from monitor.evidence.failure import Unreadable
from monitor.evidence.manifest import mistake
from monitor.evidence.names import BOOKS
from monitor.judging.every import Cut, Paces
from monitor.judging.gather import REMEMBERED
from monitor.judging.rows import rollup_of
from monitor.sla.slices import HOUR, LENGTHS
from monitor.sla.windows import moment
from storage.newest import newest_before
from storage.outages import OutageRow, read_outages
from storage.packing import pack_set
from storage.rollups import RollupRow, read_rollups
from storage.series import Series

LONGEST = 1024 * 1024
"""Bytes of a line."""
_Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
_Hex = Annotated[str, Field(pattern=r"^([0-9a-f]{2})*$", max_length=LONGEST)]
_Period = Literal[3600, 86_400]
_PERIODS: tuple[_Period, ...] = (86_400, 3600)
"""An hour's own cut comes after that of its day, and counts."""
_Name = Annotated[str, Field(max_length=500)]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    vendor: _Name
    page: _Name
    region: _Name
    probe: _Name
    variant: _Name

    @property
    def series(self) -> Series:
        """What it is about."""
        return Series(self.vendor, self.page, self.region, self.probe, self.variant)


class _Hours(_Line):
    """About whole hours, and how they were cut into slices."""

    kind: Literal["cut", "rollup"]
    period: _Period
    start: Annotated[int, Field(ge=0, le=2**33)]
    length: int
    reach: Annotated[int, Field(ge=1, le=1_000_000)]


class CutLine(_Hours):
    """How the hours of a period were cut into slices. Their samples are in the bundle."""

    kind: Literal["cut"] = "cut"

    def rows(self, number: int) -> Iterator[RollupRow]:
        """Empty rows of its hours, from which their cut is read when they are made of samples."""
        nothing = pack_set(0)
        for start in range(self.start, self.start + self.period, HOUR):
            cut = (HOUR, start, self.length, self.reach, nothing, nothing)
            yield RollupRow(number, *cut, 0, 0, 0, 0, 0, 0, b"")


class RollupLine(_Hours):
    """A rollup, as the store had it; sets and figures in hexadecimal."""

    kind: Literal["rollup"] = "rollup"
    measured: _Hex
    down: _Hex
    visits_up: _Count
    visits_down: _Count
    visits_blocked: _Count
    visits_unknown: _Count
    visits_tainted: _Count
    newest: Annotated[int, Field(ge=0, le=2**62)]
    figures: _Hex

    def row(self, number: int) -> RollupRow:
        """The row, of the series with that number."""
        held = {name: getattr(self, name) for name in RollupRow._fields if name != "series"}
        packed = {name: bytes.fromhex(held[name]) for name in ("measured", "down", "figures")}
        return RollupRow(series=number, **{**held, **packed})


class OutageLine(_Line):
    """An outage of a region, as the store had it."""

    kind: Literal["outage"] = "outage"
    first_bad: AwareDatetime
    last_bad: AwareDatetime
    last_good: AwareDatetime | None
    first_good: AwareDatetime | None
    all_good: AwareDatetime | None
    blind: Annotated[float, Field(ge=0, le=1e12)]
    samples: _Count
    faults: dict[_Name, _Count]
    opened_by: _Name
    closed_by: _Name | None
    worst: _Name
    longest: Annotated[float, Field(ge=0, le=1e12)]

    def row(self, number: int) -> OutageRow:
        """The row, of the series with that number."""
        return OutageRow(series=number, **self.model_dump(exclude={"kind", *Series._fields}))


Line = CutLine | RollupLine | OutageLine
_ANY: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


def taken_over(
    connection: Connection, series: Mapping[Series, int], extent: Extent, paces: Paces
) -> Iterator[Line]:
    """What the books of a store know of these series that samples do not tell."""
    names = {number: one for one, number in series.items()}
    for period in _PERIODS:
        for row in read_rollups(connection, names, period, extent.rolled_from, extent.end):
            one = names[row.series]
            if row.start + period <= extent.raw_from:
                yield _rollup_line(one, row)
            elif row.start >= extent.raw_from and Cut.of_row(row) != paces.cut(one):
                yield CutLine(
                    **one._asdict(), period=period, start=row.start, length=row.length, reach=row.reach
                )
    since = extent.rolled_from - REMEMBERED
    for row in newest_before(connection, list(names), since, min(extent.rolled_from, extent.raw_from)):
        if row.start + row.period <= extent.raw_from:
            yield _rollup_line(names[row.series], row)
    for outage in read_outages(connection, names, moment(extent.start), moment(extent.raw_from)):
        values = {name: getattr(outage, name) for name in OutageLine.model_fields if hasattr(outage, name)}
        yield OutageLine(**names[outage.series]._asdict(), **values)


def write_lines(lines: Iterable[Line], out: BinaryIO) -> None:
    """Write them, one JSON object a line."""
    for line in lines:
        out.write(line.model_dump_json().encode() + b"\n")


def read_lines(file: BinaryIO, raw_from: datetime) -> Iterator[Line]:
    """The lines of a file, in a bundle that has every sample from ``raw_from`` on.

    Raises:
        Unreadable: one is none of ours, could not be judged, or would stand in the place of samples.
    """
    for number, text in enumerate(iter(lambda: file.readline(LONGEST), b""), 1):
        try:
            if not text.endswith(b"\n"):
                raise ValueError("it is cut off, or too long")
            line = _ANY.validate_json(text)
            if not isinstance(line, OutageLine):
                _check(line)
            _check_time(line, raw_from)
        except ValidationError as error:
            raise Unreadable(BOOKS, f"line {number:,} is none of the books: {mistake(error)}") from error
        except (ValueError, ArithmeticError) as error:
            raise Unreadable(BOOKS, f"line {number:,} is none of the books: {str(error)[:200]}") from error
        yield line


def _rollup_line(series: Series, row: RollupRow) -> RollupLine:
    values = row._asdict().items()
    held: dict[str, Any] = {name: one.hex() if isinstance(one, bytes) else one for name, one in values}
    del held["series"]
    return RollupLine(**series._asdict(), **held)


def _check(line: CutLine | RollupLine) -> None:
    """Read all of a rollup, so that nothing is found to be wrong while it is judged.

    Raises:
        ValueError: it is none.
    """
    if line.start % line.period or line.length not in LENGTHS:
        raise ValueError("it is about no whole hour or day, or has no length of slices that there is")
    if isinstance(line, CutLine):
        return
    rollup = rollup_of(line.row(0))
    for held in (rollup.slices.measured, rollup.slices.down):
        if held.bit_length() > rollup.slices.count:
            raise ValueError("it has more slices than there are")
    for figures in rollup.figures.values():
        finite: Any = (figures.least, figures.most)
        if not all(-1e15 < one < 1e15 for one in finite):
            raise ValueError("a figure is none")
        figures.opened.quantile(0.5)


def _check_time(line: Line, raw_from: datetime) -> None:
    """What happened while every sample was kept is told by samples and by nothing else.

    Raises:
        ValueError: this tells of it.
    """
    if isinstance(line, OutageLine):
        told = line.first_bad >= raw_from
    else:
        told = isinstance(line, RollupLine) and line.start + line.period > raw_from.timestamp()
    if told:
        raise ValueError(f"the samples are there from {raw_from} on, and it tells of a time after that")
