"""What qualifies a visit's figures, in words."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.cli.amounts import milliseconds
from monitor.cli.printable import printable
from probes.sample import Sample


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """Whose time is not in the figures, or should not be in them."""
    if sample.client is not None:
        whose = "the browser's" if sample.clock == "browser" else "our"
        yield f"{whose} own time", f"{milliseconds(sample.client)}, not part of TTFB"
    early = sample.hops[-1].early if sample.hops else None
    if early is not None:
        yield "early hints", f"a 103 after {milliseconds(early)} of the wait"
    if sample.clock == "loop":
        yield "clock", "the event loop's: this machine's kernel gave no arrival times"
    if "proxy" in sample.evidence:
        yield "proxy", f"through {sample.evidence['proxy']}: phases are partly the proxy's"
    for failed in sample.evidence.get("unreached", []):
        yield "not reached", printable(failed)
    if sample.tainted:
        yield "tainted", f"by our own machine: {', '.join(sample.tainted)}"
