"""Visits with a real browser: everything round the measuring of :mod:`probes.firstscreen`.

The browser and its driver live in a process of their own (:mod:`probes.chromium.worker`), so that neither
their CPU nor their crashes touch other probes. :mod:`probes.chromium.pool` stands on the daemon's side.
"""
