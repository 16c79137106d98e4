import socket
import struct
import time

from probes.wire import clock

STAMPING = 37


def _control(wall: float) -> list[tuple[int, int, bytes]]:
    whole = int(wall)
    data = struct.pack("=6q", whole, int((wall - whole) * 1e9), 0, 0, 0, 0)
    return [(socket.SOL_SOCKET, STAMPING, data)]


def test_a_stamp_becomes_monotonic_time_through_its_age():
    at = clock.arrival(_control(time.time() - 0.5), 0.0)
    assert abs(time.monotonic() - 0.5 - at) < 0.1


def test_a_stamp_from_the_future_is_not_believed():
    assert clock.arrival(_control(time.time() + 3600), 0.0) is None


def test_a_stamp_from_before_the_last_thing_known_is_not_believed():
    # The wall clock was set an hour forward between arrival and reading: the packet looks an hour old.
    assert clock.arrival(_control(time.time() - 3600), time.monotonic() - 1) is None


def test_without_a_stamp_nothing_is_known():
    assert clock.arrival([], 0.0) is None
    assert clock.arrival([(socket.SOL_SOCKET, STAMPING, b"short")], 0.0) is None
    assert clock.arrival([(socket.SOL_SOCKET, 29, b"x" * 48)], 0.0) is None


def test_the_kernel_stamps_what_arrives_not_what_is_read():
    with clock.Stamping(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        clock.ask_for_stamps(receiver)
        receiver.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            before = time.monotonic()
            sender.sendto(b"x", receiver.getsockname())
            after = time.monotonic()
        time.sleep(0.05)
        _, ancillary, _, _ = receiver.recvmsg(16, clock.ANCILLARY_BYTES)
        at = clock.arrival(ancillary, before - 1)
        assert before - 0.001 <= at <= after + 0.02
