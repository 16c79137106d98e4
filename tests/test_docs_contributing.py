"""What CONTRIBUTING.md shows works: its kind of probe is found, read from a config, run and measured."""

from __future__ import annotations

import importlib
import inspect
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from docspages import ROOT, page
from visiting import Untroubled

import probes
from monitor.config import parse
from monitor.metrics.collector import Metrics
from monitor.metrics.exposition import Format
from monitor.runner import Runner
from probes.kinds import Kind, kinds
from probes.sample import Outcome

CONTRIBUTING = page("CONTRIBUTING.md")
PYTHON = {
    block.info.removeprefix("python "): block.text
    for block in CONTRIBUTING.blocks
    if block.info.startswith("python ")
}


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, Kind]]:
    """The kinds of probe, with the one that is shown in a folder beside ours."""
    (tmp_path / "tcp.py").write_text(PYTHON["probes/tcp.py"])
    monkeypatch.setattr(probes, "__path__", [*probes.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    kinds.cache_clear()
    yield kinds()
    kinds.cache_clear()
    del sys.modules["probes.tcp"], probes.tcp  # type: ignore[attr-defined]


def test_the_kind_is_found_beside_ours(found: Mapping[str, Kind]) -> None:
    assert found.keys() - {path.stem for path in (ROOT / "probes").glob("*.py")} == {"tcp"}


async def test_its_samples_come_from_a_config_and_have_metrics(found: Mapping[str, Kind]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        text = f"{{region: r, vendors: [{{name: v, pages: [{{name: p, url: '{url}', probes: PROBES}}]}}]}}"
        config = parse(text.replace("PROBES", "{tcp: {every: 30s, ip: '4'}}"), probes=found)
        (watch,) = config.watches()
        assert (watch.every, watch.target.timeout, watch.bursts) == (30.0, 5.0, True)
        async with found["tcp"].open_probe() as probe:
            sample = await Runner({"tcp": probe}, Untroubled()).run(watch.target)
    assert (sample.outcome, sample.probe) == (Outcome.UP, "tcp")
    metrics = Metrics()
    metrics.watch([watch.target])
    metrics.record(sample)
    assert b'landwatch_up{vendor="v",page="p",region="r",probe="tcp"} 1' in await metrics.render(Format())
    metrics.close()


async def test_its_tests_pass(found: Mapping[str, Kind]) -> None:
    namespace: dict[str, object] = {}
    exec(compile(PYTHON["tests/probes/test_tcp.py"], "test_tcp.py", "exec"), namespace)
    tests = [each for name, each in namespace.items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        assert inspect.iscoroutinefunction(test)
        await test()


@pytest.mark.parametrize("path", PYTHON)
def test_it_passes_our_own_gates(path: str) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    for gate in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        ended = subprocess.run(
            [*ruff, *gate, "--stdin-filename", ROOT / path, "-"],
            input=PYTHON[path],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
