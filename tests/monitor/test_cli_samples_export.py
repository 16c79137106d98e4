from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from storing import make_sample, make_samples

from monitor.cli.export_progress import ExportProgress
from monitor.cli.main import main
from monitor.cli.parquet_file import write_parquet_file
from probes.sample import Outcome, Sample
from storage.failure import StoreUnavailable
from storage.store import Store

ROOT = Path(__file__).parents[2]


class Terminal(io.StringIO):
    """Standard error as a person sees it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/state/landwatch.db"
    with closing(Store(address)) as store:
        store.add([*make_samples(3), make_sample(3, outcome=Outcome.DOWN)])
    return address


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["landwatch", "samples", "--since", "all", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_parquet_has_the_samples_that_match_in_order(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "samples.parquet"
    assert run(monkeypatch, "--store", url, "--parquet", out, "--outcome", "up") == 0
    with closing(Store(url)) as store:
        kept = [sample.id for sample in store.samples()]
    assert pq.read_table(out).column("id").to_pylist() == kept[:3]
    told = capsys.readouterr()
    assert told.out == ""
    assert re.fullmatch(rf"3 samples in {re.escape(str(out))}, 0\.0 MB\n", told.err)


def test_no_sample_that_matches_is_a_file_without_rows(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "samples.parquet"
    assert run(monkeypatch, "--store", url, "--parquet", out, "--page", "nowhere") == 0
    assert pq.read_metadata(out).num_rows == 0
    assert capsys.readouterr().err.startswith("0 samples in ")


@pytest.mark.parametrize("others", [["--json"], ["--csv"], ["--json", "--csv"]])
def test_only_one_form_is_written(
    others: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "samples.parquet"
    assert run(monkeypatch, "--parquet", out, *others) == 2
    assert "choose one of --json, --csv and --parquet" in " ".join(capsys.readouterr().err.split())
    assert not out.exists()


def test_a_file_that_cannot_be_written_is_said(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nowhere" / "samples.parquet"
    assert run(monkeypatch, "--store", url, "--parquet", out) == 1
    assert capsys.readouterr().err == f"{out} can't be written: No such file or directory\n"


def test_a_disk_that_is_full_is_said_and_leaves_no_half_file(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import resource

    out = tmp_path / "samples.parquet"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        assert run(monkeypatch, "--store", url, "--parquet", out) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert capsys.readouterr().err == f"{out} can't be written: File too large\n"
    assert os.listdir(tmp_path) == ["state"]


def test_without_pyarrow_it_is_said_how_to_get_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert run(monkeypatch, "--store", url, "--parquet", tmp_path / "x.parquet") == 1
    assert "pip install 'landwatch[parquet]'" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["state"]


def test_a_store_that_goes_away_meanwhile_leaves_no_half_file(tmp_path: Path) -> None:
    def failing() -> Iterator[Sample]:
        yield from make_samples(10)
        raise StoreUnavailable("gone")

    out = tmp_path / "samples.parquet"
    out.write_bytes(b"old")
    with pytest.raises(StoreUnavailable):
        write_parquet_file(failing(), out)
    assert os.listdir(tmp_path) == ["samples.parquet"]
    assert out.read_bytes() == b"old"


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_export_leaves_no_half_file(told: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "samples.parquet"
    code = (
        "import sys; from itertools import count; from pathlib import Path\n"
        "from monitor.cli.parquet_file import write_parquet_file; from storing import make_sample\n"
        "try: write_parquet_file((make_sample(number) for number in count()), Path(sys.argv[1]))\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, out],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/tests/fixtures"},
        stderr=subprocess.PIPE,
    ) as child:
        while not any(path.stat().st_size for path in tmp_path.glob(".*.part")):
            assert child.poll() is None
            time.sleep(0.02)
        child.send_signal(told)
        assert child.stderr
        assert child.stderr.read() == b""
        assert child.wait(60) == 130
    assert os.listdir(tmp_path) == []


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:

        def hung_up() -> Iterator[Sample]:
            os.kill(os.getpid(), signal.SIGHUP)
            yield make_sample()

        write_parquet_file(hung_up(), tmp_path / "samples.parquet")
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert os.listdir(tmp_path) == ["samples.parquet"]


class Ticking:
    """A clock that goes on by so much whenever it is looked at."""

    def __init__(self, step: float) -> None:
        self.now = 100.0
        self._step = step

    def __call__(self) -> float:
        self.now += self._step
        return self.now


def test_progress_shows_number_and_moment_after_a_second_and_is_gone_at_the_end() -> None:
    out = Terminal()
    samples = make_samples(1_200)
    assert list(ExportProgress(out, mono=Ticking(0.2)).over(samples)) == samples
    lines = out.getvalue().split("\r\x1b[K")
    assert lines[0] == lines[-1] == ""
    assert lines[1:-1] == [
        "500 samples, up to 2025-03-01 12:08 UTC, 1 s",
        "700 samples, up to 2025-03-01 12:11 UTC, 1 s",
        "900 samples, up to 2025-03-01 12:14 UTC, 2 s",
        "1,100 samples, up to 2025-03-01 12:18 UTC, 2 s",
    ]


@pytest.mark.parametrize(
    ("out", "settings"),
    [
        (Terminal(), {"mono": Ticking(0.0)}),
        (Terminal(), {"mono": Ticking(9.0), "silent": True}),
        (io.StringIO(), {"mono": Ticking(9.0)}),
    ],
    ids=["a quick export", "silent", "no terminal"],
)
def test_progress_is_not_shown(out: io.StringIO, settings: dict[str, Any]) -> None:
    assert len(list(ExportProgress(out, **settings).over(make_samples(300)))) == 300
    assert out.getvalue() == ""


def test_progress_is_gone_when_the_export_fails() -> None:
    out = Terminal()
    with closing(ExportProgress(out, mono=Ticking(2.0)).over(make_samples(1_000))) as samples:
        for number, _ in enumerate(samples):
            if number == 150:
                break
    assert out.getvalue().endswith("s\r\x1b[K")
