"""What this machine's files say about names: the hosts file and resolv.conf, read again when changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from probes.wire.addresses import Address

T = TypeVar("T")


class Reread(Generic[T]):
    """The parsed content of a file, parsed anew when the file has changed."""

    def __init__(self, path: Path, parse: Callable[[Path], T]) -> None:
        self._path = path
        self._parse = parse
        self._stamp: tuple[int, int, int] | None = None
        self._value: T | None = None

    def get(self) -> T:
        """The content as it is now."""
        try:
            stat = os.stat(self._path)
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        except OSError:
            stamp = (0, 0, 0)
        if self._value is None or stamp != self._stamp:
            self._value = self._parse(self._path)
            self._stamp = stamp
        return self._value


def parse_hosts(path: Path) -> dict[str, list[Address]]:
    """The names of a hosts file and their addresses; a file that is not there has none."""
    names: dict[str, list[Address]] = {}
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return names
    for line in text.splitlines():
        address_text, *hosts = line.partition("#")[0].split() or [""]
        address = Address.parse(address_text)
        if address is None:
            continue
        for host in hosts:
            known = names.setdefault(host.lower().rstrip("."), [])
            if address not in known:
                known.append(address)
    return names


def parse_resolv_conf(path: Path) -> tuple[list[tuple[str, int]], list[str]]:
    """The name servers (address and port) and search domains of a resolv.conf."""
    servers: list[tuple[str, int]] = []
    search: list[str] = []
    try:
        text = path.read_text(errors="replace")
    except OSError:
        text = ""
    for line in text.splitlines():
        keyword, *words = line.split() or [""]
        if keyword == "nameserver" and words and Address.parse(words[0]) is not None:
            servers.append((words[0], 53))
        elif keyword in ("search", "domain"):  # the last of them counts
            search = [word.rstrip(".") for word in words]
    return servers or [
        ("127.0.0.1", 53)
    ], search  # resolv.conf(5): where none is named, the local host is asked
