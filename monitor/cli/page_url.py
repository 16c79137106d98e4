"""The address of a page as it is typed on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import httpx


def page_url(text: str) -> httpx.URL:
    """The page's URL; ``https://`` may be left out.

    Raises:
        typer.BadParameter: it is no address of a page.
    """
    import httpx

    try:
        parsed = httpx.URL(text if "://" in text else f"https://{text}")
    except httpx.InvalidURL as error:
        raise typer.BadParameter(f"{text!r}: {error}", param_hint="URL") from error
    if parsed.scheme not in ("http", "https") or not parsed.raw_host:
        raise typer.BadParameter(f"{text!r} is not a page such as https://www.example.com/", param_hint="URL")
    return parsed
