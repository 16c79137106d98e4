"""The parts that need no browser: which is found, what its words mean, who is a third party."""

from __future__ import annotations

import asyncio
import socket
import stat
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probes.chromium import evidence, launch
from probes.chromium.faults import failure_of
from probes.chromium.fence import Connection, Fence, Rules
from probes.chromium.find import SHELL, Missing, find
from probes.chromium.hops import hops_of, place_of
from probes.chromium.pace import piece
from probes.chromium.pool import at_a_time
from probes.chromium.processes import end, family
from probes.chromium.round import median_of
from probes.chromium.visit import Seen
from probes.failure import Failure
from probes.firstscreen.capture import Capture, Request
from probes.firstscreen.result import Vitals
from probes.sample import Fault, Outcome
from probes.wire.names import Names


def fake_browser(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_newest_of_playwrights_own_comes_first(tmp_path: Path) -> None:
    for build, version in (("1187", "140.0.1"), ("1300", "156.0.2"), ("odd", "1.0")):
        folder = tmp_path / f"chromium_headless_shell-{build}" / "chrome-linux"
        fake_browser(folder / "headless_shell", f"Chromium {version}")
    found = find(places=tmp_path)
    assert (found.kind, found.version) == (SHELL, "156.0.2")


def test_one_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "chromium_headless_shell-1" / "chrome-linux"
    fake_browser(folder / "headless_shell", "no version")
    assert find(places=tmp_path).path != str(folder / "headless_shell")


def test_the_folder_of_playwrights_own_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    path = tmp_path / "chromium_headless_shell-9" / "x" / "chrome-headless-shell"
    assert find().path != str(path)
    fake_browser(path, "Chromium 9.9.9.9")
    assert find().path == str(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chrome-headless-shell", SHELL),
        ("headless_shell", SHELL),
        ("google-chrome", "chrome"),
        ("microsoft-edge", "edge"),
        ("chromium", "chromium"),
        ("whatever", "chromium"),
    ],
)
def test_a_kind_is_told_by_the_name(tmp_path: Path, name: str, kind: str) -> None:
    path = fake_browser(tmp_path / name, "It 1.2.3.4")
    assert (find(str(path)).kind, find(str(path)).version) == (kind, "1.2.3.4")


def test_a_browser_that_is_none_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="playwright install"):
        find(str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("Page.goto: net::ERR_NAME_NOT_RESOLVED at http://x/", Fault.DNS),
        ("net::ERR_CERT_DATE_INVALID", Fault.TLS),
        ("net::ERR_SSL_PROTOCOL_ERROR", Fault.TLS),
        ("net::ERR_CONNECTION_REFUSED", Fault.CONNECT),
        ("net::ERR_CONNECTION_RESET", Fault.TLS),
        ("net::ERR_TIMED_OUT", Fault.TIMEOUT),
        ("net::ERR_TOO_MANY_REDIRECTS", Fault.REDIRECT),
        ("net::ERR_UNKNOWN_URL_SCHEME", Fault.REDIRECT),
        ("net::ERR_HTTP_RESPONSE_CODE_FAILURE", Fault.STATUS),
        ("net::ERR_CONTENT_DECODING_FAILED", Fault.CONTENT),
        ("net::ERR_ABORTED", Fault.CONTENT),
        ("the page crashed", Fault.CONTENT),
        ("net::ERR_HTTP2_PROTOCOL_ERROR", Fault.PROTOCOL),
        ("net::ERR_EMPTY_RESPONSE", Fault.PROTOCOL),
        ("net::ERR_SOMETHING_NEW", Fault.PROTOCOL),
    ],
)
def test_the_browsers_words_become_faults(words: str, fault: Fault) -> None:
    failure = failure_of(words, None, encrypted=True)
    assert (failure.fault, failure.outcome) == (fault, Outcome.DOWN)


def test_what_is_our_own_fault_is_unknown() -> None:
    assert failure_of("net::ERR_INSUFFICIENT_RESOURCES", None, encrypted=False).outcome is Outcome.UNKNOWN


def test_the_fences_own_words_come_first() -> None:
    connection = Connection("x", 1, asked=0.0)
    connection.failure = Failure(Fault.CONNECT, "192.0.2.1 port 1: Connection refused")
    assert failure_of("net::ERR_SOCKS_CONNECTION_FAILED", connection, encrypted=True) is connection.failure
    connection = Connection("x", 1, asked=0.0, received=4000)
    assert failure_of("net::ERR_CONNECTION_RESET", connection, encrypted=True).fault is Fault.PROTOCOL


@pytest.mark.parametrize(
    ("url", "foreign"),
    [
        ("https://cdn.shop.example/", False),
        ("https://shop.example:8443/", False),
        ("https://other.example/", True),
        ("https://10.0.0.1/", True),
        ("data:text/plain,x", False),
    ],
)
def test_a_third_party_is_another_site(url: str, foreign: bool) -> None:
    capture = Capture("https://www.shop.example/", 0.0, 1, 1)
    main = Request("1", capture.url, "Document", "GET", 0.0, main=True, bytes=10)
    capture.requests = [main, Request("2", url, "Image", "GET", 0.0, bytes=5)]
    assert evidence.third_party(capture) == {"requests": int(foreign), "bytes": 5 * foreign}


