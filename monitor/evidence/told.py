"""A report as a bundle has it: the report's plain JSON."""

from __future__ import annotations

import orjson

from monitor.report.plain import plain
from monitor.report.report import Report
from monitor.scorecard.plain import plain_scorecard
from monitor.scorecard.scorecard import Scorecard
from monitor.sla.verdict import worst


def report_json(report: Report) -> bytes:
    """The report as one JSON document."""
    finding = worst(one.verdict.finding for one in report.judgements)
    return orjson.dumps(plain(report, finding), option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2) + b"\n"


def scorecard_json(scorecard: Scorecard) -> bytes:
    """The scorecard of a stage. Its KPIs were imported, so nothing in a bundle makes it again."""
    return orjson.dumps(plain_scorecard(scorecard), option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2) + b"\n"
