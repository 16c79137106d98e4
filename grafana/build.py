"""Writes Grafana's dashboards from what the other files here say of them.

python grafana/build.py            # writes grafana/dashboards/*.json
python grafana/build.py --check    # writes nothing, and fails where they are not what it would write
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fleet import fleet
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from itself import itself
from page import page
from sla import sla

FOLDER = Path(__file__).parent / "dashboards"
DASHBOARDS = {"fleet": fleet, "page": page, "sla": sla, "self": itself}


def main() -> None:
    """Write the dashboards, or hold them against what would be written."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--check", action="store_true", help="write nothing, and fail where a file differs")
    words.add_argument("--into", type=Path, default=FOLDER, help="the folder of the dashboards")
    asked = words.parse_args()
    written = {asked.into / f"{name}.json": _json(name) for name in DASHBOARDS}
    differing = [
        path for path, text in written.items() if not path.is_file() or path.read_text("utf-8") != text
    ]
    differing += sorted(set(asked.into.glob("*.json")) - written.keys())
    if asked.check and differing:
        sys.exit(f"not what grafana/build.py writes: {', '.join(path.name for path in differing)}. Run it.")
    if not asked.check:
        for path, text in written.items():
            path.write_text(text, "utf-8")


def _json(name: str) -> str:
    return JSONEncoder(sort_keys=True, indent=2).encode(DASHBOARDS[name]()) + "\n"


if __name__ == "__main__":
    main()
