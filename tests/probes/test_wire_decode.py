import gzip
import zlib

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.bounds import STEP_BYTES
from probes.wire.decode import decode, decoder


def _bare_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeezer.compress(data) + squeezer.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "gzip, br": lambda data: brotli.compress(gzip.compress(data)),
}


def _run(coding: str, pieces: list[bytes]) -> tuple[bytes, bool]:
    made = decoder(coding)
    clear = b"".join(step for piece in pieces for step in decode(made, piece))
    return clear, made.whole()


@pytest.mark.parametrize("coding", ENCODERS)
@given(data=st.binary(max_size=3000), cut=st.integers(1, 50))
def test_what_was_coded_comes_out_however_it_is_cut(coding, data, cut):
    coded = ENCODERS[coding](data)
    pieces = [coded[at : at + cut] for at in range(0, len(coded), cut)]
    assert _run(coding, pieces) == (data, True)


def test_bare_deflate_is_taken_as_browsers_take_it():
    assert _run("deflate", [_bare_deflate(b"landing page" * 9)]) == (b"landing page" * 9, True)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_second_member_is_read_too(coding):
    assert _run(coding, [ENCODERS[coding](b"one") + ENCODERS[coding](b"two")]) == (b"onetwo", True)


def test_what_follows_a_zlib_stream_is_not_looked_at():
    assert _run("deflate", [zlib.compress(b"page"), b"rest"]) == (b"page", True)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_comes_out_in_bounded_steps(coding):
    made = decoder(coding)
    coded = ENCODERS[coding](b"\0" * 5_000_000)
    steps = [len(step) for step in decode(made, coded)]
    assert sum(steps) == 5_000_000
    assert max(steps) <= 2 * STEP_BYTES  # brotli takes the bound as a hint


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_what_ends_too_early_is_not_whole(coding):
    coded = ENCODERS[coding](bytes(range(256)) * 20)
    assert _run(coding, [coded[:-5]])[1] is False


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_garbage_is_a_fault_of_the_content(coding):
    with pytest.raises(Failure, match="cannot be decompressed") as caught:
        _run(coding, [b"\x18<html>this was never compressed</html>" * 3])
    assert caught.value.fault is Fault.CONTENT


@pytest.mark.parametrize("header", ["lzma", "gzip, gzip, gzip"])
def test_a_coding_that_nobody_asked_for_is_a_fault_of_the_content(header):
    with pytest.raises(Failure, match="none that was asked for"):
        decoder(header)


@pytest.mark.parametrize("header", [None, "", "identity"])
def test_a_plain_body_needs_no_decoder(header):
    assert decoder(header) is None
