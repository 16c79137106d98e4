"""Incidents in words, as a person reads them in a message: what is wrong, where, since when. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from monitor.notify.events import Change, Event
from monitor.report.words import second_words
from monitor.sla.incidents import IncidentKind
from storage.incidents import IncidentRow

OPENED, WORSENED, CLOSED = Change.OPENED, Change.WORSENED, Change.CLOSED

_HEADLINES = MappingProxyType(
    {
        (IncidentKind.OUTAGE, OPENED): "{page} is down",
        (IncidentKind.OUTAGE, WORSENED): "{page} is down in more regions",
        (IncidentKind.OUTAGE, CLOSED): "{page} is up again",
        (IncidentKind.ADVISORY, OPENED): "{page} fails for {subject} alone",
        (IncidentKind.ADVISORY, WORSENED): "{page} fails for {subject} alone still",
        (IncidentKind.ADVISORY, CLOSED): "{page} no longer fails for {subject} alone",
        (IncidentKind.SILENCE, OPENED): "{page} is not measured from {subject}",
        (IncidentKind.SILENCE, WORSENED): "{page} is not measured from {subject} still",
        (IncidentKind.SILENCE, CLOSED): "{page} is measured from {subject} again",
        (IncidentKind.LATENCY, OPENED): "{page} is slower than promised ({subject})",
        (IncidentKind.LATENCY, WORSENED): "{page} is slower than promised in more regions ({subject})",
        (IncidentKind.LATENCY, CLOSED): "{page} is no longer slower than promised ({subject})",
        (IncidentKind.CERTIFICATE, OPENED): "{page} has a certificate that ends soon, seen from {subject}",
        (IncidentKind.CERTIFICATE, WORSENED): "{page} has a certificate that ends soon, seen from {subject}",
        (IncidentKind.CERTIFICATE, CLOSED): "{page} has a certificate that lasts again, seen from {subject}",
        (IncidentKind.HTTP3, OPENED): "{page} advertises an HTTP/3 that fails, seen from {subject}",
        (IncidentKind.HTTP3, WORSENED): "{page} advertises an HTTP/3 that fails, seen from {subject}",
        (IncidentKind.HTTP3, CLOSED): "{page} advertises no failing HTTP/3 any more, seen from {subject}",
        (IncidentKind.TRACKING, OPENED): "{page} loses parameters of advertising, seen from {subject}",
        (IncidentKind.TRACKING, WORSENED): "{page} loses parameters of advertising, seen from {subject}",
        (IncidentKind.TRACKING, CLOSED): "{page} keeps parameters of advertising again, seen from {subject}",
    }
)
_COUNTED = MappingProxyType(
    {
        (IncidentKind.OUTAGE, OPENED): "down",
        (IncidentKind.OUTAGE, WORSENED): "down in more regions",
        (IncidentKind.OUTAGE, CLOSED): "up again",
        (IncidentKind.ADVISORY, OPENED): "failing for one region",
        (IncidentKind.ADVISORY, WORSENED): "failing for one region",
        (IncidentKind.ADVISORY, CLOSED): "no longer failing for one region",
        (IncidentKind.SILENCE, OPENED): "not measured from a region",
        (IncidentKind.SILENCE, WORSENED): "not measured from a region",
        (IncidentKind.SILENCE, CLOSED): "measured again",
        (IncidentKind.LATENCY, OPENED): "slower than promised",
        (IncidentKind.LATENCY, WORSENED): "slower than promised in more regions",
        (IncidentKind.LATENCY, CLOSED): "no longer slower than promised",
        (IncidentKind.CERTIFICATE, OPENED): "with a certificate that ends soon",
        (IncidentKind.CERTIFICATE, WORSENED): "with a certificate that ends soon",
        (IncidentKind.CERTIFICATE, CLOSED): "with a certificate that lasts again",
        (IncidentKind.HTTP3, OPENED): "with an HTTP/3 that fails",
        (IncidentKind.HTTP3, WORSENED): "with an HTTP/3 that fails",
        (IncidentKind.HTTP3, CLOSED): "no longer with an HTTP/3 that fails",
        (IncidentKind.TRACKING, OPENED): "losing parameters of advertising",
        (IncidentKind.TRACKING, WORSENED): "losing parameters of advertising",
        (IncidentKind.TRACKING, CLOSED): "keeping parameters of advertising again",
    }
)
_WORST = MappingProxyType(
    {
        IncidentKind.OUTAGE: "it took {figure}",
        IncidentKind.ADVISORY: "it took {figure}",
        IncidentKind.LATENCY: "{figure}",
    }
)


def headline(event: Event) -> str:
    """What happened, without why."""
    incident = event.incident
    page = f"{incident.vendor}/{incident.page}"
    text = _HEADLINES[event.kind, event.change].format(page=page, subject=incident.subject)
    return shown(text) + (" since before the maintenance ended" if event.after_maintenance else "")


def counted(kind: IncidentKind, change: Change, number: int) -> str:
    """How many incidents did the same."""
    return f"{number:,} {_COUNTED[kind, change]}"


def line(event: Event) -> str:
    """What happened on one line, with why and since when."""
    incident = event.incident
    parts = [headline(event)]
    if event.change is CLOSED:
        parts.append(f"after {_lasting(incident)}")
    else:
        if incident.reason:
            parts.append(shown(incident.reason))
        if incident.since is not None:
            parts.append(f"since {when(incident.since)}")
    if incident.regions and event.kind in (IncidentKind.OUTAGE, IncidentKind.LATENCY):
        parts.append(f"seen from {_regions(incident)}")
    return ", ".join(parts)


def details(event: Event, target: str | None) -> Iterator[str]:
    """What is known of an incident, line by line."""
    incident = event.incident
    if incident.reason:
        yield f"Why: {shown(incident.reason)}"
    if event.change is CLOSED:
        yield f"Lasted: {_lasting(incident)}"
    elif incident.since is not None:
        yield f"Since: {when(incident.since)}"
    if incident.regions:
        yield f"Seen from: {_regions(incident)}"
    if target is not None:
        yield f"Promised: {target}"
    if incident.worst_sample is not None:
        yield f"Worst sample: {incident.worst_sample}{_worst(event)}"


def look_at(incident: IncidentRow) -> Iterator[str]:
    """The commands that show what an incident rests on."""
    chosen = shlex.join(["--vendor", incident.vendor, "--page", incident.page])
    yield shown(f"landwatch report {chosen}")
    if incident.since is not None:
        begin = (incident.since - timedelta(minutes=1)).astimezone(UTC)
        yield shown(f"landwatch samples {chosen} --since {begin:%Y-%m-%dT%H:%M:%SZ}")


def when(at: datetime) -> str:
    """A moment to the second."""
    return f"{second_words(at)} UTC"


def lasted(seconds: float) -> str:
    """A stretch of time in its two largest units."""
    left = max(0, round(seconds))
    parts = []
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if left >= length:
            parts.append(f"{left // length} {unit}")
        left %= length
    return " ".join(parts[:2]) or "less than 1 s"


def shown(text: str) -> str:
    """Text from the network, fit for a title: on one line, and without what commands a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _lasting(incident: IncidentRow) -> str:
    if incident.since is None or incident.until is None:
        return "not known"
    length = lasted((incident.until - incident.since).total_seconds())
    return f"{length}, from {when(incident.since)} to {when(incident.until)}"


def _regions(incident: IncidentRow) -> str:
    return shown(", ".join(incident.regions))


def _worst(event: Event) -> str:
    pattern = _WORST.get(event.kind)
    if pattern is None or not event.incident.severity:
        return ""
    return f" ({pattern.format(figure=_figure(event.incident.severity))})"


def _figure(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.3g} s"
