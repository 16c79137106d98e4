"""Whether two visitors were shown the same page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import httpx
from rapidfuzz.distance import Indel

from probes.advertising.parameters import address
from probes.advertising.reading import Page, read_html, read_text
from probes.visit.body import Body
from probes.wire.exchange import Head

_HTML = ("text/html", "application/xhtml+xml", "")


@dataclass(frozen=True, slots=True)
class Sight:
    """What one visitor was shown at last."""

    url: str
    status: int
    type: str
    """The media type, without parameters; empty where none was named."""
    body: bytes
    """As much of it as was kept."""
    length: int
    """All of it, decompressed."""
    page: Page | None
    """What it says, where it is text."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two sights differ."""

    differences: tuple[str, ...]
    """Of status, url, type, canonical, title, text: those that differ."""
    similarity: float | None
    """Of the words that can be seen: 1 where they are the same; ``None`` where there are none to compare."""
    wordless: bool = False
    """Whether the first of the two shows no words, and the other is not the very same."""

    @property
    def same(self) -> bool | None:
        """Whether it is the same page; ``None`` where there was too little to tell by."""
        if self.differences:
            return False
        return None if self.similarity is None else True


def see(url: str, head: Head, body: Body) -> Sight:
    """Read what a visit ended with. It may take a while, and is meant for a thread of its own.

    Raises:
        Unreadable: reading it takes too much CPU time.
    """
    content_type = head.get(b"content-type")
    kind = (content_type or "").partition(";")[0].strip().lower()
    page = None
    if kind in _HTML:
        page = read_html(body.text(content_type))
    elif kind.startswith("text/") or kind.endswith(("json", "xml")):
        page = read_text(body.text(content_type))
    return Sight(url, head.status, kind, bytes(body.kept), body.decoded, page)


def compare(one: Sight, other: Sight, *, alike: float, without: Collection[str]) -> Comparison:
    """Hold two sights against each other; of their addresses, the parameters ``without`` do not count."""
    differences = []
    if one.status != other.status:
        differences.append("status")
    if address(one.url, without) != address(other.url, without):
        differences.append("url")
    if one.type != other.type:
        differences.append("type")
    if _canonical(one, without) != _canonical(other, without):
        differences.append("canonical")
    if one.page and other.page and one.page.title != other.page.title:
        differences.append("title")
    similarity = _similarity(one, other)
    if similarity is not None and similarity < alike:
        differences.append("text")
    wordless = one.page is not None and not one.page.words and one.body != other.body
    return Comparison(tuple(differences), similarity, wordless)


def similarity_of(one: Sequence[str], other: Sequence[str]) -> float:
    """How much of two sequences of words is the same words in the same order: 0 to 1.

    Twice the length of their longest common subsequence, over the sum of their lengths.
    """
    numbers: dict[str, int] = {}
    # Numbers instead of words: nothing depends on how this process hashes text.
    counted = [[numbers.setdefault(word, len(numbers)) for word in words] for words in (one, other)]
    return float(Indel.normalized_similarity(*counted))


def _similarity(one: Sight, other: Sight) -> float | None:
    if one.length == other.length and one.body == other.body:
        return 1.0
    if one.page is None or other.page is None or not (one.page.words or other.page.words):
        return None
    return similarity_of(one.page.words, other.page.words)


def _canonical(sight: Sight, without: Collection[str]) -> object:
    if sight.page is None or sight.page.canonical is None:
        return None
    try:
        absolute = httpx.URL(sight.url).join(sight.page.canonical)
    except (httpx.InvalidURL, ValueError):
        return sight.page.canonical
    return address(str(absolute), without)
