"""Files of KPIs: every row of a right one, and every mistake of a wrong one."""

from __future__ import annotations

import csv
import hashlib
import io
import tracemalloc
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.kpis import KPIS, registry
from monitor.scorecard.amounts import write_amount
from monitor.scorecard.csv_file import (
    EARLIEST,
    LARGEST,
    MOST_ROWS,
    MOST_TOLD,
    Expected,
    FileRefused,
    KpiFile,
    read_kpi_file,
)
from monitor.scorecard.notation import DecimalSign, Notation
from storage.kpis import KpiValue

TODAY = date(2026, 11, 22)
VENDORS = ("easyshop", "rival, inc.")
HEADER = "date,vendor,kpi,value\n"


def read(text: str | bytes, *, decimal: DecimalSign | None = None) -> KpiFile:
    notation = Notation(decimal or DecimalSign.POINT)
    data = text.encode() if isinstance(text, str) else text
    expected = Expected(VENDORS, registry(), TODAY, notation)
    return read_kpi_file(data, expected, decimal_said=decimal is not None)


def refused(text: str | bytes, **said: Any) -> list[str]:
    """What is told of a file, each with its line."""
    with pytest.raises(FileRefused) as caught:
        read(text, **said)
    return [f"{one.line}: {one.words}" for one in caught.value.mistakes]


def test_a_file_is_read_whole_with_its_digest() -> None:
    text = HEADER + "2026-10-06,easyshop,content,2\n2026-10-05,easyshop,completion_rate,45%\n"
    found = read(text)
    assert found.values == (
        KpiValue("easyshop", "completion_rate", date(2026, 10, 5), 0.45),
        KpiValue("easyshop", "content", date(2026, 10, 6), 2.0),
    )
    assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()


ONE = (KpiValue("easyshop", "organic_rank", date(2026, 10, 6), 4.5),)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("\ufeffdate,vendor,kpi,value\r\n2026-10-06,easyshop,organic_rank,4.5\r\n", None),
        ("Value;KPI;Vendor;Date\n4,5;organic_rank;easyshop;2026-10-06\n;;;\n", DecimalSign.COMMA),
        ("date;vendor;kpi;value\n2026-10-06;easyshop;organic_rank;4.5", DecimalSign.POINT),
        ("date\tvendor\tkpi\tvalue\n2026-10-06\teasyshop\torganic_rank\t4,5\n", DecimalSign.COMMA),
        ('\n"date","vendor","kpi","value"\r2026-10-06,easyshop,organic_rank,"4,5"\r', DecimalSign.COMMA),
        (HEADER + " 2026-10-06 , easyshop , organic_rank , 4.5 \n\n,,,\n", None),
    ],
)  # fmt: skip
def test_what_spreadsheets_make_of_a_file_is_read(text: str, decimal: DecimalSign | None) -> None:
    assert read(text, decimal=decimal).values == ONE


def test_a_comma_in_a_quoted_name_divides_nothing() -> None:
    (one,) = read(HEADER + '2026-10-06,"rival, inc.",content,4\n').values
    assert one.vendor == "rival, inc."


def test_every_wrong_row_is_told_with_its_line_and_what_would_be_right() -> None:
    text = HEADER + "".join(
        f"{row}\n"
        for row in (
            "06.10.2026,easyshop,content,2",
            "2026-10-06,easyshp,content,2",
            "2026-10-06,easyshop,contnt,2",
            "2026-10-06,easyshop,completion_rate,0.45",
            "2026-11-23,easyshop,content,2",
            "1926-10-06,easyshop,content,2",
            "2026-10-06,easyshop,content,2",
            "2026-10-06,easyshop,content,2",
            "2026-10-07,easyshop,content,2,5",
            "2026-02-30,nobody,zzzz,x",
        )
    )
    assert refused(text) == [
        "2: '06.10.2026' is no date: write one such as 2026-10-05",
        "3: no vendor is called 'easyshp': did you mean 'easyshop'?",
        "4: no KPI is called 'contnt': did you mean 'content'?",
        "5: '0.45' may be 45% or 0.45%: a share has a %, write what is meant",
        "6: 2026-11-23 lies in the future: today is 2026-11-22",
        "7: 1926-10-06 lies before 2000-01-01: is the year right?",
        "9: content of easyshop on 2026-10-06 stands in line 8 too: leave one of them",
        "10: has 5 cells and not 4: is a comma in a number? write a point",
        (
            "11: '2026-02-30' is no date, day is out of range for month: write one such as 2026-10-05; "
            f"no vendor is called 'nobody': there are {', '.join(VENDORS)}; no KPI is called 'zzzz': "
            f"there are {', '.join(KPIS)}"
        ),
    ]


