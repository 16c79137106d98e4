from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Error

from probes.firstscreen.world import World


class TargetClosedError(Error):
    """What Playwright raises, by a class that it does not export."""


class Session:
    """A session that answers a question with what it is told to, or raises it."""

    def __init__(self, answer: object) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answer = answer

    async def send(self, name: str, options: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((name, options))
        if name == "Page.createIsolatedWorld":
            return {"executionContextId": 7}
        if isinstance(self._answer, Exception):
            raise self._answer
        if self._answer is asyncio.Event:
            await asyncio.Event().wait()
        return {"result": {"value": self._answer}}


async def ask(answer: object, seconds: float = 60.0) -> object:
    return await World(Session(answer), "main").ask("look", seconds)  # type: ignore[arg-type]


async def test_an_answer_is_a_mapping_or_none() -> None:
    assert await ask({"fcp": 1}) == {"fcp": 1}
    assert await ask("text") is None
    assert await ask(None) is None


async def test_a_document_that_went_away_does_not_answer() -> None:
    assert await ask(Error("Execution context was destroyed")) is None


async def test_a_page_that_spins_does_not_answer_in_time() -> None:
    assert await ask(asyncio.Event, 0.01) is None


async def test_a_page_that_is_gone_raises() -> None:
    with pytest.raises(TargetClosedError):
        await ask(TargetClosedError("closed"))


async def test_what_is_hidden_stands_in_the_script() -> None:
    session = Session(None)
    await World(session, "main").install(["#a", '[x="y"]'])  # type: ignore[arg-type]
    [(name, options)] = session.asked
    assert (name, options["worldName"]) == ("Page.addScriptToEvaluateOnNewDocument", "landwatch")
    assert 'const HIDE = ["#a", "[x=\\"y\\"]"];' in options["source"]
