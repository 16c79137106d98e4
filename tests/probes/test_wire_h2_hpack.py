"""Header compression, held against the hpack package's own encoder and decoder."""

from __future__ import annotations

import hpack
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from probes.failure import Failure
from probes.wire.h2_hpack import HeaderDecoder, encode

NAMES = st.sampled_from([b":status", b":path", b"cookie", b"accept", b"x-own", b"server"]) | st.binary(
    max_size=40
)
VALUES = st.sampled_from([b"", b"/", b"200", b"gzip, deflate", b"y" * 300, b"y" * 5000]) | st.binary(
    max_size=300
)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=12).map(tuple)

UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""A slow machine is no mistake of what is tested."""


@UNHURRIED
@given(st.lists(FIELDS, max_size=4))
def test_what_is_encoded_is_decoded_by_others(blocks: list[tuple[tuple[bytes, bytes], ...]]) -> None:
    decoder = hpack.Decoder()
    for fields in blocks:
        assert tuple(decoder.decode(encode(fields), raw=True)) == fields
    assert not decoder.header_table.dynamic_entries


@UNHURRIED
@given(st.lists(st.tuples(FIELDS, st.booleans(), st.integers(0, 4096) | st.none()), max_size=6))
def test_what_others_encode_is_decoded(
    blocks: list[tuple[tuple[tuple[bytes, bytes], ...], bool, int | None]],
) -> None:
    encoder, decoder = hpack.Encoder(), HeaderDecoder()
    for fields, huffman, size in blocks:
        if size is not None:
            encoder.header_table_size = size
        assert decoder.decode(encoder.encode(fields, huffman=huffman)) == fields


@UNHURRIED
@given(st.lists(st.binary(max_size=60), max_size=3))
@example([b"\x20\x3f\xe1\x1f\x40\x01a\x01b", b"\xbe"])
@example([b"\x5f\xff\xff\xff\xff\xff\xff\xff\x01a"])
def test_anything_is_decoded_as_others_do_or_refused(blocks: list[bytes]) -> None:
    theirs, ours = hpack.Decoder(max_header_list_size=256 * 1024), HeaderDecoder()
    for block in blocks:
        try:
            expected = tuple(theirs.decode(block, raw=True))
        except hpack.HPACKError:
            with pytest.raises(Failure):
                ours.decode(block)
            return
        try:
            assert ours.decode(block) == expected
        except Failure as failure:
            assert "changes its table's size" in failure.detail  # noqa: PT017  # more than twice is refused
            return


@pytest.mark.parametrize(("name", "first"), [(b"cookie", 0x1F), (b"authorization", 0x1F), (b"x-own", 0x00)])
def test_secrets_are_never_to_be_indexed(name: bytes, first: int) -> None:
    assert encode(((name, b"value"),))[0] == first


def test_a_field_that_is_larger_than_the_table_empties_it() -> None:
    encoder, decoder = hpack.Encoder(), HeaderDecoder()
    assert decoder.decode(encoder.encode([("x-small", "1")])) == ((b"x-small", b"1"),)
    assert decoder.decode(encoder.encode([("x-large", "y" * 5000)])) == ((b"x-large", b"y" * 5000),)
    with pytest.raises(Failure, match="unknown field"):
        decoder.decode(b"\xbe")
