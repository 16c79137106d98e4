"""KPIs of the demo's vendors: a file as somebody would export it, made up for the 30 days before the demo.

``swift`` reaches what a pilot asks for, ``slow`` does not, and of ``shaky`` only daily rates are known, which
lie on both sides of what is asked: a scorecard of them shows a pass, a fail, and what is not enough data.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

DAYS = 30
KPIS = "kpis.csv"
"""The file's name in the demo's folder."""
STAGE = "pilot"
"""The state whose scorecard the demo invites to look at: it is of the last weeks, up to now."""
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "currency": "EUR",
        "baselines": [
            {"vendor": vendor, "kpi": "landing_conversion_rate", "value": "2%"}
            for vendor in ("swift", "slow")
        ],
    }
)
"""What the agents' configs say of scorecards."""

Row = tuple[date, str, str, str]


def kpi_file(started: float) -> str:
    """The file, as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("date", "vendor", "kpi", "value"))
    first = datetime.fromtimestamp(started, UTC).date() - timedelta(days=DAYS)
    for number in range(DAYS):
        writer.writerows(_rows(first + timedelta(days=number), number))
    return out.getvalue()


def _rows(day: date, number: int) -> Iterator[Row]:
    """A day that is a little better or worse than the one before, in a rhythm of a week."""
    wave = number % 7
    counts = {
        "swift": {"starts": 1000 + 40 * wave, "completions": 500 + 25 * wave, "engagements": 330 + 5 * wave},
        "slow": {"starts": 900 + 30 * wave, "completions": 380 + 10 * wave, "engagements": 190 + 4 * wave},
    }
    for vendor, amounts in counts.items():
        spent = {
            "impressions": 9000 + 100 * wave,
            "clicks": 110 + wave,
            "spend": 240 + 3 * wave,
            "acquisitions": 24,
        }
        visits = {"landing_visits": 1500, "landing_conversions": 34 if vendor == "swift" else 31}
        rank = {"organic_rank": 6 + wave % 3, "brand_searches": 80 + number + wave}
        for kpi, amount in ({"content": 1 + number % 2} | amounts | spent | visits | rank).items():
            yield day, vendor, kpi, str(amount)
    yield day, "shaky", "content", str(number % 3)
    yield day, "shaky", "completion_rate", f"{40 + 2 * wave}%"
    yield day, "shaky", "engagement_rate", f"{2.6 + wave / 10:.1f}%"
