"""The demo's agents: one config for each region, and the command that runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from monitor.demo.layout import HOST, SITES, Layout, Region, site
from monitor.demo.supervisor import Command
from probes.units import format_duration

EVERY = 2.0
"""Seconds between two visits of a page: far more often than in earnest, so that there is something to see."""

TIMEOUT = 1.5
"""Seconds that a visit may take: so few that one which hangs is over before the next is due."""

PAGES = {
    "swift": {"spring-sale": "/sale?utm_source=newsletter", "tiktok-ad": "/go?utm_source=tiktok&ttclid=demo"},
    "slow": {"landing": "/?utm_source=google"},
    "shaky": {"landing": "/?utm_source=facebook"},
}
"""The pages that are watched, by vendor."""


def agent_config(layout: Layout, region: Region) -> str:
    """The config of a region's agent, as YAML."""
    options = {
        "every": format_duration(EVERY),
        "timeout": format_duration(TIMEOUT),
        "ca": str(layout.ca),
        "resolve": [f"{name}:{layout.port}:{region.address}" for name in SITES],
        "expect": {"status": [200], "body": "Add to cart"},
    }
    vendors = [
        {
            "name": vendor,
            "pages": [
                {
                    "name": page,
                    "url": f"https://{site(vendor)}:{layout.port}{path}",
                    "probes": {"http": options},
                }
                for page, path in pages.items()
            ],
        }
        for vendor, pages in PAGES.items()
    ]
    config = {
        "region": region.name,
        "state": str(layout.path(region.name)),
        "store": layout.store_url,
        "listen": f"{HOST}:{region.metrics_port}",
        "controls": [f"http://{HOST}:{layout.app_port}/"],
        "vendors": vendors,
    }
    return yaml.dump(config, Dumper=_Dumper, sort_keys=False)


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
