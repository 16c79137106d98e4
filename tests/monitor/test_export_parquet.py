from __future__ import annotations

import io
import sys
from dataclasses import fields
from datetime import UTC
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storing import any_sample, make_sample, make_samples
from weighing import peak

from monitor.export import parquet
from monitor.export.parquet import ParquetMissing, write_parquet
from probes.sample import Attempt, Clock, Fault, Hop, Outcome, Sample
from storage.encoding import json_text


def written(samples: list[Sample]) -> pq.ParquetFile:
    file = io.BytesIO()
    assert write_parquet(samples, file) == len(samples)
    return pq.ParquetFile(io.BytesIO(file.getvalue()))


def read_back(row: dict[str, Any]) -> Sample:
    """The sample whose row this is, as somebody would make it who only knows the file."""
    return Sample(
        **row
        | {
            "attempt": Attempt(row["attempt"]),
            "outcome": Outcome(row["outcome"]),
            "fault": Fault(row["fault"]) if row["fault"] else None,
            "clock": Clock(row["clock"]),
            "hops": [Hop(**hop) for hop in row["hops"]],
            "vitals": dict(row["vitals"]),
            "evidence": orjson.loads(row["evidence"]),
        }
    )


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(any_sample, max_size=4))
def test_what_is_read_back_is_what_was_written(samples: list[Sample]) -> None:
    rows = written(samples).read().to_pylist()
    assert [read_back(row) for row in rows] == [
        # As the store holds them too: JSON has whole numbers up to 64 bits, and no number of a float type.
        Sample(**{**plain(sample), "evidence": orjson.loads(json_text(sample.evidence))})
        for sample in samples
    ]


def plain(sample: Sample) -> dict[str, Any]:
    return {each.name: getattr(sample, each.name) for each in fields(sample)}


def test_the_columns_are_the_fields_of_a_sample_with_their_types() -> None:
    schema = written([make_sample()]).schema_arrow
    assert schema.names == [each.name for each in fields(Sample)]
    types = {field.name: field.type for field in schema}
    assert types["at"] == pa.timestamp("us", tz="UTC")
    assert {types[name] for name in ("duration", "ttfb", "client")} == {pa.float64()}
    assert {types[name] for name in ("status", "bytes")} == {pa.int64()}
    assert types["tainted"] == pa.list_(pa.string())
    assert types["vitals"].equals(pa.map_(pa.string(), pa.float64()))
    hop = types["hops"].value_type
    assert [field.name for field in hop] == [each.name for each in fields(Hop)]
    assert hop.field("wait").type == pa.float64()
    assert hop.field("status").type == pa.int64()
    assert types["evidence"] == types["id"] == types["outcome"] == pa.string()


def test_what_was_not_measured_is_null_and_never_zero() -> None:
    missing = ("variant", "fault", "detail", "duration", "ttfb", "client", "protocol", "status", "bytes")
    (row,) = (
        written([make_sample(**dict.fromkeys(missing), hops=[Hop("https://a.test/")])]).read().to_pylist()
    )
    assert {row[name] for name in missing} == {None}
    assert row["hops"][0] == {each.name: None for each in fields(Hop)} | {"url": "https://a.test/"}


def test_a_moment_keeps_its_microsecond_and_its_zone() -> None:
    sample = make_sample()
    (at,) = written([sample]).read().column("at").to_pylist()
    assert at == sample.at
    assert at.utcoffset() == sample.at.astimezone(UTC).utcoffset()


def test_a_file_of_no_samples_has_the_columns_all_the_same() -> None:
    file = written([])
    assert (file.metadata.num_rows, len(file.schema_arrow.names)) == (0, len(fields(Sample)))


def test_row_groups_are_bounded_by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = make_samples(1_100, evidence={})
    monkeypatch.setattr(parquet, "ROWS", 500)
    metadata = written(samples).metadata
    assert [metadata.row_group(each).num_rows for each in range(metadata.num_row_groups)] == [500, 500, 100]


def test_row_groups_are_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BYTES", 4_000_000)
    metadata = written([make_sample(detail="x" * 10_000)] * 2_000).metadata
    rows = [metadata.row_group(each).num_rows for each in range(metadata.num_row_groups)]
    assert sum(rows) == 2_000
    assert len(rows) > 2
    assert all(350 <= number <= 400 + 500 for number in rows[:-1])


def test_a_query_can_skip_row_groups_by_time_and_reads_nothing_long_for_it() -> None:
    group = written(make_samples(10)).metadata.row_group(0)
    columns = {group.column(each).path_in_schema: group.column(each) for each in range(group.num_columns)}
    assert columns["at"].statistics.min == make_sample(0).at
    assert columns["at"].statistics.max == make_sample(9).at
    assert columns["evidence"].statistics is None
    assert columns["vendor"].has_dictionary_page
    assert not columns["evidence"].has_dictionary_page
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    # Every name in the lists of what is kept once and of what is asked for is that of a column.
    assert {*parquet._TEXTS_THAT_RECUR, *parquet._ASKED_FOR} <= columns.keys()


def test_memory_does_not_grow_with_the_number_of_samples() -> None:
    few, many = peak("parquet", 20_000), peak("parquet", 200_000)
    assert many - few < 30, f"{few} MiB for 20,000 samples, {many} MiB for 200,000"


def test_without_pyarrow_the_command_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ParquetMissing, match=r"pip install 'landwatch\[parquet\]'"):
        write_parquet([], io.BytesIO())
