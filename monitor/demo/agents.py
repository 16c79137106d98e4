"""The demo's agents: one config for each region, and the command that runs it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from monitor.demo.kpis import SETTINGS
from monitor.demo.layout import DEAD, HOST, SITES, Layout, Region, site
from monitor.demo.supervisor import Command
from probes.units import format_duration

EVERY = 2.0
"""Seconds between two visits of a page: far more often than in earnest, so that there is something to see."""

TIMEOUT = 1.5
"""Seconds that a visit may take: so few that one which hangs is over before the next is due."""

RARELY = 29.0
"""Seconds between two runs of what is looked at rarely in earnest: every few minutes, or once an hour.

The vendors' plan goes round in 30 s: at that pace a run would always meet the same part of it."""

PATIENCE = 10.0
"""Seconds that such a run, which is several visits, may take."""


BROWSING = 25.0
"""Seconds that a browser's visit may take."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A page that the agents watch."""

    path: str
    http: Mapping[str, Any] = field(default_factory=dict)
    """Options of the http probe beside those that all pages have."""
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The other kinds of probe that watch it, with their options."""
    behind: bool = False
    """Whether the server behind the network in front is named, and asked whether it serves strangers."""
    shown: bool = False
    """Whether a browser looks at its first screen, where there is one."""


PAGES: Mapping[str, Mapping[str, Watched]] = {
    "swift": {
        "spring-sale": Watched(
            "/sale?utm_source=newsletter",
            {"round_every": format_duration(RARELY), "protocols": ["h1", "h2", "h3"], "cache_bust": True},
            {"http3": {}, "tls": {}},
            shown=True,
        ),
        "tiktok-ad": Watched(
            "/go?utm_source=tiktok&ttclid=demo", others={"channel": {"channels": ["tiktok"]}}
        ),
    },
    "slow": {
        "landing": Watched(
            "/?utm_source=google",
            {"round_every": format_duration(RARELY), "timeout": "1.9s"},
            {"http3": {}, "tls": {}},
            behind=True,
            shown=True,
        )
    },
    "shaky": {
        "landing": Watched(
            "/?utm_source=facebook",
            {"round_every": format_duration(RARELY), "addresses": "all"},
            {"tls": {}},
            shown=True,
        ),
        "facebook-ad": Watched(
            "/go?utm_source=facebook", others={"channel": {"channels": ["facebook", "instagram"]}}
        ),
    },
}
"""The pages that are watched, by vendor and name."""


def agent_config(layout: Layout, region: Region) -> str:
    """The config of a region's agent, as YAML."""
    vendors = [
        {
            "name": vendor,
            "pages": [_page(layout, region, vendor, name, watched) for name, watched in pages.items()],
        }
        for vendor, pages in PAGES.items()
    ]
    config = {
        "region": region.name,
        "continent": region.continent,
        "state": str(layout.path(region.name)),
        "store": layout.store_url,
        "listen": f"{HOST}:{region.metrics_port}",
        "controls": [f"http://{HOST}:{layout.app_port}/"],
        "vendors": vendors,
        "scorecard": dict(SETTINGS),
    }
    return yaml.dump(config, Dumper=_Dumper, sort_keys=False)


def _page(layout: Layout, region: Region, vendor: str, name: str, watched: Watched) -> dict[str, Any]:
    way = {"ca": str(layout.ca), "resolve": _resolve(layout, region)}
    good = {"expect": {"status": [200], "body": "Add to cart"}}
    often = {"every": format_duration(EVERY), "timeout": format_duration(TIMEOUT)}
    rarely = {"every": format_duration(RARELY), "timeout": format_duration(PATIENCE)}
    origins = {"origins": [f"{HOST}:{layout.port}"]} if watched.behind else {}
    probes: dict[str, Any] = {"http": {**often, **way, **good, **watched.http, **origins}}
    for kind, options in watched.others.items():
        probes[kind] = {**rarely, **way, **options}
    if watched.shown and layout.browser is not None and region == layout.regions[0]:
        # One region's is enough to see what it is like: a browser takes more than all else together.
        look = {"every": format_duration(RARELY), "timeout": format_duration(BROWSING)}
        probes["browser"] = {**look, **way, "expect": {"text": "Add to cart"}}
    return {"name": name, "url": f"https://{site(vendor)}:{layout.port}{watched.path}", "probes": probes}


def _resolve(layout: Layout, region: Region) -> list[str]:
    """The way to the vendors: through the region's relay. At the second address of ``shaky`` is nobody."""
    pins = [f"{name}:{layout.port}:{region.address}" for name in SITES]
    advertised = f"{site('slow')}:{layout.closed_port}:{region.address}"
    return [*pins, f"{site('shaky')}:{layout.port}:{DEAD}", advertised]


def agent_config_path(layout: Layout, region: Region) -> Path:
    """Where a region's config stands."""
    return layout.path(f"{region.name}.yaml")


def agent_command(layout: Layout, region: Region) -> Command:
    """What starts a region's agent."""
    config = str(agent_config_path(layout, region))
    argv = (sys.executable, "-P", "-m", "monitor.cli.main", "run", "--config", config, "--plain")
    return Command(region.name, argv, layout.path(f"{region.name}.log"))


class _Dumper(yaml.SafeDumper):
    """YAML for people: what several pages share is written out at each, not as an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True
