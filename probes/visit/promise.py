"""What an origin promises of HTTP/3: in its responses (Alt-Svc) and at the name server (HTTPS records).

Either may be unknown, which is neither yes nor no: ``None``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from probes.failure import Failure
from probes.visit.alt_svc import AltSvc
from probes.visit.plan import Plan
from probes.wire.https_record import HttpsRecord, https_records
from probes.wire.names import Names

Place = tuple[str, int]
"""Host and port."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What is known of one origin."""

    alt_svc: AltSvc | None = None
    """``None`` where no response of the origin came over TCP."""
    records: tuple[HttpsRecord, ...] | None = None
    """``None`` where nobody was asked, or nobody answered."""
    records_detail: str | None = None
    """Why there are no records to speak of."""

    @property
    def advertised(self) -> bool | None:
        """Whether Alt-Svc leads browsers to HTTP/3."""
        return None if self.alt_svc is None else self.alt_svc.h3 is not None

    @property
    def advertised_dns(self) -> bool | None:
        """Whether an HTTPS record does."""
        return None if self.records is None else any(record.h3 for record in self.records)

    @property
    def either(self) -> bool | None:
        """Whether anything does; no only where both are known not to."""
        ways = (self.advertised, self.advertised_dns)
        return True if True in ways else None if None in ways else False

    def place(self, host: str, port: int) -> Place:
        """Where browsers are led for the origin at ``host`` and ``port``, Alt-Svc before the records."""
        alternative = self.alt_svc.h3 if self.alt_svc is not None else None
        if alternative is not None:
            return alternative.host or host, alternative.port
        for record in self.records or ():
            if record.h3:
                return record.target, record.port or port
        return host, port

    def evidence(self) -> dict[str, Any]:
        """What was found, as evidence."""
        said, records = self.alt_svc, self.records
        return {
            "advertised": self.advertised,
            "alt_svc": None if said is None else [each.evidence() for each in said.alternatives],
            "cleared": None if said is None else said.cleared,
            "malformed": None if said is None else said.malformed,
            "advertised_dns": self.advertised_dns,
            "records": None if records is None else [record.evidence() for record in records],
            "records_detail": self.records_detail,
        }


async def promise(names: Names, plan: Plan, alt_svc: AltSvc | None, seconds: float) -> Promise:
    """What is promised for the page of ``plan``; the name server has ``seconds``. Never raises a failure."""
    step = plan.first
    servers = names.servers(step.host, step.port, pins=plan.pins, servers=plan.servers)
    if servers is None:
        return Promise(alt_svc, records_detail="no name server is asked for this host")
    try:
        async with asyncio.timeout(seconds):
            records = await https_records(servers, step.host, step.port)
    except Failure as failure:
        return Promise(alt_svc, records_detail=failure.detail)
    except TimeoutError:
        return Promise(alt_svc, records_detail=f"no answer within {seconds:.3g} s")
    return Promise(alt_svc, tuple(records))
