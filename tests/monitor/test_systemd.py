from __future__ import annotations

import asyncio
import os
import socket

import pytest
import structlog.testing

from monitor.systemd import Notifier


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """The socket that systemd would have, as ``(address, receive)``."""
    monkeypatch.chdir(tmp_path)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("notify")
        listening.settimeout(5)
        yield "notify", lambda: listening.recv(4096).decode().splitlines()


def test_states_are_told(manager):
    address, receive = manager
    notifier = Notifier({"NOTIFY_SOCKET": address}, mono=lambda: 12.5)
    notifier.ready("3 targets")
    assert receive() == ["READY=1", "STATUS=3 targets"]
    notifier.reloading()
    assert receive() == ["RELOADING=1", "MONOTONIC_USEC=12500000"]
    notifier.stopping()
    assert receive() == ["STOPPING=1"]
    notifier.alive()
    assert receive() == ["WATCHDOG=1"]


def test_an_abstract_socket_is_found():
    name = f"landwatch-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).stopping()
        assert listening.recv(100) == b"STOPPING=1"


def test_without_systemd_nothing_is_told():
    Notifier({}).ready()


def test_a_manager_that_is_gone_is_logged_and_stops_nothing(tmp_path):
    with structlog.testing.capture_logs() as logs:
        Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    assert [(line["event"], line["state"]) for line in logs] == [("systemd can't be told", "READY=1")]


@pytest.mark.parametrize(
    ("environment", "every"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_told_at_half_of_what_systemd_waits(environment, every):
    assert Notifier(environment, pid=7).watchdog_every == every


async def test_signs_of_life_come_from_the_loop(manager):
    address, receive = manager
    watch = asyncio.create_task(Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "2000"}).watch())
    for _ in range(3):
        assert await asyncio.to_thread(receive) == ["WATCHDOG=1"]
    watch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watch


async def test_without_a_watchdog_watching_ends_at_once():
    await Notifier({}).watch()
