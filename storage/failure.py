"""The error model of this floor, on one screen.

- ``StoreUnavailable``: the store did not take or give anything, and the same call may succeed later.
- ``SampleRefused``: the store is there, and will never take one of these samples as it is.
- ``SpoolUnavailable``: the local disk did not take or give anything (full, read-only, gone).

Foreign exceptions are turned into one of these where they appear, with their cause chained.
"""

from __future__ import annotations


class StoreUnavailable(Exception):
    """The database can't be reached, is locked, full or not ours: what was asked may succeed later."""


class SampleRefused(Exception):
    """The database will not take one of these samples, whenever it is asked."""


class SpoolUnavailable(Exception):
    """The spool's file can't be written or read."""
