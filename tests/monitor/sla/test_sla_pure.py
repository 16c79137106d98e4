from __future__ import annotations

import ast
from pathlib import Path

import pytest

SLA = Path(__file__).parents[3] / "monitor" / "sla"
PURE = {"abc", "__future__", "bisect", "collections", "dataclasses", "datetime", "enum", "functools"}
PURE |= {
    "itertools",
    "math",
    "numpy",
    "operator",
    "re",
    "statistics",
    "struct",
    "types",
    "typing",
    "zoneinfo",
    "monitor",
    "probes",
}


@pytest.mark.parametrize("path", sorted(SLA.glob("*.py")), ids=lambda path: path.stem)
def test_the_judge_has_no_clock_and_no_input(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] in PURE
            if name.split(".")[0] in ("monitor", "probes"):
                assert name.startswith(("monitor.sla", "probes."))
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("now", "utcnow", "today")
        if isinstance(node, ast.Name):
            assert node.id not in ("open", "print", "input")
