"""The shield: signs that something in front of the page keeps attacks off it. Nothing is ever attacked."""

from __future__ import annotations

from typing import Any

from probes.edge.recognise import RATE_LIMITS, Recognised
from probes.shields import Signature

PLAIN = "the server"
"""What a signature names where a refusal is no particular shield's."""


def shield_evidence(seen: Recognised, challenge: Signature | None) -> dict[str, Any]:
    """How surely a shield stands in front: ``strong``, ``weak`` or ``none``, and the reasons in words.

    ``challenge`` is the shield's page that stood in the page's place.
    """
    strong, weak = [], [_limit(name) for name in RATE_LIMITS if name in seen.fields]
    shield = seen.network if seen.network is not None and seen.network.shields else None
    name = shield.name if shield else None
    if challenge is not None and challenge.shield == PLAIN:
        weak.append(f"the answer was {challenge.says}")
    elif challenge is not None:
        strong.append(f"the answer was {challenge.says} of {challenge.shield}")
        name = challenge.shield
    if shield is not None:
        sure = seen.owned or (seen.aliased and seen.headed)
        (strong if sure else weak).extend(seen.by)
    return {
        "confidence": "strong" if strong else "weak" if weak else "none",
        "network": name,
        "reasons": strong + weak,
    }


def _limit(name: bytes) -> str:
    return f"the header {name.decode()}"
