"""The ``channel`` probe: a page as the visitors of an advertising channel come to it, one sample a channel.

Each run visits the page once as a channel's visitor: with the channel's ``utm_*`` and click parameters added
to its address, from the browser in the channel's app, with its referrer. That visit is the sample: hops,
TTFB, status and fault are its own. It then looks twice more, beside it: as a plain visitor of the same kind
of phone, with the page's own address, and as the channel's own crawler. What a parameter became is read from
the hops; whether the page is the same, from what the three were shown.

Outcomes: those of the ``http`` probe, for the channel's visit. A parameter that was lost, another page than
others get, and cloaking are no outage: they are in the evidence, and in the vitals ``tracking`` (1 if every
parameter survived), ``similarity``, ``same_page`` and ``cloaked``, which objectives can be about.
Evidence: ``channel``, and those of the ``http`` probe.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import BaseModel

from probes.advertising.options import ChannelOptions as Options
from probes.wire.clock import Stamping
from probes.wire.names import Names

if TYPE_CHECKING:
    from probes.advertising.visitors import ChannelProbe

__all__ = ["BURSTS", "EVERY", "TIMEOUT", "Options", "open_probe", "variants"]

EVERY = 3600.0
TIMEOUT = 30.0
BURSTS = False


def variants(options: BaseModel) -> tuple[str, ...]:
    """The channels that a page is watched in: a target for each."""
    assert isinstance(options, Options)
    return options.channels


@asynccontextmanager
async def open_probe() -> AsyncIterator[ChannelProbe]:
    """Open what visits over HTTP need, and load what pages are read with."""
    from probes.advertising.visitors import ChannelProbe

    with Stamping():
        yield ChannelProbe(Names())
