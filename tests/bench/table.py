"""The table: what was measured, of whom, the ratio, and whether the target is met."""

from __future__ import annotations

import statistics

from accuracy import Errors
from cost import CLIENTS, PROTOCOLS, Comparison, Cost, median
from firstscreen import MEDIAN, P90, WALL, WORST, Summary
from judge import DAYS, SLICE_PAGES, Reading
from lighthouse import Visits
from rich import box
from rich.console import Console
from rich.table import Table
from scale import EVERY, PAGES, Scale

COST_AT_MOST = 1.0
HTTP3_AT_MOST = 0.005
WAIT_MEDIAN, WAIT_P99 = 0.0005, 0.002
BROWSER_AT_MOST = 0.1
REPORT_AT_MOST, SLICE_AT_MOST = 2.0, 0.050
SCHEDULE_LAG, STALL, MEMORY = 0.050, 0.050, 250 * 2**20


class Report:
    """Rows are added as they are measured."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.missed: list[str] = []
        self.table = Table(box=box.SIMPLE_HEAD if console.is_terminal else box.ASCII2, title_justify="left")
        for name, justify in (
            ("measured", "left"),
            ("landwatch", "right"),
            ("blackbox_exporter", "right"),
            ("ratio", "right"),
            ("target", "right"),
            ("", "left"),
        ):
            self.table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)

    def section(self, words: str) -> None:
        """Begin a part of the table."""
        self.table.add_section()
        self.table.add_row(f"[bold]{words}[/bold]")

    def cost(self, found: Comparison) -> None:
        """CPU for a probe of one page by one protocol."""
        what = f"CPU per probe, {PROTOCOLS[found.protocol]}, {found.page} page"
        failed = sum(cost.failed for cost in found.landwatch + found.blackbox)
        what += f", {failed} FAILED" if failed else ""
        ours = f"{median(found.landwatch) * 1e3:.2f} ms"
        if not found.blackbox:
            self._row(what, ours)
            return
        ratios = found.ratios
        middle = statistics.median(ratios)
        spread = f" ({min(ratios):.2f}-{max(ratios):.2f})" if len(ratios) > 1 else ""
        theirs = f"{median(found.blackbox) * 1e3:.2f} ms"
        self._row(
            what, ours, theirs, f"{middle:.2f}{spread}", f"ratio <= {COST_AT_MOST:g}", middle <= COST_AT_MOST
        )

    def client(self, kind: str, protocol: str, taken: Cost) -> None:
        """CPU for a visit by another client."""
        self._row(f"  {CLIENTS[kind]}, {PROTOCOLS[protocol]}, small page", f"{taken.each * 1e3:.2f} ms")

    def http3(self, ours: Cost, plain: Cost) -> None:
        """CPU for a visit over HTTP/3."""
        target, met = f"<= {HTTP3_AT_MOST * 1e3:g} ms", ours.each <= HTTP3_AT_MOST
        self._row("CPU per probe, HTTP/3, small page", f"{ours.each * 1e3:.2f} ms", target=target, met=met)
        self._row("  plain aioquic client, HTTP/3, small page", f"{plain.each * 1e3:.2f} ms")

    def accuracy(self, ours: Errors, theirs: Errors | None) -> None:
        """The error of ``wait`` by one protocol."""
        for name, share, at_most in (("median", 0.5, WAIT_MEDIAN), ("p99", 0.99, WAIT_P99)):
            what = f"error of wait, {PROTOCOLS[ours.protocol]}, {name} of {len(ours.off)}"
            if ours.lost:
                what += f" ({ours.lost} LOST)"
            error = ours.at(share)
            target, met = f"<= {at_most * 1e3:g} ms", error <= at_most
            if theirs is None:
                self._row(what, _ms(error), target=target, met=met)
                continue
            ratio = error / theirs.at(share)
            self._row(
                what,
                _ms(error),
                _ms(theirs.at(share)),
                f"{ratio:.2f}",
                f"{target}, ratio <= 1",
                met and ratio <= 1,
            )
        if ours.tainted or ours.loop_clock:
            words = f"  of these tainted {ours.tainted}, timed by the loop {ours.loop_clock}"
            self._row(words)

    def judged(self, found: Reading) -> None:
        """Reports over half a year from one database."""
        what = f"report over {DAYS} days from {found.database}, median of {len(found.judging)}"
        whole, reading = found.whole, statistics.median(found.gathering)
        self._row(what, f"{whole:.2f} s", target=f"<= {REPORT_AT_MOST:g} s", met=whole <= REPORT_AT_MOST)
        self._row(f"  of this reading {found.rows:,} rollups", f"{reading:.2f} s")

    def slice(self, took: float) -> None:
        """One slice of many pages."""
        target, met = f"<= {SLICE_AT_MOST * 1e3:g} ms", took <= SLICE_AT_MOST
        self._row(
            f"one slice of {SLICE_PAGES} pages, a tenth of them down", _ms(took), target=target, met=met
        )

    def scale(self, found: Scale) -> None:
        """A thousand pages."""
        due = found.run + found.skipped
        self._row(f"runs due in {found.seconds:.0f} s", str(due), target=_expected(found))
        self._row("  run", str(found.run))
        self._row("  skipped", str(found.skipped), target="0", met=found.skipped == 0)
        self._row("samples that were not up", str(found.not_up), target="0", met=found.not_up == 0)
        lag, stall = found.schedule_lag, max(found.stall, 0.0)
        self._row("schedule lag, p99", f"<= {_ms(lag)}", target="<= 50 ms", met=lag <= SCHEDULE_LAG)
        self._row(
            "longest the loop kept /healthz waiting in a render",
            _ms(stall),
            target="<= 50 ms",
            met=stall <= STALL,
        )
        self._row("loop lag, longest (looked at ten times a second)", f"<= {_ms(found.loop_lag)}")
        self._row("  a thread of the benchmark's own on the other core, longest", _ms(found.machine_stall))
        resident = found.resident_at_most
        self._row(
            "memory (RSS), at most", f"{resident / 2**20:.0f} MiB", target="< 250 MB", met=resident < MEMORY
        )
        self._row("CPU, of one core", f"{found.cpu:.0%}")
        renders = f"{_ms(statistics.median(found.renders))} / {_ms(max(found.renders))}"
        self._row("scrape of /metrics, median / longest", renders)
        self._row("  its size, and compressed", f"{found.size / 1e6:.1f} MB / {found.size_gzip / 1e3:.0f} kB")

    def browser(self, found: Visits) -> None:
        """Visits with a browser, beside Lighthouse's."""
        self._row(f"  {found.browser}; in the column of the other: Lighthouse {found.lighthouse}")
        for page in found.pages:
            failed = f", {page.failed} FAILED" if page.failed else ""
            failed += f", {page.their_failed} of Lighthouse's FAILED" if page.their_failed else ""
            ratio = page.ratio
            self._row(
                f"CPU of a visit to {page.page}{failed}",
                _seconds(page.cpu),
                _seconds(page.their_cpu),
                "" if ratio is None else f"{ratio:.3f}",
                f"ratio <= {BROWSER_AT_MOST:g}",
                None if ratio is None else ratio <= BROWSER_AT_MOST,
            )
            self._row("  its wall", _seconds(page.wall), _seconds(page.their_wall))
            late = statistics.median(page.beyond) if page.beyond else None
            target = f"<= {WALL:g} s"
            self._row(
                "  beyond the page's truth",
                _seconds(page.beyond),
                target=target,
                met=late is not None and late <= WALL,
            )

    def first_screens(self, pages: int, found: Summary) -> None:
        """The error of first screens over so many pages."""
        for name, error, at_most in (
            ("median", found.median, MEDIAN),
            ("p90", found.p90, P90),
            ("worst", found.worst, WORST),
        ):
            what = f"error of first screen, {name} of {pages} pages"
            self._row(what, _ms(error), target=f"<= {_ms(at_most)}", met=error <= at_most)

    def skipped(self, what: str, why: str) -> None:
        """What was not measured."""
        self._row(f"{what}: skipped, {why}")

    def _row(
        self,
        what: str,
        ours: str = "",
        theirs: str = "",
        ratio: str = "",
        target: str = "",
        met: bool | None = None,
    ) -> None:
        mark = {True: "[green]met[/green]", False: "[red]MISSED[/red]", None: ""}[met]
        if met is False:
            self.missed.append(what)
        self.table.add_row(what, ours, theirs, ratio, target, mark)


def _expected(found: Scale) -> str:
    return f"about {PAGES * found.seconds / EVERY:.0f}"


def _seconds(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} s" if values else ""


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1e3
    return f"{milliseconds:.3f} ms" if milliseconds < 1 else f"{milliseconds:.1f} ms"
