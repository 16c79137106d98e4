"""The networks that stand in front of the demo's vendors, as far as response headers tell.

- ``swift`` is behind a network with a point of presence near each region, which answers from its cache.
- ``slow`` is behind one that answers everybody from Frankfurt, and asks the origin each time.
- ``shaky`` has nobody in front of it.

The headers have the formats of Fastly and Cloudflare; nothing else of the two is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from probes.visit.cache import PARAMETER

NEAREST = MappingProxyType({"eu-west": "FRA", "us-east": "IAD", "ap-south": "BOM"})
"""The airport that names the point of presence near each region."""

_ANYWHERE = "FRA"


def edge_headers(vendor: str, region: str, seconds: float, query: str = "") -> Mapping[str, str]:
    """What the network in front of ``vendor`` adds to a page that ``region`` asks for.

    A query that a visit makes up to get past caches is in none.
    """
    if vendor == "swift":
        pop, known = NEAREST.get(region, _ANYWHERE), f"{PARAMETER}=" not in query
        return {
            "via": "1.1 varnish",
            "x-served-by": f"cache-{pop.lower()}-demo0001-{pop}",
            "x-cache": "HIT" if known else "MISS",
            "age": str(int(seconds) % 3600 if known else 0),
            "server-timing": f'cdn-cache;desc="{"HIT" if known else "MISS"}", edge;dur=1',
        }
    if vendor == "slow":
        return {
            "server": "cloudflare",
            "cf-ray": f"{int(seconds * 1000):016x}-{_ANYWHERE}",
            "cf-cache-status": "DYNAMIC",
        }
    return {}
