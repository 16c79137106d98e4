"""What a report is put out as: printed for a person or a program."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.report.report import Report
    from monitor.sla.verdict import Finding

_PIPED_WIDTH = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """As what a report is wanted."""

    brief: bool = False
    as_json: bool = False

    def put_out(self, report: Report, finding: Finding) -> None:
        """Put it out; ``finding`` is what all its verdicts come to."""
        if self.as_json:
            _print_json(report, finding)
        else:
            _print_tables(report, brief=self.brief)


def _print_json(report: Report, finding: Finding) -> None:
    import orjson

    from monitor.report.plain import plain

    sys.stdout.buffer.write(orjson.dumps(plain(report, finding), option=orjson.OPT_UTC_Z) + b"\n")


def _print_tables(report: Report, *, brief: bool) -> None:
    from rich.console import Console

    from monitor.report.console import render

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    console.print(render(report, console.width, brief=brief))
