"""The docs are whole, and name nothing that there is not: here commands, files and links."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from docspages import ROOT, Page, page, pages, spans

from monitor import daemon, service
from monitor.cli.main import COMMANDS, app
from monitor.cli.verdict_exit import EXIT_CODES
from monitor.config.model import DATABASE
from monitor.evidence import chain
from monitor.metrics.collector import Metrics
from monitor.scoreboard import USUAL
from monitor.web.app import make_app
from monitor.web.board import WINDOWS, Board, Facts
from probes.keepsake import shelf

COMMAND_LINE = page("docs/commands.md")
OPERATIONS = page("docs/operations.md")
OPTIONS = ["option", "default", "meaning"]


def commands() -> dict[str, Any]:
    """Every command by its name, with those below a command in the place of that."""
    found: dict[str, Any] = {"": typer.main.get_command(app)}
    for name, entry in COMMANDS.items():
        command = entry.load(name)
        below = getattr(command, "commands", None)
        found |= {f"{name} {inner}": each for inner, each in below.items()} if below else {name: command}
    return found


def written(parameter: Any) -> tuple[str, ...]:
    """How a parameter is written on the command line."""
    if parameter.param_type_name == "option":
        return (*parameter.opts, *parameter.secondary_opts)
    return (parameter.metavar or parameter.name.upper(),)


@pytest.mark.parametrize("name", commands())
def test_every_option_of_a_command_stands_in_the_docs_and_no_other(name: str) -> None:
    command = commands()[name]
    heading = f"`landwatch {name}`" if name else "`landwatch`"
    assert heading in COMMAND_LINE.headings
    parameters = {written(each): each for each in command.params}
    if not parameters:
        assert not [table for table in COMMAND_LINE.tables if table.heading == heading]
        return
    rows = {tuple(spans(row[0])): row for row in COMMAND_LINE.under(heading, "option").rows}
    if not name:
        assert rows.pop(tuple(command.context_settings["help_option_names"]))
    assert rows.keys() == parameters.keys()
    for words, row in rows.items():
        assert default_of(parameters[words]) in (None, row[1]), words


def default_of(parameter: Any) -> str | None:
    """What the column of defaults has to say; ``None`` where that is left to words."""
    if parameter.required:
        return "required"
    if parameter.default is None:
        return None
    if not isinstance(parameter.default, bool):
        return f"`{parameter.default}`"
    if parameter.secondary_opts:
        return f"`{(parameter.secondary_opts, parameter.opts)[parameter.default][0]}`"
    return None if parameter.is_eager else "off"


def test_no_command_is_described_that_is_none() -> None:
    described = [heading.strip("`") for heading in COMMAND_LINE.headings if heading.startswith("`")]
    assert described == [f"landwatch {name}".strip() for name in commands()]


def examples(one: Page) -> Iterator[str]:
    """What pages tell people to type: lines of shell blocks, of a unit, and commands between backticks."""
    for block in one.blocks:
        if block.info in ("sh", "ini"):
            yield from re.findall(r"(?:^|/)(landwatch(?: .*)?)$", block.text, re.MULTILINE)
    yield from (span for span in one.spans if span.startswith("landwatch "))


@pytest.mark.parametrize("one", pages(), ids=lambda one: one.path.name)
def test_no_page_calls_a_command_in_a_way_that_it_does_not_know(one: Page) -> None:
    known = commands()
    for line in examples(one):
        words = shlex.split(re.split(r"[|>]", line)[0], comments=True)[1:]
        name = next((each for each in known if each and words[: len(each.split())] == each.split()), "")
        if not name and words and words[0] not in ("COMMAND", "config", *known[""].commands):
            assert words[0].startswith("-"), line
        options = {word for each in known[name].params for word in written(each)} | {"--help"}
        assert {word for word in words if word.startswith("-")} <= options, line


def test_exit_codes_are_those_of_the_commands() -> None:
    from monitor.cli import main

    line = next(line for line in (main.__doc__ or "").splitlines() if line.startswith("Exit codes:"))
    codes = set(re.findall(r"\b(\d+) ", line))
    assert COMMAND_LINE.under("`landwatch`", "exit code").by_first().keys() == codes
    # The daemon gives no verdict.
    assert OPERATIONS.under("Exit codes", "exit code").by_first().keys() == codes - {"3"}
    assert set(EXIT_CODES.values()) <= {int(code) for code in codes}
    assert str(service.INTERRUPTED) in codes


def test_every_path_that_is_served_stands_in_the_docs_and_no_other() -> None:
    facts = Facts("here", USUAL, {})
    board = Board(lambda since: [], lambda: facts)
    metrics = Metrics()
    served = make_app(metrics, board, troubles=list, loop_lag=float).routes
    board.close()
    metrics.close()
    rows = OPERATIONS.under("What it serves", "path").by_first()
    assert rows.keys() == {getattr(route, "path", "") for route in served}
    assert re.findall(r"\d+ ?[a-z]+", rows["/"][1].partition("(")[0]) == [
        re.sub(r"(\d)([a-z])", r"\1 \2", window) for window in WINDOWS
    ]


def test_the_files_of_the_state_folder_are_those_in_the_docs() -> None:
    files = OPERATIONS.under("The state folder", "file").by_first()
    assert files.keys() == {DATABASE, daemon.SPOOL, "landwatch.lock", "browser/up", chain.FILE}
    kept = files["browser/up"][1]
    for bounds in (shelf.UP, shelf.FAILED):
        assert f"{bounds.sets:,} ({bounds.size // 1024 // 1024} MiB)" in kept
    assert set(shelf.NAMES.values()) <= set(spans(kept))
    assert '"landwatch.lock"' in (ROOT / "monitor" / "state.py").read_text(encoding="utf-8")


def test_the_unit_stops_no_sooner_than_a_drain_may_take() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)  # a key may stand twice
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(next(block.text for block in OPERATIONS.blocks if block.info == "ini"))
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["RestartPreventExitStatus"] == "2"
    longest = daemon.GRACE + daemon.SETTLING + 2 * daemon.FLUSHING
    assert unit.getint("Service", "TimeoutStopSec") > 1.5 * longest
    assert f"have {daemon.GRACE:g} s to end" in OPERATIONS.prose
    assert f"wait for controls have {daemon.SETTLING:g} s" in OPERATIONS.prose
    assert f"{daemon.FLUSHING:g} s each at most" in OPERATIONS.prose


@pytest.mark.parametrize("one", pages(), ids=lambda one: one.path.name)
def test_links_lead_somewhere(one: Page) -> None:
    for link in one.links:
        if re.match(r"[a-z]+://|mailto:", link):
            assert link.startswith("https://"), link
            continue
        path, _, anchor = link.partition("#")
        target = (one.path.parent / path).resolve() if path else one.path
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        if anchor:
            assert anchor in Page(target).anchors, link


def test_every_page_of_the_docs_is_reached_from_another() -> None:
    reached = {
        (one.path.parent / link.partition("#")[0]).resolve()
        for one in pages()
        for link in one.links
        if "://" not in link and not link.startswith("#")
    }
    assert {one.path for one in pages() if one.path.parent.name == "docs"} <= reached
