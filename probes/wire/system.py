"""What this machine's files say about names: the hosts file and resolv.conf, read again when changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import dns.exception
import dns.resolver

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
    resolver = dns.resolver.Resolver(configure=False)
    try:
        resolver.read_resolv_conf(str(path))
    except (OSError, dns.exception.DNSException):
        return [("127.0.0.1", 53)], []  # resolv.conf(5): without a file, the local host is asked
    servers = [(str(server), 53) for server in resolver.nameservers]
    return servers, [domain.to_text(omit_final_dot=True) for domain in resolver.search]