def test_today_may_be_imported() -> None:
    assert read(HEADER + f"{TODAY},easyshop,content,2\n").values[0].day == TODAY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0: is empty: write date,vendor,kpi,value in its first line"),
        ("\n\n", "0: is empty"),
        (HEADER, "0: has no rows below its header"),
        ("2026-10-06,easyshop,content,2\n", "1: the first line names the columns: write date,vendor"),
        ("date,vendor,kpi\n", "1: the first line names the columns"),
        ("date,vendor,kpi,value,value\n", "1: the first line names the columns"),
        (
            "date,vendor,kpi,value,unit,note\n",
            "1: the columns 'unit', 'note' are not known, and may change what a value means: take them out",
        ),
        (HEADER + '2026-10-06,easyshop,content,"2\n', "2: can't be read as CSV"),
        (HEADER.encode() + b"2026-10-06,\xe9,content,2\n", "2: is not UTF-8 text: export it as CSV in UTF-8"),
        (HEADER.encode("utf-16"), "1: is not UTF-8 text"),
        (b"x" * (LARGEST + 1), f"0: a file has at most {LARGEST} bytes: split it up"),
        ("date;vendor;kpi;value\n2026-10-06;easyshop;content;1.234\n", "2: '1.234' may be a fraction or"),
        (HEADER + f"2026-10-06,{'x' * 200_000},content,2\n", "2: can't be read as CSV (field larger than"),
    ],
    ids=range(13),
)  # fmt: skip
def test_a_file_that_is_none_is_told(text: str | bytes, words: str) -> None:
    (told,) = refused(text)
    assert told.startswith(words)


def test_what_another_part_of_the_process_reads_changes_no_limit() -> None:
    before = csv.field_size_limit(1 << 22)
    try:
        (told,) = refused(HEADER + f"2026-10-06,{'x' * 200_000},content,2\n")
    finally:
        csv.field_size_limit(before)
    assert told.startswith("2: can't be read as CSV (field larger than")


def test_a_row_over_several_lines_is_told_with_the_one_that_it_begins_in() -> None:
    text = HEADER + '2026-10-06,"easy\nshop",content,2\n2026-10-06,easyshop,content,x\n'
    assert [words.partition(":")[0] for words in refused(text)] == ["2", "4"]


def test_of_many_mistakes_the_first_are_told_and_all_are_counted() -> None:
    with pytest.raises(FileRefused) as caught:
        read(HEADER + "x,easyshop,content,1\n" * 5_000)
    assert (len(caught.value.mistakes), caught.value.number) == (MOST_TOLD, 5_000)


def rows_of(number: int) -> str:
    """A file with so many rows, a thousand days for each KPI that is no share."""
    names = [name for name, one in KPIS.items() if one.unit != "share"]
    rows = (
        f"{EARLIEST + timedelta(days=place % 1_000)},easyshop,{names[place // 1_000]},{place}.5\n"
        for place in range(number)
    )
    return HEADER + "".join(rows)


def test_a_file_has_only_so_many_rows() -> None:
    expected = Expected(VENDORS, registry(), TODAY, Notation())
    assert len(read_kpi_file(rows_of(10).encode(), expected, most_rows=10).values) == 10
    with pytest.raises(FileRefused) as caught:
        read_kpi_file(rows_of(11).encode(), expected, most_rows=10)
    (told,) = caught.value.mistakes
    assert (told.line, told.words) == (12, "a file has at most 10 rows: split it up")


def test_a_row_takes_so_little_memory_that_the_largest_file_takes_little() -> None:
    number = 10_000
    data = rows_of(number).encode()
    read(data)
    tracemalloc.start()
    try:
        found = read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.values) == number
    assert peak / number * MOST_ROWS < 100e6


_DAYS = st.dates(EARLIEST, TODAY)
_VALUES = st.builds(
    KpiValue,
    st.sampled_from(VENDORS),
    st.sampled_from(sorted(KPIS)),
    _DAYS,
    st.decimals(0, 1, places=6).map(float),
)
_FILES = st.lists(_VALUES, min_size=1, max_size=30, unique_by=lambda one: (one.vendor, one.kpi, one.day))


def written(values: list[KpiValue], separator: str = ",") -> list[str]:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(("date", "vendor", "kpi", "value"))
    for one in values:
        writer.writerow((one.day, one.vendor, one.kpi, write_amount(one.value, KPIS[one.kpi].unit)))
    return out.getvalue().splitlines()


@given(values=_FILES, separator=st.sampled_from(",;\t"))
def test_what_was_written_into_a_file_is_what_is_read(values: list[KpiValue], separator: str) -> None:
    found = read("\n".join(written(values, separator)), decimal=DecimalSign.POINT)
    assert sorted(found.values, key=str) == sorted(values, key=str)


_WRONG = st.sampled_from(
    [
        "2026-10-06,easyshop,content",
        "2026-10-06,easyshop,content,-1",
        "2026-10-06,easyshop,content,5%",
        "2026-10-06,easyshop,ctr,0.5",
        "2026-10-06,easyshop,,1",
        "2026-10-06,,content,1",
        ",easyshop,content,1",
        "2199-10-06,easyshop,content,1",
        "2026-10-06,easyshop,content,",
        '2026-10-06,easyshop,content,"1',
    ]
)


@given(values=_FILES, wrong=_WRONG, data=st.data())
def test_any_wrong_row_anywhere_refuses_the_whole_file_and_is_named(
    values: list[KpiValue], wrong: str, data: st.DataObject
) -> None:
    lines = written(values)
    place = data.draw(st.integers(1, len(lines)))
    told = refused("\n".join([*lines[:place], wrong, *lines[place:]]) + "\n")
    assert f"{place + 1}" in [words.partition(":")[0] for words in told]
