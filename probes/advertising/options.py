"""What a page's config may say about its advertising channels."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator

from probes.advertising.channels import Channel, channels
from probes.units import Ratio, Secret
from probes.visit.options import Common, HeaderName

MOST_PARAMETERS = 50
_OF_THE_CHANNEL = frozenset({"user-agent", "referer"})


def _check_channel(name: str) -> str:
    if name not in channels():
        raise ValueError(f"{name!r} is no channel: write one of {', '.join(channels())}")
    return name


ChannelName = Annotated[
    str, AfterValidator(_check_channel), WithJsonSchema({"type": "string", "enum": list(channels())})
]
Parameter = Annotated[str, Field(min_length=1, max_length=200)]
Value = Annotated[str, Field(max_length=2_000)]


class ChannelOptions(Common):
    """What a page may set for its visits from advertising channels; everything has a default."""

    channels: Annotated[tuple[ChannelName, ...], Field(min_length=1)] = tuple(channels())
    """The channels that the page is advertised on; each has samples of its own."""
    parameters: dict[Parameter, Value] = Field({}, max_length=MOST_PARAMETERS)
    """More parameters that adverts carry and that must survive; one of the channel's gets this value."""
    keep: Annotated[tuple[Parameter, ...], Field(max_length=MOST_PARAMETERS)] = ()
    """Parameters of the page's own address that must survive too."""
    ignore: Annotated[tuple[Parameter, ...], Field(max_length=MOST_PARAMETERS)] = ()
    """Parameters that do not count: not added, not held to survive, not compared."""
    alike: Ratio = 0.9
    """How similar the words of two pages must be to count as one page."""
    crawler: bool = True
    """Whether the page is asked for as the channel's own crawler, too."""

    @field_validator("headers")
    @classmethod
    def _not_the_channels(cls, headers: dict[HeaderName, str | Secret]) -> dict[HeaderName, str | Secret]:
        for name in headers:
            if name.lower() in _OF_THE_CHANNEL:
                raise ValueError(f"{name} is the channel's own; leave it out")
        return headers

    def added(self, channel: Channel) -> dict[str, str]:
        """What is added to the page's address for ``channel``."""
        added = dict(channel.parameters) | self.parameters
        return {name: value for name, value in added.items() if name not in self.ignore}

    def held(self, channel: Channel) -> list[str]:
        """The names of what must survive, where the address has it."""
        return [name for name in dict.fromkeys([*self.added(channel), *self.keep]) if name not in self.ignore]
