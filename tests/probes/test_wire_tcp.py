"""How long a TCP handshake took: by the kernel, unless its figure cannot be that of the whole."""

import struct

import pytest

from probes.sample import Clock
from probes.wire.tcp import _handshake_time


class Told:
    """A socket whose kernel says this of its connection."""

    def __init__(self, rtt: int, retransmits: int) -> None:
        self._info = struct.pack("=68xI28xI", rtt, retransmits)

    def getsockopt(self, level: int, name: int, length: int) -> bytes:
        return self._info[:length]


@pytest.mark.parametrize(
    ("rtt", "retransmits", "expected"),
    [
        (20_000, 0, (0.02, Clock.KERNEL)),
        (20_000, 1, (1.5, Clock.LOOP)),  # the SYN was sent again: the visitor waited for both
        (0, 0, (1.5, Clock.LOOP)),
        (2_000_000, 0, (1.5, Clock.LOOP)),  # longer than it can have been
    ],
)
def test_the_kernels_round_trip_counts_where_it_is_that_of_the_whole_handshake(rtt, retransmits, expected):
    assert _handshake_time(Told(rtt, retransmits), 1.5) == expected
