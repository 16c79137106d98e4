"""The document in a real Chromium: as wide as the screen, silent, and on paper."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from charting import ORIGIN, drawn, drawn_page
from playwright.async_api import Browser, BrowserContext
from pypdf import PdfReader
from reporting import page_data
from simulator import moment_of

from monitor.report import pdf
from monitor.report.html.render import render_html
from monitor.report.pdf import PdfUnmade, print_pdf
from monitor.scorecard.scorecard import Card, Group, Kind, Line, Result, Scorecard
from monitor.sla.anomaly import Anomaly
from probes.chromium import find, launch
from probes.chromium.engine import Engine

LONG = "newsletter-signup-for-the-autumn-campaign-of-the-whole-of-europe-" * 2


def scorecard() -> Scorecard:
    """A scorecard with figures that take room."""
    line = Line(
        name="completion_rate",
        kind=Kind.KPI,
        group=Group.SHORT_TERM,
        unit="share",
        target=0.45,
        target_words="≥ 45 %",
        value=0.46,
        value_words="about 46.0123 %",
        result=Result.NOT_ENOUGH,
        words="of daily rates it is only known that the figure lies between 40.5 % and 54.7 %",
        days=28,
        of=28,
        evidence=(f"landwatch kpi show --vendor {LONG} --kpi completion_rate",),
        sources=("kpis.csv (SHA-256 3301aea4c416)",),
    )
    lines = (line, replace(line, name="brand_searches", group=Group.LONG_TERM))
    names = ("easyshop", "pagepilot", LONG)
    first, last = date(2026, 1, 1), date(2026, 1, 28)
    cards = tuple(Card(name, lines) for name in names)
    return Scorecard(
        made_at=moment_of(0),
        stage="pilot",
        running=False,
        over="28 days",
        first=first,
        last=last,
        cards=cards,
    )


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with names that are long, in it all that a report can have."""
    regions = {f"region-{number}-of-a-long-name": [(600, 660)] for number in range(7)}
    odd = Anomaly(moment_of(1800), "eu-west", "ttfb", 0.8, 0.2, 12.0)
    page = replace(drawn_page(page_data(regions, hours=2), seconds=7200), page=LONG, anomalies=[odd])
    what = replace(drawn(page, drawn_page()), looked_for_anomalies=True, scorecard=scorecard())
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_html(what, ORIGIN))
    return path


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """The browser that prints reports."""
    engine = Engine(tmp_path_factory.mktemp("browser"))
    try:
        yield await engine.ready()
    finally:
        await engine.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_screen_is_wide_enough_and_nothing_is_asked_for(
    chromium: Browser, report_file: Path, width: int, scheme: Any
) -> None:
    context: BrowserContext = await chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    page = await context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(report_file.as_uri())
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    cut = await page.evaluate(
        "[...document.querySelectorAll('.chart td, .chart th, .cards td, .cards th, p, li')]"
        ".filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".map(one => one.textContent.slice(0, 60))"
    )
    assert cut == []
    back = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == {"light": "rgb(246, 247, 249)", "dark": "rgb(15, 17, 19)"}[scheme]
    assert said == []
    assert asked == [report_file.as_uri()]
    await context.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_from_what_is_behind_it(
    chromium: Browser, report_file: Path, scheme: Any
) -> None:
    """By WCAG 2: 4.5 to 1, of every colour that text has."""
    context = await chromium.new_context(color_scheme=scheme)
    page = await context.new_page()
    await page.goto(report_file.as_uri())
    pairs = await page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(one =>
            [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())
        ).map(one => {
            let at = one
            while (at.parentElement && getComputedStyle(at).backgroundColor === 'rgba(0, 0, 0, 0)')
                at = at.parentElement
            const own = getComputedStyle(one)
            const ink = one instanceof SVGElement ? own.fill : own.color
            return [ink, getComputedStyle(at).backgroundColor]
        })"""
    )
    found = {(ink, back) for ink, back in pairs}
    assert len(found) >= 5
    for ink, back in found:
        assert contrast(ink, back) >= 4.5, (ink, back)
    await context.close()


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminance, as WCAG 2 has it."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(", ")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_paper_has_the_text_and_numbers_of_its_pages(report_file: Path) -> None:
    printed = PdfReader(io.BytesIO(print_pdf(report_file.read_text())))
    texts = [" ".join(page.extract_text().split()) for page in printed.pages]
    whole = " ".join(texts)
    for said in ("Landing pages against their promises", "98.3333 %", "Outages (1)", "How to read this"):
        assert said in whole, said
    assert len(texts) > 2
    for number, text in enumerate(texts, 1):
        assert f"{number} / {len(texts)}" in text
    assert [float(side) for side in printed.pages[0].mediabox[2:]] == pytest.approx([595.3, 841.9], abs=1.5)


def test_a_browser_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_FLAGS", ("--version",))
    with pytest.raises(PdfUnmade, match="the browser can't be started"):
        print_pdf("<p>nothing</p>")


def test_there_is_a_browser_where_one_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pdf.check_browser()
    monkeypatch.setattr(find, "_candidates", lambda places: iter(()))
    with pytest.raises(PdfUnmade, match="no Chromium was found on this machine; install one"):
        pdf.check_browser()
