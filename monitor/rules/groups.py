"""All rules for a config, in groups."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.config import Config
from monitor.judging.incident_plan import plans_of
from monitor.rules.budget import burns
from monitor.rules.confirmed import confirmed
from monitor.rules.failures import failures
from monitor.rules.findings import findings
from monitor.rules.maintenance import maintenance
from monitor.rules.own import own
from monitor.rules.presence import presence
from monitor.rules.promises import promises
from monitor.rules.rule import Group, Places


def rule_groups(config: Config, places: Places) -> list[Group]:
    """The groups; those without a rule are left out."""
    return [group for group in _all(config, places) if group.rules]


def usual_places(config: Config) -> Places:
    """The places of an agent that stands alone, as its config has them."""
    return Places(regions=(config.region,), status=config.listen.url)


def _all(config: Config, places: Places) -> Iterator[Group]:
    plans, watches, objectives = plans_of(config), config.watches(), config.objectives
    declared = maintenance([one.span() for one in config.maintenance], plans, places)
    muted = declared is not None
    yield failures(plans, places)
    if declared is not None:
        yield declared
    yield from confirmed()
    yield burns(objectives, plans, places)
    yield from promises(objectives, plans, places, muted=muted)
    yield findings(watches, objectives, places, muted=muted)
    yield presence(watches, plans, places)
    yield own(watches, places)
