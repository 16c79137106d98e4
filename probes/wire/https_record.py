"""What the name server says of how an origin is served: HTTPS records (RFC 9460)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dns.name
import dns.rdatatype
import dns.rdtypes.IN.HTTPS
from dns.rdtypes.svcbbase import ParamKey

from probes.failure import Failure
from probes.sample import Fault
from probes.wire import query

MOST_ALIASES = 8
"""How many aliases are followed (RFC 9460, section 2.4.2, asks for a limit)."""
MOST_RECORDS = 32
"""How many records of one answer are looked at, and how many values of each of their lists."""

_HTTPS_PORT = 443
_UNDERSTOOD = frozenset(
    {
        ParamKey.ALPN,
        ParamKey.NO_DEFAULT_ALPN,
        ParamKey.PORT,
        ParamKey.IPV4HINT,
        ParamKey.IPV6HINT,
        ParamKey.ECH,
    }
)


@dataclass(frozen=True, slots=True)
class HttpsRecord:
    """One HTTPS record."""

    priority: int
    """The lower, the sooner it is tried; 0 is an alias."""
    target: str
    """The host that serves; of an alias, the name to ask for instead. Empty for an alias to nothing."""
    alpn: tuple[str, ...] = ()
    no_default_alpn: bool = False
    """Whether HTTP/1.1 is not meant to be there as well."""
    port: int | None = None
    ipv4hint: tuple[str, ...] = ()
    ipv6hint: tuple[str, ...] = ()
    ech: bool = False
    """Whether there is a key for an encrypted ClientHello."""
    usable: bool = True
    """Whether nothing is mandatory in it that browsers do not know; else they pass it over."""

    @property
    def h3(self) -> bool:
        """Whether it leads a browser to HTTP/3."""
        return self.priority > 0 and self.usable and "h3" in self.alpn

    def evidence(self) -> dict[str, Any]:
        """The record as evidence."""
        return {
            "priority": self.priority,
            "target": self.target,
            "alpn": list(self.alpn),
            "no_default_alpn": self.no_default_alpn,
            "port": self.port,
            "ipv4hint": list(self.ipv4hint),
            "ipv6hint": list(self.ipv6hint),
            "ech": self.ech,
            "usable": self.usable,
        }


def record_name(host: str, port: int) -> str:
    """The name that the records of an origin stand under (RFC 9460, section 9.1)."""
    return f"{host}." if port == _HTTPS_PORT else f"_{port}._https.{host}."


async def https_records(servers: Sequence[query.Server], host: str, port: int) -> list[HttpsRecord]:
    """The records of ``https://host:port``: aliases as they were followed, then by priority.

    Empty where there are none, and where the name itself does not exist.

    Raises:
        Failure: nobody answered, or aliases lead on and on.
        OwnFault: this machine could not even ask.
    """
    loop = asyncio.get_running_loop()
    name = record_name(host, port)
    found: list[HttpsRecord] = []
    asked: set[str] = set()
    while name not in asked:
        if len(asked) > MOST_ALIASES:
            raise Failure(Fault.DNS, f"{record_name(host, port)}: more than {MOST_ALIASES} aliases")
        asked.add(name)
        try:
            reply = await query.ask(loop, servers, name, dns.rdatatype.HTTPS)
        except query.NoSuchName:
            return found
        records = [
            _record(record, record_set.name)
            for record_set in reply.message.answer
            if record_set.rdtype == dns.rdatatype.HTTPS
            for record in list(record_set)[:MOST_RECORDS]
        ]
        alias = next((record for record in records if record.priority == 0), None)
        if alias is None:  # beside an alias, records of services are not heeded (section 2.4.2)
            return found + sorted(records, key=lambda record: record.priority)[:MOST_RECORDS]
        found.append(alias)
        if not alias.target:
            return found
        name = f"{alias.target}."
    raise Failure(Fault.DNS, f"{record_name(host, port)}: its aliases lead in a circle")


def _record(record: dns.rdtypes.IN.HTTPS.HTTPS, owner: dns.name.Name) -> HttpsRecord:
    """The record in our words; ``owner`` is the name that it stands under."""
    params = record.params
    itself = record.target == dns.name.root
    if itself and record.priority == 0:
        return HttpsRecord(0, "")
    mandatory = params.get(ParamKey.MANDATORY)
    alpn, port = params.get(ParamKey.ALPN), params.get(ParamKey.PORT)
    four, six = params.get(ParamKey.IPV4HINT), params.get(ParamKey.IPV6HINT)
    return HttpsRecord(
        priority=record.priority,
        target=(owner if itself else record.target).to_text(omit_final_dot=True).lower(),
        alpn=tuple(each.decode("latin-1") for each in alpn.ids[:MOST_RECORDS]) if alpn else (),
        no_default_alpn=ParamKey.NO_DEFAULT_ALPN in params,
        port=port.port if port else None,
        ipv4hint=tuple(four.addresses[:MOST_RECORDS]) if four else (),
        ipv6hint=tuple(six.addresses[:MOST_RECORDS]) if six else (),
        ech=ParamKey.ECH in params,
        usable=mandatory is None or _UNDERSTOOD.issuperset(mandatory.keys),
    )
