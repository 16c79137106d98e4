"""Whether a bundle's two files of samples, CSV and Parquet, say the same; a process of its own.

Arrow reads Parquet in C++, and a file that somebody else made may be anything: so it is read where it can
take no more memory than a bound, and where a crash of it is an answer too.

``python -m monitor.evidence.parquet_twin BUNDLE`` prints what differs, if anything.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from enum import IntEnum
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO

from monitor.evidence.failure import Unreadable
from monitor.evidence.names import PARQUET, SAMPLES
from monitor.evidence.opening import opened
from monitor.evidence.sample_csv import read_samples
from probes.sample import Attempt, Clock, Fault, Hop, Outcome, Sample

MEMORY = 4 * 1024**3
"""Bytes of address space: Arrow needs 200 MB for what landwatch writes, and reserves a few times that."""
_ROOT = Path(__file__).parents[2]
_BATCH = 500
_ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    # numpy comes with Arrow where it is there, and reserves 40 MB for each core, of which there may be many.
    "OPENBLAS_NUM_THREADS": "1",
}


class Twins(IntEnum):
    """What comes of a comparison, as the exit code of its process."""

    ALIKE = 0
    DIFFERENT = 3
    NOT_COMPARED = 4  # pyarrow is not installed


def compare_twins(bundle: Path) -> tuple[Twins, str]:
    """Compare them in a process of its own: what came of it, and in which way they differ."""
    done = subprocess.run(  # noqa: S603  # our own module, by this very interpreter
        [sys.executable, "-P", "-m", "monitor.evidence.parquet_twin", str(bundle)],
        env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(_ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode in (Twins.ALIKE, Twins.DIFFERENT, Twins.NOT_COMPARED):
        return Twins(done.returncode), done.stdout.decode("utf-8", "replace").strip()
    return Twins.DIFFERENT, f"{PARQUET} can't be read: reading it failed ({done.returncode})"


def main(bundle: Path) -> int:
    """Compare them here; the exit code."""
    with suppress(ValueError, OSError):  # a lower bound that is set already stays
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        with opened(bundle, SAMPLES) as text, opened(bundle, PARQUET) as binary:
            words = difference(text, binary)
    except ImportError:
        return Twins.NOT_COMPARED
    except (Unreadable, MemoryError) as error:
        words = str(error) or f"{PARQUET} takes more memory than any file of samples"
    if words is not None:
        sys.stdout.write(words)
    return Twins.ALIKE if words is None else Twins.DIFFERENT


def difference(text: BinaryIO, binary: BinaryIO) -> str | None:
    """In which way the two files differ first; ``None`` where they say the same.

    Raises:
        Unreadable: one of them is no file of samples.
        ImportError: pyarrow is not installed.
    """
    pairs = zip_longest(read_samples(text), _of_parquet(binary))
    for number, (one, other) in enumerate(pairs, 1):
        if one is None or other is None:
            return f"{SAMPLES if one is None else PARQUET} ends before sample {number:,} of the other file"
        for each in fields(Sample):
            if each.name != "evidence" and getattr(one, each.name) != getattr(other, each.name):
                return f"sample {number:,} has another `{each.name}` in {PARQUET} than in {SAMPLES}"
    return None


def _of_parquet(file: BinaryIO) -> Iterator[Sample]:
    import pyarrow
    import pyarrow.parquet

    from monitor.export.parquet import parquet_schema

    try:
        with pyarrow.parquet.ParquetFile(file) as parquet:
            if not parquet.schema_arrow.equals(parquet_schema()):
                raise Unreadable(PARQUET, "its columns are not those of samples")
            names = [name for name in parquet.schema_arrow.names if name != "evidence"]
            for batch in parquet.iter_batches(_BATCH, columns=names, use_threads=False):
                yield from map(_sample, batch.to_pylist())
    except (pyarrow.ArrowException, OSError, ValueError, TypeError) as error:
        raise Unreadable(PARQUET, f"it is no file of samples: {str(error)[:200]}") from error


def _sample(row: dict[str, Any]) -> Sample:
    fault = row["fault"]
    return Sample(
        **row
        | {
            "attempt": Attempt(row["attempt"]),
            "outcome": Outcome(row["outcome"]),
            "fault": None if fault is None else Fault(fault),
            "clock": Clock(row["clock"]),
            "hops": [Hop(**hop) for hop in row["hops"]],
            "vitals": dict(row["vitals"]),
        }
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
