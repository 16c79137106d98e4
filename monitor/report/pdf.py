"""A report as PDF: the document of HTML, printed by the Chromium that is on this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from probes.chromium.engine import Engine
from probes.chromium.find import find
from probes.failure import OwnFault

if TYPE_CHECKING:
    from playwright.async_api import Browser

PATIENCE = 300.0
"""Seconds that printing may take: a hundred pages are a thousand of paper."""
_MARGINS = {"top": "14mm", "bottom": "16mm", "left": "14mm", "right": "14mm"}
_FOOTER = (
    '<div style="width: 100%; margin: 0 14mm; font: 7pt sans-serif; color: #4d5661; display: flex; '
    'justify-content: space-between"><span class="title"></span>'
    '<span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>'
)


class PdfUnmade(Exception):
    """The PDF could not be made, in words for a person."""


def check_browser() -> None:
    """See whether there is a browser that can print.

    Raises:
        PdfUnmade: there is none.
    """
    try:
        find()
    except OwnFault as error:
        raise PdfUnmade(error.detail) from error


def print_pdf(html: str) -> bytes:
    """The document on paper (A4), its pages numbered. It blocks.

    Raises:
        PdfUnmade: the browser can't be started, or did not print in time.
    """
    return asyncio.run(_print(html))


async def _print(html: str) -> bytes:
    from playwright.async_api import Error

    with TemporaryDirectory(prefix="landwatch-report-") as name:
        folder = Path(name)
        path = folder / "report.html"
        path.write_text(html, encoding="utf-8")
        engine = Engine(folder)
        try:
            async with asyncio.timeout(PATIENCE):
                return await _printed(await engine.ready(), path)
        except OwnFault as error:
            raise PdfUnmade(error.detail) from error
        except (Error, TimeoutError) as error:
            words = str(error).splitlines() or [f"it took longer than {PATIENCE:g} s"]
            raise PdfUnmade(f"the browser did not print: {words[0]}") from error
        finally:
            await engine.close()


async def _printed(browser: Browser, path: Path) -> bytes:
    context = await browser.new_context(offline=True, java_script_enabled=False, color_scheme="light")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    await page.goto(path.as_uri(), wait_until="load")
    return await page.pdf(
        format="A4",
        margin=_MARGINS,  # type: ignore[arg-type]  # a mapping of these names
        print_background=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=_FOOTER,
        tagged=True,
        outline=True,
    )
