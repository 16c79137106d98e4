"""What our own machine did to the measurements: loop lag, CPU starvation, steps of the wall clock."""

from monitor.health.health import Health, open_health
from monitor.health.lags import Lags

__all__ = ["Health", "Lags", "open_health"]
