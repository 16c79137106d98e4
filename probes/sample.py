"""The sample: what one run of one probe saw. A leaf, so that every floor can import it.

Seconds are floats, times are aware UTC datetimes, and what was not reached is ``None``, never 0.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

import orjson


class Outcome(StrEnum):
    """What a sample says about the page."""

    UP = "up"
    DOWN = "down"
    BLOCKED = "blocked"  # a shield's challenge or rate limit: no outage, no success
    UNKNOWN = "unknown"  # our own fault: it says nothing about the page


class Fault(StrEnum):
    """Why a sample is not ``up``. A closed set, because it becomes a label."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    REDIRECT = "redirect"
    STATUS = "status"
    CONTENT = "content"
    BLOCKED = "blocked"
    INTERNAL = "internal"


class Attempt(StrEnum):
    """Why a sample was taken: by the schedule, or to sharpen the edges of an outage."""

    SCHEDULED = "scheduled"
    BURST = "burst"


class Clock(StrEnum):
    """Whose time the arrival of bytes was taken from."""

    KERNEL = "kernel"
    LOOP = "loop"
    BROWSER = "browser"  # the browser's own


PHASES = ("dns", "connect", "tls", "wait", "transfer")
"""The phases of a hop, in the order in which they happen."""


@dataclass(slots=True)
class Hop:
    """One request of a visit: the page itself, or what a redirect led to.

    Each phase is in seconds, and ``None`` where it was not reached or (on a connection used again
    within the visit) did not happen. ``early`` is the time from the request to a 103, kept apart.
    """

    url: str
    status: int | None = None
    address: str | None = None
    protocol: str | None = None
    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    wait: float | None = None
    transfer: float | None = None
    early: float | None = None


@dataclass(slots=True)
class Sample:
    """One run of one probe, as it is stored, exported and judged.

    ``duration`` is the whole run; ``ttfb`` is navigation TTFB (start of the first look-up to the first
    byte of the final response, redirects included) without ``client``, the time that our own process
    spent between phases. ``variant`` is that of the target, mostly none.
    """

    id: str
    at: datetime
    vendor: str
    page: str
    url: str
    region: str
    probe: str
    variant: str | None = field(default=None, kw_only=True)  # no word of it in samples of earlier versions
    attempt: Attempt
    outcome: Outcome
    fault: Fault | None = None
    detail: str | None = None
    clock: Clock = Clock.LOOP
    tainted: list[str] = field(default_factory=list)
    duration: float | None = None
    ttfb: float | None = None
    client: float | None = None
    protocol: str | None = None
    status: int | None = None
    bytes: int | None = None
    hops: list[Hop] = field(default_factory=list)
    vitals: dict[str, float] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The key of the target that this is a sample of."""
        return self.vendor, self.page, self.probe, self.variant or ""

    def to_json(self) -> builtins.bytes:
        """The sample as one JSON object on one line, absent values null, times RFC 3339 in UTC."""
        return orjson.dumps(self, option=orjson.OPT_UTC_Z)

    @classmethod
    def from_json(cls, text: builtins.bytes | str) -> Self:
        """The sample that :meth:`to_json` wrote.

        Raises:
            ValueError: ``text`` is not a sample.
        """
        try:
            fields = orjson.loads(text)
            fields["at"] = datetime.fromisoformat(fields["at"]).astimezone(UTC)
            fields["attempt"] = Attempt(fields["attempt"])
            fields["outcome"] = Outcome(fields["outcome"])
            fields["fault"] = Fault(fields["fault"]) if fields["fault"] else None
            fields["clock"] = Clock(fields["clock"])
            fields["hops"] = [Hop(**hop) for hop in fields["hops"]]
            return cls(**fields)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a sample: {error!r}") from error
