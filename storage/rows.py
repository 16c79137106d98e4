"""A sample as a row, and back.

Rows are made by hand and given to the driver as they are: SQLAlchemy's own conversion of each value would
double what a sample costs to store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from probes.sample import Attempt, Clock, Fault, Hop, Outcome, Sample
from storage.encoding import clean_text, json_text
from storage.tables import samples, to_microseconds

CASTS = {"id": "uuid", "tainted": "jsonb", "hops": "jsonb", "vitals": "jsonb", "evidence": "jsonb"}
"""The columns whose text PostgreSQL must be told the type of."""

_HOPS = samples.columns.keys().index("hops")
_VARIANT = samples.columns.keys().index("variant")


def insert_statement(postgresql: bool) -> str:
    """The driver's own SQL that adds a row, unless its id is known already."""
    names = [column.name for column in samples.columns]
    if postgresql:
        places = [f"%s::{CASTS[name]}" if name in CASTS else "%s" for name in names]
    else:
        places = ["?"] * len(names)
    # Nothing but names from the table stands in it.
    return (
        f"INSERT INTO samples ({', '.join(names)}) VALUES ({', '.join(places)}) ON CONFLICT (id) DO NOTHING"  # noqa: S608
    )


def to_row(sample: Sample, postgresql: bool) -> tuple[Any, ...]:
    """The values of a sample's row, in the table's order."""
    microseconds = to_microseconds(sample.at)  # also where it is not needed: no naive time gets through
    return (
        sample.id,
        sample.at if postgresql else microseconds,
        clean_text(sample.vendor),
        clean_text(sample.page),
        clean_text(sample.url),
        clean_text(sample.region),
        sample.probe,
        clean_text(sample.variant) if sample.variant is not None else None,
        sample.attempt.value,
        sample.outcome.value,
        sample.fault.value if sample.fault is not None else None,
        clean_text(sample.detail) if sample.detail is not None else None,
        sample.clock.value,
        json_text(sample.tainted),
        sample.duration,
        sample.ttfb,
        sample.client,
        clean_text(sample.protocol) if sample.protocol is not None else None,
        sample.status,
        sample.bytes,
        json_text(sample.hops),
        json_text(sample.vitals),
        json_text(sample.evidence),
    )


def to_sample(row: Sequence[Any]) -> Sample:
    """The sample whose row this is."""
    sample = Sample(*row[:_VARIANT], *row[_VARIANT + 1 :], variant=row[_VARIANT])
    sample.attempt = Attempt(sample.attempt)
    sample.outcome = Outcome(sample.outcome)
    sample.fault = Fault(sample.fault) if sample.fault is not None else None
    sample.clock = Clock(sample.clock)
    sample.hops = [Hop(**hop) for hop in row[_HOPS]]
    return sample
