"""Samples as CSV and as Parquet: read back to the last bit, and held against each other."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bookkeeping import sample
from bundling import compared_here
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storing import any_sample, make_samples

from monitor.evidence import parquet_twin
from monitor.evidence.failure import Unreadable
from monitor.evidence.names import PARQUET, SAMPLES
from monitor.evidence.parquet_twin import Twins, compare_twins, main
from monitor.evidence.sample_csv import COLUMNS, LONGEST, SampleWriter, read_samples
from monitor.export.parquet import write_parquet
from probes.sample import Hop, Sample


def written(samples: list[Sample]) -> bytes:
    text = io.StringIO(newline="")
    assert list(SampleWriter(text).through(samples)) == samples
    return text.getvalue().encode()


def read(data: bytes) -> list[Sample]:
    return list(read_samples(io.BytesIO(data)))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(any_sample.filter(lambda one: one.vendor and one.page), max_size=4))
def test_what_is_read_back_is_what_was_written(samples: list[Sample]) -> None:
    assert read(written(samples)) == [replace(one, evidence={}) for one in samples]


def test_a_long_cell_is_read_and_no_limit_of_others_is_moved() -> None:
    before = csv.field_size_limit()
    one = sample(1.0, detail="x" * (before + 1), evidence={})
    samples = read_samples(io.BytesIO(written([one, one])))
    assert next(samples) == one
    assert csv.field_size_limit() == before  # in the midst of it, too
    assert list(samples) == [one]
    with pytest.raises(Unreadable):
        read(b"x" * (before + 1))
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'x", "'", "", 'a,b\r\n"c"\n'])
def test_a_spreadsheet_takes_no_text_for_a_formula(text: str) -> None:
    one = sample(1.0, detail=text, evidence={})
    data = written([one])
    assert read(data) == [one]
    assert b",=1+1" not in data


def row(**changes: str) -> bytes:
    """A line of a file, with some cells changed."""
    heading, line = written([sample(1.0)]).decode().splitlines()
    values = next(csv.reader([line]))
    values = [changes.get(name, value) for name, value in zip(COLUMNS, values, strict=True)]
    out = io.StringIO(newline="")
    csv.writer(out).writerow(values)
    return f"{heading}\r\n{out.getvalue()}".encode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": ""}, "it has no id"),
        ({"at": "yesterday"}, "line 2 is no sample"),
        ({"at": "2026-01-01T00:00:00"}, "its moment has no time zone"),
        ({"outcome": "fine"}, "'fine' is not a valid Outcome"),
        ({"fault": "none"}, "'none' is not a valid Fault"),
        ({"clock": ""}, "None is not a valid Clock"),
        ({"attempt": "x"}, "not a valid Attempt"),
        ({"ttfb": "nan"}, "nan is no number"),
        ({"duration": "1e999"}, "inf is no number"),
        ({"ttfb": "soon"}, "could not convert"),
        ({"status": "1.5"}, "invalid literal"),
        ({"bytes": str(2**63)}, "too large"),
        ({"tainted": "{}"}, "a list is none"),
        ({"tainted": "[1]"}, "a text is none"),
        ({"tainted": "["}, "line 2 is no sample"),
        ({"hops": "[1]"}, "a mapping is none"),
        ({"hops": '[{"url": "x", "door": 1}]'}, "unexpected keyword argument 'door'"),
        ({"hops": '[{"url": "x", "wait": "long"}]'}, "long is no number"),
        ({"hops": '[{"url": 7}]'}, "a text is none"),
        ({"vitals": "[]"}, "a mapping is none"),
        ({"vitals": '{"lcp": true}'}, "True is no number"),
        ({"vitals": '{"lcp": "1"}'}, "1 is no number"),
    ],
    ids=str,
)
def test_what_is_no_sample_is_said_by_its_line(changes: dict[str, str], words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(row(**changes))
    assert caught.value.file == "samples.csv"
    assert words in caught.value.words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "its first line has not the headings"),
        (b"id,at\r\n", "its first line has not the headings"),
        (written([]) + b"1,2\r\n", "it has 2 cells, not 22"),
        (written([]) + b'"' + b"x" * LONGEST, "it has more than"),
        (written([]) + b"\n".join([b'"x"' + b"," * 9_999] * 500), "it has 10000 cells"),
        (written([]) + b'"' + b"x,\n" * LONGEST, "it has more than"),
        (written([]) + b"\xff\xfe\r\n", "'utf-8' codec can't decode"),
        (written([]) + b'"x"y\r\n', "expected after"),
    ],
    ids=["empty", "headings", "short", "long", "wide", "endless", "binary", "quotes"],
)
def test_a_file_that_is_none_is_said_within_bounds(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read(data)


def files(folder: Path, text: list[Sample], parquet: list[Sample]) -> Path:
    (folder / SAMPLES).write_bytes(written(text))
    with (folder / PARQUET).open("wb") as out:
        write_parquet(parquet, out)
    return folder


def test_twins_are_compared_in_a_process_of_their_own(tmp_path: Path) -> None:
    samples = make_samples(3)
    assert compare_twins(files(tmp_path, samples, samples)) == (Twins.ALIKE, "")
    changed = [*samples[:2], replace(samples[2], ttfb=0.5)]
    assert compare_twins(files(tmp_path, samples, changed)) == (
        Twins.DIFFERENT,
        "sample 3 has another `ttfb` in samples.parquet than in samples.csv",
    )


def test_a_crash_of_the_process_is_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(0o755)
    monkeypatch.setattr(parquet_twin.sys, "executable", str(program))
    assert compare_twins(tmp_path) == (
        Twins.DIFFERENT,
        "samples.parquet can't be read: reading it failed (-11)",
    )


def changed(samples: list[Sample], **change: Any) -> list[Sample]:
    return [replace(samples[0], **change), *samples[1:]]


@pytest.mark.parametrize(
    "change",
    [
        {"detail": "x"},
        {"tainted": ["cpu"]},
        {"vitals": {"lcp": 1.0}},
        {"hops": [Hop("x", 200)]},
        {"status": 1},
    ],
    ids=str,
)
def test_every_field_is_compared(tmp_path: Path, change: dict[str, Any]) -> None:
    samples = make_samples(2)
    found, words = compared_here(files(tmp_path, samples, changed(samples, **change)))
    assert found is Twins.DIFFERENT
    assert words == f"sample 1 has another `{next(iter(change))}` in samples.parquet than in samples.csv"


def test_one_may_not_end_before_the_other(tmp_path: Path) -> None:
    samples = make_samples(600)
    words = "samples.parquet ends before sample 600 of the other file"
    assert compared_here(files(tmp_path, samples, samples[:-1])) == (Twins.DIFFERENT, words)
    words = "samples.csv ends before sample 600 of the other file"
    assert compared_here(files(tmp_path, samples[:-1], samples)) == (Twins.DIFFERENT, words)


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"x" * 10_000])
def test_what_is_no_parquet_is_said(tmp_path: Path, damage: bytes) -> None:
    files(tmp_path, [], [])
    (tmp_path / PARQUET).write_bytes(damage)
    found, words = compared_here(tmp_path)
    assert found is Twins.DIFFERENT
    assert words.startswith("samples.parquet: it is no file of samples: ")


def test_parquet_of_something_else_is_said(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    files(tmp_path, [], [])
    pq.write_table(pa.table({"id": [1]}), tmp_path / PARQUET)
    words = "samples.parquet: its columns are not those of samples"
    assert compared_here(tmp_path) == (Twins.DIFFERENT, words)


def test_a_damaged_page_is_said(tmp_path: Path) -> None:
    samples = make_samples(500)
    files(tmp_path, samples, samples)
    data = bytearray((tmp_path / PARQUET).read_bytes())
    data[200:2000] = os.urandom(1800)
    (tmp_path / PARQUET).write_bytes(data)
    assert compared_here(tmp_path)[0] is Twins.DIFFERENT


def test_the_process_says_what_it_found_and_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parquet_twin.resource, "setrlimit", lambda *bound: None)  # it is this process here
    samples = make_samples(2)
    assert main(files(tmp_path, samples, samples)) == Twins.ALIKE
    assert capsys.readouterr().out == ""
    assert main(files(tmp_path, samples, samples[:1])) == Twins.DIFFERENT
    assert capsys.readouterr().out == "samples.parquet ends before sample 2 of the other file"
    (tmp_path / PARQUET).unlink()
    assert main(tmp_path) == Twins.DIFFERENT
    assert "it can't be opened: No such file or directory" in capsys.readouterr().out
    files(tmp_path, samples, samples)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert main(tmp_path) == Twins.NOT_COMPARED
