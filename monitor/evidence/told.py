"""A report as a bundle has it: the report's plain JSON."""

from __future__ import annotations

import orjson

from monitor.report.plain import plain
from monitor.report.report import Report
from monitor.sla.verdict import worst


def report_json(report: Report) -> bytes:
    """The report as one JSON document."""
    finding = worst(one.verdict.finding for one in report.judgements)
    return orjson.dumps(plain(report, finding), option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2) + b"\n"
