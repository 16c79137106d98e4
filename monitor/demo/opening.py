"""What the demo says at its start: what runs, and where everything is."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.demo.kpis import KPIS, STAGE
from monitor.demo.layout import HOST, REGIONS, Layout, site
from monitor.demo.plan import CYCLE, DELAYS
from probes.chromium.find import HOW_TO_INSTALL

HABITS = {
    "swift": "answers in {least:.0f} to {most:.0f} ms, over HTTP/3 too, from an edge near each region",
    "slow": "answers in {least:.0f} to {most:.0f} ms, over the target of 300 ms, everybody from Frankfurt; "
    "it advertises an HTTP/3 that is not there, and its origin serves strangers",
    "shaky": "answers in {least:.0f} to {most:.0f} ms, but fails for seconds in every "
    f"{CYCLE:.0f} s: a 502, silence, or a challenge page; loses utm_* in a redirect, one of its two "
    "addresses is dead, and its certificate ends soon",
}


def opening(layout: Layout, wished_port: int) -> RenderableType:
    """The words at the start."""
    parts: list[RenderableType] = [
        Text("landwatch demo: three vendors, watched from three regions, all on this machine", "bold"),
        *_moved(layout, wished_port),
        _vendors(layout),
        _regions(layout),
        _places(layout),
    ]
    return Group(*parts)


def _vendors(layout: Layout) -> Table:
    table = _table("vendor", "address", "habit")
    for vendor, (least, most) in DELAYS.items():
        habit = HABITS[vendor].format(least=least * 1000, most=most * 1000)
        table.add_row(vendor, f"https://{site(vendor)}:{layout.port}", habit)
    return table


def _regions(layout: Layout) -> Table:
    table = _table("region", "round trip", "web page", "metrics", "config")
    for region in layout.regions:
        page = f"http://{HOST}:{region.metrics_port}/"
        config = _short(layout.path(f"{region.name}.yaml"))
        table.add_row(region.name, f"{region.delay * 2000:.0f} ms", page, f"{page}metrics", config)
    return table


def _places(layout: Layout) -> Table:
    table = _table("", "")
    table.add_row("samples", f"{_short(layout.state / 'landwatch.db')} (SQLite, shared by the three agents)")
    table.add_row("truth", f"{_short(layout.record)} (what the vendors themselves say they did)")
    table.add_row("browser", _browser(layout))
    table.add_row("logs", f"{_short(layout.folder)}/*.log")
    return table


def _browser(layout: Layout) -> str:
    if layout.browser is None:
        return f"none, so that no first screens are looked at; {HOW_TO_INSTALL}"
    return f"{layout.browser}, which looks at first screens from {layout.regions[0].name}"


def invitation(layout: Layout) -> str:
    """What one may type meanwhile, to be printed without folding, so that it can be copied."""
    host, address = site("swift"), layout.regions[0].address
    check = f"landwatch check https://{host}:{layout.port}/sale --ca {_short(layout.ca)}"
    config = f"--config {_short(layout.path(f'{layout.regions[0].name}.yaml'))}"
    lines = [
        f"try      {check} --resolve {host}:{layout.port}:{address}",
        f"         landwatch kpi import {_short(layout.path(KPIS))} {config}",
        f"         landwatch report --stage {STAGE} {config}",
        "end      Ctrl-C",
    ]
    return "\n".join(lines) + "\n"


def _moved(layout: Layout, wished_port: int) -> list[Text]:
    """A word on each port that was taken by somebody else."""
    wishes = {region.name: region.metrics_port for region in REGIONS}
    moves = [("the vendors", wished_port, layout.port)]
    moves += [(f"the pages of {one.name}", wishes[one.name], one.metrics_port) for one in layout.regions]
    return [
        Text(f"Port {wish} is taken: {what} are on {port}.", "yellow")
        for what, wish, port in moves
        if 0 != wish != port
    ]


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD if any(columns) else None, pad_edge=False, show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _short(path: Path) -> str:
    """A path as seen from here, where it is below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
