"""Reading a response's body: counted, decompressed and kept only as far as somebody will look at it."""

from __future__ import annotations

import asyncio
import codecs
import re
from dataclasses import dataclass, field

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.decode import Decoder, decode, decoder
from probes.wire.exchange import Engine, Head

KEPT_BYTES = 2 * 1024 * 1024
"""How much of a body's text is kept to be searched."""

PIECES_AT_ONCE = 256
"""How many pieces are taken before other probes get their turn."""

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)

# Python knows these as charsets, browsers do not, and a body of 2 MiB would take them seconds and longer.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"})


@dataclass(slots=True)
class Body:
    """What a body turned out to be, as far as it was read."""

    length: int = 0
    """Bytes as they came."""
    decoded: int = 0
    """Bytes once decompressed."""
    kept: bytearray = field(default_factory=bytearray)

    def text(self, content_type: str | None) -> str:
        """The text of what was kept, in the charset that the header or the page names, else UTF-8."""
        match = _CHARSET.search(content_type or "")
        meta = None if match else _META_CHARSET.search(self.kept[:1024])
        charset = match.group(1) if match else meta.group(1).decode() if meta else "utf-8"
        try:
            if codecs.lookup(charset).name.replace("_", "-") in _NO_CHARSETS:
                charset = "utf-8"
            return self.kept.decode(charset, "replace")
        except (LookupError, ValueError):
            return self.kept.decode("utf-8", "replace")


async def read_body(
    engine: Engine, head: Head, body: Body, *, max_body: int, max_decoded: int, keep: int
) -> None:
    """Read the whole body of the response into ``body``.

    Raises:
        Failure: it was cut short, is too large, or cannot be decompressed.
    """
    coding = decoder(head.get(b"content-encoding"))
    pieces = 0
    while piece := await engine.read():
        pieces += 1
        if pieces % PIECES_AT_ONCE == 0:
            await asyncio.sleep(0)  # tiny chunks take long, and many come with one read
        body.length += len(piece)
        if body.length > max_body:
            raise Failure(Fault.CONTENT, f"the body is larger than {max_body} bytes")
        if coding is None:
            body.decoded += len(piece)
            _keep(body, piece, keep)
        else:
            await _decode(coding, piece, body, max_decoded, keep)
    if coding is not None and body.length and not coding.whole():
        raise Failure(Fault.CONTENT, "the compressed body ends too early")


async def _decode(coding: Decoder, piece: bytes, body: Body, max_decoded: int, keep: int) -> None:
    first = True
    for clear in decode(coding, piece):
        body.decoded += len(clear)
        if body.decoded > max_decoded:
            raise Failure(Fault.CONTENT, f"the body decompresses to more than {max_decoded} bytes")
        _keep(body, clear, keep)
        if not first:
            await asyncio.sleep(0)  # a bomb takes many steps: other probes get their turn between them
        first = False


def _keep(body: Body, piece: bytes, keep: int) -> None:
    room = keep - len(body.kept)
    if room > 0:
        body.kept += piece[:room]
