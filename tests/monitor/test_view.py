from __future__ import annotations

import asyncio
import io
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from monitor.scoreboard import USUAL
from monitor.view import WINDOW, opening, view
from monitor.web.board import Facts
from probes.sample import Outcome
from storage.failure import StoreUnavailable
from storage.standing import Standing


class Viewed:
    """A daemon with one page, whose store is away when the table is drawn the second time."""

    version = "1.2.3"
    url = "http://127.0.0.1:9464/"
    config = SimpleNamespace(region="eu-west", state=Path("state"), vendors=[SimpleNamespace(pages=["sale"])])

    def __init__(self) -> None:
        self.asked: list[datetime] = []
        self.enough = threading.Event()

    def facts(self) -> Facts:
        return Facts("eu-west", USUAL, {})

    def standing(self, since: datetime) -> list[Standing]:
        self.asked.append(since)
        if len(self.asked) == 2:
            raise StoreUnavailable("gone for a moment")
        if len(self.asked) == 4:
            self.enough.set()
        counts = dict.fromkeys(Outcome, 0) | {Outcome.UP: 5}
        now = datetime.now(UTC)
        return [
            Standing("easyshop", "sale", "eu-west", "http", counts, 0.2, 5, now, Outcome.UP, None, 0.2, "h2")
        ]


async def test_what_runs_stands_above_a_table_that_is_drawn_again_and_again():
    daemon = Viewed()
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    viewing = asyncio.create_task(view(daemon, console, pause=0.0))
    assert await asyncio.to_thread(daemon.enough.wait, 20)
    viewing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await viewing
    shown = console.file.getvalue()
    assert shown.index("status page") < shown.index(f"last {WINDOW} min") < shown.index("easyshop/sale")
    assert datetime.now(UTC) - daemon.asked[0] >= timedelta(minutes=WINDOW)


@pytest.mark.parametrize(("pages", "words"), [(1, "watches 1 page from"), (3, "watches 3 pages from")])
def test_the_opening_says_what_runs_and_where_it_is_to_be_seen(pages, words):
    daemon = Viewed()
    daemon.config = SimpleNamespace(
        region="eu-west", state=Path("state"), vendors=[SimpleNamespace(pages=range(pages))]
    )
    assert words in opening(daemon)
    assert "http://127.0.0.1:9464/metrics" in opening(daemon)
