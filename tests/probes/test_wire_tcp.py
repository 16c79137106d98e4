"""How long a TCP handshake took: by the kernel, unless its figure cannot be that of the whole."""

import struct

import pytest

from probes.sample import Clock
from probes.wire.tcp import _handshake_time


def _told(rtt: int, retransmits: int) -> bytes:
    """What the kernel says of a connection."""
    return struct.pack("=68xI28xI", rtt, retransmits)


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
    assert _handshake_time(_told(rtt, retransmits), 1.5) == expected
