"""The README of a bundle, for whoever is handed it: what it says, what is in it, and how to check it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill

from monitor.evidence.manifest import Keepsakes, SamplesHeld
from monitor.report.report import Report
from monitor.report.words import figure, finding_words, made_of, moment_words, promised
from monitor.sla.verdict import Finding

_WIDTH = 100
_FILES = """\
manifest.json      what the bundle holds: SHA-256 and size of each file, what was asked, what each
                   verdict rests on, and the SHA-256 of the manifest of the bundle before this one
SHA256SUMS         the same hashes for `sha256sum -c SHA256SUMS`, with that of the manifest
config.json        what was promised, what was measured and how it is counted, without secrets
verdicts.json      the report: verdicts, outages and single regions' advisories
incidents.json     incidents as they were opened and closed while the pages were watched
scorecard.json     the scorecard of a stage, with the KPIs that were imported; only where one was asked for
samples.csv        every sample that was taken, a line each; the verdicts are made again of it
samples.parquet    the same samples, with their evidence (TLS, edge, headers, browser)
books.jsonl        rollups and outages of the time from which samples were deleted already
visits/            filmstrips, requests and pictures of browsers' bad visits, by the sample's id
"""
_CHECKING = """\
Without landwatch:  sha256sum -c SHA256SUMS
                    tells of each file whether it is as it was. Compare the SHA-256 of manifest.json with
                    one that was handed over earlier, or with the `previous` of the next bundle.
With landwatch:     landwatch report --verify DIR
                    does the same, judges the samples again by the config that is in the bundle, and says
                    of each verdict and outage whether it comes out the same.
"""


def readme(report: Report, held: SamplesHeld, keepsakes: Keepsakes, version: str) -> bytes:
    """The text."""
    return "\n".join(_lines(report, held, keepsakes, version)).encode()


def _lines(report: Report, held: SamplesHeld, keepsakes: Keepsakes, version: str) -> Iterator[str]:
    yield "Evidence of landwatch"
    yield "=====================\n"
    yield f"Made at {moment_words(report.made_at, precise=True)} UTC by landwatch {version}, over this time:"
    yield f"{report.over}.\n"
    yield f"It holds {held.count:,} samples that began from {moment_words(held.since)} UTC on, and before"
    yield f"{moment_words(held.until, precise=True)} UTC. What arrived later is not in it. From"
    yield f"{moment_words(held.raw_from)} UTC on none was deleted for its age; what a verdict says of the"
    yield "time before, if anything, rests on rollups (books.jsonl).\n"
    for page in report.pages:
        yield f"{page.vendor}/{page.page}"
        for one in page.judgements:
            verdict = one.verdict
            words = f"{finding_words(verdict.finding)}  {one.objective.name}: "
            words += promised(one.objective, verdict.promise)
            words += f"; measured {figure(one.objective, verdict.value)}, {made_of(verdict)}"
            if verdict.finding is Finding.UNPROVEN and verdict.missing:
                words += f"; {verdict.missing[0]}"
            yield fill(words, _WIDTH, initial_indent="  ", subsequent_indent="      ", break_long_words=False)
        outages = sum(not one.alone for one in page.happenings)
        advisories = len(page.happenings) - outages
        yield f"  {outages:,} outages of the page, {advisories:,} seen by too few regions\n"
    yield "What is in it\n-------------\n"
    yield _FILES
    if keepsakes.missing or keepsakes.left_out:
        yield f"Of {keepsakes.missing:,} bad visits nothing was kept here any more, and those of"
        yield f"{keepsakes.left_out:,} would have been too much.\n"
    yield "How to check it\n---------------\n"
    yield _CHECKING
    yield "What it proves and what it does not: docs/evidence.md of landwatch.\n"
