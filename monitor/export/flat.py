"""A sample as one flat row, for CSV: what is a list in it is made one value, or left out."""

from __future__ import annotations

from probes.sample import PHASES, Sample

_PLAIN = (
    "id",
    "at",
    "vendor",
    "page",
    "url",
    "region",
    "probe",
    "variant",
    "attempt",
    "outcome",
    "fault",
    "detail",
    "clock",
)
_FIGURES = ("duration", "ttfb", "client", "protocol", "status", "bytes")
_AT = _PLAIN.index("at")

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet takes for a formula."""
HEADINGS = (*_PLAIN, "tainted", *_FIGURES, "hops", *PHASES)
"""The columns. ``hops`` is how many there are; the phases are those of the last one."""


def flat_row(sample: Sample) -> list[object]:
    """The sample's values in the order of :data:`HEADINGS`, safe to be opened in a spreadsheet."""
    last = sample.hops[-1] if sample.hops else None
    row: list[object] = [getattr(sample, name) for name in _PLAIN]
    row[_AT] = sample.at.isoformat().replace("+00:00", "Z")
    row.append(" ".join(sample.tainted))
    row += [getattr(sample, name) for name in _FIGURES]
    row.append(len(sample.hops))
    row += [getattr(last, phase, None) for phase in PHASES]
    return [defused(value) for value in row]


def defused(value: object) -> object:
    """A value that no spreadsheet takes for a formula: text that looks like one gets a quote before it."""
    if isinstance(value, str) and value.startswith(FORMULAS):
        return f"'{value}"
    return value
