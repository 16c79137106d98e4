"""Who visits: the device, and the network that it is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MOBILE_AGENT = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{major}.0.0.0 Mobile Safari/537.36"
)
_DESKTOP_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{major}.0.0.0 Safari/537.36"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A device."""

    width: int
    height: int
    """Its viewport in CSS pixels."""
    scale: float
    mobile: bool
    agent: str
    """The user agent, as browsers of that kind reduce theirs; only the major version is filled in."""

    def user_agent(self, version: str) -> str:
        """The user agent of a browser of ``version``: its own major, or it would contradict itself."""
        return self.agent.format(major=major(version))

    def context(self, version: str) -> dict[str, Any]:
        """What a browser context of this device is made with."""
        return {
            "viewport": {"width": self.width, "height": self.height},
            "screen": {"width": self.width, "height": self.height},
            "device_scale_factor": self.scale,
            "is_mobile": self.mobile,
            "has_touch": self.mobile,
            "user_agent": self.user_agent(version),
            "locale": "en-US",
        }


PROFILES = {
    "mobile": Profile(412, 823, 1.75, mobile=True, agent=_MOBILE_AGENT),
    "desktop": Profile(1350, 940, 1.0, mobile=False, agent=_DESKTOP_AGENT),
}
"""By the names of the option ``profile``."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network between the visitor and ours, through which everything passes."""

    rtt: float
    """Seconds that a round trip takes longer."""
    down: float
    up: float
    """Bits a second."""

    def facts(self) -> dict[str, float]:
        """The same by name, as the evidence has it."""
        return {"rtt": self.rtt, "down": self.down, "up": self.up}


NETWORKS = {
    "4g": Network(rtt=0.060, down=9_000_000, up=1_500_000),
    "slow-4g": Network(rtt=0.150, down=1_638_400, up=750_000),
    "3g": Network(rtt=0.300, down=700_000, up=700_000),
}
"""By the names of the option ``network``; ``none`` is not shaped."""


def major(version: str) -> str:
    """The first part of a version."""
    return version.partition(".")[0]
