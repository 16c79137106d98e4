"""A report as a table for spreadsheets: a row for each verdict, the names those of JSON. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from monitor.export.flat import defused
from monitor.report.plain import plain
from monitor.report.report import Report
from monitor.sla.verdict import Finding

HEADINGS = (
    "made_at",
    "vendor",
    "page",
    "objective",
    "indicator",
    "aggregate",
    "by",
    "probe",
    "target",
    "lower_is_better",
    "since",
    "until",
    "closes",
    "over",
    "time_zone",
    "finding",
    "value",
    "lower",
    "upper",
    "confidence",
    "worst",
    "best",
    "coverage",
    "coverage_needed",
    "count",
    "bad",
    "bad_seconds",
    "certain_seconds",
    "budget_left",
    "failed",
    "left_out",
    "missing",
    "notes",
)
"""The columns: what a verdict has in JSON, without what is a mapping there."""


def sheet(report: Report, finding: Finding) -> bytes:
    """The table as CSV (RFC 4180, UTF-8, a line of headings)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows(_rows(plain(report, finding)))
    return text.getvalue().encode()


def _rows(document: dict[str, Any]) -> Iterator[list[object]]:
    for page in document["pages"]:
        names = {"made_at": document["made_at"], "vendor": page["vendor"], "page": page["page"]}
        for verdict in page["verdicts"]:
            held = names | verdict
            yield [_cell(held[name]) for name in HEADINGS]


def _cell(value: object) -> object:
    """What is not known is empty, a moment as JSON has it, several words one text."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = "; ".join(value)
    return defused(value)
