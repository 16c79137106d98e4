"""The kinds of facts, in the order in which a person reads them. A new kind is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monitor.cli.facts import browser, channel, edge, encryption, http3, protocols, rounds, shield, tls, visit
from probes.sample import Sample

Facts = Callable[[Sample], Iterator[tuple[str, str]]]
"""What a sample says of one subject: a name and words, fit for a terminal; nothing where it says nothing."""

KINDS: tuple[Facts, ...] = (
    browser.facts,
    tls.facts,
    encryption.facts,
    http3.facts,
    protocols.facts,
    edge.facts,
    shield.facts,
    channel.facts,
    rounds.facts,
    visit.facts,
)


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """All that ``sample`` says beside its figures."""
    for kind in KINDS:
        yield from kind(sample)
