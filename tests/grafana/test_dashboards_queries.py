"""How queries of dashboards are asked of a real Prometheus: as Grafana does, and an empty one is noticed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from grafanapanels import Asked
from grafanaqueries import Found, result
from grafanavariables import Shown, fill, one, several
from prometheusserver import Refused, needs_prometheus, running_prometheus


@needs_prometheus
async def test_a_query_that_is_empty_or_wrong_would_be_noticed(tmp_path: Path) -> None:
    async with running_prometheus(tmp_path, {}, "1s") as prometheus:
        now = time.time()
        shown = Shown(now - 60, now, 1)
        assert await result(prometheus, Asked("", "landwatch_nothing", True), {}, shown) == []
        assert await prometheus.label_values("landwatch_nothing", "vendor", shown.since, now) == []
        nothing, something = Found(), Found()
        nothing.take(await result(prometheus, Asked("", "vector(0) / 0", False), {}, shown))
        something.take(await result(prometheus, Asked("", "vector(0)", False), {}, shown))
        assert (nothing.series, something.series) == (0, 1)
        with pytest.raises(Refused):
            await result(prometheus, Asked("", "sum by (", True), {}, shown)


def test_variables_are_filled_in_as_grafana_does() -> None:
    assert several(["a.b", "c"]) == r"(a\\.b|c)"
    assert several(["only-one"]) == "only-one"
    assert one('a"b\\c') == r"a\"b\\c"
    shown = Shown(0, 90.4, 15)
    assert shown.built_in == {"__interval": "15s", "__rate_interval": "60s", "__range": "90s"}
    assert fill('x{a="$one"}[$__range] ${one}', {**shown.built_in, "one": "1"}) == 'x{a="1"}[90s] 1'
