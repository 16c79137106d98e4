"""Content codings (RFC 9110, section 8.4.1), decoded in bounded steps so that no bomb goes off."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli
from backports import zstd

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.bounds import STEP_BYTES

ACCEPTED = "gzip, deflate, br, zstd"
"""What we say we can decode: what browsers say."""

_MOST_CODINGS = 2
_ZSTD_WINDOW_LOG = 23  # 8 MiB, the most that a decoder need allow (RFC 9659)

_BROTLI_WINDOW_24 = 0x0F  # how a stream begins that may look back 16 MiB (RFC 7932, section 9.1)
_BROTLI_WIDE_BYTES = 3 * 1024 * 1024
_BROTLI_WIDE_STEP = 32
"""How much of such a stream is decoded in all, and taken in at once: its decoder fills the window before it
hands anything out, and has two of them while it grows."""


class Decoder(Protocol):
    """One content coding, fed as it comes."""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` adds, in steps of at most about ``STEP_BYTES``."""

    def whole(self) -> bool:
        """Whether the end of the coded stream was seen."""


class _Zlib:
    def __init__(self, window: int) -> None:
        self._window = window
        self._inflate = zlib.decompressobj(window)
        self._seen = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._inflate.eof:
                if self._window < 16:
                    return  # a lone zlib stream: what follows it is not looked at
                self._inflate = zlib.decompressobj(self._window)  # a further member of a gzip file
            elif self._window == zlib.MAX_WBITS and not self._seen and data[0] & 0x0F != 8:
                # "deflate" is meant to be zlib, and is bare deflate where servers got it wrong.
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
                self._window = -zlib.MAX_WBITS
            self._seen = True
            yield self._inflate.decompress(data, STEP_BYTES)
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail

    def whole(self) -> bool:
        return self._inflate.eof


class _Brotli:
    def __init__(self) -> None:
        self._brotli = brotli.Decompressor()
        self._wide: bool | None = None
        self._made = 0

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if data and self._wide is None:
            self._wide = data[0] & 0x0F == _BROTLI_WINDOW_24
        step = _BROTLI_WIDE_STEP if self._wide else len(data)
        for start in range(0, len(data), step or 1):
            yield from self._drain(data[start : start + step])

    def whole(self) -> bool:
        return bool(self._brotli.is_finished())

    def _drain(self, data: bytes) -> Iterator[bytes]:
        # Output is left over also where all input was taken: a few bytes can stand for many megabytes.
        while clear := self._brotli.process(data, output_buffer_limit=STEP_BYTES):
            self._made += len(clear)
            if self._wide and self._made > _BROTLI_WIDE_BYTES:
                raise brotli.error(f"it needs a window of 16 MiB for more than {_BROTLI_WIDE_BYTES} bytes")
            yield clear
            data = b""


class _Zstd:
    def __init__(self) -> None:
        self._zstd = self._new()

    @staticmethod
    def _new() -> zstd.ZstdDecompressor:
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._zstd.eof:
                self._zstd = self._new()  # a further frame
            yield self._zstd.decompress(data, STEP_BYTES)
            while not self._zstd.eof and not self._zstd.needs_input:
                yield self._zstd.decompress(b"", STEP_BYTES)
            data = self._zstd.unused_data if self._zstd.eof else b""

    def whole(self) -> bool:
        return self._zstd.eof


class _Chain:
    """Two codings, one inside the other."""

    def __init__(self, outer: Decoder, inner: Decoder) -> None:
        self._outer = outer
        self._inner = inner

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for piece in self._outer.pieces(data):
            yield from self._inner.pieces(piece)

    def whole(self) -> bool:
        return self._outer.whole() and self._inner.whole()


_CODINGS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: _Zlib(16 + zlib.MAX_WBITS),
    "x-gzip": lambda: _Zlib(16 + zlib.MAX_WBITS),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    "br": _Brotli,
    "zstd": _Zstd,
}

_BROKEN = (zlib.error, brotli.error, zstd.ZstdError, EOFError)


def decoder(content_encoding: str | None) -> Decoder | None:
    """The decoder for a Content-Encoding; ``None`` where the body is not coded.

    Raises:
        Failure: nobody asked for that coding.
    """
    names = [name.strip().lower() for name in (content_encoding or "").split(",")]
    names = [name for name in names if name and name != "identity"]
    unknown = [name for name in names if name not in _CODINGS]
    if unknown or len(names) > _MOST_CODINGS:
        raise Failure(Fault.CONTENT, f"Content-Encoding {content_encoding!r:.80} is none that was asked for")
    made: Decoder | None = None
    for name in names:  # listed in the order in which they were applied: the last is the outermost
        coding = _CODINGS[name]()
        made = coding if made is None else _Chain(coding, made)
    return made


def decode(decoder: Decoder, data: bytes) -> Iterator[bytes]:
    """The pieces that ``data`` decodes to.

    Raises:
        Failure: it is broken.
    """
    try:
        yield from decoder.pieces(data)
    except _BROKEN as error:
        raise Failure(Fault.CONTENT, f"the body cannot be decompressed: {error}") from error
