"""Notifications as a config states them: channels, what each is told, and when its report comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from monitor.config.accounting import WEEK, Weekday
from monitor.config.fields import LabelName, Name, Url
from monitor.config.moments import Clock, Zone, format_clock
from monitor.sla.incidents import IncidentKind
from probes.units import Secret

Severity = Literal["page", "ticket"]
Change = Literal["opened", "worsened", "closed"]
CHANGES: tuple[Change, ...] = get_args(Change)


class WeeklyReport(BaseModel):
    """When a channel is sent the report of a week."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    day: Weekday = WEEK[0]
    """The day of the week."""
    at: Clock = 9 * 60
    """The time of day."""
    time_zone: Zone = "UTC"
    """The time zone of that time."""

    @property
    def words(self) -> str:
        """When that is, in words."""
        return f"{self.day} {format_clock(self.at)} {self.time_zone}"


class NotifyChannel(BaseModel):
    """Somewhere people read messages, and what they are told there."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[Name, Field(examples=["on-call"])]
    """What the channel is called in logs, metrics and the record of what was sent."""
    url: Annotated[Secret, Field(examples=[{"env": "LANDWATCH_ON_CALL"}])]
    """Where the address is found, one URL as apprise has them: whoever knows it can send."""
    vendors: list[Name] = Field(default_factory=list, examples=[["easyshop"]])
    """Whose pages it is told of; those of every vendor where none is named."""
    pages: list[Name] = Field(default_factory=list, examples=[["spring-sale"]])
    """Which pages it is told of; all where none is named."""
    labels: dict[LabelName, Name] = Field(default_factory=dict, examples=[{"campaign": "spring"}])
    """The labels that a page must have for it to be told of it."""
    kinds: list[IncidentKind] = Field(default_factory=list, examples=[["outage", "silence"]])
    """Which kinds of incident it is told of; all where none is named."""
    severities: list[Severity] = Field(default_factory=list, examples=[["page"]])
    """For whom: `page`, somebody is to look now; `ticket`, in working hours; both where none is named."""
    transitions: Annotated[list[Change], Field(min_length=1)] = list(CHANGES)
    """Which changes of an incident it is told of."""
    per_hour: Annotated[int, Field(ge=1, le=1000, strict=True)] = 20
    """How many messages it is sent in an hour at most; what comes beyond is told in the next one."""
    link: Annotated[Url, Field(examples=["https://landwatch.example.net/"])] | None = None
    """Where its readers find the status page; by default the address that it is served at."""
    report: WeeklyReport | None = None
    """When it is sent the report of the week; never where nothing is said."""

    @property
    def words(self) -> str:
        """What it is told, in words."""
        chosen = (self.vendors, self.pages, self.kinds, self.severities)
        only = [", ".join(each) for each in chosen if each]
        only += [f"{name}={value}" for name, value in self.labels.items()]
        told = f"{', '.join(self.transitions)} of {' and '.join(only) or 'all'}"
        return f"{told}; report {self.report.words}" if self.report else told


def mistaken_urls(channels: Sequence[NotifyChannel]) -> Iterator[tuple[int, str]]:
    """The places of channels whose secrets hold no address that can be sent to, and what is wrong."""
    if not channels:
        return
    from monitor.notify.address import problem_of  # its library is heavy

    for place, channel in enumerate(channels):
        problem = problem_of(channel.url.reveal())
        if problem is not None:
            yield place, f"the secret in {channel.url.place} does not fit: {problem}"
