"""How the browser is started: its flags, its bounds, and as whom."""

from __future__ import annotations

import json
import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from probes.chromium import leash

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserType

    from probes.chromium import find

OWN_USER = "landwatch-browser"
"""The user as whom the browser runs where the daemon is root and this user exists."""

LIMITS = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 512 * 1024 * 1024, "RLIMIT_CPU": 3600}
"""Bounds of each process of the browser. V8 reserves what it never uses, so memory is watched instead."""
PROCESSES = 2048
"""How many processes and threads the browser's own user may have."""
PID_FILE = "browser.pid"
"""The file in the browser's folder with the number of its process, which is its group's too."""

_DISABLED_FEATURES = (
    # What changes when a page is shown, or which address is asked for.
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "PaintHolding",
    # What calls home, or looks for other machines.
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "PreconnectToSearch",
    "MediaRouter",
    "DialMediaRouteProvider",
    "AutofillServerCommunication",
    "CertificateTransparencyComponentUpdater",
    # A back button is of no use here, and its cache keeps pages alive.
    "BackForwardCache",
    "Translate",
)

_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-startup-window",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--disable-field-trial-config",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--metrics-recording-only",
    "--password-store=basic",
    "--use-mock-keychain",
    "--disable-search-engine-choice-screen",
    "--disable-stack-profiler",
    "--disable-hang-monitor",
    "--disable-prompt-on-repost",
    # A page that nobody looks at must not be slowed down for that.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-ipc-flooding-protection",
    "--disable-back-forward-cache",
    "--disable-dev-shm-usage",
    "--enable-unsafe-swiftshader",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    # The fence: nothing but its SOCKS proxy is reached, and nothing is looked up by the browser itself.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--deny-permission-prompts",
    "--disable-features=" + ",".join(_DISABLED_FEATURES),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


def own_user(name: str | None = None) -> Person | None:
    """The user as whom the browser shall run: ``None`` for the one that we are.

    Raises:
        ValueError: ``name`` was chosen, and there is no such user, or we may not become it.
    """
    if os.geteuid() != 0:
        if name is not None and name != pwd.getpwuid(os.geteuid()).pw_name:
            raise ValueError(f"only root can run the browser as {name!r}")
        return None
    try:
        entry = pwd.getpwnam(name or OWN_USER)
    except KeyError:
        if name is None:
            return None
        raise ValueError(f"there is no user {name!r} on this machine") from None
    return Person(entry.pw_name, entry.pw_uid, entry.pw_gid)


def leashed(
    command: list[str],
    parent: int | None = None,
    *,
    limits: dict[str, int],
    person: Person | None = None,
    note: Path | None = None,
) -> list[str]:
    """``command`` on a leash: it dies with its parent and is held in bounds. ``note`` gets its number."""
    rules = {
        "parent": parent,
        "user": [person.uid, person.gid] if person else None,
        "limits": limits,
        "note": str(note) if note else None,
    }
    return [sys.executable, "-I", "-S", leash.__file__, json.dumps(rules), *command]


@dataclass(frozen=True, slots=True)
class OverQuic:
    """The origin to which a browser goes over HTTP/3 alone."""

    host: str
    port: int
    door: int
    """The port of loopback that leads there."""

    @property
    def origin(self) -> str:
        """The origin as flags and rules have it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Way:
    """How a browser is started. What differs in this needs a browser of its own."""

    spki: frozenset[str] = frozenset()
    """Keys (SHA-256 of SubjectPublicKeyInfo, base64) that are trusted in a certificate."""
    person: Person | None = None
    """As whom it runs, where not as ourselves."""
    over_quic: OverQuic | None = None
    """Whereto it goes over HTTP/3; without that there is no QUIC at all."""


def flags(folder: Path, way: Way, *, sandbox: bool) -> list[str]:
    """The flags of a browser that keeps its files in ``folder``."""
    chosen = [*_FLAGS, *_reach(way.over_quic), f"--user-data-dir={folder}"]
    if way.spki:
        chosen.append("--ignore-certificate-errors-spki-list=" + ",".join(sorted(way.spki)))
    if not sandbox:
        chosen.append("--no-sandbox")
    return chosen


def _reach(over_quic: OverQuic | None) -> list[str]:
    """What the browser reaches by itself: nothing, or the door to one origin."""
    nothing = "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    if over_quic is None:
        return ["--disable-quic", f"--host-resolver-rules={nothing}"]
    door = f"MAP {over_quic.origin} 127.0.0.1:{over_quic.door}"
    return [f"--origin-to-force-quic-on={over_quic.origin}", f"--host-resolver-rules={door} , {nothing}"]


async def start(
    playwright: BrowserType, browser: find.Browser, folder: Path, way: Way, *, sandbox: bool
) -> Browser:
    """Start the browser, which keeps its files in ``folder`` and dies with the driver that starts it.

    Raises:
        playwright.async_api.Error: it did not start, and what it said.
    """
    command = leashed(
        [browser.path, *flags(folder, way, sandbox=sandbox)],
        limits=_limits(way),
        person=way.person,
        note=folder / PID_FILE,
    )
    environment = {**_environment(), "TMPDIR": str(folder), "HOME": str(folder)}
    return await playwright.launch(
        executable_path=command[0],
        args=command[1:],
        ignore_default_args=True,
        env=environment,
        timeout=20_000,
        handle_sigint=False,
        handle_sigterm=False,
        handle_sighup=False,
    )


def _limits(way: Way) -> dict[str, int]:
    return LIMITS | ({"RLIMIT_NPROC": PROCESSES} if way.person else {})


def _environment() -> dict[str, str | float | bool]:
    """What the browser may know of ours: nothing that could hold a secret or name a proxy."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}