def test_names_below_a_countrys_registry_are_told_apart() -> None:
    capture = Capture("https://www.shop.co.uk/", 0.0, 1, 1)
    capture.requests = [Request("2", "https://www.other.co.uk/", "Image", "GET", 0.0, bytes=5)]
    assert evidence.third_party(capture)["requests"] == 1


def test_what_is_told_is_bounded() -> None:
    console = evidence.Console()
    for _ in range(100):
        console.say("x" * 1000)
    assert (len(console.errors), console.count) == (evidence.MOST_TOLD, 100)
    assert {len(words) for words in console.errors} == {evidence.MOST_WORDS}


@pytest.mark.parametrize(
    ("url", "place"), [("http://x:port/", None), ("ftp://x/", None), ("ws://x/", ("x", 80))]
)
def test_places_are_of_the_web(url: str, place: tuple[str, int] | None) -> None:
    assert place_of(url) == place


def test_a_connection_that_is_used_again_has_no_phases() -> None:
    timing = {"connectStart": -1.0, "sendEnd": 1.0, "receiveHeadersEnd": 5.0}
    request = Request(
        "1", "http://x/", "Document", "GET", 0.0, main=True, status=200, timing=timing, sent=0.0
    )
    connection = Connection("x", 80, asked=0.0, connect=0.1, ended=1.0, address="192.0.2.1")
    capture = Capture("http://x/", 0.0, 1, 1, requests=[request])
    (hop,) = hops_of(capture, [connection])
    assert (hop.dns, hop.connect, hop.wait, hop.transfer) == (None, None, 0.004, None)


def seen(screen: float | None, outcome: Outcome = Outcome.UP) -> Seen:
    vitals = Vitals(
        screen, None, None, None, None, None, None, None, None, incomplete=False, last_element=None
    )
    return Seen(outcome=outcome, vitals=vitals)


@pytest.mark.parametrize(
    ("visits", "chosen"),
    [
        ([seen(1)], 0),
        ([seen(3), seen(1), seen(2)], 2),
        ([seen(1), seen(2)], 1),
        ([seen(1), seen(0.1, Outcome.DOWN), seen(2)], 2),
        ([seen(1), seen(0.1, Outcome.DOWN), seen(0.2, Outcome.DOWN)], 1),
        ([seen(None), seen(1), seen(2)], 2),
    ],
)
def test_a_visit_that_failed_counts_as_the_slowest(visits: list[Seen], chosen: int) -> None:
    assert median_of(visits) == chosen


def test_half_of_the_cores_are_left_alone() -> None:
    assert 1 <= at_a_time() <= 4


def test_work_takes_time() -> None:
    ticks = iter(range(100))
    assert piece(lambda: float(next(ticks))) == 1.0


def test_processes_that_are_gone_are_no_matter(tmp_path: Path) -> None:
    end(None)
    end(2**22 - 3)
    assert list(family(1, tmp_path)) == []


def test_only_root_may_choose_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 65534)
    assert launch.own_user() is None
    assert launch.own_user("nobody") is None
    with pytest.raises(ValueError, match="only root"):
        launch.own_user("root")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert launch.own_user() is None  # the user is not there
    with pytest.raises(ValueError, match="no user"):
        launch.own_user("no-such-user-here")
    person = launch.own_user("nobody")
    assert person is not None
    assert "RLIMIT_NPROC" in "".join(launch.leashed(["x"], limits={"RLIMIT_NPROC": 1}, person=person))


@asynccontextmanager
async def fence(rules: Rules) -> AsyncIterator[Fence]:
    opened = Fence(Names(), rules)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


async def say(port: int, *words: bytes) -> bytes:
    """What the fence answers in the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for each in words:
            writer.write(each)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


HELLO = b"\x05\x01\x00"


@pytest.mark.parametrize(
    "words",
    [
        (b"GET / HTTP/1.1\r\n\r\n",),
        (HELLO, b"\x05\x02\x00\x01" + bytes(6)),
        (HELLO, b"\x05\x03\x00\x01" + bytes(6)),
        (HELLO, b"\x05\x01\x00\x07"),
        (HELLO, b"\x05\x01\x00\x01" + socket.inet_aton("127.0.0.1") + bytes(2)),
    ],
    ids=["http", "bind", "udp", "kind", "port 0"],
)
async def test_the_fence_takes_nothing_but_connections(words: tuple[bytes, ...]) -> None:
    async with fence(Rules("127.0.0.1", 80)) as opened:
        assert (await say(opened.port, *words))[-10:-8] == b"\x05\x01"
        assert opened.connections == []


async def test_the_fence_knows_every_form_of_an_address() -> None:
    async with fence(Rules("page.test", 80)) as opened:
        for kind, host in (
            (b"\x01", socket.inet_aton("127.0.0.1")),
            (b"\x04", socket.inet_pton(socket.AF_INET6, "::1")),
            (b"\x04", socket.inet_pton(socket.AF_INET6, "::ffff:127.0.0.1")),
            (b"\x03", b"\x0b[127.0.0.1]"[:1] + b"[127.0.0.1]"),
            (b"\x03", b"\x09localhost"),
        ):
            asked = HELLO + b"\x05\x01\x00" + kind + host + struct.pack("!H", 9)
            assert (await say(opened.port, asked))[2:4] == b"\x05\x02"
        assert all(one.refused and one.failure is not None for one in opened.connections)
        assert len(opened.connections) == 5
