"""Why the demo can't run."""

from __future__ import annotations


class DemoTrouble(Exception):
    """The demo can't run, and the message says why and what to do about it."""
