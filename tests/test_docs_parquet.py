"""What the docs say of Parquet files is what is written."""

from __future__ import annotations

import re

import pyarrow as pa
from docspages import page, spans

from monitor.export import parquet

SAMPLES = page("docs/samples.md")


def test_the_types_of_columns_are_those_in_the_docs() -> None:
    schema = parquet.parquet_schema()
    rows = SAMPLES.under("Parquet", "columns").rows
    told = {name: spans(row[1])[0] for row in rows for name in spans(row[0])}
    usual = next(spans(row[1])[0] for row in rows if row[0] == "all others")
    assert told.keys() <= set(schema.names)
    for column in schema:
        name = told.get(column.name, usual)
        assert in_words(column.type) == name, column.name


def in_words(of: pa.DataType) -> str:
    """A type as the docs call it: Arrow's word, without the names that it has for the parts of a list."""
    if pa.types.is_list(of):
        return f"list<{in_words(of.value_type)}>"
    if pa.types.is_timestamp(of):
        return f"timestamp[{of.unit}, {of.tz}]"
    return "struct" if pa.types.is_struct(of) else str(of).partition(" (")[0]


def test_the_bounds_of_row_groups_are_those_in_the_docs() -> None:
    told = re.search(r"a row group has ([\d,]+) rows, or fewer where they come to (\d+) MiB", SAMPLES.prose)
    assert told
    assert int(told[1].replace(",", "")) == parquet.ROWS
    assert int(told[2]) * 1024 * 1024 == parquet.BYTES
