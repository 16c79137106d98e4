"""First screen: when everything that a visitor sees without scrolling has reached its final state.

:func:`probes.firstscreen.collect.collect` watches one visit of a browser and gives a
:class:`~probes.firstscreen.capture.Capture`; :func:`probes.firstscreen.result.compute` makes the figures
of it, and needs no browser for that.
"""
