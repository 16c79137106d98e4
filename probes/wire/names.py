"""From a host's name to its addresses: pinned ones, the hosts file, then the name servers, without a cache.

Both families are asked at once, and an answer is used as RFC 8305, section 3, has it: IPv6 at once,
IPv4 after a short wait for IPv6.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic

import dns.rdatatype
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA

from probes.failure import Failure
from probes.sample import Clock, Fault
from probes.wire import query
from probes.wire.addresses import Address
from probes.wire.system import Reread, parse_hosts, parse_resolv_conf

RESOLUTION_DELAY = 0.05
"""Seconds that IPv6 is waited for once IPv4 is known (RFC 8305, section 8)."""

FAMILIES = {"any": (socket.AF_INET6, socket.AF_INET), "6": (socket.AF_INET6,), "4": (socket.AF_INET,)}
"""The address families that each value of the option ``ip`` stands for, the preferred one first."""

_KINDS = {socket.AF_INET6: dns.rdatatype.AAAA, socket.AF_INET: dns.rdatatype.A}
_LOCALHOST = [Address("::1", socket.AF_INET6), Address("127.0.0.1", socket.AF_INET)]

Pins = Mapping[tuple[str, int], Sequence[Address]]
"""Addresses that the user chose for a host and port, in the place of a look-up."""


class Lookup:
    """The addresses of one host, which may still be coming in."""

    def __init__(self, host: str, known: Sequence[Address] = (), *, pinned: bool = False) -> None:
        self.host = host
        self.pinned = pinned
        self.took: float | None = None
        """Seconds until there was something to connect to; ``None`` where no look-up was needed."""
        self.clock = Clock.KERNEL
        """Whose time that is."""
        self.cnames: list[str] = []
        self.ttl: int | None = None
        """The least time to live, in seconds, of the records that answered."""
        self.failed: dict[socket.AddressFamily, Failure] = {}
        """The families that were asked for and not answered, and why."""
        self._found: dict[socket.AddressFamily, list[Address]] = {}
        self._pending: dict[asyncio.Task[query.Reply], socket.AddressFamily] = {}
        self._last = 0.0
        for address in known:
            self._found.setdefault(address.family, []).append(address)

    @property
    def addresses(self) -> list[Address]:
        """What is known by now, the families taking turns, IPv6 first (RFC 8305, section 4)."""
        six = self._found.get(socket.AF_INET6, [])
        four = self._found.get(socket.AF_INET, [])
        if not (six and four):
            return [*six, *four]
        mixed = [address for pair in zip(six, four, strict=False) for address in pair]
        shorter = min(len(six), len(four))
        return mixed + six[shorter:] + four[shorter:]

    @property
    def pending(self) -> bool:
        """Whether an answer is still waited for."""
        return bool(self._pending)

    async def start(
        self, servers: Sequence[query.Server], names: Sequence[str], families: Sequence[socket.AddressFamily]
    ) -> None:
        """Ask for the first of ``names`` that has an address, until there is one to connect to."""
        started = self._last = monotonic()
        for name in names:
            self.failed.clear()
            await self._ask(servers, name, families)
            if self._found:
                self.took = max(0.0, self._last - started)
                return
        for failure in reversed(self.failed.values()):
            raise failure
        raise Failure(Fault.DNS, f"{self.host}: the name has no address")

    async def more(self, timeout: float | None = None) -> None:
        """Wait for the next answer, ``timeout`` seconds at most."""
        if not self._pending:
            return
        done, _ = await asyncio.wait(self._pending, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            self._take(task, self._pending.pop(task))

    async def complete(self, seconds: float) -> None:
        """Wait for all answers, for ``seconds`` at most; a family without one by then counts as failed."""
        until = monotonic() + seconds
        try:
            while self._pending and (left := until - monotonic()) > 0:
                await self.more(left)
            for family in self._pending.values():
                words = f"{self.host}: no answer about {_KINDS[family].name} within {seconds:.3g} s"
                self.failed[family] = Failure(Fault.DNS, words)
        finally:
            await self.close()

    async def close(self) -> None:
        """Stop waiting for what has not come."""
        tasks = list(self._pending)
        self._pending.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(
        self, servers: Sequence[query.Server], name: str, families: Sequence[socket.AddressFamily]
    ) -> None:
        loop = asyncio.get_running_loop()
        for family in families:
            task = loop.create_task(query.ask(loop, servers, name, _KINDS[family]))
            self._pending[task] = family
        while self._pending and not self._found:
            await self.more()
        if socket.AF_INET6 in self._pending.values() and self._found:
            waited_from = monotonic()
            await self.more(RESOLUTION_DELAY)
            if socket.AF_INET6 not in self._found:
                self._last += monotonic() - waited_from

    def _take(self, task: asyncio.Task[query.Reply], family: socket.AddressFamily) -> None:
        try:
            reply = task.result()
        except Failure as failure:
            self.failed[family] = failure
            return
        found = []
        for record_set in reply.message.answer:
            self.ttl = record_set.ttl if self.ttl is None else min(self.ttl, record_set.ttl)
            if record_set.rdtype == _KINDS[family]:
                found += [Address(record.address, family) for record in record_set]
            elif record_set.rdtype == dns.rdatatype.CNAME:
                target = record_set[0].target.to_text(omit_final_dot=True)
                if target not in self.cnames:
                    self.cnames.append(target)
        if found:
            self._found[family] = found
            if reply.clock is Clock.LOOP:
                self.clock = Clock.LOOP
            self._last = max(self._last, reply.at)


class Names:
    """Looks hosts up, anew each time."""

    def __init__(
        self, hosts: Path = Path("/etc/hosts"), resolv_conf: Path = Path("/etc/resolv.conf")
    ) -> None:
        self._hosts = Reread(hosts, parse_hosts)
        self._resolv_conf = Reread(resolv_conf, parse_resolv_conf)

    async def look_up(
        self,
        host: str,
        port: int,
        *,
        ip: str = "any",
        pins: Pins | None = None,
        servers: Sequence[query.Server] = (),
    ) -> Lookup:
        """The addresses of ``host`` (a name in ASCII, or an address), of the families that ``ip`` names.

        Raises:
            Failure: the name has no such address, or nobody answered.
        """
        host = host.lower().rstrip(".")
        pinned = pins.get((host, port)) if pins else None
        if pinned:
            return Lookup(host, pinned, pinned=True)
        families = FAMILIES[ip]
        known = self._known(host)
        if known is not None:
            known = [address for address in known if address.family in families]
            if not known:
                raise Failure(Fault.DNS, f"{host}: no IPv{ip} address")
            return Lookup(host, known)
        system, search = self._resolv_conf.get()
        names = [host] if "." in host else [f"{host}.{domain}" for domain in search] + [host]
        lookup = Lookup(host)
        try:
            await lookup.start(servers or system, [f"{name}." for name in names], families)
        except BaseException:
            await lookup.close()
            raise
        return lookup

    def servers(
        self, host: str, port: int, *, pins: Pins | None = None, servers: Sequence[query.Server] = ()
    ) -> Sequence[query.Server] | None:
        """Who would be asked for ``host``; ``None`` where nobody would, because its address is known."""
        host = host.lower().rstrip(".")
        if (pins and pins.get((host, port))) or self._known(host) is not None:
            return None
        return servers or self._resolv_conf.get()[0]

    def _known(self, host: str) -> list[Address] | None:
        """The addresses of a host for which nobody is asked."""
        literal = Address.parse(host)
        if literal is not None:
            return [literal]
        listed = self._hosts.get().get(host)
        if listed is None and (host == "localhost" or host.endswith(".localhost")):
            return _LOCALHOST  # RFC 6761, section 6.3
        return listed
