"""Reading a page as far as two pages are compared: title, canonical address, and the words that can be seen.

The page is given to libxml2 piece by piece and no tree is built, so that neither deep nesting nor a hundred
thousand attributes cost more than the time to read past them. It is meant for a thread of its own: libxml2
works without the interpreter's lock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from time import thread_time

from lxml import etree

MOST_CHARACTERS = 256 * 1024
"""How much of the text that can be seen is looked at."""
MOST_WORDS = 5_000
"""How many words of it are compared."""
MOST_CPU_SECONDS = 2.0
"""How much CPU time the reading of one page may take; a usual page of 2 MiB takes a tenth of that."""

_PIECE = 16 * 1024
_SHOWN_TITLE = 300
_SHOWN_CANONICAL = 2_000

# Elements whose text is for no eye, or takes the place of something that cannot be shown.
_UNSEEN = frozenset(
    {
        *("script", "style", "template", "noscript", "noembed", "noframes", "iframe", "object"),
        *("audio", "video", "canvas", "svg", "datalist"),
    }
)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

# Scripts without blanks between words (Thai, Lao, Khmer, Burmese, Chinese, Japanese) are taken by the sign.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


class Unreadable(Exception):
    """The page costs too much to read."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of itself, and what can be seen of it."""

    title: str | None
    canonical: str | None
    words: tuple[str, ...]


def read_html(text: str) -> Page:
    """Read a page of HTML, however broken.

    Raises:
        Unreadable: it takes too much CPU time.
    """
    reader = _Reader()
    parser = etree.HTMLParser(target=reader, encoding="utf-8", huge_tree=True, no_network=True)
    data = text.encode("utf-8", "replace")
    until = thread_time() + MOST_CPU_SECONDS
    try:
        for start in range(0, len(data), _PIECE):
            parser.feed(data[start : start + _PIECE])
            if thread_time() > until:
                raise Unreadable(f"reading the page takes more than {MOST_CPU_SECONDS:g} s of CPU time")
        parser.close()
    except etree.XMLSyntaxError:
        pass  # nothing that could be an element: what there was has been read
    return Page(_tidy(reader.title, _SHOWN_TITLE), _tidy(reader.canonical, _SHOWN_CANONICAL), reader.words())


def read_text(text: str) -> Page:
    """Read what is text, and no HTML."""
    return Page(None, None, words_of(text[:MOST_CHARACTERS]))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, as they are written, without what stands between them."""
    return tuple(match.group() for match in islice(_WORD.finditer(text), MOST_WORDS))


class _Reader:
    """Takes what the parser finds, in the order of the page."""

    def __init__(self) -> None:
        self.title: str | None = None
        self.canonical: str | None = None
        self._text: list[str] = []
        self._length = 0
        self._depth = 0
        self._hidden_since: int | None = None
        self._in_title = False

    def words(self) -> tuple[str, ...]:
        return words_of("".join(self._text)[:MOST_CHARACTERS])

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._break()
        if self._hidden_since is not None:
            return
        if _is_unseen(tag, attributes):
            self._hidden_since = self._depth
        elif tag == "title" and self.title is None:
            self.title = ""
            self._in_title = True
        elif tag == "link" and self.canonical is None and _is_canonical(attributes):
            self.canonical = attributes.get("href")

    def end(self, tag: str) -> None:
        if self._hidden_since == self._depth:
            self._hidden_since = None
        self._depth -= 1
        self._in_title = self._in_title and tag != "title"
        self._break()

    def data(self, text: str) -> None:
        if self._in_title:
            self.title = ((self.title or "") + text)[: _SHOWN_TITLE * 4]
        elif self._hidden_since is None and self._length < MOST_CHARACTERS:
            self._text.append(text)
            self._length += len(text)

    def close(self) -> None:
        """Nothing is left to do: what was read stays here."""

    def _break(self) -> None:
        """A tag parts two words. The edge of a piece of the page does not."""
        if self._text and self._text[-1] != " ":
            self._text.append(" ")
            self._length += 1


def _is_unseen(tag: str, attributes: Mapping[str, str]) -> bool:
    if tag in _UNSEEN or "hidden" in attributes or (tag == "dialog" and "open" not in attributes):
        return True
    style = attributes.get("style")
    return style is not None and _HIDING.search(style[:_SHOWN_CANONICAL]) is not None


def _is_canonical(attributes: Mapping[str, str]) -> bool:
    return "canonical" in attributes.get("rel", "").lower().split()


def _tidy(text: str | None, most: int) -> str | None:
    """``text`` without blanks at its ends and with single ones between; ``None`` where nothing is left."""
    return " ".join(text.split())[:most] or None if text is not None else None
