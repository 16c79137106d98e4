"""Which browser there is: the config's, Playwright's own, then what distributions install."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from probes.failure import OwnFault
from probes.sample import Fault

HOW_TO_INSTALL = (
    "install one: `apt-get install chromium-headless-shell` on Debian, or "
    "`playwright install --only-shell chromium` anywhere"
)
_VERSION = re.compile(r"\b(\d+(?:\.\d+){1,3})\b")
_PATIENCE = 10.0

SHELL = "headless-shell"

# The kind, where its binary is, and by what name a search path knows it. Debian's programs in /usr/bin are
# scripts that do not become the browser: killing them would leave it.
_PLACES: tuple[tuple[str, str, str | None], ...] = (
    (SHELL, "/usr/lib/chromium/chromium-headless-shell", "chrome-headless-shell"),
    ("chromium", "/usr/lib/chromium/chromium", None),
    ("chromium", "/usr/lib64/chromium-browser/chromium-browser", None),
    ("chromium", "/Applications/Chromium.app/Contents/MacOS/Chromium", None),
    ("chrome", "/opt/google/chrome/chrome", None),
    ("chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", None),
    ("edge", "/opt/microsoft/msedge/msedge", None),
    ("edge", "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge", None),
)


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser on this machine."""

    path: str
    kind: str
    """``headless-shell``, ``chromium``, ``chrome`` or ``edge``."""
    version: str


class Missing(OwnFault):
    """There is no browser to visit with."""

    def __init__(self, words: str) -> None:
        super().__init__(Fault.INTERNAL, f"{words}; {HOW_TO_INSTALL}")


def find(executable: str | None = None, places: Path | None = None) -> Browser:
    """The browser to visit with: ``executable`` where it is given, else the first that is found.

    ``places`` is where Playwright keeps browsers of its own, if not where it does by default.

    Raises:
        Missing: there is none, or the one that was named is none.
    """
    if executable is not None:
        version = _version(executable)
        if version is None:
            raise Missing(f"{executable} is no browser that can be started")
        return Browser(executable, _kind(executable), version)
    for kind, path in _candidates(places):
        version = _version(path)
        if version is not None:
            return Browser(path, kind, version)
    raise Missing("no Chromium was found on this machine")


def _candidates(places: Path | None) -> Iterator[tuple[str, str]]:
    for folder in sorted(_playwrights(places), key=_build, reverse=True):
        for name in ("chrome-headless-shell", "headless_shell"):
            yield from ((SHELL, str(path)) for path in folder.glob(f"*/{name}") if path.is_file())
    for kind, path, alias in _PLACES:
        if Path(path).is_file():
            yield kind, path
        elsewhere = shutil.which(alias) if alias else None
        if elsewhere:
            yield kind, elsewhere


def _playwrights(places: Path | None) -> list[Path]:
    """The folders of the headless shells that Playwright installed."""
    if places is None:
        chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
        home = Path("~").expanduser()
        mac = home / "Library" / "Caches" / "ms-playwright"
        places = Path(chosen) if chosen else mac if mac.is_dir() else home / ".cache" / "ms-playwright"
    return list(places.glob("chromium_headless_shell-*"))


def _build(folder: Path) -> int:
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _kind(path: str) -> str:
    name = path.rpartition("/")[2].lower().replace("_", "-")
    for mark, kind in ((SHELL, SHELL), ("edge", "edge"), ("chromium", "chromium"), ("chrome", "chrome")):
        if mark in name:
            return kind
    return "chromium"


def _version(path: str) -> str | None:
    """What the browser says its version is; ``None`` where it can't be started."""
    try:
        said = subprocess.run(  # noqa: S603  # a browser's own path, or the config's
            [path, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(said.stdout)
    return found[1] if found else None
