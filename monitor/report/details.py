"""What the verdicts about a page rest on, as a table for a terminal. Pure."""

from __future__ import annotations

from types import MappingProxyType

from rich.table import Table
from rich.text import Text

from monitor.report.particulars import Tone, particulars, window_words
from monitor.report.report import PageReport

_STYLES = MappingProxyType({Tone.PLAIN: "", Tone.GOOD: "green", Tone.BAD: "bold red", Tone.OPEN: "yellow"})


def details(page: PageReport, *, wide: bool) -> Table:
    """Lines for each objective, its name in the first of them. ``wide``: their bounds stand elsewhere."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    windows = {window_words(one) for one in page.judgements}
    if len(windows) == 1:
        table.add_row("", "window", windows.pop())
    for one in page.judgements:
        title = one.objective.name
        for piece in particulars(one, windowed=bool(windows), bounded=not wide):
            text = Text.assemble((piece.strong, _STYLES[piece.tone]), piece.words)
            table.add_row(title, piece.name, text)
            title = ""
    return table
