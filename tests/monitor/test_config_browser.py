"""What a config says of visits with a browser reaches the process that makes them."""

from __future__ import annotations

from pathlib import Path

from monitor.config import load
from probes.chromium.order import order_for

CONFIG = """\
region: here
vendors:
  - name: easyshop
    pages:
      - name: sale
        url: https://www.example.com/sale
        probes:
          browser: {every: 5m, timeout: 40s, network: 4g, expect: {text: Add to cart}}
"""


def test_the_options_of_a_config_are_those_of_the_visit(tmp_path: Path) -> None:
    file = tmp_path / "landwatch.yaml"
    file.write_text(CONFIG)
    (watch,) = load(file).watches()
    chosen = order_for(watch.target, 40.0, keep=True).chosen()
    assert (chosen.network, chosen.expect.text, chosen.profile) == ("4g", "Add to cart", "mobile")
