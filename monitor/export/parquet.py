"""Samples as a Parquet file, written in row groups of a bounded size, so that any number takes little memory.

pyarrow is imported when a file is written: it is large, and an extra.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, BinaryIO

from probes.sample import Hop, Sample
from storage.encoding import json_text

if TYPE_CHECKING:
    import pyarrow

ROWS = 32_768
"""Rows of a row group at most."""
BYTES = 16 * 1024 * 1024
"""Bytes of a row group in memory, after which it is written; the last few hundred rows may go beyond."""
_CHUNK = 250
"""Samples that are turned into columns at once: as objects they take many times the room."""

_TEXTS_THAT_RECUR = (
    "vendor", "page", "url", "region", "probe", "variant", "attempt", "outcome", "fault", "detail", "clock",
    "protocol", "tainted.list.element", "vitals.key_value.key",
    "hops.list.element.url", "hops.list.element.address", "hops.list.element.protocol",
)  # fmt: skip
"""What is kept once and referred to."""
_ASKED_FOR = (
    "at", "vendor", "page", "region", "probe", "variant", "attempt", "outcome", "fault", "ttfb", "status",
)  # fmt: skip
"""Of which a row group says its least and greatest, so that a query can skip it. Evidence would be long."""


class ParquetMissing(Exception):
    """pyarrow is not installed."""


def write_parquet(samples: Iterable[Sample], file: BinaryIO) -> int:
    """Write the samples into ``file`` in their order, and return how many they were.

    Raises:
        ParquetMissing: pyarrow is not installed.
        OSError: ``file`` can't be written.
    """
    # Arrow reads it once. Of its allocators this one keeps the least of what is no longer needed. A pool that
    # is passed to it is not taken for pages and dictionaries: the peak was 6 MB higher by that.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc" if sys.platform == "linux" else "system")
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ParquetMissing("Parquet needs the package pyarrow: pip install 'landwatch[parquet]'") from error
    schema = parquet_schema()
    written = 0
    with pyarrow.parquet.ParquetWriter(
        file,
        schema,
        compression="zstd",
        use_dictionary=list(_TEXTS_THAT_RECUR),
        write_statistics=list(_ASKED_FOR),
    ) as writer:
        for group in _row_groups(samples, schema):
            writer.write_table(group, row_group_size=ROWS)
            written += group.num_rows
            del group  # or it stays until the next one is whole
            pyarrow.default_memory_pool().release_unused()
    return written


def parquet_schema() -> pyarrow.Schema:
    """The columns: those of a sample, under their names and in their order."""
    import pyarrow as pa

    text, number, seconds = pa.string(), pa.int64(), pa.float64()
    of_hops = {"url": text, "status": number, "address": text, "protocol": text}
    others = {
        "at": pa.timestamp("us", tz="UTC"),
        "tainted": pa.list_(text),
        **dict.fromkeys(("duration", "ttfb", "client"), seconds),
        **dict.fromkeys(("status", "bytes"), number),
        "hops": pa.list_(pa.struct([(each.name, of_hops.get(each.name, seconds)) for each in fields(Hop)])),
        "vitals": pa.map_(text, seconds),
    }
    return pa.schema([(each.name, others.get(each.name, text)) for each in fields(Sample)])


def _row_groups(samples: Iterable[Sample], schema: pyarrow.Schema) -> Iterator[pyarrow.Table]:
    import pyarrow as pa

    held: list[pyarrow.RecordBatch] = []
    rows = size = 0
    rest = iter(samples)
    while chunk := list(islice(rest, _CHUNK)):
        batch = pa.RecordBatch.from_arrays(
            [pa.array(_column(chunk, field.name), field.type) for field in schema], schema=schema
        )
        if held and (rows + batch.num_rows > ROWS or size >= BYTES):
            yield pa.Table.from_batches(held, schema)
            held, rows, size = [], 0, 0
        held.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
    if held:
        yield pa.Table.from_batches(held, schema)


def _column(chunk: Sequence[Sample], name: str) -> list[Any]:
    """The values of one field. Evidence differs from kind to kind, and is one JSON text."""
    values = list(map(attrgetter(name), chunk))
    if name == "evidence":
        return list(map(json_text, values))
    if name == "vitals":
        return [list(vitals.items()) for vitals in values]
    if name == "hops":
        names = [each.name for each in fields(Hop)]
        return [[{each: getattr(hop, each) for each in names} for hop in hops] for hops in values]
    return values
