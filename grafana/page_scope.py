"""Which series the panels of the dashboard *Page* are about."""

from __future__ import annotations

PAGE = 'vendor="$vendor", page="$page"'
"""The page that was chosen."""
SEEN = f'{PAGE}, region=~"$region"'
"""From the regions that were chosen."""
PROBED = f'{SEEN}, probe="$probe"'
"""By the kind of probe that was chosen."""
PHASED = f'{PROBED}, variant=""'
"""Where that kind does not look in variants."""
VISIT = "probe, variant"
OF_VISIT = "{{probe}} {{variant}}"
EVERYWHERE = "region, probe, variant"
FROM = "{{region}} {{probe}} {{variant}}"
